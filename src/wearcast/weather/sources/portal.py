"""Hourly exports of the Korea Meteorological Administration's open data portal (ASOS), as they come.

Their headings vary with what was asked for; what is known of them:

- CP949 or UTF-8 with a byte order mark; local time (KST); one row an hour
- blank precipitation in a row that exists means none, `0` a trace (under 0.1 mm)
- from November to March precipitation is a sum of three hours, at 00, 03, … 21 h only
- wind direction is one of 16 points, in degrees rounded to tens (20 is 22.5°); 0 is calm
- cloud cover is in tenths, radiation in MJ/m² of the preceding hour and blank at night (we leave it so)
- a quality flag other than 0 (1 wrong, 9 missing) stands in a column `… QC플래그`

Credit: Korea Meteorological Administration, Open MET Data Portal.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.weather.observations import conform
from wearcast.weather.sources.sheets import Sheet
from wearcast.weather.sources.stamps import hours_utc
from wearcast.weather.sources.units import convert

ENCODINGS: Final = ("utf-8-sig", "cp949")
TIME_ZONE: Final = "Asia/Seoul"

STATION, TIME, RAIN = "지점", "일시", "강수량"
QUANTITIES: Final = {
    "기온": ("temp_c", "degC"),
    "이슬점온도": ("dewpoint_c", "degC"),
    "습도": ("rh_pct", "%"),
    "풍속": ("wind_ms", "m/s"),
    "풍향": ("wind_dir_deg", "deg"),
    "해면기압": ("pressure_hpa", "hPa"),
    "전운량": ("cloud_pct", "tenths"),
    "일사": ("solar_wm2", "MJ/m2"),
}
"""Their headings without the unit, our columns, and the unit theirs is in. (현지기압 is the pressure at the station's height, not ours.)"""

_FLAG: Final = " QC플래그"
_WINTER: Final = (11, 12, 1, 2, 3)


def is_portal_export(sheet: Sheet) -> bool:
    """Whether the sheet's heading is that of a portal export."""
    return {STATION, TIME} <= set(_headings(sheet))


def read_portal(sheet: Sheet, time_zone: str | None = None) -> pd.DataFrame:
    """The export's rows as a raw table.

    Raises:
        SourceError: a heading is missing, or a value can't be read; the message names file, row and column.
    """
    headings = _headings(sheet)
    for needed in (STATION, TIME, "기온"):
        if needed not in headings:
            raise SourceError(f"{sheet.path}: no column {needed!r}. Export the portal's hourly ASOS table (시간자료) with it.")
    station = sheet.text(headings[STATION])
    frame = pd.DataFrame({"station": station, "valid_at": hours_utc(sheet, headings[TIME], time_zone or TIME_ZONE, station)})
    for heading, (column, unit) in QUANTITIES.items():
        if heading in headings:
            values = convert(_good_numbers(sheet, headings, heading), column, unit)
            frame[column] = _sixteen_points(values) if column == "wind_dir_deg" else values.round(1)
    return conform(frame.assign(**_precipitation(sheet, headings, frame) if RAIN in headings else {}))


def _headings(sheet: Sheet) -> dict[str, str]:
    """The sheet's headings by what stands before their unit."""
    return {str(name).partition("(")[0].strip(): str(name) for name in sheet.columns}


def _good_numbers(sheet: Sheet, headings: dict[str, str], heading: str) -> NDArray[np.float64]:
    values = sheet.numbers(headings[heading])
    return np.where(_flagged(sheet, headings, heading), np.nan, values)


def _flagged(sheet: Sheet, headings: dict[str, str], heading: str) -> NDArray[np.bool_]:
    flag = headings.get(heading + _FLAG)
    if flag is None:
        return np.zeros(len(sheet.columns), dtype=bool)
    bad: NDArray[np.bool_] = np.nan_to_num(sheet.numbers(flag)) != 0
    return bad


def _sixteen_points(codes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The exact directions of the 16 points whose codes are given: 20 is 22.5°, 50 is 45°; 0 is calm and has none."""
    points = np.round(codes / 22.5) * 22.5
    return np.where(codes == 0, np.nan, points)


def _precipitation(sheet: Sheet, headings: dict[str, str], frame: pd.DataFrame) -> dict[str, NDArray[np.float64] | NDArray[np.bool_]]:
    """`precip_mm`, `precip_3h_mm` and `trace`.

    In a 3-hourly month `precip_mm` stays NaN even where a sum of none says that its hours had none: known only when dry, hourly rain would
    look rarer than it is.
    """
    given = sheet.numbers(headings[RAIN])
    flagged = _flagged(sheet, headings, RAIN)
    amount = np.where(flagged, np.nan, np.nan_to_num(given, nan=0.0))
    hour = frame["valid_at"].dt.tz_convert(TIME_ZONE)
    three_hourly = _three_hourly(frame["station"], hour, given)
    at_sum = hour.dt.hour.to_numpy() % 3 == 0
    return {
        "precip_mm": np.where(three_hourly, np.nan, amount),
        "precip_3h_mm": np.where(three_hourly & at_sum, amount, np.nan),
        "trace": (given == 0) & ~flagged,
    }


def _three_hourly(station: pd.Series, hour: pd.Series, given: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows belong to months in which precipitation is given for three hours at a time.

    An amount belongs to the month of the hour before its stamp, as the Korean day runs to 24 h. So the stamp 1 April 00:00 is a
    sum: 22 and 23 h of 31 March have no amount of their own. And 1 November 00:00 is an hour's amount: 22 and 23 h of 31 October have
    theirs. (In 2018-2021 Seoul was dry at each of these eight stamps, so the data can't contradict it, nor does it matter there.)

    A winter month in which a station has an amount at any other hour than 00, 03, … was exported hour by hour, and is read so.
    """
    before = hour - pd.Timedelta(minutes=1)
    winter = before.dt.month.isin(_WINTER).to_numpy()
    month = before.dt.year * 12 + before.dt.month
    hourly_amount = pd.Series(~np.isnan(given) & (hour.dt.hour.to_numpy() % 3 != 0), index=hour.index)
    three_hourly: NDArray[np.bool_] = winter & ~hourly_amount.groupby([station, month]).transform("any").to_numpy(dtype=bool)
    return three_hourly
