"""A look at a file that nobody has described yet: what its columns are, and the settings with which
it reads."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
from pydantic import ValidationError

from wearcast.config import Files, Station
from wearcast.errors import SourceError
from wearcast.weather.observations import VALUES
from wearcast.weather.sources import (
    column_doubts,
    column_roles,
    file_contents,
    file_search,
    known_exports,
    portal_export,
    station_ids,
    summer_time,
    table_files,
)
from wearcast.weather.sources.file_place import FilePlace, place_in
from wearcast.weather.sources.files import FilesSource
from wearcast.weather.sources.known_exports import Export
from wearcast.weather.sources.open_questions import OpenQuestionError
from wearcast.weather.sources.sheets import GROUP, Sheet
from wearcast.weather.sources.unit_names import heading_unit, known_unit
from wearcast.weather.sources.units import own_unit

_MOST_QUESTIONS: Final = 30
_MOST_FILES: Final = 200
_NO_ID: Final = re.compile(r"[^A-Za-z0-9_-]+")
_UTC: Final = re.compile(r"(?:utc|gmt)(?![a-z])", re.IGNORECASE)
_OFFSET: Final = re.compile(r"(?:utc|gmt)\W*([+-])\s*(\d{1,2})(?::?00)?(?!\d)", re.IGNORECASE)
_NAMED_ZONES: Final = {"kst": "Asia/Seoul", "jst": "Asia/Tokyo"}

_NUMBER: Final = re.compile(r"^[+-]?[\d.,]+\s*")
_ANYWHERE: Final = {"latitude": 0.0, "longitude": 0.0, "elevation_m": 0.0}
"""A place at which no check of places finds fault."""


@dataclass(frozen=True)
class Told:
    """What the caller knows of the file, each of which may be None.

    Attributes:
        station: the id of the station that all rows belong to.
        time_zone: of the place whose clock the stamps follow.
        usual: the station that it is of where neither these nor the file say another.
    """

    station: str | None = None
    time_zone: str | None = None
    usual: Station | None = None


@dataclass(frozen=True)
class Column:
    """A column of the file: its heading, our name for it where it is used, the unit it is read in,
    and its first value."""

    heading: str
    ours: str | None
    unit: str | None
    example: str


@dataclass(frozen=True)
class Hours:
    """What was read of a station: how many hours, from when to when, of which quantities."""

    station: str
    count: int
    first: datetime
    last: datetime
    known: Mapping[str, int]


@dataclass
class Inspection:
    """What was found.

    Attributes:
        export: the name of the service whose export it is, where it is known.
        settings: the group `ingest.files`.
        answers: the settings that follow from the values, and the question of each.
        notes: what reading the file found.
        doubts: what a person should look at, because values leave it open.
        place: what the file says of its station's place.
        failure: why it can't be read with these settings, if it can't.
    """

    export: str | None
    columns: list[Column]
    settings: dict[str, Any]
    place: FilePlace
    answers: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    hours: list[Hours] = field(default_factory=list)
    failure: SourceError | None = None


def inspect(path: Path, written: Path, told: Told) -> Inspection:
    """Look at the file or the folder at `path`, which the settings shall call `written`.

    Raises:
        SourceError: there is no table, or the station's id is blank.
    """
    if told.station is not None and not told.station.strip():
        raise SourceError(
            "The station's id is blank. Give one such as --station HOME, or leave the option out."
        )
    sheets = list(_sheets(path))
    first = sheets[0]
    files = file_search.find(path, GROUP).files
    said = place_in(files[0], first)
    place = replace(said, position=_possible(said.position))
    settings: dict[str, Any] = {"path": written.as_posix()}
    if portal_export.is_portal_export(first):
        found = Inspection(portal_export.NAME, [], settings, place)
    else:
        headings: list[str] = []
        for sheet in sheets:
            headings += map(str, sheet.columns)
        export = known_exports.recognised(headings)
        settings |= _settings(sheets, export, told, place)
        name = export.name if export else None
        found = Inspection(name, [], settings, place)
        if export and export.clock != "utc" and "time_zone" not in settings:
            found.failure = _clock_not_known(export)
        if export and export.clock == "utc" and told.time_zone:
            found.doubts.append(
                f"{export.name} gives times in UTC; they are read as {told.time_zone}, as told."
            )
        if not settings["columns"].keys() & VALUES:
            found.failure = _no_quantity(path, headings)
    if found.failure is None:
        _try(found, path)
    columns = settings.get("columns", {})
    units = settings.get("units", {})
    found.columns = _columns(sheets, columns, units)
    return found


def _sheets(path: Path) -> Iterator[Sheet]:
    names = column_roles.KnownNames()
    count = 0
    for file in file_search.find(path, GROUP).files[:_MOST_FILES]:
        for member in file_contents.members(file):
            if file_search.is_surely_table(file) or table_files.has_headings(member, (), names):
                yield from table_files.read(member, (), names, {})
                count += 1
    if not count:
        raise SourceError(
            f"{path}: no row of it names columns of the weather, such as time and temperature. If"
            " it is a table, write a row with its columns' names above it."
        )


def _settings(
    sheets: Sequence[Sheet], export: Export | None, told: Told, place: FilePlace
) -> dict[str, Any]:
    """The group `ingest.files` but for its path, as headings and values suggest it."""
    columns: dict[str, Any] = {}
    station = None
    for sheet in sheets:
        roles = column_roles.of(sheet, export)
        station = station or roles.station
        if roles.times and "valid_at" not in columns:
            columns["valid_at"] = roles.times[0] if len(roles.times) == 1 else roles.times
        for ours, theirs in roles.quantities.items():
            columns.setdefault(ours, theirs)
    settings: dict[str, Any] = {}
    one = told.station or _only_station(sheets, station, told.usual)
    if one:
        settings["station"] = one
    else:
        columns = {"station": station, **columns}
    said = _zone_in(columns.get("valid_at", ""))
    zone = told.time_zone or said or _time_zone(export, told, place)
    zone = _standard(zone, export)
    if zone:
        settings["time_zone"] = zone
    units = _units(sheets, export)
    settings["columns"] = columns
    settings["units"] = {ours: unit for ours, unit in units.items() if ours in columns}
    if export and export.blank_rain and "precip_mm" in columns:
        settings["blank_rain"] = export.blank_rain
    return settings


def _only_station(sheets: Sequence[Sheet], column: str | None, usual: Station | None) -> str | None:
    """The id of the station that all rows belong to; None where their column says it."""
    if column is None:
        return usual.id if usual else _id_of(sheets[0].path)
    if usual is None:
        return None
    ids: set[str] = set()
    for sheet in sheets:
        if column in sheet.columns:
            ids.update(sheet.text(column))
    if len(ids) > 1 or station_ids.alike(usual, list(ids)):
        return None
    # A service's own number of the only station there is.
    return usual.id


def _zone_in(headings: str | Sequence[str]) -> str | None:
    """The zone that the headings of the time name, such as dateutc, HORA (UTC) and time (KST)."""
    text = " ".join([headings] if isinstance(headings, str) else headings)
    offset = _OFFSET.search(text)
    if offset:
        sign = "-" if offset[1] == "+" else "+"
        return f"Etc/GMT{sign}{int(offset[2])}"
    if _UTC.search(text) and "offset" not in text.casefold():
        return "UTC"
    for word in re.findall(r"[a-z]+", text.casefold()):
        if word in _NAMED_ZONES:
            return _NAMED_ZONES[word]
    return None


def _time_zone(export: Export | None, told: Told, place: FilePlace) -> str | None:
    """The zone of the stamps by what else is known; None is UTC."""
    clock = export.clock if export else "local"
    if place.clock or clock == "utc":
        return place.clock
    usual = told.usual.time_zone if told.usual else None
    return (export.time_zone if export else None) or usual


def _standard(zone: str | None, export: Export | None) -> str | None:
    """The zone without summer time, where the export keeps standard time all year."""
    if zone is None or export is None or export.clock != "standard":
        return zone
    fixed = summer_time.fixed_zones(zone, datetime.now(tz=UTC).year)
    return fixed[0] if fixed else zone


def _units(sheets: Sequence[Sheet], export: Export | None) -> dict[str, str]:
    """The units of the export's quantities, where its headings don't name them."""
    if export is None:
        return {}
    for sheet in sheets:
        if export.whole and export.whole in sheet.columns:
            text = sheet.text(export.whole)
            if text.str.contains(".", regex=False).any():
                return {}
    return dict(export.units)


def _no_quantity(path: Path, headings: Sequence[str]) -> SourceError:
    names = ", ".join(dict.fromkeys(headings))
    return SourceError(
        f"{path}: none of its columns ({names}) has the name of a quantity, such as temperature. If"
        " each row has one quantity's value, as in Home Assistant's history, give a table with a"
        " column for each of them; else name them so."
    )


def _clock_not_known(export: Export) -> SourceError:
    what = "standard time, without summer time," if export.clock == "standard" else "time"
    return SourceError(
        f"The times of an export of {export.name} are the {what} of its station, and nothing says"
        " where that is. Say its zone with --time-zone, such as America/New_York."
    )


def _id_of(path: Path) -> str:
    """An id made of a file's name."""
    stem, _, _ = path.name.partition(".")
    name = _NO_ID.sub("-", stem)
    short = name.strip("-")[:32]
    return short.strip("-") or "home"


def _try(found: Inspection, path: Path) -> None:
    """Read with the settings, and answer what is asked, until it reads or nothing can be tried."""
    for _ in range(_MOST_QUESTIONS):
        try:
            _read(found, path)
        except OpenQuestionError as error:
            found.failure = error
            if not _answered(found, error):
                return
        except SourceError as error:
            found.failure = error
            return
        else:
            found.failure = None
            return


def _read(found: Inspection, path: Path) -> None:
    settings = Files.model_validate({**found.settings, "path": path})
    source = FilesSource(settings, Path())
    found.hours = []
    doubts: list[str] = []
    stations = source.stations()
    named = [written for written in stations if written.strip()]
    for written in named:
        station = _station(written, found.place)
        rows = _rows(source, station)
        found.hours.append(_hours(station, rows))
        doubts += column_doubts.of(rows, settings.value_columns)
    found.doubts += doubts
    found.notes = source.notes()
    if named != stations:
        found.notes.append("Rows whose station is blank belong to none and are left out.")


def _rows(source: FilesSource, station: Station) -> pd.DataFrame:
    first, last = source.span(station)
    end = last + pd.Timedelta(hours=1)
    return source.fetch(station, first, end)


def _hours(station: Station, rows: pd.DataFrame) -> Hours:
    counts = rows[list(VALUES)].count()
    known = counts[counts > 0]
    return Hours(
        station=station.id,
        count=len(rows),
        first=rows["valid_at"].min(),
        last=rows["valid_at"].max(),
        known={str(ours): int(count) for ours, count in known.items()},
    )


def _station(written: str, place: FilePlace) -> Station:
    where = {**_ANYWHERE, **place.position}
    given = {"id": "home", "name_en": written, "name_ko": written, "time_zone": "UTC", **where}
    return Station.model_validate(given).model_copy(update={"id": written})


def _possible(position: Mapping[str, float]) -> dict[str, float]:
    """What of a position can be a station's, without codes for missing and other grids' numbers."""
    possible = {}
    for what, number in position.items():
        try:
            _station("home", FilePlace({what: number}))
        except ValidationError:
            continue
        possible[what] = number
    return possible


def _answered(found: Inspection, question: OpenQuestionError) -> bool:
    """Whether the settings have changed by what most likely answers a question."""
    settings = found.settings
    before = repr(settings)
    for name, answer in question.answers.items():
        group, _, key = name.partition(".")
        if group == "missing":
            words = settings.get("missing", [])
            settings["missing"] = [*words, *answer]
        elif not key:
            settings[group] = answer
        elif answer is None:
            settings[group].pop(key, None)
            settings["units"].pop(key, None)
        elif key in settings["columns"]:
            settings[group][key] = answer
        told = f"{name}: {answer}"
        found.answers.append((told, str(question)))
    return repr(settings) != before


def _columns(
    sheets: Sequence[Sheet], columns: Mapping[str, Any], units: Mapping[str, str]
) -> list[Column]:
    """What each column is taken for, in their order."""
    by_heading = _by_heading(columns)
    table: dict[str, Column] = {}
    for sheet in sheets:
        for name in sheet.columns:
            heading = str(name)
            ours = by_heading.get(heading)
            text = sheet.text(heading)
            filled = text[text != ""]
            example = str(filled.iloc[0]) if len(filled) else ""
            unit = _unit(ours, heading, units, [sheet.units.get(heading, ""), example])
            column = Column(heading, ours, unit, example)
            table.setdefault(heading, column)
    return list(table.values())


def _by_heading(columns: Mapping[str, Any]) -> dict[str, str]:
    """Our names by the file's headings, of which one may be several of ours."""
    ours_of: dict[str, str] = {}
    for ours, theirs in columns.items():
        headings = theirs if isinstance(theirs, list) else [theirs]
        for heading in headings:
            others = ours_of.get(heading)
            ours_of[heading] = f"{others}, {ours}" if others else ours
    return ours_of


def _unit(
    ours: str | None, heading: str, units: Mapping[str, str], others: Sequence[str]
) -> str | None:
    """The unit that a column is read in, which `others` may say: the file itself, and a cell; None
    where it is no quantity."""
    if ours not in VALUES:
        return None
    told = units.get(ours) or heading_unit(ours, heading)
    for other in others:
        behind = _NUMBER.sub("", other)
        told = told or known_unit(ours, behind)
    return told or own_unit(ours)
