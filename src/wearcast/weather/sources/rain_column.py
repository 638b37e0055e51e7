"""A column of rain: what its blanks mean, and whether it is added up rather than an hour's."""

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
"""Rain of single hours falls at any hour of the day. Where it falls three times and more, nine in
ten at one hour of the local day (or the next, when clocks change), or eight times more seldom than
it rises, it is a sum that starts anew or never."""


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
    """Whether the amounts are sums since the local midnight, or another hour of the day, or since
    ever."""
    columns = {"station": station, "valid_at": valid_at, "rain": rain}
    table = pd.DataFrame(columns).dropna()
    table = table.sort_values(["station", "valid_at"], kind="stable")
    by_station = table.groupby("station", sort=False)
    change = by_station["rain"].diff()
    hours_apart = by_station["valid_at"].diff()
    is_next = hours_apart == pd.Timedelta(hours=1)
    is_rise = is_next & (change > _ROUNDING_MM)
    is_fall = is_next & (change < -_ROUNDING_MM)
    rises = int(is_rise.sum())
    falls = table.loc[is_fall, "valid_at"]
    if rises < _RISES:
        return False
    if len(falls) < _FALLS:
        return rises >= _RISES * len(falls)
    return _share_at_one_hour(falls.dt.tz_convert(time_zone)) >= _TOGETHER


def _share_at_one_hour(local: pd.Series) -> float:
    """The share of the times at their commonest hour of the day and the hour after it."""
    hours = local.dt.hour
    commonest = int(hours.mode().iloc[0])
    after = (commonest + 1) % 24
    return float(hours.isin([commonest, after]).mean())
