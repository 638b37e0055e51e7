"""Last week's hits, day by day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from unit.serving.dashboard.page_answers import page_of
from wearcast.serving.dashboard.week_hits import DayHits, daily_hits, hits_table, summary

SEOUL = ZoneInfo("Asia/Seoul")
MIDNIGHT = datetime(2024, 4, 7, 15, tzinfo=UTC)
"""Of April 8 in Seoul."""


def hour(n, observed_c=10.0, p50_c=10.0):
    """An hour after midnight, with a range of 1 °C to each side."""
    at = f"{MIDNIGHT + timedelta(hours=n):%Y-%m-%dT%H:00Z}"
    low, high = (None, None) if p50_c is None else (p50_c - 1, p50_c + 1)
    return {
        "valid_at": at,
        "observed_c": observed_c,
        "p10_c": low,
        "p50_c": p50_c,
        "p90_c": high,
    }


def test_hours_within_the_range_are_counted_by_local_day():
    first = [hour(n, observed_c=11.0 if n < 20 else 11.1) for n in range(24)]
    second = [hour(n, p50_c=12.0) for n in range(24, 42)]
    before_its_high = [hour(n) for n in range(48, 65)]
    days = daily_hits(first + second + before_its_high, SEOUL)
    assert days == [
        DayHits(date(2024, 4, 8), 24, 20, 10.0, 11.1),
        DayHits(date(2024, 4, 9), 18, 0, 12.0, 10.0),
        DayHits(date(2024, 4, 10), 17, 17, None, None),
    ]


def test_hours_without_forecast_or_observation_dont_count_nor_do_days_of_few_hours():
    known = [hour(n) for n in range(12)]
    unknown = [hour(n, observed_c=None) for n in range(12, 16)]
    unknown += [hour(n, p50_c=None) for n in range(16, 24)]
    few = [hour(n) for n in range(24, 35)]
    assert [day.hours for day in daily_hits(known + unknown + few, SEOUL)] == [12]


def test_the_newest_day_stands_first_and_the_sentence_sums_them():
    page = page_of({8: 20.0}, ["tshirt"], units="imperial")
    days = daily_hits([hour(n, p50_c=12.0 if n < 24 else 10.0) for n in range(48)], SEOUL)
    table = hits_table(page, days)
    assert table.index("Tue 9") < table.index("24 of 24") < table.index("Mon 8")
    assert 'data-value="about.hits.1.0">54°<' in table
    assert "24 of 48 hours" in summary(page, days, "Seoul")
