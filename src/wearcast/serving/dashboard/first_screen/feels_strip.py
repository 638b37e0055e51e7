"""How it feels now and in the next hours, beside the day before."""

from datetime import date, datetime, timedelta
from typing import Final

from wearcast.messages import say, weekday
from wearcast.serving.dashboard.first_screen.steps import (
    Run,
    steps_ahead,
    steps_by_outing,
    time_text,
)
from wearcast.serving.dashboard.icon_markup import sky
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.words import degrees, percent_or_missing
from wearcast.variables import fahrenheit_difference
from wearcast.vocabulary import umbrella_is_due

_MOST: Final = 5
ALIKE_C: Final = 1.0
"""A smaller difference from the day before is none, as in the API's sentence about it."""
_FRESH_S: Final = 2 * 3_600
"""The first hour of an older forecast isn't called now."""


def feels_strip(data: PageData) -> Markup | None:
    """The section with the hours; none where there is no hour outdoors."""
    steps = _shown(data, steps_ahead(data))
    if not steps:
        return None
    items = [_item(data, step) for step in steps]
    return tag(
        "section",
        tag("h2", say(data.language, "Feels like"), id="feels"),
        tag("ol", items),
        _beside_the_day_before(data),
        class_="feels",
        aria_labelledby="feels",
    )


def _shown(data: PageData, steps: list[JsonObject]) -> list[JsonObject]:
    """The first hour, and others at equal distances; of several outings the first hours, and the
    last ones where there is room."""
    outings = steps_by_outing(data, steps)
    if len(steps) > _MOST and len(outings) > 1:
        ends: list[JsonObject] = []
        for outing in outings:
            ends += _first_and_last(outing)
        if len(ends) <= _MOST:
            return ends
        return [outing.steps[0] for outing in outings]
    distance = max(1, -(-len(steps) // _MOST))
    at_equal_distances = steps[::distance]
    return at_equal_distances[:_MOST]


def _first_and_last(outing: Run) -> tuple[JsonObject, ...]:
    first = outing.steps[0]
    last = outing.steps[-1]
    if first is last:
        return (first,)
    return (first, last)


def _item(data: PageData, step: JsonObject) -> Markup:
    feels = degrees(step[f"feels_{data.temperature_suffix}"])
    chance = step["rain_chance"]
    wet = None
    if chance is not None and umbrella_is_due(chance):
        wet = tag("span", percent_or_missing(data.language, chance), class_="wet")
    return tag(
        "li",
        tag("time", _name(data, step), datetime=step["at"], class_="hour"),
        tag("span", _sky(data, step), class_="sky"),
        tag("b", feels, data_value="feels", data_at=step["at"][:16]),
        wet,
    )


def _name(data: PageData, step: JsonObject) -> str:
    if _is_now(data, step):
        return say(data.language, "Now")
    return time_text(data, datetime.fromisoformat(step["at"]))


def _is_now(data: PageData, step: JsonObject) -> bool:
    """Whether an hour is the first one that a fresh forecast reaches."""
    hours = data.latest["hours"]
    if data.provenance["age_s"] > _FRESH_S or not hours:
        return False
    first: str = hours[0]["local_time"]
    is_first: bool = first == step["at"]
    return is_first


def _sky(data: PageData, step: JsonObject) -> Markup | None:
    for hour in data.shown_hours:
        if hour["local_time"] == step["at"]:
            return sky(data, hour)
    return None


def _beside_the_day_before(data: PageData) -> Markup | None:
    """How much warmer or colder than the day before; none where the API doesn't know, or is of the
    release before."""
    before = data.advice.get("day_before")
    if not before:
        return None
    difference = before[f"warmer_{data.temperature_suffix}"]
    text = _difference_text(data, difference, before["date"])
    return tag("p", text)


def _difference_text(data: PageData, difference: float, on: str) -> str:
    language = data.language
    day = _day_name(data, date.fromisoformat(on))
    apart = f"{abs(round(difference))}°"
    alike = fahrenheit_difference(ALIKE_C) if data.temperature_suffix == "f" else ALIKE_C
    if abs(difference) < alike:
        return say(language, "About the same as {day}", day=day)
    if difference > 0:
        return say(language, "{difference} warmer than {day}", difference=apart, day=day)
    return say(language, "{difference} colder than {day}", difference=apart, day=day)


def _day_name(data: PageData, on: date) -> str:
    """Today or yesterday where the reader's today says so, else its weekday."""
    today = data.station.get("today")
    if today == on.isoformat():
        return say(data.language, "today")
    next_day = on + timedelta(days=1)
    if today == next_day.isoformat():
        return say(data.language, "yesterday")
    return weekday(data.language, on)
