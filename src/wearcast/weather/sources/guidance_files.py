"""A person's own files of numerical forecasts: with a map of columns any table, without one the
archive of the KMA's short-term forecast."""

import hashlib
import json
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
    sheets,
    short_term_archive,
)
from wearcast.weather.sources.files import READERS, SAMPLE
from wearcast.weather.sources.guidance_map import GROUP
from wearcast.weather.sources.kma import short_term_issues, short_term_values

SUFFIXES: Final = (*sheets.SUFFIXES, previous_runs_table.SUFFIX)

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
        files = [[path.name, sha256(path)] for path in self._files()]
        readers = sha256(*_READERS)
        # Where the files lie doesn't matter: the same ones elsewhere give the same.
        settings = self._settings.model_dump(mode="json", exclude={"path"})
        text = json.dumps([files, settings, self._station, readers])
        digest = hashlib.sha256(text.encode()).hexdigest()
        return f"files sha256:{digest}"

    def _files(self) -> list[Path]:
        return sheets.find(self._path, GROUP, SUFFIXES)

    @cached_property
    def _table(self) -> pd.DataFrame:
        if self._settings.columns:
            table = _merged({path: self._mapped(path) for path in self._files()})
        else:
            table = self._archive()
        if table.empty:
            raise SourceError(f"{self._path} has no row with a forecast in it.")
        return guidance.validate_raw(table)

    def _mapped(self, path: Path) -> pd.DataFrame:
        sheet = previous_runs_table.by_age(self._sheet(path))
        return guidance_map.read_mapped(sheet, self._settings, self._station)

    def _sheet(self, path: Path) -> sheets.Sheet:
        if path.suffix.lower() == previous_runs_table.SUFFIX:
            return previous_runs_table.read_json(path, GROUP)
        return sheets.read(path, self._encodings or ("utf-8-sig",), GROUP)

    def _archive(self) -> pd.DataFrame:
        if self._station is None:
            raise SourceError(
                f"the archive's files don't say which station they are for, and ingest.stations has"
                f" several: set {GROUP}.station."
            )
        texts = [(path, self._archived_text(path)) for path in self._files()]
        return short_term_archive.read_archive(texts, self._station)

    def _archived_text(self, path: Path) -> str:
        is_text = path.suffix.lower() == ".csv"
        encodings = self._encodings or short_term_archive.ENCODINGS
        text = sheets.text_of(path, encodings, GROUP) if is_text else ""
        if short_term_archive.is_archive(text):
            return text
        raise SourceError(
            f"{path} is no archive of the KMA's short-term forecast (first line ` format: day,hour,"
            f"forecast,value location:…`), and {GROUP}.columns is empty. Say there which column is"
            " which, such as {valid_at: time, issued_at: run, temp_c: TMP}."
        )

    @property
    def _encodings(self) -> tuple[str, ...]:
        encoding = self._settings.encoding
        return (encoding,) if encoding else ()

    def _rows(self, station: Station, model: str) -> pd.DataFrame:
        table = self._table
        is_station = table["station"] == station.id
        if not is_station.any():
            raise SourceError(
                f"{self._path} has no forecasts for station {station.id}; it has some for"
                f" {', '.join(sorted(table['station'].unique()))}. Name one of these in"
                " ingest.stations, or add its files."
            )
        rows = table[is_station & (table["model"] == model)]
        if rows.empty:
            raise SourceError(
                f"{self._path} has no forecasts of {model} for station {station.id}; it has some of"
                f" {', '.join(sorted(table.loc[is_station, 'model'].unique()))}."
            )
        return rows


def _only_station(settings: Ingest) -> str | None:
    """The station of the ingest, if it is one alone."""
    if len(settings.stations) > 1:
        return None
    station = settings.stations[0]
    return station.id if isinstance(station, Station) else station


def _merged(tables: dict[Path, pd.DataFrame]) -> pd.DataFrame:
    """One table of all files: where they overlap, each forecast once, with every value that one of
    them has.

    Raises:
        SourceError: two rows of the same forecast have different values; naming station, model,
            time, column and files.
    """
    rows = guidance.concatenate(tables.values())
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


def _contradiction(tables: dict[Path, pd.DataFrame], different: pd.DataFrame) -> str:
    first = different[different.any(axis="columns")].reset_index().iloc[0]
    column = next(name for name in guidance.VALUES if first[name])
    found = []
    for path, table in tables.items():
        is_forecast = (table[guidance.KEY] == first[guidance.KEY]).all(axis="columns")
        values = table.loc[is_forecast, column].dropna()
        found += [f"{value:g} in {path.name}" for value in values]
    return (
        f"station {first['station']}, model {first['model']}, run of"
        f" {first['issued_until']:%Y-%m-%dT%H:%MZ} for {first['valid_at']:%Y-%m-%dT%H:%MZ}, column"
        f" {column}: it is there {len(found)} times with different values, {', '.join(found)}."
        " Remove the wrong row."
    )
