"""Which hours train, validate and test: by time, with a margin between, so that nothing tested was
ever seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from wearcast.config import Preprocess
from wearcast.errors import ConfigError
from wearcast.forecasting.array_types import Flags, Hours

Role = Literal["train", "validation", "test"]
ROLES: tuple[Role, ...] = ("train", "validation", "test")
Segment = tuple[np.datetime64, np.datetime64]
"""From an hour (with it) to an hour (without it), UTC."""

_HOUR = np.timedelta64(1, "h")
_WEEK = np.timedelta64(7 * 24, "h")

_HIDDEN: dict[Role, tuple[Role, ...]] = {
    "train": ("validation", "test"),
    "validation": ("test",),
    "test": (),
}
"""The roles whose hours windows of a role may not look back on."""


@dataclass(frozen=True)
class Split:
    """The segments of each role, in the order of time; hours in no segment are margin or unused."""

    train: tuple[Segment, ...]
    validation: tuple[Segment, ...]
    test: tuple[Segment, ...]

    def segments(self, role: Role) -> tuple[Segment, ...]:
        """The segments of one role."""
        segments: tuple[Segment, ...] = getattr(self, role)
        return segments

    def belongs(self, valid_at: Hours, role: Role) -> Flags:
        """Which of these hours lie in a segment of the role."""
        return _within(valid_at, self.segments(role))

    def visible(self, valid_at: Hours, role: Role) -> Flags:
        """Which of these hours a window of the role may look back on.

        Training sees training hours alone; validation sees no test hour; a test window sees its
        whole past.
        """
        if role == "train":
            return self.belongs(valid_at, "train")
        hidden = [segment for other in _HIDDEN[role] for segment in self.segments(other)]
        return ~_within(valid_at, hidden)

    def to_json(self) -> dict[str, list[list[str]]]:
        """The segments as ISO hours, for split.json."""
        content: dict[str, list[list[str]]] = {}
        for role in ROLES:
            content[role] = [[str(start), str(stop)] for start, stop in self.segments(role)]
        return content

    @classmethod
    def from_json(cls, content: dict[str, list[list[str]]]) -> "Split":
        """The split that `to_json` wrote."""
        segments: dict[str, tuple[Segment, ...]] = {}
        for role in ROLES:
            segments[role] = tuple((_hour(start), _hour(stop)) for start, stop in content[role])
        return cls(**segments)


def plan(first: np.datetime64, last: np.datetime64, settings: Preprocess) -> Split:
    """The split of a record from its `first` to its `last` hour.

    Raises:
        ConfigError: no segment is left to train on, or none to verify on.
    """
    first, end = _hour(first), _hour(last) + _HOUR
    # Not the horizon, which `preprocess` doesn't know: a forecast further ahead than a week may not
    # fit into the shortest segments, and whoever needs it to fit says so.
    shortest = min(_hours(settings.margin_h), _WEEK)
    planned = _blocks(first, end, settings) if settings.scheme == "blocks" else _periods(settings)
    segments: dict[str, tuple[Segment, ...]] = dict.fromkeys(ROLES, ())
    for role, start, stop in planned:
        segment = (max(start, first), min(stop, end))
        if segment[1] - segment[0] > shortest:
            segments[role] += (segment,)
    split = Split(**segments)
    if not split.train or not (split.validation or split.test):
        raise ConfigError(
            f"preprocess.{settings.scheme} leaves nothing to train or to verify on in {first} …"
            f" {last} UTC. Give a longer record, or other blocks or periods."
        )
    return split


def _blocks(
    first: np.datetime64, end: np.datetime64, settings: Preprocess
) -> Iterable[tuple[Role, np.datetime64, np.datetime64]]:
    cycle, margin = _days(settings.blocks.cycle_d), _hours(settings.margin_h)
    validation, test = _days(settings.blocks.validation_d), _days(settings.blocks.test_d)
    train = cycle - validation - test - 3 * margin
    if train <= 2 * _WEEK:
        raise ConfigError(
            "preprocess.blocks.cycle_d is too short: validation, test and three margins leave no"
            " more than 14 days of it to train on."
        )
    lengths: dict[Role, np.timedelta64] = {"train": train, "validation": validation, "test": test}
    start = _hour(first.astype("datetime64[D]"))
    while start < end:
        at = start
        for role, length in lengths.items():
            yield role, at, at + length
            at = at + length + margin
        start = start + cycle


def _periods(settings: Preprocess) -> Iterable[tuple[Role, np.datetime64, np.datetime64]]:
    """The dates of params.yaml; the later of two neighbours gives up its first hours for the
    margin."""
    margin = _hours(settings.margin_h)
    ends: dict[Role, np.datetime64] = {}
    for start, stop, role in _dated(settings):
        if ends and start < max(ends.values()):
            raise ConfigError(
                f"preprocess.periods overlap: {role} from {start} begins before the period before"
                f" it ends, {max(ends.values())}."
            )
        # Of every other role, not of the neighbour alone: a neighbour shorter than the margin
        # doesn't keep the ones beside it apart.
        margins = [end + margin for other, end in ends.items() if other != role]
        yield role, max([start, *margins]), stop
        ends[role] = stop


def _dated(settings: Preprocess) -> list[tuple[np.datetime64, np.datetime64, Role]]:
    """The periods of all roles in the order of time."""
    periods = []
    for role in ROLES:
        for start, stop in getattr(settings.periods, role):
            periods.append((_hour(start), _hour(stop), role))
    return sorted(periods)


def _within(valid_at: Hours, segments: Iterable[Segment]) -> Flags:
    inside = np.zeros(len(valid_at), dtype=bool)
    for start, stop in segments:
        inside |= (valid_at >= start) & (valid_at < stop)
    return inside


def _hour(value: str | date | np.datetime64) -> np.datetime64:
    hours: Hours = np.array([value], dtype="datetime64[h]")
    hour: np.datetime64 = hours[0]
    return hour


def _hours(n: int) -> np.timedelta64:
    return np.timedelta64(n, "h")


def _days(n: int) -> np.timedelta64:
    return _hours(24 * n)
