"""Numbers that stand for a missing value, such as -99, 999.9 or 0 hPa: recognised by how exactly
they repeat and how far they stand from the rest.

What is said of real values below was measured in five years of Seoul, five of Budva, one of three
airports of New York, and three of nine Korean cities.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.variables import VARIABLES

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_FEWEST: Final = 24
"""With fewer values nothing is judged."""

_LIMITS: Final = frozenset({32767.0, 32768.0, 65535.0, 2147483647.0, 2147483648.0})
"""The largest numbers of 16 and 32 bits, which loggers write for missing."""

_FAR: Final = {
    "temp_c": 20.0,
    "dewpoint_c": 25.0,
    "rh_pct": 40.0,
    "wind_ms": 15.0,
    "gust_ms": 30.0,
    "precip_mm": 50.0,
    "precip_3h_mm": 80.0,
    "pressure_hpa": 25.0,
    "wind_dir_deg": 90.0,
    "cloud_pct": 100.0,
    "solar_wm2": 400.0,
}
"""A code stands at least this far (in our unit) from the nearest other value, and one that isn't
made of nines also as far as the others span. The widest holes between real values are 0.7 °C, 0.8
°C (dew point), 1.8 %, 2.1 m/s, 0.7 m/s (gust), 22.6 mm, 5.9 hPa and 124 W/m²."""

_MOST: Final = 3
"""Different codes at one end of a column, such as -99, -999 and -9999."""

_RARE: Final = ("gust_ms", "precip_mm", "precip_3h_mm", "solar_wm2")
"""Quantities whose highest value may stand alone: a single one is a code only if impossible."""

_ONLY_IMPOSSIBLE: Final = ("wind_dir_deg", "cloud_pct")
"""Quantities whose possible values all occur everywhere."""

_CERTAIN: Final = 999.0
"""An impossible number of nines from here on needs no second one; a single 99 may be a faulty
sensor's, and is quality control's."""

_HUGE: Final = 1e9
"""Numbers as large as this are fill values of scientific formats, such as 9.97e36 and 1e20."""

_ENDS: Final = [(lows, highs) for lows in range(_MOST + 1) for highs in range(_MOST + 1)]

_SHOWN: Final = 4

_JUMP: Final = {"temp_c": 8.0, "dewpoint_c": 12.0, "rh_pct": 40.0, "pressure_hpa": 6.0}
"""So far from the known hours before and after a value is a spike (`quality.SPIKE`)."""

_REPEATS: Final = 3
"""Spikes of exactly the same value that are no coincidence."""

_DEAD_AT_ZERO: Final = ("temp_c", "dewpoint_c", "pressure_hpa")
_ZERO_RUN: Final = np.timedelta64(15, "h")
"""How long a logger without its sensor gives exactly 0 at least: 16 hours in a row. Melting snow
keeps 0 °C for 7 hours at most, and no real temperature in tenths stays for more than 15; one in
whole degrees may."""
_GAP: Final = np.timedelta64(3, "h")
"""Hours further apart than this aren't in a row."""

_DRIEST_PCT: Final = 5.0
"""A humidity of 0 is a code where nothing else is under this; the driest real value is 2 %."""


def codes(raw: Floats, values: Floats, ours: str) -> Bools:
    """Where a column's numbers are codes whatever hour they are of: `raw` as the file writes them,
    and the same `values` in our unit, both of shape (rows,).

    A number is a code where it is impossible and made of nines or a format's limit, and where it
    stands far from the rest and repeats or is made of nines. A column that holds nothing else is
    left as it is.
    """
    found = np.zeros(len(raw), dtype=bool)
    known = ~np.isnan(raw)
    if known.sum() < _FEWEST or ours not in VARIABLES:
        return found
    numbers, first, counts = np.unique(raw[known], return_index=True, return_counts=True)
    is_code = _are_codes(numbers, values[known][first], counts, ours)
    if not is_code.all():
        found[known] = np.isin(raw[known], numbers[is_code])
    return found


def time_order(station: pd.Series, valid_at: pd.Series) -> NDArray[np.intp]:
    """The positions of rows, station by station in the order of time."""
    stations, _ = pd.factorize(station)
    return np.lexsort((valid_at.to_numpy(), stations))


def codes_in_time(
    raw: Floats, values: Floats, ours: str, valid_at: pd.Series, order: NDArray[np.intp]
) -> Bools:
    """Where numbers that weather could have are codes by the hours around them: a long run of
    exactly 0, or exactly the same number again and again far from the hours before and after.

    `order` is that of `time_order`.
    """
    found = np.zeros(len(raw), dtype=bool)
    if ours not in _JUMP:
        return found
    is_known = ~np.isnan(raw[order])
    known = order[is_known]
    if len(known) < _FEWEST:
        return found
    numbers = raw[known]
    starts = np.flatnonzero(np.diff(numbers, prepend=np.nan) != 0)
    lengths = np.diff(starts, append=len(known))
    of_runs = numbers[starts]
    is_spike = _repeated_spikes(of_runs, values[known][starts], _JUMP[ours])
    is_code = np.repeat(is_spike, lengths)
    if ours in _DEAD_AT_ZERO:
        times = valid_at.dt.tz_convert(None).to_numpy()[known]
        is_code |= _dead_at_zero(numbers, times)
    found[known] = is_code
    return found


def shown(numbers: Floats) -> str:
    """The different numbers for a message, the first four of them: `-99, 999`."""
    # Of -0 and 0 the plain one is shown.
    different = np.unique(numbers + 0.0)
    texts = [f"{number:.10g}" for number in different]
    more = ["…"] if len(texts) > _SHOWN else []
    return ", ".join(texts[:_SHOWN] + more)


def _are_codes(numbers: Floats, values: Floats, counts: NDArray[np.intp], ours: str) -> Bools:
    """Which of the different numbers are codes; they and `values` are sorted."""
    forms = [_has_form(number) for number in numbers]
    form = np.array(forms)
    impossible: Bools = VARIABLES[ours].impossible(values)
    repeats = counts > 1
    far = _apart(values, _FAR[ours])
    farther = _apart(values, _FAR[ours], by_span=True)
    is_code: Bools = form & impossible
    is_code &= repeats | (np.abs(numbers) >= _CERTAIN)
    is_code &= _alone(numbers, form)
    is_code |= farther & impossible & repeats
    if ours in _ONLY_IMPOSSIBLE:
        return is_code
    is_code |= far & form & repeats
    if ours in _RARE:
        return is_code
    is_code |= far & form & ~impossible
    is_code |= farther & (counts >= _REPEATS)
    if ours == "rh_pct":
        is_code |= _humidity_zero(values, counts)
    return is_code


def _has_form(number: float) -> bool:
    """Whether a number is one that people and programs write for missing: nines and nothing else,
    or a format's limit."""
    size = abs(float(number))
    digits = set(f"{size:.10g}") - {"."}
    is_nines = digits == {"9"} and size >= 9
    return is_nines or size in _LIMITS or size >= _HUGE


def _humidity_zero(values: Floats, counts: NDArray[np.intp]) -> Bools:
    """Where a humidity of 0 repeats, and nothing else is that dry."""
    others = values[values > 0]
    is_desert = len(others) > 0 and others.min() < _DRIEST_PCT
    is_zero: Bools = (values == 0) & (counts > 1)
    return is_zero & (not is_desert)


def _alone(numbers: Floats, form: Bools) -> Bools:
    """Which numbers have no other, but for those of a code's form, within a tenth of their size;
    one that has belongs to what the sensor gives."""
    others = numbers[~form]
    if not len(others):
        return np.ones(len(numbers), dtype=bool)
    places = np.searchsorted(others, numbers)
    right = places.clip(max=len(others) - 1)
    left = (places - 1).clip(min=0)
    to_right = np.abs(others[right] - numbers)
    to_left = np.abs(others[left] - numbers)
    nearest = np.minimum(to_right, to_left)
    size = np.abs(numbers)
    tenth = size / 10
    alone: Bools = nearest >= tenth
    return alone


def _apart(values: Floats, far: float, by_span: bool = False) -> Bools:
    """Which of the sorted values, at most `_MOST` at each end, stand `far` below or above the rest;
    `by_span`: also as far as the rest spans."""
    apart = np.zeros(len(values), dtype=bool)
    bounded = np.concatenate([[-np.inf], values, [np.inf]])
    for lows, highs in _ENDS:
        end = len(values) - highs
        rest = values[lows:end]
        if len(rest) < _MOST:
            continue
        needed = max(far, rest[-1] - rest[0]) if by_span else far
        below = rest[0] - bounded[lows]
        above = bounded[end + 1] - rest[-1]
        if min(below, above) >= needed:
            apart[:lows] = True
            apart[end:] = True
    return apart


def _dead_at_zero(numbers: Floats, times: NDArray[np.datetime64]) -> Bools:
    """Where numbers in the order of their times, some of them with decimals, are exactly 0 for
    long."""
    dead = np.zeros(len(numbers), dtype=bool)
    whole = numbers.round()
    if (numbers == whole).all():
        return dead
    steps = np.diff(numbers, prepend=np.nan)
    apart = np.diff(times)
    is_change = steps != 0
    is_change[1:] |= apart > _GAP
    starts = np.flatnonzero(is_change)
    lengths = np.diff(starts, append=len(numbers))
    ends = starts + lengths - 1
    lasted = times[ends] - times[starts]
    is_long = lasted >= _ZERO_RUN
    is_zero = numbers[starts] == 0
    is_dead = is_zero & is_long
    return np.repeat(is_dead, lengths)


def _repeated_spikes(numbers: Floats, levels: Floats, jump: float) -> Bools:
    """Which runs of equal numbers are codes: both neighbours are more than `jump` away on the same
    side, and at least `_REPEATS` such runs are of exactly the same number."""
    spikes = np.zeros(len(numbers), dtype=bool)
    level = levels[1:-1]
    rise = level - levels[:-2]
    fall = level - levels[2:]
    above = np.minimum(rise, fall)
    below = np.maximum(rise, fall)
    spikes[1:-1] = (above > jump) | (below < -jump)
    found, runs = np.unique(numbers[spikes], return_counts=True)
    often = found[runs >= _REPEATS]
    return spikes & np.isin(numbers, often)
