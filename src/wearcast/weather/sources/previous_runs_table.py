"""Forecasts of Open-Meteo's Previous Runs service, as it answers: a column a quantity and age, such
as temperature_2m_previous_day1, with several models one each, such as
temperature_2m_previous_day1_gfs_seamless.

A column without an age is of the newest run, nearly an analysis: it is never read.

As JSON the answer tells its units beside the hours; as CSV in brackets behind the names, below a
line that tells the place and its offset from UTC.
"""

import json
import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from wearcast.errors import SourceError
from wearcast.weather.sources import text_encoding
from wearcast.weather.sources.file_contents import Member
from wearcast.weather.sources.headings import Headings
from wearcast.weather.sources.sheets import Sheet

AGE, MODEL = "previous_day", "model"
"""The columns that the ages and models in the names become."""

SUFFIX: Final = ".json"

_NAME: Final = re.compile(
    r"(?P<name>\w+?)_previous_day(?P<age>\d)(?:_(?P<model>\w+))?(?: \((?P<unit>[^()]*)\))?"
)
_UNITS: Final = {
    "°C": "degC",
    "°F": "degF",
    "%": "%",
    "km/h": "km/h",
    "m/s": "m/s",
    "mp/h": "mph",
    "kn": "kn",
    "°": "deg",
    "mm": "mm",
    "inch": "inch",
    "hPa": "hPa",
    "W/m²": "W/m2",
}
"""Its symbols, and what the settings of a person's files call them."""

_OFFSET: Final = "utc_offset_seconds"
_PLACES: Final = 4000
"""Bytes of a CSV file in which its places stand."""

_LOG: Final = logging.getLogger(__name__)


class AgedHeadings(Headings):
    """Headings that a row also has under names with ages and models in them."""

    def found_in(self, cells: Sequence[str]) -> set[str]:
        """Those of the headings that the cells of a row are, or become by `by_age`."""
        plain: list[str] = []
        for cell in cells:
            aged = _NAME.fullmatch(cell.strip())
            plain += [aged["name"], AGE, MODEL] if aged else [cell]
        return super().found_in(plain)


def is_json(member: Member) -> bool:
    """Whether `member` is JSON, by its ending or as it begins."""
    start = member.content[:_PLACES].removeprefix(b"\xef\xbb\xbf").lstrip()
    return member.path.suffix.lower() == SUFFIX or start.startswith(b"{")


def is_answer(member: Member) -> bool:
    """Whether JSON may be an answer: it has hours."""
    return b'"hourly"' in member.content


def read_json(member: Member, group: str) -> Sheet:
    """The hours of an answer, a column a quantity and age; `group` are the settings that name it.

    Raises:
        SourceError: it is no answer of one place in GMT.
    """
    path = member.path
    answer = _answer(member, group)
    hourly = answer["hourly"]
    _require_gmt(path, answer.get(_OFFSET, 0))
    if len({len(column) for column in hourly.values()}) != 1:
        raise SourceError(f"{path}: its columns are not of one length. Ask for it again.")
    columns = pd.DataFrame(hourly)
    if columns.empty:
        raise SourceError(f"{path} has no hours. Remove it, or ask for it again.")
    units = _units(answer.get("hourly_units"))
    return Sheet(path, columns, np.arange(1, len(columns) + 1), units)


def require_one_place_in_gmt(member: Member) -> None:
    """Refuse an answer as CSV whose lines above the table tell several places, or another time than
    GMT; other files tell neither.

    Raises:
        SourceError: it is such an answer.
    """
    start = member.content[:_PLACES].removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    heading, *lines = start.splitlines() or [""]
    names = heading.split(",")
    if _OFFSET not in names:
        return
    blank = lines.index("") if "" in lines else len(lines)
    places = [line.split(",") for line in lines[:blank]]
    if len(places) > 1:
        raise SourceError(f"{member.path} is of {len(places)} places. Ask for one place a file.")
    for place in places:
        offset_s = dict(zip(names, place, strict=False)).get(_OFFSET, "0")
        _require_gmt(member.path, 0 if offset_s in ("", "0") else offset_s)


def by_age(sheet: Sheet) -> Sheet:
    """The sheet with a row an hour, age and model, if its columns' names hold ages; as it is if
    they don't. Columns without an age that others have with one are left out, and logged."""
    columns = [str(name) for name in sheet.columns]
    ages = {name: found for name in columns if (found := _NAME.fullmatch(name))}
    if not ages:
        return sheet
    names = {found["name"] for found in ages.values()}
    models = {found["model"] for found in ages.values()}
    others = [name for name in columns if name not in ages]
    newest = [name for name in others if _is_newest(name, names, models)]
    if newest:
        _LOG.warning(
            "%s: %s is of the newest run, nearly an analysis, and is not read; what has an age"
            " (_previous_day1 and so on) is.",
            sheet.path,
            ", ".join(newest),
        )
    labels = sheet.columns[[name for name in others if name not in newest]]
    parts = _parts(sheet.columns, labels, ages)
    units = {}
    for name, found in ages.items():
        unit = sheet.units.get(name) or _UNITS.get(found["unit"] or "")
        if unit:
            units[found["name"]] = unit
    lines = np.tile(sheet.lines, len(parts))
    columns_by_age = pd.concat(parts, ignore_index=True)
    return Sheet(sheet.path, columns_by_age, lines, units, sheet.notes)


def _parts(
    columns: pd.DataFrame, labels: pd.DataFrame, ages: Mapping[str, re.Match[str]]
) -> list[pd.DataFrame]:
    """For each age and model, `labels` and the columns that are of it."""
    parts: dict[tuple[str, str | None], pd.DataFrame] = {}
    for name, found in ages.items():
        key = found["age"], found["model"]
        if key not in parts:
            part = labels.copy()
            part[AGE] = int(found["age"])
            if found["model"] is not None:
                part[MODEL] = found["model"]
            parts[key] = part
        parts[key][found["name"]] = columns[name]
    return list(parts.values())


def _is_newest(column: str, names: set[str], models: set[str | None]) -> bool:
    plain, _, _ = column.partition(" (")
    for model in models:
        ending = "" if model is None else f"_{model}"
        if plain in {name + ending for name in names}:
            return True
    return False


def _units(symbols: object) -> dict[str, str]:
    units = {}
    if isinstance(symbols, dict):
        for name, symbol in symbols.items():
            if isinstance(symbol, str) and symbol in _UNITS:
                units[name] = _UNITS[symbol]
    return units


def _require_gmt(path: Path, offset_s: object) -> None:
    if offset_s:
        raise SourceError(
            f"{path} is not in GMT: all its times carry the offset of the day it was asked for"
            f" ({offset_s} s), so those of the other half of the year may be an hour off. Ask again"
            " with timezone=GMT."
        )


def _answer(member: Member, group: str) -> dict[str, Any]:
    path = member.path
    text = text_encoding.decode(path, member.content, ("utf-8-sig",), Headings(), group)
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path} can't be read as JSON: {error}") from error
    hourly = answer.get("hourly") if isinstance(answer, dict) else None
    if isinstance(hourly, dict) and "time" in hourly:
        are_columns = [isinstance(column, list) for column in hourly.values()]
        if all(are_columns):
            return dict(answer)
    raise SourceError(
        f"{path} is no answer of Open-Meteo for one place: it has no hourly.time. Ask for one place"
        " a file."
    )
