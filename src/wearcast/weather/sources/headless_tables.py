"""Tables without a heading row that are known by their exact shape."""

import re
from collections.abc import Callable
from typing import Final

from wearcast.weather.sources.sheets import Row

METEOSTAT: Final = (
    *("date", "hour", "temp", "dwpt", "rhum", "prcp", "snow"),
    *("wdir", "wspd", "wpgt", "pres", "tsun", "coco"),
)
"""The columns of Meteostat's bulk files, in their documented order."""

METEOSTAT_UNITS: Final = {"wspd": "km/h", "wpgt": "km/h"}
"""The units of its columns that aren't ours."""

ISD_LITE: Final = (
    *("year", "month", "day", "hour", "temp", "dewp", "slp"),
    *("wdir", "wspd", "sky", "prcp1", "prcp6"),
)
"""The columns of NOAA's ISD-Lite, in their documented order."""

_TENTHS: Final = (4, 5, 6, 8, 10, 11)
_MISSING: Final = "-9999"
_TRACE: Final = "-1"
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d")
_HOUR: Final = re.compile(r"\d{1,2}")
_WHOLE: Final = re.compile(r"-?\d{1,9}")


def known(rows: list[Row]) -> tuple[list[str], list[Row]] | None:
    """The columns and rows of a table without headings, if it is one of those known: Meteostat's
    bulk files as they are, ISD-Lite in whole units instead of tenths."""
    if _all(rows, _is_meteostat):
        return list(METEOSTAT), rows
    if _all(rows, _is_isd_lite):
        return list(ISD_LITE), [(line, _in_whole_units(row)) for line, row in rows]
    return None


def units(names: list[str]) -> dict[str, str]:
    """The units, where they aren't ours, of a known table with these columns."""
    return METEOSTAT_UNITS if tuple(names) == METEOSTAT else {}


def _all(rows: list[Row], is_one: Callable[[list[str]], bool]) -> bool:
    return bool(rows) and all(is_one(row) for _, row in rows)


def _is_meteostat(row: list[str]) -> bool:
    if len(row) != len(METEOSTAT) or not _DATE.fullmatch(row[0]):
        return False
    return bool(_HOUR.fullmatch(row[1])) and int(row[1]) < 24


def _is_isd_lite(row: list[str]) -> bool:
    if len(row) != len(ISD_LITE) or not all(_WHOLE.fullmatch(cell) for cell in row):
        return False
    year, month, day, hour = (int(cell) for cell in row[:4])
    return 1900 < year < 2200 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24


def _in_whole_units(row: list[str]) -> list[str]:
    cells = ["" if cell == _MISSING else cell for cell in row]
    for at in _TENTHS:
        # A trace of rain is -1, which is no amount in tenths.
        is_trace = at >= 10 and cells[at] == _TRACE
        tenths = "0" if is_trace else cells[at]
        cells[at] = f"{int(tenths) / 10:.1f}" if tenths else ""
    return cells
