"""Coherent trajectories: quantiles put into a realistic order by the ranks of past errors (Schaake
shuffle); rain into that of wet spells.

Marginal quantiles don't describe the correlation between hours; days are made of hours, so daily
quantities come from trajectories.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wearcast.forecasting.array_types import Floats, Positions
from wearcast.forecasting.quantiles import LEVELS, MEDIAN, P10, P90, normal_quantiles
from wearcast.forecasting.wet_spells import PastRain, evenly_spread, rain_order
from wearcast.vocabulary import WET_MM

MOST_RAIN_MM = 150.0
"""No hour of a trajectory is given more rain than this."""

_Z = normal_quantiles(LEVELS)
_TABLE = np.linspace(5e-4, 1 - 5e-4, 2001)
_SCORES = (_TABLE, normal_quantiles(_TABLE))
"""Normal scores of levels, to interpolate in."""


@dataclass(frozen=True)
class Ranks:
    """The order of past errors: for each lead and variable a permutation of the members, shape (M,
    horizon_h, V), uint8.

    The last variable is rain.
    """

    order: NDArray[np.uint8]

    @classmethod
    def of(
        cls, quantiles: Floats, observed: Floats, rain: PastRain, members: int, seed: int
    ) -> "Ranks":
        """From past forecasts and their verifying observations.

        Args:
            quantiles: (N, horizon_h, T, Q).
            observed: (N, horizon_h, T), NaN where missing.
            rain: of the same forecasts.
            members: how many of the forecasts to take, evenly spread; fewer than N are repeated.
            seed: of the draws of rain.
        """
        chosen = evenly_spread(len(quantiles), members)
        forecast = quantiles[chosen]
        width = forecast[..., P90] - forecast[..., P10]
        errors = observed[chosen] - forecast[..., MEDIAN]
        divisor = np.maximum(width, 1e-6)
        relative = np.nan_to_num(errors / divisor)
        ascending = relative.argsort(axis=0, kind="stable")
        ranks = ascending.argsort(axis=0, kind="stable")
        by_rain = rain_order(rain, members, seed)
        order = np.concatenate([ranks.astype(np.uint8), by_rain[..., None]], axis=2)
        return cls(order)

    @cached_property
    def levels(self) -> Floats:
        """The quantile level each member has at each lead, shape (M, horizon_h, V)."""
        return (self.order + 0.5) / len(self.order)

    @cached_property
    def interpolations(self) -> Sequence["Interpolation"]:
        """Per variable, the interpolation at those levels, (M, horizon_h); they are a model's own,
        and every forecast needs them."""
        of_variables = np.moveaxis(self.levels, -1, 0)
        return [Interpolation.at(levels) for levels in of_variables]

    def to_json(self) -> dict[str, Any]:
        """Base64 of the bytes, with their shape, for the manifest."""
        return {
            "shape": list(self.order.shape),
            "uint8": base64.b64encode(self.order.tobytes()).decode(),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Ranks":
        """The ranks that `to_json` wrote."""
        decoded = base64.b64decode(content["uint8"])
        flat = np.frombuffer(decoded, dtype=np.uint8)
        return cls(flat.reshape(content["shape"]))


def shared_ranks(order: NDArray[np.uint8]) -> Ranks:
    """The ranks of an order that was read, the same ones for the same order: what is computed from
    them takes 0.7 MB.

    Raises:
        ValueError: it isn't a permutation of the members at every lead.
    """
    return _known_ranks(order.tobytes(), order.shape)


@lru_cache(maxsize=4)
def _known_ranks(content: bytes, shape: tuple[int, ...]) -> Ranks:
    order = np.frombuffer(content, dtype=np.uint8).reshape(shape)
    members = np.arange(len(order))
    if order.ndim != 3 or not (np.sort(order, axis=0) == members[:, None, None]).all():
        raise ValueError("its ranks are no permutations")
    return Ranks(order)


@dataclass(frozen=True)
class Interpolation:
    """Where levels lie among `LEVELS`, in which quantile functions are linear in the normal score,
    carried on beyond the outermost.

    Attributes:
        segment: the position in `LEVELS` of the quantile at the lower end, shape (…).
        weight: of the quantile at the upper end; that at the lower one has the rest, shape (…).
    """

    segment: Positions
    weight: Floats

    @classmethod
    def at(cls, levels: Floats) -> "Interpolation":
        """Where levels in (0, 1) lie."""
        z = np.interp(levels, *_SCORES)
        segment = np.clip(np.searchsorted(_Z, z) - 1, 0, len(_Z) - 2)
        z_low = _Z[segment]
        z_high = _Z[segment + 1]
        return cls(segment, (z - z_low) / (z_high - z_low))

    def __call__(self, quantiles: Floats) -> Floats:
        """Values of a quantile function at the levels.

        Args:
            quantiles: at `LEVELS`, shape (…, Q), broadcast against the levels but for its last
                axis.
        """
        # Where each row's quantiles begin among all of them: a plain index finds a value in a fifth
        # of the time of one per axis.
        first = len(_Z) * np.arange(quantiles[..., 0].size)
        lower_end = first.reshape(quantiles.shape[:-1]) + self.segment
        flat = quantiles.ravel()
        low = flat[lower_end]
        high = flat[lower_end + 1]
        values: Floats = low + self.weight * (high - low)
        return values


def at_levels(quantiles: Floats, levels: Floats) -> Floats:
    """Values of a quantile function at any levels.

    Args:
        quantiles: at `LEVELS`, shape (…, Q).
        levels: in (0, 1), shape (…), broadcast against all but the last axis of quantiles.
    """
    return Interpolation.at(levels)(quantiles)


def rain_at_levels(chance: Floats, log_mm: Floats, levels: Floats) -> Floats:
    """Amounts of rain in mm at any levels: 0 up to 1 - chance, from there the quantiles of a wet
    hour; NaN without a chance.

    Args:
        chance: of a wet hour, shape (…).
        log_mm: quantiles of log mm of wet hours, shape (…, Q).
        levels: in (0, 1), broadcast against chance.
    """
    dry = 1 - chance
    is_wet = levels > dry
    divisor = np.maximum(chance, 1e-6)
    within_wet = (levels - dry) / divisor
    wet_levels = np.clip(within_wet, 1e-3, 1 - 1e-3)
    quantiles = np.broadcast_to(log_mm, (*is_wet.shape, len(LEVELS)))
    # Most are dry, and the rest takes the time.
    amount = np.exp(at_levels(quantiles[is_wet], wet_levels[is_wet]))
    rain_mm = np.zeros(is_wet.shape)
    rain_mm[is_wet] = np.clip(amount, WET_MM, MOST_RAIN_MM)
    return np.where(np.isnan(chance), np.nan, rain_mm)
