"""The files with numerical forecasts of a station, in `<history>/<station>/.guidance/`.

newest.parquet   of each model and hour the newest forecast taken
past.parquet     what newer runs have replaced, of leads of whole days
archive.parquet  what the source's archive said, and of which hours it was asked
guidance.json    the source, the place, and what was taken over of the cache before (`earlier`)

Each is replaced as a whole. One whose content is broken is dropped, and what it held is missing
until it comes again. Where the system refuses to read one, OSError is raised, and it stays.
"""

import json
import logging
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import pandas as pd
import pyarrow as arrow
import pyarrow.parquet as pq
from pyarrow import compute

from wearcast.artifacts import read_json, write_json
from wearcast.config import Station
from wearcast.serving.refresh.ledger_files import drop_broken
from wearcast.weather import guidance
from wearcast.weather.guidance import COLUMNS, TIMES, VALUES
from wearcast.weather.observations import write_parquet

_LOG: Final = logging.getLogger(__name__)

FOLDER: Final = ".guidance"
"""The name of the folder in a station's; no id begins with a dot."""

_NEWEST: Final = "newest.parquet"
_PAST: Final = "past.parquet"
_ARCHIVE: Final = "archive.parquet"
_DESCRIPTION: Final = "guidance.json"
_NOTE: Final = "wearcast"
_TEXTS: Final = ["station", "source", "model"]
_TEXT: Final = arrow.dictionary(arrow.int32(), arrow.string())
_TIME: Final = arrow.timestamp("ns", tz="UTC")
_TYPES: Final = [
    *[_TEXT] * len(_TEXTS),
    *[_TIME] * len(TIMES),
    *[arrow.float64()] * len(VALUES),
]
"""Of `COLUMNS` in a file."""

_BATCH: Final = 32_768
"""So many rows are read at once: pyarrow filters them in their order."""

Window = tuple[pd.Timestamp, pd.Timestamp]
"""From an hour, with it, to an hour, without it."""


class Archived(NamedTuple):
    """What an archive said of a model, be it nothing, of the hours that it was asked for."""

    model: str
    window: Window
    rows: pd.DataFrame


@dataclass(frozen=True)
class GuidanceFiles:
    """A station's files.

    Attributes:
        folder: their own.
    """

    folder: Path

    @classmethod
    def of(cls, history: Path, station: str) -> "GuidanceFiles":
        """Those in the folder of all stations' observations."""
        return cls(history / station / FOLDER)

    def description(self) -> dict[str, Any]:
        """What `describe` wrote; empty where it is missing or broken.

        Raises:
            OSError: the system refuses to read it; as of all that read.
        """
        try:
            described: dict[str, Any] = dict(read_json(self.folder / _DESCRIPTION))
        except (FileNotFoundError, ValueError, TypeError):
            return {}
        return described

    def describe(self, source: str, station: Station, earlier: str) -> None:
        """Say what the files hold.

        Args:
            source: the name of the source.
            station: whose they are.
            earlier: which state of the cache before was taken over; empty for none.

        Raises:
            ArtifactError: it can't be written.
        """
        content = {"source": source, "place": place_of(station), "earlier": earlier}
        write_json(self.folder / _DESCRIPTION, content)

    def drop(self) -> None:
        """Delete them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def newest(self) -> Path:
        """The file with the newest forecasts."""
        return self.folder / _NEWEST

    def write_newest(self, rows: pd.DataFrame) -> None:
        """Replace the newest forecasts.

        Raises:
            ArtifactError: they can't be written; as of all that write.
        """
        guidance.write_parquet(self.newest, rows)

    def add_past(self, rows: pd.DataFrame, since: pd.Timestamp) -> None:
        """Keep what newer runs replace; of hours before `since` nothing is kept on."""
        path = self.folder / _PAST
        held = as_frame([path], since)
        added = rows[rows["valid_at"] >= since]
        known = _joined([held, added])
        kept = known.drop_duplicates(guidance.KEY, ignore_index=True)
        if len(kept) or path.exists():
            write_parquet(path, kept)

    def add_archived(self, answers: Iterable[Archived], since: pd.Timestamp) -> None:
        """Keep what the source's archive said; of hours before `since` nothing is kept on."""
        path = self.folder / _ARCHIVE
        tables = [as_frame([path], since)]
        asked = self.asked()
        for answer in answers:
            tables.append(answer.rows[answer.rows["valid_at"] >= since])
            asked.append((answer.model, answer.window))
        windows = []
        for model, (start, end) in dict.fromkeys(asked):
            if end > since:
                windows.append([model, str(start), str(end)])
        rows = _joined(tables).drop_duplicates(guidance.KEY, ignore_index=True)
        write_parquet(path, rows, {_NOTE: json.dumps(windows)})

    def asked(self) -> list[tuple[str, Window]]:
        """The models and hours that the archive was asked for."""
        try:
            with pq.ParquetFile(self.folder / _ARCHIVE) as file:
                footer = file.metadata.metadata or {}
            found = []
            for model, start, end in json.loads(footer[_NOTE.encode()]):
                found.append((model, (pd.Timestamp(start), pd.Timestamp(end))))
            return found
        except OSError as error:
            if is_refused(error):
                raise
            return []
        except (arrow.ArrowException, KeyError, ValueError, TypeError):
            return []

    def read(self, since: pd.Timestamp) -> pd.DataFrame:
        """All rows from an hour on: those of the archive, then the newest, then the past."""
        return as_frame([self.folder / name for name in (_ARCHIVE, _NEWEST, _PAST)], since)


def by_station(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The rows of each station, in their order."""
    parts = table.groupby("station", sort=False, observed=True)
    return {str(id): rows.reset_index(drop=True) for id, rows in parts}


def place_of(station: Station) -> list[float]:
    """Where a station is: forecasts are for its coordinates and height."""
    return [station.latitude, station.longitude, station.elevation_m]


def as_frame(
    paths: Sequence[Path], since: pd.Timestamp | None = None, stations: Sequence[str] = ()
) -> pd.DataFrame:
    """The rows of the files, from an hour on, of all or of some stations; one whose content is
    broken is deleted. Beside what it gives, it holds no more than `_BATCH` rows.

    Raises:
        OSError: the system refuses to read a file, which stays.
    """
    kept = _condition(since, stations)
    tables = []
    for path in paths:
        try:
            tables.append(_rows(path, kept))
        except FileNotFoundError:
            continue
        except OSError as error:
            if is_refused(error):
                raise
            drop_broken(path, error)
        except (arrow.ArrowException, KeyError, ValueError) as error:
            drop_broken(path, error)
    if not tables:
        return guidance.concatenate([])
    frame: pd.DataFrame = arrow.concat_tables(tables).unify_dictionaries().to_pandas()
    return frame


def _condition(since: pd.Timestamp | None, stations: Sequence[str]) -> compute.Expression:
    """What is kept of a file's rows."""
    kept = compute.scalar(True)
    if stations:
        kept &= compute.field("station").isin(list(stations))
    if since is not None:
        kept &= compute.field("valid_at") >= arrow.scalar(since, _TIME)
    return kept


def _rows(path: Path, kept: compute.Expression) -> arrow.Table:
    """Of a file the rows that are kept, read a batch after the other."""
    with pq.ParquetFile(path, read_dictionary=_TEXTS) as file:
        nothing = file.schema_arrow.empty_table().select(list(COLUMNS))
        batches = [_checked(nothing)]
        for batch in file.iter_batches(_BATCH, columns=list(COLUMNS)):
            batches.append(_checked(arrow.Table.from_batches([batch]).filter(kept)))
    return arrow.concat_tables(batches)


def is_refused(error: OSError) -> bool:
    """Whether the system refuses to read a file that is there: pyarrow's own errors, of a broken
    content, have no number."""
    return error.errno is not None and not isinstance(error, FileNotFoundError)


def _checked(table: arrow.Table) -> arrow.Table:
    """A file's table, its values in half the memory.

    Raises:
        ValueError: it is another table.
    """
    if [field.type for field in table.schema] != _TYPES:
        raise ValueError("it holds something else than numerical forecasts")
    fields = []
    for field in table.schema:
        is_value = field.type == arrow.float64()
        fields.append(field.with_type(arrow.float32()) if is_value else field)
    return table.cast(arrow.schema(fields))


def _joined(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows as a file holds them, in their order."""
    types: Mapping[str, str] = {**dict.fromkeys(VALUES, "float64"), **dict.fromkeys(_TEXTS, "str")}
    plain = [table.astype(types) for table in tables if len(table)]
    return pd.concat(plain, ignore_index=True) if plain else guidance.concatenate([])
