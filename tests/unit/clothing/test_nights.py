"""A night out belongs to the date it begins on: from `wake` of that date to `sleep` of the next
one."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from service.synthetic_snapshots import NEWARK, varied
from unit.clothing.texts import text_of
from wearcast.clothing.advice import day_advice
from wearcast.clothing.comfort import required_clo
from wearcast.clothing.settings import Settings
from wearcast.clothing.snapshot_weather import weather_of_day
from wearcast.forecasting.snapshot import OBSERVED_H
from wearcast.vocabulary import Activity, Sensitivity

DAY = date(2024, 4, 11)
NIGHT = Settings(wake=22, sleep=6)


def at_night(made, temp_c, from_utc):
    """The snapshot with other temperatures from a UTC hour on, the same in all members."""
    hours = np.concatenate([made.observed_at(0), made.valid_at(0)])
    first = int(np.flatnonzero(hours == np.datetime64(from_utc, "h"))[0]) - OBSERVED_H
    changed = made.trajectories["temp_c"].copy()
    changed[0, :, first : first + np.shape(temp_c)[-1]] = temp_c
    return replace(made, trajectories={**made.trajectories, "temp_c": changed})


def told_hours(advice):
    return [step.at for step in advice.timeline]


def test_the_advice_for_a_night_that_ends_at_minus_12_is_for_minus_12(snapshot):
    mild = snapshot(low=8.0, high=10.0, spread=0.0, wind_ms=0.0)
    # 22 to 6 in Seoul on the 11th is 13 to 21 UTC.
    cold = at_night(mild, [0, -2, -4, -6, -8, -10, -11, -12], "2024-04-11T13")
    told = day_advice(cold, "108", DAY, NIGHT)
    assert told.timeline[-1].temp_c == -12
    needed = float(
        required_clo(
            np.asarray(told.timeline[-1].feels_c),
            Activity.STROLLING,
            Sensitivity.AVERAGE,
            for_hours=False,
        )
    )
    assert told.needs_clo == pytest.approx(needed, abs=0.01)
    assert "winter boots" in {piece.garment.name_en for piece in told.pieces}
    assert "sneakers" in {
        piece.garment.name_en for piece in day_advice(mild, "108", DAY, NIGHT).pieces
    }


def test_the_night_that_began_yesterday_does_not_count(snapshot):
    mild = snapshot(low=8.0, high=10.0, spread=0.0, wind_ms=0.0)
    # 0 to 6 in Seoul on the 11th is 15 to 21 UTC on the 10th.
    cold_before = at_night(mild, [-12.0] * 6, "2024-04-10T15")
    told, beside_mild = (day_advice(made, "108", DAY, NIGHT) for made in (cold_before, mild))
    assert told.day_before != beside_mild.day_before
    assert replace(told, day_before=None) == replace(beside_mild, day_before=None)


def test_its_hours_are_in_order_and_go_on_past_midnight(snapshot):
    told = day_advice(snapshot(), "108", DAY, NIGHT)
    assert told_hours(told) == [
        datetime(2024, 4, 11, 22) + timedelta(hours=hour) for hour in range(8)
    ]
    assert told.date == DAY


@pytest.mark.parametrize(
    ("wake", "sleep", "first", "hours"),
    [
        (22, 24, 22, 2),
        (22, 0, 22, 2),
        (0, 24, 0, 24),
        (0, 1, 0, 1),
        (23, 22, 23, 23),
        (1, 0, 1, 23),
        (5, 9, 5, 4),
    ],
)
def test_from_wake_to_sleep_whatever_they_are(snapshot, wake, sleep, first, hours):
    told = day_advice(snapshot(), "108", DAY, Settings(wake=wake, sleep=sleep))
    assert told_hours(told) == [
        datetime(2024, 4, 11, first) + timedelta(hours=hour) for hour in range(hours)
    ]


def test_members_stay_whole_across_midnight(snapshot):
    """Half of the members are cold before midnight and mild after it, half the other way round:
    nobody has a mild night."""
    made = snapshot(low=8.0, high=10.0, spread=0.0, wind_ms=0.0)
    halves = np.arange(made.trajectories["temp_c"].shape[1])[:, None] % 2 == 0
    before, after = np.where(halves, -5.0, 10.0), np.where(halves, 10.0, -5.0)
    night = at_night(made, np.concatenate([before] * 2 + [after] * 6, axis=1), "2024-04-11T13")
    dressed_for = weather_of_day(night, "108", DAY, NIGHT)
    courses = {tuple(member.round(1)) for member in dressed_for.members["temp_c"]}
    assert courses == {(-5.0,) * 2 + (10.0,) * 6, (10.0,) * 2 + (-5.0,) * 6}


@pytest.mark.parametrize(
    ("issued_at", "on", "hours"),
    [("2024-03-08T15", date(2024, 3, 9), 7), ("2024-11-01T12", date(2024, 11, 2), 9)],
)
def test_the_night_in_which_the_clocks_change_is_an_hour_shorter_or_longer(issued_at, on, hours):
    told = day_advice(varied(NEWARK, issued_at), "EWR", on, NIGHT)
    assert len(told.timeline) == hours
    assert (told.timeline[0].at.hour, told.timeline[-1].at.hour) == (22, 5)


def test_a_night_partly_over_is_told_whole_and_dressed_for_as_far_as_it_lies_ahead(snapshot):
    # Issued at 23:00 in Seoul on the 10th.
    made = replace(
        snapshot(low=3, high=15), issued_at=np.array(["2024-04-10T14"], dtype="datetime64[h]")
    )
    told = day_advice(made, "108", date(2024, 4, 10), NIGHT)
    assert [step.observed for step in told.timeline] == [True, True, *[False] * 6]
    assert [step.at.hour for step in told.timeline] == [22, 23, 0, 1, 2, 3, 4, 5]


def test_a_night_whose_end_lies_beyond_the_forecast_is_told_as_far_as_it_is_known(snapshot):
    """The last hour forecast is 06:00 on the 17th in Seoul; issued three hours earlier, it is
    03:00."""
    made = snapshot()
    last = date(2024, 4, 16)
    whole = day_advice(made, "108", last, NIGHT)
    assert len(whole.timeline) == 8
    assert whole.without_forecast is None
    assert text_of(whole).without_forecast == ""
    earlier = replace(made, issued_at=made.issued_at - np.timedelta64(3, "h"))
    told = day_advice(earlier, "108", last, NIGHT)
    assert [step.at.hour for step in told.timeline] == [22, 23, 0, 1, 2, 3]
    assert "04:00" in text_of(told).without_forecast
    assert "06:00" in text_of(told).without_forecast
    assert day_advice(earlier, "108", last, Settings()).without_forecast is None
