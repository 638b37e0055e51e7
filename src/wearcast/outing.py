"""Outings: the local hours of a day in which a person is out, as text such as 8-9,18-19."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

MAX_OUTINGS: Final = 4
"""In a day."""

TEXT_PATTERN: Final = (
    r"^ *(0?[0-9]|1[0-9]|2[0-3]) *- *(0?[0-9]|1[0-9]|2[0-4]) *"
    r"(, *(0?[0-9]|1[0-9]|2[0-3]) *- *(0?[0-9]|1[0-9]|2[0-4]) *){0,3}$"
)
"""What the text of outings looks like, for clients; that no two of them meet, it can't say."""

MAX_LENGTH: Final = 80
"""Of the text."""

FORM: Final = (
    f"must be up to {MAX_OUTINGS} outings from hour to hour, in digits, such as 8-9,18-19 or 22-2"
)

_HOURS: Final = re.compile(r" *([0-9]{1,2}) *- *([0-9]{1,2}) *")
_MAX_QUOTED_LENGTH: Final = 20
_DAY_H: Final = 24


@dataclass(frozen=True, order=True)
class Outing:
    """A run of local hours outdoors.

    Attributes:
        start: the first hour, 0 to 23.
        end: the hour from which the person is in again, 1 to 24; before `start` it is the next
            morning's.
    """

    start: int
    end: int

    @property
    def length_h(self) -> int:
        """How many hours, where the clocks don't change meanwhile."""
        return (self.end - self.start) % _DAY_H or _DAY_H

    @property
    def last_hour(self) -> int:
        """The last hour, counted from the midnight before it begins; from 24 on it is the next
        morning's."""
        return self.start + self.length_h - 1

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


def outings_text(outings: Iterable[Outing]) -> str:
    """Their text form, which `read_outings` reads; empty where there is none."""
    return ",".join(map(str, outings))


def read_outings(text: str) -> tuple[Outing, ...]:
    """The outings of a day, the first one first, from their text form.

    Raises:
        ValueError: the text isn't of that form, an hour or an outing isn't possible, or outings
            overlap or follow each other without a gap; says which and what to write.
    """
    parts = text.split(",")
    if len(text) > MAX_LENGTH or len(parts) > MAX_OUTINGS:
        raise ValueError(f"{FORM}; these are more")
    outings = sorted(_outing(part) for part in parts)
    _check_gaps(outings)
    return tuple(outings)


def _outing(text: str) -> Outing:
    found = _HOURS.fullmatch(text)
    if not found:
        raise ValueError(f"{FORM}; {_quoted(text)} is none")
    start, end = int(found[1]), int(found[2])
    if start >= _DAY_H or end > _DAY_H:
        raise ValueError(
            f"{_quoted(text)} must begin at an hour from 0 to 23 and end at one from 0 to 24"
        )
    if start == end:
        raise ValueError(f"{_quoted(text)} has no hour; its end must differ from its start")
    midnight_as_24 = end or _DAY_H
    return Outing(start, midnight_as_24)


def _quoted(text: str) -> str:
    return repr(text[:_MAX_QUOTED_LENGTH])


def _check_gaps(outings: Sequence[Outing]) -> None:
    """Check that each outing ends before the next one begins, and the last one before the next
    day's first."""
    for outing, following in pairwise(outings):
        _check_gap(outing, following, following.start)
    if len(outings) > 1:
        first, last = outings[0], outings[-1]
        _check_gap(last, first, first.start + _DAY_H)


def _check_gap(outing: Outing, following: Outing, begins_at: int) -> None:
    next_hour = outing.last_hour + 1
    if next_hour > begins_at:
        raise ValueError(f"{outing} and {following} have hours in common; change one of them")
    if next_hour == begins_at:
        joined = Outing(outing.start, following.end)
        raise ValueError(f"{outing} and {following} are one outing; write {joined}")
