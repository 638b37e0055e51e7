"""How a station's record is standardised: its climatology, its scale, its trailing-year anomaly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.channels import CHANNELS, Rain
from wearcast.forecasting.climatology import Climatology, design, trailing_anomaly

_WET_RANGE = (0.01, 0.6)
"""What a climatological chance of rain in an hour can be."""


@dataclass(frozen=True)
class StationClimatology:
    """The climatology and the scale of every channel of one station, fitted on training hours
    alone.

    Attributes:
        channels: a climatology for each of `CHANNELS`, in its unit.
        scale: the standard deviation of each channel's anomalies, shape (C,); 1 where the station
            doesn't report it.
        wet: the climatological chance that an hour is wet.
        reported: the channels the station reports.
    """

    channels: tuple[Climatology, ...]
    scale: Floats
    wet: Climatology
    reported: tuple[str, ...]

    @classmethod
    def fit(
        cls, valid_at: Hours, values: Floats, rain: Rain, annual: int, diurnal: int
    ) -> "StationClimatology":
        """Fit on the hours given, which must be training hours; `values` as `channel_values`
        gives them, shape (n, C)."""
        fitted = tuple(Climatology.fit(valid_at, column, annual, diurnal) for column in values.T)
        anomalies = values - _at(fitted, valid_at)
        present = [bool(np.isfinite(column).any()) for column in anomalies.T]
        scale = np.array(
            [np.nanstd(a) if has else 1.0 for a, has in zip(anomalies.T, present, strict=True)]
        )
        return cls(
            channels=fitted,
            scale=np.where(scale > 0, scale, 1.0),
            wet=Climatology.fit(valid_at, rain.wet, annual, 1),
            reported=tuple(name for name, has in zip(CHANNELS, present, strict=True) if has),
        )

    def at(self, valid_at: Hours) -> Floats:
        """The climatology of every channel, shape (n, C), each in its unit."""
        return _at(self.channels, valid_at)

    def wet_chance_at(self, valid_at: Hours) -> Floats:
        """The climatological chance that each hour is wet, shape (n,)."""
        return np.clip(self.wet.at(valid_at), *_WET_RANGE)

    def to_json(self) -> dict[str, Any]:
        """All of it, for the manifest."""
        return {
            "annual_harmonics": self.channels[0].annual,
            "diurnal_harmonics": self.channels[0].diurnal,
            "climatology": {
                n: c.coefficients.tolist() for n, c in zip(CHANNELS, self.channels, strict=True)
            },
            "scale": dict(zip(CHANNELS, self.scale.tolist(), strict=True)),
            "wet": self.wet.coefficients.tolist(),
            "reported": list(self.reported),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "StationClimatology":
        """The one that `to_json` wrote; of a channel that it lacks, nothing was reported."""
        annual, diurnal = content["annual_harmonics"], content["diurnal_harmonics"]
        fitted = {
            name: np.array(coefficients) for name, coefficients in content["climatology"].items()
        }
        nothing = np.zeros_like(fitted["temp_c"])
        return cls(
            channels=tuple(
                Climatology(annual, diurnal, fitted.get(name, nothing)) for name in CHANNELS
            ),
            scale=np.array([content["scale"].get(name, 1.0) for name in CHANNELS]),
            wet=Climatology(annual, 1, np.array(content["wet"])),
            reported=tuple(name for name in CHANNELS if name in content["reported"]),
        )


@dataclass(frozen=True)
class TrailingWindow:
    """How the trailing-year anomaly is averaged: over how many days, and how much it is shrunk."""

    days: int
    shrink_h: float

    def mean_anomaly(self, anomalies: Floats) -> Floats:
        """The trailing mean of standardised anomalies at each hour, shape as given."""
        return trailing_anomaly(anomalies, self.days, self.shrink_h)


def _at(climatologies: tuple[Climatology, ...], valid_at: Hours) -> Floats:
    """The expected values of several climatologies with the same harmonics, shape (n,
    climatologies)."""
    products = design(valid_at, climatologies[0].annual, climatologies[0].diurnal)
    return np.stack([products @ climatology.coefficients for climatology in climatologies], axis=1)
