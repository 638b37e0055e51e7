"""Tables of text: the separator, the heading row, and the rows that belong to it."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from wearcast.errors import SourceError
from wearcast.weather.sources import heading_row, headless_tables
from wearcast.weather.sources.decimal_commas import with_points
from wearcast.weather.sources.headings import Headings
from wearcast.weather.sources.notes import Note
from wearcast.weather.sources.sheets import Row, Sheet

_SEPARATORS: Final = (",", ";", "\t", "|", " ")
"""The last stands for blanks of any number."""

_WORD: Final = re.compile(r'"[^"]*"|\S+')
_DATE: Final = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}\.?")
_CLOCK: Final = re.compile(r"\d{1,2}(:\d\d){0,2}")
_DIGIT: Final = re.compile(r"\d")

_TOP: Final = 60
"""Lines among which the heading is looked for."""

_TAIL: Final = 10
"""Lines below the data that may be something else."""

_SHOWN: Final = 60
"""Characters of such a line that are told."""

_RARE: Final = 0.1
"""Of rows, those that are cut off rather than written short."""


def read(path: Path, text: str, headings: Headings) -> Sheet:
    """The table in `text`, the file at `path`, whose heading row has `headings`.

    Raises:
        SourceError: it is empty, has no heading row, names a heading that is looked for twice, or a
            row has too many or too few fields.
    """
    separator = _separator(text, headings)
    rows = _rows(path, text, separator)
    if not rows:
        raise SourceError(f"{path} is empty. Remove it, or export it again.")
    parts = heading_row.parted(path, rows, headings)
    names, data, units = parts.names, parts.rows, parts.units
    if data[:1] == rows[:1]:
        units = headless_tables.units(names)
    if separator == " ":
        data = _with_whole_times(names, data, headings)
    least = len(names)
    if separator != " ":
        least = _fewest_fields(names, data, headings)
    table = _without_tail(names, data, headings, least)
    notes = _tail_notes(path, data[len(table) :])
    data = _fitting(path, names, table, least)
    cells = [row for _, row in data]
    columns = pd.DataFrame(cells, columns=names, dtype="str")
    if separator != "," or '"' in text:
        columns = with_points(columns, headings)
    lines = np.array([line for line, _ in data], dtype=np.int64)
    return Sheet(path, columns, lines, units, notes)


def has_headings(text: str, headings: Headings) -> bool:
    """Whether `text` is a table whose heading row has the time and something else of `headings`, or
    one that is known without a heading row."""
    top = text[:100_000].splitlines()[:_TOP]
    for separator in _SEPARATORS:
        rows = [row for row in _cells(top, separator) if any(row)]
        if headless_tables.known(list(enumerate(rows))):
            return True
        for at, row in enumerate(rows):
            cells = heading_row.uncommented(row)
            found = headings.found_in(cells)
            if len(found) > 1 and found.intersection(headings.times):
                width = len(cells)
                data = rows[at + 1 :]
                return any(_is_data(below, width) for below in data)
    return False


def _is_data(row: list[str], width: int) -> bool:
    too_many = len(row) - width
    if abs(too_many) > 1:
        return False
    whole = " ".join(row)
    return _DIGIT.search(whole) is not None


def _separator(text: str, headings: Headings) -> str:
    """What the heading row is separated by; where none is found, what most lines have most of."""
    top = text[:100_000].splitlines()[:_TOP]
    best, most = ",", 0
    for separator in _SEPARATORS:
        for row in _cells(top, separator):
            cells = heading_row.uncommented(row)
            found = headings.found_in(cells)
            if len(found) > most:
                best = separator
                most = len(found)
    return best if most else _sniffed(top)


def _sniffed(top: Sequence[str]) -> str:
    for separator in _SEPARATORS:
        rows = _cells(top, separator)
        counts = Counter(len(row) for row in rows if any(row))
        for width, _ in counts.most_common(1):
            if width > 1:
                return separator
    return ","


def _rows(path: Path, text: str, separator: str) -> list[Row]:
    if separator == " ":
        lines = enumerate(text.splitlines(), start=1)
        rows = [(line, _words(words)) for line, words in lines if words.strip()]
    else:
        rows = _separated(path, text, separator)
    if "\n#" in text or "\r#" in text:
        rows = heading_row.without_comments(rows)
    return rows


def _separated(path: Path, text: str, separator: str) -> list[Row]:
    spaced = f'{separator} "' in text
    stream = io.StringIO(text, newline="")
    reader = csv.reader(stream, delimiter=separator, skipinitialspace=spaced)
    try:
        return [(reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        raise SourceError(f"{path}, row {reader.line_num}: {error}. Is it a CSV file?") from error


def _cells(lines: Sequence[str], separator: str) -> Iterator[list[str]]:
    if separator == " ":
        for line in lines:
            yield _words(line)
        return
    try:
        yield from csv.reader(lines, delimiter=separator)
    except csv.Error:
        return


def _words(line: str) -> list[str]:
    if '"' not in line:
        return line.split()
    return [word.strip('"') for word in _WORD.findall(line)]


def _with_whole_times(names: list[str], rows: list[Row], headings: Headings) -> list[Row]:
    """Rows in which blanks separate columns and a date from its hour, with both in one cell."""
    times = [at for at, name in enumerate(names) if name in headings.times]
    if len(times) != 1:
        return rows
    at = times[0]
    width = len(names) + 1
    for _, row in rows:
        if len(row) != width:
            return rows
        is_date = _DATE.fullmatch(row[at])
        is_clock = _CLOCK.fullmatch(row[at + 1])
        if not is_date or not is_clock:
            return rows
    whole = []
    for line, row in rows:
        stamp = f"{row[at]} {row[at + 1]}"
        whole.append((line, [*row[:at], stamp, *row[at + 2 :]]))
    return whole


def _fewest_fields(names: list[str], rows: list[Row], headings: Headings) -> int:
    """How many fields a row must have: as many as names, unless most rows leave out trailing ones.
    A column that is looked for can't be left out of all rows."""
    width = len(names)
    # The last may be cut off.
    whole = rows[:-1] or rows
    counts = Counter(len(row) for _, row in whole)
    short = {count: times for count, times in counts.items() if count < width}
    is_usual = sum(short.values()) > len(whole) / 2
    if not is_usual or headings.found_in(names[max(counts) :]):
        return width
    often = [count for count, times in short.items() if times > _RARE * len(whole)]
    return min(often, default=width)


def _fitting(path: Path, names: list[str], rows: list[Row], least: int) -> list[Row]:
    """The rows with as many fields as the heading has: without blank ones too many, with blank ones
    where they have `least`."""
    width = len(names)
    if all(len(row) == width for _, row in rows):
        return rows
    fitting = []
    for line, row in rows:
        if any(row[width:]) or len(row) < least:
            raise SourceError(_misfit(path, line, row, width, rows))
        blank = [""] * (width - len(row))
        fitting.append((line, [*row[:width], *blank]))
    return fitting


def _misfit(path: Path, line: int, row: list[str], width: int, rows: list[Row]) -> str:
    others = sum(len(other) != width for _, other in rows) - 1
    more = f" ({others} more such rows)" if others else ""
    commas = " Numbers with decimal commas need quotes, or semicolons between the columns."
    hint = commas if len(row) > width else ""
    return (
        f"{path}, row {line}: {len(row)} fields, but the heading has {width}{more}. Mend the row."
        f"{hint}"
    )


def _without_tail(names: list[str], rows: list[Row], headings: Headings, least: int) -> list[Row]:
    """The rows without a last one that was cut off, and without notes below the data."""
    times = [at for at, name in enumerate(names) if name in headings.times]
    end = len(rows)
    while end > max(1, len(rows) - _TAIL) and _is_note(rows[end - 1][1], len(names), times):
        end -= 1
    if end > 1 and end == len(rows) and len(rows[-1][1]) < least:
        end -= 1
    return rows[:end]


def _tail_notes(path: Path, tail: list[Row]) -> list[Note]:
    """What is told of rows below the data."""
    if not tail:
        return []
    line, row = tail[0]
    whole = ", ".join(row)
    what = "rows at the end that are cut off, or no data, left out"
    example = f"first row {line}: {whole[:_SHOWN]!r}"
    note = Note(
        path.name,
        "",
        what,
        len(tail),
        "rows",
        example=example,
    )
    return [note]


def _is_note(row: list[str], width: int, times: list[int]) -> bool:
    if len(row) == 1 and width > 2:
        return not _DATE.match(row[0])
    cells = [row[at] for at in times if at < len(row)]
    named = [cell for cell in cells if cell.strip()]
    return bool(named) and not any(_DIGIT.search(cell) for cell in named)
