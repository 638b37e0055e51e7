"""Numbers and names as the page shows them."""

import pytest

from wearcast.serving.dashboard import words


@pytest.mark.parametrize(
    ("value", "shown"), [(-0.4, "0°"), (-3.6, "−4°"), (11.5, "12°"), (None, "–")]
)
def test_degrees(value, shown):
    assert words.degrees(value) == shown


def test_a_missing_chance_is_a_dash():
    assert words.percent_or_missing("en", 0.305) == "30\u00a0%"
    assert words.percent_or_missing("ko", None) == "–"


def test_a_station_without_a_name_in_the_language_has_its_english_one():
    station = {"name_en": "Seoul", "name_ko": "서울"}
    assert words.named("ko", station) == "서울"
    assert words.named("en", station) == words.named("xx", station) == "Seoul"
