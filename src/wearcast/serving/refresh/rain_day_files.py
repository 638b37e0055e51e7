"""The chances of wet days in past forecasts: they are drawn from a snapshot's trajectories once.

<origin>/rain_days/<when>-<version>.json  by station and local date the chance of a wet hour

A day's chance is that of the newest forecast of each earlier local date.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from wearcast.artifacts import read_json
from wearcast.config import Station
from wearcast.forecasting.daily import covered_days
from wearcast.forecasting.local_time import local_time
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.refresh.kept_forecasts import KeptForecasts
from wearcast.serving.refresh.ledger_files import BROKEN, drop_broken, write_day
from wearcast.serving.refresh.past_shards import PastSnapshots, read_records
from wearcast.serving.refresh.realised_rain_days import Chances
from wearcast.serving.store.snapshot_store import SnapshotRecord

FOLDER: Final = "rain_days"

_Told = dict[str, dict[str, float]]
"""By station and local date of a snapshot, the chances."""

_Wanted = dict[SnapshotRecord, dict[str, np.datetime64]]
"""By record the stations of which it is the newest of a local date, and that date."""


@dataclass(frozen=True)
class RainDayFiles:
    """The files of some stations.

    Attributes:
        folder: of the forecasts' origin.
        store: where snapshots are published.
        stations: those whose days are judged.
    """

    folder: Path
    store: PastSnapshots
    stations: Sequence[Station]

    def chances(
        self, forecasts: Iterable[tuple[SnapshotRecord, KeptForecasts]]
    ) -> dict[str, dict[np.datetime64, Chances]]:
        """By station and local date of issue, the chances of the days after it.

        Args:
            forecasts: of the past, the newest first, each with its record.

        Raises:
            ArtifactError: a file can't be written.
        """
        wanted = self._wanted(forecasts)
        told = self._told(wanted)
        self._delete_others(wanted)
        found: dict[str, dict[np.datetime64, Chances]] = {}
        for record, dates in wanted.items():
            of_record = told[record]
            for station, issued_on in dates.items():
                if station in of_record:
                    days = _after(issued_on, of_record[station])
                    of_station = found.setdefault(station, {})
                    of_station[issued_on] = days
        return found

    def _told(self, wanted: _Wanted) -> dict[SnapshotRecord, _Told]:
        """What each record says of the stations that are wanted of it, and of others."""
        told = {record: self._of_file(record) for record in wanted}
        lacking = []
        for record, dates in wanted.items():
            if dates.keys() - told[record].keys():
                lacking.append(record)
        for record, snapshot in read_records(self.store, lacking):
            of_record = told[record]
            drawn = _drawn(snapshot, wanted[record].keys() - of_record.keys())
            of_record.update(drawn)
            write_day(self._path(record), of_record)
        return told

    def _wanted(self, forecasts: Iterable[tuple[SnapshotRecord, KeptForecasts]]) -> _Wanted:
        """By record the stations of which it is the newest of a local date, and that date."""
        by_id = {station.id: station for station in self.stations}
        seen: set[tuple[str, np.datetime64]] = set()
        wanted: _Wanted = {}
        for record, part in forecasts:
            for row, id in enumerate(part.stations.tolist()):
                if id not in by_id:
                    continue
                local = local_time(part.issued_at[[row]], by_id[id])
                (issued_on,) = local.astype("datetime64[D]")
                date = id, issued_on
                if date not in seen:
                    seen.add(date)
                    of_record = wanted.setdefault(record, {})
                    of_record[id] = issued_on
        return wanted

    def _of_file(self, record: SnapshotRecord) -> _Told:
        path = self._path(record)
        try:
            return _checked(read_json(path))
        except FileNotFoundError:
            return {}
        except BROKEN as error:
            drop_broken(path, error)
            return {}

    def _delete_others(self, wanted: Iterable[SnapshotRecord]) -> None:
        """Delete the files of snapshots that a newer one of the date has replaced, and of dates
        that are over for long."""
        kept = {self._path(record) for record in wanted}
        for path in (self.folder / FOLDER).glob("*.json"):
            if path not in kept:
                path.unlink()

    def _path(self, record: SnapshotRecord) -> Path:
        hour = f"{record.issued_at:%Y%m%dT%H}"
        version = record.version[:16]
        name = f"{hour}-{version}.json"
        return self.folder / FOLDER / name


def _drawn(snapshot: Snapshot, stations: Iterable[str]) -> _Told:
    """What a snapshot says of the days of some stations; of one that it hasn't, nothing."""
    known = {station.id for station in snapshot.stations}
    told = {}
    for station in sorted(known.intersection(stations)):
        chances = {}
        for day in covered_days(snapshot, station):
            if np.isfinite(day.daily_rain_chance):
                chances[str(day.date)] = day.daily_rain_chance
        told[station] = chances
    return told


def _checked(content: Any) -> _Told:
    """The content of a file.

    Raises:
        ValueError, AttributeError, TypeError: it is something else.
    """
    told = {}
    for station, days in content.items():
        told[station] = {str(np.datetime64(on, "D")): float(chance) for on, chance in days.items()}
    return told


def _after(issued_on: np.datetime64, days: Mapping[str, float]) -> Chances:
    """The chances of the days after that of the issue."""
    dated = {np.datetime64(on): chance for on, chance in days.items()}
    return {on: chance for on, chance in dated.items() if on > issued_on}
