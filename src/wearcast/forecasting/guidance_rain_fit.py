"""Fitting a station's rain by guidance: for each day ahead a logistic regression of a wet hour, one
of a wet waking day, and a ridge of a wet hour's amount. A chance that isn't better than that of the
station's past, out of fold, isn't used."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wearcast.forecasting import logistic_regression
from wearcast.forecasting.array_types import Flags, Floats, Floats32, Positions
from wearcast.forecasting.guidance_rain import DailyMaps, GuidanceRain, LinearMap
from wearcast.forecasting.guidance_rain_features import (
    DAY_H,
    RainSeen,
    bounded,
    day_features,
    hour_features,
    waking_days,
)
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.guidance_regression import PURGE_H, PastForecasts
from wearcast.forecasting.missing_values import where_known
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.ridge_regression import spans_held_out
from wearcast.forecasting.span_means import Spans

LEAST_DAYS = 90
"""Of archive from which on rain is forecast by it: with fewer there are too few wet days."""

_LEAST_WET = 30
"""Wet days, and wet hours, that a regression needs; and dry ones."""

_AMOUNT_PENALTY = 100.0
_SMALLEST_DEVIATION = 1e-6

_Folds = Sequence[tuple[Flags, Flags]]
"""Pairs of which windows train and which are held out, (B,) each."""


def fit(
    record: GuidanceRecord,
    past: PastForecasts,
    wet: Floats32,
    log_mm: Floats32,
    days: int,
    folds: int,
) -> GuidanceRain | None:
    """Fit a station's rain; None where there is too little to learn from. A day ahead of which
    guidance isn't better than the station's past, out of fold, has no regression.

    Args:
        record: the guidance that training may see.
        past: the forecasts from the station's past, out of fold; B windows.
        wet: the chance that each hour was wet, NaN where unknown, (B, L).
        log_mm: the log of its amount if so, (B, L).
        days: of archive.
        folds: spans of time that are held out.
    """
    if days < LEAST_DAYS:
        return None
    held_out = spans_held_out(past.issued_at, folds, PURGE_H)
    seen = RainSeen.of(record, past)
    of_hours = hour_features(seen, past)
    of_past = bounded(past.wet_chance)
    hours, amounts, residuals = [], [], []
    for span in _days_ahead(wet.shape[1]):
        cases = _Cases.of(of_hours[:, span], wet[:, span], held_out)
        chance_of_past = of_past[:, span].ravel()
        hours.append(_logistic(cases, chance_of_past))
        amount, left = _amount(cases, log_mm[:, span])
        amounts.append(amount)
        residuals.append(left)
    if all(model is None for model in hours):
        return None
    features = of_hours.shape[-1]
    return GuidanceRain(
        hours=DailyMaps.of(hours, features),
        days=_fit_days(seen, past, wet, held_out),
        amounts=DailyMaps.of(amounts, features),
        residuals=np.array(residuals, dtype=np.float32),
    )


def _fit_days(seen: RainSeen, past: PastForecasts, wet: Floats32, held_out: _Folds) -> DailyMaps:
    """The regressions of a wet waking day."""
    waking = waking_days(past.calendar)
    features = day_features(seen, past, waking)
    was_wet = _was_wet(wet, waking)
    day_ahead = waking.first // DAY_H
    models = []
    for day, _ in enumerate(_days_ahead(wet.shape[1])):
        came = where_known(day_ahead == day, was_wet)
        cases = _Cases.of(features, came, held_out)
        models.append(_logistic(cases, None))
    return DailyMaps.of(models, features.shape[-1])


def _days_ahead(horizon_h: int) -> list[slice]:
    """The leads of each day ahead, counted from 0; the last one may end early."""
    starts = range(0, horizon_h, DAY_H)
    return [slice(start, start + DAY_H) for start in starts]


@dataclass(frozen=True)
class _Cases:
    """Cases that a regression learns from.

    Attributes:
        known: which of the cells, (B × L,).
        features: of these, (N, F).
        came: what came of them, (N,).
        held_out: the folds, of windows.
        window: of each case, (N,).
    """

    known: Flags
    features: Floats
    came: Floats
    held_out: _Folds
    window: Positions

    @classmethod
    def of(cls, features: Floats, came: Floats | Floats32, held_out: _Folds) -> "_Cases":
        """The cells (B, L) of which features (B, L, F) and what came are known."""
        count, width = came.shape
        flat = features.reshape(count * width, -1)
        happened = came.reshape(-1).astype(np.float64)
        has_features = np.isfinite(flat).all(axis=1)
        known = has_features & np.isfinite(happened)
        windows = np.arange(count)
        window = np.repeat(windows, width)
        return cls(
            known=known,
            features=flat[known],
            came=happened[known],
            held_out=held_out,
            window=window[known],
        )

    def folds(self) -> _Folds:
        """Which of the cases train, and which are held out; without folds that can't be used."""
        pairs = []
        for train, held in self.held_out:
            trains = train[self.window]
            is_held = held[self.window]
            if is_held.any() and _enough(self.came[trains]):
                pairs.append((trains, is_held))
        return pairs


def _enough(came: Floats) -> bool:
    """Whether there is enough of both."""
    happened = float(came.sum())
    others = len(came) - happened
    return min(happened, others) >= _LEAST_WET


def _logistic(cases: _Cases, of_past: Floats | None) -> LinearMap | None:
    """The regression of a day ahead; None where there are too few cases, or where the chance that
    the past gives has a smaller error."""
    folds = cases.folds()
    if not folds or not _enough(cases.came):
        return None
    model, out_of_fold = logistic_regression.fit(cases.features, cases.came, folds)
    rival = np.full(len(cases.came), cases.came.mean())
    if of_past is not None:
        rival = of_past[cases.known]
    judged = np.isfinite(out_of_fold)
    came = cases.came[judged]
    score = _brier(out_of_fold[judged], came)
    score_of_rival = _brier(rival[judged], came)
    if score >= score_of_rival:
        return None
    return LinearMap(
        model.mean,
        model.scale,
        model.weights,
        model.intercept,
    )


def _brier(chance: Floats, came: Floats) -> float:
    squared = np.square(chance - came)
    return float(squared.mean())


def _amount(cases: _Cases, log_mm: Floats32) -> tuple[LinearMap | None, Floats]:
    """The regression of a wet hour's log mm and quantiles of what it leaves; none where too few
    hours were wet."""
    of_cases = log_mm.reshape(-1)[cases.known]
    amount = of_cases.astype(np.float64)
    was_wet = (cases.came == 1) & np.isfinite(amount)
    if was_wet.sum() < _LEAST_WET:
        unknown = np.full(len(LEVELS), np.nan)
        return None, unknown
    features = cases.features[was_wet]
    mean = features.mean(axis=0)
    deviation = features.std(axis=0)
    scale = np.where(deviation > _SMALLEST_DEVIATION, deviation, 1.0)
    standardised = (features - mean) / scale
    usual = float(amount[was_wet].mean())
    difference = amount[was_wet] - usual
    weights = _ridge(standardised, difference)
    residuals = difference - standardised @ weights
    model = LinearMap(mean, scale, weights, usual)
    return model, np.quantile(residuals, LEVELS)


def _ridge(standardised: Floats, outputs: Floats) -> Floats:
    """The weights of a ridge regression, (F,)."""
    size = standardised.shape[1]
    penalties = _AMOUNT_PENALTY * np.eye(size)
    gram = standardised.T @ standardised
    products = standardised.T @ outputs
    weights = np.linalg.solve(gram + penalties, products)
    return weights.astype(np.float64)


def _was_wet(wet: Floats32, days: Spans) -> Floats:
    """Whether any hour of each day was wet, NaN where that isn't known: (B, D)."""
    is_known = np.isfinite(wet)
    is_wet = np.where(is_known, wet > 0, np.nan)
    was_wet = days.mean(is_wet) > 0
    known = days.mean(is_known.astype(np.float64)) == 1
    dry_or_unknown = np.where(known, 0.0, np.nan)
    return np.where(was_wet, 1.0, dry_or_unknown)
