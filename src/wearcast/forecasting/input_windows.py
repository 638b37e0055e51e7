"""Statistics of observations over windows of days, and what they were in the weeks of the training
years that the season compares with.

A window's statistic is judged by its own distribution at that time of the year, so that no season
is a drift. Its limits are the training years' own extremes and a margin: hours that follow each
other are alike, which no textbook's limit knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.climatology import YEAR_H, Climatology, trailing_anomaly

_COVERED: Final = 0.75
"""The least share of a window's hours that must be known."""

_FEWEST_WINDOWS: Final = 8
"""Windows one after the other that a reference is made from: of two months, in sixteen months."""

_YEAR_D: Final = 365
_SHRINK_H: Final = 1500.0
_EVERY_H: Final = 3
_YEARS: Final = 100
"""No limit is nearer than what normal weather passes once in so many years: few windows hold no
extremes."""

MARGIN: Final = 1.25
_MARGIN_OF_FEW: Final = 2.0
MARGIN_OF_PART: Final = 0.5
"""A limit is the training years' extreme times a margin. That is the first, and the second through
the number of windows, and the third through the square of the number of years: a handful of windows
knows its extremes badly, and what is short of a year lacks whole seasons."""

_VARIANCES: Final = (0.35, 3.0)
"""What the variance of a season may be of that of the year."""

_DIGITS: Final = 4


def window_means(values: Floats, hours: int, weights: Floats | None = None) -> Floats:
    """The weighted mean of the window of so many hours that ends at each hour, NaN where too few
    of them are known: (n,).

    Args:
        values: (n,), NaN where missing.
        hours: of the window.
        weights: (n,); None for equal ones.
    """
    known = np.isfinite(values)
    weight = known.astype(np.float64)
    count = _window_sums(weight, hours)
    if weights is not None:
        weight = weight * weights
    weighted = np.where(known, values, 0.0) * weight
    total = _window_sums(weighted, hours)
    weighed = _window_sums(weight, hours)
    is_covered = count >= _COVERED * hours
    means = np.full(len(values), np.nan)
    np.divide(total, weighed, out=means, where=is_covered)
    return means


def _window_sums(values: Floats, hours: int) -> Floats:
    """The sum of the window that ends at each hour, 0 where it begins before the record: (n,)."""
    sums = np.zeros(len(values))
    if len(values) >= hours:
        running = np.concatenate([[0.0], np.cumsum(values)])
        sums[hours - 1 :] = running[hours:] - running[:-hours]
    return sums


@dataclass(frozen=True)
class WindowReference:
    """What a statistic of windows of one length was in the training years.

    Attributes:
        hours: the windows' length.
        usual: its expected value by the season.
        variance: of the difference to that, by the season.
        overall: the same over the year.
        low, high: how many standard deviations below and above are an alarm.
    """

    hours: int
    usual: Climatology
    variance: Climatology
    overall: float
    low: float
    high: float

    @classmethod
    def fit(
        cls,
        valid_at: Hours,
        statistic: Floats,
        hours: int,
        annual: int,
        margin: float = MARGIN,
        of_part: float = MARGIN_OF_PART,
    ) -> "WindowReference | None":
        """Fit on training hours; None where they hold too few windows, or no differences.

        Args:
            valid_at: the windows' last hours, UTC, (n,).
            statistic: (n,), NaN where it isn't known.
            hours: the windows' length.
            annual: harmonics of the year.
            margin: that of the limits where the years are many.
            of_part: what one year adds to it.
        """
        windows = np.isfinite(statistic).sum() / hours
        if windows < _FEWEST_WINDOWS:
            return None
        usual = _rounded(Climatology.fit(valid_at, statistic, annual, 0))
        apart = _without_last_year(statistic - usual.at(valid_at), hours)[::_EVERY_H]
        at = valid_at[::_EVERY_H]
        squared = apart**2
        overall = float(f"{np.nanmean(squared):.{_DIGITS}g}")
        if not overall > 0:
            return None
        variance = _rounded(Climatology.fit(at, squared, 1, 0))
        fitted = cls(hours, usual, variance, overall, low=1.0, high=1.0)
        deviations = apart / fitted._scale_at(at)
        margin += _MARGIN_OF_FEW / windows
        margin += margin_of_part(np.isfinite(statistic).sum(), of_part)
        least = _rare_deviation(hours)
        low = max(least, -margin * float(np.nanmin(deviations)))
        high = max(least, margin * float(np.nanmax(deviations)))
        return cls(hours, usual, variance, overall, round(low, 2), round(high, 2))

    def apart(self, valid_at: Hours, statistic: Floats) -> Floats:
        """How far the statistic of each hour is from what is usual then and was so in the year
        before: (n,).

        Args:
            valid_at: hours in a row, (n,).
            statistic: (n,).
        """
        return _without_last_year(statistic - self.usual.at(valid_at), self.hours)

    def score(self, valid_at: Hours, statistic: Floats, least: float) -> Floats:
        """How near the statistic of each hour is to an alarm, which is 1: 0 and more, NaN where
        it isn't known.

        Args:
            valid_at: (n,).
            statistic: (n,).
            least: no smaller difference to what is usual is an alarm, however seldom it is.
        """
        apart = self.apart(valid_at, statistic)
        limit = np.where(apart > 0, self.high, self.low) * self._scale_at(valid_at)
        return np.abs(apart) / np.maximum(limit, least)

    def _scale_at(self, valid_at: Hours) -> Floats:
        lowest, highest = (share * self.overall for share in _VARIANCES)
        variance = np.clip(self.variance.at(valid_at), lowest, highest)
        return np.sqrt(variance)

    def to_json(self) -> dict[str, Any]:
        """All of it, for the manifest."""
        return {
            "hours": self.hours,
            "usual": self.usual.coefficients.tolist(),
            "variance": self.variance.coefficients.tolist(),
            "overall": self.overall,
            "limits": [self.low, self.high],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "WindowReference":
        """The one that `to_json` wrote."""
        low, high = content["limits"]
        return cls(
            hours=content["hours"],
            usual=_climatology(content["usual"]),
            variance=_climatology(content["variance"]),
            overall=content["overall"],
            low=low,
            high=high,
        )


def margin_of_part(hours: int, of_year: float = MARGIN_OF_PART) -> float:
    """What a margin is larger by where so many hours are known of the years."""
    years: float = hours / YEAR_H
    return of_year / years**2


def _rare_deviation(hours: int) -> float:
    """What the windows of `_YEARS`, were they normal, would pass once, in standard deviations."""
    windows = _YEARS * YEAR_H / hours
    return NormalDist().inv_cdf(1 - 0.5 / windows)


def _without_last_year(apart: Floats, hours: int) -> Floats:
    """How much further the window that ends at each hour is from what is usual than the year before
    it was: a warmer climate and a mast moved long ago are no drift, and the model follows them."""
    before = np.zeros(len(apart))
    trailing = trailing_anomaly(apart, _YEAR_D, _SHRINK_H)
    before[hours:] = trailing[:-hours]
    return apart - before


def _climatology(coefficients: list[float]) -> Climatology:
    """One without harmonics of the day."""
    return Climatology(len(coefficients) // 2, 0, np.array(coefficients))


def _rounded(climatology: Climatology) -> Climatology:
    digits = [float(f"{one:.{_DIGITS}g}") for one in climatology.coefficients]
    return _climatology(digits)
