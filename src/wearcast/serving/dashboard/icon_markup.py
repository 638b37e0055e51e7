"""The icons as pieces of the page."""

from typing import Any

from wearcast.messages import say
from wearcast.serving.dashboard import icons
from wearcast.serving.dashboard.markup import Markup, joined, screen_reader_text
from wearcast.serving.dashboard.page_data import PageData
from wearcast.variables import celsius
from wearcast.vocabulary import Language

_MORNING, _EVENING = 7, 19
"""Taken for day and night where the API, of the previous release, doesn't say."""


def garment(id: str, layer: str) -> Markup:
    """A garment; its name stands beside it."""
    return Markup(icons.garment(id, layer))


def carried(id: str) -> Markup:
    """A thing to carry; its name stands beside it."""
    return Markup(icons.carried(id))


def glyph(name: str) -> Markup:
    """A sign beside or instead of a word, which has to be said."""
    return Markup(icons.glyph(name))


def sky(data: PageData, hour: Any) -> Markup:
    """The weather of an hour, also in a word for those who don't see it."""
    daylight = hour.get("daylight", _MORNING <= int(hour["local_time"][11:13]) < _EVENING)
    return _sky_icon(
        data,
        data.temperature(hour),
        daylight,
        hour.get("rain_chance"),
        _median_cloud(hour["cloud_pct"]),
        hour.get("precip_mm"),
    )


def sky_of_day(data: PageData, day: Any) -> Markup:
    """The weather of a day."""
    clouds = [
        cloud
        for hour in data.hours(day["date"])
        if (cloud := _median_cloud(hour["cloud_pct"])) is not None
    ]
    mean = sum(clouds) / len(clouds) if clouds else None
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
    fallen = precip if isinstance(precip, float) else None
    kind = icons.weather_kind(
        temp_c=temp_c, daylight=daylight, rain_chance=rain, cloud_pct=cloud, precip_mm=fallen
    )
    return joined([Markup(icons.weather(kind)), screen_reader_text(_sky_name(data.language, kind))])


def _median_cloud(cloud: Any) -> float | None:
    found: float | None = cloud["p50"] if isinstance(cloud, dict) else cloud
    return found


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
