"""Whether rain or snow falls: a published formula, and its shares and chances over members and
hours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats
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


@dataclass(frozen=True)
class Snow:
    """How much of what falls is snow, in H hours of M members.

    Attributes:
        probability: that precipitation is snow rather than rain, (M, H).
        wet: whether there is any, (M, H).
        hourly_chance: the share of members in which each hour is wet, (H,).
        hourly_share: the share of snow in the precipitation of each hour, (H,): the mean over wet
            members, over all where none is wet or nobody knows.
    """

    probability: Floats
    wet: Flags
    hourly_chance: Floats
    hourly_share: Floats

    @classmethod
    def of(cls, members: Mapping[str, Floats]) -> "Snow":
        """From temp_c, dewpoint_c and precip_mm, each (M, H)."""
        probability = snow_probability(members["temp_c"], members["dewpoint_c"])
        wet = members["precip_mm"] >= WET_MM
        counted = np.where(wet.any(axis=0), wet, True)
        hourly_share = np.average(probability, axis=0, weights=counted)
        return cls(probability, wet, wet.mean(axis=0), hourly_share)

    def within(self, hours: slice) -> "Snow":
        """Of some of the hours."""
        return Snow(
            self.probability[:, hours],
            self.wet[:, hours],
            self.hourly_chance[hours],
            self.hourly_share[hours],
        )

    @property
    def share(self) -> float:
        """The share of snow in the precipitation of all hours together, by their wet members."""
        return snow_share(self.hourly_chance, self.hourly_share)

    @property
    def chance(self) -> float:
        """The chance that snow falls in at least one of the hours, where their precipitation is
        known.

        A member whose wet hours are near the even odds counts by the one that is most likely snow.
        """
        snowing = np.where(self.wet, self.probability, 0.0)
        return float(snowing.max(axis=1, initial=0.0).mean())


def snow_share(hourly_chance: Floats, hourly_share: Floats) -> float:
    """The share of snow in the precipitation of all hours together; the mean of the hours where
    none has a chance of any.

    Args:
        hourly_chance: of precipitation, (H,), NaN where unknown.
        hourly_share: of snow in it, (H,).
    """
    weights = np.where(np.isnan(hourly_chance), 0.0, hourly_chance)
    total = weights.sum()
    if not total:
        return float(np.mean(hourly_share))
    return float((weights * hourly_share).sum() / total)
