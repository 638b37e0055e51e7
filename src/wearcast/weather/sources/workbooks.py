"""Sheets of a workbook (.xlsx) as rows of text."""

import io
from collections.abc import MutableMapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from wearcast.errors import SourceError
from wearcast.weather.sources import file_contents, heading_row
from wearcast.weather.sources.headings import Headings
from wearcast.weather.sources.sheets import Row, Sheet

_MOST_ROWS: Final = 1_048_576
"""Those of Excel's sheets."""

_TOP: Final = 100
"""Rows among which a heading is looked for."""


def read(
    path: Path, content: bytes, headings: Headings, passed_over: MutableMapping[Path, str]
) -> list[Sheet]:
    """The sheets of the workbook at `path` that have a row with `headings`; the first one where
    none has. The others go into `passed_over`.

    Raises:
        SourceError: it can't be read, the library that reads it isn't there, or a sheet's heading
            can't be meant.
    """
    tables = _tables(path, content)
    if not tables:
        raise SourceError(f"{path} is empty. Remove it, or export it again.")
    found = {name: rows for name, rows in tables.items() if _has(rows, headings)}
    left = [name for name in tables if name not in found]
    if not found:
        name = next(iter(tables))
        found, left = {name: tables[name]}, []
    for name in left:
        passed_over[path / name] = "a sheet that has none of the columns"
    several = len(tables) > 1
    sheets = []
    for name, rows in found.items():
        place = path / name if several else path
        sheets.append(_sheet(place, _even(rows, headings), headings))
    return sheets


def _sheet(path: Path, rows: list[Row], headings: Headings) -> Sheet:
    parts = heading_row.parted(path, rows, headings)
    cells = [row for _, row in parts.rows]
    columns = pd.DataFrame(cells, columns=parts.names, dtype="str")
    lines = [line for line, _ in parts.rows]
    return Sheet(path, columns, np.array(lines, dtype=np.int64), parts.units)


def _has(rows: list[Row], headings: Headings) -> bool:
    return any(headings.found_in(row) for _, row in rows[:_TOP])


def _even(rows: list[Row], headings: Headings) -> list[Row]:
    """The rows as wide as the heading: a note far to the right would make all of them as wide as
    itself. Without a heading as wide as the widest."""
    wide = [len(row) for _, row in rows[:_TOP] if headings.found_in(row)]
    width = max(wide or [len(row) for _, row in rows])
    return [(line, _padded(row, width)) for line, row in rows]


def _tables(path: Path, content: bytes) -> dict[str, list[Row]]:
    """For each sheet with something in it its rows, without blank cells at their end."""
    try:
        import openpyxl
    except ImportError as error:
        raise SourceError(
            f"{path} is a workbook (.xlsx), which needs openpyxl: pip install openpyxl. Or save its"
            " sheet as CSV."
        ) from error
    file_contents.require_whole(path, content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        tables = {sheet.title: _rows(sheet) for sheet in book.worksheets}
    except Exception as error:
        # What openpyxl raises for a damaged part depends on the part.
        raise SourceError(
            f"{path} is a workbook (.xlsx) that can't be read. Save its sheet as CSV, or take it"
            " out."
        ) from error
    return {name: rows for name, rows in tables.items() if rows}


def _rows(sheet: Any) -> list[Row]:
    # What a program wrote about the sheet's size may be wrong.
    sheet.reset_dimensions()
    rows = []
    for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
        if line > _MOST_ROWS:
            raise ValueError(f"row {line} is beyond a sheet's end")
        cells = [_text(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            rows.append((line, cells))
    return rows


def _padded(row: list[str], width: int) -> list[str]:
    return row[:width] + [""] * (width - len(row))


def _text(value: Any) -> str:
    """A cell as CSV would have it."""
    match value:
        case None:
            return ""
        case datetime():
            # The program's number of days isn't exact to the second.
            return f"{_to_second(value):%Y-%m-%d %H:%M:%S}"
        case date() | time():
            return value.isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip()


def _to_second(moment: datetime) -> datetime:
    rounded = moment + timedelta(microseconds=500_000)
    return rounded.replace(microsecond=0)
