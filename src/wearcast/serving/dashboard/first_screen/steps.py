"""The hours outdoors of the chosen day: which are ahead, how they feel, and their runs."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from wearcast.messages import hours_of_day, time_of_day
from wearcast.serving.dashboard.page_data import JsonObject, PageData

_HOUR = timedelta(hours=1)
_LONG_H: Final = 7
EVENING_FROM: Final = 17
"""The local hour with which the evening begins."""


@dataclass(frozen=True)
class Run:
    """Consecutive hours outdoors that have something in common.

    Attributes:
        steps: of the API's `timeline`, at least one.
    """

    steps: tuple[JsonObject, ...]

    @property
    def start(self) -> datetime:
        """The start of the first hour, by the station's clocks."""
        return datetime.fromisoformat(self.steps[0]["at"])

    @property
    def end(self) -> datetime:
        """The end of the last hour."""
        return datetime.fromisoformat(self.steps[-1]["at"]) + _HOUR

    @property
    def is_by_day(self) -> bool:
        """Whether it is the day, rather than a part of it: long, and begun before the evening."""
        return len(self.steps) >= _LONG_H and self.start.hour < EVENING_FROM


def steps_ahead(data: PageData) -> list[JsonObject]:
    """The hours outdoors to come; all of them where the day is over."""
    steps: list[JsonObject] = data.advice["timeline"]
    ahead = [step for step in steps if not step["observed"]]
    return ahead or steps


def feels_c(data: PageData, step: JsonObject) -> float:
    """How an hour feels, in °C whatever the units of the page."""
    name = f"feels_{data.temperature_suffix}"
    value: float = step[name]
    if data.choices.units == "metric":
        return value
    return (value - 32) / 1.8


def runs(
    steps: Sequence[JsonObject], key: Callable[[JsonObject], Hashable], *, split_at_gaps: bool
) -> list[Run]:
    """The steps in runs of the same key; also split where hours indoors lie between, if asked."""
    if not steps:
        return []
    groups = [[steps[0]]]
    for before, step in pairwise(steps):
        if key(step) != key(before) or (split_at_gaps and is_apart(before, step)):
            groups.append([])
        groups[-1].append(step)
    return [Run(tuple(group)) for group in groups]


def steps_by_outing(data: PageData, steps: Sequence[JsonObject]) -> list[Run]:
    """Steps by outing; a single one where no outings are chosen, whatever hours are missing."""
    return runs(steps, lambda _: None, split_at_gaps=bool(data.choices.out))


def is_apart(before: JsonObject, step: JsonObject) -> bool:
    """Whether hours indoors lie between two hours outdoors."""
    passed = datetime.fromisoformat(step["at"]) - datetime.fromisoformat(before["at"])
    return passed > _HOUR


def time_text(data: PageData, at: datetime) -> str:
    """A local time within a sentence."""
    return time_of_day(data.language, data.choices.units, at)


def span_text(data: PageData, start: datetime, end: datetime) -> str:
    """A run of hours within a sentence."""
    return hours_of_day(data.language, data.choices.units, start, end)
