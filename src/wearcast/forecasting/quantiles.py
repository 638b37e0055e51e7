"""Quantiles: the levels forecast, and their calibration."""

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist
from typing import Any

import numpy as np

from wearcast.forecasting.array_types import Floats
from wearcast.vocabulary import LeadRanges, lead_ranges

LEVELS = np.array([0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 0.95])
"""The quantile levels of every forecast: the median, and the 20, 50, 80 and 90 % intervals."""

MEDIAN = 4
P10, P90 = 1, 7
"""Where the median and the 80 % interval stand in `LEVELS`."""

_CALIBRATED_FROM_H = (1, 7, 25, 73)


def calibration_ranges(horizon_h: int) -> LeadRanges:
    """Leads that share one calibration, in hours, both ends included."""
    return lead_ranges(horizon_h, _CALIBRATED_FROM_H)


def normal_quantiles(levels: Floats) -> Floats:
    """Quantiles of the standard normal distribution, shape as given."""
    standard = NormalDist()
    return np.array([standard.inv_cdf(float(level)) for level in levels])


def monotone(quantiles: Floats) -> Floats:
    """The same quantiles made non-decreasing outwards from the median; the levels are the last
    axis."""
    upwards = quantiles[..., MEDIAN:]
    downwards = quantiles[..., MEDIAN::-1]
    upper = np.maximum.accumulate(upwards, axis=-1)
    falling = np.minimum.accumulate(downwards, axis=-1)
    lower = falling[..., ::-1]
    below_median = lower[..., :-1]
    return np.concatenate([below_median, upper], axis=-1)


@dataclass(frozen=True)
class Calibration:
    """Conformalised quantile regression (Romano, Patterson & Candès 2019), per range of leads,
    variable and interval.

    Each central interval is widened, or narrowed, at both ends alike until it holds as many
    validation observations as it should. The median stays: one validation year says little of the
    next one's bias.

    Attributes:
        margins: in units of the forecast's own 80 % width, the outermost interval first,
            shape (len(ranges), variables, MEDIAN).
        ranges: of leads, up to the horizon.
    """

    margins: Floats
    ranges: LeadRanges

    @classmethod
    def none(cls, variables: int, horizon_h: int) -> "Calibration":
        """One that changes nothing."""
        ranges = calibration_ranges(horizon_h)
        margins = np.zeros((len(ranges), variables, MEDIAN))
        return cls(margins, ranges)

    @classmethod
    def fit(
        cls, quantiles: Floats, observed: Floats, independent: float = math.inf
    ) -> "Calibration":
        """From validation forecasts and what came.

        Args:
            quantiles: shape (N, horizon_h, V, Q).
            observed: shape (N, horizon_h, V), NaN where missing.
            independent: how many values that don't depend on each other the forecasts amount to:
                the fewer, the wider the intervals that hold their share of new ones.
        """
        lower = quantiles[..., :MEDIAN]
        upper = quantiles[..., :MEDIAN:-1]
        value = observed[..., None]
        below = lower - value
        above = value - upper
        outside = np.maximum(below, above) / _width(quantiles)
        _, horizon_h, variables, _ = quantiles.shape
        ranges = calibration_ranges(horizon_h)
        margins = np.zeros((len(ranges), variables, MEDIAN))
        for i, (first, last) in enumerate(ranges.values()):
            for v in range(variables):
                of_leads = outside[:, first - 1 : last, v]
                scores = of_leads.reshape(-1, MEDIAN)
                margins[i, v] = _conformal_margins(scores, independent)
        return cls(margins, ranges)

    def __call__(self, quantiles: Floats) -> Floats:
        """Calibrated quantiles that don't cross, shape as given."""
        calibrated = quantiles + self._offsets * _width(quantiles)
        return monotone(calibrated)

    @cached_property
    def _offsets(self) -> Floats:
        """What every quantile is moved by, in units of the 80 % width, (horizon_h, V, Q); every
        forecast of a model needs them."""
        margins = self._by_lead()
        median = np.zeros_like(margins[..., :1])
        above = margins[..., ::-1]
        return np.concatenate([-margins, median, above], axis=-1)

    def _by_lead(self) -> Floats:
        """The margins at every lead, (horizon_h, V, MEDIAN): a range's own at its middle, passing
        evenly into the next one's."""
        bounds = list(self.ranges.values())
        middles = [(first + last) / 2 for first, last in bounds]
        _, horizon_h = bounds[-1]
        leads = np.arange(1, horizon_h + 1)
        ranges, variables, intervals = self.margins.shape
        flat = self.margins.reshape(ranges, -1)
        columns = [np.interp(leads, middles, column) for column in flat.T]
        by_lead = np.stack(columns, axis=1)
        return by_lead.reshape(horizon_h, variables, intervals)

    def to_json(self) -> dict[str, Any]:
        """The margins by range of leads, for the manifest."""
        margins = self.margins.tolist()
        return dict(zip(self.ranges, margins, strict=True))

    @classmethod
    def from_json(cls, content: dict[str, Any], horizon_h: int) -> "Calibration":
        """The calibration that `to_json` wrote."""
        ranges = calibration_ranges(horizon_h)
        margins = [content[name] for name in ranges]
        return cls(np.array(margins), ranges)


def _width(quantiles: Floats) -> Floats:
    """The width of the 80 % interval, (…, 1)."""
    p10 = quantiles[..., [P10]]
    p90 = quantiles[..., [P90]]
    return np.maximum(p90 - p10, 1e-3)


def _conformal_margins(scores: Floats, independent: float) -> Floats:
    """The margin of each interval, (MEDIAN,), from how far observations lay outside it, (n,
    MEDIAN), which amount to so many independent ones; 0 without observations."""
    has_score = np.isfinite(scores[:, 0])
    known = scores[has_score]
    if not len(known):
        return np.zeros(MEDIAN)
    levels = (1 - 2 * LEVELS[:MEDIAN]) * (1 + 1 / independent)
    columns = zip(known.T, levels, strict=True)
    return np.array([_conformal(column, level) for column, level in columns])


def _conformal(scores: Floats, level: float) -> float:
    """The quantile of the scores that holds a share `level` of new ones."""
    n = len(scores)
    needed = np.ceil((n + 1) * level)
    rank = min(int(needed), n)
    ordered = np.partition(scores, rank - 1)
    return float(ordered[rank - 1])
