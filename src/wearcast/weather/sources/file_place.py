"""What a file itself says of the place of its station, and of its clock."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfoNotFoundError

from wearcast.errors import SourceError
from wearcast.weather.sources import file_contents, summer_time
from wearcast.weather.sources.headings import fold
from wearcast.weather.sources.sheets import Sheet

_COLUMNS: Final = {
    "latitude": ("latitude", "latitude (y)", "lat"),
    "longitude": ("longitude", "longitude (x)", "lon"),
    "elevation_m": ("elevation", "alti", "elevation_m"),
    "name": ("name", "station name", "nom_usuel"),
}
_REQUEST: Final = ("latitude", "longitude", "elevation", "utc_offset_seconds", "timezone")
"""Above the table of Open-Meteo, which gives all its times with one offset."""

_LOOKED_AT: Final = 1000

_PROVINCES: Final = {
    "1": "Etc/GMT+8",
    "3": "Etc/GMT+7",
    "4": "Etc/GMT+6",
    "5": "Etc/GMT+6",
    "6": "Etc/GMT+5",
    "7": "Etc/GMT+5",
    "81": "Etc/GMT+4",
    "82": "Etc/GMT+4",
    "83": "Etc/GMT+4",
    "84": "America/St_Johns",
    "85": "Etc/GMT+4",
}
"""Standard time by the first digits of a Canadian Climate ID, which are its province's."""

_WEST_OF_ONTARIO: Final = -90.0
"""° east: Ontario west of it keeps Central Time."""


@dataclass(frozen=True)
class FilePlace:
    """What a file says of its station.

    Attributes:
        position: latitude and longitude (°) and elevation_m, as far as it says them.
        name: the station's.
        clock: the time zone of its stamps.
    """

    position: Mapping[str, float] = field(default_factory=dict)
    name: str | None = None
    clock: str | None = None


def place_in(path: Path, sheet: Sheet) -> FilePlace:
    """What `sheet`, a table of the file at `path`, says of its place."""
    request = _request(path)
    if request:
        return _of_request(request)
    found = {}
    for column in sheet.columns:
        for what, names in _COLUMNS.items():
            if fold(str(column)) in names:
                values = sheet.text(str(column))
                filled = values[values != ""].unique()
                if len(filled) == 1:
                    found[what] = str(filled[0])
    name = found.pop("name", None)
    position = _numbers(found)
    return FilePlace(position, name, _canadian_clock(sheet, position))


def _numbers(texts: Mapping[str, str]) -> dict[str, float]:
    numbers = {}
    for what, text in texts.items():
        try:
            numbers[what] = float(text)
        except ValueError:
            continue
    return numbers


def _request(path: Path) -> dict[str, str]:
    """The request that Open-Meteo writes above its table; nothing where there is none."""
    members = file_contents.members(path)
    content = next(members).content
    start = content[:_LOOKED_AT]
    text = start.decode("utf-8-sig", errors="replace")
    rows = list(csv.reader(text.splitlines()[:2]))
    if len(rows) < 2:
        return {}
    names, values = rows
    if tuple(names[: len(_REQUEST)]) != _REQUEST:
        return {}
    return dict(zip(names, values, strict=False))


def _of_request(request: Mapping[str, str]) -> FilePlace:
    position = _numbers(
        {
            "latitude": request["latitude"],
            "longitude": request["longitude"],
            "elevation_m": request["elevation"],
        }
    )
    zone = request["timezone"]
    offset = _numbers({"s": request["utc_offset_seconds"]})
    offset_s = int(offset.get("s", 0))
    hours, rest = divmod(offset_s, 3600)
    if not offset_s:
        clock = "UTC"
    elif _keeps_one_time(zone):
        clock = zone
    elif rest:
        raise SourceError(
            f"The times of this answer of Open-Meteo are {offset_s / 3600:+g} h from UTC all year,"
            " which no time zone is. Ask for it again with timezone=GMT."
        )
    else:
        clock = f"Etc/GMT{-hours:+d}"
    return FilePlace(position, None, clock)


def _keeps_one_time(zone: str) -> bool:
    this_year = datetime.now(tz=UTC).year
    try:
        zones = summer_time.fixed_zones(zone, this_year)
    except (ZoneInfoNotFoundError, ValueError):
        return False
    return len(zones) == 1


def _canadian_clock(sheet: Sheet, position: Mapping[str, float]) -> str | None:
    """Standard time at a Canadian station, by its Climate ID; none where that doesn't tell."""
    if "Climate ID" not in sheet.columns or "Date/Time (LST)" not in sheet.columns:
        return None
    number = sheet.text("Climate ID").iloc[0]
    if number.startswith("6") and position.get("longitude", 0.0) < _WEST_OF_ONTARIO:
        return "Etc/GMT+6"
    return _PROVINCES.get(number[:2]) or _PROVINCES.get(number[:1])
