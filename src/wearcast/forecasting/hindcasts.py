"""Rolling origins: the forecasts every method would have made, from the same issue times, and the
observations that verify them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Flags, Floats, Hours, LocalTimes, Positions
from wearcast.forecasting.baselines import Baseline
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.forecaster import Forecaster, Marginals
from wearcast.forecasting.guidance_inputs import GuidanceInputs
from wearcast.forecasting.history import History
from wearcast.forecasting.local_time import hour_of_day, local_time
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.quantiles import LEVELS, MEDIAN
from wearcast.forecasting.split import Role
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.window_dataset import role_positions
from wearcast.forecasting.windows import PRESENT_SHARE, thinned
from wearcast.vocabulary import WET_MM

NETWORK = "network"
PAST = "past"
"""The network from the station's past alone, where the other one has guidance."""

MODELS_MEAN = "models_mean"
UNBIASED = "models_unbiased"
"""The mean of the numerical models as it comes, and without the bias of its last 30 days at the
same hour: nobody is shown these, they tell what fitting gains."""

LAST_HOUR = 23
"""Forecasts issued at this local hour are about whole local days: leads 1-24 are tomorrow, and so
on."""

SYNOPTIC_HOURS = (0, 12)
"""Local hours at which weather services issue their forecasts."""

STATISTICS = ("min", "mean", "max")

_CHUNK = 256
"""Forecasts whose guidance is seen at a time: bounds the memory, changes nothing."""


@dataclass(frozen=True)
class Hindcasts:
    """N forecasts of temperature by every method, the network's of the rest, and the
    observations that verify them.

    Attributes:
        issued_at: UTC, (N,).
        month, hour: local, of every valid time, (N, horizon_h).
        observed: per target (N, horizon_h), NaN where missing.
        medians: of the temperature, °C, by method, (N, horizon_h).
        quantiles: the network's, per target (N, horizon_h, Q); of a model with guidance those of
            the temperature from the past alone too, as `PAST`.
        of_models: temperatures, °C, that guidance gives without a fit, by name, (N, horizon_h), NaN
            where it says nothing; none of a model without guidance.
        climatology: with the trailing-year anomaly, of each target, (N, horizon_h).
        hourly_rain_chance, climatological_wet_chance, wet: forecast, climatology, and whether it
            was, NaN where not measured, (N, horizon_h).
        rolling: which forecasts hourly scores are over, issued at every hour of the day alike,
            (N,); the others are there for `whole_days` and `at_00_12` alone.
        at_00_12: which forecasts were issued at one of the SYNOPTIC_HOURS, (N,).
        whole_days: which forecasts are about whole local days, (N,); n of them.
        daily_observed: min, mean, max of the temperature, (n, DAYS, 3); NaN for a day that misses
            an hour: of part of a day they would be another's.
        daily_quantiles: the network's, from trajectories, (n, DAYS, 3, Q).
    """

    issued_at: Hours
    month: Positions
    hour: Positions
    observed: Mapping[str, Floats]
    medians: Mapping[str, Floats]
    quantiles: Mapping[str, Floats]
    of_models: Mapping[str, Floats]
    climatology: Mapping[str, Floats]
    hourly_rain_chance: Floats
    climatological_wet_chance: Floats
    wet: Floats
    rolling: Flags
    at_00_12: Flags
    whole_days: Flags
    daily_observed: Floats
    daily_quantiles: Floats

    def __len__(self) -> int:
        return len(self.issued_at)

    @property
    def hourly(self) -> "Hindcasts":
        """The rolling ones alone."""
        return self._chosen(self.rolling)

    @property
    def synoptic(self) -> "Hindcasts":
        """Those issued at 00 and 12 local alone."""
        return self._chosen(self.at_00_12)

    def _chosen(self, chosen: Flags) -> "Hindcasts":
        of_days = chosen[self.whole_days]
        kept: dict[str, Any] = {}
        for name in _BY_FORECAST:
            kept[name] = getattr(self, name)[chosen]
        for name in _BY_VARIABLE:
            arrays = getattr(self, name)
            kept[name] = {key: values[chosen] for key, values in arrays.items()}
        for name in _BY_WHOLE_DAYS:
            kept[name] = getattr(self, name)[of_days]
        return Hindcasts(**kept)


_BY_FORECAST = (
    "issued_at",
    "month",
    "hour",
    "hourly_rain_chance",
    "climatological_wet_chance",
    "wet",
    "rolling",
    "at_00_12",
    "whole_days",
)
_BY_VARIABLE = ("observed", "medians", "quantiles", "of_models", "climatology")
_BY_WHOLE_DAYS = ("daily_observed", "daily_quantiles")


def hindcast(
    records: Records,
    forecaster: Forecaster,
    baselines: Mapping[str, Baseline],
    role: Role,
    every_h: int,
) -> Hindcasts:
    """Forecast from every `every_h`-th of the role's hours from which a forecast can be made and
    judged (`role_positions`), and from every local 0, 12 and 23 h of them, the last for whole days.

    Raises:
        ModelError: there is no such hour.
    """
    parts = []
    for station in records.stations:
        at, rolling = _issued(records, station, forecaster, role, every_h)
        if len(at):
            part = _of_station(records, station, forecaster, baselines, role, at, rolling)
            parts.append(part)
    if not parts:
        horizon_h = forecaster.manifest.standardization.horizon_h
        raise ModelError(
            f"no {role} hour has a temperature, {PRESENT_SHARE:.0%} of those before it, and all"
            f" {horizon_h} hours of a forecast in its own part of the split. Give a longer record"
            " or another split."
        )
    return _joined(parts)


def daily_extremes(temp_c: Floats) -> Floats:
    """Min, mean and max of each whole day of hourly temperatures (…, horizon_h): shape (…, DAYS,
    3), NaN for a day with a missing hour."""
    *others, horizon_h = temp_c.shape
    days = temp_c.reshape(*others, horizon_h // 24, 24)
    low = days.min(axis=-1)
    mean = days.mean(axis=-1)
    high = days.max(axis=-1)
    return np.stack([low, mean, high], axis=-1)


def _issued(
    records: Records, station: Station, forecaster: Forecaster, role: Role, every_h: int
) -> tuple[Positions, Flags]:
    """Where forecasts are issued, and which of them are rolling."""
    history = records.histories[station.id]
    standardization = forecaster.manifest.standardization
    at = role_positions(
        history, records.split, role, standardization.history_h, standardization.horizon_h
    )
    issued_at = history.valid_at[at]
    local = local_time(issued_at, station)
    hour = hour_of_day(local)
    rolling = thinned(issued_at, every_h)
    chosen = rolling | np.isin(hour, (*SYNOPTIC_HOURS, LAST_HOUR))
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
    standardization = forecaster.manifest.standardization
    history = records.histories[station.id]
    climate = standardization.climatologies[station.id]
    series = standardization.series(history, records.split, role)
    rows = series.ahead(at)
    local = local_time(series.valid_at, station)
    hour = hour_of_day(local)
    guidance = None
    if station.id in records.guidance:
        guidance = forecaster.guidance_inputs(history, records.guidance[station.id])
    marginals = forecaster.run(station.id, series, at, guidance)
    medians = {name: baseline(series, climate, at) for name, baseline in baselines.items()}
    quantiles = dict(marginals.quantiles)
    of_models = {}
    if forecaster.station_guidance:
        of_models = _of_models(guidance, series.valid_at[at], rows.shape)
        without = marginals
        if guidance:
            without = forecaster.run(station.id, series, at)
        quantiles[PAST] = without.quantiles["temp_c"]
        medians[PAST] = quantiles[PAST][..., MEDIAN]
    medians[NETWORK] = marginals.quantiles["temp_c"][..., MEDIAN]
    observed = _observed(history, climate, rows)
    whole = hour[at] == LAST_HOUR
    return Hindcasts(
        issued_at=series.valid_at[at],
        month=_month(local)[rows],
        hour=hour[rows],
        observed=observed,
        medians=medians,
        quantiles=quantiles,
        of_models=of_models,
        climatology=_climatology(series, at, climate.scale),
        hourly_rain_chance=marginals.hourly_rain_chance,
        climatological_wet_chance=series.climatological_wet_chance[rows].astype(np.float64),
        wet=_wet(history, climate)[rows],
        rolling=rolling,
        at_00_12=np.isin(hour[at], SYNOPTIC_HOURS),
        whole_days=whole,
        daily_observed=daily_extremes(observed["temp_c"][whole]),
        daily_quantiles=_daily_quantiles(forecaster, marginals, np.flatnonzero(whole)),
    )


def _of_models(
    guidance: GuidanceInputs | None, issued_at: Hours, shape: tuple[int, ...]
) -> dict[str, Floats]:
    """`Hindcasts.of_models` of the forecasts of a station; `shape` is (N, horizon_h)."""
    found = {name: np.full(shape, np.nan) for name in (MODELS_MEAN, UNBIASED)}
    if guidance is None:
        return found
    _, horizon_h = shape
    leads = np.arange(1, horizon_h + 1)
    temp = TARGETS.index("temp_c")
    for first in range(0, len(issued_at), _CHUNK):
        some = slice(first, first + _CHUNK)
        seen = guidance.at(issued_at[some], leads)
        mean_c = seen.mean[..., temp]
        found[MODELS_MEAN][some] = mean_c
        found[UNBIASED][some] = mean_c - seen.bias[..., temp]
    return found


def _month(local: LocalTimes) -> Positions:
    """From 1 to 12, shape as given."""
    since_1970 = local.astype("datetime64[M]").astype(np.int64)
    return since_1970 % 12 + 1


def _observed(history: History, climate: StationClimatology, rows: Positions) -> dict[str, Floats]:
    """The verifying observations of each target, NaN where it isn't forecast: nothing is judged
    there."""
    observed = {}
    for name in TARGETS:
        if name in climate.reported:
            observed[name] = history.column(name)[rows]
        else:
            observed[name] = np.full(rows.shape, np.nan)
    return observed


def _daily_quantiles(forecaster: Forecaster, marginals: Marginals, chosen: Positions) -> Floats:
    """Quantiles of each whole day's extremes over the trajectories, (n, DAYS, 3, Q)."""
    if not len(chosen):
        horizon_h = marginals.hourly_rain_chance.shape[1]
        return np.empty((0, horizon_h // 24, len(STATISTICS), len(LEVELS)))
    days = []
    for i in chosen:
        trajectories = forecaster.trajectories(marginals, int(i))
        members = daily_extremes(trajectories["temp_c"])
        quantiles = np.quantile(members, LEVELS, axis=0)
        days.append(np.moveaxis(quantiles, 0, -1))
    return np.stack(days)


def _climatology(series: StandardizedSeries, at: Positions, scale: Floats) -> dict[str, Floats]:
    rows = series.ahead(at)
    expected = {}
    for name in TARGETS:
        c = CHANNELS.index(name)
        trailing = series.trailing_anomaly[at, c] * scale[c]
        expected[name] = series.climatology[rows, c] + trailing[:, None]
    return expected


def _wet(history: History, climate: StationClimatology) -> Floats:
    """1 where an hour was wet, 0 where not, NaN where it wasn't measured or rain isn't forecast."""
    if "log_rain" not in climate.reported:
        return np.full(len(history), np.nan)
    hourly = history.column("precip_mm")
    was_wet = hourly >= WET_MM
    return np.where(np.isfinite(hourly), was_wet, np.nan)


def _joined(parts: Sequence[Hindcasts]) -> Hindcasts:
    joined: dict[str, Any] = {}
    for name in (*_BY_FORECAST, *_BY_WHOLE_DAYS):
        columns = [getattr(part, name) for part in parts]
        joined[name] = np.concatenate(columns)
    for name in _BY_VARIABLE:
        arrays = [getattr(part, name) for part in parts]
        by_key = {}
        for key in arrays[0]:
            by_key[key] = np.concatenate([one[key] for one in arrays])
        joined[name] = by_key
    return Hindcasts(**joined)
