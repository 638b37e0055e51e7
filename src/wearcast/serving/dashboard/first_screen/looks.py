"""The outfit drawn: a person for each part of the day in which they wear something else."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wearcast.messages import say
from wearcast.serving.dashboard.dressed_person import Umbrella, dressed_person
from wearcast.serving.dashboard.first_screen.precipitation import wet_hours
from wearcast.serving.dashboard.first_screen.steps import (
    EVENING_FROM,
    Run,
    feels_c,
    runs,
    span_text,
    steps_ahead,
    steps_by_outing,
)
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.vocabulary import Language

MOST_DRAWN: Final = 3
"""Figures beside each other, on a phone."""

_WARM_C: Final = 23
"""From which feels-like temperature on a hat is against the sun."""

_MORNING_FROM, _MIDDAY_FROM, _AFTERNOON_FROM, _NIGHT_FROM = 5, 11, 14, 22


@dataclass(frozen=True)
class Look:
    """What is worn in some hours.

    Attributes:
        run: the hours.
        pieces: of the outfit, what is on in them, or in most of them.
        umbrella: how one is held.
        carried: what is worn of the things to carry.
    """

    run: Run
    pieces: tuple[JsonObject, ...]
    umbrella: Umbrella
    carried: tuple[str, ...]


def looks(data: PageData) -> list[Look]:
    """The looks of the hours ahead in order: at most three, or more of four outings."""
    steps = steps_ahead(data)
    outings = steps_by_outing(data, steps)
    has_chosen_outings = bool(data.choices.out)
    found = runs(steps, _worn, split_at_gaps=has_chosen_outings)
    if len(found) > MOST_DRAWN and len(outings) > 1:
        found = outings
        if len(outings) > MOST_DRAWN:
            found = _merged(outings)
    elif len(found) > MOST_DRAWN:
        found = runs(steps, _part_of_day, split_at_gaps=False)
        found = _merged(found)[:MOST_DRAWN]
    return [_look(data, run) for run in found]


def _part_of_day(step: JsonObject) -> int:
    """Morning, midday with the afternoon, and evening with the night."""
    hour = int(step["at"][11:13])
    if _MORNING_FROM <= hour < _MIDDAY_FROM:
        return 0
    if _MIDDAY_FROM <= hour < EVENING_FROM:
        return 1
    return 2


def _merged(found: Sequence[Run]) -> list[Run]:
    """Neighbours in whose hours mostly the same is worn, as one."""
    merged: list[Run] = []
    for run in found:
        if merged and _mostly_worn(merged[-1]) == _mostly_worn(run):
            merged[-1] = Run(merged[-1].steps + run.steps)
        else:
            merged.append(run)
    return merged


def _mostly_worn(run: Run) -> frozenset[str]:
    """What is on in most hours."""
    counts = Counter(map(_worn, run.steps))
    [(most, _)] = counts.most_common(1)
    return most


def _worn(step: JsonObject) -> frozenset[str]:
    return frozenset(step["worn"])


def _look(data: PageData, run: Run) -> Look:
    advice = data.advice
    worn = _mostly_worn(run)
    outfit = advice["outfit"]["pieces"]
    pieces = [piece for piece in outfit if piece["id"] in worn]
    umbrella = _umbrella(data, run)
    carried = []
    if umbrella != "open" and _is_in_daylight(data, run):
        warmest_c = max(feels_c(data, step) for step in run.steps)
        warm = warmest_c >= _WARM_C
        for thing in advice["carry"]:
            # A hat that is carried against cold isn't the sun's.
            if thing["item"] != "hat" or warm:
                carried.append(thing["item"])
    return Look(run, tuple(pieces), umbrella, tuple(carried))


def _umbrella(data: PageData, run: Run) -> Umbrella:
    if not data.advice["umbrella"]["advised"]:
        return "none"
    wet = wet_hours(data)
    return "open" if any(step["at"] in wet for step in run.steps) else "closed"


def _is_in_daylight(data: PageData, run: Run) -> bool:
    """Whether the sun is up in most of the hours; unknown in the API of the release before."""
    at = {step["at"] for step in run.steps}
    light = 0
    for hour in data.shown_hours:
        if hour["local_time"] in at and hour.get("daylight"):
            light += 1
    return 2 * light > len(run.steps)


def is_all_there_is(drawn: Sequence[Look]) -> bool:
    """Whether one look is drawn, and nothing comes off in its hours."""
    if len(drawn) != 1:
        return False
    [look] = drawn
    return len(set(map(_worn, look.run.steps))) == 1


def looks_markup(data: PageData) -> Markup | None:
    """The figures with their hours; none where there is no hour outdoors."""
    found = looks(data)
    if not found:
        return None
    drawn = found[:MOST_DRAWN]
    rest = found[MOST_DRAWN:]
    roomy = any(look.umbrella == "open" for look in drawn)
    alone = is_all_there_is(drawn)
    figures = []
    for index, look in enumerate(drawn):
        figure = _figure(data, look, index, roomy, alone)
        figures.append(figure)
    texts = [_look_text(data, look, drawn) for look in rest]
    note = tag("p", " ".join(texts), class_="rest") if texts else None
    return tag("div", figures, note, class_=f"looks of-{len(drawn)}")


def _look_text(data: PageData, look: Look, drawn: Sequence[Look]) -> str:
    """A look that isn't drawn, in words: by the last one that is alike, else by its garments."""
    language = data.language
    hours = hours_text(data, look.run)
    alike = [one for one in drawn if (one.pieces, one.umbrella) == (look.pieces, look.umbrella)]
    if alike:
        other = hours_text(data, alike[-1].run)
        return say(language, "{hours}: as at {other}.", hours=hours, other=other)
    worn = _description(language, look)
    return f"{hours}: {worn}."


def hours_text(data: PageData, run: Run) -> str:
    """The hours of one outing, or of several in which the same is worn."""
    outings = steps_by_outing(data, run.steps)
    return ", ".join(span_text(data, outing.start, outing.end) for outing in outings)


def _figure(data: PageData, look: Look, index: int, roomy: bool, alone: bool) -> Markup:
    run = look.run
    hours = hours_text(data, run)
    part = None if data.choices.out else part_name(data, run, alone)
    drawing = dressed_person(
        look.pieces,
        umbrella=look.umbrella,
        carried=look.carried,
        roomy=roomy,
        title=f"{part} {hours}" if part else hours,
        description=_description(data.language, look),
        id=f"look-{index}",
    )
    caption = tag(
        "figcaption",
        [tag("b", part), " ", tag("span", hours)] if part else tag("b", hours),
        aria_hidden="true",
    )
    return tag("figure", drawing, caption)


def _description(language: Language, look: Look) -> str:
    """The garments, the outermost first, and the umbrella."""
    names = [piece["name"] for piece in look.pieces]
    if look.umbrella != "none":
        names.append(say(language, "umbrella"))
    return ", ".join(names)


def part_name(data: PageData, run: Run, alone: bool) -> str:
    """The part of the day that a run of hours is called by: by the middle of a short one."""
    language = data.language
    start = run.start
    end = run.end
    if run.is_by_day:
        if alone:
            return say(language, "All day")
        is_first = run.steps[0]["at"] == steps_ahead(data)[0]["at"]
        until_evening = start.date() == end.date() and end.hour < _NIGHT_FROM
        if is_first or until_evening:
            return say(language, "By day")
        return say(language, "Later")
    middle = start + (end - start) / 2
    return _name_of_hour(language, middle.hour)


def _name_of_hour(language: Language, hour: int) -> str:
    """The part of the day to which an hour belongs."""
    if hour < _MORNING_FROM:
        return say(language, "Night")
    if hour < _MIDDAY_FROM:
        return say(language, "Morning")
    if hour < _AFTERNOON_FROM:
        return say(language, "Midday")
    if hour < EVENING_FROM:
        return say(language, "Afternoon")
    if hour < _NIGHT_FROM:
        return say(language, "Evening")
    return say(language, "Night")
