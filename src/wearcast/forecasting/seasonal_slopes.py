"""A variable's anomaly as other anomalies tell it: a regression whose slopes change smoothly with
the season, and with the hour of the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.climatology import Climatology, design

_RIDGE: Final = 1e-3
"""The penalty on a slope, as a share of its column's variance: columns that are much alike share
what they tell, and a season without data keeps the slopes of the others."""

_LEAST_PENALTY: Final = 1e-6
"""Of a column that is always 0."""

_DIGITS: Final = 4


@dataclass(frozen=True)
class SeasonalSlopes:
    """A regression.

    Attributes:
        slopes: by how much the variable moves with each of the others.
    """

    slopes: tuple[Climatology, ...]

    @classmethod
    def fit(
        cls, valid_at: Hours, others: Sequence[Floats], values: Floats, annual: int, diurnal: int
    ) -> "SeasonalSlopes":
        """Least squares over the hours at which all of them are known.

        Args:
            valid_at: UTC, (n,).
            others: anomalies of other variables, (n,) each, NaN where missing.
            values: that of the variable, (n,).
            annual, diurnal: harmonics of the year and of the day in the slopes.
        """
        columns = np.stack(others, axis=1)
        known = np.isfinite(columns).all(axis=1) & np.isfinite(values)
        products = design(valid_at[known], annual, diurnal)
        by_product = columns[known, :, None] * products[:, None, :]
        solved = _ridge(by_product.reshape(len(products), -1), values[known])
        by_other = solved.reshape(len(others), -1)
        return cls(tuple(rounded(Climatology(annual, diurnal, one)) for one in by_other))

    def told(self, valid_at: Hours, others: Sequence[Floats]) -> Floats:
        """What the others tell of each hour's anomaly, NaN where one of them isn't known: (n,)."""
        told = np.zeros(len(valid_at))
        for one, slope in zip(others, self.slopes, strict=True):
            told += slope.at(valid_at) * one
        return told


def rounded(climatology: Climatology) -> Climatology:
    """One with as many digits as a manifest holds."""
    digits = [float(f"{one:.{_DIGITS}g}") for one in climatology.coefficients]
    return Climatology(climatology.annual, climatology.diurnal, np.array(digits))


def climatologies_as_json(climatologies: Sequence[Climatology]) -> list[Any]:
    """For a manifest."""
    return [[one.annual, one.diurnal, one.coefficients.tolist()] for one in climatologies]


def climatologies_from_json(content: list[Any]) -> tuple[Climatology, ...]:
    """Those that `climatologies_as_json` wrote."""
    read = []
    for annual, diurnal, coefficients in content:
        read.append(Climatology(annual, diurnal, np.array(coefficients)))
    return tuple(read)


def _ridge(columns: Floats, target: Floats) -> Floats:
    gram = columns.T @ columns
    penalty = _RIDGE * np.diag(gram) + _LEAST_PENALTY
    solution = np.linalg.solve(gram + np.diag(penalty), columns.T @ target)
    return np.asarray(solution, dtype=np.float64)
