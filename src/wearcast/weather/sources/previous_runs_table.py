"""Forecasts of Open-Meteo's Previous Runs service, as it answers: a column a quantity and age, such
as temperature_2m_previous_day1, with several models one each, such as
temperature_2m_previous_day1_gfs_seamless.

A column without an age is of the newest run, nearly an analysis: it is never read.
"""

import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from wearcast.errors import SourceError
from wearcast.weather.sources.sheets import Sheet, text_of

AGE, MODEL = "previous_day", "model"
"""The columns that the ages and models in the names become."""

SUFFIX: Final = ".json"

_NAME: Final = re.compile(r"(?P<name>\w+?)_previous_day(?P<age>\d)(?:_(?P<model>\w+))?")
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

_LOG: Final = logging.getLogger(__name__)


def read_json(path: Path, group: str) -> Sheet:
    """The hours of an answer, a column a quantity and age; `group` are the settings that name it.

    Raises:
        SourceError: it is no answer of one place in GMT.
    """
    answer = _answer(path, group)
    hourly, offset_s = answer["hourly"], answer.get("utc_offset_seconds", 0)
    if offset_s:
        raise SourceError(
            f"{path} is not in GMT: all its times carry the offset of the day it was asked for"
            f" ({offset_s} s), so those of the other half of the year may be an hour off. Ask again"
            " with timezone=GMT."
        )
    if len({len(column) for column in hourly.values()}) != 1:
        raise SourceError(f"{path}: its columns are not of one length. Ask for it again.")
    columns = pd.DataFrame(hourly)
    symbols = answer.get("hourly_units", {})
    units = {name: _UNITS[unit] for name, unit in symbols.items() if unit in _UNITS}
    return Sheet(path, columns, np.arange(1, len(columns) + 1), units)


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
    units = {
        found["name"]: sheet.units[name] for name, found in ages.items() if name in sheet.units
    }
    lines = np.tile(sheet.lines, len(parts))
    return Sheet(sheet.path, pd.concat(parts, ignore_index=True), lines, units)


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
    for model in models:
        ending = "" if model is None else f"_{model}"
        if column in {name + ending for name in names}:
            return True
    return False


def _answer(path: Path, group: str) -> dict[str, Any]:
    try:
        answer = json.loads(text_of(path, ("utf-8-sig",), group))
    except ValueError as error:
        raise SourceError(f"{path} can't be read as JSON: {error}") from error
    hourly = answer.get("hourly") if isinstance(answer, dict) else None
    if isinstance(hourly, dict) and "time" in hourly:
        return dict(answer)
    raise SourceError(
        f"{path} is no answer of Open-Meteo for one place: it has no hourly.time. Ask for one place"
        " a file."
    )
