"""A season is no drift; a wrong unit, a stuck value and a sensor that reads too much are, within
two days."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.forecasting.synthetic import lasting, place, weather
from wearcast.forecasting import manifest_text
from wearcast.forecasting.input_drift import InputReference
from wearcast.forecasting.input_series import WATCHED, InputHours, run_lengths
from wearcast.forecasting.input_windows import window_means

TRAINED_D, JUDGED_D = 3 * 365, 2 * 365
TRAINED_H = 24 * TRAINED_D
VALID_AT = np.datetime64("2014-01-01T00", "h") + np.arange(24 * (TRAINED_D + JUDGED_D))
STATIONS = [place(name) for name in ("AAA", "BBB", "CCC")]


def read(content: dict[str, object]) -> InputReference:
    """The reference of a manifest that says this."""
    return InputReference.from_texts(
        {id: manifest_text.canonical(one) for id, one in content.items()}
    )


@pytest.fixture(scope="module")
def observed() -> dict[str, InputHours]:
    """Five years of three stations that share the weather and differ by a little of their own."""
    shared = weather(VALID_AT, seed=3)
    stations = {}
    for i, station in enumerate(STATIONS):
        rng = np.random.default_rng(i)
        values = dict(shared)
        values["temp_c"] = (shared["temp_c"] + i + 0.4 * lasting(rng, len(VALID_AT), 12)).round(1)
        values["dewpoint_c"] = shared["dewpoint_c"] + 0.4 * lasting(rng, len(VALID_AT), 12)
        values["wind_ms"] = shared["wind_ms"] * np.exp(0.2 * lasting(rng, len(VALID_AT), 12))
        stations[station.id] = InputHours(VALID_AT, values)
    return stations


@pytest.fixture(scope="module")
def said(observed) -> InputHours:
    """What guidance said of BBB: half a degree too much in summer, and errors of its own."""
    rng = np.random.default_rng(7)
    season = 0.5 * np.sin(2 * np.pi * np.arange(len(VALID_AT)) / 8766)
    values = {}
    for name in ("temp_c", "dewpoint_c"):
        errors = 0.6 * lasting(rng, len(VALID_AT), 12)
        values[name] = observed["BBB"].values[name] + season + errors
    return InputHours(VALID_AT, values)


@pytest.fixture(scope="module")
def reference(observed, said) -> InputReference:
    """What the first three of the years were."""
    training = {}
    for id, inputs in observed.items():
        known = {name: values.copy() for name, values in inputs.values.items()}
        for values in known.values():
            values[TRAINED_H:] = np.nan
        training[id] = InputHours(VALID_AT, known)
    return InputReference.fit(STATIONS, training, annual=2, said={"BBB": said})


def changed(
    observed: dict[str, InputHours], name: str, since_h: int, change: Callable
) -> dict[str, InputHours]:
    """The same, with a variable of BBB that is another since an hour."""
    values = dict(observed["BBB"].values)
    values[name] = values[name].copy()
    values[name][since_h:] = change(values[name][since_h:])
    return observed | {"BBB": InputHours(VALID_AT, values)}


def cut(observed: dict[str, InputHours], until_h: int) -> dict[str, InputHours]:
    """What is known at an hour, of the 400 days before it."""
    hours = slice(until_h - 400 * 24, until_h)
    known = {}
    for id, inputs in observed.items():
        values = {name: column[hours] for name, column in inputs.values.items()}
        known[id] = InputHours(VALID_AT[hours], values)
    return known


def alarms(reference: InputReference, inputs: dict[str, InputHours]) -> set[tuple[str, str, str]]:
    """The station, variable and check of each alarm at the newest hour."""
    found = set()
    for id in inputs:
        for name, by_check in reference.drift(id, inputs).items():
            found |= {(id, name, check) for check, one in by_check.items() if one["score"] >= 1}
    return found


def test_two_years_of_seasons_are_no_drift(observed, reference):
    for id in observed:
        for key, by_hours in reference.scores(id, observed).items():
            for hours, scores in by_hours.items():
                judged = scores[TRAINED_H:]
                assert not (judged >= 1).any(), (id, key, hours)


@pytest.mark.parametrize("start_d", [0, 100, 200, 300])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("temp_c", lambda c: c + 3),
        ("temp_c", lambda c: c - 3),
        ("temp_c", lambda c: 1.8 * c + 32),
        ("temp_c", lambda c: np.full_like(c, c[0])),
        ("dewpoint_c", lambda c: 1.8 * c + 32),
        ("wind_ms", lambda ms: 3.6 * ms),
        ("pressure_hpa", lambda hpa: hpa / 33.864),
    ],
    ids=["+3 °C", "-3 °C", "°F", "stuck", "dew point in °F", "km/h", "inHg"],
)
def test_what_is_wrong_at_one_station_is_found_within_two_days(
    observed, reference, name, change, start_d
):
    since_h = TRAINED_H + 24 * start_d
    wrong = changed(observed, name, since_h, change)
    found = alarms(reference, cut(wrong, since_h + 48))
    assert any(alarm[:2] == ("BBB", name) for alarm in found), found
    assert {station for station, _, _ in found} == {"BBB"}


@pytest.mark.parametrize("start_d", [0, 100, 200, 300])
def test_3_degrees_are_found_within_60_days_without_a_neighbour(observed, reference, start_d):
    since_h = TRAINED_H + 24 * start_d
    wrong = changed(observed, "temp_c", since_h, lambda c: c + 3)
    alone = cut({"BBB": wrong["BBB"]}, since_h + 60 * 24)
    assert ("BBB", "temp_c", "relation") in alarms(reference, alone)


def test_two_years_of_seasons_are_no_drift_beside_guidance(observed, reference, said):
    for name in ("temp_c", "dewpoint_c"):
        for scores in reference.scores("BBB", observed, said)[name, "guidance"].values():
            assert not (scores[TRAINED_H:] >= 1).any()


@pytest.mark.parametrize("start_d", [0, 100, 200, 300])
@pytest.mark.parametrize("wrong_c", [3, -3])
def test_3_degrees_are_found_within_two_days_beside_guidance_alone(
    observed, reference, said, wrong_c, start_d
):
    since_h = TRAINED_H + 24 * start_d
    wrong = changed(observed, "temp_c", since_h, lambda c: c + wrong_c)
    alone = cut({"BBB": wrong["BBB"]}, since_h + 48)
    weeks = said.last(len(VALID_AT) - since_h + 35 * 24)
    found = reference.drift("BBB", alone, weeks)
    assert [check for check, one in found["temp_c"].items() if one["score"] >= 1] == ["guidance"]
    assert found["dewpoint_c"]["guidance"]["score"] < 1


def test_without_guidance_nothing_is_told_of_it(observed, reference, said):
    known = cut(observed, TRAINED_H + 5000)
    assert "guidance" not in reference.drift("BBB", known)["temp_c"]
    assert "guidance" not in reference.drift("AAA", known, said)["temp_c"]
    new = said.last(len(VALID_AT) - TRAINED_H - 5000 + 10)
    assert "guidance" not in reference.drift("BBB", known, new)["temp_c"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("cloud_pct", 100.0), ("cloud_pct", 0.0), ("wind_ms", 0.0), ("precip_mm", 0.0)],
)
def test_what_lasts_by_nature_is_not_stuck(observed, reference, name, value):
    lasting_value = changed(observed, name, TRAINED_H, lambda v: np.full_like(v, value))
    found = reference.drift("BBB", cut(lasting_value, TRAINED_H + 72))
    assert found[name]["stuck"]["score"] == 0


def test_a_climate_that_has_warmed_for_a_year_is_no_drift(observed, reference):
    warmer = changed(observed, "temp_c", TRAINED_H, lambda c: c + 1.0)
    warmer = {id: replace(inputs, values=warmer["BBB"].values) for id, inputs in warmer.items()}
    found = reference.scores("BBB", warmer)["temp_c", "level"]
    for scores in found.values():
        assert not (scores[TRAINED_H:] >= 1).any()


def test_the_reference_is_the_same_from_its_manifest(observed, reference, said):
    again = read(reference.to_json())
    known = cut(observed, TRAINED_H + 5000)
    assert again.to_json() == reference.to_json()
    for id in known:
        assert again.drift(id, known, said) == reference.drift(id, known, said)


def test_a_manifest_of_before_guidance_was_compared_is_read(observed, reference, said):
    content = reference.to_json()
    del content["BBB"]["guidance"]
    known = cut(observed, TRAINED_H + 5000)
    older = read(content)
    assert older.drift("BBB", known, said) == reference.drift("BBB", known)


def test_a_manifest_of_before_slopes_changed_with_the_season_is_read(observed, reference):
    content = reference.to_json()
    told = content["BBB"].pop("told_by_neighbours")["temp_c"]
    for one in told["differences"]:
        del one["told"]
    content["BBB"]["neighbours"]["temp_c"] = told
    content["BBB"]["slopes"] = [0.8, -1.5, 2.0]
    del content["BBB"]["told"]
    found = read(content).drift("BBB", cut(observed, TRAINED_H + 5000))
    assert {"neighbours", "relation"} <= set(found["temp_c"])


def test_a_station_that_reports_nothing_is_told_nothing_of(reference):
    hours = VALID_AT[:500]
    nothing = {"AAA": InputHours(hours, {})}
    assert reference.drift("AAA", nothing) == {}


def test_hours_without_a_value_leave_out_what_they_are_too_many_for(observed, reference):
    gone = changed(observed, "temp_c", TRAINED_H - 24 * 14, lambda c: np.full_like(c, np.nan))
    found = reference.drift("BBB", cut(gone, TRAINED_H))
    assert set(found["temp_c"]) <= {"level", "relation"}
    assert set(found["dewpoint_c"]) == {"level", "spread", "stuck", "neighbours"}


def test_an_impossible_value_in_one_hour_is_no_drift(observed, reference):
    def spiked(values):
        return np.where(np.arange(len(values)) == 5, -9999.0, values)

    wrong = changed(observed, "temp_c", TRAINED_H, spiked)
    found = reference.drift("BBB", cut(wrong, TRAINED_H + 48))
    assert found["temp_c"]["level"]["score"] < 1


@given(
    st.lists(st.one_of(st.none(), st.floats(-50, 50)), min_size=1, max_size=60),
    st.integers(1, 70),
)
def test_a_window_s_mean_is_that_of_its_known_hours(values, hours):
    column = np.array([np.nan if value is None else value for value in values])
    means = window_means(column, hours)
    for end, mean in enumerate(means):
        window = column[max(0, end + 1 - hours) : end + 1]
        known = window[np.isfinite(window)]
        if end + 1 < hours or len(known) < 0.75 * hours:
            assert np.isnan(mean)
        else:
            assert mean == pytest.approx(known.mean(), abs=1e-9)


@given(st.lists(st.sampled_from([np.nan, 0.0, 7.0, 8.0]), min_size=1, max_size=40))
def test_a_run_counts_the_hours_since_its_first_equal_value(values):
    lengths = run_lengths("wind_ms", np.array(values))
    since: int | None = None
    last = np.nan
    for hour, value in enumerate(values):
        if np.isnan(value):
            assert np.isnan(lengths[hour])
            continue
        since = hour if value != last else since
        last = value
        assert lengths[hour] == (0 if value == 0 else hour - since + 1)


def test_every_variable_that_is_watched_has_windows(reference):
    for station in STATIONS:
        assert set(reference.stations[station.id].level) == set(WATCHED)
