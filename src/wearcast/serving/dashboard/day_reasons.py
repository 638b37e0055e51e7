"""Why the day asks for this outfit, beside the day before; its chance of rain, the forecast's age
and what it is made from."""

from wearcast.messages import age, say, unbroken
from wearcast.serving.dashboard.forecast_basis import forecast_basis_briefly
from wearcast.serving.dashboard.icon_markup import glyph, precipitation_of_day
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.words import percent_or_missing
from wearcast.vocabulary import Precipitation


def day_reasons(data: PageData) -> Markup:
    """The section with the sentences that explain the outfit."""
    day = data.day(data.choices.day or "")
    return tag(
        "section",
        tag("h2", say(data.language, "Why"), id="reasons"),
        tag("p", unbroken(data.advice["why"]), class_="why", data_value="why"),
        _line_with_text(data, "precipitation"),
        _line_with_text(data, "day_before"),
        tag("p", _chance_of_rain(data, day), _age_and_replay(data), _basis(data), class_="facts"),
        class_="reasons card",
        aria_labelledby="reasons",
    )


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


def _basis(data: PageData) -> Markup | None:
    text = forecast_basis_briefly(data)
    if not text:
        return None
    told = tag("span", text, data_value="made_from")
    return tag("span", glyph("globe"), told, class_="basis")


def _age_and_replay(data: PageData) -> list[Markup]:
    """The forecast's age, and a badge where it is a replay."""
    language, provenance = data.language, data.provenance
    text = say(language, "Forecast made {age}", age=age(language, provenance["age_s"]))
    parts = [tag("span", glyph("clock"), text, class_="age")]
    if provenance["replay"]:
        badge = say(language, "Replay of past weather")
        parts.append(tag("span", badge, class_="badge", data_notice="replay"))
    return parts
