"""Hourly exports of the Korea Meteorological Administration's open data portal (ASOS), as they
come.

Their headings vary with what was asked for; what is known of them:

- CP949 or UTF-8 with a byte order mark; local time (KST); one row an hour
- a quality flag, where it was asked for, stands in a column `… QC플래그`

What the numbers mean is in `asos_values`. Credit: Korea Meteorological Administration, Open MET
Data Portal.
"""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.weather.sources import asos_values
from wearcast.weather.sources.sheets import Sheet
from wearcast.weather.sources.time_stamps import hours_utc

ENCODINGS: Final = ("utf-8-sig", "cp949")

STATION, TIME, RAIN = "지점", "일시", "강수량"
QUANTITIES: Final = {
    "기온": "temp_c",
    "이슬점온도": "dewpoint_c",
    "습도": "rh_pct",
    "풍속": "wind_ms",
    "풍향": "wind_dir_deg",
    "해면기압": "pressure_hpa",
    "전운량": "cloud_pct",
    "일사": "solar_wm2",
}
"""Their headings without the unit, and our columns. (현지기압 is the pressure at the station's
height, not ours.)"""

_FLAG: Final = " QC플래그"


def is_portal_export(sheet: Sheet) -> bool:
    """Whether the sheet's heading is that of a portal export."""
    headings = set(_headings(sheet))
    return {STATION, TIME} <= headings


def read_portal(sheet: Sheet, time_zone: str | None = None) -> pd.DataFrame:
    """The export's rows as a raw table.

    Raises:
        SourceError: a heading is missing, or a value can't be read; the message names file, row and
            column.
    """
    headings = _headings(sheet)
    for needed in (STATION, TIME, "기온"):
        if needed not in headings:
            raise SourceError(
                f"{sheet.path}: no column {needed!r}. Export the portal's hourly ASOS table"
                " (시간자료) with it."
            )
    station = sheet.text(headings[STATION])
    valid_at = hours_utc(sheet, headings[TIME], time_zone or asos_values.TIME_ZONE, station)
    rows: dict[str, pd.Series | NDArray[np.float64]] = {"station": station, "valid_at": valid_at}
    for heading, column in QUANTITIES.items():
        if heading in headings:
            values, flags = sheet.numbers(headings[heading]), _flags(sheet, headings, heading)
            rows[column] = asos_values.unflagged(values, flags)
    if RAIN in headings:
        rows[asos_values.RAIN] = sheet.numbers(headings[RAIN])
        rows[asos_values.RAIN_FLAG] = _flags(sheet, headings, RAIN)
    return asos_values.observations(pd.DataFrame(rows))


def _headings(sheet: Sheet) -> dict[str, str]:
    """The sheet's headings by what stands before their unit."""
    headings = {}
    for name in map(str, sheet.columns):
        before_unit, _, _ = name.partition("(")
        headings[before_unit.strip()] = name
    return headings


def _flags(sheet: Sheet, headings: dict[str, str], heading: str) -> NDArray[np.float64]:
    flag = headings.get(heading + _FLAG)
    if flag is None:
        return np.zeros(len(sheet.columns))
    return sheet.numbers(flag)
