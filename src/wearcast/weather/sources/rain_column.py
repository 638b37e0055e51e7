"""A column of rain: what its blanks mean, and whether it is added up rather than an hour's."""

import math
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ENOUGH: Final = 24

_BLANK_SHARE: Final = 0.5
_DRY_SHARE: Final = 0.6
"""Where more than half of the hours are blank, and fewer than this share of the others is 0, a
blank may mean that there was none. Of real hours 92 to 93 % are dry (New York, Budva), and more
than half of the wettest places'. Korean stations leave dry hours blank and write 0 for a trace: 39
to 46 % of what Seoul has."""

_FALLS: Final = 3
_RISES: Final = 8
_ROUNDING_MM: Final = 0.001
_TOGETHER: Final = 0.9
"""Rain of single steps rises about as often as it falls, at any time of the day. Where it falls
three times and more, nine in ten at one time of the local day (or an hour off, when clocks change)
though it rises at any, or eight times more seldom than it rises and stays, it is a sum that starts
anew or never."""

_CHANCES: Final = 24
"""Falls at one place in the hour, times the hour's other places, that are no coincidence: 24 falls
where rows are half an hour apart, 8 where they are a quarter or less."""

_HOUR_MIN: Final = 60
_DAY_MIN: Final = 24 * 60


def blanks_may_mean_none(rain: Floats) -> bool:
    """Whether dry hours are so few and blanks so many that the blanks may be the dry ones."""
    known = rain[~np.isnan(rain)]
    if len(rain) < _ENOUGH or not len(known):
        return False
    blank_share = 1 - len(known) / len(rain)
    dry_share = float((known == 0).mean())
    return blank_share > _BLANK_SHARE and dry_share < _DRY_SHARE


def with_none_for_blank(rain: Floats, temp_c: Floats) -> Floats:
    """`rain` with 0 where it is blank in a row with a temperature; a row with nothing tells
    nothing."""
    is_dry = np.isnan(rain) & ~np.isnan(temp_c)
    return np.where(is_dry, 0.0, rain)


def is_accumulated(rain: Floats, station: pd.Series, valid_at: pd.Series, time_zone: str) -> bool:
    """Whether the amounts, an hour apart or less, are sums since the beginning of the hour, the
    local midnight, or another hour of the day, or since ever."""
    columns = {"station": station, "valid_at": valid_at, "rain": rain}
    table = pd.DataFrame(columns).dropna()
    table = table.sort_values(["station", "valid_at"], kind="stable")
    by_station = table.groupby("station", sort=False)
    change = by_station["rain"].diff()
    apart = by_station["valid_at"].diff()
    apart_min = apart.dt.total_seconds() / 60
    step_min = _commonest_step_min(apart_min)
    off_min = (apart_min - step_min).abs()
    is_next = off_min <= step_min / 4
    local = table["valid_at"].dt.tz_convert(time_zone)
    rises = local[is_next & (change > _ROUNDING_MM)]
    falls = local[is_next & (change < -_ROUNDING_MM)]
    if len(rises) < _RISES:
        return False
    is_wet = table["rain"] > _ROUNDING_MM
    is_same = change.abs() <= _ROUNDING_MM
    is_held = is_next & is_wet & is_same
    is_seldom = len(rises) >= _RISES * len(falls)
    if is_seldom and is_held.sum() >= len(rises):
        return True
    return _start_daily(rises, falls, step_min) or _start_hourly(rises, falls, step_min)


def _commonest_step_min(apart_min: pd.Series) -> float:
    """The commonest minutes from a row to the next, an hour at most."""
    forward_min = apart_min[apart_min > 0]
    if forward_min.empty:
        return _HOUR_MIN
    steps_min = forward_min.mode()
    shortest_min = float(steps_min.min())
    return min(shortest_min, _HOUR_MIN)


def _start_daily(rises: pd.Series, falls: pd.Series, step_min: float) -> bool:
    """Whether falls, and not rises, are at one time of the day, once a day."""
    days = falls.dt.date.nunique()
    if len(falls) < _FALLS or days < _TOGETHER * len(falls):
        return False
    of_falls = _share_at_one_time(falls, step_min)
    of_rises = _share_at_one_time(rises, step_min)
    return of_falls >= _TOGETHER > of_rises


def _start_hourly(rises: pd.Series, falls: pd.Series, step_min: float) -> bool:
    """Whether falls, and not rises, are at one place in the hour."""
    places = round(_HOUR_MIN / step_min)
    chances = len(falls) * (places - 1)
    if len(falls) < _RISES or chances < _CHANCES:
        return False
    of_falls = _share_at_one_place(falls, step_min)
    of_rises = _share_at_one_place(rises, step_min)
    return of_falls >= _TOGETHER > of_rises


def _share_at_one_time(local: pd.Series, step_min: float) -> float:
    """The share of the times at their commonest step of the day and the one an hour later."""
    minutes = local.dt.hour * _HOUR_MIN + local.dt.minute
    steps = minutes // step_min
    a_day = math.ceil(_DAY_MIN / step_min)
    an_hour = round(_HOUR_MIN / step_min)
    places = steps.astype(np.intp)
    counts = np.bincount(places, minlength=a_day)
    hour_later = np.roll(counts, -an_hour)
    both = counts + hour_later
    most = int(both.max())
    return most / len(local)


def _share_at_one_place(local: pd.Series, step_min: float) -> float:
    """The share of the times at their commonest step of the hour."""
    places = local.dt.minute // step_min
    shares = places.value_counts(normalize=True)
    return float(shares.max())
