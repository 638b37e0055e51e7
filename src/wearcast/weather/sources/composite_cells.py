"""Cells of several fields, as NOAA's hourly surface data (ISD, "global hourly") have them: digits
without a point, flags and a code of quality, such as `+0002,5` for 0.2 °C.

Source: NCEI, "Federal Climate Complex Data Documentation for Integrated Surface Data".
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_Q: Final = r"(?P<quality>[0-9A-Z])"

_ERRONEOUS: Final = frozenset("37")
"""Codes of quality of what NOAA holds for erroneous."""

_TRACE: Final = "2"
_UNMEASURED: Final = frozenset("134")
"""Conditions of an amount that couldn't be measured, or is a part or the end of a longer one."""

_MOST: Final = 0.5


@dataclass(frozen=True)
class Form:
    """What the cells of a quantity look like.

    Attributes:
        shape: of a whole cell, with a group `value` of digits, all of them 9 where it is missing,
            and a group `quality`; of an amount, also `hours` and `condition`.
        unit: of the value.
        parts: of the unit that the value counts.
        heading: of columns whose cells may also be something else; any where it is None.
        hours: of which the amount is wanted.
        most: the highest value that is no code.
    """

    shape: re.Pattern[str]
    unit: str
    parts: int = 10
    heading: str | None = None
    hours: int | None = None
    most: float = np.inf


@dataclass(frozen=True)
class Fields:
    """What a column's cells hold.

    Attributes:
        form: which they have.
        values: float64, NaN where missing or erroneous, in the form's unit.
        trace: where precipitation was seen that couldn't be measured.
        is_other: where a cell hasn't the form.
        left_out: how many values were left out, by why.
    """

    form: Form
    values: NDArray[np.float64]
    trace: NDArray[np.bool_]
    is_other: NDArray[np.bool_]
    left_out: Counter[str]


_TEMPERATURE: Final = re.compile(rf"(?P<value>[+-]\d{{4}}),{_Q}")
_AMOUNT: Final = re.compile(rf"(?P<hours>\d\d),(?P<value>\d{{4}}),(?P<condition>[0-9A-Z]),{_Q}")

_FORMS: Final = {
    "temp_c": Form(_TEMPERATURE, "degC"),
    "dewpoint_c": Form(_TEMPERATURE, "degC"),
    "pressure_hpa": Form(re.compile(rf"(?P<value>\d{{5}}),{_Q}"), "hPa", heading="SLP"),
    "wind_dir_deg": Form(
        re.compile(rf"(?P<value>\d{{3}}),{_Q},[A-Z9],\d{{4}},[0-9A-Z]"), "deg", parts=1
    ),
    "wind_ms": Form(re.compile(rf"\d{{3}},[0-9A-Z],[A-Z9],(?P<value>\d{{4}}),{_Q}"), "m/s"),
    "gust_ms": Form(re.compile(rf"(?P<value>\d{{4}}),{_Q}"), "m/s", heading="OC1"),
    "precip_mm": Form(_AMOUNT, "mm", hours=1),
    "precip_3h_mm": Form(_AMOUNT, "mm", hours=3),
    "cloud_pct": Form(
        re.compile(rf"(?P<value>\d\d),\d\d,{_Q}(,[0-9A-Z]+)+"), "oktas", parts=1, most=8.0
    ),
}


def is_composite(heading: str, text: pd.Series) -> bool:
    """Whether most cells of a column have the form of some quantity."""
    return any(form_of(ours, heading, text) for ours in _FORMS)


def form_of(ours: str, heading: str, text: pd.Series) -> Form | None:
    """The form of the quantity `ours` where most cells have it, of those with something in them."""
    form = _FORMS.get(ours)
    if form is None or form.heading not in (None, heading.strip().upper()):
        return None
    filled = text[text != ""]
    if not filled.str.contains(",", regex=False).any():
        return None
    has_form = filled.str.fullmatch(form.shape)
    return form if has_form.mean() > _MOST else None


def read(text: pd.Series, heading: str, ours: str) -> Fields | None:
    """The cells of a column as the quantity `ours`; None where they aren't composite."""
    form = form_of(ours, heading, text)
    return _fields(form, text) if form else None


def _fields(form: Form, text: pd.Series) -> Fields:
    fields = text.str.extract(form.shape)
    fields = fields.fillna("")
    values = _numbers(form, fields["value"])
    trace = np.zeros(len(values), dtype=bool)
    left_out: Counter[str] = Counter()
    if form.hours is not None:
        hours = f"{form.hours:02}"
        is_other_time = fields["hours"] != hours
        _leave_out(values, is_other_time, f"of another time than {form.hours} h", left_out)
        condition = fields["condition"]
        is_unmeasured = condition.isin(_UNMEASURED)
        _leave_out(values, is_unmeasured, "not measured over its time", left_out)
        trace = np.asarray(condition == _TRACE)
    is_erroneous = fields["quality"].isin(_ERRONEOUS)
    _leave_out(values, is_erroneous, "marked as erroneous", left_out)
    is_known = ~np.isnan(values)
    is_blank = text == ""
    is_other = fields["value"] == ""
    return Fields(form, values, trace & is_known, np.asarray(is_other & ~is_blank), left_out)


def _numbers(form: Form, digits: pd.Series) -> NDArray[np.float64]:
    is_code = digits.str.fullmatch(r"[+-]?9+")
    numbers = pd.to_numeric(digits.mask(is_code, ""), errors="coerce")
    known = numbers.where(numbers <= form.most)
    in_parts = known.to_numpy(dtype=np.float64)
    return in_parts / form.parts


def _leave_out(
    values: NDArray[np.float64], wrong: pd.Series, why: str, left_out: Counter[str]
) -> None:
    is_known = ~np.isnan(values)
    lost = is_known & wrong.to_numpy()
    values[lost] = np.nan
    if lost.any():
        what = f"{why}, left out"
        left_out[what] = int(lost.sum())
