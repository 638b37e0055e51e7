"""Ranges of leads are named by their days, of whatever horizon the scores are."""

import pytest

from wearcast.serving.dashboard.tables import lead_range_names
from wearcast.vocabulary import lead_ranges


@pytest.mark.parametrize(
    ("horizon_h", "english", "korean"),
    [
        (48, ["The first day", "Day 2", "All two days"], ["첫째 날", "2일째", "2일 전체"]),
        (
            72,
            ["The first day", "Days 2 and 3", "All three days"],
            ["첫째 날", "2~3일째", "3일 전체"],
        ),
        (
            168,
            ["The first day", "Days 2 and 3", "Days 4 to 7", "All seven days"],
            ["첫째 날", "2~3일째", "4~7일째", "7일 전체"],
        ),
        (
            336,
            ["The first day", "Days 2 and 3", "Days 4 to 14", "All 14 days"],
            ["첫째 날", "2~3일째", "4~14일째", "14일 전체"],
        ),
    ],
)
def test_they_are_named_by_their_days(horizon_h, english, korean):
    ranges = [*lead_ranges(horizon_h), "all"]
    assert lead_range_names("en", ranges) == english
    assert lead_range_names("ko", ranges) == korean
