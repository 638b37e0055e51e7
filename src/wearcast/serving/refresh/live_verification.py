"""Live verification: scores of the snapshots published in the last two weeks against observations,
and the last week's hours beside their forecasts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours, Positions
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.history import History
from wearcast.forecasting.verification import verified_ranges
from wearcast.serving.refresh.kept_forecasts import KeptForecasts
from wearcast.serving.refresh.observed_hours import observed, rained, row_numbers
from wearcast.serving.refresh.realised_scores import KEPT_LEVELS
from wearcast.serving.store.snapshot_store import SnapshotRecord

PERIOD: Final = timedelta(days=14)
MAX_SNAPSHOTS: Final = 56
"""The most snapshots that are verified: one for every six hours of the period."""

_SPACINGS_H: Final = (1, 2, 3, 6)
_HOURLY_UP_TO: Final = 10
"""The most stations of which a ledger keeps every hour's forecasts: those of a day take 250 kB a
station."""

_SERIES_H: Final = 7 * 24
_DAY_AHEAD_H: Final = 24
_TEMPERATURE: Final = TARGETS.index("temp_c")
_LOW, _MEDIAN, _HIGH = range(len(KEPT_LEVELS))

_Row = tuple[KeptForecasts, int]
"""Forecasts of several stations, and which of them."""


@dataclass(frozen=True)
class _PastForecasts:
    """The past forecasts of one station, N of them, the oldest first.

    Attributes:
        issued_at: UTC, each once, (N,).
        temp_c: of the temperature the quantiles of `KEPT_LEVELS`, (N, horizon_h, 3).
        rain_chance: (N, horizon_h).
        last_c: the temperature at the issue time, (N,).
    """

    issued_at: Hours
    temp_c: Floats
    rain_chance: Floats
    last_c: Floats

    @property
    def horizon_h(self) -> int:
        horizon_h: int = self.rain_chance.shape[1]
        return horizon_h


def origin(record: SnapshotRecord) -> tuple[str, str, bool]:
    """Whose forecasts these are: those of one model, from one source, replayed or not."""
    return record.model, record.source, record.replay


def records_to_verify(
    history: Iterable[SnapshotRecord], now: SnapshotRecord
) -> list[SnapshotRecord]:
    """The records of the period before `now` by the same model from the same source, the newest
    first; the latest published per issue time.

    They are the first of every hour, or of every 2, 3 or 6 hours, so that there are no more than
    `MAX_SNAPSHOTS`: a store with few hours is verified hour by hour, one with many at longer steps.
    """
    at_hour = latest_by_hour(history, now, PERIOD)
    records: list[SnapshotRecord] = []
    for every_h in _SPACINGS_H:
        records = _first_of_every(at_hour, every_h)
        if len(records) <= MAX_SNAPSHOTS:
            break
    return records[:MAX_SNAPSHOTS]


def records_of_ledger(
    history: Iterable[SnapshotRecord], now: SnapshotRecord, period: timedelta, stations: int
) -> list[SnapshotRecord]:
    """The records that a ledger of a period keeps: the latest published per issue time; of many
    stations, or of snapshots in shards, the first of every six hours, which a store keeps for as
    long."""
    at_hour = latest_by_hour(history, now, period)
    is_sharded = any(record.is_sharded for record in at_hour.values())
    if is_sharded or stations > _HOURLY_UP_TO:
        return first_of_six_hours(at_hour)
    return list(at_hour.values())


def first_of_six_hours(at_hour: Mapping[int, SnapshotRecord]) -> list[SnapshotRecord]:
    """Of every six hours the record that was issued first, the newest first."""
    return _first_of_every(at_hour, _SPACINGS_H[-1])


def latest_by_hour(
    history: Iterable[SnapshotRecord], now: SnapshotRecord, period: timedelta
) -> dict[int, SnapshotRecord]:
    """By hour since 1970 in the period before `now`, the latest record published of the forecasts
    issued then by the same model from the same source; the newest published first.

    Args:
        history: the newest published first.
    """
    at_hour: dict[int, SnapshotRecord] = {}
    for record in history:
        in_period = now.issued_at - period <= record.issued_at < now.issued_at
        if in_period and origin(record) == origin(now):
            at_hour.setdefault(_hour_of(record), record)
    return at_hour


def verify(
    forecasts: Iterable[KeptForecasts], histories: Mapping[str, History], horizon_h: int
) -> dict[str, Any]:
    """By station: the number of forecasts and their first and last issue time, their scores by
    range of leads, and the last week's hours.

    Forecasts are compared with observed hours only, not with those that quality control filled.
    Unknown numbers are None.

    Args:
        forecasts: of two with the same issue time, the first counts; all of one horizon.
        histories: the observations, after quality control.
        horizon_h: how far ahead the forecasts reach.
    """
    found: dict[str, dict[np.datetime64, _Row]] = {id: {} for id in histories}
    for part in forecasts:
        for row, station in enumerate(part.stations):
            if station in found:
                found[station].setdefault(part.issued_at[row], (part, row))
    return {
        station: _verify_station(_stacked(found[station], horizon_h), history)
        for station, history in histories.items()
    }


def _first_of_every(at_hour: Mapping[int, SnapshotRecord], every_h: int) -> list[SnapshotRecord]:
    first: dict[int, SnapshotRecord] = {}
    for hour in sorted(at_hour):
        first.setdefault(hour // every_h, at_hour[hour])
    return list(reversed(first.values()))


def _hour_of(record: SnapshotRecord) -> int:
    return int(record.issued_at.timestamp()) // 3600


def _stacked(by_issue_time: Mapping[np.datetime64, _Row], horizon_h: int) -> _PastForecasts:
    issue_times = sorted(by_issue_time)
    temp_c = []
    rain_chance = []
    last_c = []
    for at in issue_times:
        part, row = by_issue_time[at]
        temp_c.append(part.quantiles[row, _TEMPERATURE])
        rain_chance.append(part.rain_chance[row])
        last_c.append(part.last[row, _TEMPERATURE])
    quantiles = np.array(temp_c, dtype=np.float64)
    chances = np.array(rain_chance, dtype=np.float64)
    return _PastForecasts(
        issued_at=np.array(issue_times, dtype="datetime64[h]"),
        temp_c=quantiles.reshape(-1, horizon_h, len(KEPT_LEVELS)),
        rain_chance=chances.reshape(-1, horizon_h),
        last_c=np.array(last_c, dtype=np.float64),
    )


def _verify_station(past: _PastForecasts, history: History) -> dict[str, Any]:
    observed_c = observed(history, "temp_c")
    wet = rained(history)
    valid_at = past.issued_at[:, None] + np.arange(1, past.horizon_h + 1)
    rows = row_numbers(history.valid_at, valid_at)
    scores = {}
    for name, (first, last) in verified_ranges(past.horizon_h).items():
        scores[name] = _scores(
            past,
            observed_c[rows],
            wet[rows],
            slice(first - 1, last),
        )
    count = len(past.issued_at)
    return {
        "forecasts": count,
        "from": _iso_hour(past.issued_at[0]) if count else None,
        "until": _iso_hour(past.issued_at[-1]) if count else None,
        "leads": scores,
        "series": _series(past, history, observed_c),
    }


def _scores(past: _PastForecasts, observed_c: Floats, wet: Floats, leads: slice) -> dict[str, Any]:
    came_c = observed_c[:, leads]
    was_wet = wet[:, leads]
    low = past.temp_c[:, leads, _LOW]
    median = past.temp_c[:, leads, _MEDIAN]
    high = past.temp_c[:, leads, _HIGH]
    is_known = np.isfinite(came_c)
    error_c = median - came_c
    persistence_error_c = past.last_c[:, None] - came_c
    in_band = (low <= came_c) & (came_c <= high)
    covered = np.where(is_known, in_band, np.nan)
    chance_error = past.rain_chance[:, leads] - was_wet
    brier = chance_error**2
    return {
        "hours": int(is_known.sum()),
        "mae_c": _mean(np.abs(error_c)),
        "bias_c": _mean(error_c),
        "coverage_80": _mean(covered),
        "persistence_mae_c": _mean(np.abs(persistence_error_c)),
        "rain_hours": int(np.isfinite(brier).sum()),
        "rain_brier": _mean(brier),
    }


def _series(past: _PastForecasts, history: History, observed_c: Floats) -> list[dict[str, Any]]:
    """The last week's hours: the observation, and the forecast whose lead is nearest to a day; of
    two equally near the one issued later."""
    first = max(0, len(history) - _SERIES_H)
    valid_at = history.valid_at[first:]
    lead_h, quantiles = _nearest_to_a_day(past, valid_at)
    series = []
    for row, hour in enumerate(valid_at):
        came_c = observed_c[first + row]
        series.append(
            {
                "valid_at": _iso_hour(hour),
                "observed_c": _rounded(came_c, 2),
                "lead_h": int(lead_h[row]) or None,
                "p10_c": _rounded(quantiles[row, _LOW], 2),
                "p50_c": _rounded(quantiles[row, _MEDIAN], 2),
                "p90_c": _rounded(quantiles[row, _HIGH], 2),
            }
        )
    return series


def _nearest_to_a_day(past: _PastForecasts, valid_at: Hours) -> tuple[Positions, Floats]:
    """Of each of n hours the lead of the forecast that is nearest to a day ahead, 0 where there is
    none, (n,), and its quantiles, NaN there, (n, 3)."""
    count = len(valid_at)
    quantiles = np.full((count, len(KEPT_LEVELS)), np.nan)
    lead_h = np.zeros(count, dtype=np.int64)
    if not len(past.issued_at):
        return lead_h, quantiles
    # The latest issue time first, which argmin prefers among equals.
    issued_at = past.issued_at[::-1]
    leads = (valid_at[:, None] - issued_at).astype(np.int64)
    reaches = (leads >= 1) & (leads <= past.horizon_h)
    beyond = past.horizon_h + _DAY_AHEAD_H
    distance_h = np.abs(leads - _DAY_AHEAD_H)
    distance_h[~reaches] = beyond
    nearest = distance_h.argmin(axis=1)
    is_forecast = reaches.any(axis=1)
    hours = np.flatnonzero(is_forecast)
    forecasts = nearest[hours]
    nearest_h = leads[hours, forecasts]
    lead_h[hours] = nearest_h
    newest = len(issued_at) - 1
    quantiles[hours] = past.temp_c[newest - forecasts, nearest_h - 1]
    return lead_h, quantiles


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    return _rounded(known.mean(), 4)


def _rounded(value: Any, digits: int) -> float | None:
    if not np.isfinite(value):
        return None
    return round(float(value), digits) + 0.0  # adding 0.0 turns -0.0 into 0.0


def _iso_hour(hour: np.datetime64) -> str:
    return f"{hour}:00Z"
