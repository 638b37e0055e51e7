"""The kind of weather that the icon of an hour or a day shows."""

from enum import StrEnum
from typing import Final

from wearcast.vocabulary import WET_MM, WINDY_MS, Precipitation, umbrella_is_due

HEAVY_RAIN_CHANCE: Final = 0.7
"""Where the amount is unknown, rain from this chance on isn't light."""

HEAVY_MM: Final = 1.0
"""From this amount in an hour on, rain isn't light."""

CLEAR_PCT: Final = 37.5
"""Below three eighths of cloud, the US National Weather Service calls a sky mostly clear."""

CLOUDY_PCT: Final = 85.0
"""From here on, nine tenths in whole numbers, the Korea Meteorological Administration calls it
overcast."""

CLEAR_CHANCE: Final = 0.1
CLOUDY_CHANCE: Final = 0.25
"""Where no cloud is reported: clear below the first chance of rain, cloudy from the second on."""


class WeatherKind(StrEnum):
    """A kind of weather that has a drawing; `weather_kind` returns all but cold and hot."""

    CLEAR_DAY = "clear_day"
    CLEAR_NIGHT = "clear_night"
    PARTLY_DAY = "partly_day"
    PARTLY_NIGHT = "partly_night"
    CLOUDY = "cloudy"
    LIGHT_RAIN = "light_rain"
    RAIN = "rain"
    SLEET = "sleet"
    SNOW = "snow"
    WIND = "wind"
    COLD = "cold"
    HOT = "hot"


def weather_kind(
    *,
    daylight: bool,
    precipitation: Precipitation | None = None,
    rain_chance: float | None = None,
    precip_mm: float | None = None,
    cloud_pct: float | None = None,
    wind_ms: float | None = None,
) -> WeatherKind:
    """The kind of weather of an hour, or of a day.

    Args:
        daylight: whether the sun is up; true for a day.
        precipitation: what falls if anything does; None where that isn't known, which is drawn as
            rain.
        rain_chance: from 0 to 1, of a wet hour.
        precip_mm: what falls in the hour, or in the day's wettest hour.
        cloud_pct: cloud cover, or its mean over the day; where it is None, the chance of rain alone
            tells clear from cloudy.
        wind_ms: the wind, where a windy sky should be told from a calm one.
    """
    if umbrella_is_due(rain_chance or 0.0) or (precip_mm or 0.0) >= WET_MM:
        return _wet_kind(precipitation, rain_chance, precip_mm)
    if wind_ms is not None and wind_ms >= WINDY_MS:
        return WeatherKind.WIND
    return _dry_kind(_cloud_cover(rain_chance, cloud_pct), daylight)


def _wet_kind(
    precipitation: Precipitation | None, rain_chance: float | None, precip_mm: float | None
) -> WeatherKind:
    if precipitation is Precipitation.SNOW:
        return WeatherKind.SNOW
    if precipitation is Precipitation.RAIN_OR_SNOW:
        return WeatherKind.SLEET
    heavy = (
        (rain_chance or 0.0) >= HEAVY_RAIN_CHANCE if precip_mm is None else precip_mm >= HEAVY_MM
    )
    return WeatherKind.RAIN if heavy else WeatherKind.LIGHT_RAIN


def _cloud_cover(rain_chance: float | None, cloud_pct: float | None) -> int:
    """0 for clear, 1 for partly cloudy or unknown, 2 for cloudy."""
    if cloud_pct is not None:
        return (cloud_pct >= CLEAR_PCT) + (cloud_pct >= CLOUDY_PCT)
    if rain_chance is not None:
        return (rain_chance >= CLEAR_CHANCE) + (rain_chance >= CLOUDY_CHANCE)
    return 1


def _dry_kind(cover: int, daylight: bool) -> WeatherKind:
    if cover == 2:
        return WeatherKind.CLOUDY
    if cover == 1:
        return WeatherKind.PARTLY_DAY if daylight else WeatherKind.PARTLY_NIGHT
    return WeatherKind.CLEAR_DAY if daylight else WeatherKind.CLEAR_NIGHT
