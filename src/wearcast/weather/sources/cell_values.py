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
from wearcast.weather.sources import compass, composite_cells, sky_cover
from wearcast.weather.sources.composite_cells import Fields
from wearcast.weather.sources.open_questions import OpenQuestionError
from wearcast.weather.sources.sheets import Sheet, shown
from wearcast.weather.sources.unit_names import known_unit

_MISSING: Final = frozenset(
    {
        *("", "#n/a", "#na", "#value!", "#ref!", "#div/0!", "#null!", "1.#qnan", "-1.#ind"),
        *("inf", "+inf", "-inf", "infinity", "-infinity", "nan", "nat", "\\n"),
        *("null", "(null)", "<null>", "[null]", "nil", "none", "undefined", "<na>"),
        *("na", "n/a", "n.a.", "nd", "n/d", "n.d.", "nr", "n/r", "m", "mm", "msg", "missing"),
        *("no data", "nodata", "no value", "not available", "unavailable", "unknown", "invalid"),
        *("mq", "manquant", "non disponible", "k.a.", "n.v.", "fehlt", "s/d", "s.d.", "sin dato"),
        *("sin datos", "sem dados", "acum", "varias", "saknas"),
        *("결측", "결측치", "자료없음", "자료이상", "통신장애", "장비점검", "미측정", "측정불가"),
        *("欠測", "休止", "缺测", "无数据"),
    }
)
"""What stands where a number is missing, in small letters. M is so in METAR archives and in those
of the United States' climate data, `mq` in Météo-France's, `Acum` (added to a later amount) in
AEMET's."""

_MARKS: Final = re.compile(r"[-–—−./*?_#×\s]+")
"""Where a number is missing, too: `--`, `///`, `-.-`, and the `****` of what is too wide."""

_MISSING_UNIT: Final = re.compile(r"([-–—−./*?]+|nan|none|null|n/?a)\s*([^\d\s].*)", re.IGNORECASE)
"""The same with the unit that numbers have: `-- °F`, `nan mph`."""

_TRACE: Final = re.compile(
    r"t|tr\.?|traces?|trazas?|ip|inap\.?|미량|微量|0?\.?0+ ?t|[<≤] ?0?\.\d+ ?(?:mm|in(?:ch)?)?"
)
"""Precipitation seen, too little to measure, in small letters; `Ip` is AEMET's."""

_CALM: Final = frozenset({"calm", "calme", "calma", "clm", "windstill", "정온", "무풍", "고요"})

_FLAGGED: Final = re.compile(r"([+-]?\d*\.?\d+|t)([sv]|\s?[*#)])", re.IGNORECASE)
"""A number with a mark behind it that doubts it: NOAA's s (suspect) and V (variable), the Met
Office's * (estimated), JMA's ) and #."""

PRECIPITATION: Final = ("precip_mm", "precip_3h_mm")
_SPEEDS: Final = ("wind_ms", "gust_ms")

_LONGEST: Final = 200
"""Characters of a cell; to look for a number in many more takes minutes."""

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
        is_of_an_hour: whether the cells say that their precipitation is that of an hour.
        unusable: where a cell of several fields isn't blank and has no value; None where cells are
            single numbers.
    """

    values: NDArray[np.float64]
    trace: NDArray[np.bool_]
    unit: str | None = None
    told: Counter[str] = field(default_factory=Counter)
    is_of_an_hour: bool = False
    unusable: NDArray[np.bool_] | None = None


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
        values[np.isinf(values)] = np.nan
        trace = np.zeros(len(values), dtype=bool)
        return Cells(_without(values, missing), trace)
    text = sheet.short_text(name)
    fields = composite_cells.read(text, name, ours)
    if fields is not None:
        return _of_fields(sheet, name, fields, missing, group)
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64, copy=True)
    values[np.isinf(values)] = np.nan
    trace = np.zeros(len(values), dtype=bool)
    left = np.isnan(values) & ~column.isna().to_numpy()
    has_numbers = not np.isnan(values).all()
    found = _read_others(sheet, name, ours, text, left, values, trace, missing, group)
    if has_numbers and found.skies:
        raise _words_and_numbers(sheet, name, found.skies[0])
    return Cells(_without(values, missing), trace, found.unit, found.told(text[left]))


def _of_fields(
    sheet: Sheet, name: str, fields: Fields, missing: Sequence[str | float], group: str
) -> Cells:
    text = sheet.text(name)
    words = _folded(missing)
    is_missing = text.map(lambda cell: _is_missing(cell, words))
    is_wrong = fields.is_other & ~is_missing.to_numpy()
    if is_wrong.any():
        raise _no_number(sheet, name, text, is_wrong, group)
    values = _without(fields.values, missing)
    form = fields.form
    is_filled = np.asarray(text != "")
    unusable = is_filled & np.isnan(values)
    return Cells(values, fields.trace, form.unit, fields.left_out, form.hours == 1, unusable)


@dataclass
class _Found:
    """What else cells say.

    Attributes:
        units: the units behind their numbers, by the cell.
        marks: what is behind numbers and doubts them, by the cell.
        skies: the cells that are words of cloud cover.
    """

    units: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    skies: list[str] = field(default_factory=list)

    @property
    def unit(self) -> str | None:
        """The unit of all cells; None where they say none."""
        return next(iter(self.units.values()), None)

    def told(self, cells: pd.Series) -> Counter[str]:
        """How many of the cells have which mark."""
        marks = cells.map(self.marks).dropna()
        return Counter(f"read though marked {mark!r}" for mark in marks)


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
) -> _Found:
    """Read the cells that are `left`, each different text once, into `values` and `trace`; what
    else they say."""
    others = text[left]
    words = _folded(missing)
    found = _Found()
    read: dict[str, float] = {}
    wrong = set()
    for cell in others.unique():
        value = _read_one(str(cell), ours, words, found)
        if value is None:
            wrong.add(cell)
        else:
            read[cell] = value
    if wrong:
        raise _no_number(sheet, name, text, left & text.isin(wrong).to_numpy(), group)
    if len(set(found.units.values())) > 1:
        raise _two_units(sheet, name, found.units)
    values[left] = others.map(read).to_numpy(dtype=np.float64)
    if ours in PRECIPITATION:
        is_trace = {cell for cell, value in read.items() if value == 0 and _is_trace(cell)}
        trace[left] = others.isin(is_trace).to_numpy()
    return found


def is_value(cell: str, ours: str) -> bool:
    """Whether a cell that isn't blank is a value of the quantity `ours`, or says it has none."""
    return _read_one(cell, ours, set(), _Found()) is not None


def _folded(missing: Sequence[str | float]) -> set[str]:
    words = set()
    for word in missing:
        text = str(word).strip()
        words.add(text.casefold())
    return words


def _read_one(cell: str, ours: str, words: set[str], found: _Found) -> float | None:
    """The number of one cell, NaN where it is missing, None where it is none; what else it says
    goes into `found`."""
    if len(cell) > _LONGEST:
        return None
    if _is_missing(cell, words) or _is_unit_alone(cell, ours):
        return np.nan
    if flagged := _FLAGGED.fullmatch(cell):
        number, mark = flagged.groups()
        found.marks[cell] = mark.strip()
        return _read_one(number, ours, words, found)
    if ours in PRECIPITATION and _is_trace(cell):
        return 0.0
    if ours in _SPEEDS and cell.casefold() in _CALM:
        return 0.0
    if ours == "wind_dir_deg":
        point = compass.degrees(cell)
        if point is not None or compass.is_no_direction(cell):
            return np.nan if point is None else point
    if ours == "cloud_pct":
        oktas = sky_cover.oktas(cell)
        if oktas is not None:
            found.units[cell] = "oktas"
            found.skies.append(cell)
            return oktas
    return _number_with_unit(cell, ours, found.units)


def _is_missing(cell: str, words: set[str]) -> bool:
    """Whether the cell says that the value is missing, in a common way or by one of `words`."""
    folded = cell.casefold()
    if folded in words or folded in _MISSING:
        return True
    return _MARKS.fullmatch(folded) is not None


def _is_unit_alone(cell: str, ours: str) -> bool:
    parts = _MISSING_UNIT.fullmatch(cell)
    if parts is None:
        return False
    unit = known_unit(ours, parts.group(2))
    return unit is not None


def _is_trace(cell: str) -> bool:
    """Whether the cell says that precipitation was seen, too little to measure, marked or not."""
    folded = cell.casefold()
    if flagged := _FLAGGED.fullmatch(folded):
        folded = flagged.group(1)
    return _TRACE.fullmatch(folded) is not None


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
        value = float(number)
    except ValueError:
        return None
    return value if np.isfinite(value) else None


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
    advice = f" If it means missing, set {group}.missing: [{shown(cell)}]; else mend the file."
    where = f"{sheet.path}, row {sheet.lines[row]}, column {name!r}"
    message = f"{where}: {shown(cell)} is not a number{more}."
    if not group:
        return SourceError(f"{message} Mend the file.")
    return OpenQuestionError(message + advice, {"missing": [cell]})


def _words_and_numbers(sheet: Sheet, name: str, word: str) -> SourceError:
    return SourceError(
        f"{sheet.path}, column {name!r}: some of its cells are words such as {word!r}, others"
        " numbers, whose unit nothing says. Give all of them in one way."
    )


def _two_units(sheet: Sheet, name: str, units: dict[str, str]) -> SourceError:
    examples = {unit: cell for cell, unit in units.items()}
    cells = " and ".join(repr(cell) for cell in examples.values())
    return SourceError(
        f"{sheet.path}, column {name!r}: its cells are in different units, such as {cells}. Give"
        " all of them in one unit."
    )
