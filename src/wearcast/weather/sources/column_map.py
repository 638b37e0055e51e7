"""A person's own file, read with the map of columns and units in params.yaml."""

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd

from wearcast.config import Files
from wearcast.errors import SourceError
from wearcast.weather.observations import VALUES, conform
from wearcast.weather.sources import report_types, station_ids
from wearcast.weather.sources.column_checks import require_consistent
from wearcast.weather.sources.column_pairs import CALM_MS, north_is_zero
from wearcast.weather.sources.hourly_rows import Kinds, whole_hours
from wearcast.weather.sources.missing_codes import time_order
from wearcast.weather.sources.notes import Note
from wearcast.weather.sources.quantities import (
    Quantity,
    read_quantity,
    require_no_doubt,
    without_codes_in_time,
)
from wearcast.weather.sources.rain_column import with_none_for_blank
from wearcast.weather.sources.sheets import GROUP, Sheet
from wearcast.weather.sources.time_stamps import (
    require_hours,
    times_utc,
    with_times,
    without_unclear,
)
from wearcast.weather.sources.units import convert

_FINER: Final = 1.5
"""Rows an hour from which on several of them are about the same hour as a rule."""


def check_map(settings: Files) -> None:
    """Refuse a map that can't be meant.

    Raises:
        SourceError: a column isn't ours, a unit isn't known or belongs to no column, or time,
            temperature or station are missing.
    """
    columns, units = settings.columns, settings.units
    ours = ("station", "valid_at", *VALUES)
    for key in columns:
        if key not in ours:
            raise SourceError(
                f"ingest.files.columns: {key!r} is none of our columns, which are"
                f" {', '.join(ours)}."
            )
    for key in ("valid_at", "temp_c"):
        if key not in columns:
            raise SourceError(
                f"ingest.files.columns: {key} is missing; say which column of the file it is, as"
                f" `{key}: <its name>`."
            )
    if "station" not in columns and settings.station is None:
        raise SourceError(
            "no column says the station: set ingest.files.station to the one all rows belong to, or"
            " columns.station."
        )
    check_units(units, [key for key in columns if key in VALUES])


def check_units(units: Mapping[str, str], mapped: Iterable[str], group: str = GROUP) -> None:
    """Refuse units, set in `group`, that none of the `mapped` quantities has.

    Raises:
        SourceError: a unit isn't known, or belongs to no mapped quantity.
    """
    names = list(mapped)
    for key, unit in units.items():
        if key not in names:
            raise SourceError(
                f"{group}.units: {key!r} is not among the mapped quantities {', '.join(names)}."
            )
        convert(np.empty(0), key, unit, group)


def read_mapped(sheet: Sheet, settings: Files) -> pd.DataFrame:
    """The sheet's rows as a raw table; what people should know of goes into its notes.

    Raises:
        SourceError: a mapped column is missing, a value can't be read, or a column's values can't
            be in the unit they were read in, or can't be what they are taken for.
    """
    sheet = with_times(sheet, settings.time_columns)
    frame = _labels(sheet, settings)
    zone = settings.time_zone or "UTC"
    sheet, frame = without_unclear(sheet, frame, settings.time_columns, zone)
    require_hours(sheet, settings.time_columns, frame["valid_at"], zone, frame["station"])
    order = time_order(frame["station"], frame["valid_at"])
    quantities = {}
    for ours, theirs in settings.value_columns.items():
        if ours in VALUES:
            read = read_quantity(sheet, ours, theirs, settings.units, GROUP, settings.missing)
            require_no_doubt(sheet, ours, theirs, read)
            quantities[ours] = without_codes_in_time(read, ours, frame["valid_at"], order)
            frame[ours] = quantities[ours].values
            sheet.notes.extend(quantities[ours].notes)
    require_consistent(sheet, frame, quantities, settings)
    settled = _settled(sheet, frame, quantities, settings)
    settled = report_types.one_a_moment(sheet, settled)
    hours = _hours(sheet, settled, quantities, settings)
    return conform(hours)


def _hours(
    sheet: Sheet,
    rows: pd.DataFrame,
    quantities: Mapping[str, Quantity],
    settings: Files,
) -> pd.DataFrame:
    """One row an hour; that rain of a whole hour isn't summed is noted."""
    rates = [ours for ours, read in quantities.items() if read.is_rate]
    of_an_hour = [ours for ours, read in quantities.items() if read.is_of_an_hour]
    kinds = Kinds(rates, of_an_hour)
    hours = whole_hours(sheet, rows, settings.time_columns, kinds)
    is_finer = len(rows) > _FINER * len(hours)
    for ours in of_an_hour:
        if is_finer:
            theirs = quantities[ours].theirs
            what = "each row has an hour's amount; of several an hour the one at the hour is taken"
            sheet.notes.append(Note(sheet.path.name, theirs, what))
    return hours


def _labels(sheet: Sheet, settings: Files) -> pd.DataFrame:
    """The station and the time of each row; none where the clock leaves it unclear."""
    columns = settings.value_columns
    if "station" in columns:
        station = station_ids.of_rows(sheet.text(columns["station"]))
    else:
        station = pd.Series(settings.station, index=sheet.columns.index, dtype="str")
    zone = settings.time_zone or "UTC"
    names = settings.time_columns
    times = times_utc(sheet, names, zone, station, settings.time_format, may_lack=True)
    return pd.DataFrame({"station": station, "valid_at": times})


def _settled(
    sheet: Sheet, frame: pd.DataFrame, quantities: Mapping[str, Quantity], settings: Files
) -> pd.DataFrame:
    """`frame` with what a direction of 0, a trace and a blank amount mean."""
    if "wind_dir_deg" in frame:
        frame["wind_dir_deg"] = _directions(sheet, frame, quantities["wind_dir_deg"].theirs)
    if "precip_mm" in frame:
        read = quantities["precip_mm"]
        frame["trace"] = read.trace
        if settings.blank_rain == "none":
            rain = read.values
            reported = np.asarray(frame.get("temp_c", rain))
            if read.unusable is not None:
                reported = np.where(read.unusable, np.nan, reported)
            frame["precip_mm"] = with_none_for_blank(rain, reported)
    return frame


def _directions(sheet: Sheet, frame: pd.DataFrame, theirs: str) -> pd.Series:
    directions = frame["wind_dir_deg"]
    no_wind = pd.Series(np.nan, index=frame.index)
    winds = frame.get("wind_ms", no_wind)
    if north_is_zero(np.asarray(directions), np.asarray(winds)):
        is_zero = directions == 0
        blows = winds > CALM_MS
        is_north = is_zero & blows
        directions = directions.mask(is_north, 360.0)
        what = "0 taken for north, because the wind blows then"
        sheet.notes.append(Note(sheet.path.name, theirs, what, int(is_north.sum())))
    # Calm has no direction, and 0 is how most files say so.
    return directions.replace(0.0, np.nan)
