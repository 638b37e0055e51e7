"""A person's own hours of weather: a CSV file, read into `Weather`. Nothing in it is ignored; what
isn't understood is an error that names its line.

Columns are `valid_at`, a whole hour in ISO 8601 with its offset from UTC, `temp_c`, and whatever
else is known of `COLUMNS`. An empty cell is an unknown value.
"""

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Final

import numpy as np

from wearcast.clothing.weather_input import UnknownPlace, Weather
from wearcast.config import Station
from wearcast.errors import ConfigError
from wearcast.forecasting.array_types import Floats, Hours
from wearcast.variables import FORECAST, ORDERS, VARIABLES
from wearcast.vocabulary import WET_MM
from wearcast.weather.humidity import dewpoint_c

MAX_BYTES: Final = 256 * 1024
MAX_HOURS: Final = 16 * 24
"""The most that is read."""

COLUMNS: Final = ("valid_at", *FORECAST, "rh_pct", "rain_chance")
"""`rh_pct` stands in for a missing dew point; `rain_chance` is of a wet hour, from 0 to 1."""

_REQUIRED: Final = ("valid_at", "temp_c")
_DELIMITERS: Final = (",", ";", "\t")
_NUMBER: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_YEARS: Final = range(1900, 2101)
_LONGEST_SHOWN: Final = 40
"""Characters of a cell that an error shows."""


@dataclass(frozen=True)
class _Row:
    """A line of the file: its cells by their columns."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class _Hour:
    """What a row says; NaN where it says nothing."""

    line: int
    at: datetime
    values: Mapping[str, float]

    @property
    def utc(self) -> datetime:
        return self.at.astimezone(UTC)


def parse_weather(content: bytes, where: str, station: Station | None = None) -> Weather:
    """All the hours of such a file, in order.

    Args:
        content: of the file: UTF-8, separated by commas, semicolons or tabs.
        where: its name, for errors.
        station: where the weather is; else the place is unknown, and the offset that all times
            share is its zone.

    Raises:
        ConfigError: the file isn't as it should be; says what, in which line and column.
    """
    hours = [_hour(row, where) for row in _rows(_decoded(content, where), where)]
    in_order = sorted(hours, key=lambda hour: hour.utc)
    _check_hours(in_order, where)
    place = station or UnknownPlace(_shared_offset(hours, where))
    columns = {name: np.array([hour.values[name] for hour in in_order]) for name in COLUMNS[1:]}
    given_chance, rh_pct = columns.pop("rain_chance"), columns.pop("rh_pct")
    columns["dewpoint_c"] = _dewpoint_c(columns, rh_pct)
    rain_chance = _rain_chance(columns, given_chance)
    return Weather.of(
        place, _valid_at(in_order), rain_chance=rain_chance, observed_h=0, on=None, **columns
    )


def _decoded(content: bytes, where: str) -> str:
    if len(content) > MAX_BYTES:
        raise ConfigError(
            f"{where} is larger than {MAX_BYTES // 1024} kB. Give at most {MAX_HOURS} hours, a row"
            " each."
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{where} is not UTF-8 (byte {error.start}). Save it as CSV in UTF-8."
        ) from error


def _rows(text: str, where: str) -> Sequence[_Row]:
    lines = _lines(text, where)
    if not lines:
        raise ConfigError(f"{where} is empty. Its first line names the columns: {_known()}.")
    (_, header), *rest = lines
    _check_header(header, where)
    if not rest:
        raise ConfigError(f"{where} has no rows below its header. Give one for each hour.")
    if len(rest) > MAX_HOURS:
        raise ConfigError(f"{where} has {len(rest)} rows. Give at most {MAX_HOURS}, one an hour.")
    for line, cells in rest:
        if len(cells) != len(header):
            raise _wrong(where, line, f"{len(cells)} cells, but the header has {len(header)}.")
    return [_Row(line, dict(zip(header, cells, strict=True))) for line, cells in rest]


def _lines(text: str, where: str) -> Sequence[tuple[int, Sequence[str]]]:
    """The lines that aren't blank, by their numbers, in cells."""
    stream = io.StringIO(text, newline="")
    reader = csv.reader(stream, delimiter=_delimiter(text), strict=True)
    lines = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                lines.append((reader.line_num, stripped))
    except csv.Error as error:
        raise _wrong(where, reader.line_num, f"not CSV ({error}).") from error
    return lines


def _delimiter(text: str) -> str:
    """The one between the header's columns."""
    lines = text.splitlines()
    header = next((line for line in lines if line.strip()), "")
    for delimiter in _DELIMITERS:
        names = [cell.strip().strip('"') for cell in header.split(delimiter)]
        if "valid_at" in names:
            return delimiter
    return _DELIMITERS[0]


def _check_header(header: Sequence[str], where: str) -> None:
    unknown = [name for name in header if name not in COLUMNS]
    if unknown:
        raise ConfigError(
            f"{where}: unknown columns: {', '.join(map(_shown, unknown))}. Known are {_known()};"
            " remove or rename the others."
        )
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ConfigError(f"{where}: columns that are there twice: {', '.join(twice)}.")
    missing = [name for name in _REQUIRED if name not in header]
    if missing:
        raise ConfigError(
            f"{where} lacks the column {' and '.join(missing)}; {' and '.join(_REQUIRED)} are"
            " needed."
        )


def _hour(row: _Row, where: str) -> _Hour:
    at = _time(row, where)
    values = {name: _number(row, name, where) for name in COLUMNS[1:]}
    for order in ORDERS:
        lower, upper = values[order.lower], values[order.upper]
        if order.crossed(lower, upper):
            raise _wrong(
                where,
                row.line,
                f"{order.lower} {lower:g} is above {order.upper} {upper:g}, which can't be.",
            )
    return _Hour(row.line, at, values)


def _time(row: _Row, where: str) -> datetime:
    cell = row.cells["valid_at"]
    try:
        at = datetime.fromisoformat(cell)
    except ValueError as error:
        raise _wrong_time(row, where, "is not a time") from error
    if at.tzinfo is None:
        raise _wrong_time(row, where, "has no offset from UTC, so it could be any hour")
    if at.year not in _YEARS:
        raise _wrong_time(row, where, f"is not of {_YEARS[0]} to {_YEARS[-1]}")
    past_the_hour = (_past_the_hour(at), _past_the_hour(at.astimezone(UTC)))
    if all(past_the_hour) or past_the_hour[1] % timedelta(minutes=1):
        raise _wrong_time(row, where, "is not a whole hour")
    return at


def _past_the_hour(at: datetime) -> timedelta:
    return timedelta(minutes=at.minute, seconds=at.second, microseconds=at.microsecond)


def _wrong_time(row: _Row, where: str, problem: str) -> ConfigError:
    cell = _shown(row.cells["valid_at"])
    return _wrong(
        where,
        row.line,
        f"valid_at {cell} {problem}. Write it as 2024-04-10T07:00+09:00 or 2024-04-09T22:00Z.",
    )


def _number(row: _Row, name: str, where: str) -> float:
    cell = row.cells.get(name, "")
    if not cell:
        return math.nan
    value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
    if math.isnan(value) or _impossible(name, value):
        raise _wrong(
            where,
            row.line,
            f"{name} {_shown(cell)}: expected a number {_range(name)}, or an empty cell where it"
            " isn't known.",
        )
    return value


def _impossible(name: str, value: float) -> bool:
    if name == "rain_chance":
        return not 0 <= value <= 1
    return bool(VARIABLES[name].impossible(value))


def _range(name: str) -> str:
    if name == "rain_chance":
        return "from 0 to 1"
    variable = VARIABLES[name]
    return f"from {variable.low:g} to {variable.high:g} {variable.metric.unit}"


def _check_hours(hours: Sequence[_Hour], where: str) -> None:
    """Refuse hours that are there twice or don't follow one another in whole hours, and a file
    without any temperature."""
    for before, hour in pairwise(hours):
        first, second = sorted((before, hour), key=lambda one: one.line)
        apart = hour.utc - before.utc
        if not apart:
            raise _wrong(
                where,
                second.line,
                f"{second.at.isoformat()} is the hour of line {first.line} again. Keep one.",
            )
        if apart % timedelta(hours=1):
            raise _wrong(
                where,
                second.line,
                f"{second.at.isoformat()} is not a number of whole hours from line {first.line}.",
            )
    if all(math.isnan(hour.values["temp_c"]) for hour in hours):
        raise ConfigError(f"{where}: temp_c is empty in every row; there is nothing to dress for.")


def _shared_offset(hours: Iterable[_Hour], where: str) -> timezone:
    first, *others = hours
    offset = first.at.utcoffset() or timedelta(0)
    for other in others:
        if other.at.utcoffset() != offset:
            raise _wrong(
                where,
                other.line,
                f"{other.at.isoformat()} has another offset than line {first.line}. Give all times"
                " with one, or name the station, whose clocks then count.",
            )
    return timezone(offset)


def _valid_at(hours: Iterable[_Hour]) -> Hours:
    """UTC; to the minute where the clocks aren't whole hours from it."""
    naive = [hour.utc.replace(tzinfo=None) for hour in hours]
    valid_at = np.array(naive, dtype="datetime64[m]")
    whole: Hours = valid_at.astype("datetime64[h]")
    return whole if np.array_equal(whole, valid_at) else valid_at


def _dewpoint_c(columns: Mapping[str, Floats], rh_pct: Floats) -> Floats:
    """As given, else from temperature and humidity where these give a possible one."""
    given = columns["dewpoint_c"]
    derived = dewpoint_c(columns["temp_c"], rh_pct)
    derived[VARIABLES["dewpoint_c"].impossible(derived)] = np.nan
    return np.where(np.isnan(given), derived, given)


def _rain_chance(columns: Mapping[str, Floats], given: Floats) -> Floats:
    """As given, else of what falls."""
    precip_mm = columns["precip_mm"]
    wet = np.where(np.isnan(precip_mm), np.nan, precip_mm >= WET_MM)
    return np.where(np.isnan(given), wet, given)


def _wrong(where: str, line: int, problem: str) -> ConfigError:
    return ConfigError(f"{where}, line {line}: {problem}")


def _known() -> str:
    return ", ".join(COLUMNS)


def _shown(cell: str) -> str:
    return repr(cell[:_LONGEST_SHOWN])
