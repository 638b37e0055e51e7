"""Units: published conversions, rounded as far as they mean something."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.serving.api.units import quantities
from wearcast.variables import fahrenheit, mph


@pytest.mark.parametrize(
    ("temp_c", "temp_f"),
    [(-40.0, -40.0), (0.0, 32.0), (37.0, 98.6), (100.0, 212.0), (-17.78, -0.0)],
)
def test_fahrenheit(temp_c, temp_f):
    assert fahrenheit(temp_c) == pytest.approx(temp_f, abs=0.01)
    assert quantities("imperial")["temp_c"](np.array([temp_c]))[0] == pytest.approx(
        temp_f, abs=0.051
    )


def test_miles_an_hour_and_inches_are_those_of_1959():
    # An inch is 25.4 mm and a mile 1609.344 m, exactly.
    assert mph(1609.344) == pytest.approx(3600, rel=1e-5)
    assert quantities("imperial")["wind_ms"](np.array([10.0]))[0] == 22.4
    assert quantities("imperial")["precip_mm"](np.array([25.4, 2.54, 0.1])).tolist() == [
        1.0,
        0.1,
        0.0,
    ]


@given(
    st.lists(st.floats(-100, 100, width=32), min_size=1), st.sampled_from(["metric", "imperial"])
)
def test_what_is_shown_is_near_in_order_and_never_minus_zero(temps, units):
    quantity = quantities(units)["temp_c"]
    shown = quantity(np.sort(np.array(temps, dtype=np.float32)))
    assert (np.diff(shown) >= 0).all()
    assert not (np.signbit(shown) & (shown == 0)).any()
    exact = np.sort(np.array(temps, dtype=np.float32)).astype(float) * (
        1.8 if units == "imperial" else 1
    ) + (32 if units == "imperial" else 0)
    assert np.abs(shown - exact).max() <= 0.0501


def test_what_is_unknown_stays_unknown():
    for units in ("metric", "imperial"):
        assert all(
            np.isnan(quantity(np.array([np.nan])))[0] for quantity in quantities(units).values()
        )
