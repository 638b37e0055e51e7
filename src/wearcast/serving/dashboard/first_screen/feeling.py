"""How the day feels in a few words: "Cool morning, warm from 13:00"."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from wearcast.messages import say
from wearcast.serving.dashboard.first_screen.level import Level, level
from wearcast.serving.dashboard.first_screen.outings_feeling import outings_feeling
from wearcast.serving.dashboard.first_screen.steps import (
    Run,
    feels_c,
    steps_by_outing,
    time_text,
)
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.vocabulary import Language

_CHANGE_C: Final = 4.0
"""A smaller change over the day isn't told."""

_MORNING_UNTIL: Final = 11
_MORNING_FROM: Final = 5


def feeling(data: PageData, steps: Sequence[JsonObject]) -> str:
    """How the hours feel: one word for all of them or for each outing, or what it is at first and
    becomes later."""
    outings = steps_by_outing(data, steps)
    if _is_told_by_outing(data, outings):
        return outings_feeling(data, outings)
    values = [feels_c(data, step) for step in steps]
    first = values[0]
    most = max(values)
    least = min(values)
    rises = _differ(first, most)
    falls = _differ(first, least)
    # The larger change is told; of equal ones the warmth, in which something comes off.
    if rises and not (falls and first - least > most - first):
        later = _lasting(values, warmest=True)
        return _changing(data, steps, values, later)
    if falls:
        later = _lasting(values, warmest=False)
        return _changing(data, steps, values, later)
    mean = sum(values) / len(values)
    return _all_day(data.language, level(mean))


def _is_told_by_outing(data: PageData, outings: Sequence[Run]) -> bool:
    """Whether there are several outings, or a short one, in each of which it stays about the
    same."""
    [first, *others] = outings
    if first.is_by_day and not others:
        return False
    for outing in outings:
        values = [feels_c(data, step) for step in outing.steps]
        if _differ(min(values), max(values)):
            return False
    return True


def _differ(one_c: float, other_c: float) -> bool:
    """Whether the difference of two feels-like temperatures is told."""
    if abs(one_c - other_c) < _CHANGE_C:
        return False
    return level(one_c) != level(other_c)


def _lasting(values: Sequence[float], *, warmest: bool) -> Level:
    """The level of the warmest or coldest two hours, of one where it is the only other one."""
    ordered = sorted(values, reverse=warmest)
    second = level(ordered[1])
    if second == level(values[0]):
        return level(ordered[0])
    return second


def _changing(
    data: PageData, steps: Sequence[JsonObject], values: Sequence[float], later: Level
) -> str:
    first = level(values[0])
    start = datetime.fromisoformat(steps[0]["at"])
    if _MORNING_FROM <= start.hour < _MORNING_UNTIL:
        at_first = _morning(data.language, first)
    else:
        at_first = _at_first(data.language, first)
    since = steps[_first_index(values, first, later)]
    time = time_text(data, datetime.fromisoformat(since["at"]))
    change = _change(data.language, first, later, time)
    return f"{at_first} {change}"


def _first_index(values: Sequence[float], first: Level, later: Level) -> int:
    """The index of the first hour that is at the later level, or beyond it."""
    for index, value in enumerate(values):
        if later > first and level(value) >= later:
            return index
        if later < first and level(value) <= later:
            return index
    raise LookupError(f"no hour reaches {later}")


def _change(language: Language, first: Level, later: Level, time: str) -> str:
    """What it becomes; of cold that eases, and of heat, that it does."""
    if first < later <= Level.CHILLY:
        return say(language, "less cold from {time}", time=time)
    if first > later >= Level.HOT:
        return say(language, "less hot from {time}", time=time)
    return _from(language, later, time)


def _all_day(language: Language, one: Level) -> str:
    return {
        Level.BITTER: say(language, "Bitterly cold all day"),
        Level.COLD: say(language, "Cold all day"),
        Level.CHILLY: say(language, "Chilly all day"),
        Level.COOL: say(language, "Cool all day"),
        Level.MILD: say(language, "Mild all day"),
        Level.WARM: say(language, "Warm all day"),
        Level.HOT: say(language, "Hot all day"),
        Level.VERY_HOT: say(language, "Very hot all day"),
    }[one]


def _morning(language: Language, one: Level) -> str:
    return {
        Level.BITTER: say(language, "Bitterly cold morning,"),
        Level.COLD: say(language, "Cold morning,"),
        Level.CHILLY: say(language, "Chilly morning,"),
        Level.COOL: say(language, "Cool morning,"),
        Level.MILD: say(language, "Mild morning,"),
        Level.WARM: say(language, "Warm morning,"),
        Level.HOT: say(language, "Hot morning,"),
        Level.VERY_HOT: say(language, "Very hot morning,"),
    }[one]


def _at_first(language: Language, one: Level) -> str:
    return {
        Level.BITTER: say(language, "Bitterly cold at first,"),
        Level.COLD: say(language, "Cold at first,"),
        Level.CHILLY: say(language, "Chilly at first,"),
        Level.COOL: say(language, "Cool at first,"),
        Level.MILD: say(language, "Mild at first,"),
        Level.WARM: say(language, "Warm at first,"),
        Level.HOT: say(language, "Hot at first,"),
        Level.VERY_HOT: say(language, "Very hot at first,"),
    }[one]


def _from(language: Language, one: Level, time: str) -> str:
    return {
        Level.BITTER: say(language, "bitterly cold from {time}", time=time),
        Level.COLD: say(language, "cold from {time}", time=time),
        Level.CHILLY: say(language, "chilly from {time}", time=time),
        Level.COOL: say(language, "cool from {time}", time=time),
        Level.MILD: say(language, "mild from {time}", time=time),
        Level.WARM: say(language, "warm from {time}", time=time),
        Level.HOT: say(language, "hot from {time}", time=time),
        Level.VERY_HOT: say(language, "very hot from {time}", time=time),
    }[one]
