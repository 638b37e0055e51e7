"""How the hours of each outing feel: "Chilly at 8–9, mild at 18–19"."""

from collections.abc import Sequence
from itertools import groupby

from wearcast.messages import say
from wearcast.serving.dashboard.first_screen.level import Level, level
from wearcast.serving.dashboard.first_screen.names import enumerated
from wearcast.serving.dashboard.first_screen.steps import Run, feels_c, span_text
from wearcast.serving.dashboard.page_data import PageData
from wearcast.vocabulary import Language


def outings_feeling(data: PageData, outings: Sequence[Run]) -> str:
    """How outings feel, by their means; those that follow each other at the same level together."""
    language = data.language
    by_level = groupby(outings, key=lambda outing: _level(data, outing))
    texts = []
    for one, group in by_level:
        spans = [span_text(data, outing.start, outing.end) for outing in group]
        hours = enumerated(language, spans)
        texts.append((one, hours))
    *before, last = texts
    told = [_followed(language, *text) for text in before]
    told.append(_last(language, *last))
    text = " ".join(told)
    initial = text[0].upper()
    return initial + text[1:]


def _level(data: PageData, outing: Run) -> Level:
    values = [feels_c(data, step) for step in outing.steps]
    return level(sum(values) / len(values))


def _followed(language: Language, one: Level, hours: str) -> str:
    """How it feels in these hours, before the next ones are told."""
    return {
        Level.BITTER: say(language, "bitterly cold at {hours},", hours=hours),
        Level.COLD: say(language, "cold at {hours},", hours=hours),
        Level.CHILLY: say(language, "chilly at {hours},", hours=hours),
        Level.COOL: say(language, "cool at {hours},", hours=hours),
        Level.MILD: say(language, "mild at {hours},", hours=hours),
        Level.WARM: say(language, "warm at {hours},", hours=hours),
        Level.HOT: say(language, "hot at {hours},", hours=hours),
        Level.VERY_HOT: say(language, "very hot at {hours},", hours=hours),
    }[one]


def _last(language: Language, one: Level, hours: str) -> str:
    return {
        Level.BITTER: say(language, "bitterly cold at {hours}", hours=hours),
        Level.COLD: say(language, "cold at {hours}", hours=hours),
        Level.CHILLY: say(language, "chilly at {hours}", hours=hours),
        Level.COOL: say(language, "cool at {hours}", hours=hours),
        Level.MILD: say(language, "mild at {hours}", hours=hours),
        Level.WARM: say(language, "warm at {hours}", hours=hours),
        Level.HOT: say(language, "hot at {hours}", hours=hours),
        Level.VERY_HOT: say(language, "very hot at {hours}", hours=hours),
    }[one]
