"""What columns tell of each other and of their place: two that were swapped, a temperature in °F, a
direction of 0, a pressure far above the sea."""

import re
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.config import Station
from wearcast.weather import humidity
from wearcast.weather.sources.units import convert

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_ENOUGH: Final = 24

_SWAPPED_SHARE: Final = 0.5
_TOLERANCE_C: Final = 0.5
"""Fog, rounding and two sensors put a dew point this far above the temperature now and then: in no
hour of Seoul, Budva and New York. Swapped columns do so in nearly all."""

_DISAGREES_C: Final = 1.0
_AS_WELL: Final = 3.0
"""A dew point calculated from temperature and humidity is within 0.05 °C of the reported one at
the median of Seoul's and Budva's hours. One in °F taken for °C is off by 1.5 °C and more, and by at
least three times as much as the same numbers in °F."""

_MILD_WINTER_C: Final = 22.0
_WINTER_LATITUDE: Final = 30.0
_WINTER_HOURS: Final = 120
"""No place beyond 30° of latitude has a winter (December to February, in the south June to August)
with such a mean over five days; one in °F has from 6 °C on, by its numbers."""

CALM_MS: Final = 0.25
"""A wind at most this strong counts as calm: KMA's limit is 0.2 m/s, half a knot 0.26."""

_LOWEST_SEA_LEVEL_HPA: Final = 975.0
"""At sea level the mean of ten days and more is above this: Seoul has 1016, New York 1018, Budva
1012, and the trough around Antarctica, the lowest on Earth, about 985."""
_PRESSURE_HOURS: Final = 240
_TELLS_HPA: Final = 25.0
"""So much lower the pressure at a station is than at sea level (from 210 m on), before its mean
alone tells the one from the other."""

_STATION_PRESSURE: Final = re.compile(
    r"st(?:atio)?n\.?[ _-]*(?:level[ _-]*)?(?:press|pres)|현지\s*기압|surface[ _-]*press"
    r"|absolute[ _-]*(?:press|baro)|abs[ _-]*baro|baromabs|\bsp\b|station[ _-]*level|现地气压"
    r"|現地気圧",
    re.IGNORECASE,
)


def are_swapped(temp_c: Floats, dewpoint_c: Floats) -> bool:
    """Whether the dew point is above the temperature in most hours, which have both."""
    both = ~np.isnan(temp_c) & ~np.isnan(dewpoint_c)
    if both.sum() < _ENOUGH:
        return False
    above = dewpoint_c[both] > temp_c[both] + _TOLERANCE_C
    return bool(above.mean() > _SWAPPED_SHARE)


def is_fahrenheit(temp_c: Floats, dewpoint_c: Floats, rh_pct: Floats) -> bool:
    """Whether temperature and dew point, taken for °C, fit the humidity only if they are °F."""
    known = ~np.isnan(temp_c) & ~np.isnan(dewpoint_c) & (rh_pct >= 1)
    if known.sum() < _ENOUGH:
        return False
    temps = temp_c[known]
    dewpoints = dewpoint_c[known]
    humidities = rh_pct[known]
    as_celsius = np.abs(humidity.dewpoint_c(temps, humidities) - dewpoints)
    converted = convert(temps, "temp_c", "degF")
    converted_dewpoints = convert(dewpoints, "dewpoint_c", "degF")
    as_fahrenheit = np.abs(humidity.dewpoint_c(converted, humidities) - converted_dewpoints)
    celsius_error = np.median(as_celsius)
    fahrenheit_error = np.median(as_fahrenheit)
    is_off = celsius_error > _DISAGREES_C
    return bool(is_off and celsius_error > _AS_WELL * fahrenheit_error)


def is_too_warm_a_winter(temp_c: pd.Series, valid_at: pd.Series, station: Station) -> bool:
    """Whether the winter at the station is warmer than any so far from the equator."""
    if abs(station.latitude) < _WINTER_LATITUDE:
        return False
    months = (12, 1, 2) if station.latitude > 0 else (6, 7, 8)
    is_winter = valid_at.dt.month.isin(months)
    winter = temp_c[is_winter].dropna()
    return len(winter) >= _WINTER_HOURS and float(winter.mean()) > _MILD_WINTER_C


def north_is_zero(directions: Floats, wind_ms: Floats) -> bool:
    """Whether a direction of 0 is north: no 360 is there, and in most hours at 0 the wind blows."""
    is_known = ~np.isnan(directions)
    if (directions == 360).any() or is_known.sum() < _ENOUGH:
        return False
    winds = wind_ms[(directions == 0) & ~np.isnan(wind_ms)]
    return len(winds) > 0 and float((winds > CALM_MS).mean()) > 0.5


def names_station_pressure(heading: str) -> bool:
    """Whether a heading says that it is the pressure at the station's height."""
    return _STATION_PRESSURE.search(heading) is not None


def is_station_pressure(pressure_hpa: Floats, elevation_m: float) -> bool:
    """Whether the mean is lower than at sea level anywhere, or nearer to what the standard
    atmosphere has at the elevation."""
    known = pressure_hpa[~np.isnan(pressure_hpa)]
    if len(known) < _PRESSURE_HOURS:
        return False
    mean = float(known.mean())
    if mean < _LOWEST_SEA_LEVEL_HPA:
        return True
    at_station = standard_pressure_hpa(elevation_m)
    sea_level = standard_pressure_hpa(0.0)
    nearer = abs(mean - at_station) < abs(mean - sea_level)
    return sea_level - at_station > _TELLS_HPA and nearer


def standard_pressure_hpa(elevation_m: float) -> float:
    """The pressure of the standard atmosphere (ISO 2533) at an elevation; 1013.25 hPa at 0 m and
    954.6 hPa at 500 m."""
    share: float = 1 - 2.25577e-5 * elevation_m
    return float(1013.25 * share**5.25588)
