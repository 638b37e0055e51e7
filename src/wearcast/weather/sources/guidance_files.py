"""A person's own files of numerical forecasts: with a map of columns any table, without one the
archive of the KMA's short-term forecast."""

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import pandas as pd

from wearcast.artifacts import sha256
from wearcast.config import Guidance, Ingest, Station
from wearcast.errors import SourceError
from wearcast.weather import guidance
from wearcast.weather.fetched_rows import between
from wearcast.weather.sources import (
    guidance_map,
    previous_runs_table,
    short_term_archive,
    station_ids,
    table_files,
    text_encoding,
)
from wearcast.weather.sources.file_contents import Member
from wearcast.weather.sources.file_search import TABLES
from wearcast.weather.sources.files import READERS, SAMPLE
from wearcast.weather.sources.guidance_map import GROUP
from wearcast.weather.sources.headings import Headings
from wearcast.weather.sources.kma import short_term_issues, short_term_values
from wearcast.weather.sources.notes import Note, summed_up
from wearcast.weather.sources.own_files import OwnFiles
from wearcast.weather.sources.sheets import Sheet

_TABLES: Final = TABLES | {previous_runs_table.SUFFIX}

_MODULES: Final = (
    guidance_map,
    previous_runs_table,
    short_term_archive,
    short_term_issues,
    short_term_values,
)
_READERS: Final = (
    *READERS,
    *(Path(str(module.__file__)) for module in _MODULES),
    Path(__file__),
)
"""The code that decides what a file's rows mean: that of observations, and what is of forecasts
alone."""

_LOG: Final = logging.getLogger(__name__)

_ANY_MODELS: Final = Guidance.model_fields["models"].get_default(call_default_factory=True)
"""What `ingest.guidance.models` is where nobody chose: then all models in the files are given."""


class FilesGuidance:
    """Numerical forecasts out of files, of any number of stations and models."""

    has_archive: bool = True

    def __init__(self, settings: Ingest, root: Path) -> None:
        """Files named by `settings`; a relative path starts at `root`. Nothing is read yet.

        Raises:
            SourceError: the settings can't be meant.
        """
        files = settings.guidance.files
        if files.path == SAMPLE:
            raise SourceError(
                f"ingest.guidance.source is files, but {GROUP}.path is still {SAMPLE.as_posix()},"
                " which holds no forecasts; set it to where yours are, such as data/forecasts"
                " (docs/own-data.md)."
            )
        self._station = files.station or _only_station(settings)
        if files.columns or files.units:
            guidance_map.check_map(files, self._station)
        self._settings = files
        self._chosen = settings.guidance.models
        self._path = root / files.path
        self._files = OwnFiles(self._path, GROUP, _TABLES)

    @cached_property
    def models(self) -> tuple[str, ...]:
        """The files' models: those that `ingest.guidance.models` names, all where that is the
        default.

        Raises:
            SourceError: a file can't be read, or the files lack a model that is named.
        """
        found = sorted(self._table["model"].unique())
        if self._chosen == _ANY_MODELS:
            return tuple(found)
        for name in self._chosen:
            if name not in found:
                raise SourceError(
                    f"ingest.guidance.models names {name}, which {self._path} has no forecasts of;"
                    f" it has {', '.join(found)}."
                )
        return tuple(self._chosen)

    def fetch(self, station: Station, model: str, start: datetime, end: datetime) -> pd.DataFrame:
        """The model's forecasts of the station's hours with start <= valid_at < end.

        Raises:
            SourceError: a file can't be read, two contradict each other, or none has the station.
        """
        rows = self._rows(station, model)
        asked = between(rows["valid_at"], start, end)
        return rows[asked].reset_index(drop=True)

    def span(self, station: Station, model: str) -> tuple[datetime, datetime]:
        """The first and the last hour of the model for the station.

        Raises:
            SourceError: as `fetch` does.
        """
        valid_at = self._rows(station, model)["valid_at"]
        return valid_at.min().to_pydatetime(), valid_at.max().to_pydatetime()

    def newest(self, station: Station) -> pd.DataFrame:  # noqa: ARG002 - files have no now
        """No rows: files don't grow."""
        return guidance.concatenate([])

    def fingerprint(self, model: str) -> str:  # noqa: ARG002 - one for all models of the files
        """A hash of the files' names and contents, of the settings, and of the code that reads
        them."""
        files = self._files.hashes()
        readers = sha256(*_READERS)
        # Where the files lie doesn't matter: the same ones elsewhere give the same.
        settings = self._settings.model_dump(mode="json", exclude={"path"})
        text = json.dumps([files, settings, self._station, readers])
        digest = hashlib.sha256(text.encode()).hexdigest()
        return f"files sha256:{digest}"

    @cached_property
    def _table(self) -> pd.DataFrame:
        table = _merged(self._mapped()) if self._settings.columns else self._archive()
        if table.empty:
            raise SourceError(f"{self._path} has no row with a forecast in it.")
        return guidance.validate_raw(table)

    def _mapped(self) -> list[tuple[Path, pd.DataFrame]]:
        """The forecasts of each table of the files."""
        tables = []
        notes: list[Note] = []
        why = "it has none of the columns' headings"
        for member in self._files.members(self._is_other_text, why):
            for sheet in self._sheets(member):
                aged = previous_runs_table.by_age(sheet)
                rows = guidance_map.read_mapped(aged, self._settings, self._station)
                tables.append((sheet.path, rows))
                notes += aged.notes
        self._files.log_passed_over()
        for note in summed_up(notes):
            _LOG.warning("%s", note)
        return tables

    def _sheets(self, member: Member) -> list[Sheet]:
        if previous_runs_table.is_json(member):
            return [previous_runs_table.read_json(member, GROUP)]
        previous_runs_table.require_one_place_in_gmt(member)
        passed_over = self._files.passed_over
        return table_files.read(member, self._encodings, self._headings, passed_over, GROUP)

    def _is_other_text(self, member: Member) -> bool:
        if previous_runs_table.is_json(member):
            return not previous_runs_table.is_answer(member)
        return not table_files.has_headings(member, self._encodings, self._headings, GROUP)

    @cached_property
    def _headings(self) -> Headings:
        times = self._settings.time_columns
        others = [*self._settings.value_columns.values()]
        for ours in ("issued_at", "available_at"):
            others += times.get(ours, [])
        return previous_runs_table.AgedHeadings(tuple(times["valid_at"]), tuple(others))

    def _archive(self) -> pd.DataFrame:
        if self._station is None:
            raise SourceError(
                f"the archive's files don't say which station they are for, and ingest.stations has"
                f" several: set {GROUP}.station."
            )
        return short_term_archive.read_archive(self._archived_texts(), self._station)

    def _archived_texts(self) -> Iterator[tuple[Path, str]]:
        why = "it is none of the archive's files"
        for member in self._files.members(self._is_not_archived, why):
            text = self._archived_text(member)
            if text is None:
                raise SourceError(
                    f"{member.path} is no archive of the KMA's short-term forecast (first line `"
                    " format: day,hour,forecast,value location:…`), and"
                    f" {GROUP}.columns is empty. Say there which column is which, such as"
                    " {valid_at: time, issued_at: run, temp_c: TMP}."
                )
            yield member.path, text
        self._files.log_passed_over()

    def _is_not_archived(self, member: Member) -> bool:
        return self._archived_text(member) is None

    def _archived_text(self, member: Member) -> str | None:
        """The text of a file of the archive; None where it is another file."""
        if not short_term_archive.may_be_archive(member.content):
            return None
        encodings = self._encodings or short_term_archive.ENCODINGS
        text = text_encoding.decode(member.path, member.content, encodings, Headings(), GROUP)
        return text if short_term_archive.is_archive(text) else None

    @property
    def _encodings(self) -> tuple[str, ...]:
        encoding = self._settings.encoding
        return (encoding,) if encoding else ()

    def _rows(self, station: Station, model: str) -> pd.DataFrame:
        table = self._table
        is_station = table["station"].isin(self._spellings(station))
        if not is_station.any():
            raise SourceError(
                f"{self._path} has no forecasts for station {station.id}; it has some for"
                f" {', '.join(sorted(table['station'].unique()))}. Name one of these in"
                " ingest.stations, or add its files."
            )
        of_model = table[is_station & (table["model"] == model)]
        rows = of_model.assign(station=station.id)
        if rows.empty:
            raise SourceError(
                f"{self._path} has no forecasts of {model} for station {station.id}; it has some of"
                f" {', '.join(sorted(table.loc[is_station, 'model'].unique()))}."
            )
        return rows

    def _spellings(self, station: Station) -> list[str]:
        """How the files write the station: its id above all, and others but for those that have the
        same forecasts once more."""
        table = self._table
        stations = sorted(table["station"].unique())
        written = station_ids.alike(station, stations)
        rows = table[table["station"].isin(written)]
        again = rows.assign(station=station.id).duplicated(guidance.KEY)
        if again.any():
            _LOG.warning(
                "station %s: the forecasts of %s are taken for other stations', because they are"
                " for the same hours",
                station.id,
                ", ".join(written[1:]),
            )
            return written[:1]
        return written


def _only_station(settings: Ingest) -> str | None:
    """The station of the ingest, if it is one alone."""
    if len(settings.stations) > 1:
        return None
    station = settings.stations[0]
    return station.id if isinstance(station, Station) else station


def _merged(tables: Sequence[tuple[Path, pd.DataFrame]]) -> pd.DataFrame:
    """One table of all files: where they overlap, each forecast once, with every value that one of
    them has.

    Raises:
        SourceError: two rows of the same forecast have different values; naming station, model,
            time, column and files.
    """
    rows = guidance.concatenate(rows for _, rows in tables)
    overlap = rows.duplicated(guidance.KEY, keep=False)
    if not overlap.any():
        return rows
    forecasts = rows[overlap].groupby(guidance.KEY, sort=True)
    values = forecasts[list(guidance.VALUES)]
    different = values.max() > values.min()
    if different.to_numpy().any():
        raise SourceError(_contradiction(tables, different))
    once = values.first()
    once["issued_from"] = forecasts["issued_from"].min()
    once["available_at"] = forecasts["available_at"].max()
    return guidance.concatenate([rows[~overlap], once.reset_index()])


def _contradiction(tables: Sequence[tuple[Path, pd.DataFrame]], different: pd.DataFrame) -> str:
    first = different[different.any(axis="columns")].reset_index().iloc[0]
    column = next(name for name in guidance.VALUES if first[name])
    found = []
    for path, table in tables:
        is_forecast = (table[guidance.KEY] == first[guidance.KEY]).all(axis="columns")
        values = table.loc[is_forecast, column].dropna()
        found += [f"{value:g} in {path.name}" for value in values]
    return (
        f"station {first['station']}, model {first['model']}, run of"
        f" {first['issued_until']:%Y-%m-%dT%H:%MZ} for {first['valid_at']:%Y-%m-%dT%H:%MZ}, column"
        f" {column}: it is there {len(found)} times with different values, {', '.join(found)}."
        " Remove the wrong row."
    )
