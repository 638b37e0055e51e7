"""Weeks of typical weather in Seoul to show a page with: hot, cold, wet, snowy and windy."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from horizon import HORIZON_H
from service.synthetic_snapshots import MEMBERS, SEOUL, varied
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.snapshot import OBSERVED_H, Snapshot
from wearcast.variables import FORECAST


@dataclass(frozen=True)
class Weather:
    """A week's weather, the same every day but for its uncertainty.

    Attributes:
        issued_at: the last observed hour, UTC; 21 is 6 in the morning in Seoul.
        coldest_c, warmest_c: of a day.
        wet_hours: local hours with precipitation.
        wind_ms: the mean wind.
        cloud_pct: the cloud cover.
    """

    issued_at: str
    coldest_c: float
    warmest_c: float
    wet_hours: tuple[int, ...] = ()
    wind_ms: float = 2.0
    cloud_pct: float = 20.0


EXAMPLES: Final = {
    "hot": Weather("2024-08-06T21", 26, 35),
    "warm": Weather("2024-05-20T21", 13, 26, cloud_pct=40),
    "cool": Weather("2024-10-14T21", 8, 20, wet_hours=(15, 16)),
    "cold": Weather("2024-01-22T21", -14, -5),
    "wet": Weather("2024-06-29T21", 19, 23, tuple(range(7, 22)), cloud_pct=100),
    "snow": Weather("2024-01-08T21", -4, 0, tuple(range(6, 13)), cloud_pct=100),
    "wind": Weather("2024-03-27T21", 6, 13, (9, 10, 11, 12), 12.0, cloud_pct=90),
}


def example(weather: Weather) -> Snapshot:
    """A snapshot of Seoul with that weather; the ensemble spreads from day to day."""
    usual = varied(SEOUL, weather.issued_at)
    at = np.datetime64(weather.issued_at, "h")
    hours = (at + np.arange(1 - OBSERVED_H, HORIZON_H + 1)).astype(np.int64)
    local_hour = (hours + 9) % 24
    growing = np.concatenate([np.zeros(OBSERVED_H), np.sqrt(np.arange(1, HORIZON_H + 1) / 24)])
    members = np.linspace(-1, 1, MEMBERS)[:, None]
    middle, swing = _middle_and_swing(weather)
    temp_c = middle - swing * np.cos(2 * np.pi * (local_hour - 4) / 24) + 1.6 * members * growing
    wet = np.isin(local_hour, weather.wet_hours) & (members > -0.7)
    series = {
        "temp_c": temp_c,
        "dewpoint_c": temp_c - (1 if weather.wet_hours else 9),
        "wind_ms": np.full_like(temp_c, weather.wind_ms),
        "gust_ms": np.full_like(temp_c, 1.5 * weather.wind_ms),
        "cloud_pct": np.full_like(temp_c, weather.cloud_pct),
        "precip_mm": np.where(wet, 1.5, 0.0),
    }
    ahead = {name: values[:, OBSERVED_H:] for name, values in series.items()}
    quantiles = {name: np.quantile(values, LEVELS, axis=0).T for name, values in ahead.items()}
    return replace(
        usual,
        quantiles={name: quantiles[name][None].astype(np.float32) for name in FORECAST},
        hourly_rain_chance=(ahead["precip_mm"] >= 0.1).mean(axis=0)[None].astype(np.float32),
        trajectories={name: ahead[name][None].astype(np.float32) for name in FORECAST},
        observed={name: series[name][:1, :OBSERVED_H].astype(np.float32) for name in FORECAST},
    )


def _middle_and_swing(weather: Weather) -> tuple[float, float]:
    coldest, warmest = weather.coldest_c, weather.warmest_c
    return (coldest + warmest) / 2, (warmest - coldest) / 2
