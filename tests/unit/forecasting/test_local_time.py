"""Local time is what a station's clocks show, to the minute, in every zone and through every change
of the clocks."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from unit.forecasting.synthetic import place
from wearcast.forecasting.local_time import hour_of_day, local_time

HALF_HOURS = (
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Adelaide",
    "Asia/Tehran",
    "America/St_Johns",
)
ZONES = (*HALF_HOURS, "Australia/Lord_Howe", "America/New_York", "Asia/Seoul")
HOURS_SINCE_1970 = st.integers(0, 24 * 365 * 65)


@given(st.sampled_from(ZONES), HOURS_SINCE_1970)
@example("Australia/Adelaide", int(np.datetime64("2024-04-06T16", "h").astype(int)))
@example("America/St_Johns", int(np.datetime64("2024-11-03T04", "h").astype(int)))
@example("Asia/Tehran", int(np.datetime64("2021-03-21T20", "h").astype(int)))
def test_it_equals_zoneinfo_at_every_hour(time_zone, first):
    hours = np.datetime64(first, "h") + np.arange(48)
    shown = local_time(hours, place("AAA", time_zone))
    instants = [at.replace(tzinfo=UTC) for at in hours.astype("datetime64[s]").tolist()]
    assert shown.tolist() == [
        at.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None) for at in instants
    ]


def test_an_hour_comes_twice_when_summer_time_ends():
    hours = np.array(["2013-11-03T05", "2013-11-03T06", "2013-11-03T07"], dtype="datetime64[h]")
    shown = local_time(hours, place("AAA"))
    assert shown.tolist() == [datetime(2013, 11, 3, hour) for hour in (1, 1, 2)]
    assert local_time(hours.reshape(3, 1), place("AAA")).shape == (3, 1)


def test_the_hour_of_the_day_is_the_one_that_the_minutes_follow():
    hours = np.array(["2024-04-09T18", "2024-04-09T23"], dtype="datetime64[h]")
    delhi, kathmandu = (local_time(hours, place("AAA", zone)) for zone in HALF_HOURS[:2])
    assert delhi.tolist() == [datetime(2024, 4, 9, 23, 30), datetime(2024, 4, 10, 4, 30)]
    assert hour_of_day(delhi).tolist() == [23, 4]
    assert kathmandu.tolist() == [datetime(2024, 4, 9, 23, 45), datetime(2024, 4, 10, 4, 45)]
    assert hour_of_day(kathmandu).tolist() == [23, 4]
