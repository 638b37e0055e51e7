"""Time stamps of a file as whole hours in UTC."""

from typing import Final

import pandas as pd

from wearcast.errors import SourceError
from wearcast.weather.sources.sheets import Sheet

_OFFSET: Final = r"(?:Z|[+-]\d\d:?\d\d)$"


def hours_utc(sheet: Sheet, name: str, time_zone: str, station: pd.Series) -> pd.Series:
    """The stamps of the column `name` in UTC, as `times_utc` reads them, known to be whole hours.

    Raises:
        SourceError: a stamp can't be read, is no whole hour, or is none that `time_zone` has.
    """
    hours = times_utc(sheet, name, time_zone, station)
    sheet.refuse(hours != hours.dt.floor("h"), name, "is not a whole hour; observations are hourly")
    return hours


def times_utc(sheet: Sheet, name: str, time_zone: str, station: pd.Series) -> pd.Series:
    """The stamps of the column `name` in UTC: as their own offsets say, else as local times of
    `time_zone`.

    `station` tells apart the series in which an hour that a clock shows twice (when summer time
    ends) comes twice.

    Raises:
        SourceError: a stamp can't be read, or is none that `time_zone` has.
    """
    column = sheet.column(name)
    is_typed = pd.api.types.is_datetime64_any_dtype(column.dtype)
    stamps = column if is_typed else _parsed(sheet, name)
    sheet.refuse(stamps.isna(), name, "is not a time such as 2013-01-01 07:00 or 2013-01-01T07:00Z")
    if stamps.dt.tz is not None:
        utc: pd.Series = stamps.dt.tz_convert("UTC")
    else:
        utc = _localized(sheet, name, stamps, time_zone, station)
    times: pd.Series = utc.astype("datetime64[ns, UTC]")
    return times


def _parsed(sheet: Sheet, name: str) -> pd.Series:
    text = sheet.text(name)
    has_offset = text.str.contains(_OFFSET)
    if has_offset.any():
        sheet.refuse(~has_offset, name, "has no offset from UTC, others have")
        aware: pd.Series = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True)
        return aware
    stamps: pd.Series = pd.to_datetime(text, format="ISO8601", errors="coerce", utc=False)
    # A spreadsheet that saved the file again writes 2018-01-01 0:00.
    resaved = pd.to_datetime(text, format="%Y-%m-%d %H:%M", errors="coerce")
    return stamps.where(stamps.notna(), resaved)


def _localized(
    sheet: Sheet, name: str, stamps: pd.Series, time_zone: str, station: pd.Series
) -> pd.Series:
    parts = []
    for _, part in stamps.groupby(station, sort=False):
        parts.append(_one_clock(sheet, name, part, time_zone))
    utc: pd.Series = pd.concat(parts).sort_index()
    return utc


def _one_clock(sheet: Sheet, name: str, stamps: pd.Series, time_zone: str) -> pd.Series:
    try:
        local: pd.Series = stamps.dt.tz_localize(time_zone, ambiguous="infer")
    except ValueError as error:
        unclear = stamps.dt.tz_localize(time_zone, ambiguous="NaT", nonexistent="NaT").isna()
        row = int(stamps.index[unclear][0])
        raise SourceError(
            f"{sheet.path}, row {sheet.lines[row]}, column {name!r}: {stamps[row]:%Y-%m-%d %H:%M}"
            f" is not one clear moment in {time_zone}, because the clock changes there. Give the"
            " times in UTC, or with their offset."
        ) from error
    utc: pd.Series = local.dt.tz_convert("UTC")
    return utc
