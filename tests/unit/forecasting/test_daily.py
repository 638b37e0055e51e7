"""A day is a local date of the station, made of what was observed and of whole trajectories."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from horizon import HORIZON_H
from unit.forecasting.synthetic import place
from wearcast.errors import ModelError
from wearcast.forecasting import daily
from wearcast.forecasting.daily import covered_days, days, reader_clock
from wearcast.forecasting.local_time import local_time
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.snapshot import OBSERVED_H, Origin, Snapshot
from wearcast.variables import FORECAST

M = 5


def snapshot(
    issued_at: str,
    time_zone: str = "America/New_York",
    horizon_h: int = HORIZON_H,
    **changed: np.ndarray,
) -> Snapshot:
    """A forecast of noise, with M trajectories."""
    rng = np.random.default_rng(0)
    trajectories = {
        name: rng.normal(10, 5, (1, M, horizon_h)).astype(np.float32) for name in FORECAST
    }
    trajectories["precip_mm"] = np.zeros((1, M, horizon_h), dtype=np.float32)
    return Snapshot(
        stations=(place("AAA", time_zone),),
        issued_at=np.array([issued_at], dtype="datetime64[h]"),
        quantiles={
            name: np.zeros((1, horizon_h, len(LEVELS)), dtype=np.float32) for name in FORECAST
        },
        hourly_rain_chance=np.zeros((1, horizon_h), dtype=np.float32),
        trajectories={**trajectories, **changed},
        observed={name: rng.normal(10, 5, (1, OBSERVED_H)).astype(np.float32) for name in FORECAST},
        filled=(0.0,),
        trailing_year_h=(0,),
        origin=Origin("model", "sample", True),
        guidance=(None,),
    )


def test_there_are_seven_dates_from_the_local_issue_date_on():
    # 03 UTC on the 2nd is 23 h on the 1st in New York.
    week = days(snapshot("2013-07-02T03"), "AAA")
    assert [day.date for day in week] == [date(2013, 7, d) for d in range(1, 8)]
    assert [day.observed_h for day in week] == [24, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("horizon_h", [48, 72, 240])
@pytest.mark.parametrize("hour", range(24))
def test_there_are_as_many_dates_as_the_horizon_has_days_and_tomorrow_is_one(horizon_h, hour):
    found = days(snapshot(f"2013-07-02T{hour:02}", horizon_h=horizon_h), "AAA")
    first = local_time(np.array([f"2013-07-02T{hour:02}"], "datetime64[h]"), place("AAA"))[0]
    today = first.astype("datetime64[D]").item()
    assert [day.date for day in found] == [today + timedelta(n) for n in range(horizon_h // 24)]


def test_the_series_of_a_few_stations_are_kept():
    one = snapshot("2013-07-02T03")

    def repeated(arrays):
        return {name: values.repeat(40, axis=0) for name, values in arrays.items()}

    many = replace(
        one,
        stations=tuple(place(f"A{number}") for number in range(40)),
        issued_at=one.issued_at.repeat(40),
        guidance=one.guidance * 40,
        trajectories=repeated(one.trajectories),
        observed=repeated(one.observed),
    )
    for station in many.stations:
        assert days(many, station.id) == days(many, station.id)
    assert len(daily._KNOWN[many]) == daily._MAX_KNOWN


def test_one_snapshot_is_read_on_several_dates():
    # 22 h on 1 July in New York: the forecast's last hour is 22 h on the 8th.
    issued = snapshot("2013-07-02T02")
    weeks = {
        today: [day.date.day for day in days(issued, "AAA", date(2013, 7, today))]
        for today in (1, 2, 5, 8)
    }
    assert weeks == {1: [1, 2, 3, 4, 5, 6, 7], 2: [2, 3, 4, 5, 6, 7, 8], 5: [5, 6, 7, 8], 8: [8]}
    assert days(issued, "AAA", date(2013, 7, 2))[0].observed_h == 0
    assert [day.date.day for day in days(issued, "AAA", date(2013, 7, 9))] == [2, 3, 4, 5, 6, 7, 8]
    assert [day.date.day for day in days(issued, "AAA", date(2013, 6, 30))] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(("hour", "covered"), [(0, 7), (23, 7), (1, 8), (3, 8)])
def test_a_last_day_counts_once_the_forecast_reaches_its_evening(hour, covered):
    # 01 UTC is 21 h in New York.
    day = 2 if hour < 4 else 1
    assert len(covered_days(snapshot(f"2013-07-{day:02}T{hour:02}"), "AAA")) == covered


def test_the_readers_clock_is_in_the_stations_zone_and_a_replays_is_its_issue_time():
    now = datetime(2013, 7, 5, 3, 40, tzinfo=UTC)
    replay = snapshot("2013-07-02T03")
    live = replace(replay, origin=replace(replay.origin, replay=False))
    assert f"{reader_clock(live, 'AAA', now):%d %H:%M}" == "04 23:40"
    assert f"{reader_clock(replay, 'AAA', now):%d %H:%M}" == "01 23:00"


def test_a_day_is_what_a_client_computes_from_the_arrays():
    issued = snapshot("2013-07-02T15")
    week = days(issued, "AAA")
    # 15 UTC is 11 h in New York: twelve hours of the day, 0 to 11, have passed.
    past, ahead = issued.observed["temp_c"][0, -12:], issued.trajectories["temp_c"][0, :, :12]
    today = np.concatenate([np.tile(past, (M, 1)), ahead], axis=1).astype(float)
    assert week[0].observed_h == 12
    for name, how in (("min", np.min), ("mean", np.mean), ("max", np.max)):
        np.testing.assert_allclose(week[0].temp_c[name], np.quantile(how(today, axis=1), LEVELS))
        tomorrow = issued.trajectories["temp_c"][0, :, 12:36].astype(float)
        np.testing.assert_allclose(week[1].temp_c[name], np.quantile(how(tomorrow, axis=1), LEVELS))
    np.testing.assert_array_equal(
        week[0].members["wind_ms"][:, :12], np.tile(issued.observed["wind_ms"][0, -12:], (M, 1))
    )
    np.testing.assert_array_equal(
        week[0].hours, np.arange("2013-07-02T00", "2013-07-03T00", dtype="datetime64[h]")
    )


def test_every_day_ahead_is_whole_whatever_the_hour_of_issue():
    for hour in range(24):
        week = days(snapshot(f"2013-07-02T{hour:02}"), "AAA")
        assert [len(day.hours) for day in week] == [24] * 7


@pytest.mark.parametrize(
    ("issued_at", "when", "length"),
    [("2013-03-08T12", date(2013, 3, 10), 23), ("2013-11-01T12", date(2013, 11, 3), 25)],
)
def test_the_day_the_clocks_change_is_an_hour_shorter_or_longer(issued_at, when, length):
    week = {day.date: day for day in days(snapshot(issued_at), "AAA")}
    assert len(week[when].hours) == length
    assert {len(day.hours) for other, day in week.items() if other != when} == {24}
    assert len({*week[when].hours}) == min(length, 24)


@pytest.mark.parametrize(
    ("issued_at", "passed", "length"), [("2013-03-10T12", 8, 23), ("2013-11-03T12", 9, 25)]
)
def test_the_clocks_may_change_on_the_issue_date(issued_at, passed, length):
    # 12 UTC is 8 h in summer, and the hour from 2 to 3 was left out; 7 h in winter, and 1 to 2 came
    # twice.
    today = days(snapshot(issued_at), "AAA")[0]
    assert (today.observed_h, len(today.hours)) == (passed, length)


def test_days_begin_at_local_midnight_on_the_other_side_of_the_world():
    week = days(snapshot("2013-07-01T15", "Asia/Seoul"), "AAA")
    assert (week[0].date, week[0].observed_h) == (date(2013, 7, 2), 1)
    assert week[1].hours[0] == np.datetime64("2013-07-03T00", "h")


def test_rain_is_likely_on_a_day_as_often_as_members_have_a_wet_hour_ahead():
    wet = np.zeros((1, M, HORIZON_H), dtype=np.float32)
    wet[0, 0, 20], wet[0, 0, 22], wet[0, 1, 30] = 0.2, 0.2, 0.1
    wet[0, 2, 25] = 0.05
    week = days(snapshot("2013-07-02T15", precip_mm=wet), "AAA")
    assert [day.daily_rain_chance for day in week[:3]] == [0.0, 0.4, 0.0]


def test_where_no_rain_is_reported_its_chance_is_unknown():
    unknown = np.full((1, M, HORIZON_H), np.nan, dtype=np.float32)
    week = days(snapshot("2013-07-02T15", precip_mm=unknown), "AAA")
    assert all(np.isnan(day.daily_rain_chance) for day in week)


def test_a_day_over_has_no_rain_ahead():
    wet = np.ones((1, M, HORIZON_H), dtype=np.float32)
    assert days(snapshot("2013-07-02T03", precip_mm=wet), "AAA")[0].daily_rain_chance == 0.0


def test_hours_not_observed_are_left_out_of_the_day():
    issued = snapshot("2013-07-02T15")
    issued.observed["temp_c"][0, -3] = np.nan
    assert np.isfinite(days(issued, "AAA")[0].temp_c["min"]).all()


def test_a_station_that_is_not_in_the_snapshot():
    with pytest.raises(ModelError, match=r"no forecast for station 'ZZZ'. There is one for: AAA."):
        days(snapshot("2013-07-02T15"), "ZZZ")
