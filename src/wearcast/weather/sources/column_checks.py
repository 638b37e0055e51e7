"""Refuses a person's columns that can't be what they are taken for, and says what to do."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd

from wearcast.config import Files, Station
from wearcast.errors import SourceError
from wearcast.weather.sources.column_pairs import (
    are_swapped,
    is_fahrenheit,
    is_station_pressure,
    is_too_warm_a_winter,
    names_station_pressure,
    standard_pressure_hpa,
)
from wearcast.weather.sources.open_questions import OpenQuestionError
from wearcast.weather.sources.quantities import Quantity
from wearcast.weather.sources.rain_column import blanks_may_mean_none, is_accumulated
from wearcast.weather.sources.sheets import GROUP, Sheet

_WARM_C: Final = 30.0


def require_consistent(
    sheet: Sheet, rows: pd.DataFrame, quantities: Mapping[str, Quantity], settings: Files
) -> None:
    """Refuse columns of a sheet that contradict each other, or aren't what they are mapped to.

    Args:
        rows: the sheet's rows, under our names.
        quantities: the mapped columns, by our names.

    Raises:
        SourceError: naming the columns and what to do.
    """
    columns = settings.value_columns
    values = {ours: quantity.values for ours, quantity in quantities.items()}
    blank = np.full(len(rows), np.nan)
    temp_c = values.get("temp_c", blank)
    dewpoint_c = values.get("dewpoint_c", blank)
    if are_swapped(temp_c, dewpoint_c):
        raise SourceError(
            f"{sheet.path}: the dew point, column {columns['dewpoint_c']!r}, is above the"
            f" temperature, column {columns['temp_c']!r}, in most hours, which can't be. Swap the"
            f" two in {GROUP}.columns, or correct their units."
        )
    humidities = values.get("rh_pct", blank)
    is_assumed = "temp_c" in quantities and not quantities["temp_c"].unit_known
    if is_assumed and is_fahrenheit(temp_c, dewpoint_c, humidities):
        raise OpenQuestionError(
            f"{sheet.path}, column {columns['temp_c']!r}: temperature and dew point fit the"
            f" humidity only if they are in °F. Set {GROUP}.units.temp_c and dewpoint_c to degF.",
            {"units.temp_c": "degF", "units.dewpoint_c": "degF"},
        )
    if is_assumed and _is_warm_beside_inches(quantities):
        raise OpenQuestionError(
            f"{sheet.path}, column {columns['temp_c']!r}: nothing says its unit, the pressure is in"
            f" inHg, and in °C it reaches {np.nanmax(temp_c):.4g}; that looks like °F. Set"
            f" {GROUP}.units.temp_c and dewpoint_c to degF, or to degC if they really are.",
            {"units.temp_c": "degF", "units.dewpoint_c": "degF"},
        )
    if "pressure_hpa" in columns and names_station_pressure(columns["pressure_hpa"]):
        raise OpenQuestionError(
            f"{sheet.path}, column {columns['pressure_hpa']!r}: that is the pressure at the"
            " station's height, and pressure_hpa is that at sea level. Map the column of the"
            f" sea-level pressure, or remove pressure_hpa from {GROUP}.columns.",
            {"columns.pressure_hpa": None},
        )
    _require_told_winds(sheet, quantities, columns)
    if "precip_mm" in values:
        _require_hourly_rain(sheet, rows, values["precip_mm"], settings)


def _is_warm_beside_inches(quantities: Mapping[str, Quantity]) -> bool:
    """Whether a temperature is warm in °C beside a pressure in inHg, which is of the United States
    as °F are."""
    pressure = quantities.get("pressure_hpa")
    if pressure is None or pressure.unit != "inHg":
        return False
    return bool(np.nanmax(quantities["temp_c"].values, initial=-np.inf) > _WARM_C)


def _require_told_winds(
    sheet: Sheet, quantities: Mapping[str, Quantity], columns: Mapping[str, str]
) -> None:
    """Refuse winds whose unit nothing says beside a temperature in °F: whoever measures in that
    has them in mph or knots, and these may pass for m/s."""
    temp = quantities.get("temp_c")
    if temp is None or temp.unit != "degF":
        return
    for ours in ("wind_ms", "gust_ms"):
        wind = quantities.get(ours)
        if wind is not None and not wind.unit_known:
            raise SourceError(
                f"{sheet.path}, column {columns[ours]!r}: nothing says its unit, and the"
                f" temperature is in °F. Set {GROUP}.units.{ours} to mph or kn, or to m/s if it"
                " really is."
            )


def _require_hourly_rain(
    sheet: Sheet, rows: pd.DataFrame, rain: np.ndarray, settings: Files
) -> None:
    name = settings.value_columns["precip_mm"]
    if is_accumulated(rain, rows["station"], rows["valid_at"], settings.time_zone or "UTC"):
        raise OpenQuestionError(
            f"{sheet.path}, column {name!r}: the amounts only grow and start anew once an hour,"
            " once a day or never, so they are sums, and precip_mm is what fell in the hour before"
            " the stamp, or since the row before where rows are closer. Map a column of such"
            " amounts, or give each row's difference to the one before.",
            {"columns.precip_mm": None},
        )
    if settings.blank_rain is None and blanks_may_mean_none(rain):
        blank = int(np.isnan(rain).sum())
        known = rain[~np.isnan(rain)]
        raise OpenQuestionError(
            f"{sheet.path}, column {name!r}: {blank:,} of {len(rain):,} hours are blank, and of the"
            f" {len(known):,} others {int((known == 0).sum()):,} are 0. Set {GROUP}.blank_rain to"
            " none if a blank means that no rain fell, or to unknown if nobody measured it then.",
            {"blank_rain": "none"},
        )


def require_plausible_place(rows: pd.DataFrame, station: Station, settings: Files) -> None:
    """Refuse a station's rows that can't be of its place.

    Raises:
        SourceError: its winter is too warm for °C, or its pressure too low for the sea level's.
    """
    columns = settings.value_columns
    says_unit = "temp_c" in settings.units
    if not says_unit and is_too_warm_a_winter(rows["temp_c"], rows["valid_at"], station):
        raise OpenQuestionError(
            f"station {station.id}: its winter, as column {columns.get('temp_c', 'temp_c')!r} has"
            f" it in °C, is warmer than any at {station.latitude:g}° of latitude; that looks like"
            f" °F. Set {GROUP}.units.temp_c to degF, or to degC if it really is.",
            {"units.temp_c": "degF"},
        )
    pressure_hpa = rows["pressure_hpa"].to_numpy()
    if is_station_pressure(pressure_hpa, station.elevation_m):
        expected = standard_pressure_hpa(station.elevation_m)
        raise OpenQuestionError(
            f"station {station.id}, column {columns.get('pressure_hpa', 'pressure_hpa')!r}: its"
            f" mean is {np.nanmean(pressure_hpa):.1f} hPa, and pressure_hpa is that at sea level,"
            f" which is about 1013; at {station.elevation_m:g} m it is about {expected:.0f}. If the"
            " column has the pressure at the station, map that at sea level, or remove"
            f" pressure_hpa from {GROUP}.columns.",
            {"columns.pressure_hpa": None},
        )
