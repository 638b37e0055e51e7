"""What the columns of a table are, by their names and by what stands in them."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.variables import VARIABLES
from wearcast.weather.sources import cell_values, column_names, stamp_forms, text_tables
from wearcast.weather.sources.headings import Headings
from wearcast.weather.sources.known_exports import Export
from wearcast.weather.sources.sheets import Sheet
from wearcast.weather.sources.units import NEVER_GUESSED, UNITS, convert

_LOOKED_AT: Final = 400
_MOST: Final = 0.7
"""The share of cells that must be values for a column to be what its name says."""

_TIME_OF_DAY: Final = re.compile(
    r"\d:\d\d|T\d\d|\d\s*[AaPp]\.?[Mm]|[오午]|^\d{10,14}(?:\.0)?$|^\d{8}\s\d{2,6}$|\s\d{1,2}h?$"
)
_CLOCK: Final = (
    r"[0-2]?\d(?:\.0)?|[0-2]?\d:?[0-5]\d(?::[0-5]\d)?(?:\s*[AaPp](?:\.?[Mm]\.?)?)?"
    r"|[0-2]?\d\s*[시時](?:\s*[0-5]?\d분)?"
)
_REACH: Final = {"rh_pct": 24.0, "wind_dir_deg": 180.0}
"""What the largest value is above, unless the column counts hours or days of the week."""

_PARTS: Final = (column_names.YEAR, column_names.MONTH, column_names.DAY, column_names.HOUR)


@dataclass(frozen=True)
class KnownNames(Headings):
    """Headings that are any of the names by which columns are known."""

    times: tuple[str, ...] = (
        *column_names.STAMPS,
        *column_names.DATES,
        *column_names.HOURS,
        *column_names.YEAR,
    )
    others: tuple[str, ...] = column_names.all_names()
    by_unit: bool = True

    def all_in(self, text: str) -> bool:
        """Whether `text` has a row of such headings."""
        return text_tables.has_headings(text, self)

    def found_in(self, cells: Sequence[str]) -> set[str]:
        """The names that the cells of a row are."""
        found = set()
        for cell in cells:
            for names in (self.times, self.others):
                place = column_names.has(names, cell)
                if place is not None:
                    found.add(names[place])
        return found


@dataclass
class Roles:
    """What the columns of a table are.

    Attributes:
        times: the columns that make up the time; none where there is none.
        station: the column of the stations.
        quantities: our names and the table's headings.
    """

    times: list[str] = field(default_factory=list)
    station: str | None = None
    quantities: dict[str, str] = field(default_factory=dict)


def of(sheet: Sheet, export: Export | None) -> Roles:
    """What the columns of the sheet are, which is of the known `export` or none of them."""
    names = [str(name) for name in sheet.columns]
    samples = {}
    for name in names:
        samples[name] = _sample(sheet, name)
    times = _times(names, samples)
    left = [name for name in names if name not in times]
    station = _station(left, samples)
    left = [name for name in left if name != station]
    return Roles(times, station, _quantities(left, samples, export))


def _sample(sheet: Sheet, name: str) -> list[str]:
    """Some of a column's cells that aren't blank, from all over it."""
    text = sheet.text(name)
    filled = text[text != ""]
    step = max(len(filled) // _LOOKED_AT, 1)
    return [str(cell) for cell in filled.iloc[::step]]


def _times(names: Sequence[str], samples: Mapping[str, Sequence[str]]) -> list[str]:
    stamps = _named(names, column_names.STAMPS)
    for name in stamps:
        if _are_stamps(samples[name]):
            return [name]
    dates = _named(names, column_names.DATES)
    dates = [name for name in dates if _are_dates(samples[name])]
    hours = _named(names, column_names.HOURS)
    hours = [name for name in hours if _are_clocks(samples[name])]
    apart = [name for name in hours if name not in dates]
    if dates and apart:
        return [dates[0], apart[0]]
    parts = []
    for known in _PARTS:
        parts += _named(names, known)[:1]
    if len(parts) == len(_PARTS):
        return parts
    return apart[:1] or stamps[:1]


def _named(names: Sequence[str], known: tuple[str, ...]) -> list[str]:
    """The columns that have one of the `known` names, the surest first."""
    places = {}
    for name in names:
        place = column_names.has(known, name)
        if place is not None:
            places[name] = place
    return sorted(places, key=places.__getitem__)


def _are_stamps(cells: Sequence[str]) -> bool:
    """Whether most cells are dates with a time of the day, or seconds since 1970."""
    if not cells or not _are_dates(cells):
        return False
    with_time = sum(bool(_TIME_OF_DAY.search(cell)) for cell in cells)
    return with_time >= _MOST * len(cells)


def _are_dates(cells: Sequence[str]) -> bool:
    text = pd.Series(list(cells), dtype="str")
    stamps = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
    is_year = text.str.fullmatch(r"\d{1,4}")
    if (stamps.notna() & ~is_year).mean() >= _MOST:
        return True
    try:
        return bool((stamp_forms.moments(text).notna() & ~is_year).mean() >= _MOST)
    except stamp_forms.UnclearDates:
        return True


def _are_clocks(cells: Sequence[str]) -> bool:
    count = 0
    for cell in cells:
        count += bool(re.fullmatch(_CLOCK, cell))
    return count > 0 and count >= _MOST * len(cells)


def _station(names: Sequence[str], samples: Mapping[str, Sequence[str]]) -> str | None:
    found = [name for name in _named(names, column_names.STATIONS) if samples[name]]
    return found[0] if found else None


def _quantities(
    names: Sequence[str], samples: Mapping[str, Sequence[str]], export: Export | None
) -> dict[str, str]:
    found: dict[str, str] = {}
    known = export.columns if export else {}
    not_ours = export.not_ours if export else ()
    left = [name for name in names if name not in not_ours]
    for ours, aliases in column_names.QUANTITIES.items():
        candidates = _named(left, aliases)
        exact = known.get(ours, "")
        if samples.get(exact):
            found[ours] = exact
            continue
        for name in candidates:
            if name in found.values() or not _are_values(samples[name], ours):
                continue
            if column_names.has_unit_of_another(ours, name):
                continue
            if column_names.is_short(name) and not _can_be(samples[name], ours):
                continue
            found[ours] = name
            break
    return found


def _are_values(cells: Sequence[str], ours: str) -> bool:
    count = 0
    for cell in cells:
        count += cell_values.is_value(cell, ours)
    return count > 0 and count >= _MOST * len(cells)


def _can_be(cells: Sequence[str], ours: str) -> bool:
    """Whether numbers can be the quantity `ours` in one of its units; words can."""
    text = pd.Series(list(cells), dtype="str").str.replace(",", ".")
    numbers = pd.to_numeric(text, errors="coerce").dropna()
    if numbers.empty:
        return True
    raw = numbers.to_numpy(dtype=np.float64)
    for unit in UNITS[ours].keys() - NEVER_GUESSED:
        values = convert(raw, ours, unit)
        if _are_possible(values, ours):
            return True
    return False


def _are_possible(values: NDArray[np.float64], ours: str) -> bool:
    variable = VARIABLES[ours]
    is_possible = (values >= variable.low) & (values <= variable.high)
    if is_possible.mean() < _MOST:
        return False
    low, high = variable.plausible_mean
    possible = values[is_possible]
    reach = _REACH.get(ours, -math.inf)
    return bool(low <= np.median(possible) <= high and possible.max() > reach)
