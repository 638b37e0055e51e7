"""A column of a file as a quantity in our unit: its cells, its unit, what stands for missing."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.variables import VARIABLES
from wearcast.weather.sources import unit_doubts
from wearcast.weather.sources.cell_values import PRECIPITATION, Cells, read_cells
from wearcast.weather.sources.missing_codes import codes, codes_in_time, shown
from wearcast.weather.sources.notes import Note
from wearcast.weather.sources.open_questions import OpenQuestionError
from wearcast.weather.sources.sheets import GROUP, Sheet
from wearcast.weather.sources.unit_names import (
    foreign_unit,
    heading_unit,
    is_of_an_hour,
    is_per_hour,
    known_unit,
)
from wearcast.weather.sources.units import UNITS, convert, own_unit

_ENOUGH: Final = 24
_ASSUMED: Final = "assumed"

_MOUNTAIN_HPA: Final = 500.0

_TRACE_MM: Final = -0.1
"""How WMO's codes (BUFR 0 13 011) and ISD-Lite write precipitation too little to measure."""


@dataclass(frozen=True)
class Quantity:
    """A column in our unit.

    Attributes:
        values: float64, NaN where missing.
        trace: where precipitation was seen that couldn't be measured.
        raw: the numbers as the file has them.
        unit: of the numbers as the file has them.
        unit_known: whether the settings, the heading or the cells say the unit.
        notes: what people should know of.
        is_rate: whether precipitation is an hour's at the pace of the moment, such as mm/h.
        is_of_an_hour: whether each row has the precipitation of a whole hour, as its heading or its
            cells say.
        file, theirs: the file's name and the column's heading.
    """

    values: NDArray[np.float64]
    trace: NDArray[np.bool_]
    raw: NDArray[np.float64]
    unit: str
    unit_known: bool
    notes: list[Note]
    file: str
    theirs: str
    is_rate: bool = False
    is_of_an_hour: bool = False
    unusable: NDArray[np.bool_] | None = None


def read_quantity(
    sheet: Sheet,
    ours: str,
    theirs: str,
    units: Mapping[str, str],
    group: str = GROUP,
    missing: Sequence[str | float] = (),
) -> Quantity:
    """The column `theirs` of the sheet as `ours`; `units` and `missing`, of the settings `group`,
    say which unit it is in and what stands for missing.

    Raises:
        SourceError: there is no such column, a value can't be read, the settings, the heading and
            the cells name different units, or the values can't be in the unit they were read in.
    """
    cells = read_cells(sheet, theirs, ours, missing, group)
    unit, origin = _unit(sheet, ours, theirs, units, cells, group)
    values = convert(cells.values, ours, unit, group)
    is_code = codes(cells.values, values, ours)
    notes = [Note(sheet.path.name, theirs, what, count) for what, count in cells.told.items()]
    if is_code.any():
        notes.append(_codes_note(sheet.path.name, theirs, cells.values[is_code]))
        values = np.where(is_code, np.nan, values)
    trace = cells.trace
    is_trace = _traces(ours, values)
    if is_trace.any():
        values = np.where(is_trace, 0.0, values)
        trace = trace | is_trace
        count = int(is_trace.sum())
        notes.append(Note(sheet.path.name, theirs, f"{_TRACE_MM} mm taken for a trace", count))
    if origin != _ASSUMED and ours not in units and not _same(ours, unit, own_unit(ours)):
        notes.append(Note(sheet.path.name, theirs, f"read as {unit}, as {origin} says"))
    is_told = origin != _ASSUMED
    file = sheet.path.name
    is_rate = _is_rate(sheet, ours, theirs, cells)
    says_hour = ours == "precip_mm" and (cells.is_of_an_hour or is_of_an_hour(theirs))
    quantity = Quantity(
        values,
        trace,
        cells.values,
        unit,
        is_told,
        notes,
        file,
        theirs,
        is_rate=is_rate,
        is_of_an_hour=says_hour and not is_rate,
        unusable=cells.unusable,
    )
    _require_plausible(sheet, ours, theirs, quantity, f"{unit} ({origin})", group)
    return quantity


def _traces(ours: str, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where precipitation is written as `_TRACE_MM`; nowhere in a column that has other negative
    values, which a scale's drift gives."""
    is_trace = np.isclose(values, _TRACE_MM)
    is_drift = (values < 0) & ~is_trace
    if ours not in PRECIPITATION or is_drift.any():
        return np.zeros(len(values), dtype=bool)
    return is_trace


def require_no_doubt(sheet: Sheet, ours: str, theirs: str, quantity: Quantity) -> None:
    """Refuse values that fit another unit, where nothing says that they are in ours.

    Raises:
        SourceError: naming the likely unit.
    """
    if quantity.unit_known:
        return
    values = quantity.values
    likely = unit_doubts.likely_unit(ours, values)
    if likely:
        known = values[~np.isnan(values)]
        own = own_unit(ours)
        raise OpenQuestionError(
            f"{sheet.path}, column {theirs!r}: read as {own} (assumed), {ours} runs from"
            f" {known.min():.4g} to {known.max():.4g} with a mean of {known.mean():.4g}; that looks"
            f" like {likely}. Set {GROUP}.units.{ours} to {likely}, or to {own} if it really is.",
            {f"units.{ours}": likely},
        )


def without_codes_in_time(
    read: Quantity, ours: str, valid_at: pd.Series, order: NDArray[np.intp]
) -> Quantity:
    """The quantity without the codes that show in the order of its hours (`time_order`)."""
    raw = np.where(np.isnan(read.values), np.nan, read.raw)
    is_code = codes_in_time(raw, read.values, ours, valid_at, order)
    if not is_code.any():
        return read
    values = np.where(is_code, np.nan, read.values)
    note = _codes_note(read.file, read.theirs, raw[is_code])
    return replace(read, values=values, notes=[*read.notes, note])


def _codes_note(file: str, theirs: str, numbers: NDArray[np.float64]) -> Note:
    what = f"{shown(numbers)} taken for missing and left out"
    return Note(file, theirs, what, len(numbers))


def _unit(
    sheet: Sheet, ours: str, theirs: str, units: Mapping[str, str], cells: Cells, group: str
) -> tuple[str, str]:
    """The unit of the column, and what says so.

    Raises:
        SourceError: two of settings, file, heading and cells contradict each other.
    """
    told = {
        f"{group}.units": units.get(ours),
        "the file": known_unit(ours, sheet.units.get(theirs, "")),
        "its heading": heading_unit(ours, theirs),
        "a cell": cells.unit,
    }
    told_units = {origin: unit for origin, unit in told.items() if unit}
    if not told_units:
        _require_no_foreign_unit(sheet, ours, theirs, group)
        return own_unit(ours), _ASSUMED
    origin, unit = next(iter(told_units.items()))
    for other, other_unit in told_units.items():
        if not _same(ours, unit, other_unit):
            raise OpenQuestionError(
                f"{sheet.path}, column {theirs!r}: {origin} has {unit}, but {other} says"
                f" {other_unit}. Set {group}.units.{ours}: {other_unit} if that is right; else"
                f" correct the file, where it says {other_unit}.",
                {f"units.{ours}": other_unit},
            )
    return unit, origin


def _is_rate(sheet: Sheet, ours: str, theirs: str, cells: Cells) -> bool:
    """Whether the heading or the cells of precipitation say that it is a rate."""
    if ours != "precip_mm":
        return False
    if is_per_hour(theirs):
        return True
    if cells.unit is None:
        return False
    texts = sheet.text(theirs)
    different = texts.unique()
    return any(is_per_hour(cell) for cell in different)


def _same(ours: str, one: str, other: str) -> bool:
    known = UNITS[ours]
    return one not in known or known[one] == known[other]


def _require_no_foreign_unit(sheet: Sheet, ours: str, theirs: str, group: str) -> None:
    foreign = foreign_unit(theirs)
    if foreign:
        raise SourceError(
            f"{sheet.path}, column {theirs!r}: its heading says {foreign}, which is none of the"
            f" units known of {ours}: {', '.join(UNITS[ours])}. Convert the column to one of them"
            f" and name it in {group}.units.{ours}."
        )


def _require_plausible(
    sheet: Sheet, ours: str, theirs: str, quantity: Quantity, unit: str, group: str
) -> None:
    is_known = ~np.isnan(quantity.values)
    known = quantity.values[is_known]
    low, high = _plausible_mean(ours)
    if len(known) < _ENOUGH or low <= known.mean() <= high:
        return
    if ours == "pressure_hpa" and _MOUNTAIN_HPA < known.mean() < low:
        raise OpenQuestionError(
            f"{sheet.path}, column {theirs!r}: its mean is {known.mean():.4g} hPa, as at a station"
            " high above the sea, and pressure_hpa is that at sea level. Map the column of the"
            f" sea-level pressure, or remove pressure_hpa from {group}.columns.",
            {"columns.pressure_hpa": None},
        )
    likely = unit_doubts.plausible_units(ours, quantity.raw[is_known], (low, high))
    hint = f"; by its values it may be in {' or '.join(likely)}" if likely else ""
    message = (
        f"{sheet.path}, column {theirs!r}: read as {unit}, {ours} runs from"
        f" {known.min():.4g} to {known.max():.4g} with a mean of {known.mean():.4g}, which can't"
        f" be{hint}. Set {group}.units.{ours} to its unit, and name numbers that stand for missing"
        f" in {group}.missing."
    )
    if len(likely) == 1:
        raise OpenQuestionError(message, {f"units.{ours}": likely[0]})
    raise SourceError(message)


def _plausible_mean(ours: str) -> tuple[float, float]:
    if ours in VARIABLES:
        return VARIABLES[ours].plausible_mean
    return -math.inf, math.inf
