"""Coherent trajectories: quantiles put into a realistic order by the ranks of past errors (Schaake
shuffle).

Marginal quantiles say nothing of how one hour hangs together with the next; days are made of hours,
so daily quantities come from these.
"""

import base64
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.quantiles import LEVELS, MEDIAN, P10, P90, normal_quantiles
from wearcast.vocabulary import HORIZON_H, WET_MM

MOST_RAIN_MM = 150.0
"""No hour of a trajectory is given more rain than this."""

_Z = normal_quantiles(LEVELS)
_TABLE = np.linspace(5e-4, 1 - 5e-4, 2001)
_SCORES = (_TABLE, normal_quantiles(_TABLE))
"""Normal scores of levels, to interpolate in."""


@dataclass(frozen=True)
class Ranks:
    """The order of past errors: for each lead and variable a permutation of the members, shape (M,
    HORIZON_H, V), uint8.

    The last variable is rain.
    """

    order: NDArray[np.uint8]

    @classmethod
    def of(cls, quantiles: Floats, observed: Floats, rain_mm: Floats, members: int) -> "Ranks":
        """From past forecasts and their verifying observations.

        Args:
            quantiles: (N, HORIZON_H, T, Q).
            observed: (N, HORIZON_H, T), NaN where missing.
            rain_mm: (N, HORIZON_H), NaN where unknown.
            members: how many of the forecasts to take, evenly spread; fewer than N are repeated.
        """
        chosen = np.linspace(0, len(quantiles) - 1, members).round().astype(np.int64)
        width = quantiles[chosen, ..., P90] - quantiles[chosen, ..., P10]
        errors = np.nan_to_num(
            (observed[chosen] - quantiles[chosen, ..., MEDIAN]) / np.maximum(width, 1e-6)
        )
        together = np.concatenate([errors, _raininess(rain_mm[chosen])[..., None]], axis=2)
        return cls(
            together.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable").astype(np.uint8)
        )

    @property
    def levels(self) -> Floats:
        """The quantile level each member has at each lead, shape (M, HORIZON_H, V)."""
        return (self.order + 0.5) / len(self.order)

    @cached_property
    def scores(self) -> Floats:
        """The normal scores of those levels; they are a model's own, and every forecast needs
        them."""
        return normal_scores(self.levels)

    def to_json(self) -> dict[str, Any]:
        """Base64 of the bytes, with their shape, for the manifest."""
        return {
            "shape": list(self.order.shape),
            "uint8": base64.b64encode(self.order.tobytes()).decode(),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Ranks":
        """The ranks that `to_json` wrote."""
        return cls(
            np.frombuffer(base64.b64decode(content["uint8"]), dtype=np.uint8).reshape(
                content["shape"]
            )
        )


def at_levels(quantiles: Floats, levels: Floats) -> Floats:
    """Values of a quantile function at any levels: linear in the normal score, carried on beyond
    the outermost quantiles.

    Args:
        quantiles: at `LEVELS`, shape (…, Q).
        levels: in (0, 1), shape (…), broadcast against all but the last axis of quantiles.
    """
    return at_scores(quantiles, normal_scores(levels))


def normal_scores(levels: Floats) -> Floats:
    """The normal scores of levels, shape as given."""
    return np.interp(levels, *_SCORES)


def at_scores(quantiles: Floats, z: Floats) -> Floats:
    """As `at_levels`, for levels given by their normal scores."""
    segment = np.clip(np.searchsorted(_Z, z) - 1, 0, len(_Z) - 2)
    # Where each row's quantiles begin among all of them: a plain index finds a value in a fifth of
    # the time of one per axis.
    rows = len(_Z) * np.arange(quantiles[..., 0].size).reshape(quantiles.shape[:-1])
    low, high = (quantiles.ravel()[rows + segment + step] for step in (0, 1))
    weight = (z - _Z[segment]) / (_Z[segment + 1] - _Z[segment])
    values: Floats = low + weight * (high - low)
    return values


def rain_at_levels(chance: Floats, log_mm: Floats, levels: Floats) -> Floats:
    """Amounts of rain in mm at any levels: 0 up to 1 - chance, from there the quantiles of a wet
    hour; NaN without a chance.

    Args:
        chance: of a wet hour, shape (…).
        log_mm: quantiles of log mm of wet hours, shape (…, Q).
        levels: in (0, 1), broadcast against chance.
    """
    above = np.clip((levels - (1 - chance)) / np.maximum(chance, 1e-6), 1e-3, 1 - 1e-3)
    amount = np.clip(np.exp(at_levels(log_mm, above)), WET_MM, MOST_RAIN_MM)
    return np.where(np.isnan(chance), np.nan, np.where(levels > 1 - chance, amount, 0.0))


def _raininess(rain_mm: Floats) -> Floats:
    """What orders hours by rain: the amount where wet; where dry, the nearer to a wet hour the
    higher."""
    wet = np.nan_to_num(rain_mm) >= WET_MM
    lead = np.arange(HORIZON_H)
    distance = np.full(wet.shape, float(HORIZON_H))
    for window, row in enumerate(wet):
        if row.any():
            distance[window] = np.abs(lead[:, None] - lead[row][None, :]).min(axis=1)
    return np.where(wet, np.nan_to_num(rain_mm), -distance)
