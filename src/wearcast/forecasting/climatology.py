"""A station's own smooth climatology, and the mean anomaly of the past year.

Harmonics of the day of the year times harmonics of the hour of the day, fitted by least squares.
Forecasts are made of what is left, the anomalies, and the climatology is put back at the end.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours

YEAR_H = 365.2425 * 24
_ROUGHNESS = 1e-4
"""Penalty on a harmonic, times its order squared: keeps seasons without data from swinging, moves
the rest by under 0.1 %."""

SIGNIFICANT_DIGITS = 9
"""What is kept of a fitted number: the C libraries' cos and sin differ from the 16th digit on, and
nothing is known of the weather to the ninth."""


def phases(valid_at: Hours, longitude: float = 0.0) -> tuple[Floats, Floats]:
    """Phase in the year and in the day, in radians, of UTC hours; a longitude (degrees east) makes
    it the solar day."""
    since_1970 = valid_at.astype("datetime64[h]").astype(np.int64)
    hours = since_1970.astype(np.float64)
    of_year = 2 * np.pi * hours / YEAR_H
    of_day = 2 * np.pi * (hours + longitude / 15) / 24
    return of_year, of_day


def harmonics(phase: Floats, n: int) -> Floats:
    """1, cos, sin, cos 2, sin 2, … of a phase: shape (len(phase), 2 n + 1)."""
    columns = [np.ones_like(phase)]
    for k in range(1, n + 1):
        columns.append(np.cos(k * phase))
        columns.append(np.sin(k * phase))
    return np.stack(columns, axis=1)


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
        penalties = _ROUGHNESS * has.sum() * order**2
        gram = products.T @ products + np.diag(penalties)
        right_side = products.T @ values[has]
        solution = np.linalg.solve(gram, right_side)
        rounded = [significant(one) for one in solution]
        return cls(annual, diurnal, np.array(rounded))

    def at(self, valid_at: Hours) -> Floats:
        """The expected values at these hours, shape (n,)."""
        if self.diurnal:
            products = design(valid_at, self.annual, self.diurnal)
        else:
            hours = valid_at.astype("datetime64[h]")
            products = _design_of_year(hours.tobytes(), self.annual)
        return products @ self.coefficients


def significant(number: float) -> float:
    """The number rounded to `SIGNIFICANT_DIGITS`."""
    return float(f"{number:.{SIGNIFICANT_DIGITS}g}")


def trailing_anomaly(anomalies: Floats, days: int, shrink_h: float) -> Floats:
    """The mean anomaly of the `days` up to each hour, shrunk by n / (n + shrink_h) for the n hours
    it has.

    Causal: an hour's value uses that hour and earlier ones only.

    Args:
        anomalies: hourly, shape (n, …), NaN where missing.
    """
    has = np.isfinite(anomalies)
    width_h = 24 * days
    known = np.where(has, anomalies, 0.0)
    count = _trailing_sum(has.astype(np.float64), width_h)
    total = _trailing_sum(known, width_h)
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
    of_year = harmonics(year, annual)
    of_day = harmonics(day, diurnal)
    products = of_year[:, :, None] * of_day[:, None, :]
    return products.reshape(len(valid_at), -1)


@lru_cache(maxsize=4)
def _design_of_year(hours: bytes, annual: int) -> Floats:
    """The design without harmonics of the day; kept, since a station's hours are compared with many
    climatologies one after the other.

    Args:
        hours: the bytes of datetime64[h].
        annual: harmonics of the year.
    """
    products = design(np.frombuffer(hours, dtype="datetime64[h]"), annual, 0)
    products.setflags(write=False)
    return products


def _orders(annual: int, diurnal: int) -> Floats:
    """The order of each column of the design: of its harmonic in the year plus that in the day."""
    of_year = _order_of_harmonics(annual)
    of_day = _order_of_harmonics(diurnal)
    orders = of_year[:, None] + of_day[None, :]
    flat: Floats = orders.ravel()
    return flat


def _order_of_harmonics(n: int) -> Floats:
    """0, 1, 1, 2, 2, …, n, n: of the columns that `harmonics` gives."""
    columns_per_order = [1] + [2] * n
    orders = np.repeat(np.arange(n + 1), columns_per_order)
    return orders.astype(np.float64)
