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
from wearcast.forecasting.ridge_regression import LinearModel
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.window_dataset import WindowDataset
from wearcast.forecasting.windows import linear_features
from wearcast.vocabulary import HORIZON_H

Baseline = Callable[[StandardizedSeries, StationClimatology, Positions], Floats]

TEMP = CHANNELS.index("temp_c")
_DAY_H, _MONTH_H = 24, 24 * 30
_DECAYS_H = np.array([6.0, 12.0, 18.0, 24.0, 30.0, 36.0, 42.0, 48.0, 60.0, 72.0, 96.0, 144.0])
"""Decay times that the damped anomaly chooses from."""


def climatology(series: StandardizedSeries, _: StationClimatology, at: Positions) -> Floats:
    """The climatology of the hour of the year."""
    expected: Floats = series.climatology[series.ahead(at), TEMP]
    return expected


def climatology_drift(
    series: StandardizedSeries, climate: StationClimatology, at: Positions
) -> Floats:
    """The climatology plus the trailing-year anomaly at the issue time."""
    return climatology(series, climate, at) + _trailing_anomaly_c(series, climate, at)[:, None]


def persistence(series: StandardizedSeries, climate: StationClimatology, at: Positions) -> Floats:
    """The last temperature at every lead."""
    return np.repeat(_temp_c(series, climate, at[:, None]), HORIZON_H, axis=1)


def seasonal_naive(
    series: StandardizedSeries, climate: StationClimatology, at: Positions
) -> Floats:
    """The last 24 hours, repeated."""
    lead = np.arange(1, HORIZON_H + 1)
    return _temp_c(
        series, climate, at[:, None] + lead - _DAY_H * np.ceil(lead / _DAY_H).astype(np.int64)
    )


@dataclass(frozen=True)
class DampedAnomaly:
    """Climatology with the trailing-year anomaly, and three anomalies: of the last day and the last
    hour, which decay, and of the last month.

    Attributes:
        weights: of the three anomalies.
        decays_h: of the first two.
    """

    weights: Floats
    decays_h: tuple[float, float]

    @classmethod
    def fit(cls, dataset: WindowDataset) -> "DampedAnomaly":
        """Least squares over all leads of the training windows, for each pair of decay times; the
        best pair wins."""
        terms = _terms(dataset.series, dataset.at).astype(np.float64)
        observed = dataset.targets(dataset.at)[:, :, 0].astype(np.float64)
        gram, product, power = (
            terms.T @ terms,
            terms.T @ np.nan_to_num(observed),
            float(np.nansum(observed**2)),
        )
        fits = [
            _damped(gram, product, power, (day, hour))
            for day in _DECAYS_H
            for hour in _DECAYS_H
            if hour <= day
        ]
        _, weights, decays_h = min(fits, key=lambda fit: fit[0])
        return cls(weights, decays_h)

    def __call__(
        self, series: StandardizedSeries, climate: StationClimatology, at: Positions
    ) -> Floats:
        """The forecasts."""
        anomaly = _terms(series, at) @ (self.weights[:, None] * _damping(self.decays_h))
        median: Floats = climatology_drift(series, climate, at) + anomaly * climate.scale[TEMP]
        return median


@dataclass(frozen=True)
class Ridge:
    """Direct ridge regression on the features of the linear path, one strength a lead."""

    regression: LinearModel
    history_h: int

    @classmethod
    def fit(cls, dataset: WindowDataset, settings: Train) -> "Ridge":
        """Fit the temperature of the training windows."""
        targets = np.nan_to_num(dataset.targets(dataset.at)[:, :, 0])
        purge_h = settings.history_h + HORIZON_H
        regression, _ = ridge_regression.fit(
            dataset.features(), targets, dataset.issued_at, settings.folds, purge_h
        )
        return cls(regression, settings.history_h)

    def __call__(
        self, series: StandardizedSeries, climate: StationClimatology, at: Positions
    ) -> Floats:
        """The forecasts."""
        past, _ = series.past(at, self.history_h)
        anomaly = self.regression(linear_features(past, series.calendar[at])).astype(np.float64)
        median: Floats = climatology_drift(series, climate, at) + anomaly * climate.scale[TEMP]
        return median


def fit_all(dataset: WindowDataset, settings: Train) -> dict[str, Baseline]:
    """Every baseline by its name, the plainest first."""
    return {
        "persistence": persistence,
        "seasonal_naive": seasonal_naive,
        "climatology": climatology,
        "climatology_drift": climatology_drift,
        "damped_anomaly": DampedAnomaly.fit(dataset),
        "ridge": Ridge.fit(dataset, settings),
    }


def _temp_c(series: StandardizedSeries, climate: StationClimatology, rows: Positions) -> Floats:
    temp_c: Floats = (
        series.climatology[rows, TEMP] + series.anomalies[rows, TEMP] * climate.scale[TEMP]
    )
    return temp_c


def _trailing_anomaly_c(
    series: StandardizedSeries, climate: StationClimatology, at: Positions
) -> Floats:
    anomaly_c: Floats = series.trailing_anomaly[at, TEMP] * climate.scale[TEMP]
    return anomaly_c


def _terms(series: StandardizedSeries, at: Positions) -> Floats:
    """The anomalies of the last day, the last hour and the last month from climatology with the
    trailing-year anomaly: (N, 3)."""
    means = [_trailing_mean(series, at, hours) for hours in (_DAY_H, 1, _MONTH_H)]
    return np.stack([mean - series.trailing_anomaly[at, TEMP] for mean in means], axis=1)


def _trailing_mean(series: StandardizedSeries, at: Positions, hours: int) -> Floats:
    """The mean anomaly of up to `hours` hours; of fewer at the beginning of a record."""
    total = np.concatenate([[0.0], np.cumsum(series.anomalies[:, TEMP], dtype=np.float64)])
    count = np.concatenate([[0.0], np.cumsum(series.observed[:, TEMP], dtype=np.float64)])
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
