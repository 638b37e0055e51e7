import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.weather.humidity import dewpoint_c, rh_pct


# Psychrometric tables (Smithsonian Meteorological Tables, 6th ed.) to a tenth of a degree.
@pytest.mark.parametrize(
    ("temp", "rh", "dewpoint"),
    [
        (25.0, 60.0, 16.7),
        (20.0, 50.0, 9.3),
        (30.0, 70.0, 23.9),
        (10.0, 80.0, 6.7),
        (0.0, 100.0, 0.0),
    ],
)
def test_the_dew_point_is_that_of_the_tables(temp: float, rh: float, dewpoint: float) -> None:
    assert dewpoint_c(np.array([temp]), np.array([rh]))[0] == pytest.approx(dewpoint, abs=0.1)


@given(temp=st.floats(-60, 55), rh=st.floats(1, 100))
def test_each_is_the_other_s_inverse(temp: float, rh: float) -> None:
    temps = np.array([temp])
    assert rh_pct(temps, dewpoint_c(temps, np.array([rh])))[0] == pytest.approx(rh, rel=1e-6)


@given(temp=st.floats(-90, 57), rh=st.floats(1, 100))
def test_the_dew_point_is_never_above_the_temperature(temp: float, rh: float) -> None:
    assert dewpoint_c(np.array([temp]), np.array([rh]))[0] <= temp + 1e-9


def test_bone_dry_or_unknown_air_has_no_dew_point() -> None:
    assert np.isnan(dewpoint_c(np.array([20.0, 20.0, np.nan]), np.array([0.0, np.nan, 50.0]))).all()


def test_air_is_never_more_than_saturated() -> None:
    assert rh_pct(np.array([10.0]), np.array([10.4]))[0] == 100.0
