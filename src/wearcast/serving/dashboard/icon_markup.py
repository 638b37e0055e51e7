"""Icons as HTML."""

from typing import Any

from wearcast.messages import say
from wearcast.serving.dashboard import icons
from wearcast.serving.dashboard.markup import Markup, joined, screen_reader_text
from wearcast.serving.dashboard.page_data import PageData, median
from wearcast.variables import celsius
from wearcast.vocabulary import Language

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
    local_hour = int(hour["local_time"][11:13])
    daylight = hour.get("daylight", _MORNING <= local_hour < _EVENING)
    return _sky_icon(
        data,
        data.temperature(hour),
        daylight,
        hour.get("rain_chance"),
        median(hour["cloud_pct"]),
        hour.get("precip_mm"),
    )


def sky_of_day(data: PageData, day: Any) -> Markup:
    """The icon of a day's weather, with a word for screen readers."""
    clouds = [median(hour["cloud_pct"]) for hour in data.hours(day["date"])]
    known = [cloud for cloud in clouds if cloud is not None]
    mean = sum(known) / len(known) if known else None
    return _sky_icon(
        data,
        day[f"temp_mean_{data.temperature_suffix}"]["p50"],
        True,
        day["rain_chance"],
        mean,
        None,
    )


def _sky_icon(
    data: PageData,
    temp: float | None,
    daylight: bool,
    rain: float | None,
    cloud: float | None,
    precip: Any,
) -> Markup:
    temp_c = celsius(temp) if temp is not None and data.temperature_suffix == "f" else temp
    observed_mm = precip if isinstance(precip, float) else None
    kind = icons.weather_kind(
        temp_c=temp_c, daylight=daylight, rain_chance=rain, cloud_pct=cloud, precip_mm=observed_mm
    )
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
