"""What is usual on a date: the climatology's course over its hours."""

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from wearcast.forecasting.channels import CHANNELS, Rain
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.usual_day import hours_of_date, usual_day

SEOUL = ZoneInfo("Asia/Seoul")
HOURS = np.arange("2013-01", "2014-01", dtype="datetime64[h]")


@pytest.fixture(scope="module")
def climate():
    """10 °C, 5 warmer at 15:00 in Seoul (06:00 UTC) and 5 colder at 03:00; 8 warmer in July."""
    of_day = 2 * np.pi * ((HOURS - HOURS.astype("datetime64[D]")).astype(int) - 6) / 24
    of_year = 2 * np.pi * (HOURS - HOURS[0]).astype(int) / (365.25 * 24)
    temp_c = 10 + 5 * np.cos(of_day) - 8 * np.cos(of_year)
    values = np.full((len(HOURS), len(CHANNELS)), np.nan)
    values[:, CHANNELS.index("temp_c")] = temp_c
    dry = np.zeros(len(HOURS))
    return StationClimatology.fit(HOURS, values, Rain(dry, dry), annual=1, diurnal=1)


@pytest.mark.parametrize(("month", "mean_c"), [(1, 2.0), (7, 18.0)])
def test_it_has_the_extremes_and_the_mean_of_the_course(climate, month, mean_c):
    usual = usual_day(climate, SEOUL, date(2024, month, 3))
    assert usual.mean_c == pytest.approx(mean_c, abs=0.2)
    assert usual.low_c == pytest.approx(mean_c - 5, abs=0.3)
    assert usual.high_c == pytest.approx(mean_c + 5, abs=0.3)


@pytest.mark.parametrize(
    ("zone", "on", "first", "count"),
    [
        ("Asia/Seoul", date(2024, 4, 10), "2024-04-09T15", 24),
        ("America/New_York", date(2024, 3, 10), "2024-03-10T05", 23),
        ("America/New_York", date(2024, 11, 3), "2024-11-03T04", 25),
        ("Asia/Kolkata", date(2024, 4, 10), "2024-04-09T19", 24),
    ],
)
def test_a_date_has_the_hours_of_the_stations_clocks(zone, on, first, count):
    hours = hours_of_date(ZoneInfo(zone), on)
    assert hours[0] == np.datetime64(first)
    assert len(hours) == count
