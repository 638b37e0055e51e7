"""Snapshots to serve: stations in several time zones, with weather that differs from hour to hour
and from member to member."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from horizon import HORIZON_H
from wearcast.config import Station
from wearcast.forecasting.guidance_used import GuidanceRun, GuidanceUsed
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.snapshot import OBSERVED_H, Origin, Snapshot
from wearcast.variables import FORECAST
from wearcast.weather.stations import resolve

SEOUL, NEWARK = resolve(["108", "EWR"])
MEMBERS: Final = 24


def varied(station: Station, issued_at: str, seed: int = 1, mean_c: float = 9.0) -> Snapshot:
    """A week at one station; its medians aren't those of its trajectories, so that nobody can take
    one for the other unnoticed."""
    rng = np.random.default_rng(seed)
    at = np.datetime64(issued_at, "h")
    hours = (at + np.arange(1 - OBSERVED_H, HORIZON_H + 1)).astype(np.int64)
    growing = np.concatenate([np.zeros(OBSERVED_H), np.sqrt(np.arange(1, HORIZON_H + 1) / 24)])
    members = np.linspace(-1, 1, MEMBERS)[:, None]
    temp_c = (
        mean_c
        - 6 * np.cos(2 * np.pi * hours / 24)
        + 5 * np.sin(2 * np.pi * hours / 97)
        + 1.3 * members * growing
    )
    moist = np.sin(2 * np.pi * hours / 31 + 2 * members * growing)
    series = {
        "temp_c": temp_c,
        "dewpoint_c": temp_c - 6 + 4 * moist,
        "wind_ms": np.abs(4 + 3 * np.sin(2 * np.pi * hours / 43 + members)),
        "cloud_pct": np.clip(50 + 60 * moist, 0, 100),
        "precip_mm": np.where(moist > 0.7, 3 * (moist - 0.6), 0.0),
    }
    series = {
        name: values + 0.05 * rng.normal(size=values.shape) * (values > 0)
        for name, values in series.items()
    }
    series |= {
        "cloud_pct": np.clip(series["cloud_pct"], 0, 100),
        "precip_mm": np.maximum(series["precip_mm"], 0),
        "gust_ms": 1.5 * series["wind_ms"],
    }
    ahead = {name: values[:, OBSERVED_H:] for name, values in series.items()}
    quantiles = {name: np.quantile(values, LEVELS, axis=0).T for name, values in ahead.items()}
    quantiles["temp_c"] = quantiles["temp_c"] + 0.4
    return Snapshot(
        stations=(station,),
        issued_at=np.array([at]),
        quantiles={name: quantiles[name][None].astype(np.float32) for name in FORECAST},
        hourly_rain_chance=(ahead["precip_mm"] >= 0.1).mean(axis=0)[None].astype(np.float32),
        trajectories={name: ahead[name][None].astype(np.float32) for name in FORECAST},
        observed={name: series[name][:1, :OBSERVED_H].astype(np.float32) for name in FORECAST},
        filled=(0.02,),
        trailing_year_h=(8000,),
        origin=Origin("tested", "made up", replay=False),
        guidance=(None,),
    )


def without(snapshot: Snapshot, *names: str) -> Snapshot:
    """The same, where nobody reports some variables."""
    gone = {
        kind: {
            n: np.full_like(v, np.nan) if n in names else v
            for n, v in getattr(snapshot, kind).items()
        }
        for kind in ("quantiles", "trajectories", "observed")
    }
    chance = (
        np.full_like(snapshot.hourly_rain_chance, np.nan)
        if "precip_mm" in names
        else snapshot.hourly_rain_chance
    )
    return replace(snapshot, **gone, hourly_rain_chance=chance)


def joined(*snapshots: Snapshot, replay: bool = False) -> Snapshot:
    """Several stations in one snapshot."""

    def together(kind: str) -> dict[str, np.ndarray]:
        return {
            name: np.concatenate([getattr(snapshot, kind)[name] for snapshot in snapshots])
            for name in FORECAST
        }

    return Snapshot(
        stations=tuple(station for snapshot in snapshots for station in snapshot.stations),
        issued_at=np.concatenate([snapshot.issued_at for snapshot in snapshots]),
        quantiles=together("quantiles"),
        hourly_rain_chance=np.concatenate([snapshot.hourly_rain_chance for snapshot in snapshots]),
        trajectories=together("trajectories"),
        observed=together("observed"),
        filled=tuple(share for snapshot in snapshots for share in snapshot.filled),
        trailing_year_h=tuple(
            hours for snapshot in snapshots for hours in snapshot.trailing_year_h
        ),
        origin=replace(snapshots[0].origin, replay=replay),
        guidance=tuple(used for snapshot in snapshots for used in snapshot.guidance),
    )


def two_cities(seed: int = 1, mean_c: float = 9.0) -> Snapshot:
    """Newark, where nobody reports clouds, rain or gusts, from the afternoon on; Seoul from early
    in the morning on."""
    newark = varied(NEWARK, "2024-04-09T19", seed, mean_c)
    newark = without(newark, "cloud_pct", "precip_mm", "gust_ms")
    return joined(newark, varied(SEOUL, "2024-04-09T21", seed + 1, mean_c))


def guided(snapshot: Snapshot, **fields: Any) -> Snapshot:
    """The same, made from ECMWF's and GFS's runs of noon on 9 April 2024, without ICON's."""
    noon = datetime(2024, 4, 9, 12, tzinfo=UTC)
    runs = tuple(GuidanceRun(model, noon, noon) for model in ("ecmwf_ifs025", "gfs_seamless"))
    usual = {
        "source": "open_meteo",
        "runs": runs,
        "missing": ("icon_seamless",),
        "reach_h": HORIZON_H,
        "rain_reach_h": HORIZON_H,
    }
    used = GuidanceUsed(**(usual | fields))
    return replace(snapshot, guidance=(used,) * len(snapshot.stations))


def hole(snapshot: Snapshot, station: int, hour: int, *names: str) -> Snapshot:
    """The same with an observed hour in which some variables are missing."""
    observed = {name: values.copy() for name, values in snapshot.observed.items()}
    for name in names:
        observed[name][station, hour] = np.nan
    return replace(snapshot, observed=observed)


def many(count: int, seed: int = 1) -> Snapshot:
    """A week at very many places, alike but for a shift of the temperature, each with few
    trajectories."""
    one = varied(SEOUL, "2024-04-09T21", seed)
    shift = np.arange(count, dtype=np.float32)[:, None, None] / count

    def repeated(kind: str) -> dict[str, np.ndarray]:
        arrays = {}
        for name, values in getattr(one, kind).items():
            kept = values[:, ::6] if kind == "trajectories" else values
            arrays[name] = np.repeat(kept, count, axis=0)
        if kind != "observed":
            arrays["temp_c"] = arrays["temp_c"] + shift
        return arrays

    stations = [
        SEOUL.model_copy(
            update={"id": f"P{number:04}", "name_en": f"Place {number}", "name_ko": f"곳 {number}"}
        )
        for number in range(count)
    ]
    return replace(
        one,
        stations=tuple(stations),
        issued_at=np.repeat(one.issued_at, count),
        hourly_rain_chance=np.repeat(one.hourly_rain_chance, count, axis=0),
        filled=one.filled * count,
        trailing_year_h=one.trailing_year_h * count,
        guidance=one.guidance * count,
        quantiles=repeated("quantiles"),
        trajectories=repeated("trajectories"),
        observed=repeated("observed"),
    )
