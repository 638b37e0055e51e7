"""A person's own files: CSV or parquet, one file or a folder, any number of stations."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from wearcast.artifacts import sha256
from wearcast.config import Files, Station
from wearcast.errors import SourceError
from wearcast.weather.fetched_rows import between
from wearcast.weather.observations import VALUES, stations_in, validate_raw
from wearcast.weather.sources import (
    column_map,
    composite_cells,
    file_search,
    hourly_rows,
    overlaps,
    portal_export,
    station_ids,
    table_files,
    units,
)
from wearcast.weather.sources.column_checks import require_plausible_place
from wearcast.weather.sources.file_contents import Member
from wearcast.weather.sources.headings import Headings
from wearcast.weather.sources.notes import Note, summed_up
from wearcast.weather.sources.overlaps import Part
from wearcast.weather.sources.own_files import OwnFiles
from wearcast.weather.sources.sheets import GROUP, Sheet

_MODULES: Final = (
    "asos_values",
    "cell_values",
    "column_checks",
    "column_map",
    "column_pairs",
    "compass",
    "composite_cells",
    "decimal_commas",
    "file_contents",
    "file_search",
    "files",
    "heading_row",
    "headings",
    "headless_tables",
    "hourly_rows",
    "missing_codes",
    "overlaps",
    "own_files",
    "portal_export",
    "quantities",
    "rain_column",
    "report_types",
    "sheets",
    "sky_cover",
    "stamp_forms",
    "station_ids",
    "summer_time",
    "table_files",
    "text_encoding",
    "text_tables",
    "time_stamps",
    "unit_doubts",
    "unit_names",
    "units",
    "workbooks",
)
READERS: Final = tuple(Path(__file__).with_name(f"{name}.py") for name in _MODULES)
"""The code that decides what a file's rows mean."""

_SHOWN: Final = 3
"""Files or stations that one sentence names."""

SAMPLE: Final = Path("src/wearcast/weather/sample")
"""What `ingest.files.path` names in a project without files of its own: DVC wants the path to
exist."""


@dataclass
class _Read:
    """What the files have: their rows by file and station, and what kept some from being read."""

    parts: list[Part] = field(default_factory=list)
    unread: dict[str, SourceError] = field(default_factory=dict)

    @property
    def stations(self) -> list[str]:
        """Those of all files, by what these call them."""
        found = {name for part in self.parts for name in stations_in(part.rows)}
        return sorted(found)


class FilesSource:
    """Observations out of files: with a map of columns any hourly table, without one the exports of
    the Korean portal."""

    def __init__(self, settings: Files, root: Path) -> None:
        if settings.path == SAMPLE:
            raise SourceError(
                f"ingest.source is files, but ingest.files.path is still {SAMPLE.as_posix()}, the"
                " bundled sample; set it to where yours are, such as data/seoul"
                " (docs/own-data.md)."
            )
        if settings.columns or settings.units:
            column_map.check_map(settings)
        self._settings = settings
        self._path = root / settings.path
        self._files = OwnFiles(self._path, GROUP)
        self._tables: dict[str, pd.DataFrame] = {}
        self._notes: list[Note] = []

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        """The station's hours with start <= valid_at < end.

        Raises:
            SourceError: a file can't be read, two contradict each other, or none has the station.
        """
        rows = self._rows(station)
        asked = between(rows["valid_at"], start, end)
        return rows[asked].reset_index(drop=True)

    def span(self, station: Station) -> tuple[datetime, datetime]:
        """The first and the last hour of the station.

        Raises:
            SourceError: as `fetch` does.
        """
        valid_at = self._rows(station)["valid_at"]
        first = valid_at.iloc[0]
        last = valid_at.iloc[-1]
        return first.to_pydatetime(), last.to_pydatetime()

    def stations(self) -> list[str]:
        """All stations that the files have, by what these call them.

        Raises:
            SourceError: as `fetch` does.
        """
        return sorted({*self._read.stations, *self._read.unread})

    def fingerprint(self) -> str:
        """A hash of the files' names and contents, of the settings, and of the code that reads
        them."""
        files = self._files.hashes()
        readers = sha256(*READERS)
        # Where the files lie doesn't matter: the same ones elsewhere give the same.
        settings = self._settings.model_dump(mode="json", exclude={"path"})
        text = json.dumps([files, settings, readers])
        content = text.encode()
        digest = hashlib.sha256(content).hexdigest()
        return f"files sha256:{digest}"

    def notes(self) -> list[str]:
        """What people should know of the files, and of the stations that were asked for: all that
        is left out, and what was decided of the rest."""
        stations = []
        for name, error in self._read.unread.items():
            reason = str(error)
            reason = reason.removesuffix(".")
            stations.append(f"station {name!r} ({reason})")
        return [
            *self._not_read(self._unread_files()),
            *self._not_read(stations),
            *summed_up(self._notes),
        ]

    def _unread_files(self) -> list[str]:
        """The files that aren't read, and why."""
        reasons = {}
        for path, why in self._files.passed_over.items():
            name = self._files.name(path)
            reasons[name] = why
        # Nobody misses what a system wrote, so that it is named last.
        names = sorted(reasons, key=_is_of_system)
        return [f"{name} ({reasons[name]})" for name in names]

    def _not_read(self, named: Sequence[str]) -> list[str]:
        """A sentence for all of one kind that isn't read; none where all is."""
        if not named:
            return []
        shown = ", ".join(named[:_SHOWN])
        more = len(named) - _SHOWN
        if more > 0:
            shown += f" and {more} more"
        return [f"{self._path.name}: not read: {shown}."]

    @cached_property
    def _headings(self) -> Headings:
        columns = self._settings.columns
        if not columns:
            return portal_export.HEADINGS
        others = self._settings.value_columns.values()
        return Headings(tuple(self._settings.time_columns), tuple(others))

    @cached_property
    def _encodings(self) -> tuple[str, ...]:
        if self._settings.encoding:
            return (self._settings.encoding,)
        return () if self._settings.columns else portal_export.ENCODINGS

    @cached_property
    def _read(self) -> _Read:
        """All rows of all files; what can't be read of one station doesn't matter to others."""
        read = _Read()
        given = self._settings.value_columns
        missing = {ours: theirs for ours, theirs in given.items() if ours in VALUES}
        for sheet in self._sheets():
            lacks = self._lacks(sheet)
            missing = {ours: theirs for ours, theirs in missing.items() if ours in lacks}
            for station, rows in self._by_station(sheet):
                try:
                    read.parts.append(self._part(rows, lacks))
                except SourceError as error:
                    read.unread.setdefault(station.removesuffix(".0"), error)
            self._notes += sheet.notes
            if missing:
                last = sheet
        for theirs in missing.values():
            last.column(theirs)
        return read

    def _sheets(self) -> Iterator[Sheet]:
        """The tables of all files, one after the other. Files that may be other texts are passed
        over where they aren't tables, and told.

        Raises:
            SourceError: a table can't be read, or there is none.
        """
        why = "it has none of the columns' headings"
        passed_over = self._files.passed_over
        for member in self._files.members(self._is_other_text, why):
            yield from table_files.read(member, self._encodings, self._headings, passed_over)

    def _is_other_text(self, member: Member) -> bool:
        return not table_files.has_headings(member, self._encodings, self._headings)

    def _lacks(self, sheet: Sheet) -> dict[str, str]:
        """The quantities that the sheet has no column of.

        Raises:
            SourceError: it has no column of the time, of the station, or of any quantity.
        """
        columns = self._settings.value_columns
        if not columns:
            return {}
        absent = {ours: name for ours, name in columns.items() if name not in sheet.columns}
        lacks = {ours: theirs for ours, theirs in absent.items() if ours in VALUES}
        needed = [*self._settings.time_columns]
        if "station" in columns:
            needed.append(columns["station"])
        if len(lacks) == sum(ours in VALUES for ours in columns):
            needed += lacks.values()
        for name in needed:
            sheet.column(name)
        return lacks

    def _by_station(self, sheet: Sheet) -> Iterator[tuple[str, Sheet]]:
        """The sheet's rows by what it calls their station.

        Raises:
            SourceError: it doesn't say the station, as an export of the portal does.
        """
        name = self._settings.value_columns.get("station")
        if not self._settings.columns:
            name = portal_export.station_heading(sheet)
            if name is None:
                raise SourceError(_not_known(sheet))
        if name is None:
            yield self._settings.station or "", sheet
            return
        station = sheet.text(name)
        stations = station.unique()
        for own in stations:
            rows = sheet.rows(station == own) if len(stations) > 1 else sheet
            yield own, rows

    def _part(self, sheet: Sheet, lacks: dict[str, str]) -> Part:
        settings = self._settings
        if not settings.columns:
            if not portal_export.is_portal_export(sheet):
                raise SourceError(_not_known(sheet))
            rows = portal_export.read_portal(sheet, settings.time_zone, settings.time_format)
            return Part(sheet.path, rows)
        columns = {ours: name for ours, name in settings.columns.items() if ours not in lacks}
        own_units = {ours: unit for ours, unit in settings.units.items() if ours not in lacks}
        own = settings.model_copy(update={"columns": columns, "units": own_units})
        rows = column_map.read_mapped(sheet, own)
        return Part(sheet.path, rows, _steps(sheet, own), lacks)

    def _rows(self, station: Station) -> pd.DataFrame:
        """The station's rows out of all files, put together once."""
        if station.id not in self._tables:
            self._tables[station.id] = self._joined(station)
        return self._tables[station.id]

    def _joined(self, station: Station) -> pd.DataFrame:
        read = self._read
        unread = station_ids.alike(station, list(read.unread))
        if unread:
            raise read.unread[unread[0]]
        own = self._own_parts(station)
        overlaps.require_joined(own)
        table = validate_raw(overlaps.merged(own, self._notes))
        require_plausible_place(table, station, self._settings)
        self._notes += hourly_rows.notes_if_sparse(table)
        return table

    def _own_parts(self, station: Station) -> list[Part]:
        """The parts that are the station's, by any spelling of its id but those that are another
        station's.

        Raises:
            SourceError: there are none, or two spellings may each be meant.
        """
        spellings = station_ids.alike(station, self._read.stations)
        if not spellings:
            raise self._no_rows(station)
        first = spellings[0]
        own = self._parts(station, first)
        for other in spellings[1:]:
            more = self._parts(station, other)
            if not overlaps.are_two_stations(own, more):
                own += more
                continue
            if first != station.id:
                raise self._no_rows(station, [first, other])
            what = (
                f"the rows of {other!r} are taken for another station's, because most are at the"
                " same hours"
            )
            note = Note(f"station {station.id}", "", what)
            self._notes.append(note)
        return own

    def _parts(self, station: Station, written: str) -> list[Part]:
        """The rows of the station that is `written` so."""
        parts = []
        for part in self._read.parts:
            is_own = part.rows["station"] == written
            if is_own.any():
                rows = part.rows[is_own].assign(station=station.id)
                parts.append(replace(part, rows=rows))
        return parts

    def _no_rows(self, station: Station, doubtful: Sequence[str] = ()) -> SourceError:
        read = self._read
        if not read.parts:
            return next(iter(read.unread.values()))
        doubt = ""
        if doubtful:
            doubt = f" ({' and '.join(doubtful)} may both be meant, but share hours)"
        return SourceError(
            f"{self._path} has no rows of station {station.id}; it has"
            f" {', '.join(read.stations)}{doubt}. Name one of these in ingest.stations, or"
            " add its files." + "".join(f" {told}" for told in self._not_read(self._unread_files()))
        )


def _steps(sheet: Sheet, settings: Files) -> dict[str, float]:
    """What the values of each quantity are rounded to, in our unit, where they are text."""
    steps = {}
    for ours, theirs in settings.value_columns.items():
        if ours in VALUES:
            text = sheet.different(theirs)
            form = composite_cells.form_of(ours, theirs, text)
            step = 1 / form.parts if form else 10.0 ** -overlaps.decimals(text)
            own = form.unit if form else units.own_unit(ours)
            unit = settings.units.get(ours, own)
            zero, one = units.convert(np.array([0.0, step]), ours, unit)
            steps[ours] = float(one - zero)
    return steps


def _is_of_system(name: str) -> bool:
    path = Path(name)
    return file_search.is_hidden(path.name)


def _not_known(sheet: Sheet) -> str:
    return (
        f"{sheet.path} is no export of the Korean portal (columns {portal_export.STATION} and"
        f" {portal_export.TIME}), and ingest.files.columns is empty. If it is one, give its columns"
        " these names; else say there which column is which, such as {valid_at: time, temp_c: TMP};"
        " the file has"
        f" {', '.join(map(str, sheet.columns))}."
    )
