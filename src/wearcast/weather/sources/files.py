"""A person's own files: CSV or parquet, one file or a folder, any number of stations."""

import hashlib
import json
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import pandas as pd

from wearcast.artifacts import sha256
from wearcast.config import Files, Station
from wearcast.errors import SourceError
from wearcast.weather.fetched_rows import between
from wearcast.weather.observations import VALUES, concatenate, conform, stations_in, validate_raw
from wearcast.weather.sources import (
    asos_values,
    cell_values,
    column_checks,
    column_map,
    column_pairs,
    compass,
    hourly_rows,
    missing_codes,
    portal_export,
    quantities,
    rain_column,
    sheets,
    stamp_forms,
    station_ids,
    summer_time,
    time_stamps,
    unit_doubts,
    unit_names,
    units,
)
from wearcast.weather.sources.column_checks import require_plausible_place
from wearcast.weather.sources.notes import Note, summed_up
from wearcast.weather.sources.sheets import Sheet

_MODULES: Final = (
    asos_values,
    cell_values,
    column_checks,
    column_map,
    column_pairs,
    compass,
    hourly_rows,
    missing_codes,
    portal_export,
    quantities,
    rain_column,
    sheets,
    stamp_forms,
    station_ids,
    summer_time,
    time_stamps,
    unit_doubts,
    unit_names,
    units,
)
_READERS: Final = (*(Path(str(module.__file__)) for module in _MODULES), Path(__file__))
"""The code that decides what a file's rows mean."""

SAMPLE: Final = Path("src/wearcast/weather/sample")
"""What `ingest.files.path` names in a project without files of its own: DVC wants the path to
exist."""


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
        self._notes: list[Note] = []
        self._plausible: set[str] = set()

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

    def fingerprint(self) -> str:
        """A hash of the files' names and contents, of the settings, and of the code that reads
        them."""
        files = [[path.name, sha256(path)] for path in sheets.find(self._path)]
        readers = sha256(*_READERS)
        # Where the files lie doesn't matter: the same ones elsewhere give the same.
        settings = self._settings.model_dump(mode="json", exclude={"path"})
        text = json.dumps([files, settings, readers])
        content = text.encode()
        digest = hashlib.sha256(content).hexdigest()
        return f"files sha256:{digest}"

    def notes(self) -> list[str]:
        """What reading the files found that people should know of: numbers taken for missing, units
        taken from headings."""
        _ = self._table
        return summed_up(self._notes)

    @cached_property
    def _table(self) -> pd.DataFrame:
        paths = sheets.find(self._path)
        tables = {path: self._read(path) for path in paths}
        table = validate_raw(_merged(tables))
        hourly_rows.warn_if_sparse(table)
        return table

    def _read(self, path: Path) -> pd.DataFrame:
        settings = self._settings
        given = (settings.encoding,) if settings.encoding else None
        if settings.columns:
            mapped = sheets.read(path, given or ("utf-8-sig",))
            return column_map.read_mapped(mapped, settings, self._notes)
        sheet = sheets.read(path, given or portal_export.ENCODINGS)
        if not portal_export.is_portal_export(sheet):
            raise SourceError(_not_known(sheet))
        return portal_export.read_portal(sheet, settings.time_zone, settings.time_format)

    def _rows(self, station: Station) -> pd.DataFrame:
        written = station_ids.matching(station, stations_in(self._table))
        if written is None:
            raise SourceError(
                f"{self._path} has no rows of station {station.id}; it has"
                f" {', '.join(stations_in(self._table))}. Name one of these in ingest.stations, or"
                " add its files."
            )
        rows = self._table[self._table["station"] == written]
        if station.id not in self._plausible:
            require_plausible_place(rows, station, self._settings)
            self._plausible.add(station.id)
        return rows if written == station.id else rows.assign(station=station.id)


def _merged(tables: dict[Path, pd.DataFrame]) -> pd.DataFrame:
    """One table of all files: where exports overlap, each hour once, with every value that one of
    them has.

    Raises:
        SourceError: two rows of the same hour have different values; naming station, time, column
            and files.
    """
    rows = concatenate(tables.values())
    overlap = rows.duplicated(["station", "valid_at"], keep=False)
    if not overlap.any():
        return rows
    hours = rows[overlap].groupby(["station", "valid_at"], sort=True)
    different = hours[list(VALUES)].nunique() > 1
    if different.to_numpy().any():
        raise SourceError(_contradiction(tables, different))
    first_known = dict.fromkeys(VALUES, "first")
    once = hours.agg({**first_known, "trace": "any"}).reset_index()
    return concatenate([rows[~overlap], conform(once)])


def _contradiction(tables: dict[Path, pd.DataFrame], different: pd.DataFrame) -> str:
    first = different[different.any(axis="columns")].reset_index().iloc[0]
    station, valid_at = first["station"], first["valid_at"]
    column = next(name for name in VALUES if first[name])
    found = []
    for path, table in tables.items():
        is_hour = (table["station"] == station) & (table["valid_at"] == valid_at)
        values = table.loc[is_hour, column].dropna()
        found += [f"{value:g} in {path.name}" for value in values]
    return (
        f"station {station}, {valid_at:%Y-%m-%dT%H:%MZ}, column {column}: the hour is there"
        f" {len(found)} times with different values, {', '.join(found)}. Remove the wrong row."
    )


def _not_known(sheet: Sheet) -> str:
    return (
        f"{sheet.path} is no export of the Korean portal (columns {portal_export.STATION} and"
        f" {portal_export.TIME}), and ingest.files.columns is empty. Say there which column is"
        " which, such as {valid_at: time, temp_c: TMP}; the file has"
        f" {', '.join(map(str, sheet.columns))}."
    )
