"""The notice of a place that the model was not trained at: what to expect of its forecasts."""

from wearcast.messages import say, temperature_to_tenth
from wearcast.serving.dashboard.icon_markup import glyph
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.words import percent_or_missing
from wearcast.variables import fahrenheit_difference


def untrained_notice(data: PageData) -> Markup | None:
    """The notice; None of a station that the model was trained at, and of the API of the release
    before, which doesn't say."""
    station = data.station
    if station.get("trained", True):
        return None
    told = say(
        data.language,
        "Not trained here: the forecast is only fitted to this place’s past weather.",
    )
    expected = station.get("expected")
    with_guidance = _with_guidance(data, (expected or {}).get("guided"))
    return tag(
        "div",
        glyph("info"),
        tag("p", told, " ", _expectation(data, expected), " ", with_guidance),
        class_="notice quiet",
        data_notice="untrained",
    )


def _expectation(data: PageData, expected: JsonObject | None) -> str:
    """What its past says of its forecasts; empty where that isn't known."""
    if expected is None:
        return ""
    first_day, *_ = expected["mae_c"]
    first_c, all_c = expected["mae_c"][first_day], expected["mae_c"]["all"]
    if first_c is None or all_c is None:
        return ""
    return say(
        data.language,
        "There, temperatures would have been {first} off on the first day and {all} over all days,"
        " and {share} of them within the ranges that should hold 80 %.",
        first=_difference(data, first_c),
        all=_difference(data, all_c),
        share=percent_or_missing(data.language, expected["coverage_80"]["all"]),
    )


def _with_guidance(data: PageData, guided: JsonObject | None) -> str:
    """What becomes of it with numerical forecasts; empty without any."""
    if guided is None:
        return ""
    first_c = next(iter(guided["mae_c"].values()))
    if first_c is None:
        return ""
    return say(
        data.language,
        "With numerical forecasts, they would have been {first} off on the first day, and {share}"
        " of them within those ranges.",
        first=_difference(data, first_c),
        share=percent_or_missing(data.language, guided["coverage_80"]["all"]),
    )


def _difference(data: PageData, difference_c: float) -> str:
    """A difference of temperatures in the units of the page."""
    units = data.choices.units
    shown = fahrenheit_difference(difference_c) if units == "imperial" else difference_c
    return temperature_to_tenth(data.language, shown, units)
