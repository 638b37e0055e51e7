"""How long it rains in the trajectories: their order by rain, from a latent Gaussian path each.

A member is wet in the hours in which its path is among the highest. Paths are autoregressive and
follow what was observed: above the threshold of the chance forecast then where the hour was wet,
below it where it was dry (Gibbs sampling). How long they remember, and which of the draws are kept,
is decided by the chance of a wet hour in a waking day: hourly chances alone don't say it, and on
past forecasts it must agree with how often there was one.
"""

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wearcast.forecasting.array_types import Flags, Floats, Positions
from wearcast.forecasting.quantiles import normal_quantiles
from wearcast.vocabulary import USUAL_SLEEP, USUAL_WAKE

CORRELATIONS: Final = (0.8, 0.85, 0.9, 0.92, 0.94, 0.96, 0.98)
"""Between the latent values of one hour and the next, to choose from: they are forgotten in 4 to 50
hours."""

_WINDOW_H: Final = USUAL_SLEEP - USUAL_WAKE
"""A waking day. Its hours may begin at any lead: forecasts are issued at any hour."""

_BURN_IN_SWEEPS: Final = 30
_PROPOSALS: Final = 40
_SWEEPS_BETWEEN: Final = 4
_BLOCK_H: Final = 12
_COMPARISONS: Final = 12_000
"""Members times past forecasts that a draw is judged by: enough for 240 of 50 members."""

_BLOCKS_APART: Final = 3
"""Every so many-th block is redrawn at a time, so that no waking day holds hours of two."""

_LEVELS: Final = np.linspace(5e-4, 1 - 5e-4, 2001)
_SCORES: Final = normal_quantiles(_LEVELS)
_UTMOST: Final = 3.0
"""No threshold is further out, so that there are values on both sides of it in the table."""


@dataclass(frozen=True)
class PastRain:
    """Past forecasts of rain, and the rain that followed.

    Attributes:
        chance: of a wet hour, (N, horizon_h).
        wet: the chance that the hour was wet, in between 0 and 1 where only a sum over several
            hours was, NaN where nothing is known: (N, horizon_h).
    """

    chance: Floats
    wet: Floats

    def evenly(self, count: int) -> "PastRain":
        """So many of the forecasts, evenly spread; fewer are repeated."""
        n = len(self.chance)
        chosen = evenly_spread(n, count)
        return PastRain(
            chance=self.chance[chosen],
            wet=self.wet[chosen],
        )


def evenly_spread(n: int, count: int) -> Positions:
    """`count` positions in 0 … n - 1."""
    last = n - 1
    positions = np.linspace(0, last, count)
    rounded = positions.round()
    return rounded.astype(np.int64)


def rain_order(past: PastRain, members: int, seed: int) -> NDArray[np.uint8]:
    """For each lead the rank of each member by rain, (M, horizon_h): a permutation."""
    rng = np.random.default_rng(seed)
    judge = _Judge.of(past, members)
    template = past.evenly(members)
    candidates = []
    for correlation in CORRELATIONS:
        paths = _LatentPaths.start(template, correlation, rng)
        candidates.append(paths)
    if np.isnan(judge.wet_share):
        return candidates[0].order()
    nearest = min(candidates, key=judge.difference)
    return _refined(nearest, judge, rng)


@dataclass
class _LatentPaths:
    """A path of each member, (M, horizon_h), and the bounds that the observed hours set it.

    Attributes:
        z: the paths; each value is standard normal over all that could have been observed.
        low, high: the bounds.
        correlation: of neighbours.
    """

    z: Floats
    low: Floats
    high: Floats
    correlation: float

    @classmethod
    def start(
        cls, template: PastRain, correlation: float, rng: np.random.Generator
    ) -> "_LatentPaths":
        """Paths of the template's forecasts, a member each."""
        dry_chance = 1 - template.chance
        score = _score(dry_chance)
        threshold = np.clip(score, -_UTMOST, _UTMOST)
        drawn = rng.random(template.wet.shape)
        is_wet = drawn < template.wet
        is_dry = drawn >= template.wet
        low = np.where(is_wet, threshold, -np.inf)
        high = np.where(is_dry, threshold, np.inf)
        paths = cls(
            z=np.clip(0.0, low, high),
            low=low,
            high=high,
            correlation=correlation,
        )
        paths.sweep(rng, _BURN_IN_SWEEPS)
        return paths

    def sweep(self, rng: np.random.Generator, times: int) -> None:
        """Redraw every value given its neighbours, those at even leads and then the others, so
        often."""
        for _ in range(times):
            for leads in _even_and_odd(self.z.shape[1]):
                self._redraw(rng, leads)

    def _redraw(self, rng: np.random.Generator, leads: Positions) -> None:
        """Redraw values that are no neighbours: normal between their bounds, by their quantile
        function."""
        beyond_the_ends = np.pad(
            self.z,
            ((0, 0), (1, 1)),
        )
        before = beyond_the_ends[:, leads]
        after = beyond_the_ends[:, leads + 2]
        last = self.z.shape[1] - 1
        is_first = leads == 0
        is_last = leads == last
        squared = self.correlation**2
        divisor = np.where(
            is_first | is_last,
            1.0,
            1 + squared,
        )
        weight = self.correlation / divisor
        mean = weight * (before + after)
        variance = (1 - squared) / divisor
        deviation = np.sqrt(variance)
        low = self.low[:, leads]
        high = self.high[:, leads]
        from_level = _level((low - mean) / deviation)
        to_level = _level((high - mean) / deviation)
        between = to_level - from_level
        within = rng.random(mean.shape)
        level = from_level + within * between
        drawn = mean + deviation * _score(level)
        self.z[:, leads] = np.clip(
            drawn,
            low,
            high,
        )

    def order(self) -> NDArray[np.uint8]:
        """The rank of each member at each lead, (M, horizon_h)."""
        ascending = self.z.argsort(axis=0, kind="stable")
        ranks = ascending.argsort(axis=0, kind="stable")
        return ranks.astype(np.uint8)


@dataclass(frozen=True)
class _Judge:
    """What an order would have said of past waking days, beside how often they were wet.

    Attributes:
        first_wet_rank: of each hour of past forecasts, (n, horizon_h): members of this rank and
            higher are wet.
        wet_share: of past waking days.
    """

    first_wet_rank: NDArray[np.uint8]
    wet_share: float

    @classmethod
    def of(cls, past: PastRain, members: int) -> "_Judge":
        """For orders of so many members."""
        n = len(past.chance)
        most = _COMPARISONS // members
        judged = past.evenly(min(n, most))
        dry_members = (1 - judged.chance) * members
        first_wet_rank = np.floor(dry_members + 0.5)
        return cls(
            first_wet_rank=first_wet_rank.astype(np.uint8),
            wet_share=_wet_share(past.wet),
        )

    def too_likely(self, order: NDArray[np.uint8]) -> Floats:
        """By how much the mean chance of a wet waking day is above the share of wet ones, by the
        lead it begins at: (horizon_h - its length + 1,)."""
        is_wet = order[:, None, :] >= self.first_wet_rank
        is_wet_day = _any_within_window(is_wet)
        said: Floats = is_wet_day.mean(axis=(0, 1))
        return said - self.wet_share

    def difference(self, paths: _LatentPaths) -> float:
        """Between the chance of a wet waking day that these would have said and the share of wet
        ones, whenever it begins."""
        order = paths.order()
        too_likely = self.too_likely(order)
        mean = float(too_likely.mean())
        return abs(mean)


def _refined(paths: _LatentPaths, judge: _Judge, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The order of the paths after redrawing blocks of hours, each kept if the days that hold some
    of its hours then agree better."""
    order = paths.order()
    too_likely = judge.too_likely(order)
    horizon_h = order.shape[1]
    for _ in range(_PROPOSALS):
        before = paths.z.copy()
        paths.sweep(rng, _SWEEPS_BETWEEN)
        redrawn = paths.order()
        first_end = int(rng.integers(_BLOCK_H))
        blocks = _blocks(horizon_h, first_end)
        for first in range(_BLOCKS_APART):
            chosen = blocks[first::_BLOCKS_APART]
            trial = order.copy()
            for block in chosen:
                trial[:, block] = redrawn[:, block]
            of_trial = judge.too_likely(trial)
            for block in chosen:
                # A day with hours of this block has none of another that was redrawn.
                first_day = block.start - _WINDOW_H + 1
                days = slice(max(0, first_day), block.stop)
                new = _squares(of_trial[days])
                old = _squares(too_likely[days])
                if new < old:
                    order[:, block] = redrawn[:, block]
                    too_likely[days] = of_trial[days]
                else:
                    paths.z[:, block] = before[:, block]
    return order


def _even_and_odd(horizon_h: int) -> tuple[Positions, Positions]:
    """The positions of every other lead, and of the others."""
    leads = np.arange(horizon_h)
    return leads[::2], leads[1::2]


def _blocks(horizon_h: int, first_end: int) -> list[slice]:
    """Leads in blocks one after the other, the first of which ends before `first_end`."""
    inner = range(
        first_end or _BLOCK_H,
        horizon_h,
        _BLOCK_H,
    )
    edges = [0, *inner, horizon_h]
    blocks = []
    for start, stop in itertools.pairwise(edges):
        block = slice(start, stop)
        blocks.append(block)
    return blocks


def _squares(values: Floats) -> float:
    squares = values**2
    total = squares.sum()
    return float(total)


def _any_within_window(flags: Flags) -> Flags:
    """Whether any of the hours of a waking day is flagged, by its first hour: of (…, H), (…, H -
    its length + 1)."""
    reached = flags
    length_h = 1
    window_h = min(_WINDOW_H, flags.shape[-1])
    while length_h < window_h:
        left_h = window_h - length_h
        further_h = min(length_h, left_h)
        earlier = reached[..., :-further_h]
        later = reached[..., further_h:]
        reached = earlier | later
        length_h += further_h
    return reached


def _wet_share(wet: Floats) -> float:
    """The share of wet waking days among those that are known, NaN without any."""
    is_wet = _any_within_window(wet > 0)
    has_unknown = _any_within_window(np.isnan(wet))
    known = is_wet[~has_unknown]
    if not len(known):
        return float("nan")
    share = known.mean()
    return float(share)


def _score(level: Floats) -> Floats:
    """The normal score of a level."""
    return np.interp(level, _LEVELS, _SCORES)


def _level(score: Floats) -> Floats:
    """The level of a normal score, 0 and 1 beyond the table."""
    return np.interp(
        score,
        _SCORES,
        _LEVELS,
        left=0.0,
        right=1.0,
    )
