"""Gusts from the wind, by what a station's own hours tell of them: the network doesn't forecast
gusts.

Many stations report a gust only where it is gusty. Their blank beside a wind means no gust, and
stays a blank in the observations, because what the strongest wind was isn't known. A source without
gusts leaves the same blanks. So a blank is read as no gust on days (UTC) with a reported gust, and
other days tell nothing.
"""

from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats
from wearcast.forecasting.history import History
from wearcast.variables import VARIABLES

_GROUP_H = 24
"""Hours of similar wind that a median factor is taken of, at least; with fewer in all, nothing is
known."""

_MOST_GROUPS = 10
_LEAST_WIND_MS = 0.5
"""In less wind a factor means nothing."""


@dataclass(frozen=True)
class GustCurve:
    """A station's typical gust at each wind: the wind times a factor, which is 1 where most hours
    have no gust.

    Attributes:
        wind_ms: ascending winds, (K,); none where nothing is known of the station's gusts.
        gust_ms: the gust at each, never falling, (K,).
    """

    wind_ms: Floats
    gust_ms: Floats

    @classmethod
    def of(cls, history: History) -> "GustCurve":
        """The median factor of each group of hours with a similar wind."""
        usable = _usable(history)
        wind = history.column("wind_ms")[usable]
        factor = np.fmax(history.column("gust_ms")[usable], wind) / wind
        groups = np.array_split(np.argsort(wind), max(1, min(_MOST_GROUPS, len(wind) // _GROUP_H)))
        if len(wind) < _GROUP_H:
            return cls(np.array([]), np.array([]))
        winds = np.array([np.median(wind[group]) for group in groups])
        factors = np.array([np.median(factor[group]) for group in groups])
        # Winds in whole knots may give several groups the same one.
        last = np.append(np.diff(winds) > 0, True)
        return cls(winds[last], np.maximum.accumulate(winds * factors)[last])

    def __call__(self, wind_ms: Floats) -> Floats:
        """The gust at each wind, at least the wind itself, shape as given; NaN where nothing is
        known.

        Between two winds of the curve it is linear, beyond the strongest the factor stays.
        """
        if not len(self.wind_ms):
            return np.full_like(wind_ms, np.nan)
        strongest = self.gust_ms[-1] / self.wind_ms[-1] * wind_ms
        within = np.interp(wind_ms, np.append(0.0, self.wind_ms), np.append(0.0, self.gust_ms))
        gust = np.where(wind_ms > self.wind_ms[-1], strongest, within)
        bounded: Floats = np.clip(gust, wind_ms, VARIABLES["gust_ms"].high)
        return bounded


def _usable(history: History) -> Flags:
    """Hours with a measured wind on days with a reported gust, (n,)."""
    wind, day = history.column("wind_ms"), history.valid_at.astype("datetime64[D]")
    gusty_days = np.unique(day[np.isfinite(history.column("gust_ms"))])
    usable: Flags = (wind >= _LEAST_WIND_MS) & np.isin(day, gusty_days)
    return usable if history.filled is None else usable & ~history.filled
