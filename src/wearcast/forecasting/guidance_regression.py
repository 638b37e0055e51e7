"""Guidance fitted to a station (model output statistics): what the models' forecasts, their latest
errors and the station's own past say together of each hour ahead.

No raw value is used. For each lead and target the best of three is chosen, by errors out of fold:
the forecast from the station's past, the models' mean less its bias of the last days, or a
regression of what was observed on all of it. Of the wind, which a model's grid cell and a garden
share little of, at most half of the regression counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wearcast.forecasting import ridge_regression
from wearcast.forecasting.array_types import Flags, Floats, Floats32, Hours
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.guidance_inputs import GuidanceInputs, LeadInputs, known_mean
from wearcast.forecasting.missing_values import where_known
from wearcast.forecasting.ridge_regression import LinearModel

REGRESSION_DAYS = 330
"""Days of archive from which on a regression is tried at all leads: about a year, so that it has
seen every season."""

ANCHORED_DAYS = 90
"""Days from which on one is tried on the first day, around the forecast without its bias: on a
month a regression is 3-36 % worse than that."""

ANCHORED_H = 24

_PRIOR = 1.1
"""Of a shorter archive than that the past has to be better by this factor to be preferred: a few
weeks hardly tell, and everywhere it was measured guidance without its bias is better."""

_LEAST_WINDOWS = 200
"""Fewer forecasts than these say nothing of which way is better."""

_SMOOTHED_H = 6
"""Hours on both sides over which errors are averaged before the best way is chosen for a lead."""

PURGE_H = 168
"""Windows issued this close to a fold don't train for it."""

_PAST = 0
_WAYS = {
    "temp_c": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "dewpoint_c": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "wind_ms": ((1, 0, 0), (0.5, 0, 0.5)),
    "cloud_pct": ((1, 0, 0), (0.5, 0, 0.5), (0, 0, 1)),
}
"""The shares of past, mean without bias, and regression that are tried. The bias of the last days
is right for the temperature and the dew point, and far worse than nothing for the wind."""


@dataclass(frozen=True)
class PastForecasts:
    """What the station's own past says, for B issue times and L leads, by a model that never saw
    their time.

    Attributes:
        issued_at: UTC, (B,).
        medians: of each target in its unit, (B, L, T).
        wet_chance: that the hour is wet, (B, L).
        calendar: of the valid hours, (B, L, CALENDAR).
    """

    issued_at: Hours
    medians: Floats32
    wet_chance: Floats32
    calendar: Floats32

    def every(self, n: int) -> "PastForecasts":
        """Every n-th of them."""
        return PastForecasts(
            issued_at=self.issued_at[::n],
            medians=self.medians[::n],
            wet_chance=self.wet_chance[::n],
            calendar=self.calendar[::n],
        )

    def lead(self, h: int) -> "PastForecasts":
        """Those of one lead alone, L = 1."""
        at = slice(h - 1, h)
        return PastForecasts(
            issued_at=self.issued_at,
            medians=self.medians[:, at],
            wet_chance=self.wet_chance[:, at],
            calendar=self.calendar[:, at],
        )


@dataclass(frozen=True)
class LinearMaps:
    """A regression for each lead, of what was observed less the models' mean.

    Attributes:
        centre, scale: of the features, (L, F).
        weights, intercept: (L, F, T) and (L, T).
    """

    centre: Floats32
    scale: Floats32
    weights: Floats32
    intercept: Floats32

    def __call__(self, features: Floats32) -> Floats32:
        """For features (B, L, F), a missing one as usual: (B, L, T)."""
        standardised = (features - self.centre) / self.scale
        known = np.nan_to_num(standardised)
        leads_first = np.moveaxis(known, 1, 0)
        by_lead = leads_first @ self.weights
        by_window = np.moveaxis(by_lead, 0, 1)
        added: Floats32 = by_window + self.intercept
        return added


@dataclass(frozen=True)
class Combination:
    """How the forecast of each lead is made.

    Attributes:
        shares: of the three ways, by target, (L, T, 3); all 0 where guidance never reaches.
        maps: the regressions.
    """

    shares: Floats32
    maps: LinearMaps

    def never(self) -> "Combination":
        """One that says nothing at any lead."""
        return replace(self, shares=np.zeros_like(self.shares))

    def __call__(self, seen: LeadInputs, past: PastForecasts) -> Floats32:
        """The forecasts of every target in its unit, NaN where guidance says nothing, (B, L, T)."""
        added = self.maps(features(seen, past))
        regressed = seen.mean + added
        ways = _ways(seen, past, regressed)
        return _combined(ways, self.shares)


def features(seen: LeadInputs, past: PastForecasts) -> Floats32:
    """The inputs of the regressions, (B, L, F); NaN where missing."""
    windows, leads, *_ = seen.around.shape
    recent = seen.recent.reshape(windows, leads, -1)
    from_mean = past.medians - seen.mean
    wet_chance = past.wet_chance[..., None]
    parts = [
        seen.bias,
        seen.mean,
        seen.around,
        recent,
        past.medians,
        from_mean,
        wet_chance,
        past.calendar,
    ]
    return np.concatenate(parts, axis=2)


def fit(
    inputs: GuidanceInputs,
    past: PastForecasts,
    observed: Floats32,
    days: int,
    folds: int,
    stale_h: int = 0,
) -> tuple[Combination, Floats32]:
    """The combination for every lead, and the forecasts of each window by coefficients that never
    saw its time, NaN where guidance says nothing, (B, L, T).

    Args:
        inputs: the station's guidance, with the observations that training may see.
        past: the forecasts from its past, out of fold.
        observed: what came, NaN where missing, (B, L, T).
        days: of archive.
        folds: spans of time that are held out.
        stale_h: as `GuidanceInputs.at` takes it.
    """
    horizon_h = past.medians.shape[1]
    maps = []
    ways = []
    for h in range(1, horizon_h + 1):
        leads = np.array([h])
        seen = inputs.at(past.issued_at, leads, stale_h)
        of_lead = past.lead(h)
        came = observed[:, h - 1]
        fitted, regressed = _fit_lead(h, seen, of_lead, came, days, folds)
        maps.append(fitted)
        ways_of_lead = _ways(seen, of_lead, regressed[:, None])
        ways.append(ways_of_lead)
    of_leads = np.concatenate(ways, axis=1)
    prior = 1.0 if days >= ANCHORED_DAYS else _PRIOR
    shares = _best_shares(of_leads, observed, prior)
    combination = Combination(shares, _stacked(maps))
    return combination, _combined(of_leads, shares)


def _ways(seen: LeadInputs, past: PastForecasts, regressed: Floats32) -> Floats32:
    """The three ways, NaN where one or guidance as a whole says nothing, (B, L, T, 3)."""
    unbiased = seen.mean - seen.bias
    ways = np.stack([past.medians, unbiased, regressed], axis=-1)
    says_something = np.isfinite(seen.mean)
    return where_known(says_something[..., None], ways)


def _combined(ways: Floats32, shares: Floats32) -> Floats32:
    """The ways (B, L, T, 3) by their shares (L, T, 3), NaN where one that counts says nothing: (B,
    L, T)."""
    counted = np.where(shares > 0, ways * shares, np.float32(0))
    combined: Floats32 = counted.sum(axis=-1)
    is_reached = shares.sum(axis=-1) > 0
    return where_known(is_reached, combined)


_Map = tuple[Floats32, Floats32, Floats32, Floats32]
"""Centre, scale, weights and intercept of one lead."""


def _fit_lead(
    h: int,
    seen: LeadInputs,
    past: PastForecasts,
    observed: Floats32,
    days: int,
    folds: int,
) -> tuple[_Map, Floats32]:
    """The regression of one lead, and its forecasts out of fold, (B, T), NaN where there is
    none."""
    columns = features(seen, past)[:, 0]
    mean = seen.mean[:, 0]
    bias = seen.bias[:, 0]
    has_forecast = np.isfinite(bias) & np.isfinite(mean)
    is_known = np.isfinite(observed) & has_forecast
    is_regressed = _regressed_targets(is_known)
    missing = ~is_known[:, is_regressed]
    known = missing.sum(axis=1) == 0
    regressed = np.full_like(mean, np.nan)
    if not _is_tried(h, known, past.issued_at, days, folds):
        return _no_map(columns.shape[1]), regressed
    is_anchored = days < REGRESSION_DAYS
    anchor = mean - bias if is_anchored else mean
    filled = _with_usual(columns, known)
    left = np.where(is_regressed, observed - anchor, np.float32(0))
    model, out_of_fold = ridge_regression.fit(
        features=filled[known],
        targets=left[known],
        issued_at=past.issued_at[known],
        folds=folds,
        purge_h=PURGE_H,
    )
    regressed[known] = anchor[known] + out_of_fold
    regressed[~known] = anchor[~known] + model(filled[~known])
    regressed[:, ~is_regressed] = np.nan
    return _map_of(model, is_regressed, is_anchored), regressed


def _with_usual(columns: Floats32, known: Flags) -> Floats32:
    """The features (B, F), a missing one as it is on average over the known windows."""
    mean = known_mean(columns[known])
    usual = np.nan_to_num(mean)
    is_there = np.isfinite(columns)
    return np.where(is_there, columns, usual)


def _map_of(model: LinearModel, is_regressed: Flags, is_anchored: bool) -> _Map:
    """The map of what was observed less the models' mean."""
    weights = model.weights
    intercept = where_known(is_regressed, model.intercept)
    if is_anchored:
        weights, intercept = _less_bias(model.mean, model.scale, weights, intercept)
    return model.mean, model.scale, weights, intercept


def _regressed_targets(is_known: Flags) -> Flags:
    """The targets of which observation, mean and bias are known at half as many windows, (B, T), as
    of the one that they are known of most often: one that is missing takes no other with it."""
    count = is_known.sum(axis=0)
    most = int(count.max())
    chosen: Flags = (count > 0) & (2 * count >= most)
    return chosen


def _is_tried(h: int, known: Flags, issued_at: Hours, days: int, folds: int) -> bool:
    """Whether the archive is long enough for a regression of that lead."""
    is_anchored = days < REGRESSION_DAYS
    if is_anchored and (days < ANCHORED_DAYS or h > ANCHORED_H):
        return False
    if known.sum() < _LEAST_WINDOWS:
        return False
    return ridge_regression.can_hold_out(issued_at[known], folds, PURGE_H)


def _less_bias(
    centre: Floats32, scale: Floats32, weights: Floats32, intercept: Floats32
) -> tuple[Floats32, Floats32]:
    """Weights and intercept that take the bias off as well; it is the first of the features."""
    weights = weights.copy()
    for target in range(len(TARGETS)):
        weights[target, target] -= scale[target]
    return weights, intercept - centre[: len(TARGETS)]


def _no_map(size: int) -> _Map:
    """One that says nothing."""
    targets = len(TARGETS)
    return (
        np.zeros(size, dtype=np.float32),
        np.ones(size, dtype=np.float32),
        np.zeros((size, targets), dtype=np.float32),
        np.full(targets, np.nan, dtype=np.float32),
    )


def _stacked(maps: Sequence[_Map]) -> LinearMaps:
    centres, scales, weights, intercepts = zip(*maps, strict=True)
    return LinearMaps(
        centre=np.stack(centres),
        scale=np.stack(scales),
        weights=np.stack(weights),
        intercept=np.stack(intercepts),
    )


def _best_shares(ways: Floats32, observed: Floats32, prior: float) -> Floats32:
    """For each lead and target the shares with the least error around that lead, (L, T, 3); 0 where
    guidance never says anything. That of the past alone is taken `prior` times."""
    shares = []
    for t, name in enumerate(TARGETS):
        tried = np.array(_WAYS[name], dtype=np.float32)
        of_target = _best_tried(tried, ways[:, :, t], observed[:, :, t], prior)
        shares.append(of_target)
    return np.stack(shares, axis=1)


def _best_tried(tried: Floats32, ways: Floats32, observed: Floats32, prior: float) -> Floats32:
    """The best of the shares tried, (ways, 3), for one target at each lead, (L, 3)."""
    mixed = [_mixed(ways, share) for share in tried]
    forecasts = np.stack(mixed, axis=-1)
    errors = np.abs(forecasts - observed[..., None])
    exists: Flags = np.any(np.isfinite(forecasts), axis=0)
    smoothed = _smoothed(_of_common_windows(errors, exists))
    is_past = tried[:, _PAST] == 1
    weighed = np.where(is_past, prior * smoothed, smoothed)
    possible = np.where(exists, weighed, np.inf)
    best = possible.argmin(axis=1)
    is_reached = exists[:, 0]
    return np.where(is_reached[:, None], tried[best], np.float32(0))


def _mixed(ways: Floats32, share: Floats32) -> Floats32:
    """The ways of a target (B, L, 3) by one share of each, NaN where one that counts says
    nothing."""
    counts = share > 0
    mixed: Floats32 = ways[..., counts] @ share[counts]
    return mixed


def _of_common_windows(errors: Floats32, exists: Flags) -> Floats32:
    """The errors (B, L, ways) of windows of which every way says something that does at that lead
    at all, (L, ways)."""
    says_something = np.isfinite(errors) | ~exists
    common: Flags = np.all(says_something, axis=-1, keepdims=True)
    return where_known(common, errors)


def _smoothed(errors: Floats32) -> Floats:
    """The mean error of each way (B, L, ways) over windows and neighbouring leads, (L, ways);
    infinite where none is known."""
    known = np.isfinite(errors)
    error_or_0 = np.where(known, errors, 0)
    total = error_or_0.sum(axis=0, dtype=np.float64)
    count = known.sum(axis=0)
    around = np.ones(2 * _SMOOTHED_H + 1)
    columns = []
    for way in range(errors.shape[2]):
        summed = np.convolve(total[:, way], around, mode="same")
        counted = np.convolve(count[:, way], around, mode="same")
        mean = summed / np.maximum(counted, 1)
        enough = counted >= _LEAST_WINDOWS
        columns.append(np.where(enough, mean, np.inf))
    return np.stack(columns, axis=1)
