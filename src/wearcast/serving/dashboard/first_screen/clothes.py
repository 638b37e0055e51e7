"""The clothes of the day in words: what is on all the time, and what comes off or goes on when."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wearcast.messages import say
from wearcast.serving.dashboard.dressed_person.worn_forms import form_name, is_listed_as
from wearcast.serving.dashboard.first_screen.names import (
    as_topic,
    enumerated,
    with_article,
    with_definite_article,
)
from wearcast.serving.dashboard.first_screen.steps import (
    Run,
    runs,
    span_text,
    steps_by_outing,
    time_text,
)
from wearcast.serving.dashboard.page_data import JsonObject, PageData

_MOST_GROUPS: Final = 2
"""More groups of pieces with hours of their own are left to the timeline."""

_MOST_SPANS: Final = 2
_MOST_OUTINGS: Final = 3
"""More runs of hours, or outings, aren't told one by one."""

_OVER_THE_SHIRT: Final = ("outer", "mid")


@dataclass(frozen=True)
class Clothes:
    """The clothes of the day in words.

    Attributes:
        worn: what is on all the time, without underwear and everyday shoes; may be empty.
        timed: what is on in some of the hours, and when; may be empty.
    """

    worn: str
    timed: str


def clothes(data: PageData, steps: Sequence[JsonObject]) -> Clothes:
    """What to wear in these hours."""
    language = data.language
    always, at_times = [], []
    for piece in data.advice["outfit"]["pieces"]:
        hours = _hours_worn(piece, steps)
        if not _is_told(piece) or not hours:
            continue
        if hours == len(steps):
            always.append(piece)
        else:
            at_times.append(piece)
    shown = _without_hidden_shirt(always)
    names = [with_article(language, piece) for piece in shown]
    worn = enumerated(language, names)
    timed = _part_time(data, at_times, steps)
    return Clothes(worn, timed)


def _hours_worn(piece: JsonObject, steps: Sequence[JsonObject]) -> int:
    hours = 0
    for step in steps:
        if piece["id"] in step["worn"]:
            hours += 1
    return hours


def _is_told(piece: JsonObject) -> bool:
    if piece["layer"] == "feet":
        return form_name(piece["id"]) == "boot"
    return not is_listed_as("under", piece["id"])


def _without_hidden_shirt(pieces: list[JsonObject]) -> list[JsonObject]:
    """Without the shirt where two layers are over it all the time."""
    over = [piece for piece in pieces if piece["layer"] in _OVER_THE_SHIRT]
    if len(over) < len(_OVER_THE_SHIRT):
        return pieces
    return [piece for piece in pieces if piece["layer"] != "base"]


Spans = tuple[Run, ...]


def _part_time(data: PageData, pieces: Sequence[JsonObject], steps: Sequence[JsonObject]) -> str:
    """The pieces that are on in some of the hours, and when, those of the same hours together: "the
    denim jacket until 11:00". The groups that warm most, in the order of the outfit."""
    groups: dict[str, list[JsonObject]] = defaultdict(list)
    clo: dict[str, float] = defaultdict(float)
    outings = steps_by_outing(data, steps)
    has_outings = len(outings) > 1
    for piece in pieces:
        worn = _worn_runs(piece, steps, split_at_gaps=has_outings)
        when = _at_outings(data, worn) if has_outings else _when(data, worn, steps)
        groups[when].append(piece)
        clo[when] += piece["clo"]
    by_warmth = sorted(groups, key=clo.__getitem__, reverse=True)
    warmest = by_warmth[:_MOST_GROUPS]
    texts = []
    for when, group in groups.items():
        if when in warmest:
            texts.append(_group(data, group, when))
    return ", ".join(texts)


def _group(data: PageData, pieces: Sequence[JsonObject], when: str) -> str:
    language = data.language
    names = [with_definite_article(language, piece) for piece in pieces]
    topic = as_topic(language, enumerated(language, names))
    return f"{topic} {when}"


def _worn_runs(piece: JsonObject, steps: Sequence[JsonObject], *, split_at_gaps: bool) -> list[Run]:
    """The runs of hours in which a piece is on."""
    id = piece["id"]

    def is_worn(step: JsonObject) -> bool:
        return id in step["worn"]

    found = runs(steps, is_worn, split_at_gaps=split_at_gaps)
    return [run for run in found if is_worn(run.steps[0])]


def _when(data: PageData, worn: Sequence[Run], steps: Sequence[JsonObject]) -> str:
    language = data.language
    if len(worn) > _MOST_SPANS:
        return say(language, "on and off")
    only = worn[0]
    if len(worn) == 1 and only.steps[-1] is steps[-1]:
        start = time_text(data, only.start)
        return say(language, "from {start}", start=start)
    if len(worn) == 1 and only.steps[0] is steps[0]:
        end = time_text(data, only.end)
        return say(language, "until {end}", end=end)
    return _at(data, worn)


def _at_outings(data: PageData, worn: Sequence[Run]) -> str:
    if len(worn) > _MOST_OUTINGS:
        return say(data.language, "on and off")
    return _at(data, worn)


def _at(data: PageData, worn: Sequence[Run]) -> str:
    spans = [span_text(data, run.start, run.end) for run in worn]
    hours = enumerated(data.language, spans)
    return say(data.language, "at {hours}", hours=hours)
