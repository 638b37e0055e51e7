"""Weather to dress for: single hours, whole days, and snapshots of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from wearcast.clothing.weather_input import Weather
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.snapshot import OBSERVED_H, Origin, Snapshot
from wearcast.variables import FORECAST
from wearcast.weather.stations import resolve

SEOUL = resolve(["108"])[0]
MEMBERS = 20


def hours_of(day: str) -> np.ndarray:
    """A day's hours in UTC; Seoul is nine hours ahead."""
    return np.datetime64(day, "h") - 9 + np.arange(24)


def course(low: float, high: float) -> np.ndarray:
    """A day's course, lowest at 06:00, highest at 15:00."""
    return np.interp(
        np.arange(24),
        [0, 6, 15, 24],
        [low + (high - low) * 0.3, low, high, low + (high - low) * 0.3],
    )


def weather(temp_c: Any, day: str = "2024-04-10", **fields: Any) -> Weather:
    """A day in Seoul; single numbers hold all day."""
    observed_h = fields.pop("observed_h", 0)
    whole = {
        key: np.broadcast_to(value, (*np.shape(value)[:-1], 24))
        for key, value in {"temp_c": temp_c, **fields}.items()
    }
    return Weather.of(SEOUL, hours_of(day), observed_h=observed_h, **whole)


def make_snapshot(
    low: float = 3.0, high: float = 15.0, spread: float = 2.0, **fields: float
) -> Snapshot:
    """Seoul from 06:00 local time on 10 April 2024; every day has the same course, members differ
    by a constant."""
    issued_at = np.datetime64("2024-04-09T21", "h")
    valid_at = issued_at + np.arange(1 - OBSERVED_H, 169)
    local_hour = ((valid_at + 9) - (valid_at + 9).astype("datetime64[D]")).astype(int)
    usual = {"dewpoint_c": 1.0, "wind_ms": 1.5, "cloud_pct": 30.0, "precip_mm": 0.0} | fields
    usual = {"gust_ms": np.nan} | usual
    temp_c = course(low, high)[local_hour]
    offsets = np.linspace(-spread, spread, MEMBERS)[:, None]
    series = {
        name: np.broadcast_to(usual.get(name, 0.0), valid_at.shape).astype(float)
        for name in FORECAST
    } | {"temp_c": temp_c}
    members = {
        name: np.repeat(values[None, OBSERVED_H:], MEMBERS, axis=0)
        for name, values in series.items()
    }
    members["temp_c"] = members["temp_c"] + offsets
    single = {name: values[None].astype(np.float32) for name, values in members.items()}
    return Snapshot(
        stations=(SEOUL,),
        issued_at=np.array([issued_at]),
        quantiles={
            name: np.quantile(values, LEVELS, axis=0).T[None].astype(np.float32)
            for name, values in members.items()
        },
        hourly_rain_chance=np.full((1, 168), float(usual["precip_mm"] >= 0.1), dtype=np.float32),
        trajectories=single,
        observed={
            name: values[None, :OBSERVED_H].astype(np.float32) for name, values in series.items()
        },
        filled=(0.0,),
        trailing_year_h=(0,),
        origin=Origin("tested", "made up", replay=False),
        guidance=(None,),
    )


@pytest.fixture(scope="session")
def snapshot() -> Callable[..., Snapshot]:
    return make_snapshot


@pytest.fixture(scope="session")
def day() -> Callable[..., Weather]:
    return weather
