"""The headline of the day: its weather, temperatures and chance of rain, and the forecast's age."""

from datetime import date

from wearcast.messages import age, long_date, say, unbroken
from wearcast.serving.dashboard.icon_markup import glyph, precipitation_of_day, sky_of_day
from wearcast.serving.dashboard.markup import Markup, screen_reader_text, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.words import degrees, percent_or_missing
from wearcast.vocabulary import Precipitation


def day_headline(data: PageData) -> Markup:
    """The section with the day's weather and the sentence that explains the outfit."""
    language, choices, letter = data.language, data.choices, data.temperature_suffix
    day = data.day(choices.day or "")
    low, high = day[f"temp_min_{letter}"]["p50"], day[f"temp_max_{letter}"]["p50"]
    return tag(
        "section",
        tag("h1", long_date(language, date.fromisoformat(day["date"])), id="day"),
        tag(
            "p",
            tag("span", sky_of_day(data, day), class_="sky"),
            _extreme(say(language, "highest"), high, "temp_max", "high"),
            _extreme(say(language, "lowest"), low, "temp_min", "low"),
            class_="now",
        ),
        tag("p", unbroken(data.advice["why"]), class_="why", data_value="why"),
        _line_with_text(data, "precipitation"),
        _line_with_text(data, "day_before"),
        tag("p", _chance_of_rain(data, day), _age_and_replay(data), class_="facts"),
        class_="headline",
        aria_labelledby="day",
    )


def _extreme(label: str, value: float, name: str, class_name: str) -> Markup:
    number = tag("span", degrees(value), data_value=f"day.{name}")
    return tag("span", screen_reader_text(label), number, class_=class_name)


def _line_with_text(data: PageData, name: str) -> Markup | None:
    """A part of the advice in words, where there are any; the API of the release before hasn't got
    it."""
    part = data.advice.get(name)
    if not part or not part["text"]:
        return None
    return tag("p", unbroken(part["text"]), class_="why", data_value=name)


def _chance_of_rain(data: PageData, day: JsonObject) -> Markup | None:
    chance = day["rain_chance"]
    if chance is None:
        return None
    text = {
        None: say(data.language, "Chance of rain"),
        Precipitation.RAIN: say(data.language, "Chance of rain"),
        Precipitation.SNOW: say(data.language, "Chance of snow"),
        Precipitation.RAIN_OR_SNOW: say(data.language, "Chance of rain or snow"),
    }[precipitation_of_day(day)]
    number = tag("b", percent_or_missing(data.language, chance), data_value="day.rain_chance")
    return tag("span", glyph("drop"), text, " ", number, class_="rain")


def _age_and_replay(data: PageData) -> list[Markup]:
    """The forecast's age, and a badge where it is a replay."""
    language, provenance = data.language, data.provenance
    text = say(language, "Forecast made {age}", age=age(language, provenance["age_s"]))
    parts = [tag("span", glyph("clock"), text, class_="age")]
    if provenance["replay"]:
        badge = say(language, "Replay of past weather")
        parts.append(tag("span", badge, class_="badge", data_notice="replay"))
    return parts
