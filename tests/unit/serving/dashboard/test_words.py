"""Numbers, times and names as people read them."""

from datetime import date

import pytest

from wearcast.serving.dashboard import words


@pytest.mark.parametrize(
    ("value", "shown"), [(-0.4, "0°"), (-3.6, "−4°"), (11.5, "12°"), (None, "–")]
)
def test_degrees(value, shown):
    assert words.degrees(value) == shown


def test_units_hang_on_to_their_number():
    assert words.temperature(-3.25, "metric") == "−3.2\u00a0°C"
    assert words.temperature(50, "imperial") == "50.0\u00a0°F"
    assert words.percent(0.305) == "30\u00a0%"
    assert words.percent(None) == "–"
    assert words.tied("At 8 °C and 42 %, 3 things") == "At 8\u00a0°C and 42\u00a0%, 3 things"


@pytest.mark.parametrize(
    ("seconds", "english", "korean"),
    [
        (5, "just now", "방금"),
        (600, "10 min ago", "10분 전"),
        (7_200, "2 h ago", "2시간 전"),
        (200_000, "2 days ago", "2일 전"),
    ],
)
def test_ages(seconds, english, korean):
    assert words.age("en", seconds) == english
    assert words.age("ko", seconds) == korean


def test_dates():
    assert words.long_date("en", date(2013, 3, 12)) == "Tuesday, March 12"
    assert words.long_date("ko", date(2013, 3, 12)) == "3월 12일 화요일"
