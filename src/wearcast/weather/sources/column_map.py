"""A person's own file, read with the map of columns and units in params.yaml."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.config import Files
from wearcast.errors import SourceError
from wearcast.variables import VARIABLES
from wearcast.weather.observations import VALUES, conform
from wearcast.weather.sources.sheets import Sheet
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
    mapped = [key for key in columns if key in VALUES]
    for key, unit in units.items():
        if key not in mapped:
            raise SourceError(
                f"ingest.files.units: {key!r} is not among the mapped quantities"
                f" {', '.join(mapped)}."
            )
        convert(np.empty(0), key, unit)


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
            frame[ours] = _quantity(sheet, ours, theirs, settings.units)
    return conform(frame)


def _quantity(
    sheet: Sheet, ours: str, theirs: str, units: Mapping[str, str]
) -> NDArray[np.float64]:
    unit = units.get(ours, own_unit(ours))
    values = convert(sheet.numbers(theirs), ours, unit)
    origin = "ingest.files.units" if ours in units else "assumed"
    _require_plausible(sheet, ours, theirs, values, f"{unit} ({origin})")
    if ours == "wind_dir_deg":
        # Calm has no direction, and 0 is how most files say so.
        return np.where(values == 0, np.nan, values)
    return values


def _require_plausible(
    sheet: Sheet, ours: str, theirs: str, values: NDArray[np.float64], unit: str
) -> None:
    known = values[~np.isnan(values)]
    low, high = VARIABLES[ours].plausible_mean
    if len(known) < _ENOUGH or low <= known.mean() <= high:
        return
    raise SourceError(
        f"{sheet.path}, column {theirs!r}: read as {unit}, {ours} runs from {known.min():.4g} to"
        f" {known.max():.4g} with a mean of {known.mean():.4g}, which can't be. Set"
        f" ingest.files.units.{ours} to its unit, and leave missing values blank."
    )
