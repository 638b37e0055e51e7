"""Logistic regression by Newton's method, with the ridge penalty that does best out of fold."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats

PENALTIES = (30.0, 100.0, 300.0, 1000.0)
"""Tried on the squared weights of standardised features."""

_MOST_STEPS = 40
_SMALLEST_STEP = 1e-4
_SMALLEST_DEVIATION = 1e-6
_TOLERANCE = 1e-7
"""Of the loss of a case: when a step gains less, the weights have settled."""


@dataclass(frozen=True)
class LogisticModel:
    """A linear map from features to the logit of a chance: shapes (F,), (F,), (F,) and a number."""

    mean: Floats
    scale: Floats
    weights: Floats
    intercept: float

    def logit(self, features: Floats) -> Floats:
        """The logit for features (…, F): (…)."""
        standardised = (features - self.mean) / self.scale
        logit: Floats = standardised @ self.weights + self.intercept
        return logit


def chance_of(logit: Floats) -> Floats:
    """The chance of a logit, without overflow."""
    chance: Floats = 0.5 * (1 + np.tanh(logit / 2))
    return chance


def logit_of(chance: Floats) -> Floats:
    """The logit of a chance in (0, 1)."""
    logit: Floats = np.log(chance) - np.log1p(-chance)
    return logit


def fit(
    features: Floats, happened: Floats, folds: Sequence[tuple[Flags, Flags]]
) -> tuple[LogisticModel, Floats]:
    """Fit with the penalty that does best out of fold.

    Args:
        features: (N, F), without NaN.
        happened: 0 or 1, or the chance that it happened where that isn't known for certain, (N,).
        folds: pairs of which cases train and which are held out, (N,) each.

    Returns:
        The regression on all cases, and the chance of each held-out case by weights that never saw
        it, NaN of the others, (N,).
    """
    losses = []
    predicted = []
    for penalty in PENALTIES:
        chance = np.full(len(happened), np.nan)
        for train, held in folds:
            model = fit_one(features[train], happened[train], penalty)
            logit = model.logit(features[held])
            chance[held] = chance_of(logit)
        losses.append(_mean_log_loss(chance, happened))
        predicted.append(chance)
    best = int(np.argmin(losses))
    on_all = fit_one(features, happened, PENALTIES[best])
    return on_all, predicted[best]


def fit_one(features: Floats, happened: Floats, penalty: float) -> LogisticModel:
    """The regression with one penalty; steps that gain nothing are halved."""
    mean = features.mean(axis=0)
    deviation = features.std(axis=0)
    scale = np.where(deviation > _SMALLEST_DEVIATION, deviation, 1.0)
    standardised = (features - mean) / scale
    ones = np.ones((len(features), 1))
    columns = np.concatenate([ones, standardised], axis=1)
    penalties = np.full(columns.shape[1], penalty)
    penalties[0] = 0.0
    problem = _Problem(columns, happened, penalties)
    weights = problem.solved()
    return LogisticModel(
        mean=mean,
        scale=scale,
        weights=weights[1:],
        intercept=float(weights[0]),
    )


@dataclass(frozen=True)
class _Problem:
    """What weights (W,) are sought for.

    Attributes:
        columns: a 1 and the standardised features, (N, W).
        happened: (N,).
        penalties: of the squared weights, (W,).
    """

    columns: Floats
    happened: Floats
    penalties: Floats

    def solved(self) -> Floats:
        """The weights with the smallest loss."""
        weights = self._start()
        loss = self._loss(weights)
        for _ in range(_MOST_STEPS):
            step = self._newton_step(weights)
            nearer = weights + step
            new = self._loss(nearer)
            length = 1.0
            while new > loss and length > _SMALLEST_STEP:
                length /= 2
                nearer = weights + length * step
                new = self._loss(nearer)
            if new >= loss:
                break
            weights = nearer
            gained = loss - new
            loss = new
            if gained < _TOLERANCE * len(self.happened):
                break
        return weights

    def _start(self) -> Floats:
        """The weights that give the mean chance to every case."""
        mean = np.clip(self.happened.mean(), 1e-3, 1 - 1e-3)
        weights = np.zeros(len(self.penalties))
        weights[0] = logit_of(mean)
        return weights

    def _newton_step(self, weights: Floats) -> Floats:
        chance = chance_of(self.columns @ weights)
        variance = chance * (1 - chance)
        weighted = self.columns * variance[:, None]
        curvature = weighted.T @ self.columns + np.diag(self.penalties)
        # Where every case is certain nothing curves.
        slightly = 1e-9 * np.eye(len(weights))
        missed = self.happened - chance
        gradient = self.columns.T @ missed - self.penalties * weights
        step = np.linalg.solve(curvature + slightly, gradient)
        return step.astype(np.float64)

    def _loss(self, weights: Floats) -> float:
        logit = self.columns @ weights
        losses = np.logaddexp(0.0, logit) - self.happened * logit
        squares = self.penalties * weights**2
        penalty = 0.5 * squares.sum()
        return float(losses.sum() + penalty)


def _mean_log_loss(chance: Floats, happened: Floats) -> float:
    held = np.isfinite(chance)
    bounded = np.clip(chance[held], 1e-6, 1 - 1e-6)
    came = happened[held]
    loss = came * np.log(bounded) + (1 - came) * np.log1p(-bounded)
    return -float(loss.mean())
