"""Verification: scores by lead, beside baselines, with intervals from a block bootstrap."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Hours, Positions
from wearcast.forecasting.quantiles import LEVELS, MEDIAN, P10, P90, calibration_ranges
from wearcast.vocabulary import LeadRanges, lead_ranges

BLOCK_H = 24 * 14
"""The length of a block that counts as independent when a score's interval is drawn: forecasts
issued within 14 days verify against the same weather."""

_GAP_H = 24 * 7
"""A gap of this length between issue times begins a new block."""

# Each quantile stands for the levels nearer to it than to its neighbours.
_LEVEL_WEIGHTS = np.diff(np.concatenate([[0.0], (LEVELS[1:] + LEVELS[:-1]) / 2, [1.0]]))


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval; all NaN where nothing was there to estimate it from."""

    value: float
    low: float
    high: float

    def to_json(self, digits: int) -> dict[str, float | None]:
        """Rounded, for the metrics; null where unknown."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        content = {}
        for name, number in numbers.items():
            content[name] = rounded(number, digits)
        return content


def rounded(number: float, digits: int) -> float | None:
    """As JSON holds it: null where unknown."""
    if np.isnan(number):
        return None
    return round(float(number), digits)


_UNKNOWN = Interval(float("nan"), float("nan"), float("nan"))


def verified_ranges(horizon_h: int) -> LeadRanges:
    """Ranges of leads that scores are reported for, and all leads, in hours, both ends included."""
    return {**lead_ranges(horizon_h), "all": (1, horizon_h)}


def mean_by_lead_range(by_lead: Floats) -> dict[str, float]:
    """A score by lead, shape (horizon_h,), as its mean over each of `verified_ranges`."""
    means = {}
    for name, (first, last) in verified_ranges(len(by_lead)).items():
        of_leads = by_lead[first - 1 : last]
        means[name] = float(known_mean(of_leads))
    return means


def known_mean(values: Floats) -> Floats:
    """The mean over the first axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return _mean_of_known(total, known.sum(axis=0))


def mean_over_leads(values: Floats, first: int, last: int) -> Floats:
    """The mean over the leads from `first` to `last` of what is known of each forecast: (N,)."""
    part = values[:, first - 1 : last]
    known = np.isfinite(part)
    total = np.where(known, part, 0.0).sum(axis=1)
    return _mean_of_known(total, known.sum(axis=1))


def _mean_of_known(total: Floats, count: Positions) -> Floats:
    mean = total / np.maximum(count, 1)
    return np.where(count > 0, mean, np.nan)


def mae(forecast: Floats, observed: Floats) -> Floats:
    """Mean absolute error by lead, in the variable's unit; forecast and observed (N, horizon_h),
    NaN where missing."""
    return known_mean(np.abs(forecast - observed))


def rmse(forecast: Floats, observed: Floats) -> Floats:
    """Root mean square error by lead, in the variable's unit."""
    squared = (forecast - observed) ** 2
    root: Floats = np.sqrt(known_mean(squared))
    return root


def bias(forecast: Floats, observed: Floats) -> Floats:
    """Mean of forecast minus observed by lead: positive where the forecast was too high."""
    return known_mean(forecast - observed)


def crps(quantiles: Floats, observed: Floats) -> Floats:
    """Continuous ranked probability score by lead, from quantiles (N, horizon_h, Q): twice the
    weighted pinball loss.

    For a single value it is the absolute error (Gneiting & Raftery 2007).
    """
    return known_mean(crps_of_each(quantiles, observed))


def crps_of_each(quantiles: Floats, observed: Floats) -> Floats:
    """The same of each forecast and lead, (N, horizon_h), NaN where nothing was observed."""
    error = observed[..., None] - quantiles
    too_low = LEVELS * error
    too_high = (LEVELS - 1) * error
    pinball = np.maximum(too_low, too_high)
    scores: Floats = 2 * pinball @ _LEVEL_WEIGHTS
    return scores


def interval_coverage(quantiles: Floats, observed: Floats) -> Floats:
    """The share of observations within the 80 % interval, by lead; 0.8 is right."""
    return known_mean(inside_80(quantiles, observed))


def inside_80(quantiles: Floats, observed: Floats) -> Floats:
    """1 where an observation lies in the 80 % interval, 0 where not, NaN where there is none."""
    above_p10 = observed >= quantiles[..., P10]
    below_p90 = observed <= quantiles[..., P90]
    inside = above_p10 & below_p90
    return np.where(np.isfinite(observed), inside, np.nan)


def reliability(quantiles: Floats, observed: Floats) -> Floats:
    """The share of observations at or below each quantile, for each of `verified_ranges`: shape
    (ranges, Q)."""
    value = observed[..., None]
    is_below = value <= quantiles
    below = np.where(np.isfinite(value), is_below, np.nan)
    shares = []
    for first, last in verified_ranges(observed.shape[1]).values():
        of_leads = below[:, first - 1 : last]
        by_level = of_leads.reshape(-1, len(LEVELS))
        shares.append(known_mean(by_level))
    return np.stack(shares)


def brier(chance: Floats, wet: Floats) -> Floats:
    """Mean squared error of a chance by lead; `wet` is 0 or 1, NaN where nobody measured the
    hour."""
    squared = (chance - wet) ** 2
    return known_mean(squared)


def error_dressed_quantiles(median: Floats, past_median: Floats, past_observed: Floats) -> Floats:
    """Quantiles for forecasts that have none: their past errors, by range of leads, added to them.

    Args:
        median: (N, horizon_h).
        past_median, past_observed: validation forecasts and observations, (M, horizon_h).

    Returns:
        Shape (N, horizon_h, Q).
    """
    errors = past_observed - past_median
    horizon_h = median.shape[1]
    added = np.zeros((horizon_h, len(LEVELS)))
    for first, last in calibration_ranges(horizon_h).values():
        leads = slice(first - 1, last)
        added[leads] = np.nanquantile(errors[:, leads], LEVELS)
    added -= added[:, [MEDIAN]]
    return median[..., None] + added[None]


def percent_change(
    score: Floats, reference: Floats, issued_at: Hours, resamples: int, seed: int
) -> Interval:
    """By how many per cent a mean score differs from a reference's, on the same forecasts; negative
    is better.

    The interval resamples blocks of issue times (paired block bootstrap), all stations of a time
    together.

    Args:
        score, reference: per forecast, e.g. absolute errors averaged over leads, (N,), NaN where
            missing.
        issued_at: UTC, (N,).
    """
    both = np.isfinite(score) & np.isfinite(reference)
    if not both.any():
        return _UNKNOWN
    ours = _block_sums(score, both, issued_at)
    theirs = _block_sums(reference, both, issued_at)
    counts = _draws(len(ours), resamples, seed)
    drawn_ratio = (counts @ ours) / (counts @ theirs)
    drawn = 100 * (drawn_ratio - 1)
    ratio = ours.sum() / theirs.sum()
    change = 100 * (ratio - 1)
    low, high = interval_limits(drawn, len(ours))
    return Interval(float(change), low, high)


def mean_with_interval(score: Floats, issued_at: Hours, resamples: int, seed: int) -> Interval:
    """A mean score with its interval by the same blocks."""
    has = np.isfinite(score)
    if not has.any():
        return _UNKNOWN
    sums = _block_sums(score, has, issued_at)
    sizes = _block_sums(np.ones_like(score), has, issued_at)
    counts = _draws(len(sums), resamples, seed)
    drawn_sums = counts @ sums
    drawn_sizes = counts @ sizes
    drawn = drawn_sums / np.maximum(drawn_sizes, 1)
    mean = sums.sum() / sizes.sum()
    low, high = interval_limits(drawn, len(sums))
    return Interval(float(mean), low, high)


def by_month_and_hour(error: Floats, month: Positions, hour: Positions) -> Floats:
    """Mean error of each month and local hour that was forecast: shape (12, 24), NaN where there is
    none.

    Args:
        error: (N, horizon_h).
        month, hour: of each valid time, local, 1-12 and 0-23, (N, horizon_h).
    """
    has = np.isfinite(error)
    cells = (month - 1) * 24 + hour
    cell = cells[has]
    total: Floats = np.bincount(cell, error[has], 12 * 24).astype(np.float64)
    count = np.bincount(cell, minlength=12 * 24)
    return _mean_of_known(total, count).reshape(12, 24)


def independent_blocks(issued_at: Hours) -> Positions:
    """Which independent block each issue time belongs to, (N,): one begins 14 days after the last
    one did, and after a gap of a week."""
    hours = issued_at.astype("datetime64[h]").astype(np.int64)
    times, row_of_time = np.unique(hours, return_inverse=True)
    block = np.zeros(len(times), dtype=np.int64)
    began = previous = times[0]
    for i, at in enumerate(times[1:], start=1):
        is_full = at - began >= BLOCK_H
        is_new = is_full or at - previous >= _GAP_H
        block[i] = block[i - 1] + is_new
        began = at if is_new else began
        previous = at
    return block[row_of_time]


def interval_limits(drawn: Floats, n: int) -> tuple[float, float]:
    """The 95 % limits of a bootstrap over n blocks, expanded for small n (Hesterberg 2015); unknown
    for a single one."""
    if n < 2:
        return float("nan"), float("nan")
    expansion = np.sqrt(n / (n - 1))
    widened = expansion * _student_975(n - 1)
    tail = NormalDist().cdf(-widened)
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def _student_975(freedom: int) -> float:
    """The 97.5 % quantile of Student's t, to 1 % from three degrees of freedom on (Abramowitz &
    Stegun 26.7.5)."""
    z = NormalDist().inv_cdf(0.975)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    correction = sum(term / freedom**power for power, term in enumerate(terms, start=1))
    return float(z + correction)


def _block_sums(values: Floats, chosen: Flags, issued_at: Hours) -> Floats:
    """The sum of the chosen values of each block."""
    block = independent_blocks(issued_at[chosen])
    sums = np.bincount(block, values[chosen])
    return sums.astype(np.float64)


def _draws(blocks: int, resamples: int, seed: int) -> Floats:
    """How often each resample draws each block, (resamples, blocks)."""
    rng = np.random.default_rng(seed)
    equally = np.full(blocks, 1 / blocks)
    counts = rng.multinomial(blocks, equally, size=resamples)
    return counts.astype(np.float64)
