"""Whether rain or snow falls: a published formula, and its shares and chances over members and
hours."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Floats
from wearcast.vocabulary import WET_MM
from wearcast.weather.humidity import rh_pct as humidity

USUAL_RH_PCT: Final = 96.0
"""For an unknown dew point: here the formula's even odds are at 1.0 °C, the mean that Jennings et
al. found for the Northern Hemisphere."""


def snow_probability(temp_c: Floats, dewpoint_c: Floats) -> Floats:
    """How likely it is that precipitation is snow rather than rain, from the air's temperature and
    dew point in °C; shapes broadcast, an unknown dew point is NaN.

    Jennings et al. (2018), Nat. Commun. 9, 1148: the bivariate logistic model of 17.8 million
    observations, in temperature and relative humidity. Even odds at 0.7 °C in saturated air and at
    2.3 °C in 75 %, both at a wet bulb between 0 and 1 °C. 0 °C and a dew point of 0 °C give 0.74.
    """
    known = np.isfinite(dewpoint_c)
    dewpoint = np.where(known, dewpoint_c, temp_c)
    rh_pct = np.where(known, humidity(temp_c, dewpoint), USUAL_RH_PCT)
    probability: Floats = 1 / (1 + np.exp(-10.04 + 1.41 * temp_c + 0.09 * rh_pct))
    return probability


def hourly_snow_share(members: Mapping[str, Floats]) -> Floats:
    """The share of snow in the precipitation of each hour, (H,): the mean over wet members, over
    all where none is wet or nobody knows.

    Args:
        members: temp_c, dewpoint_c and precip_mm, each (M, H).
    """
    snow = snow_probability(members["temp_c"], members["dewpoint_c"])
    wet = members["precip_mm"] >= WET_MM
    counted = np.where(wet.any(axis=0), wet, True)
    share: Floats = np.average(snow, axis=0, weights=counted)
    return share


def snow_share(hourly_chance: Floats, hourly_share: Floats) -> float:
    """The share of snow in the precipitation of all hours together; the mean of the hours where
    none has a chance of any.

    Args:
        hourly_chance: of precipitation, (H,), NaN where unknown.
        hourly_share: of snow in it, (H,).
    """
    weights = np.nan_to_num(hourly_chance)
    if not weights.any():
        return float(np.mean(hourly_share))
    return float(np.average(hourly_share, weights=weights))


def snow_chance(members: Mapping[str, Floats]) -> float:
    """The chance that snow falls in at least one of the hours; members as in `hourly_snow_share`,
    their precipitation known.

    A member whose wet hours are near the even odds counts by the one that is most likely snow.
    """
    snow = snow_probability(members["temp_c"], members["dewpoint_c"])
    snowing = np.where(members["precip_mm"] >= WET_MM, snow, 0.0)
    return float(snowing.max(axis=1, initial=0.0).mean())
