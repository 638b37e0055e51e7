"""A station's own smooth climatology, and the mean anomaly of the past year.

Harmonics of the day of the year times harmonics of the hour of the day, fitted by least squares.
Forecasts are made of what is left, the anomalies, and the climatology is put back at the end.
"""

from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours

YEAR_H = 365.2425 * 24
_ROUGHNESS = 1e-4
"""Penalty on a harmonic, times its order squared: keeps seasons without data from swinging, moves
the rest by under 0.1 %."""


def phases(valid_at: Hours, longitude: float = 0.0) -> tuple[Floats, Floats]:
    """Phase in the year and in the day, in radians, of UTC hours; a longitude (degrees east) makes
    it the solar day."""
    hours = valid_at.astype("datetime64[h]").astype(np.int64).astype(np.float64)
    return 2 * np.pi * hours / YEAR_H, 2 * np.pi * (hours + longitude / 15) / 24


def harmonics(phase: Floats, n: int) -> Floats:
    """1, cos, sin, cos 2, sin 2, … of a phase: shape (len(phase), 2 n + 1)."""
    waves = [wave(k * phase) for k in range(1, n + 1) for wave in (np.cos, np.sin)]
    return np.stack([np.ones_like(phase), *waves], axis=1)


@dataclass(frozen=True)
class Climatology:
    """The expected value of one variable at every hour of the year, in the variable's unit."""

    annual: int
    diurnal: int
    coefficients: Floats

    @classmethod
    def fit(cls, valid_at: Hours, values: Floats, annual: int, diurnal: int) -> "Climatology":
        """Least squares over the hours that have a value; with none, the climatology is 0
        everywhere.

        Args:
            valid_at: hours, UTC, shape (n,).
            values: shape (n,), NaN where missing.
            annual, diurnal: harmonics of the year and of the day.
        """
        has = np.isfinite(values)
        order = _orders(annual, diurnal)
        if not has.any():
            return cls(annual, diurnal, np.zeros(len(order)))
        products = design(valid_at[has], annual, diurnal)
        gram = products.T @ products + np.diag(_ROUGHNESS * has.sum() * order**2)
        return cls(
            annual, diurnal, np.linalg.solve(gram, products.T @ values[has]).astype(np.float64)
        )

    def at(self, valid_at: Hours) -> Floats:
        """The expected values at these hours, shape (n,)."""
        return design(valid_at, self.annual, self.diurnal) @ self.coefficients


def trailing_anomaly(anomalies: Floats, days: int, shrink_h: float) -> Floats:
    """The mean anomaly of the `days` up to each hour, shrunk by n / (n + shrink_h) for the n hours
    it has.

    Causal: an hour's value uses that hour and earlier ones only.

    Args:
        anomalies: hourly, shape (n, …), NaN where missing.
    """
    has = np.isfinite(anomalies)
    count = _trailing_sum(has.astype(np.float64), 24 * days)
    total = _trailing_sum(np.where(has, anomalies, 0.0), 24 * days)
    return total / (count + shrink_h)


def _trailing_sum(values: Floats, width: int) -> Floats:
    summed = np.cumsum(values, axis=0)
    earlier = np.zeros_like(summed)
    earlier[width:] = summed[:-width]
    return summed - earlier


def design(valid_at: Hours, annual: int, diurnal: int) -> Floats:
    """The products of the year's and the day's harmonics at these hours, shape (n,
    coefficients)."""
    year, day = phases(valid_at)
    product = harmonics(year, annual)[:, :, None] * harmonics(day, diurnal)[:, None, :]
    return product.reshape(len(valid_at), -1)


def _orders(annual: int, diurnal: int) -> Floats:
    """The order of each column of the design: of its harmonic in the year plus that in the day."""
    of_year = np.repeat(np.arange(annual + 1), [1] + [2] * annual)
    of_day = np.repeat(np.arange(diurnal + 1), [1] + [2] * diurnal)
    orders: Floats = (of_year[:, None] + of_day[None, :]).ravel().astype(np.float64)
    return orders
