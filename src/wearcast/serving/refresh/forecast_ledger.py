"""The ledger of what was forecast and of what that was worth, beside the refresh's observations.

<origin>/forecasts/<when>-<version>.npz  of a published snapshot what is verified (forecast_files)
<origin>/days/2013-03-12.json            by station the sums of the scores of a day's hours, UTC
<origin>/guidance/2013-03-12.json        the same of numerical models (guidance_days)

It follows the store: what was published enters it at the next refresh, and a refresh that is killed
before it publishes leaves nothing in it. A day's sums aren't added to but made anew from all its
forecasts, which are kept until a day has been over for `_LATE_D` days: observations that come late
count, and nothing counts twice, wherever a refresh is killed. After that its sums stay as they are.
While a published snapshot is still to be read, no sums are written, so that all days stay open.

The clock is the newest issue time, of a replay too. Another model's or source's ledger is deleted.
"""

import hashlib
import json
import logging
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.serving.refresh.forecast_files import ForecastFiles
from wearcast.serving.refresh.guidance_days import GuidanceDays
from wearcast.serving.refresh.kept_forecasts import KeptForecasts, past_of_station
from wearcast.serving.refresh.ledger_files import (
    checked_sums,
    in_usable_folder,
    read_days,
    write_day,
)
from wearcast.serving.refresh.live_verification import PERIOD, origin, records_of_ledger
from wearcast.serving.refresh.past_shards import PastShards
from wearcast.serving.refresh.realised_scores import (
    SUMS,
    VARIABLES,
    daily_sums,
    figures,
    scored_ranges,
    temperature_figures,
)
from wearcast.serving.store.snapshot_store import SnapshotRecord

_LOG: Final = logging.getLogger(__name__)

FOLDER: Final = ".verification"
"""The name of the first partition's ledger among the folders of the stations, which never begin
with a dot; those of the others have the partition's number behind it."""

PERIODS_D: Final = (2, 14)
"""The scores told are of so many days, UTC, the one of the newest issue time the last of them."""

_FIRST_DAY_H: Final = 24
"""Each day's scores are of leads up to this one."""

_LATE_D: Final = 2
_KEPT_D: Final = max(PERIODS_D)
_MOST_READ: Final = 48
"""The most snapshots that one refresh reads from the store: a ledger that begins in a full store
takes a few refreshes to catch up."""

_DAY: Final = np.timedelta64(1, "D")
_VERIFIED: Final = np.timedelta64(PERIOD, "h")
"""For so long forecasts are kept in any case."""

DaySums = dict[str, Floats]
"""By station the sums of one day: (variables, ranges, len(SUMS))."""


@dataclass(frozen=True)
class ForecastLedger:
    """The ledger.

    Attributes:
        folder: its own.
        store: where snapshots are published.
        climates: the climatology of every station.
        horizon_h: how far ahead the forecasts reach.
        guidance: by station, what numerical models said of the last weeks.
        known: by file, past forecasts that this refresh has read already.
    """

    folder: Path
    store: PastShards
    climates: Mapping[str, StationClimatology]
    horizon_h: int
    guidance: Mapping[str, GuidanceRecord] = field(default_factory=dict)
    known: dict[Path, KeptForecasts | None] = field(default_factory=dict)

    def update(
        self,
        published: Iterable[SnapshotRecord],
        now: SnapshotRecord,
        histories: Mapping[str, History],
    ) -> dict[str, dict[str, Any]]:
        """Verify the published forecasts against what came; by station `last_days`, by the number
        of days in `PERIODS_D` their scores as `realised_scores.figures` gives them, and
        `forecast_by_day`, those of each day's temperature on the first day ahead, the first day
        first; and `numerical_models`, their errors beside ours on the same hours.

        Args:
            published: the store's records, the newest first.
            now: the record that is about to be published.
            histories: by station, its observations after quality control.

        Raises:
            ArtifactError: the folder can't be used.
        """
        with in_usable_folder(self.folder):
            return self._update(published, now, histories)

    def _update(
        self,
        published: Iterable[SnapshotRecord],
        now: SnapshotRecord,
        histories: Mapping[str, History],
    ) -> dict[str, dict[str, Any]]:
        folder = self._folder_of(now)
        hour = _hour_of(now.issued_at)
        today = hour.astype("datetime64[D]")
        sums = self._kept_days(folder / "days", today)
        open_days = _open_days(sums, today)
        newcomers = _newcomers(sums, histories)
        days = _all_days(today) if newcomers else open_days
        records = self._records(published, now, days[0])
        kept, is_whole = self._forecasts(self.files(now), records, hour)
        first_open = today - _LATE_D * _DAY if is_whole else days[0]
        forecasts = _issued_since(days[0] - self._reach, kept)
        for day, of_day in self._verified(forecasts, histories, days).items():
            known = sums.get(day, {})
            if known or day == today or _has_pairs(of_day):
                # What is over for long stays as it is.
                sums[day] = known | of_day if day in open_days else of_day | known
        if is_whole:
            _write_days(folder, sums, days)
        days_of_models = GuidanceDays(folder / "guidance", _KEPT_D, self.horizon_h)
        of_models = days_of_models.update(
            forecasts,
            histories,
            self.guidance,
            open_days,
            is_whole,
        )
        verified_since = hour - _VERIFIED
        _delete_older(kept, min(first_open - self._reach, verified_since))
        told = self._told(sums, today, histories)
        for station, models in of_models.items():
            told[station]["numerical_models"] = models
        return told

    def _folder_of(self, now: SnapshotRecord) -> Path:
        """The folder of these forecasts' origin; others are deleted, and what a killed refresh
        left half written."""
        name = folder_name(now)
        for other in self.folder.glob("*"):
            if other.name != name:
                shutil.rmtree(other, ignore_errors=True)
        folder = self.folder / name
        for half_written in folder.glob("*/.*"):
            half_written.unlink()
        return folder

    def files(self, now: SnapshotRecord) -> ForecastFiles:
        """Past forecasts of the same origin, those of the last two weeks among them."""
        folder = self.folder / folder_name(now)
        return ForecastFiles(folder, self.store, self.horizon_h, self.known)

    def _records(
        self,
        published: Iterable[SnapshotRecord],
        now: SnapshotRecord,
        first_day: np.datetime64,
    ) -> list[SnapshotRecord]:
        """Those of forecasts that reach the first day, or that are verified in any case."""
        hour = _hour_of(now.issued_at)
        since = min(first_day - self._reach, hour - _VERIFIED)
        period = (hour - since).astype(timedelta)
        return records_of_ledger(published, now, period, len(self.store.stations))

    def _forecasts(
        self, files: ForecastFiles, records: Sequence[SnapshotRecord], hour: np.datetime64
    ) -> tuple[dict[Path, KeptForecasts], bool]:
        """The forecasts before an hour, in the order of publication, by file; what the ledger lacks
        of the records is read from the store. And whether that is all."""
        kept = self._read(files, hour)
        lacking = [record for record in records if files.path(record) not in kept]
        left = len(lacking)
        for record, forecasts in files.read(lacking[:_MOST_READ]):
            left -= 1
            if forecasts:
                files.keep(record, forecasts)
                kept[files.path(record)] = forecasts
        return dict(sorted(kept.items())), left == 0

    def _read(self, files: ForecastFiles, now: np.datetime64) -> dict[Path, KeptForecasts]:
        """The forecasts on disk that were issued before `now`; a replay that began again deletes
        those of its last round."""
        kept = {}
        for path, forecasts in files.all().items():
            if forecasts.issued_at.max() < now:
                kept[path] = forecasts
            else:
                path.unlink()
        return kept

    def _kept_days(self, folder: Path, today: np.datetime64) -> dict[np.datetime64, DaySums]:
        """The sums on disk, the oldest first; those of days that are over for long, or that are to
        come again in a replay, are deleted."""
        first = today - (_KEPT_D - 1) * _DAY
        return read_days(folder, first, today, self._of_file)

    def _of_file(self, content: Any) -> DaySums:
        return {station: checked_sums(sums, self._shape) for station, sums in content.items()}

    def _verified(
        self,
        forecasts: Sequence[KeptForecasts],
        histories: Mapping[str, History],
        days: Hours,
    ) -> dict[np.datetime64, DaySums]:
        """By day, the sums of the stations that have observations."""
        by_day: dict[np.datetime64, DaySums] = {day: {} for day in days}
        if not forecasts:
            return by_day
        for station, history in histories.items():
            past = past_of_station(forecasts, station)
            climate = self.climates[station]
            sums = daily_sums(past, history, climate, days)
            for day, of_day in zip(days, sums, strict=True):
                by_day[day][station] = of_day
        return by_day

    @property
    def _reach(self) -> np.timedelta64:
        return np.timedelta64(self.horizon_h, "h")

    def _told(
        self,
        sums: Mapping[np.datetime64, DaySums],
        today: np.datetime64,
        stations: Iterable[str],
    ) -> dict[str, dict[str, Any]]:
        told: dict[str, dict[str, Any]] = {}
        for station in stations:
            by_day = {day: of_day[station] for day, of_day in sums.items() if station in of_day}
            last_days = {}
            for period_d in PERIODS_D:
                before = today - period_d * _DAY
                total = self._nothing()
                for day, of_station in by_day.items():
                    if day > before:
                        total += of_station
                last_days[str(period_d)] = figures(total, self.horizon_h)
            each_day = [self._day_told(day, by_day[day]) for day in sorted(by_day)]
            told[station] = {
                "last_days": last_days,
                "forecast_by_day": [day for day in each_day if day],
            }
        return told

    def _day_told(self, day: np.datetime64, sums: Floats) -> dict[str, Any]:
        first_day = temperature_figures(sums, self.horizon_h, _FIRST_DAY_H)
        return {"on": str(day), **first_day} if first_day else {}

    def _nothing(self) -> Floats:
        return np.zeros(self._shape)

    @property
    def _shape(self) -> tuple[int, int, int]:
        """Of the sums of a station's day."""
        ranges = scored_ranges(self.horizon_h)
        return len(VARIABLES), len(ranges), len(SUMS)


def folder_of_partition(history: Path, number: int) -> Path:
    """The folder of a partition's ledger among those of the stations."""
    return history / (f"{FOLDER}-{number}" if number else FOLDER)


def folders_of_origin(history: Path, record: SnapshotRecord) -> list[Path]:
    """Those of all partitions' ledgers for forecasts of the same origin."""
    of_partitions = [history / FOLDER, *sorted(history.glob(f"{FOLDER}-*"))]
    return [folder / folder_name(record) for folder in of_partitions]


def forget_partitions(history: Path, count: int) -> None:
    """Delete the ledgers of partitions that there are no more, of so many."""
    kept = {folder_of_partition(history, number) for number in range(count)}
    for folder in history.glob(f"{FOLDER}-*"):
        if folder not in kept:
            shutil.rmtree(folder, ignore_errors=True)


def folder_name(now: SnapshotRecord) -> str:
    """The name of the folder of all forecasts of the same origin."""
    told = json.dumps(origin(now))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _all_days(today: np.datetime64) -> Hours:
    """The days that the ledger keeps."""
    first = today - (_KEPT_D - 1) * _DAY
    return np.arange(first, today + _DAY)


def _open_days(sums: Mapping[np.datetime64, DaySums], today: np.datetime64) -> Hours:
    """The days whose sums are made anew: those that weren't over for `_LATE_D` days when the ledger
    was written last, and all since; of an empty ledger, all that it keeps."""
    kept = _all_days(today)
    newest = max(sums, default=kept[0])
    return kept[kept >= newest - _LATE_D * _DAY]


def _newcomers(sums: Mapping[np.datetime64, DaySums], stations: Iterable[str]) -> frozenset[str]:
    """The stations of which a ledger that isn't empty knows no day: new ones, and such as another
    partition's ledger had."""
    known = {station for of_day in sums.values() for station in of_day}
    return frozenset(stations) - known if sums else frozenset()


def _issued_since(first: np.datetime64, kept: Mapping[Path, KeptForecasts]) -> list[KeptForecasts]:
    """Those that reach days from then on, in their order."""
    return [forecasts for forecasts in kept.values() if forecasts.issued_at.max() >= first]


def _delete_older(kept: Mapping[Path, KeptForecasts], first: np.datetime64) -> None:
    """Delete the files of forecasts that nothing is still to be told of."""
    for path, forecasts in kept.items():
        if forecasts.issued_at.max() < first:
            path.unlink()


def _has_pairs(sums: DaySums) -> bool:
    return any(of_station.any() for of_station in sums.values())


def _hour_of(at: datetime) -> np.datetime64:
    in_utc = at.astimezone(UTC).replace(tzinfo=None)
    return np.datetime64(in_utc, "h")


def _as_json(sums: DaySums) -> dict[str, Any]:
    content = {}
    for station, of_station in sums.items():
        content[station] = of_station.tolist()
    return content


def _write_days(folder: Path, sums: Mapping[np.datetime64, DaySums], days: Hours) -> None:
    """Write the days that there is something of, the newest last: where it stands, all before it
    are done."""
    for day in days:
        if day in sums:
            path = folder / "days" / f"{day}.json"
            write_day(path, _as_json(sums[day]))
