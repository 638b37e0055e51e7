"""Gusts from the wind, by what a station's own hours tell of them: the network doesn't forecast
gusts.

Many stations report a gust only where it is gusty. Their blank beside a wind means no gust, and
stays a blank in the observations, because what the strongest wind was isn't known. A source without
gusts leaves the same blanks. So a blank is read as no gust on days (UTC) with a reported gust, and
other days tell nothing. A gust that quality control has removed is a blank, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Floats32, Positions
from wearcast.forecasting.history import History
from wearcast.variables import VARIABLES

_GROUP_H = 24
"""Hours of similar wind that a median factor is taken of, at least."""

MOST_WINDS = 10
"""Of a curve, at most."""

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
        """The median factor of each group of hours with a similar wind.

        Nothing is known with fewer than `_GROUP_H` reported gusts: the medians of a few gusty hours
        among many blanks would tell of storms without gusts.
        """
        usable = _usable(history)
        wind = history.column("wind_ms")[usable]
        reported = history.column("gust_ms")[usable]
        if np.isfinite(reported).sum() < _GROUP_H:
            nothing = np.array([])
            return cls(nothing, nothing)
        gust = np.fmax(reported, wind)
        factor = gust / wind
        full_groups = len(wind) // _GROUP_H
        count = max(1, min(MOST_WINDS, full_groups))
        ascending = np.argsort(wind)
        groups = np.array_split(ascending, count)
        winds = _medians(wind, groups)
        factors = _medians(factor, groups)
        # Winds in whole knots may give several groups the same one.
        rises = np.diff(winds) > 0
        last = np.append(rises, True)
        gusts = np.maximum.accumulate(winds * factors)
        return cls(winds[last], gusts[last])

    @classmethod
    def of_array(cls, curve: Floats32) -> "GustCurve":
        """The curve that `as_array` gave."""
        is_known = np.isfinite(curve[0])
        wind_ms, gust_ms = curve[:, is_known].astype(np.float64)
        return cls(wind_ms, gust_ms)

    def as_array(self) -> Floats32:
        """Its winds and its gusts, NaN beyond the last: (2, MOST_WINDS)."""
        curve = np.full((2, MOST_WINDS), np.nan, dtype=np.float32)
        known = len(self.wind_ms)
        curve[0, :known] = self.wind_ms
        curve[1, :known] = self.gust_ms
        return curve

    def __call__(self, wind_ms: Floats) -> Floats:
        """The gust at each wind, at least the wind itself, shape as given; NaN where nothing is
        known.

        Between two winds of the curve it is linear, beyond the strongest the factor stays.
        """
        if not len(self.wind_ms):
            return np.full_like(wind_ms, np.nan)
        strongest_wind = self.wind_ms[-1]
        last_factor = self.gust_ms[-1] / strongest_wind
        beyond = last_factor * wind_ms
        winds = np.append(0.0, self.wind_ms)
        gusts = np.append(0.0, self.gust_ms)
        within = np.interp(wind_ms, winds, gusts)
        gust = np.where(wind_ms > strongest_wind, beyond, within)
        bounded: Floats = np.clip(gust, wind_ms, VARIABLES["gust_ms"].high)
        return bounded


def _medians(values: Floats, groups: Sequence[Positions]) -> Floats:
    """The median of each group of rows, (groups,)."""
    medians = [np.median(values[rows]) for rows in groups]
    return np.array(medians)


def _usable(history: History) -> Flags:
    """Hours with a measured wind on days with a reported gust, (n,)."""
    wind = history.column("wind_ms")
    day = history.valid_at.astype("datetime64[D]")
    has_gust = np.isfinite(history.column("gust_ms"))
    gusty_days = np.unique(day[has_gust])
    on_gusty_day = np.isin(day, gusty_days)
    usable: Flags = (wind >= _LEAST_WIND_MS) & on_gusty_day
    if history.filled is None:
        return usable
    return usable & ~history.filled
