"""Local time in UTC where clocks change: the order of the rows tells autumn's two hours apart."""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_NEAR: Final = pd.Timedelta(days=2)
_LONGEST_CHANGE: Final = pd.Timedelta(hours=1)
_ONE_HOUR: Final = timedelta(hours=1)
_NONE: Final = timedelta(0)


def localized(local: pd.Series, time_zone: str) -> pd.Series:
    """The local times of one station, in the order of its rows, in UTC; NaT where `time_zone` has
    none such, or two and the order doesn't tell which."""
    twice = is_twice(local, time_zone)
    is_first = np.zeros_like(twice)
    unknown = np.zeros_like(twice)
    days = local.dt.normalize()
    for day in days[twice].unique():
        away = local - day
        near = away.abs() <= _NEAR
        around = near.to_numpy()
        first = _earlier_half(local[around], twice[around])
        if first is None:
            unknown |= twice & around
        else:
            is_first[around] |= first
    utc = _in_utc(local, time_zone, is_first)
    return utc.mask(unknown)


def is_twice(local: pd.Series, time_zone: str) -> NDArray[np.bool_]:
    """Whether the clock shows each time twice."""
    known = local.dt.tz_localize(time_zone, ambiguous="NaT", nonexistent="shift_forward")
    twice: NDArray[np.bool_] = known.isna().to_numpy()
    return twice


def fixed_zones(time_zone: str, year: int) -> list[str]:
    """The zones without summer time that a file of `time_zone` may keep all year: its standard time
    first, as Etc/GMT, whose sign is the other way round. None where an offset is no whole hour."""
    zone = ZoneInfo(time_zone)
    offsets = set()
    for month in (1, 7):
        day = datetime(year, month, 1, tzinfo=zone)
        offset = zone.utcoffset(day)
        offsets.add(offset or _NONE)
    names = []
    for offset in sorted(offsets):
        hours, rest = divmod(offset, _ONE_HOUR)
        if rest:
            return []
        names.append(f"Etc/GMT{-hours:+d}" if hours else "UTC")
    return names


def _in_utc(local: pd.Series, time_zone: str, is_first: NDArray[np.bool_]) -> pd.Series:
    aware = local.dt.tz_localize(time_zone, ambiguous=is_first, nonexistent="NaT")
    utc: pd.Series = aware.dt.tz_convert("UTC")
    return utc


def _earlier_half(local: pd.Series, twice: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """Which rows are of the first of two hours, where the rows around are in one order and the
    clock goes back once; else None."""
    if local.iloc[-1] < local.iloc[0]:
        local = local[::-1]
        backwards = _earlier_half(local, twice[::-1])
        return None if backwards is None else backwards[::-1]
    steps = local.diff().dropna()
    repeated = local[twice]
    goes_back = repeated.diff() <= pd.Timedelta(0)
    is_in_order = (steps >= -_LONGEST_CHANGE).all()
    if not is_in_order or goes_back.sum() != 1:
        return None
    first = np.zeros_like(twice)
    first[twice] = goes_back.cumsum() == 0
    return first
