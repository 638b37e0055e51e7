import subprocess
import sys

import numpy as np
import pytest

from wearcast.variables import (
    FORECAST,
    HISTORY,
    VARIABLES,
    fahrenheit,
    fahrenheit_difference,
    inches,
    millimetres,
    mph,
)


@pytest.mark.parametrize(
    ("convert", "metric", "imperial"),
    [
        (fahrenheit, [-40.0, 0.0, 100.0], [-40.0, 32.0, 212.0]),
        (millimetres, [0.0, 1.0], [0.0, 25.4]),
        (fahrenheit_difference, [0.0, 10.0], [0.0, 18.0]),
        (mph, [0.0, 10.0], [0.0, 22.3694]),
        (inches, [0.0, 25.4], [0.0, 1.0]),
    ],
)
def test_floats_and_arrays_are_converted_alike(convert, metric, imperial):
    assert [convert(value) for value in metric] == pytest.approx(imperial, abs=1e-12)
    np.testing.assert_array_equal(convert(np.array(metric)), [convert(value) for value in metric])


@pytest.mark.parametrize("name", VARIABLES)
def test_a_range_holds_its_ends_unless_it_says_otherwise(name):
    variable = VARIABLES[name]
    assert not variable.impossible(variable.high)
    assert variable.impossible(variable.low) == (name == "wind_dir_deg")
    outside = np.array([variable.low - 0.1, variable.high + 0.1, np.nan])
    assert variable.impossible(outside).tolist() == [True, True, False]


def test_a_variable_that_is_known_under_an_imperial_name_has_a_unit_of_its_own_there():
    for variable in VARIABLES.values():
        metric, imperial = variable.scale("metric"), variable.scale("imperial")
        assert (metric.name == imperial.name) == (metric.unit == imperial.unit)


def test_what_is_forecast_is_among_what_a_forecast_is_made_from():
    assert set(FORECAST) <= set(HISTORY)
    assert HISTORY[0] == FORECAST[0] == "temp_c"


def test_variables_need_nothing_but_the_standard_library():
    code = "import sys, wearcast.variables; print('numpy' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
