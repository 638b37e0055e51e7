"""The refresh's own cache of numerical forecasts, beside that of the observations.

newest.parquet                             of each station, model and hour the newest forecast taken
past/<when>.parquet                        what a newer run replaced then, of leads of whole days
archive/<station>/<model>/<hours>.parquet  what the source's archive said of hours from … to …

Their values are those that quality control leaves, so that they are controlled once. A file of the
past or of the archive is never written again. Both have their forecasts as an archive
of values at a fixed age keeps them, which is what the model was trained on: of each hour the newest
run that started one to seven days before it. After `KEPT_D` days a file is deleted.

A file that can't be read is dropped, and what it held is missing until it comes again.
"""

import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as arrow
import pyarrow.parquet as pq
from pyarrow import compute

from wearcast.artifacts import read_json, write_json
from wearcast.config import Station
from wearcast.weather import guidance
from wearcast.weather.guidance import COLUMNS, DELAY_H, TIMES, VALUES
from wearcast.weather.guidance_ages import OLDEST_D

_LOG: Final = logging.getLogger(__name__)

KEPT_D: Final = 35
"""Days of forecasts kept: the bias is that of the last 30."""

_NEWEST: Final = "newest.parquet"
_DESCRIPTION: Final = "guidance.json"
_STAMP: Final = "%Y%m%dT%H%M%S"
_BEHIND: Final = pd.Timedelta(hours=24)
"""For so long the newest forecast of an hour is kept after it: observations come late."""

_FEW_H: Final = 24
"""So many unknown hours are not worth asking an archive for."""

_HOUR: Final = pd.Timedelta(hours=1)
_DAY: Final = pd.Timedelta(days=1)
_KEY: Final = ["station", "model", "valid_at"]
_TEXTS: Final = ["station", "source", "model"]
_TEXT: Final = arrow.dictionary(arrow.int32(), arrow.string())
_TIME: Final = arrow.timestamp("ns", tz="UTC")
_TYPES: Final = [
    *[_TEXT] * len(_TEXTS),
    *[_TIME] * len(TIMES),
    *[arrow.float64()] * len(VALUES),
]
"""Of `COLUMNS` in a file."""

Window = tuple[pd.Timestamp, pd.Timestamp]
"""From an hour, with it, to an hour, without it."""


class GuidanceCache:
    """The forecasts of one source for some stations.

    Args:
        folder: its own.
        source: the source's name; another's forecasts are dropped.
        stations: where they are; a station that was elsewhere drops all that is kept.

    Raises:
        ArtifactError: the folder can't be written; the methods that write raise it, too.
    """

    def __init__(self, folder: Path, source: str, stations: Sequence[Station]) -> None:
        self._folder = folder
        self._drop_if_of_others(_described(source, stations))

    def take(self, newest: pd.DataFrame, now: datetime) -> None:
        """Keep the newest runs, and what they replace."""
        taken = [self._newest] if self._newest.exists() else []
        held = guidance.conform(_as_frame(taken))
        own_runs = newest[[*_KEY, "issued_until"]]
        beside = held[_KEY].merge(own_runs, how="left", on=_KEY)
        replacing = beside["issued_until"]
        oldest = pd.Timestamp(now) - _BEHIND
        is_over = held["valid_at"] < oldest
        goes = replacing.notna() | is_over
        gap = replacing - held["issued_until"]
        known_gap = gap.fillna(_DAY)
        past = as_archived(held[goes], known_gap[goes])
        if len(past):
            name = f"{now:{_STAMP}}.parquet"
            guidance.write_parquet(self._folder / "past" / name, past)
        kept = guidance.concatenate([held[~goes], newest])
        guidance.write_parquet(self._newest, kept)

    def add_archived(self, station: str, model: str, window: Window, rows: pd.DataFrame) -> None:
        """Keep what the source's archive said of the hours of a window, be it nothing."""
        start, end = window
        name = f"{start:{_STAMP}}-{end:{_STAMP}}.parquet"
        guidance.write_parquet(self._folder / "archive" / station / model / name, rows)

    def lacking(
        self, table: pd.DataFrame, pairs: Iterable[tuple[str, str]], now: datetime
    ) -> dict[tuple[str, str], Window]:
        """Of stations and models the hours of which neither a forecast a day old nor what the
        archive says is known; none where they are few.

        Args:
            table: what `read` gives.
            pairs: ids of stations, and names of models.
        """
        until = pd.Timestamp(now).floor("h")
        since = until - KEPT_D * _DAY
        hours = pd.date_range(since, until, freq="h", inclusive="left")
        lead = table["valid_at"] - table["issued_until"]
        is_old = lead >= _DAY
        by_pair = table[is_old].groupby(["station", "model"], observed=True)
        known_hours = {pair: rows.unique() for pair, rows in by_pair["valid_at"]}
        found = {}
        for station, model in pairs:
            of_pair = known_hours.get((station, model), ())
            is_known = hours.isin(of_pair)
            for start, end in self._asked(station, model):
                is_known |= (hours >= start) & (hours < end)
            unknown = hours[~is_known]
            if len(unknown) > _FEW_H:
                found[station, model] = (unknown[0], unknown[-1] + _HOUR)
        return found

    def read(self, now: datetime) -> pd.DataFrame:
        """All rows of the last `KEPT_D` days and of the hours ahead, in no order; older files are
        deleted, and so are broken ones."""
        since = pd.Timestamp(now) - KEPT_D * _DAY
        self._drop_older(since)
        return _as_frame(sorted(self._folder.rglob("*.parquet")), since)

    @property
    def _newest(self) -> Path:
        return self._folder / _NEWEST

    def _asked(self, station: str, model: str) -> Iterator[Window]:
        """The hours that the archive was asked for."""
        for path in (self._folder / "archive" / station / model).glob("*.parquet"):
            yield _window_of(path)

    def _drop_older(self, since: pd.Timestamp) -> None:
        for path in self._folder.glob("past/*.parquet"):
            taken_at = _stamped(path.stem)
            if taken_at + OLDEST_D * _DAY < since:
                path.unlink()
        for path in self._folder.glob("archive/*/*/*.parquet"):
            _, end = _window_of(path)
            if end < since:
                path.unlink()

    def _drop_if_of_others(self, described: Mapping[str, Any]) -> None:
        path = self._folder / _DESCRIPTION
        try:
            known = read_json(path)
            source = known["source"]
            places = dict(known["places"])
        except (OSError, ValueError, KeyError, TypeError):
            source, places = None, {}
        wanted = described["places"]
        moved = [id for id in wanted if places.get(id, wanted[id]) != wanted[id]]
        if source != described["source"] or moved:
            if self._folder.exists():
                why = f"station {moved[0]} has moved" if moved else f"they were {source}'s"
                _LOG.warning("the forecasts kept in %s are dropped: %s", self._folder, why)
            shutil.rmtree(self._folder, ignore_errors=True)
            places = {}
        write_json(path, {**described, "places": {**places, **wanted}})


def as_archived(rows: pd.DataFrame, gap: pd.Series) -> pd.DataFrame:
    """Rows of runs as an archive keeps them that has of each hour the newest run that started one
    to seven whole days before.

    Args:
        rows: of runs.
        gap: how long after each row's run the next one started.
    """
    lead = rows["valid_at"] - rows["issued_until"]
    days = pd.TimedeltaIndex(lead).days.to_numpy()
    before = pd.to_timedelta(days, unit="D")
    is_kept = (days >= 1) & (days <= OLDEST_D) & (lead - before < gap)
    usual = rows["valid_at"] - before + DELAY_H * _HOUR
    available_at = rows["available_at"].where(rows["available_at"] > usual, usual)
    archived: pd.DataFrame = rows.assign(available_at=available_at)[is_kept]
    return archived


def _as_frame(paths: Iterable[Path], since: pd.Timestamp | None = None) -> pd.DataFrame:
    """The rows of the files that can be read, from an hour on; the others are deleted."""
    tables = []
    for path in paths:
        try:
            with pq.ParquetFile(path, read_dictionary=_TEXTS) as file:
                table = file.read(list(COLUMNS))
            tables.append(_compact(table, since))
        except (OSError, arrow.ArrowException, KeyError, ValueError) as error:
            _LOG.warning("%s can't be read, and is dropped: %s", path, error)
            path.unlink(missing_ok=True)
    if not tables:
        return guidance.concatenate([])
    frame: pd.DataFrame = arrow.concat_tables(tables).unify_dictionaries().to_pandas()
    return frame


def _compact(table: arrow.Table, since: pd.Timestamp | None) -> arrow.Table:
    """The rows from an hour on, their values in half the memory: there are a million of fifty
    stations.

    Raises:
        ValueError: it is another table.
    """
    if [field.type for field in table.schema] != _TYPES:
        raise ValueError("it holds something else than numerical forecasts")
    if since is not None:
        table = table.filter(compute.field("valid_at") >= since)
    fields = []
    for field in table.schema:
        is_value = field.type == arrow.float64()
        fields.append(field.with_type(arrow.float32()) if is_value else field)
    return table.cast(arrow.schema(fields))


def _window_of(path: Path) -> Window:
    """The hours that a file's name says; none of a name that nobody here gives."""
    start, _, end = path.stem.partition("-")
    return _stamped(start), _stamped(end)


def _stamped(text: str) -> pd.Timestamp:
    """The time that a file's name says; NaT, which no hour is before or after, of another one."""
    at: Any = pd.to_datetime(text, format=_STAMP, utc=True, errors="coerce")
    stamped: pd.Timestamp = at
    return stamped


def _described(source: str, stations: Sequence[Station]) -> dict[str, Any]:
    places = {}
    for station in stations:
        places[station.id] = [station.latitude, station.longitude, station.elevation_m]
    return {"source": source, "places": places}
