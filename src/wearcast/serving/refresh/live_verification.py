"""Live verification: scores of the snapshots published in the last two weeks against observations,
and the last week's hours beside their forecasts."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

import numpy as np

from wearcast.errors import StoreError
from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.history import History
from wearcast.forecasting.quantiles import MEDIAN, P10, P90
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.verification import verified_ranges
from wearcast.serving.refresh.observed_hours import observed, rained, row_numbers
from wearcast.serving.refresh.past_shards import PastSnapshots
from wearcast.serving.store.snapshot_store import SnapshotRecord

_LOG: Final = logging.getLogger(__name__)
PERIOD: Final = timedelta(days=14)
MAX_SNAPSHOTS: Final = 56
"""The most snapshots that are read: one for every six hours of the period."""

_SPACINGS_H: Final = (1, 2, 3, 6)
_MAX_FAILURES: Final = 3
"""Reading stops after so many failures: each may have taken as long as the store's timeout."""

_SERIES_H: Final = 7 * 24
_DAY_AHEAD_H: Final = 24


class _Forecast(NamedTuple):
    """A past forecast of one station.

    Attributes:
        temp_c: quantiles of the temperature, (horizon_h, Q).
        rain_chance: (horizon_h,).
        last_c: the temperature at the issue time.
    """

    temp_c: Floats
    rain_chance: Floats
    last_c: float


@dataclass(frozen=True)
class _PastForecasts:
    """The past forecasts of one station, N of them, the oldest first.

    Attributes:
        issued_at: UTC, each once, (N,).
        temp_c: quantiles of the temperature, (N, horizon_h, Q).
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


def read_snapshots(store: PastSnapshots, records: Iterable[SnapshotRecord]) -> Iterator[Snapshot]:
    """The snapshots of the records; one that can't be read is left out, with a warning."""
    for _, snapshot in read_records(store, records):
        yield snapshot


def read_records(
    store: PastSnapshots, records: Iterable[SnapshotRecord]
) -> Iterator[tuple[SnapshotRecord, Snapshot]]:
    """The same, each with its record."""
    failures = 0
    for record in records:
        try:
            yield record, store.snapshot(record)
        except StoreError as error:
            failures += 1
            _LOG.warning("left out of the recent verification: %s", error)
        if failures == _MAX_FAILURES:
            return


def verify(
    snapshots: Iterable[Snapshot], histories: Mapping[str, History], horizon_h: int
) -> dict[str, Any]:
    """By station: the number of forecasts and their first and last issue time, their scores by
    range of leads, and the last week's hours.

    Forecasts are compared with observed hours only, not with those that quality control filled.
    Unknown numbers are None.

    Args:
        snapshots: of two with the same issue time, the first counts; none of another horizon.
        histories: the observations, after quality control.
        horizon_h: how far ahead the forecasts reach.
    """
    forecasts: dict[str, dict[np.datetime64, _Forecast]] = {id: {} for id in histories}
    for snapshot in snapshots:
        if snapshot.horizon_h != horizon_h:
            continue
        for s, station in enumerate(snapshot.stations):
            if station.id in forecasts:
                forecasts[station.id].setdefault(snapshot.issued_at[s], _forecast_of(snapshot, s))
    return {
        station: _verify_station(_stacked(forecasts[station], horizon_h), history)
        for station, history in histories.items()
    }


def _forecast_of(snapshot: Snapshot, s: int) -> _Forecast:
    return _Forecast(
        temp_c=snapshot.quantiles["temp_c"][s],
        rain_chance=snapshot.hourly_rain_chance[s],
        last_c=float(snapshot.observed["temp_c"][s, -1]),
    )


def _first_of_every(at_hour: Mapping[int, SnapshotRecord], every_h: int) -> list[SnapshotRecord]:
    first: dict[int, SnapshotRecord] = {}
    for hour in sorted(at_hour):
        first.setdefault(hour // every_h, at_hour[hour])
    return list(reversed(first.values()))


def _hour_of(record: SnapshotRecord) -> int:
    return int(record.issued_at.timestamp()) // 3600


def _stacked(by_issue_time: Mapping[np.datetime64, _Forecast], horizon_h: int) -> _PastForecasts:
    issue_times = sorted(by_issue_time)
    forecasts = [by_issue_time[at] for at in issue_times]
    temp_c = np.array([forecast.temp_c for forecast in forecasts], dtype=np.float64)
    rain_chance = np.array([forecast.rain_chance for forecast in forecasts], dtype=np.float64)
    last_c = np.array([forecast.last_c for forecast in forecasts], dtype=np.float64)
    quantiles = -1 if forecasts else P90 + 1
    return _PastForecasts(
        issued_at=np.array(issue_times, dtype="datetime64[h]"),
        temp_c=temp_c.reshape(len(forecasts), horizon_h, quantiles),
        rain_chance=rain_chance.reshape(-1, horizon_h),
        last_c=last_c,
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
    low = past.temp_c[:, leads, P10]
    median = past.temp_c[:, leads, MEDIAN]
    high = past.temp_c[:, leads, P90]
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
    series = []
    for row in range(max(0, len(history) - _SERIES_H), len(history)):
        valid_at = history.valid_at[row]
        hour = {"valid_at": _iso_hour(valid_at), "observed_c": _rounded(observed_c[row], 2)}
        series.append(hour | _forecast_of_hour(past, valid_at))
    return series


def _forecast_of_hour(past: _PastForecasts, valid_at: np.datetime64) -> dict[str, Any]:
    lead_h = (valid_at - past.issued_at).astype(np.int64)
    (candidates,) = np.nonzero((lead_h >= 1) & (lead_h <= past.horizon_h))
    if not len(candidates):
        return {"lead_h": None, "p10_c": None, "p50_c": None, "p90_c": None}
    # The latest issue time first, which argmin prefers among equals.
    candidates = candidates[::-1]
    distance_h = np.abs(lead_h[candidates] - _DAY_AHEAD_H)
    nearest = candidates[np.argmin(distance_h)]
    lead = int(lead_h[nearest])
    quantiles = past.temp_c[nearest, lead - 1]
    return {
        "lead_h": lead,
        "p10_c": _rounded(quantiles[P10], 2),
        "p50_c": _rounded(quantiles[MEDIAN], 2),
        "p90_c": _rounded(quantiles[P90], 2),
    }


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
