"""A history no model could use is refused, and the message says where it is wrong."""

import numpy as np
import pytest

from unit.forecasting.synthetic import START
from wearcast.errors import ModelError
from wearcast.forecasting.history import History
from wearcast.variables import HISTORY, VARIABLES

HOURS = START + np.arange(5)
TEMP = np.full(5, 10.0)


def test_no_temperature():
    with pytest.raises(
        ModelError, match=r"the history of AAA has no temp_c. Give hourly temperatures in °C"
    ):
        History("AAA", HOURS, {"wind_ms": TEMP})


@pytest.mark.parametrize("hours", [HOURS[[0, 1, 2, 4, 4]], HOURS[::-1], HOURS[[0, 1, 2, 2, 3]]])
def test_an_axis_that_is_not_hourly(hours):
    with pytest.raises(
        ModelError,
        match=(
            r"the history of AAA is not hourly after 2012-07-25T\d\d UTC. Give every hour once, NaN"
            r" where missing"
        ),
    ):
        History("AAA", hours, {"temp_c": TEMP})


def test_the_hour_after_which_the_axis_breaks_is_named():
    with pytest.raises(ModelError, match="not hourly after 2012-07-25T07 UTC"):
        History("AAA", START + np.array([0, 1, 2, 4, 5]), {"temp_c": TEMP})


@pytest.mark.parametrize(
    "hours",
    [HOURS.astype("datetime64[ns]"), HOURS.astype("datetime64[m]") + np.timedelta64(30, "m")],
)
def test_hours_of_another_type_are_refused_for_the_forecast_would_count_in_it(hours):
    with pytest.raises(
        ModelError,
        match=r"the hours of AAA are datetime64\[\w+\]; give UTC hours as datetime64\[h\]",
    ):
        History("AAA", hours, {"temp_c": TEMP})


@pytest.mark.parametrize("name", HISTORY)
@pytest.mark.parametrize("wrong", ["below", "above", "inf"])
def test_a_value_out_of_range(name, wrong):
    low, high = VARIABLES[name].low, VARIABLES[name].high
    values = np.full(5, (low + high) / 2)
    values[3] = {"below": low - 0.1, "above": high + 0.1, "inf": np.inf}[wrong]
    with pytest.raises(
        ModelError,
        match=(
            rf"{name} of AAA at 2012-07-25T08 UTC is {values[3]}; it must lie in {low:g} … {high:g}"
        ),
    ):
        History("AAA", HOURS, {"temp_c": TEMP, name: values})


def test_an_unknown_variable():
    with pytest.raises(ModelError, match=r"unknown variable temp_f. Known: temp_c, dewpoint_c"):
        History("AAA", HOURS, {"temp_c": TEMP, "temp_f": TEMP})


def test_values_for_other_hours():
    with pytest.raises(ModelError, match=r"wind_ms of AAA has \(4,\) values for \(5,\) hours"):
        History("AAA", HOURS, {"temp_c": TEMP, "wind_ms": TEMP[:4]})


def test_what_was_known_at_an_hour_ends_there():
    history = History(
        "AAA", HOURS, {"temp_c": np.arange(5.0)}, np.array([True, False, False, True, False])
    )
    part = history.until(START + 3, hours=2)
    assert part.valid_at.tolist() == [HOURS[2], HOURS[3]]
    assert part.column("temp_c").tolist() == [2, 3]
    assert part.filled.tolist() == [False, True]
    assert part.issued_at == START + 3
    assert len(history.until(START + 100)) == 5
    assert np.isnan(part.column("cloud_pct")).all()
