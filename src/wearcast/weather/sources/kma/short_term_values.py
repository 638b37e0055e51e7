"""What the values of the KMA's short-term forecast (단기예보) mean, by whichever route they come:
the service, or the portal's archive.

- precipitation (PCP) is of the hour before, as `amount_mm` reads it
- in the hours that have classes (`short_term_issues`), PCP is 0 none, 1 under 3 mm an hour, 2 from
3 to under 15, 3 from 15; wind (WSD) is 1 to 3 and counts as missing, as most winds are of its
first class, under 4 m/s
- cloud cover (SKY) is 1 clear (0 to 5 tenths), 3 mostly cloudy (6 to 8), 4 overcast (9 and 10),
each read as its middle
- wind direction (VEC) 0 is north
- what is 900 or beyond, or -900 or below, is missing

The guide says which classes there are. It doesn't say which hour PCP and POP are of. That it is the
one before follows from the first and the last hour of an issue: at 02 h it is first told for 03 h,
and at the end for 24 h; amounts become classes after 00 h of the last day, not with it; and the
KMA's own pages drew its predecessors, POP and R06, over the hours before their stamp. It is not
confirmed by observations, nor whether the POP of hours three apart is of one hour or of three.

Credit: Korea Meteorological Administration.
"""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_MISSING_FROM: Final = 900.0

_NONE: Final = frozenset({"강수없음", "-", "null", "None"})
_BELOW: Final = re.compile(r"(\d+(?:\.\d+)?)mm미만")
_BETWEEN: Final = re.compile(r"(\d+(?:\.\d+)?)(?:mm)?~(\d+(?:\.\d+)?)mm")
_FROM: Final = re.compile(r"(\d+(?:\.\d+)?)mm이상")
_AMOUNT: Final = re.compile(r"([+-]?\d+(?:\.\d+)?)(?:mm)?")

_CLASS_MM: Final = {0.0: 0.0, 1.0: 1.5, 2.0: 9.0, 3.0: 15.0}
"""The middle of each class; the last has none, and begins at 15."""

_CLOUD_PCT: Final = {1.0: 25.0, 3.0: 70.0, 4.0: 95.0}


def known(values: Floats) -> Floats:
    """`values` with NaN for those that stand for a missing one."""
    is_missing = np.abs(values) >= _MISSING_FROM
    return np.where(is_missing, np.nan, values)


def amount_mm(text: str) -> float:
    """The precipitation that a text of PCP means; NaN where it is missing, or none of the known
    forms.

    강수없음 (none), -, null  0
    1mm 미만 (under)          half of it
    6.2mm, 6.2                as it is
    30.0~50.0mm               the middle
    50.0mm 이상 (from)        the least that it can be; else the heaviest rain would be missing
    """
    text = "".join(text.split())
    if text in _NONE:
        return 0.0
    if below := _BELOW.fullmatch(text):
        return float(below[1]) / 2
    if between := _BETWEEN.fullmatch(text):
        return (float(between[1]) + float(between[2])) / 2
    if least := _FROM.fullmatch(text) or _AMOUNT.fullmatch(text):
        return float(least[1])
    return np.nan


def precip_mm(amounts: Floats, is_classed: Flags) -> Floats:
    """PCP as numbers, in the hours that have classes the middle of the class; what is no class
    there is an amount."""
    amounts = known(amounts)
    classes = _coded(amounts, _CLASS_MM)
    is_class = is_classed & ~np.isnan(classes)
    millimetres = np.where(is_class, classes, amounts)
    return np.where(millimetres < 0, np.nan, millimetres)


def wind_ms(speeds: Floats, is_classed: Flags) -> Floats:
    """WSD, missing in the hours that have classes."""
    return np.where(is_classed, np.nan, known(speeds))


def wind_dir_deg(degrees: Floats) -> Floats:
    """VEC; north is 360."""
    degrees = known(degrees)
    return np.where(degrees == 0, 360.0, degrees)


def cloud_pct(codes: Floats) -> Floats:
    """SKY."""
    return _coded(codes, _CLOUD_PCT)


def _coded(codes: Floats, meanings: dict[float, float]) -> Floats:
    """What each code means, NaN where it isn't known."""
    values = np.full(codes.shape, np.nan)
    for code, meaning in meanings.items():
        values[codes == code] = meaning
    return values
