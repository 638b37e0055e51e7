"""Rolling origins: the forecasts every method would have made, from the same issue times, and the
observations that verify them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Flags, Floats, Hours, Positions
from wearcast.forecasting.baselines import Baseline
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.forecaster import Forecaster, Marginals
from wearcast.forecasting.history import History
from wearcast.forecasting.local_time import hour_of_day, local_time
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.split import Role
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.window_dataset import role_positions
from wearcast.forecasting.windows import thinned
from wearcast.vocabulary import HORIZON_H, WET_MM

NETWORK = "network"
LAST_HOUR = 23
"""Forecasts issued at this local hour are about whole local days: leads 1-24 are tomorrow, and so
on."""

FORECAST_DAYS = HORIZON_H // 24
STATISTICS = ("min", "mean", "max")


@dataclass(frozen=True)
class Hindcasts:
    """N forecasts of temperature by every method, the network's of the rest, and the
    observations that verify them.

    Attributes:
        issued_at: UTC, (N,).
        month, hour: local, of every valid time, (N, HORIZON_H).
        observed: per target (N, HORIZON_H), NaN where missing.
        medians: of the temperature, °C, by method, (N, HORIZON_H).
        quantiles: the network's, per target (N, HORIZON_H, Q).
        climatology: with the trailing-year anomaly, of each target, (N, HORIZON_H).
        hourly_rain_chance, climatological_wet_chance, wet: forecast, climatology, and whether it
            was, NaN where not measured, (N, HORIZON_H).
        rolling: which forecasts hourly scores are over, issued at every hour of the day alike,
            (N,); the others are there for their whole days alone.
        whole_days: which forecasts are about whole local days, (N,); n of them.
        daily_observed: min, mean, max of the temperature, (n, DAYS, 3).
        daily_quantiles: the network's, from trajectories, (n, DAYS, 3, Q).
    """

    issued_at: Hours
    month: Positions
    hour: Positions
    observed: Mapping[str, Floats]
    medians: Mapping[str, Floats]
    quantiles: Mapping[str, Floats]
    climatology: Mapping[str, Floats]
    hourly_rain_chance: Floats
    climatological_wet_chance: Floats
    wet: Floats
    rolling: Flags
    whole_days: Flags
    daily_observed: Floats
    daily_quantiles: Floats

    def __len__(self) -> int:
        return len(self.issued_at)

    @property
    def hourly(self) -> "Hindcasts":
        """The rolling ones alone."""
        chosen, of_days = self.rolling, self.rolling[self.whole_days]
        kept: dict[str, Any] = {name: getattr(self, name)[chosen] for name in _BY_FORECAST}
        kept |= {
            name: {key: values[chosen] for key, values in getattr(self, name).items()}
            for name in _BY_VARIABLE
        }
        kept |= {name: getattr(self, name)[of_days] for name in _BY_WHOLE_DAYS}
        return Hindcasts(**kept)


_BY_FORECAST = (
    "issued_at",
    "month",
    "hour",
    "hourly_rain_chance",
    "climatological_wet_chance",
    "wet",
    "rolling",
    "whole_days",
)
_BY_VARIABLE = ("observed", "medians", "quantiles", "climatology")
_BY_WHOLE_DAYS = ("daily_observed", "daily_quantiles")


def hindcast(
    records: Records,
    forecaster: Forecaster,
    baselines: Mapping[str, Baseline],
    role: Role,
    every_h: int,
) -> Hindcasts:
    """Forecast from every `every_h`-th of the role's hours that have a whole past and a whole
    future, and for whole days from every local 23 h of them.

    Raises:
        ModelError: there is no such hour.
    """
    issued = [
        (station, *_issued(records, station, forecaster, role, every_h))
        for station in records.stations
    ]
    parts = [
        _of_station(records, station, forecaster, baselines, role, at, rolling)
        for station, at, rolling in issued
        if len(at)
    ]
    if not parts:
        raise ModelError(
            f"no {role} hour has a whole past and a whole week after it. Give a longer record or"
            " another split."
        )
    return _joined(parts)


def daily_extremes(temp_c: Floats) -> Floats:
    """Min, mean and max of each whole day of hourly temperatures (…, HORIZON_H): shape (…, DAYS,
    3)."""
    days = temp_c.reshape(*temp_c.shape[:-1], FORECAST_DAYS, 24)
    return np.stack([days.min(axis=-1), days.mean(axis=-1), days.max(axis=-1)], axis=-1)


def _issued(
    records: Records, station: Station, forecaster: Forecaster, role: Role, every_h: int
) -> tuple[Positions, Flags]:
    """Where forecasts are issued, and which of them are rolling."""
    history = records.histories[station.id]
    at = role_positions(history, records.split, role, forecaster.manifest.standardization.history_h)
    hour = hour_of_day(local_time(history.valid_at[at], station))
    rolling = thinned(history.valid_at[at], every_h)
    chosen = rolling | (hour == LAST_HOUR)
    return at[chosen], rolling[chosen]


def _of_station(
    records: Records,
    station: Station,
    forecaster: Forecaster,
    baselines: Mapping[str, Baseline],
    role: Role,
    at: Positions,
    rolling: Flags,
) -> Hindcasts:
    history, climate = (
        records.histories[station.id],
        forecaster.manifest.standardization.climatologies[station.id],
    )
    series = forecaster.manifest.standardization.series(history, records.split, role)
    local = local_time(series.valid_at, station)
    hour, month = hour_of_day(local), local.astype("datetime64[M]").astype(np.int64) % 12 + 1
    rows = series.ahead(at)
    marginals = forecaster.run(station.id, series, at)
    # What isn't forecast isn't judged.
    unknown = np.full(len(history), np.nan)
    observed = {
        name: (history.column(name) if name in climate.reported else unknown)[rows]
        for name in TARGETS
    }
    whole = hour[at] == LAST_HOUR
    return Hindcasts(
        issued_at=series.valid_at[at],
        month=month[rows],
        hour=hour[rows],
        observed=observed,
        medians={
            **{name: baseline(series, climate, at) for name, baseline in baselines.items()},
            NETWORK: marginals.quantiles["temp_c"][..., len(LEVELS) // 2],
        },
        quantiles=marginals.quantiles,
        climatology=_climatology(series, at, climate.scale),
        hourly_rain_chance=marginals.hourly_rain_chance,
        climatological_wet_chance=series.climatological_wet_chance[rows].astype(np.float64),
        wet=(_wet(history) if "log_rain" in climate.reported else unknown)[rows],
        rolling=rolling,
        whole_days=whole,
        daily_observed=daily_extremes(observed["temp_c"][whole]),
        daily_quantiles=_daily_quantiles(forecaster, marginals, np.flatnonzero(whole)),
    )


def _daily_quantiles(forecaster: Forecaster, marginals: Marginals, chosen: Positions) -> Floats:
    drawn = [daily_extremes(forecaster.trajectories(marginals, int(i))["temp_c"]) for i in chosen]
    if not drawn:
        return np.empty((0, FORECAST_DAYS, len(STATISTICS), len(LEVELS)))
    return np.stack([np.moveaxis(np.quantile(members, LEVELS, axis=0), 0, -1) for members in drawn])


def _climatology(series: StandardizedSeries, at: Positions, scale: Floats) -> dict[str, Floats]:
    rows = series.ahead(at)
    columns = {name: CHANNELS.index(name) for name in TARGETS}
    return {
        name: series.climatology[rows, c] + (series.trailing_anomaly[at, c] * scale[c])[:, None]
        for name, c in columns.items()
    }


def _wet(history: History) -> Floats:
    hourly = history.column("precip_mm")
    return np.where(np.isfinite(hourly), hourly >= WET_MM, np.nan)


def _joined(parts: Sequence[Hindcasts]) -> Hindcasts:
    def join(name: str) -> Floats:
        return np.concatenate([getattr(part, name) for part in parts])

    def join_by_key(name: str) -> dict[str, Floats]:
        keys = getattr(parts[0], name)
        return {key: np.concatenate([getattr(part, name)[key] for part in parts]) for key in keys}

    by_key = {name: join_by_key(name) for name in _BY_VARIABLE}
    others = {name: join(name) for name in (*_BY_FORECAST, *_BY_WHOLE_DAYS)}
    return Hindcasts(**others, **by_key)  # type: ignore[arg-type]
