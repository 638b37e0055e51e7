"""Dew point and relative humidity from each other, over water: Magnus' formula.

Constants: Alduchov and Eskridge (1996), J. Appl. Meteor. 35, 601-609, eq. 21; within 0.4 % of
saturation pressure from -40 to 50 °C.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

_A: Final = 17.625
_B_C: Final = 243.04


def dewpoint_c(temp_c: NDArray[np.float64], rh_pct: NDArray[np.float64]) -> NDArray[np.float64]:
    """The dew point in °C at a temperature and a relative humidity in %; NaN where the air is under
    1 % humid.

    25 °C and 60 % give 16.7 °C.
    """
    is_humid = rh_pct >= 1
    humid_pct = np.where(is_humid, rh_pct, np.nan)
    humid_share = humid_pct / 100
    exponent = np.log(humid_share) + _exponent(temp_c)
    return _B_C * exponent / (_A - exponent)


def rh_pct(temp_c: NDArray[np.float64], dewpoint_c: NDArray[np.float64]) -> NDArray[np.float64]:
    """The relative humidity in % at a temperature and a dew point in °C, at most 100.

    25 °C and a dew point of 16.7 °C give 60 %.
    """
    actual = _exponent(dewpoint_c)
    saturated = _exponent(temp_c)
    rh_pct: NDArray[np.float64] = 100 * np.exp(actual - saturated)
    return rh_pct.clip(max=100.0)


def _exponent(temp_c: NDArray[np.float64]) -> NDArray[np.float64]:
    exponent: NDArray[np.float64] = _A * temp_c / (_B_C + temp_c)
    return exponent
