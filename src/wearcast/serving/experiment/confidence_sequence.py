"""Intervals of a mean difference that hold at every look, however often one looks.

The differences are those of days, of two models on the same pairs of forecasts and observations.
Days in a row resemble each other, so their means over blocks of days are what is judged. Where the
models are equally good, exchanging them changes nothing: a block's difference is as likely to be
positive as negative, whatever its size, and exp(l S - l² V / 2), S the sum of the differences and V
that of their squares, is a supermartingale for every number l (de la Peña 1999, "A general class of
exponential inequalities for martingales and ratios", Annals of Probability 27, 537-564). Mixed over
l ~ N(0, 1 / typical²), it ever reaches 1 / alpha with a probability of at most alpha (Ville's
inequality; Howard, Ramdas, McAuliffe, Sekhon 2021, "Time-uniform, nonparametric, nonasymptotic
confidence sequences", Annals of Statistics 49, 1055-1080). It needs neither a variance nor a bound
of the differences, and says something after a few dozens of blocks already.

That holds for blocks that are independent. Blocks in a row may still resemble each other, and the
variance of their sum is then larger: (1 + c) / (1 - c) times, for a long autoregressive series
whose neighbours have the correlation c (Bayley and Hammersley 1946, "The effective number of
independent observations in an autocorrelated time series", Supplement to the Journal of the Royal
Statistical Society 8, 184-197); for means over blocks of such a series, by less. V is raised by
that, which can only make the intervals wider. As c is estimated, how often equal models are told
apart is then known from simulations (tests/unit/serving/experiment/test_confidence_sequence.py).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Floats

BLOCK_D: Final = 3
"""Days of a block."""

_LEAST_DAYS: Final = 2
"""A block of fewer known days is left out."""

_FARTHEST: Final = 100.0
"""No mean difference is larger than so many times `typical`."""

_MOST_CORRELATION: Final = 0.9
"""Of neighbouring blocks, as far as it is estimated: V is raised to 19 times at most."""

_TOO_FEW: Final = 4
"""So few blocks or fewer say nothing of their correlation."""

_HALVINGS: Final = 40
_LARGEST_LOG: Final = 600.0
"""Of the evidence, which a float could hardly hold beyond that."""


@dataclass(frozen=True)
class Look:
    """What is known of a mean difference at one time.

    Attributes:
        blocks: how many blocks of days it is from.
        mean: their mean.
        low, high: the interval; infinite while there are too few blocks.
        evidence: how many times more likely the differences were than if their mean were 0: the
            value of the supermartingale, an e-value.
        is_zero_excluded: whether the evidence is enough at the interval's level.
    """

    blocks: int
    mean: float
    low: float
    high: float
    evidence: float
    is_zero_excluded: bool


def block_means(daily: Floats) -> Floats:
    """The means of the blocks that are over, from the differences of days in a row, NaN where one
    isn't known; a block that is hardly known is left out."""
    whole = len(daily) // BLOCK_D
    blocks = daily[: whole * BLOCK_D].reshape(whole, BLOCK_D)
    known = np.isfinite(blocks).sum(axis=1)
    means: Floats = np.nanmean(blocks[known >= _LEAST_DAYS], axis=1)
    return means


def log_evidence(daily: Floats, typical: float) -> float:
    """The logarithm of `Look.evidence`, for the arguments of `look`."""
    means = block_means(daily)
    return _Mixture(means, typical).log_evidence(0.0) if len(means) else 0.0


def look(daily: Floats, alpha: float, typical: float) -> Look:
    """What the differences of days say of their mean.

    Args:
        daily: the differences of days in a row, NaN where one isn't known, (D,).
        alpha: the probability that the interval is wrong at any time.
        typical: a difference as it is expected of a block, in its unit. The interval holds for any;
            it is the narrowest where the differences are about as large as this one.
    """
    means = block_means(daily)
    if not len(means):
        return Look(0, math.nan, -math.inf, math.inf, 1.0, False)
    found = _Mixture(means, typical)
    log_enough = math.log(1 / alpha)
    at_zero = found.log_evidence(0.0)
    return Look(
        blocks=len(means),
        mean=found.mean,
        low=found.bound(-1, log_enough),
        high=found.bound(+1, log_enough),
        evidence=math.exp(min(at_zero, _LARGEST_LOG)),
        is_zero_excluded=at_zero >= log_enough,
    )


class _Mixture:
    """The supermartingale, mixed over λ, of the means of blocks."""

    def __init__(self, means: Floats, typical: float) -> None:
        self._means = means
        self._typical = typical
        correlation = _correlation(means)
        self._raised = (1 + correlation) / (1 - correlation)
        self.mean = float(means.mean())

    def log_evidence(self, mean: float) -> float:
        """Its logarithm, if the differences' mean were this one."""
        rests = self._means - mean
        squares = self._raised * float(np.square(rests).sum())
        prior = self._typical**2
        fit = float(rests.sum()) ** 2 / (2 * (squares + prior))
        return fit - math.log1p(squares / prior) / 2

    def bound(self, side: int, log_enough: float) -> float:
        """The end of the interval on one side: -1 or +1.

        The evidence rises with the distance from the mean, and falls again only far away; where
        that is nearer than any difference can be, there is no end yet.
        """
        near, far = 0.0, _FARTHEST * self._typical + abs(self.mean)
        if self.log_evidence(self.mean + side * far) < log_enough:
            return side * math.inf
        for _ in range(_HALVINGS):
            middle = (near + far) / 2
            if self.log_evidence(self.mean + side * middle) < log_enough:
                near = middle
            else:
                far = middle
        return self.mean + side * far


def _correlation(means: Floats) -> float:
    """That of each block with the one before, from 0 to `_MOST_CORRELATION`.

    The usual estimate r is too low for few blocks: of n, on average by (1 + 4 c) / n (Marriott and
    Pope 1954, "Bias in the estimation of autocorrelations", Biometrika 41, 390-402; Kendall 1954,
    the same volume, 403-404). Solved for c, that is (n r + 1) / (n - 4). Where there are too few
    blocks, they are taken to be as alike as can be.
    """
    rests = means - means.mean()
    squares = float(np.square(rests).sum())
    if not squares:
        return 0.0
    count = len(means)
    if count <= _TOO_FEW:
        return _MOST_CORRELATION
    usual = float((rests[1:] * rests[:-1]).sum()) / squares
    unbiased = (count * usual + 1) / (count - _TOO_FEW)
    return min(max(unbiased, 0.0), _MOST_CORRELATION)
