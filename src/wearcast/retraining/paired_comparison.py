"""How much one model's score differs from another's on the same forecasts, with intervals from a
moving block bootstrap.

Scores are summed by the day of the issue time, all stations together; blocks of consecutive days
begin at any day and go round from the last to the first (circular blocks; Politis & Romano 1992).
Days within a block keep their order, so the weather's memory stays in the interval.
"""

from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Hours
from wearcast.forecasting.verification import Interval, interval_limits

_UNKNOWN = Interval(float("nan"), float("nan"), float("nan"))


@dataclass(frozen=True)
class MovingBlocks:
    """How the days of a period are drawn again.

    Attributes:
        block_d: days of a block.
        resamples: how many periods are drawn.
        seed: the same draws for the same seed.
    """

    block_d: int
    resamples: int
    seed: int

    def sums(self, by_day: Floats) -> Floats:
        """The sum over each drawn period of values by day: (n,) to (resamples,)."""
        days = len(by_day)
        length = min(self.block_d, days)
        around = np.concatenate([by_day, by_day[: length - 1]])
        block_sums = np.convolve(around, np.ones(length), mode="valid")
        blocks = -(-days // length)
        rng = np.random.default_rng(self.seed)
        shape = (self.resamples, blocks)
        starts = rng.integers(0, days, size=shape)
        drawn_blocks = block_sums[starts]
        drawn: Floats = drawn_blocks.sum(axis=1)
        return drawn

    def independent(self, days: int) -> int:
        """How many whole blocks so many days hold."""
        return days // self.block_d


def percent_change(
    ours: Floats, theirs: Floats, issued_at: Hours, blocks: MovingBlocks
) -> Interval:
    """By how many per cent our mean score differs from theirs; negative is better.

    Args:
        ours, theirs: per forecast, (N,), NaN where missing; forecasts that lack either are left
            out.
        issued_at: UTC, (N,).
    """
    both = np.isfinite(ours) & np.isfinite(theirs)
    if not both.any():
        return _UNKNOWN
    our_sums = _sums_by_day(ours, both, issued_at)
    their_sums = _sums_by_day(theirs, both, issued_at)
    drawn_ratios = blocks.sums(our_sums) / blocks.sums(their_sums)
    ratio = our_sums.sum() / their_sums.sum()
    change_pct = 100 * (ratio - 1)
    drawn_pct = 100 * (drawn_ratios - 1)
    independent = blocks.independent(len(our_sums))
    limits = interval_limits(drawn_pct, independent)
    return Interval(float(change_pct), *limits)


def mean_difference(
    ours: Floats, theirs: Floats, issued_at: Hours, blocks: MovingBlocks
) -> Interval:
    """Our mean score minus theirs, in the score's unit; arguments as of `percent_change`."""
    difference = ours - theirs
    both = np.isfinite(difference)
    if not both.any():
        return _UNKNOWN
    sums = _sums_by_day(difference, both, issued_at)
    counts = _sums_by_day(np.ones_like(difference), both, issued_at)
    drawn_means = blocks.sums(sums) / blocks.sums(counts)
    mean = sums.sum() / counts.sum()
    independent = blocks.independent(len(sums))
    limits = interval_limits(drawn_means, independent)
    return Interval(float(mean), *limits)


def _sums_by_day(values: Floats, chosen: Flags, issued_at: Hours) -> Floats:
    """The sum of the chosen values of each day that has any, in the order of time."""
    days = issued_at[chosen].astype("datetime64[D]")
    _, day = np.unique(days, return_inverse=True)
    sums: Floats = np.bincount(day, values[chosen]).astype(np.float64)
    return sums
