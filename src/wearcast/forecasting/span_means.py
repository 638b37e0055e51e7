"""Means over spans of hours ahead, of what is known in them."""

from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Floats, Positions

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Spans:
    """Spans of hours ahead, from `first` to before `stop`, counted from 0: (B, D)."""

    first: Positions
    stop: Positions

    @property
    def hours(self) -> Floats:
        """How many there are in each."""
        count = self.stop - self.first
        return count.astype(np.float64)

    def widened(self, by_h: int, horizon_h: int) -> "Spans":
        """The spans with so many hours more on both sides, cut at the ends."""
        first = np.maximum(self.first - by_h, 0)
        stop = np.minimum(self.stop + by_h, horizon_h)
        return Spans(first, stop)

    def mean(self, values: Floats) -> Floats:
        """The mean of what is known of values (…, B, L), NaN where nothing is: (…, B, D)."""
        shape = (*values.shape[:-1], self.first.shape[1])
        first = np.broadcast_to(self.first, shape)
        stop = np.broadcast_to(self.stop, shape)
        return _mean_between(values, first, stop)


def mean_around(values: Floats, around_h: int) -> Floats:
    """The mean of what is known of values (…, L) within so many hours of each, NaN where nothing
    is."""
    horizon_h = values.shape[-1]
    leads = np.arange(horizon_h)
    first = np.maximum(leads - around_h, 0)
    stop = np.minimum(leads + around_h + 1, horizon_h)
    return _mean_between(
        values,
        np.broadcast_to(first, values.shape),
        np.broadcast_to(stop, values.shape),
    )


def _mean_between(values: Floats, first: Positions, stop: Positions) -> Floats:
    known = np.isfinite(values)
    total = _before_each(np.where(known, values, 0.0))
    count = _before_each(known.astype(np.float64))
    summed = _difference(total, first, stop)
    counted = _difference(count, first, stop)
    mean = summed / np.maximum(counted, 1)
    # What running sums leave of a span without rain is no rain.
    mean = np.where(np.abs(mean) < _ROUNDING, 0.0, mean)
    return np.where(counted > 0, mean, np.nan)


def _before_each(values: Floats) -> Floats:
    """The sums before each hour, and up to the end, (…, L + 1)."""
    start = np.zeros((*values.shape[:-1], 1))
    running = values.cumsum(axis=-1)
    return np.concatenate([start, running], axis=-1)


def _difference(running: Floats, first: Positions, stop: Positions) -> Floats:
    until_stop = np.take_along_axis(running, stop, -1)
    until_first = np.take_along_axis(running, first, -1)
    return until_stop - until_first
