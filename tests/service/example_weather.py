"""Weeks of typical weather in Seoul to show a page with: hot, cold, wet, snowy, windy, others."""

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
    """A week's weather, the same every day but for its uncertainty and its trend.

    Attributes:
        issued_at: the last observed hour, UTC; 21 is 6 in the morning in Seoul.
        coldest_c, warmest_c: of a day.
        wet_hours: local hours with precipitation.
        wind_ms: the mean wind.
        cloud_pct: the cloud cover.
        wet_share: of the ensemble, in the wet hours.
        daily_change_c: how much warmer each day is than the one before.
        dewpoint_below_c: how far the dew point lies below the temperature; None for the usual.
    """

    issued_at: str
    coldest_c: float
    warmest_c: float
    wet_hours: tuple[int, ...] = ()
    wind_ms: float = 2.0
    cloud_pct: float = 20.0
    wet_share: float = 0.85
    daily_change_c: float = 0.0
    dewpoint_below_c: float | None = None


EXAMPLES: Final = {
    "hot": Weather("2024-08-06T21", 26, 35),
    "warm": Weather("2024-05-20T21", 13, 26, cloud_pct=40),
    "cool": Weather("2024-10-14T21", 8, 20, wet_hours=(15, 16)),
    "cold": Weather("2024-01-22T21", -14, -5),
    "wet": Weather("2024-06-29T21", 19, 23, tuple(range(7, 22)), cloud_pct=100),
    "snow": Weather("2024-01-08T21", -4, 0, tuple(range(6, 13)), cloud_pct=100),
    "wind": Weather("2024-03-27T21", 6, 13, (9, 10, 11, 12), 12.0, cloud_pct=90),
}

OTHERS: Final = {
    "heat wave": Weather("2024-08-12T21", 29, 38, dewpoint_below_c=9),
    "muggy": Weather("2024-07-24T21", 26, 31, cloud_pct=70, dewpoint_below_c=2),
    "sleet": Weather("2024-02-20T21", 0, 3, tuple(range(8, 20)), cloud_pct=100),
    "snow at any time": Weather("2024-01-08T21", -5, -1, tuple(range(24)), 3.0, 100, wet_share=0.5),
    "storm": Weather("2024-09-02T21", 17, 22, tuple(range(6, 20)), 17.0, 100),
    "bitter wind": Weather("2024-01-23T21", -17, -9, wind_ms=11.0),
    "showers": Weather("2024-06-11T21", 16, 25, (8, 12, 16, 19), cloud_pct=60, wet_share=0.55),
    "turning warmer": Weather("2024-03-18T21", -2, 8, daily_change_c=3.5),
    "turning colder": Weather("2024-11-04T21", 10, 20, daily_change_c=-4.0),
    "wide range": Weather("2024-04-24T21", 4, 24),
    "mild evening": Weather("2024-05-20T09", 13, 22, (20, 21), cloud_pct=50),
}
"""Further ones, whose words are in docs/words.md."""


def example(weather: Weather) -> Snapshot:
    """A snapshot of Seoul with that weather; the ensemble spreads from day to day."""
    usual = varied(SEOUL, weather.issued_at)
    at = np.datetime64(weather.issued_at, "h")
    hours = (at + np.arange(1 - OBSERVED_H, HORIZON_H + 1)).astype(np.int64)
    local_hour = (hours + 9) % 24
    growing = np.concatenate([np.zeros(OBSERVED_H), np.sqrt(np.arange(1, HORIZON_H + 1) / 24)])
    members = np.linspace(-1, 1, MEMBERS)[:, None]
    middle, swing = _middle_and_swing(weather)
    trend_c = weather.daily_change_c / 24 * np.arange(1 - OBSERVED_H, HORIZON_H + 1)
    below_c = weather.dewpoint_below_c
    if below_c is None:
        below_c = 1 if weather.wet_hours else 9
    temp_c = (
        trend_c
        + middle
        - swing * np.cos(2 * np.pi * (local_hour - 4) / 24)
        + 1.6 * members * growing
    )
    wet = np.isin(local_hour, weather.wet_hours) & (members > 1 - 2 * weather.wet_share)
    series = {
        "temp_c": temp_c,
        "dewpoint_c": temp_c - below_c,
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
