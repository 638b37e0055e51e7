"""Rain or snow, and what to take against it, in words and as a line of the first screen."""

from typing import Final

from wearcast.messages import precipitation, say
from wearcast.serving.dashboard.first_screen.line_ends import unhyphenated
from wearcast.serving.dashboard.first_screen.steps import (
    Run,
    runs,
    span_text,
    steps_ahead,
    steps_by_outing,
)
from wearcast.serving.dashboard.icon_markup import carried, glyph
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.words import percent_or_missing
from wearcast.vocabulary import Language, Precipitation

_MOST_RUNS: Final = 2
"""Of more runs of wet hours, not each is told."""


def wet_hours(data: PageData) -> frozenset[str]:
    """The hours outdoors in which rain or snow is likely, by the station's clocks."""
    ahead = data.advice.get("precipitation")
    return frozenset(ahead["hours"]) if ahead else frozenset()


def precipitation_sentence(data: PageData) -> str:
    """What falls when, and what to take; empty where neither is likely."""
    language, ahead = data.language, data.advice.get("precipitation")
    if data.advice["umbrella"]["advised"]:
        return _umbrella_sentence(data)
    if not ahead or not ahead["text"]:
        return ""
    falling = _falling(language, ahead["kind"], _hours_text(data))
    if ahead["take"] == "rain_jacket":
        return say(language, "{falling}: hooded rain jacket.", falling=falling)
    return f"{falling}."


def _umbrella_sentence(data: PageData) -> str:
    language, ahead = data.language, data.advice.get("precipitation")
    hours = _hours_text(data)
    if ahead and ahead["kind"] != Precipitation.RAIN:
        falling = _falling(language, ahead["kind"], hours)
        return say(language, "{falling}: take an umbrella.", falling=falling)
    if not hours:
        return say(language, "Umbrella: rain at any time.")
    return say(language, "Umbrella {hours}.", hours=hours)


def _falling(language: Language, kind: str, hours: str) -> str:
    """What falls, and when: "Snow 7–12"."""
    if not hours:
        return {
            Precipitation.RAIN: say(language, "Rain at any time"),
            Precipitation.SNOW: say(language, "Snow at any time"),
            Precipitation.RAIN_OR_SNOW: say(language, "Rain or snow at any time"),
        }[Precipitation(kind)]
    return {
        Precipitation.RAIN: say(language, "Rain {hours}", hours=hours),
        Precipitation.SNOW: say(language, "Snow {hours}", hours=hours),
        Precipitation.RAIN_OR_SNOW: say(language, "Rain or snow {hours}", hours=hours),
    }[Precipitation(kind)]


def _hours_text(data: PageData) -> str:
    """The hours in which it is likely; where there are many runs, the outings in which it is, or
    from the first to the last, as the API's umbrella has them. Empty where no hour is likelier than
    the others."""
    found = _wet_runs(data)
    if not found:
        return ""
    if len(found) > _MOST_RUNS:
        found = _wet_outings(data) or [Run(found[0].steps + found[-1].steps)]
    spans = [span_text(data, run.start, run.end) for run in found]
    return ", ".join(spans)


def _wet_runs(data: PageData) -> list[Run]:
    wet = wet_hours(data)

    def is_wet(step: JsonObject) -> bool:
        return step["at"] in wet

    found = runs(steps_ahead(data), is_wet, split_at_gaps=True)
    return [run for run in found if is_wet(run.steps[0])]


def _wet_outings(data: PageData) -> list[Run]:
    """The outings with a wet hour; none where there is one outing only."""
    outings = steps_by_outing(data, steps_ahead(data))
    if len(outings) == 1:
        return []
    wet = wet_hours(data)
    return [outing for outing in outings if any(step["at"] in wet for step in outing.steps)]


def umbrella_line(data: PageData) -> Markup:
    """Whether to take an umbrella, when, and the chance of rain or snow."""
    language, umbrella = data.language, data.advice["umbrella"]
    chance = tag(
        "span",
        precipitation(language, _kind(data)),
        " ",
        tag("b", percent_or_missing(language, umbrella["chance"]), data_value="umbrella.chance"),
        class_="chance",
    )
    return tag(
        "p",
        tag("span", _icon(data), class_="picture"),
        tag("b", unhyphenated(umbrella_verdict(data)), id="umbrella"),
        chance if umbrella["chance"] is not None else None,
        class_="umbrella yes" if _is_wet(data) else "umbrella",
    )


def _is_wet(data: PageData) -> bool:
    if data.advice["umbrella"]["advised"]:
        return True
    ahead = data.advice.get("precipitation")
    return bool(ahead and ahead["text"])


def _icon(data: PageData) -> Markup:
    ahead = data.advice.get("precipitation")
    if data.advice["umbrella"]["advised"]:
        return carried("umbrella")
    if ahead and ahead["take"]:
        return carried(ahead["take"])
    return glyph("drop")


def _keeps_dry(data: PageData) -> bool:
    """Whether the API's sentence about the rain names a garment that is worn, apart from shoes."""
    text = data.advice["precipitation"]["text"]
    for piece in data.advice["outfit"]["pieces"]:
        if piece["layer"] != "feet" and piece["name"] in text:
            return True
    return False


def umbrella_verdict(data: PageData) -> str:
    """Whether to take one, and when."""
    language, ahead = data.language, data.advice.get("precipitation")
    hours = _hours_text(data) if _is_wet(data) else ""
    if data.advice["umbrella"]["advised"]:
        return (
            say(language, "Umbrella {hours}", hours=hours) if hours else say(language, "Umbrella")
        )
    if ahead and ahead["take"] == "rain_jacket":
        return say(language, "Rain jacket, no umbrella")
    if _is_wet(data) and _keeps_dry(data):
        return say(language, "No umbrella: dressed for it")
    if _is_wet(data):
        return say(language, "An umbrella won’t help")
    if data.advice["umbrella"]["chance"] is None:
        return say(language, "Chance of rain unknown")
    return say(language, "No umbrella")


def _kind(data: PageData) -> Precipitation | None:
    ahead = data.advice.get("precipitation")
    return Precipitation(ahead["kind"]) if ahead else None
