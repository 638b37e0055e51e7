"""Baselines: what any forecast of the temperature must beat, from persistence to ridge regression.

Every baseline is a function of a standardised series and issue positions and gives medians in °C,
shape (N, horizon_h). It has the inputs of the network: the past up to the issue time, and what was
fitted on training windows.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wearcast.config import Train
from wearcast.forecasting import ridge_regression
from wearcast.forecasting.array_types import Floats, Floats32, Positions
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.ridge_regression import LinearModel
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.window_dataset import WindowDataset
from wearcast.forecasting.windows import linear_features

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
    trailing = series.trailing_anomaly[at, TEMP]
    trailing_c: Floats = trailing * climate.scale[TEMP]
    expected = climatology(series, climate, at)
    return expected + trailing_c[:, None]


def persistence(series: StandardizedSeries, climate: StationClimatology, at: Positions) -> Floats:
    """The last temperature at every lead."""
    last = _temp_c(series, climate, at[:, None])
    return np.repeat(last, series.horizon_h, axis=1)


def seasonal_naive(
    series: StandardizedSeries, climate: StationClimatology, at: Positions
) -> Floats:
    """The last 24 hours, repeated."""
    lead = np.arange(1, series.horizon_h + 1)
    days_back = np.ceil(lead / _DAY_H).astype(np.int64)
    rows = at[:, None] + lead - _DAY_H * days_back
    return _temp_c(series, climate, rows)


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
        targets = dataset.targets(dataset.at)
        observed = targets[:, :, 0].astype(np.float64)
        equations = _NormalEquations(
            gram=terms.T @ terms,
            product=terms.T @ np.nan_to_num(observed),
            power=float(np.nansum(observed**2)),
        )
        products = itertools.product(_DECAYS_H, repeat=2)
        pairs = [pair for pair in products if pair[1] <= pair[0]]
        fits = [equations.solve(pair) for pair in pairs]
        _, weights, decays_h = min(fits, key=lambda fit: fit[0])
        return cls(weights, decays_h)

    def __call__(
        self, series: StandardizedSeries, climate: StationClimatology, at: Positions
    ) -> Floats:
        """The forecasts."""
        damped_weights = self.weights[:, None] * _damping(self.decays_h, series.horizon_h)
        anomaly = _terms(series, at) @ damped_weights
        return _median_c(series, climate, at, anomaly)


@dataclass(frozen=True)
class Ridge:
    """Direct ridge regression on the features of the linear path, one strength a lead."""

    regression: LinearModel
    history_h: int

    @classmethod
    def fit(cls, dataset: WindowDataset, settings: Train) -> "Ridge":
        """Fit the temperature of the training windows."""
        targets = dataset.gapless_targets()[:, :, 0]
        purge_h = settings.history_h + dataset.horizon_h
        regression, _ = ridge_regression.fit(
            dataset.features(), targets, dataset.issued_at, settings.folds, purge_h
        )
        return cls(regression, settings.history_h)

    def __call__(
        self, series: StandardizedSeries, climate: StationClimatology, at: Positions
    ) -> Floats:
        """The forecasts."""
        past, _ = series.past(at, self.history_h)
        features = linear_features(past, series.calendar[at])
        anomaly = self.regression(features).astype(np.float64)
        return _median_c(series, climate, at, anomaly)


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
    anomaly = series.anomalies[rows, TEMP]
    anomaly_c = anomaly * climate.scale[TEMP]
    temp_c: Floats = series.climatology[rows, TEMP] + anomaly_c
    return temp_c


def _median_c(
    series: StandardizedSeries, climate: StationClimatology, at: Positions, anomaly: Floats
) -> Floats:
    """A standardised anomaly, (N, horizon_h), put back on the climatology with its trailing
    anomaly."""
    anomaly_c = anomaly * climate.scale[TEMP]
    median_c: Floats = climatology_drift(series, climate, at) + anomaly_c
    return median_c


def _terms(series: StandardizedSeries, at: Positions) -> Floats:
    """The anomalies of the last day, the last hour and the last month from climatology with the
    trailing-year anomaly: (N, 3)."""
    trailing = series.trailing_anomaly[at, TEMP]
    terms = []
    for hours in (_DAY_H, 1, _MONTH_H):
        mean = _trailing_mean(series, at, hours)
        terms.append(mean - trailing)
    return np.stack(terms, axis=1)


def _trailing_mean(series: StandardizedSeries, at: Positions, hours: int) -> Floats:
    """The mean anomaly of up to `hours` hours; of fewer at the beginning of a record."""
    stop = at + 1
    first = np.maximum(stop - hours, 0)
    total = _sum_before_each_row(series.anomalies[:, TEMP])
    count = _sum_before_each_row(series.observed[:, TEMP])
    hours_known = count[stop] - count[first]
    anomaly = total[stop] - total[first]
    mean: Floats = anomaly / np.maximum(hours_known, 1)
    return mean


def _sum_before_each_row(values: Floats32) -> Floats:
    """0, and then the running sum: shape (m + 1,)."""
    running = np.cumsum(values, dtype=np.float64)
    return np.concatenate([[0.0], running])


def _damping(decays_h: tuple[float, float], horizon_h: int) -> Floats:
    """The weight of each term at each lead, (3, horizon_h): two decay, the last one stays."""
    lead = np.arange(1, horizon_h + 1)
    day_h, hour_h = decays_h
    of_day = np.exp(-lead / day_h)
    of_hour = np.exp(-lead / hour_h)
    of_month = np.ones(horizon_h)
    return np.stack([of_day, of_hour, of_month])


@dataclass(frozen=True)
class _NormalEquations:
    """The least-squares problem of the terms before any damping.

    Attributes:
        gram: products of the terms, (3, 3).
        product: of the terms with the observed anomalies, (3, horizon_h).
        power: the sum of the squared observed anomalies.
    """

    gram: Floats
    product: Floats
    power: float

    def solve(self, decays_h: tuple[float, float]) -> tuple[float, Floats, tuple[float, float]]:
        """The squared error, the weights and the decay times, for one pair of decay times."""
        damping = _damping(decays_h, self.product.shape[1])
        overlap = damping @ damping.T
        left = self.gram * overlap
        damped_product = damping * self.product
        right = damped_product.sum(axis=1)
        ridge = 1e-6 * np.trace(left) * np.eye(3)
        weights = np.linalg.solve(left + ridge, right)
        linear = 2 * weights @ right
        quadratic = weights @ left @ weights
        error = self.power - linear + quadratic
        return error, weights, decays_h
