"""A forecast that can't be true, has holes, or comes from old weather is told apart from one that
may be published."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.forecasting.synthetic import built, place, two_stations
from unit.serving.refresh_fakes import hour, snapshot, without
from wearcast.forecasting import snapshot_creation
from wearcast.serving.refresh import checks
from wearcast.variables import FORECAST, VARIABLES

ALL = ("temp_c", "dewpoint_c", "wind_ms", "cloud_pct", "log_rain")
CHECKED = [name for name in FORECAST if name != "gust_ms"]
"""Gusts follow from the wind, and are mostly unknown."""
NOW = hour("2013-03-12T01")


def failed_checks(made, reported=ALL, now=NOW, s=0):
    return checks.failed_checks(made, s, reported, now, timedelta(hours=12))


def test_a_plausible_forecast_passes():
    assert failed_checks(snapshot()) == []


def test_a_forecast_of_the_model_passes():
    made = snapshot_creation.issue(two_stations(), built().forecaster)
    for s, station in enumerate(made.stations):
        reported = built().manifest.standardization.climatologies[station.id].reported
        assert (
            failed_checks(made, reported, made.issued_at[s].item().replace(tzinfo=NOW.tzinfo), s)
            == []
        )


@pytest.mark.parametrize("kind", ["quantiles", "trajectories"])
@pytest.mark.parametrize("name", CHECKED)
def test_a_missing_value_is_reported_with_its_variable_and_lead(kind, name):
    assert f"{name} is missing at 1 of 168 leads, the first 5 h ahead" in failed_checks(
        without(snapshot(), kind, name, np.nan, lead=5)
    )


def test_a_missing_chance_of_rain_is_reported():
    made = snapshot()
    chance = made.hourly_rain_chance.copy()
    chance[0, 100:] = np.nan
    assert failed_checks(replace(made, hourly_rain_chance=chance)) == [
        "precip_mm is missing at 68 of 168 leads, the first 101 h ahead"
    ]


@pytest.mark.parametrize(
    ("name", "channel"),
    [("cloud_pct", "cloud_pct"), ("precip_mm", "log_rain"), ("dewpoint_c", "dewpoint_c")],
)
def test_what_the_station_does_not_report_may_be_missing(name, channel):
    made = snapshot()
    for kind in ("quantiles", "trajectories"):
        for lead in range(1, 169):
            made = without(made, kind, name, np.nan, lead)
    assert failed_checks(made) != []
    assert failed_checks(made, set(ALL) - {channel}) == []


def test_a_temperature_is_never_missing():
    assert "temp_c is missing at 1 of 168 leads, the first 1 h ahead" in failed_checks(
        without(snapshot(), "quantiles", "temp_c", np.nan), ()
    )


@given(
    st.sampled_from(CHECKED),
    st.sampled_from(["quantiles", "trajectories"]),
    st.integers(1, 168),
    st.floats(0.01, 1e6),
    st.booleans(),
)
def test_impossible_values_fail(name, kind, lead, beyond, above):
    low, high = VARIABLES[name].low, VARIABLES[name].high
    impossible = high * 1.000001 + beyond if above else low - beyond
    assert any(
        f"{kind} of {name} hold" in fault
        for fault in failed_checks(without(snapshot(), kind, name, impossible, lead))
    )


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_an_infinite_value_is_impossible(value):
    found = failed_checks(without(snapshot(), "trajectories", "wind_ms", value, lead=7))
    assert found == [f"trajectories of wind_ms hold {value:g}, 7 h ahead; possible is 0 … 100"]


def test_a_chance_lies_between_0_and_1():
    made = snapshot()
    assert failed_checks(replace(made, hourly_rain_chance=made.hourly_rain_chance + 1)) == [
        "rain_chance of precip_mm hold 1.25, 1 h ahead; possible is 0 … 1",
    ]


@given(st.sampled_from(CHECKED), st.integers(0, 167), st.integers(0, 7))
def test_quantiles_that_cross_are_caught(name, lead, level):
    made = snapshot()
    crossed = made.quantiles[name].copy()
    crossed[0, lead, [level, level + 1]] = crossed[0, lead, [level + 1, level]]
    found = failed_checks(replace(made, quantiles={**made.quantiles, name: crossed}))
    assert found == [f"quantiles of {name} cross at 1 of 168 leads, the first {lead + 1} h ahead"]


def test_a_dew_point_above_its_temperature_is_caught():
    assert failed_checks(without(snapshot(), "trajectories", "dewpoint_c", 11.0, lead=3)) == [
        "a dew point lies above its temperature"
    ]


@pytest.mark.parametrize(
    ("now", "fault"),
    [
        ("2013-03-12T11", ""),
        (
            "2013-03-12T12",
            "the last observation is of 2013-03-11T23Z, 13.0 h ago; at most 12.0 h are allowed",
        ),
        ("2013-03-11T22", ""),
        (
            "2013-03-11T21",
            "the last observation is of 2013-03-11T23Z, 2.0 h ahead of this machine's clock;"
            " set it right",
        ),
    ],
)
def test_an_observation_is_neither_old_nor_from_the_future(now, fault):
    assert failed_checks(snapshot(), now=hour(now)) == ([fault] if fault else [])


@pytest.mark.parametrize(
    ("step_c", "jumps"),
    [(0.0, False), (9.9, False), (-9.9, False), (10.1, True), (-10.1, True), (40.0, True)],
)
def test_a_jump_of_the_temperature_fails(step_c, jumps):
    made = snapshot()
    observed = {**made.observed, "temp_c": made.observed["temp_c"] + np.float32(step_c)}
    assert bool(failed_checks(replace(made, observed=observed))) == jumps


def test_a_last_value_in_another_unit_is_a_jump():
    made = snapshot()
    in_fahrenheit = {**made.observed, "temp_c": made.observed["temp_c"] * 9 / 5 + 32}
    (fault,) = failed_checks(replace(made, observed=in_fahrenheit))
    assert (
        fault
        == "the temperature jumps from 50.0 °C, observed, to 10.0 °C in an hour; at most 10 °C are"
        " believed"
    )


def test_a_failed_check_of_one_station_does_not_affect_another():
    made = snapshot(stations=(place("AAA"), place("BBB")))
    chance = made.hourly_rain_chance.copy()
    chance[1] = np.nan
    broken = replace(made, hourly_rain_chance=chance)
    assert (failed_checks(broken, s=0), len(failed_checks(broken, s=1))) == ([], 1)
