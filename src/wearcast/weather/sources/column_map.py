"""A person's own file, read with the map of columns and units in params.yaml."""

import math
from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.config import Files
from wearcast.errors import SourceError
from wearcast.variables import VARIABLES
from wearcast.weather.observations import VALUES, conform
from wearcast.weather.sources.sheets import GROUP, Sheet
from wearcast.weather.sources.time_stamps import hours_utc
from wearcast.weather.sources.units import convert, own_unit

_ENOUGH: Final = 24


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
    """The sheet's rows as a raw table.

    Raises:
        SourceError: a mapped column is missing, a value can't be read, or a column's values can't
            be in the unit they were read in.
    """
    columns = settings.columns
    everywhere = pd.Series(settings.station, index=sheet.columns.index, dtype="str")
    station = sheet.text(columns["station"]) if "station" in columns else everywhere
    frame = pd.DataFrame(
        {
            "station": station,
            "valid_at": hours_utc(sheet, columns["valid_at"], settings.time_zone or "UTC", station),
        }
    )
    for ours, theirs in columns.items():
        if ours in VALUES:
            frame[ours] = quantity(sheet, ours, theirs, settings.units)
    if "wind_dir_deg" in frame:
        # Calm has no direction, and 0 is how most files say so.
        frame["wind_dir_deg"] = frame["wind_dir_deg"].replace(0.0, np.nan)
    return conform(frame)


def quantity(
    sheet: Sheet, ours: str, theirs: str, units: Mapping[str, str], group: str = GROUP
) -> NDArray[np.float64]:
    """A column of the sheet in our unit; `units`, of the settings `group`, say which unit it is in.

    Raises:
        SourceError: there is none, a value can't be read, or they can't be in the unit they were
            read in.
    """
    unit = units.get(ours, own_unit(ours))
    values = convert(sheet.numbers(theirs), ours, unit, group)
    origin = f"{group}.units" if ours in units else "assumed"
    known = values[~np.isnan(values)]
    low, high = _plausible_mean(ours)
    if len(known) < _ENOUGH or low <= known.mean() <= high:
        return values
    raise SourceError(
        f"{sheet.path}, column {theirs!r}: read as {unit} ({origin}), {ours} runs from"
        f" {known.min():.4g} to {known.max():.4g} with a mean of {known.mean():.4g}, which can't"
        f" be. Set {group}.units.{ours} to its unit, and leave missing values blank."
    )


def _plausible_mean(ours: str) -> tuple[float, float]:
    if ours in VARIABLES:
        return VARIABLES[ours].plausible_mean
    return -math.inf, math.inf
