"""Icons as HTML."""

from typing import Any

from wearcast.messages import say
from wearcast.serving.dashboard import icons
from wearcast.serving.dashboard.markup import Markup, joined, screen_reader_text
from wearcast.serving.dashboard.page_data import PageData, median
from wearcast.variables import millimetres
from wearcast.vocabulary import Language, Precipitation, precipitation_kind

_MORNING, _EVENING = 7, 19
"""The limits of day and night where the API of the previous release has no `daylight`."""


def garment(id: str, layer: str) -> Markup:
    """The icon of a garment, whose name the page shows beside it."""
    return Markup(icons.garment(id, layer))


def carried(id: str) -> Markup:
    """The icon of a thing to carry, whose name the page shows beside it."""
    return Markup(icons.carried(id))


def glyph(name: str) -> Markup:
    """An icon of the interface; screen readers skip it."""
    return Markup(icons.glyph(name))


def sky(data: PageData, hour: Any) -> Markup:
    """The icon of an hour's weather, with a word for screen readers."""
    return _icon(data, _kind_of_hour(hour))


def sky_name(data: PageData, hour: Any) -> str:
    """An hour's weather in a word or two."""
    return _sky_name(data.language, _kind_of_hour(hour))


def is_light(hour: Any) -> bool:
    """Whether the sun is up."""
    local_hour = int(hour["local_time"][11:13])
    daylight: bool = hour.get("daylight", _MORNING <= local_hour < _EVENING)
    return daylight


def _kind_of_hour(hour: Any) -> icons.WeatherKind:
    return icons.weather_kind(
        daylight=is_light(hour),
        precipitation=precipitation_of_hour(hour),
        rain_chance=hour.get("rain_chance"),
        cloud_pct=median(hour["cloud_pct"]),
        precip_mm=_observed_mm(hour),
    )


def sky_of_day(data: PageData, day: Any) -> Markup:
    """The icon of a day's weather, with a word for screen readers."""
    clouds = [median(hour["cloud_pct"]) for hour in data.hours(day["date"])]
    known = [cloud for cloud in clouds if cloud is not None]
    mean = sum(known) / len(known) if known else None
    kind = icons.weather_kind(
        daylight=True,
        precipitation=precipitation_of_day(day),
        rain_chance=day["rain_chance"],
        cloud_pct=mean,
    )
    return _icon(data, kind)


def precipitation_of_day(day: Any) -> Precipitation | None:
    """What falls on a day if anything does; None where that isn't known, as in the API of the
    release before."""
    kind = day.get("precipitation")
    return Precipitation(kind) if kind else None


def precipitation_of_hour(hour: Any) -> Precipitation | None:
    """What falls in an hour if anything does; None likewise."""
    chance, snow = hour.get("rain_chance", 1.0), hour.get("snow_chance")
    if snow is None or not chance:
        return None
    return precipitation_kind(snow / chance)


def _observed_mm(hour: Any) -> float | None:
    """What fell in an observed hour, in mm."""
    inches = hour.get("precip_in")
    fallen = hour.get("precip_mm") if inches is None else inches
    if not isinstance(fallen, float):
        return None
    return fallen if inches is None else millimetres(fallen)


def _icon(data: PageData, kind: icons.WeatherKind) -> Markup:
    name = screen_reader_text(_sky_name(data.language, kind))
    return joined([Markup(icons.weather(kind)), name])


def _sky_name(language: Language, kind: str) -> str:
    return {
        "clear_day": say(language, "clear"),
        "clear_night": say(language, "clear"),
        "partly_day": say(language, "partly cloudy"),
        "partly_night": say(language, "partly cloudy"),
        "cloudy": say(language, "cloudy"),
        "light_rain": say(language, "light rain"),
        "rain": say(language, "rain"),
        "sleet": say(language, "sleet"),
        "snow": say(language, "snow"),
        "wind": say(language, "windy"),
    }[kind]
