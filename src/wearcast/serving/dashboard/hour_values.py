"""The values of an hour as the page shows them, the same in its table, its chart and what the chart
tells of an hour that is pointed at."""

from collections.abc import Mapping
from typing import Final

from wearcast.messages import precipitation, say, speed_unit, unbroken, whole, with_units
from wearcast.serving.dashboard.icon_markup import precipitation_of_hour, sky_name
from wearcast.serving.dashboard.page_data import JsonObject, PageData, median
from wearcast.serving.dashboard.words import MISSING, degrees, percent_or_missing
from wearcast.variables import VARIABLES, inches
from wearcast.vocabulary import WET_MM, Language, Precipitation

_TOLD_CHANCE: Final = 0.1
"""From this chance on, what would fall in an hour is named."""


def is_forecast(hour: JsonObject) -> bool:
    """Whether an hour is forecast; the others were observed."""
    return "lead_h" in hour


def band_text(data: PageData, hour: JsonObject) -> str:
    """The range in which the temperature most likely ends up."""
    if not is_forecast(hour):
        return say(data.language, "measured")
    quantiles = hour[f"temp_{data.temperature_suffix}"]
    low = whole(quantiles["p10"])
    high = whole(quantiles["p90"])
    return f"{low} … {high}"


def feels_like(data: PageData) -> Mapping[str, float]:
    """The feels-like temperature of the hours outdoors, by local time with its UTC offset, which
    tells the two hours apart that have the same local time when clocks go back."""
    name = f"feels_{data.temperature_suffix}"
    return {step["at"]: step[name] for step in data.advice["timeline"]}


def rain_chance(hour: JsonObject) -> float | None:
    """The chance of rain or snow; 0 or 1 of an observed hour."""
    if is_forecast(hour):
        chance: float | None = hour["rain_chance"]
        return chance
    wet = _was_wet(hour)
    return None if wet is None else float(wet)


def rain_text(data: PageData, hour: JsonObject) -> str:
    """The chance of rain or snow; of an observed hour, what fell."""
    if is_forecast(hour):
        return percent_or_missing(data.language, hour["rain_chance"])
    wet = _was_wet(hour)
    if wet is None:
        return MISSING
    return falling(data.language, hour) if wet else say(data.language, "dry")


def falling(language: Language, hour: JsonObject) -> str:
    """What falls in an hour, if anything does; rain where that isn't known."""
    return {
        None: say(language, "rain"),
        Precipitation.RAIN: say(language, "rain"),
        Precipitation.SNOW: say(language, "snow"),
        Precipitation.RAIN_OR_SNOW: say(language, "sleet"),
    }[precipitation_of_hour(hour)]


def kinds_falling(data: PageData) -> set[Precipitation | None]:
    """What falls in the hours that are shown, as far as it isn't unlikely; of all where it is in
    each."""
    hours = data.shown_hours
    likely = [hour for hour in hours if is_told(hour)]
    kinds = set()
    for hour in likely or hours:
        if rain_chance(hour):
            kinds.add(precipitation_of_hour(hour))
    return kinds


def is_told(hour: JsonObject) -> bool:
    """Whether it isn't unlikely that something falls in an hour."""
    return (rain_chance(hour) or 0.0) >= _TOLD_CHANCE


def precipitation_title(data: PageData) -> str:
    """What the chances of the hours that are shown are chances of."""
    kinds = kinds_falling(data) - {None}
    only = kinds.pop() if len(kinds) == 1 else None
    if kinds:
        only = Precipitation.RAIN_OR_SNOW
    return precipitation(data.language, only)


def wind_text(data: PageData, hour: JsonObject) -> str:
    """The wind, and behind it its gusts where they are stronger."""
    wind, gust = median(hour[data.wind_key]), stronger_gust(data, hour)
    if wind is None:
        return MISSING
    return whole(wind) if gust is None else f"{whole(wind)} ({whole(gust)})"


def stronger_gust(data: PageData, hour: JsonObject) -> float | None:
    """The gust where it is stronger than the wind as shown; the API of the release before has
    none."""
    gust_key = VARIABLES["gust_ms"].scale(data.choices.units).name
    wind = median(hour[data.wind_key])
    gust = median(hour.get(gust_key))
    if wind is None or gust is None or round(gust) <= round(wind):
        return None
    return gust


def all_values(data: PageData, hour: JsonObject) -> list[str]:
    """All that the table tells of an hour, line by line."""
    language = data.language
    temperature = degrees(data.temperature(hour))
    band = band_text(data, hour)
    lines = [sky_name(data, hour), f"{temperature} ({band})"]
    feels = feels_like(data).get(hour["local_time"])
    if feels is not None:
        lines.append(say(language, "Feels like {temperature}", temperature=degrees(feels)))
    lines.append(_rain_line(data, hour))
    lines.append(_wind_line(data, hour))
    return lines


def _rain_line(data: PageData, hour: JsonObject) -> str:
    if is_forecast(hour):
        title = precipitation(data.language, precipitation_of_hour(hour))
        return f"{title} {rain_text(data, hour)}"
    return f"{precipitation_title(data)}: {rain_text(data, hour)}"


def _wind_line(data: PageData, hour: JsonObject) -> str:
    language = data.language
    unit = speed_unit(data.choices.units)
    wind = median(hour[data.wind_key])
    gust = stronger_gust(data, hour)
    if wind is None:
        return f"{say(language, 'Wind')} {MISSING}"
    speed = f"{whole(wind)} {unit}"
    if gust is None:
        line = f"{say(language, 'Wind')} {speed}"
    else:
        line = say(
            language, "Wind {speed}, gusts {gust}", speed=speed, gust=f"{whole(gust)} {unit}"
        )
    return unbroken(with_units(language, line))


def _was_wet(hour: JsonObject) -> bool | None:
    imperial = "precip_in" in hour
    amount = hour["precip_in"] if imperial else hour["precip_mm"]
    if amount is None:
        return None
    threshold = inches(WET_MM) if imperial else WET_MM
    return bool(amount >= threshold)
