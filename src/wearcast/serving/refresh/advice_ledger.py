"""The ledger of what past advice was worth, beside that of the forecasts.

<origin>/advice/2013-03-12.json  by station the scores of the advice for that local date

A day is judged once all its hours were measured, by the last snapshot of the evening before, which
is read from the store. A judged day stays as it is, so that nothing counts twice, wherever a
refresh is killed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting.history import History
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.serving.refresh.forecast_ledger import PERIODS_D, folder_name
from wearcast.serving.refresh.ledger_files import in_usable_folder, read_days, write_day
from wearcast.serving.refresh.live_verification import latest_by_hour
from wearcast.serving.refresh.past_shards import PastSnapshots, read_records
from wearcast.serving.refresh.realised_advice import (
    PastDay,
    checked,
    day_figures,
    figures,
    judged,
    past_days,
)
from wearcast.serving.store.snapshot_store import SnapshotRecord

_KEPT_D: Final = max(PERIODS_D)
_EVENING_H: Final = 6
"""A day's advice is that of the last snapshot issued in so many hours before it."""

Judgements = dict[date, dict[str, Any]]
"""By local date and station the scores, None where the snapshot has no advice for it."""


class _Case(NamedTuple):
    """A day of a station that is to be judged."""

    station: Station
    day: PastDay


@dataclass(frozen=True)
class AdviceLedger:
    """The ledger.

    Attributes:
        folder: that of the ledger of forecasts, which clears it.
        store: where snapshots are published.
        stations: all that are forecast.
        climates: the climatology of every station.
    """

    folder: Path
    store: PastSnapshots
    stations: Iterable[Station]
    climates: Mapping[str, StationClimatology]

    def update(
        self,
        published: Iterable[SnapshotRecord],
        now: SnapshotRecord,
        measured: Mapping[str, History],
    ) -> dict[str, dict[str, Any]]:
        """Judge the days that have come; by station `last_days_advice`, by the number of its last
        whole days the scores as `realised_advice.figures` gives them, and `advice_by_day`, those of
        each day as `realised_advice.day_figures` does, the first day first.

        Args:
            published: the store's records, the newest first.
            now: the record that is about to be published.
            measured: by station, its observations without what was filled.

        Raises:
            ArtifactError: the folder can't be used.
        """
        with in_usable_folder(self.folder):
            return self._update(published, now, measured)

    def _update(
        self,
        published: Iterable[SnapshotRecord],
        now: SnapshotRecord,
        measured: Mapping[str, History],
    ) -> dict[str, dict[str, Any]]:
        folder = self.folder / folder_name(now) / "advice"
        known = _known(folder, now)
        by_hour = latest_by_hour(published, now, timedelta(days=_KEPT_D + 2))
        observed = [station for station in self.stations if station.id in measured]
        cases: dict[SnapshotRecord, list[_Case]] = {}
        for station in observed:
            for day in past_days(measured[station.id], station, _KEPT_D):
                record = _of_evening_before(by_hour, day)
                is_judged = station.id in known.get(day.on, {})
                if record and not is_judged:
                    case = _Case(station, day)
                    cases.setdefault(record, []).append(case)
        for record, snapshot in read_records(self.store, cases):
            for case in cases[record]:
                on = case.day.on
                of_day = known.setdefault(on, {})
                of_day[case.station.id] = self._judged(snapshot, case, measured)
                write_day(folder / f"{on}.json", of_day)
        told = {}
        for station in observed:
            told[station.id] = _told(known, station, measured[station.id])
        return told

    def _judged(
        self, snapshot: Snapshot, case: _Case, measured: Mapping[str, History]
    ) -> dict[str, float] | None:
        station = case.station
        climate = self.climates[station.id]
        try:
            scores = judged(
                snapshot,
                station,
                case.day,
                measured[station.id],
                climate,
            )
        except ModelError:
            return None
        values = list(scores.values())
        return scores if np.isfinite(values).all() else None


def _known(folder: Path, now: SnapshotRecord) -> Judgements:
    """What is on disk; dates that are over for long, or that are to come again in a replay, are
    deleted."""
    today = now.issued_at.astimezone(UTC).date()
    oldest = today - timedelta(days=_KEPT_D + 1)
    by_day = read_days(folder, np.datetime64(oldest), np.datetime64(today), _of_file)
    return {date.fromisoformat(str(day)): scores for day, scores in by_day.items()}


def _of_file(content: Any) -> dict[str, Any]:
    of_day = {}
    for station, scores in content.items():
        of_day[station] = None if scores is None else checked(scores)
    return of_day


def _of_evening_before(
    by_hour: Mapping[int, SnapshotRecord], day: PastDay
) -> SnapshotRecord | None:
    first_hour = int(day.valid_at[0].astype(np.int64))
    for before in range(1, _EVENING_H + 1):
        record = by_hour.get(first_hour - before)
        if record:
            return record
    return None


def _told(known: Judgements, station: Station, measured: History) -> dict[str, Any]:
    newest = measured.valid_at[-1].item().replace(tzinfo=UTC)
    today = newest.astimezone(station.zone).date()
    by_day: dict[date, dict[str, float]] = {}
    for before in range(_KEPT_D, 0, -1):
        on = today - timedelta(days=before)
        scores = known.get(on, {}).get(station.id)
        if scores:
            by_day[on] = scores
    last_days = {}
    for period_d in PERIODS_D:
        since = today - timedelta(days=period_d)
        scores_of_period = [scores for on, scores in by_day.items() if on >= since]
        last_days[str(period_d)] = figures(scores_of_period)
    each_day = [day_figures(on, scores) for on, scores in by_day.items()]
    return {"last_days_advice": last_days, "advice_by_day": each_day}
