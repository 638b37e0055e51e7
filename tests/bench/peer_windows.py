"""What `make bench-skill` hands to the peers, and what it judges them by.

A peer gets the training hours and the windows it is to forecast from. The observations that verify
these stay here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from wearcast.config import Station, Train
from wearcast.forecasting.array_types import Flags, Floats, Hours, Positions
from wearcast.forecasting.baselines import TEMP, Baseline
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.hindcasts import SYNOPTIC_HOURS
from wearcast.forecasting.history import History
from wearcast.forecasting.local_time import hour_of_day, local_time
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.quantiles import LEVELS, MEDIAN
from wearcast.forecasting.split import Role
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.window_dataset import WindowDataset, build_dataset
from wearcast.forecasting.windows import solar_hour, thinned
from wearcast.vocabulary import WET_MM

CONTEXT_H = 2048
"""Hours that a zero-shot peer may look back on; the others see what the network sees."""

FOLDS = 3


@dataclass(frozen=True)
class Judged:
    """M issue times, and what came of each: whom nobody forecasting sees.

    Attributes:
        issued_at: UTC, (M,).
        rolling: issued at every hour of the day alike, (M,).
        at_00_12: issued at one of `SYNOPTIC_HOURS`, (M,).
        observed_c: (M, horizon_h), NaN where missing.
        wet: 1 where the hour was wet, 0 where not, NaN where not measured, (M, horizon_h).
        climatological_wet_chance: (M, horizon_h).
    """

    issued_at: Hours
    rolling: Flags
    at_00_12: Flags
    observed_c: Floats
    wet: Floats
    climatological_wet_chance: Floats


@dataclass(frozen=True)
class StationWindows:
    """The windows of one station in one role; `rolling`, (N,), are those that stand for every hour
    of the day alike."""

    station: Station
    history: History
    climate: StationClimatology
    dataset: WindowDataset
    rolling: Flags

    @property
    def scale_c(self) -> float:
        """The standard deviation of the temperature's anomalies, °C."""
        return float(self.climate.scale[TEMP])

    @property
    def rows(self) -> Positions:
        """The rows of the hours forecast, (N, horizon_h)."""
        return self.dataset.series.ahead(self.dataset.at)

    def chosen(self, windows: Flags) -> "StationWindows":
        """The same with some of the windows, (N,)."""
        dataset = replace(self.dataset, at=self.dataset.at[windows])
        return replace(self, dataset=dataset, rolling=self.rolling[windows])


def training_windows(
    records: Records, forecaster: Forecaster, every_h: int
) -> list[StationWindows]:
    """The windows that the network trains on, station by station."""
    return [
        _windows(records, station, forecaster, "train", every_h) for station in records.stations
    ]


def judged_windows(
    records: Records, forecaster: Forecaster, role: Role, every_h: int
) -> list[StationWindows]:
    """Every `every_h`-th window of the role, and those issued at `SYNOPTIC_HOURS`."""
    chosen = []
    for station in records.stations:
        every = _windows(records, station, forecaster, role, 1)
        issued_at = every.dataset.issued_at
        rolling = thinned(issued_at, every_h)
        wanted = rolling | is_at_00_12(issued_at, station)
        chosen.append(replace(every, rolling=rolling).chosen(wanted))
    return chosen


def is_at_00_12(issued_at: Hours, station: Station) -> Flags:
    """Whether UTC issue times are one of `SYNOPTIC_HOURS` at a station."""
    hour = hour_of_day(local_time(issued_at, station))
    return np.isin(hour, SYNOPTIC_HOURS)


def _windows(
    records: Records, station: Station, forecaster: Forecaster, role: Role, every_h: int
) -> StationWindows:
    standardization = forecaster.manifest.standardization
    history = records.histories[station.id]
    dataset = build_dataset([history], standardization, records.split, role, every_h)
    climate = standardization.climatologies[station.id]
    everyone = np.ones(len(dataset), dtype=bool)
    return StationWindows(station, history, climate, dataset, everyone)


def judged(windows: list[StationWindows]) -> Judged:
    """What verifies the windows, all stations one after the other."""
    return joined([_judged(of_station) for of_station in windows], Judged)


def _judged(windows: StationWindows) -> Judged:
    issued_at = windows.dataset.issued_at
    return Judged(
        issued_at=issued_at,
        rolling=windows.rolling,
        at_00_12=is_at_00_12(issued_at, windows.station),
        observed_c=windows.history.column("temp_c")[windows.rows],
        wet=_wet(windows),
        climatological_wet_chance=_wet_chance(windows),
    )


def _wet(windows: StationWindows) -> Floats:
    hourly_mm = windows.history.column("precip_mm")[windows.rows]
    if "log_rain" not in windows.climate.reported:
        return np.full(hourly_mm.shape, np.nan)
    return np.where(np.isfinite(hourly_mm), hourly_mm >= WET_MM, np.nan)


def _wet_chance(windows: StationWindows) -> Floats:
    of_hours = windows.dataset.series.climatological_wet_chance
    return of_hours[windows.rows].astype(np.float64)


def temperature_c(series: StandardizedSeries, scale_c: float) -> Floats:
    """The temperature of every hour of a series, NaN where missing, (m,)."""
    anomaly_c = series.anomalies[:, TEMP] * scale_c
    temp_c = series.climatology[:, TEMP] + anomaly_c
    return np.where(series.observed[:, TEMP] > 0, temp_c, np.nan)


def window_inputs(windows: list[StationWindows]) -> dict[str, Floats]:
    """What is known at the issue time of each window, all stations one after the other.

    Features of the linear path (N, F); the climatology of each hour ahead, °C and the chance of
    rain, (N, horizon_h); the trailing-year anomaly, the scale, °C, and the solar hour, (N,).
    """
    parts = []
    for one in windows:
        series, at = one.dataset.series, one.dataset.at
        part = {
            "features": one.dataset.features(),
            "climatology_c": series.climatology[one.rows, TEMP],
            "wet_chance": _wet_chance(one),
            "trailing_c": series.trailing_anomaly[at, TEMP] * one.scale_c,
            "scale_c": np.full(len(at), one.scale_c),
            "solar_hour": solar_hour(series.calendar[at]),
            "issued_h": one.dataset.issued_at.astype(np.int64),
        }
        parts.append(part)
    return concatenated(parts)


def training_targets(windows: list[StationWindows]) -> dict[str, Floats]:
    """What verifies training windows: the anomaly from climatology with its trailing year, °C, and
    the chance that the hour was wet, NaN where missing, each (N, horizon_h)."""
    parts = []
    for one in windows:
        at = one.dataset.at
        wet, _ = one.dataset.rain_targets(at)
        anomaly_c = one.dataset.targets(at)[:, :, 0] * one.scale_c
        parts.append({"target_c": anomaly_c, "target_wet": wet})
    return concatenated(parts)


def training_panel(windows: list[StationWindows], records: Records) -> dict[str, Floats]:
    """Every training hour, for peers that cut windows of their own, each array with n hours.

    The segment it belongs to, its UTC hour, its temperature and what climatology with the
    trailing-year anomaly expects, °C, the scale, the calendar, and the other channels' anomalies.
    """
    parts = []
    for one in windows:
        series = one.dataset.series
        for first, stop in runs(records.split.belongs(one.history.valid_at, "train")):
            rows = np.arange(first, stop)
            part = _hours(series, rows, one.scale_c)
            part["segment"] = np.full(len(rows), len(parts))
            parts.append(part)
    return concatenated(parts)


def runs(flags: Flags) -> list[tuple[int, int]]:
    """The first row of each run of true flags, and the row after its last."""
    padded = np.concatenate([[False], flags, [False]])
    edges = np.flatnonzero(padded[1:] != padded[:-1])
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]


def _hours(series: StandardizedSeries, rows: Positions, scale_c: float) -> dict[str, Floats]:
    trailing = series.trailing_anomaly[rows]
    expected_c = series.climatology[rows, TEMP] + trailing[:, TEMP] * scale_c
    measured_c = temperature_c(series, scale_c)[rows]
    others = (series.anomalies[rows] - trailing) * series.observed[rows]
    return {
        "valid_h": series.valid_at[rows].astype(np.int64),
        "temp_c": np.where(np.isfinite(measured_c), measured_c, expected_c),
        "expected_c": expected_c,
        "scale_c": np.full(len(rows), scale_c),
        "calendar": series.calendar[rows],
        "channels": np.delete(others, TEMP, axis=1),
    }


def contexts(windows: list[StationWindows], history_h: int) -> dict[str, Floats]:
    """The past of each window.

    The temperature, NaN where missing, and what climatology with the trailing-year anomaly of the
    issue time expects, °C, each (N, CONTEXT_H), oldest first; of the last `history_h` the other
    channels' anomalies, (N, history_h, C - 1); the calendar of these and of the hours ahead,
    (N, history_h + horizon_h, columns).
    """
    parts = []
    for one in windows:
        series, at = one.dataset.series, one.dataset.at
        rows = at[:, None] + np.arange(1 - CONTEXT_H, 1)
        temp_c = temperature_c(series, one.scale_c)[np.maximum(rows, 0)]
        trailing_c = series.trailing_anomaly[at, TEMP] * one.scale_c
        past, _ = series.past(at, history_h)
        around = at[:, None] + np.arange(1 - history_h, series.horizon_h + 1)
        part = {
            "context_c": np.where(rows >= 0, temp_c, np.nan),
            "context_expected_c": series.climatology[np.maximum(rows, 0), TEMP]
            + trailing_c[:, None],
            "channels": np.delete(past, TEMP, axis=2),
            "calendar": series.calendar[around],
        }
        parts.append(part)
    return concatenated(parts)


def concatenated(parts: list[dict[str, Floats]]) -> dict[str, Floats]:
    """Parts with the same names, one after the other, floats in single precision."""
    together = {}
    for name in parts[0]:
        values = np.concatenate([part[name] for part in parts])
        is_float = np.issubdtype(values.dtype, np.floating)
        together[name] = values.astype(np.float32) if is_float else values
    return together


def joined(parts: list[Any], kind: type) -> Any:
    """Dataclasses of arrays, one after the other."""
    columns = {}
    for field in fields(kind):
        columns[field.name] = np.concatenate([getattr(part, field.name) for part in parts])
    return kind(**columns)


def folds(issued_h: Positions, purge_h: int) -> list[tuple[Flags, Flags]]:
    """Thirds of the training windows by time: which train, and which are held out. Nothing that
    trains is within `purge_h` of what is held out."""
    edges = np.quantile(issued_h, np.linspace(0, 1, FOLDS + 1))
    pairs = []
    for k in range(FOLDS):
        first, stop = edges[k], edges[k + 1]
        before_stop = (issued_h < stop) | (k == FOLDS - 1)
        held = (issued_h >= first) & before_stop
        train = (issued_h < first - purge_h) | (issued_h > stop + purge_h)
        pairs.append((train, held))
    return pairs


def of_stations(flags: Flags, windows: list[StationWindows]) -> list[StationWindows]:
    """Some of the windows of all stations, flags (N,) over all of them."""
    ends = np.cumsum([len(one.dataset) for one in windows])
    by_station = np.split(flags, ends[:-1])
    return [one.chosen(chosen) for one, chosen in zip(windows, by_station, strict=True)]


def observed_c(windows: list[StationWindows]) -> Floats:
    """The verifying temperatures of training windows, (N, horizon_h), NaN where missing."""
    parts = []
    for one in windows:
        parts.append(temperature_c(one.dataset.series, one.scale_c)[one.rows])
    return np.concatenate(parts)


def medians_c(baseline: Baseline, windows: list[StationWindows]) -> Floats:
    """A baseline's forecasts for every window, (N, horizon_h)."""
    parts = []
    for one in windows:
        if len(one.dataset):
            parts.append(baseline(one.dataset.series, one.climate, one.dataset.at))
    return np.concatenate(parts)


def network_forecasts(
    forecaster: Forecaster, windows: list[StationWindows]
) -> tuple[Floats, Floats]:
    """The network's quantiles of temperature (N, horizon_h, Q) and chance of rain (N,
    horizon_h)."""
    quantiles, chance = [], []
    for one in windows:
        marginals = forecaster.run(one.station.id, one.dataset.series, one.dataset.at)
        quantiles.append(marginals.quantiles["temp_c"])
        chance.append(marginals.hourly_rain_chance)
    return np.concatenate(quantiles), np.concatenate(chance)


def handed_over(
    records: Records,
    train: list[StationWindows],
    asked: list[StationWindows],
    settings: Train,
) -> dict[str, Any]:
    """All that the peers get, with no observation of an hour that they are asked for."""
    parts: Mapping[str, Mapping[str, Floats]] = {
        "train": {**window_inputs(train), **training_targets(train)},
        "panel": training_panel(train, records),
        "asked": {**window_inputs(asked), **contexts(asked, settings.history_h)},
    }
    arrays: dict[str, Any] = {
        "levels": LEVELS,
        "median": MEDIAN,
        "horizon_h": settings.horizon_h,
        "history_h": settings.history_h,
        "channels": np.array([name for name in CHANNELS if name != "temp_c"]),
        "seed": settings.seed,
    }
    for group, named in parts.items():
        for name, values in named.items():
            arrays[f"{group}_{name}"] = values
    pairs = folds(parts["train"]["issued_h"], settings.history_h + settings.horizon_h)
    arrays["folds_train"] = np.stack([one for one, _ in pairs])
    arrays["folds_held"] = np.stack([held for _, held in pairs])
    return arrays
