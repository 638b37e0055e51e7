"""What the hourly numbers of Korea's synoptic stations (ASOS) mean, by whichever route they come: a
portal export, data.go.kr, apihub.

- wind direction is one of 16 points, in degrees rounded to tens (20 is 22.5°); 0 is calm
- cloud cover is in tenths, radiation in MJ/m² of the preceding hour and blank at night (we leave it
so)
- a quality flag says 0 normal, 1 wrong, 9 missing; blank is 0
- blank precipitation in a row that exists means none, `0` a trace (under 0.1 mm)
- a blank gust beside a wind means none; apihub alone tells gusts
- from November to March precipitation is a sum of three hours, at 00, 03, … 21 h only

Sunshine is flagged 9 every night, and precipitation in every dry hour: there, 9 says no more than
the blank beside it. (Seoul's export of 2020 with flags has 9 in the hours that its export without
flags leaves blank, dry days and the hours between two sums alike.)
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.variables import VARIABLES
from wearcast.weather.observations import conform
from wearcast.weather.sources.units import convert, own_unit

TIME_ZONE: Final = "Asia/Seoul"

COLUMNS: Final = tuple(name for name, variable in VARIABLES.items() if not variable.summed)
"""What rows may hold beside `RAIN`, under our names. (Pressure is that at sea level.)"""

_OTHER_UNIT: Final = {"cloud_pct": "tenths", "solar_wm2": "MJ/m2"}

RAIN: Final = "rain_mm"
RAIN_FLAG: Final = "rain_flag"

_MISSING: Final = 9
_WINTER: Final = (11, 12, 1, 2, 3)


def unflagged(values: NDArray[np.float64], flags: NDArray[np.float64]) -> NDArray[np.float64]:
    """`values` without those whose quality flag isn't 0 or blank (NaN)."""
    normal = np.nan_to_num(flags) == 0
    return np.where(normal, values, np.nan)


def observations(rows: pd.DataFrame) -> pd.DataFrame:
    """The raw table of `rows` in the stations' own units.

    `rows` has `station`, `valid_at` (UTC), and any of `COLUMNS`; where they have `RAIN` (mm; NaN is
    blank) they have `RAIN_FLAG` too. All of a station's month should be there: whether its rain is
    hourly shows in the whole of it.
    """
    given = {}
    for name in COLUMNS:
        if name in rows:
            given[name] = rows[name].to_numpy(dtype=np.float64)
    columns = {column: _converted(column, values) for column, values in given.items()}
    frame = rows[["station", "valid_at"]].assign(**columns)
    if RAIN in rows:
        silent = _silent(given, len(rows))
        frame = frame.assign(**_precipitation(rows, silent))
    return conform(frame)


def three_hourly_season(hour: pd.Series) -> NDArray[np.bool_]:
    """Whether precipitation at these stamps (local) is a sum of three hours: November to March.

    An amount belongs to the month of the hour before its stamp, as the Korean day runs to 24 h. So
    the stamp 1 April 00:00 is a sum: 22 and 23 h of 31 March have no amount of their own. And 1
    November 00:00 is an hour's amount: 22 and 23 h of 31 October have theirs. (In 2018-2021 Seoul
    was dry at each of these eight stamps, so the data can't contradict it, nor does it matter
    there.)
    """
    month = _before(hour).dt.month
    winter: NDArray[np.bool_] = month.isin(_WINTER).to_numpy()
    return winter


def in_our_unit(column: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """`values` of one of `COLUMNS` in our unit, to a tenth."""
    unit = _OTHER_UNIT.get(column, own_unit(column))
    return convert(values, column, unit).round(1)


def _converted(column: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    if column == "wind_dir_deg":
        return _sixteen_points(values)
    return in_our_unit(column, values)


def _sixteen_points(codes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The exact directions of the 16 points whose codes are given: 20 is 22.5°, 50 is 45°; 0 is
    calm and has none."""
    steps = np.round(codes / 22.5)
    points_deg = steps * 22.5
    is_calm = codes == 0
    return np.where(is_calm, np.nan, points_deg)


def _silent(given: dict[str, NDArray[np.float64]], hours: int) -> NDArray[np.bool_]:
    """Where a station reported nothing at all: then a blank doesn't mean that it was dry."""
    silent = np.ones(hours, dtype=bool)
    for values in given.values():
        silent &= np.isnan(values)
    return silent


def _precipitation(
    rows: pd.DataFrame, silent: NDArray[np.bool_]
) -> dict[str, NDArray[np.float64] | NDArray[np.bool_]]:
    """`precip_mm`, `precip_3h_mm` and `trace`.

    In a 3-hourly month `precip_mm` stays NaN even where a sum of none says that its hours had none:
    known only when dry, hourly rain would look rarer than it is.
    """
    given = rows[RAIN].to_numpy(dtype=np.float64)
    given_flags = rows[RAIN_FLAG].to_numpy(dtype=np.float64)
    flags = np.nan_to_num(given_flags)
    blank = np.isnan(given)
    flagged = flags != 0
    refused = flagged & (flags != _MISSING)
    unknown = np.where(blank, silent | refused, flagged)
    blank_as_zero = np.nan_to_num(given, nan=0.0)
    amount = np.where(unknown, np.nan, blank_as_zero)
    hour = rows["valid_at"].dt.tz_convert(TIME_ZONE)
    three_hourly = _three_hourly(rows["station"], hour, blank)
    hour_of_day = hour.dt.hour.to_numpy()
    at_sum = hour_of_day % 3 == 0
    return {
        "precip_mm": np.where(three_hourly, np.nan, amount),
        "precip_3h_mm": np.where(three_hourly & at_sum, amount, np.nan),
        "trace": (given == 0) & ~unknown,
    }


def _three_hourly(
    station: pd.Series, hour: pd.Series, blank: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which rows belong to months in which precipitation is given for three hours at a time.

    A winter month in which a station has an amount at any other hour than 00, 03, … was exported
    hour by hour, and is read so.
    """
    before = _before(hour)
    month = before.dt.year * 12 + before.dt.month
    hour_of_day = hour.dt.hour.to_numpy()
    between_sums = hour_of_day % 3 != 0
    hourly_amount = pd.Series(~blank & between_sums, index=hour.index)
    by_month = hourly_amount.groupby([station, month])
    any_in_month = by_month.transform("any")
    by_hour = any_in_month.to_numpy(dtype=bool)
    three_hourly: NDArray[np.bool_] = three_hourly_season(hour) & ~by_hour
    return three_hourly


def _before(hour: pd.Series) -> pd.Series:
    return hour - pd.Timedelta(minutes=1)
