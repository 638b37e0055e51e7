"""How the snapshots of the last two weeks fared, against what came: the scores and the last week's
hours that people can look at."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np

from wearcast.errors import StoreError
from wearcast.forecasting.array_types import Floats, Hours, Positions
from wearcast.forecasting.history import History
from wearcast.forecasting.quantiles import MEDIAN, P10, P90
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.verification import VERIFICATION_LEAD_RANGES
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore
from wearcast.vocabulary import HORIZON_H, WET_MM

_LOG: Final = logging.getLogger(__name__)
PERIOD: Final = timedelta(days=14)
MAX_SNAPSHOTS: Final = 56
"""Snapshots that are read at most: one for every six hours of the period."""

_SPACINGS_H: Final = (1, 2, 3, 6)
_MAX_FAILURES: Final = 3
"""After so many snapshots that can't be read the store isn't asked for more: each may have taken as
long as its timeout."""

_SERIES_H: Final = 7 * 24
_DAY_AHEAD_H: Final = 24


@dataclass(frozen=True)
class _PastForecasts:
    """The past forecasts of one station, N of them, the oldest first.

    Attributes:
        issued_at: UTC, each once, (N,).
        temp_c: its quantiles, (N, HORIZON_H, Q).
        rain_chance: (N, HORIZON_H).
        last_c: the temperature at the issue time, (N,).
    """

    issued_at: Hours
    temp_c: Floats
    rain_chance: Floats
    last_c: Floats


def records_to_verify(
    history: Iterable[SnapshotRecord], now: SnapshotRecord
) -> list[SnapshotRecord]:
    """The records of the period before `now` by the same model from the same source, of an issue
    time the one published last.

    The first of every hour, or of every 2, 3 or 6 hours, so that there are no more than `MOST`, the
    newest first: a young store has its few hours read one by one, an old one a snapshot every six
    hours.
    """
    comparable = [
        r for r in history if (r.model, r.source, r.replay) == (now.model, now.source, now.replay)
    ]
    at_hour: dict[int, SnapshotRecord] = {}
    for record in comparable:
        if now.issued_at - PERIOD <= record.issued_at < now.issued_at:
            at_hour.setdefault(_hour_of(record), record)
    thinned = (_first_of_every(at_hour, every_h) for every_h in _SPACINGS_H)
    return next(
        (few for few in thinned if len(few) <= MAX_SNAPSHOTS),
        _first_of_every(at_hour, _SPACINGS_H[-1])[:MAX_SNAPSHOTS],
    )


def read_snapshots(store: SnapshotStore, records: Iterable[SnapshotRecord]) -> Iterator[Snapshot]:
    """The snapshots of the records; one that can't be read is left out, with a warning."""
    failures = 0
    for record in records:
        try:
            yield store.snapshot(record)
        except StoreError as error:
            failures += 1
            _LOG.warning("left out of the recent verification: %s", error)
        if failures == _MAX_FAILURES:
            return


def verify(snapshots: Iterable[Snapshot], histories: Mapping[str, History]) -> dict[str, Any]:
    """For every station how many forecasts there were and from when, their scores by range of
    leads, and the last week's hours.

    Only observed hours are truth, none that quality control filled. Numbers that aren't known are
    None.

    Args:
        snapshots: of an issue time that is there twice, the first counts.
        histories: what came, after quality control.
    """
    parts: dict[str, dict[np.datetime64, tuple[Floats, Floats, float]]] = {
        station: {} for station in histories
    }
    for snapshot in snapshots:
        for s, station in enumerate(snapshot.stations):
            last_c = float(snapshot.observed["temp_c"][s, -1])
            of_station = snapshot.quantiles["temp_c"][s], snapshot.hourly_rain_chance[s], last_c
            parts.get(station.id, {}).setdefault(snapshot.issued_at[s], of_station)
    return {
        station: _verify_station(_stacked(parts[station]), history)
        for station, history in histories.items()
    }


def _first_of_every(at_hour: Mapping[int, SnapshotRecord], every_h: int) -> list[SnapshotRecord]:
    first: dict[int, SnapshotRecord] = {}
    for hour in sorted(at_hour):
        first.setdefault(hour // every_h, at_hour[hour])
    return list(reversed(first.values()))


def _hour_of(record: SnapshotRecord) -> int:
    return int(record.issued_at.timestamp()) // 3600


def _stacked(parts: Mapping[np.datetime64, tuple[Floats, Floats, float]]) -> _PastForecasts:
    issued_at = np.array(sorted(parts), dtype="datetime64[h]")
    temp_c, rain_chance, last_c = (
        zip(*(parts[at] for at in issued_at), strict=True) if parts else ((), (), ())
    )
    return _PastForecasts(
        issued_at=issued_at,
        temp_c=np.array(temp_c, dtype=np.float64).reshape(
            len(parts), HORIZON_H, -1 if parts else P90 + 1
        ),
        rain_chance=np.array(rain_chance, dtype=np.float64).reshape(-1, HORIZON_H),
        last_c=np.array(last_c, dtype=np.float64),
    )


def _verify_station(past: _PastForecasts, history: History) -> dict[str, Any]:
    observed_c, wet = _observed(history)
    rows = _row_numbers(history, past.issued_at[:, None] + np.arange(1, HORIZON_H + 1))
    spans = {
        name: slice(first - 1, last) for name, (first, last) in VERIFICATION_LEAD_RANGES.items()
    }
    return {
        "forecasts": len(past.issued_at),
        "from": _iso_hour(past.issued_at[0]) if len(past.issued_at) else None,
        "until": _iso_hour(past.issued_at[-1]) if len(past.issued_at) else None,
        "leads": {
            name: _scores(past, observed_c[rows], wet[rows], leads) for name, leads in spans.items()
        },
        "series": _series(past, history, observed_c),
    }


def _observed(history: History) -> tuple[Floats, Floats]:
    """Observed temperature and whether it rained, each with one more row for all hours that aren't
    known: shape (n + 1,)."""
    filled = np.zeros(len(history), dtype=bool) if history.filled is None else history.filled
    rain = history.column("precip_mm")
    observed_c = np.where(filled, np.nan, history.column("temp_c"))
    return np.append(observed_c, np.nan), np.append(
        np.where(np.isfinite(rain), rain >= WET_MM, np.nan), np.nan
    )


def _row_numbers(history: History, valid_at: Hours) -> Positions:
    """Where these hours stand in the history; its length for those outside it."""
    rows: Positions = (valid_at - history.valid_at[0]).astype(np.int64)
    return np.where((rows >= 0) & (rows < len(history)), rows, len(history))


def _scores(past: _PastForecasts, observed_c: Floats, wet: Floats, leads: slice) -> dict[str, Any]:
    observed, rained = observed_c[:, leads], wet[:, leads]
    low, median, high = (past.temp_c[:, leads, level] for level in (P10, MEDIAN, P90))
    inside = np.where(np.isfinite(observed), (low <= observed) & (observed <= high), np.nan)
    surprise = (past.rain_chance[:, leads] - rained) ** 2
    return {
        "hours": int(np.isfinite(observed).sum()),
        "mae_c": _mean(np.abs(median - observed)),
        "bias_c": _mean(median - observed),
        "coverage_80": _mean(inside),
        "persistence_mae_c": _mean(np.abs(past.last_c[:, None] - observed)),
        "rain_hours": int(np.isfinite(surprise).sum()),
        "rain_brier": _mean(surprise),
    }


def _series(past: _PastForecasts, history: History, observed_c: Floats) -> list[dict[str, Any]]:
    """The last week's hours: what was observed, and the forecast issued nearest to a day before, of
    two as near the newer."""
    rows = np.arange(max(0, len(history) - _SERIES_H), len(history))
    return [
        {
            "valid_at": _iso_hour(history.valid_at[row]),
            "observed_c": _rounded(observed_c[row], 2),
            **_forecast_of_hour(past, history.valid_at[row]),
        }
        for row in rows
    ]


def _forecast_of_hour(past: _PastForecasts, valid_at: np.datetime64) -> dict[str, Any]:
    lead_h = (valid_at - past.issued_at).astype(np.int64)
    away = np.where((lead_h >= 1) & (lead_h <= HORIZON_H), np.abs(lead_h - _DAY_AHEAD_H), HORIZON_H)
    if not (away < HORIZON_H).any():
        return {"lead_h": None, "p10_c": None, "p50_c": None, "p90_c": None}
    i = len(away) - 1 - int(np.argmin(away[::-1]))
    lead = int(lead_h[i])
    p10, p50, p90 = (_rounded(past.temp_c[i, lead - 1, level], 2) for level in (P10, MEDIAN, P90))
    return {"lead_h": lead, "p10_c": p10, "p50_c": p50, "p90_c": p90}


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return _rounded(known.mean(), 4) if len(known) else None


def _rounded(value: Any, digits: int) -> float | None:
    return (
        round(float(value), digits) + 0.0 if np.isfinite(value) else None
    )  # no minus before a zero


def _iso_hour(hour: np.datetime64) -> str:
    return f"{hour}:00Z"
