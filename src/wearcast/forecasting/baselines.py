"""What any forecast of the temperature must beat: from the plainest guess to the best linear model.

Every baseline is a function of a record and issue positions and gives medians in °C, shape (N,
HORIZON_H). It sees what
the network sees: the past up to the issue time, and parameters fitted on training windows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wearcast.config import Train
from wearcast.forecasting import ridge_regression
from wearcast.forecasting.array_types import Floats, Positions
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.ridge_regression import Linear
from wearcast.forecasting.standardization import Normals
from wearcast.forecasting.window_dataset import Examples
from wearcast.forecasting.windows import Track, linear_features
from wearcast.vocabulary import HORIZON_H

Baseline = Callable[[Track, Normals, Positions], Floats]

TEMP = CHANNELS.index("temp_c")
_DAY_H, _MONTH_H = 24, 24 * 30
_DECAYS_H = np.array([6.0, 12.0, 18.0, 24.0, 30.0, 36.0, 42.0, 48.0, 60.0, 72.0, 96.0, 144.0])
"""Decay times that the damped anomaly chooses from."""


def climatology(track: Track, _: Normals, at: Positions) -> Floats:
    """What is usual at that hour of the year."""
    usual: Floats = track.usual[track.ahead(at), TEMP]
    return usual


def climatology_drift(track: Track, normals: Normals, at: Positions) -> Floats:
    """What is usual, moved by how far the past year strayed from it."""
    return climatology(track, normals, at) + _drift_c(track, normals, at)[:, None]


def persistence(track: Track, normals: Normals, at: Positions) -> Floats:
    """The last temperature, for ever."""
    return np.repeat(_temp_c(track, normals, at[:, None]), HORIZON_H, axis=1)


def seasonal_naive(track: Track, normals: Normals, at: Positions) -> Floats:
    """The last day, over and over."""
    lead = np.arange(1, HORIZON_H + 1)
    return _temp_c(
        track, normals, at[:, None] + lead - _DAY_H * np.ceil(lead / _DAY_H).astype(np.int64)
    )


@dataclass(frozen=True)
class DampedAnomaly:
    """Climatology and drift, and three anomalies: of the last day and the last hour, which decay,
    and of the last month.

    Attributes:
        weights: of the three anomalies.
        decays_h: of the first two.
    """

    weights: Floats
    decays_h: tuple[float, float]

    @classmethod
    def fit(cls, examples: Examples) -> "DampedAnomaly":
        """Least squares over all leads of the training windows, for each pair of decay times; the
        best pair wins."""
        terms = _terms(examples.track, examples.at).astype(np.float64)
        came = examples.targets(examples.at)[:, :, 0].astype(np.float64)
        gram, product, power = (
            terms.T @ terms,
            terms.T @ np.nan_to_num(came),
            float(np.nansum(came**2)),
        )
        fits = [
            _damped(gram, product, power, (day, hour))
            for day in _DECAYS_H
            for hour in _DECAYS_H
            if hour <= day
        ]
        _, weights, decays_h = min(fits, key=lambda fit: fit[0])
        return cls(weights, decays_h)

    def __call__(self, track: Track, normals: Normals, at: Positions) -> Floats:
        """The forecasts."""
        anomaly = _terms(track, at) @ (self.weights[:, None] * _damping(self.decays_h))
        median: Floats = climatology_drift(track, normals, at) + anomaly * normals.scale[TEMP]
        return median


@dataclass(frozen=True)
class Ridge:
    """Direct ridge regression on the features of the linear path, one strength a lead."""

    regression: Linear
    history_h: int

    @classmethod
    def fit(cls, examples: Examples, settings: Train) -> "Ridge":
        """Fit the temperature of the training windows."""
        targets = np.nan_to_num(examples.targets(examples.at)[:, :, 0])
        purge_h = settings.history_h + HORIZON_H
        regression, _ = ridge_regression.fit(
            examples.features(), targets, examples.issued_at, settings.folds, purge_h
        )
        return cls(regression, settings.history_h)

    def __call__(self, track: Track, normals: Normals, at: Positions) -> Floats:
        """The forecasts."""
        past, _ = track.past(at, self.history_h)
        anomaly = self.regression(linear_features(past, track.calendar[at])).astype(np.float64)
        median: Floats = climatology_drift(track, normals, at) + anomaly * normals.scale[TEMP]
        return median


def fit_all(examples: Examples, settings: Train) -> dict[str, Baseline]:
    """Every baseline by its name, the plainest first."""
    return {
        "persistence": persistence,
        "seasonal_naive": seasonal_naive,
        "climatology": climatology,
        "climatology_drift": climatology_drift,
        "damped_anomaly": DampedAnomaly.fit(examples),
        "ridge": Ridge.fit(examples, settings),
    }


def _temp_c(track: Track, normals: Normals, rows: Positions) -> Floats:
    temp_c: Floats = track.usual[rows, TEMP] + track.anomalies[rows, TEMP] * normals.scale[TEMP]
    return temp_c


def _drift_c(track: Track, normals: Normals, at: Positions) -> Floats:
    drift_c: Floats = track.drift[at, TEMP] * normals.scale[TEMP]
    return drift_c


def _terms(track: Track, at: Positions) -> Floats:
    """The anomalies from climatology and drift of the last day, the last hour and the last month:
    (N, 3)."""
    means = [_trailing_mean(track, at, hours) for hours in (_DAY_H, 1, _MONTH_H)]
    return np.stack([mean - track.drift[at, TEMP] for mean in means], axis=1)


def _trailing_mean(track: Track, at: Positions, hours: int) -> Floats:
    """The mean anomaly of up to `hours` hours; of fewer at the beginning of a record."""
    total = np.concatenate([[0.0], np.cumsum(track.anomalies[:, TEMP], dtype=np.float64)])
    count = np.concatenate([[0.0], np.cumsum(track.observed[:, TEMP], dtype=np.float64)])
    first = np.maximum(at + 1 - hours, 0)
    mean: Floats = (total[at + 1] - total[first]) / np.maximum(count[at + 1] - count[first], 1)
    return mean


def _damping(decays_h: tuple[float, float]) -> Floats:
    lead = np.arange(1, HORIZON_H + 1)
    return np.stack([np.exp(-lead / decays_h[0]), np.exp(-lead / decays_h[1]), np.ones(HORIZON_H)])


def _damped(
    gram: Floats, product: Floats, power: float, decays_h: tuple[float, float]
) -> tuple[float, Floats, tuple[float, float]]:
    """The squared error and the weights for one pair of decay times."""
    damping = _damping(decays_h)
    left = gram * (damping @ damping.T)
    right = (damping * product).sum(axis=1)
    weights = np.linalg.solve(left + 1e-6 * np.trace(left) * np.eye(3), right)
    return power - 2 * weights @ right + weights @ left @ weights, weights, decays_h
