"""What other stations and numerical forecasts may tell of a sensor, and what they may not."""

import numpy as np
import pytest

from unit.forecasting.synthetic import lasting, weather
from wearcast.forecasting import guidance_difference
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.neighbour_inputs import NeighbourInputs
from wearcast.forecasting.neighbour_temperature import NeighbourTemperature

TRAINED_H = 24 * 2 * 365
VALID_AT = np.datetime64("2014-01-01T00", "h") + np.arange(TRAINED_H + 24 * 200)
HOURS = np.arange(len(VALID_AT))


@pytest.fixture(scope="module")
def observed() -> dict[str, InputHours]:
    """Three stations; where the air is dry at one of the others, AAA is the warmer for it."""
    shared = weather(VALID_AT, seed=3)
    stations = {}
    for i, id in enumerate(("AAA", "BBB", "CCC")):
        rng = np.random.default_rng(i)
        own = {}
        for name in ("temp_c", "dewpoint_c", "pressure_hpa"):
            own[name] = shared[name] + 0.2 * lasting(rng, len(VALID_AT), 12)
        own["wind_ms"] = shared["wind_ms"] * np.exp(0.1 * lasting(rng, len(VALID_AT), 12))
        stations[id] = InputHours(VALID_AT, shared | own)
    dry_c = shared["temp_c"] - shared["dewpoint_c"]
    own = stations["AAA"].values
    stations["AAA"] = InputHours(VALID_AT, own | {"temp_c": own["temp_c"] + 0.1 * dry_c})
    return stations


def only(inputs: InputHours, known: np.ndarray) -> InputHours:
    """The same with NaN at all other hours."""
    values = {name: np.where(known, column, np.nan) for name, column in inputs.values.items()}
    return InputHours(inputs.valid_at, values)


def trained(
    observed: dict[str, InputHours], known: np.ndarray = HOURS < TRAINED_H
) -> dict[str, InputHours]:
    """What is known of the training hours."""
    return {id: only(inputs, known) for id, inputs in observed.items()}


def fitted(name: str, training: dict[str, InputHours]) -> NeighbourInputs | None:
    """What the others tell of AAA."""
    others = {id: inputs for id, inputs in training.items() if id != "AAA"}
    return NeighbourInputs.fit(name, training["AAA"], others, annual=1)


def with_values(inputs: InputHours, name: str, since_h: int, change) -> InputHours:
    """The same, with a variable that is another since an hour."""
    values = np.where(since_h > HOURS, inputs.values[name], change(inputs.values[name]))
    return InputHours(VALID_AT, inputs.values | {name: values})


@pytest.mark.parametrize(
    ("name", "change"),
    [("dewpoint_c", lambda c: 1.8 * c + 32), ("wind_ms", lambda ms: 3.6 * ms)],
)
def test_a_wrong_unit_at_the_only_neighbour_accuses_no_temperature_here(observed, name, change):
    pair = {id: observed[id] for id in ("AAA", "BBB")}
    reference = fitted("temp_c", trained(pair))
    wrong = pair | {"BBB": with_values(pair["BBB"], name, TRAINED_H, change)}
    for scores in reference.scores("temp_c", wrong["AAA"], wrong).values():
        assert not (scores[TRAINED_H:] >= 1).any()


def test_a_manifest_that_says_no_range_is_read(observed):
    told = NeighbourTemperature.fit(observed["AAA"], observed["BBB"], annual=1)
    content = told.to_json()
    del content["seen"]
    again = NeighbourTemperature.from_json(content).left(observed["AAA"], observed["BBB"])
    assert np.array_equal(again, told.left(observed["AAA"], observed["BBB"]), equal_nan=True)


@pytest.mark.parametrize("known_h", [120 * 24, 150 * 24, 180 * 24])
def test_guidance_of_a_part_of_a_year_tells_nothing_of_the_rest(observed, known_h):
    part = only(observed["BBB"], known_h > HOURS)
    assert guidance_difference.fit("temp_c", observed["AAA"], part) is None
    whole = only(observed["BBB"], HOURS < 300 * 24)
    assert guidance_difference.fit("temp_c", observed["AAA"], whole) is not None


@pytest.mark.parametrize("name", ["temp_c", "dewpoint_c", "wind_ms", "pressure_hpa"])
def test_a_neighbour_known_in_one_season_alone_is_not_compared(observed, name):
    training = trained(observed)
    training["BBB"] = only(training["BBB"], HOURS < 130 * 24)
    reference = fitted(name, training)
    assert [one.other for one in reference.differences] == ["CCC"]
    del training["CCC"]
    assert fitted(name, training) is None


def test_a_neighbour_that_falls_silent_leaves_the_judgement_to_the_other(observed):
    reference = fitted("temp_c", trained(observed))
    silent = with_values(observed["BBB"], "temp_c", TRAINED_H, lambda c: np.full_like(c, np.nan))
    known = observed | {"BBB": silent}
    well = reference.scores("temp_c", known["AAA"], known)
    wrong = with_values(known["AAA"], "temp_c", TRAINED_H + 24 * 30, lambda c: c + 3)
    ill = reference.scores("temp_c", wrong, known | {"AAA": wrong})
    for hours in (24, 48):
        assert np.isfinite(well[hours][TRAINED_H:]).all()
        assert not (well[hours][TRAINED_H:] >= 1).any()
        assert ill[hours][TRAINED_H + 24 * 32] >= 1


def test_where_both_neighbours_are_known_both_have_to_agree(observed):
    reference = fitted("temp_c", trained(observed))
    wrong = observed | {"BBB": with_values(observed["BBB"], "temp_c", TRAINED_H, lambda c: c + 8)}
    for scores in reference.scores("temp_c", wrong["AAA"], wrong).values():
        assert not (scores[TRAINED_H:] >= 1).any()


def test_limits_come_from_hours_that_the_slopes_were_not_fitted_on(observed):
    training = trained(observed, HOURS < 24 * 300)
    own, other = training["AAA"], training["BBB"]
    told = NeighbourTemperature.fit(own, other, annual=1)
    reference = fitted("temp_c", training)
    difference = reference.differences[0]
    seen_c = np.nanstd(told.left(own, other))
    unseen_c = np.nanstd(NeighbourTemperature.left_unseen(own, other, annual=1))
    assert unseen_c > seen_c
    days_c, *_ = difference.means_of(VALID_AT, told.left(own, other))
    assert difference.windows[0].overall > np.nanvar(days_c)


def test_stations_beyond_the_two_nearest_cost_nothing(observed):
    training = trained(observed)
    others = {"BBB": training["BBB"], "CCC": training["CCC"], "far": None}
    reference = NeighbourInputs.fit("pressure_hpa", training["AAA"], others, annual=1)
    assert [one.other for one in reference.differences] == ["BBB", "CCC"]
