"""A network's forecasts of windows that it wasn't trained on, and what came: what calibrates it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from wearcast.forecasting.array_types import Floats, Floats32, Hours
from wearcast.forecasting.quantiles import MEDIAN


@dataclass(frozen=True)
class NetworkForecasts:
    """N forecasts, standardised and uncalibrated, and the observations that verify them.

    Attributes:
        issued_at: UTC, (N,).
        base: the linear path's medians, (N, horizon_h, T).
        quantiles: the network's, around its own medians, (N, horizon_h, T, Q).
        hourly_rain_chance: (N, horizon_h).
        observed: (N, horizon_h, T), NaN where missing.
        wet: the chance that the hour was wet, NaN where unknown, (N, horizon_h).
    """

    issued_at: Hours
    base: Floats32
    quantiles: Floats32
    hourly_rain_chance: Floats32
    observed: Floats32
    wet: Floats32

    def __len__(self) -> int:
        return len(self.issued_at)

    def medians(self, share: float) -> Floats32:
        """The medians with a share of what the network moves them by, (N, horizon_h, T)."""
        moved = self.quantiles[..., MEDIAN] - self.base
        medians: Floats32 = self.base + np.float32(share) * moved
        return medians

    def with_median_share(self, share: Floats) -> Floats:
        """The quantiles as a network gives them of whose shift of the median only a share counts.

        Args:
            share: (horizon_h, T).
        """
        moved = self.quantiles[..., MEDIAN] - self.base
        withheld = (1 - share) * moved
        quantiles = self.quantiles - withheld[..., None]
        return quantiles.astype(np.float64)

    @classmethod
    def joined(cls, forecasts: Sequence["NetworkForecasts"]) -> "NetworkForecasts":
        """Those of several networks, one after the other."""
        joined = {}
        for field in fields(cls):
            columns = [getattr(part, field.name) for part in forecasts]
            joined[field.name] = np.concatenate(columns)
        return cls(**joined)
