"""Cells as numbers: words for missing, units behind the number, thousands, signs and points of the
compass."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.weather.sources import compass, composite_cells
from wearcast.weather.sources.composite_cells import Fields
from wearcast.weather.sources.open_questions import OpenQuestionError
from wearcast.weather.sources.sheets import Sheet
from wearcast.weather.sources.unit_names import known_unit

MISSING_WORDS: Final = frozenset(
    {
        "",
        *("-", "--", "---", "----", "–", "—", "−", ".", "..", "...", "/", "//", "///", "////"),
        *("*", "**", "***", "?", "×", "#n/a", "#na", "#value!", "#ref!", "#div/0!", "#null!"),
        *("na", "n/a", "n.a.", "<na>", "nan", "nat", "null", "nil", "none", "nd", "n.d.", "nodata"),
        *("no data", "m", "mm", "msg", "missing", "unknown", "inf", "+inf", "-inf"),
        *("infinity", "-infinity", "결측", "결측치", "자료없음", "欠測", "1.#qnan", "-1.#ind"),
    }
)
"""What stands where a number is missing, in small letters. M is so in METAR archives and in those
of the United States' climate data."""

TRACES: Final = frozenset({"t", "tr", "trace"})
"""Precipitation seen, too little to measure."""

_PRECIPITATION: Final = ("precip_mm", "precip_3h_mm")
_MINUS: Final = {ord("\N{MINUS SIGN}"): "-", ord("\N{EN DASH}"): "-", 0xFF0D: "-"}
# A comma before three digits parts thousands where a point follows; without one, only a number of
# four digits or more that doesn't begin with 0, such as 1,013, is taken so.
_THOUSANDS: Final = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
_WITH_UNIT: Final = re.compile(
    r"([+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\d\s.,+-].*)"
)


@dataclass(frozen=True)
class Cells:
    """A column's cells.

    Attributes:
        values: float64, NaN where missing, in the file's unit.
        trace: where precipitation was seen that couldn't be measured; its value is 0.
        unit: the unit behind the numbers; None where there is none.
        told: of how many values people should know what.
    """

    values: NDArray[np.float64]
    trace: NDArray[np.bool_]
    unit: str | None = None
    told: Counter[str] = field(default_factory=Counter)


def read_cells(
    sheet: Sheet, name: str, ours: str, missing: Sequence[str | float] = (), group: str = ""
) -> Cells:
    """The column `name` of the sheet as the quantity `ours`; `missing` are words and numbers that
    stand for missing beside those that everybody uses, from the settings `group`.

    Raises:
        SourceError: a cell is no number, or cells have units that contradict each other.
    """
    column = sheet.column(name)
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = column.to_numpy(dtype=np.float64, na_value=np.nan, copy=True)
        trace = np.zeros(len(values), dtype=bool)
        return Cells(_without(values, missing), trace)
    fields = composite_cells.read(sheet, name, ours)
    if fields is not None:
        return _of_fields(sheet, name, fields, missing, group)
    text = sheet.text(name)
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64, copy=True)
    values[np.isinf(values)] = np.nan
    trace = np.zeros(len(values), dtype=bool)
    left = np.isnan(values) & ~column.isna().to_numpy()
    unit = _read_others(sheet, name, ours, text, left, values, trace, missing, group)
    return Cells(_without(values, missing), trace, unit)


def _of_fields(
    sheet: Sheet, name: str, fields: Fields, missing: Sequence[str | float], group: str
) -> Cells:
    text = sheet.text(name)
    words = {str(word).strip().casefold() for word in missing}
    folded = text.str.casefold()
    is_missing = folded.isin(words | MISSING_WORDS)
    is_wrong = fields.is_other & ~is_missing.to_numpy()
    if is_wrong.any():
        raise _no_number(sheet, name, text, is_wrong, group)
    values = _without(fields.values, missing)
    return Cells(values, fields.trace, fields.form.unit, fields.left_out)


def _read_others(
    sheet: Sheet,
    name: str,
    ours: str,
    text: pd.Series,
    left: NDArray[np.bool_],
    values: NDArray[np.float64],
    trace: NDArray[np.bool_],
    missing: Sequence[str | float],
    group: str,
) -> str | None:
    """Read the cells that are `left`, each different text once, into `values` and `trace`; the unit
    behind their numbers."""
    others = text[left]
    words = {str(word).strip().casefold() for word in missing}
    units: dict[str, str] = {}
    read: dict[str, float] = {}
    wrong = set()
    for cell in others.unique():
        value = _read_one(str(cell), ours, words, units)
        if value is None:
            wrong.add(cell)
        else:
            read[cell] = value
    if wrong:
        raise _no_number(sheet, name, text, left & text.isin(wrong).to_numpy(), group)
    if len(set(units.values())) > 1:
        raise _two_units(sheet, name, units)
    values[left] = others.map(read).to_numpy(dtype=np.float64)
    if ours in _PRECIPITATION:
        folded = others.str.casefold()
        trace[left] = (folded.isin(TRACES) & ~folded.isin(words)).to_numpy()
    return next(iter(units.values()), None)


def is_value(cell: str, ours: str) -> bool:
    """Whether a cell that isn't blank is a value of the quantity `ours`, or says it has none."""
    return _read_one(cell, ours, set(), {}) is not None


def _read_one(cell: str, ours: str, words: set[str], units: dict[str, str]) -> float | None:
    """The number of one cell, NaN where it is missing, None where it is none; a unit behind it goes
    into `units`."""
    folded = cell.casefold()
    if folded in words or folded in MISSING_WORDS:
        return np.nan
    if ours in _PRECIPITATION and folded in TRACES:
        return 0.0
    if ours == "wind_dir_deg":
        point = compass.degrees(cell)
        if point is not None or compass.is_no_direction(cell):
            return np.nan if point is None else point
    return _number_with_unit(cell, ours, units)


def _number_with_unit(cell: str, ours: str, units: dict[str, str]) -> float | None:
    plain = cell.translate(_MINUS).replace("\u00a0", " ").strip()
    number, behind = plain, ""
    parts = _WITH_UNIT.fullmatch(plain)
    if parts:
        number, behind = parts.groups()
    if behind:
        unit = known_unit(ours, behind)
        if unit is None:
            return None
        units[cell] = unit
    if _THOUSANDS.fullmatch(number):
        number = number.replace(",", "")
    try:
        return float(number)
    except ValueError:
        return None


def _without(values: NDArray[np.float64], missing: Sequence[str | float]) -> NDArray[np.float64]:
    """`values` without the numbers that `missing` has."""
    numbers = []
    for word in missing:
        try:
            numbers.append(float(word))
        except ValueError:
            continue
    if numbers:
        values[np.isin(values, numbers)] = np.nan
    return values


def _no_number(
    sheet: Sheet, name: str, text: pd.Series, wrong: NDArray[np.bool_], group: str
) -> SourceError:
    row = int(np.flatnonzero(wrong)[0])
    count = int(wrong.sum())
    more = f" ({count} such rows)" if count > 1 else ""
    cell = str(text.iloc[row])
    advice = f" If it means missing, set {group}.missing: [{cell!r}]; else mend the file."
    where = f"{sheet.path}, row {sheet.lines[row]}, column {name!r}"
    message = f"{where}: {cell!r} is not a number{more}."
    if not group:
        return SourceError(f"{message} Mend the file.")
    return OpenQuestionError(message + advice, {"missing": [cell]})


def _two_units(sheet: Sheet, name: str, units: dict[str, str]) -> SourceError:
    examples = {unit: cell for cell, unit in units.items()}
    cells = " and ".join(repr(cell) for cell in examples.values())
    return SourceError(
        f"{sheet.path}, column {name!r}: its cells are in different units, such as {cells}. Give"
        " all of them in one unit."
    )
