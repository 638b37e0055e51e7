"""Hourly exports of the Korea Meteorological Administration's open data portal (ASOS and AWS), as
they come.

Their headings vary with what was asked for; what is known of them:

- CP949 or UTF-8 with a byte order mark; local time (KST); one row an hour
- a quality flag, where it was asked for, stands in a column `… QC플래그`

What the numbers of synoptic stations (ASOS) mean is in `asos_values`. Automatic weather stations
(AWS) have the same headings but for units, and other numbers: directions in whole or tenths of
degrees, and rain in every hour, 0 where there was none. Credit: Korea Meteorological
Administration, Open MET Data Portal.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.weather.observations import conform
from wearcast.weather.sources import asos_values, station_ids
from wearcast.weather.sources.headings import Headings
from wearcast.weather.sources.sheets import Sheet
from wearcast.weather.sources.time_stamps import hours_utc

NAME: Final = "Korean open data portal"

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

HEADINGS: Final = Headings((TIME,), (STATION, *QUANTITIES, RAIN), by_unit=True)
"""What is looked for in a file."""

_FLAG: Final = " QC플래그"

_POINT_CODES: Final = (
    0,
    20,
    50,
    70,
    90,
    110,
    140,
    160,
    180,
    200,
    230,
    250,
    270,
    290,
    320,
    340,
    360,
)
"""What synoptic stations give as directions, 0 where it is calm."""

_OTHER_SHARE: Final = 0.01
"""In five years of Seoul no direction is another."""

Column = pd.Series | NDArray[np.float64]


def is_portal_export(sheet: Sheet) -> bool:
    """Whether the sheet's heading is that of a portal export."""
    headings = set(_headings(sheet))
    return {STATION, TIME} <= headings


def station_heading(sheet: Sheet) -> str | None:
    """The heading of the sheet's stations, if it has one."""
    return _headings(sheet).get(STATION)


def read_portal(
    sheet: Sheet, time_zone: str | None = None, time_format: str | None = None
) -> pd.DataFrame:
    """The export's rows as a raw table; `time_format` is strptime's, where its times were written
    anew.

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
    station = station_ids.of_rows(sheet.text(headings[STATION]))
    zone = time_zone or asos_values.TIME_ZONE
    valid_at = hours_utc(sheet, headings[TIME], zone, station, time_format)
    rows: dict[str, Column] = {"station": station, "valid_at": valid_at}
    for heading, column in QUANTITIES.items():
        if heading in headings:
            values, flags = sheet.numbers(headings[heading]), _flags(sheet, headings, heading)
            rows[column] = asos_values.unflagged(values, flags)
    if RAIN in headings:
        rows[asos_values.RAIN] = sheet.numbers(headings[RAIN])
        rows[asos_values.RAIN_FLAG] = _flags(sheet, headings, RAIN)
    if _is_automatic(headings, rows):
        return _automatic(rows)
    return asos_values.observations(pd.DataFrame(rows))


def _is_automatic(headings: dict[str, str], rows: Mapping[str, Column]) -> bool:
    """Whether the export is of automatic stations: its directions are none of the 16 points' codes,
    or by its heading degrees."""
    heading = headings.get("풍향", "")
    if "deg" in heading:
        return True
    directions = np.asarray(rows.get("wind_dir_deg", []), dtype=np.float64)
    known = directions[~np.isnan(directions)]
    is_other = ~np.isin(known, _POINT_CODES)
    return len(known) > 0 and float(is_other.mean()) > _OTHER_SHARE


def _automatic(rows: Mapping[str, Column]) -> pd.DataFrame:
    """The raw table of automatic stations: every hour's rain is given, and calm has a direction of
    0."""
    frame = pd.DataFrame(dict(rows))
    for column in QUANTITIES.values():
        if column in frame:
            values = frame[column].to_numpy(dtype=np.float64)
            frame[column] = asos_values.in_our_unit(column, values)
    if "wind_dir_deg" in frame:
        frame["wind_dir_deg"] = frame["wind_dir_deg"].replace(0.0, np.nan)
    if asos_values.RAIN in frame:
        rain = frame[asos_values.RAIN].to_numpy(dtype=np.float64)
        flags = frame[asos_values.RAIN_FLAG].to_numpy(dtype=np.float64)
        frame["precip_mm"] = asos_values.unflagged(rain, flags)
    return conform(frame)


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
