"""The heading row of a table: where it is, what stands above and below it, and its names."""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wearcast.errors import SourceError
from wearcast.weather.sources import headless_tables
from wearcast.weather.sources.headings import Headings
from wearcast.weather.sources.sheets import Row
from wearcast.weather.sources.unit_names import is_unit

_TOP: Final = 60
_SECOND: Final = 5
"""Rows below the heading that may go on with it: units, or what the columns of one quantity are."""

_MARKS: Final = "#%!;*/"
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?")
_COUNT: Final = re.compile(r"\d{1,9}")
_DIGIT: Final = re.compile(r"\d")


@dataclass(frozen=True)
class Parts:
    """The parts of a table.

    Attributes:
        names: of the columns.
        rows: of data.
        units: of the columns over a row of units, as that has them.
    """

    names: list[str]
    rows: list[Row]
    units: dict[str, str] = field(default_factory=dict)


def parted(path: Path, rows: list[Row], headings: Headings) -> Parts:
    """The parts of a table with its heading.

    Raises:
        SourceError: there is no heading, or it names a column that is looked for twice.
    """
    rows = _with_groups(rows, headings)
    at = _place(rows, headings)
    if at is None:
        known = headless_tables.known(rows)
        if known is not None:
            return Parts(*known)
        at = 0
        _require_heading(path, rows[0])
    _, cells = rows[at]
    names = [name.strip() for name in uncommented(cells)]
    # Files that were put one after the other repeat it.
    data = [row for row in rows[at + 1 :] if row[1] != cells]
    names = _without_blank_end(names, data)
    below = _second_rows(names, data, headings)
    names = unique(path, _told_apart(names, data[:below]), headings)
    units = _below(names, data[:below])
    return Parts(names, _indexed(names, data[below:]), units)


def _below(names: list[str], rows: list[Row]) -> dict[str, str]:
    """The units below the names."""
    units: dict[str, str] = {}
    for _, row in rows:
        for name, cell in zip(names, row, strict=False):
            bare = cell.strip().strip("()[]")
            if is_unit(bare):
                units.setdefault(name, bare)
    return units


def uncommented(row: list[str]) -> list[str]:
    """A row without the mark of a comment before it."""
    if not row or not row[0].startswith(tuple(_MARKS)):
        return row
    first = row[0].lstrip(_MARKS).strip()
    return [first, *row[1:]] if first else row[1:]


def without_comments(rows: list[Row]) -> list[Row]:
    """The rows that don't begin with `#`, beside those at the top, which may be the heading."""
    top, below = rows[:_TOP], rows[_TOP:]
    return top + [(line, row) for line, row in below if not row[0].startswith("#")]


def _without_blank_end(names: list[str], rows: list[Row]) -> list[str]:
    """The names but for blank ones at the end over nothing."""
    end = len(names)
    while end and not names[end - 1]:
        end -= 1
    if any(any(row[end:]) for _, row in rows):
        return names
    return names[:end]


def _place(rows: list[Row], headings: Headings) -> int | None:
    """Which row has most of the headings."""
    best, most = None, 0
    for at, (_, row) in enumerate(rows[:_TOP]):
        found = len(headings.found_in(uncommented(row)))
        if found > most:
            best, most = at, found
        if found == len(headings.names) > 0:
            break
    return best


def _with_groups(rows: list[Row], headings: Headings) -> list[Row]:
    """The rows, in which a heading below a row of what its columns belong to has both, where that
    names more of what is looked for: Outdoor above Temperature, or Wind above Speed."""
    at = _place(rows, headings)
    if not at:
        return rows
    line, names = rows[at]
    _, groups = rows[at - 1]
    if len(groups) != len(names) or any(_NUMBER.fullmatch(cell.strip()) for cell in groups):
        return rows
    best = names
    most = _count_once(names, headings)
    for above in (groups, _filled(groups)):
        joined = [_joined(group, name) for group, name in zip(above, names, strict=True)]
        count = _count_once(joined, headings)
        if count > most:
            best, most = joined, count
    if best is names:
        return rows
    return [*rows[: at - 1], (line, best), *rows[at + 1 :]]


def _count_once(names: list[str], headings: Headings) -> int:
    """How many of the headings the names are, without those that are there twice."""
    counts = Counter(name.strip() for name in names)
    once = [name for name, count in counts.items() if count == 1]
    return len(headings.found_in(once))


def _filled(groups: list[str]) -> list[str]:
    """The groups, of which each goes on over blank cells, as merged ones do."""
    filled = []
    last = ""
    for group in groups:
        last = group.strip() or last
        filled.append(last)
    return filled


def _joined(group: str, name: str) -> str:
    first, whole = group.strip(), name.strip()
    if whole.startswith(first):
        return whole
    return f"{first} {whole}".strip()


def _require_heading(path: Path, row: Row) -> None:
    line, cells = row
    numbers = [cell for cell in cells if _NUMBER.fullmatch(cell.strip())]
    dated = bool(re.match(r"\d{4}[-/.]?\d\d", cells[0].strip()))
    if len(numbers) > len(cells) / 2 or (dated and numbers):
        raise SourceError(
            f"{path}, row {line} is data ({', '.join(cells)[:60]}) where the columns' names are"
            " expected. Write a row with their names above it."
        )


def _second_rows(names: list[str], rows: list[Row], headings: Headings) -> int:
    """How many rows below the heading go on with it: they have no time and no numbers."""
    times = []
    others = []
    for at, name in enumerate(names):
        found = headings.found_in([name])
        if found & set(headings.times):
            times.append(at)
        elif found:
            others.append(at)
    if not times:
        return 0
    count = 0
    for _, row in rows[:_SECOND]:
        stamps = [row[at] for at in times if at < len(row)]
        values = [row[at] for at in others if at < len(row)]
        has_time = any(_DIGIT.search(cell) for cell in stamps)
        if has_time or any(_NUMBER.fullmatch(cell.strip()) for cell in values):
            break
        count += 1
    return count


def _told_apart(names: list[str], below: list[Row]) -> list[str]:
    """Names that stand over several columns, with what the rows below say each column is."""
    counts = Counter(names)
    whole = []
    for at, name in enumerate(names):
        parts = [name]
        if counts[name] > 1:
            parts += [row[at].strip() for _, row in below if at < len(row)]
        whole.append(" ".join(part for part in parts if part))
    return whole


def unique(path: Path, names: list[str], headings: Headings) -> list[str]:
    """Names of columns, told apart by their places where they are the same.

    Raises:
        SourceError: one that is looked for is there twice.
    """
    counts = Counter(names)
    apart = []
    for at, name in enumerate(names, start=1):
        if counts[name] == 1:
            apart.append(name)
            continue
        if headings.found_in([name]) or not headings.names:
            raise SourceError(
                f"{path}: the heading names {name!r} twice. Rename one of them, or leave one out."
            )
        apart.append(f"{name} (column {at})".strip())
    return apart


def _indexed(names: list[str], rows: list[Row]) -> list[Row]:
    """The rows without the numbers that some programs write before rows, which have no heading of
    their own."""
    rows = _uncommented_top(rows)
    if not rows or len(rows[0][1]) != len(names) + 1:
        return rows
    for at, (_, row) in enumerate(rows):
        is_counted = _COUNT.fullmatch(row[0]) and int(row[0]) in (at, at + 1)
        if not is_counted or len(row) != len(names) + 1:
            return rows
    return [(line, row[1:]) for line, row in rows]


def _uncommented_top(rows: list[Row]) -> list[Row]:
    top = []
    for line, row in rows[:_TOP]:
        if not row[0].startswith("#"):
            top.append((line, row))
    if len(top) == min(len(rows), _TOP):
        return rows
    return top + rows[_TOP:]
