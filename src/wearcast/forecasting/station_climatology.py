"""How a station's record is standardised: its climatology, its scale, its trailing-year anomaly."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.channels import CHANNELS, Rain
from wearcast.forecasting.climatology import (
    Climatology,
    design,
    significant,
    trailing_anomaly,
)

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
        return cls(
            channels=fitted,
            scale=np.array([_scale(column) for column in anomalies.T]),
            wet=Climatology.fit(valid_at, rain.wet, annual, 1),
            reported=_reported(anomalies),
        )

    def at(self, valid_at: Hours) -> Floats:
        """The climatology of every channel, shape (n, C), each in its unit."""
        return _at(self.channels, valid_at)

    def wet_chance_at(self, valid_at: Hours) -> Floats:
        """The climatological chance that each hour is wet, shape (n,)."""
        low, high = _WET_RANGE
        return np.clip(self.wet.at(valid_at), low, high)

    def to_json(self) -> dict[str, Any]:
        """All of it, for the manifest."""
        coefficients = [channel.coefficients.tolist() for channel in self.channels]
        return {
            "annual_harmonics": self.channels[0].annual,
            "diurnal_harmonics": self.channels[0].diurnal,
            "climatology": dict(zip(CHANNELS, coefficients, strict=True)),
            "scale": dict(zip(CHANNELS, self.scale.tolist(), strict=True)),
            "wet": self.wet.coefficients.tolist(),
            "reported": list(self.reported),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "StationClimatology":
        """The one that `to_json` wrote; of a channel that it lacks, nothing was reported."""
        annual = content["annual_harmonics"]
        diurnal = content["diurnal_harmonics"]
        fitted = content["climatology"]
        scale = content["scale"]
        nothing = np.zeros(len(fitted["temp_c"]))
        coefficients = [np.array(fitted.get(name, nothing)) for name in CHANNELS]
        return cls(
            channels=tuple(Climatology(annual, diurnal, one) for one in coefficients),
            scale=np.array([scale.get(name, 1.0) for name in CHANNELS]),
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


def _reported(anomalies: Floats) -> tuple[str, ...]:
    """The channels that have any value."""
    columns = zip(CHANNELS, anomalies.T, strict=True)
    reported = []
    for name, column in columns:
        if np.isfinite(column).any():
            reported.append(name)
    return tuple(reported)


def _scale(anomalies: Floats) -> float:
    """The standard deviation of one channel's anomalies; 1 where there is none to divide by."""
    if not np.isfinite(anomalies).any():
        return 1.0
    deviation = significant(float(np.nanstd(anomalies)))
    return deviation if deviation > 0 else 1.0


def _at(climatologies: tuple[Climatology, ...], valid_at: Hours) -> Floats:
    """The expected values of several climatologies with the same harmonics, shape (n,
    climatologies)."""
    first = climatologies[0]
    products = design(valid_at, first.annual, first.diurnal)
    columns = [products @ climatology.coefficients for climatology in climatologies]
    return np.stack(columns, axis=1)
