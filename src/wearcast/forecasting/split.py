"""Which hours train, validate and test: by time, with a margin between, so that nothing tested was
ever seen."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import numpy as np

from wearcast.config import Preprocess
from wearcast.errors import ConfigError
from wearcast.forecasting.array_types import Flags, Hours
from wearcast.forecasting.record_years import EDGE_D, YEAR_D, Days, RecordYears, record_years

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

_MOVING_BLOCKS_FROM = 2
_YEARS_FROM = 4
"""How many whole years it takes for blocks that move through the year, and for whole years."""

MOVING_CYCLE_D = 104
"""The cycle of blocks through two to four years.

Seven cycles are two years less two days, so that the second year's blocks lie half a cycle beside
the first one's: with 14 days of validation, 14 of test and three margins of 7, two years train on
every day of the year, and no part of it longer than 39 days stays untested. 104 and 105 days alone
do so over every record of 1.98 to 4 years. 91 days, nearly a quarter of a year, leave the same four
stretches of 47 days untrained in every year, and test the same weeks in each. On the temperatures
of Seoul 2018-2021, trained on two or three of these years, the climatology's error in the others is
6 % less than with 91 days (3 harmonics).
"""

Scheme = Literal["blocks", "periods", "years"]


@dataclass(frozen=True)
class Chosen:
    """How the split was made.

    Attributes:
        scheme: blocks, periods, or whole years counted back from the record's end.
        cycle_d: of blocks; None otherwise.
        because: a sentence.
    """

    scheme: Scheme
    cycle_d: int | None
    because: str


@dataclass(frozen=True)
class Split:
    """The segments of each role, in the order of time; hours in no segment are margin or unused.

    `chosen` is None where a split.json of an earlier release doesn't tell.
    """

    train: tuple[Segment, ...]
    validation: tuple[Segment, ...]
    test: tuple[Segment, ...]
    chosen: Chosen | None = None

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

    def to_json(self) -> dict[str, Any]:
        """The segments as ISO hours and how they were chosen, for split.json."""
        content: dict[str, Any] = {}
        for role in ROLES:
            segments = self.segments(role)
            content[role] = [[str(start), str(stop)] for start, stop in segments]
        if self.chosen:
            content["chosen"] = asdict(self.chosen)
        return content

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "Split":
        """The split that `to_json` wrote."""
        segments: dict[str, tuple[Segment, ...]] = {}
        for role in ROLES:
            hours = [(_hour(start), _hour(stop)) for start, stop in content[role]]
            segments[role] = tuple(hours)
        chosen = None
        if "chosen" in content:
            chosen = Chosen(**content["chosen"])
        return cls(**segments, chosen=chosen)


def plan(
    first: np.datetime64,
    last: np.datetime64,
    settings: Preprocess,
    stations: Sequence[Days] | None = None,
) -> Split:
    """The split of a record from its `first` to its `last` hour.

    Scheme `auto` goes by the whole years that all stations share (`RecordYears`), since each must
    train on every season and be judged: of stations with different records the shortest decides.
    Their longer ones are used as far as the split reaches.

    - Less than two: the blocks of the settings.
    - Two or three: blocks that move through the year.
    - Four or more: the last year tests, the one before it validates, all before that trains. A year
      is 365 days counted back from the last day that the stations share. Calendar years would leave
      a record's last months unused, half a year on average, and the newest weather is the nearest
      to what will be forecast. Every season comes once in either.

    Args:
        stations: the days that each station has temperatures on; None: all of the record.

    Raises:
        ConfigError: no segment is left to train on, or none to verify on; periods overlap or lie
            outside the record.
    """
    first = _hour(first)
    end = _hour(last) + _HOUR
    if stations is None:
        days = np.arange(_day(first), _day(last) + 1)
        stations = [days]
    years = record_years(stations)
    chosen = _chosen(settings, years)
    # Not the horizon, which `preprocess` doesn't know: a forecast further ahead than a week may not
    # fit into the shortest segments, and whoever needs it to fit says so.
    shortest = min(_hours(settings.margin_h), _WEEK)
    segments: dict[str, tuple[Segment, ...]] = dict.fromkeys(ROLES, ())
    for role, start, stop in _planned(first, end, settings, chosen, years):
        begin = max(start, first)
        until = min(stop, end)
        if until - begin > shortest:
            segments[role] += ((begin, until),)
    split = Split(**segments, chosen=chosen)
    if not split.train or not (split.validation or split.test):
        raise ConfigError(
            f"preprocess.{chosen.scheme} leaves nothing to train or to verify on in {first} …"
            f" {last} UTC. Give a longer record, or other blocks or periods."
        )
    return split


def _chosen(settings: Preprocess, years: RecordYears) -> Chosen:
    blocks = settings.blocks
    if settings.scheme == "periods":
        return Chosen("periods", None, "Set in preprocess.scheme.")
    if settings.scheme == "blocks":
        return Chosen("blocks", blocks.cycle_d, "Set in preprocess.scheme.")
    span_years = years.span_d / YEAR_D
    length = (
        f"All stations share {span_years:.1f} years, the last {years.whole} of them"
        " with temperatures on three of four days"
    )
    if years.whole >= _YEARS_FROM:
        return Chosen("years", None, f"{length}: enough for whole years to validate and to test.")
    if years.whole >= _MOVING_BLOCKS_FROM:
        return Chosen(
            "blocks",
            MOVING_CYCLE_D,
            f"{length}: too few for whole years ({_YEARS_FROM}), enough for blocks that move"
            " through the year, so that every season trains.",
        )
    return Chosen(
        "blocks",
        blocks.cycle_d,
        f"{length}: too few ({_MOVING_BLOCKS_FROM}) for anything but blocks in every season.",
    )


def _planned(
    first: np.datetime64,
    end: np.datetime64,
    settings: Preprocess,
    chosen: Chosen,
    years: RecordYears,
) -> Iterable[tuple[Role, np.datetime64, np.datetime64]]:
    """The segments of each role, before they are cut to the record."""
    margin = _hours(settings.margin_h)
    if chosen.scheme == "years":
        return _apart(_whole_years(first, _hour(years.end)), margin)
    if chosen.scheme == "periods":
        periods = _dated(settings)
        _require_inside(periods, first, end)
        return _apart(periods, margin)
    cycle_d = chosen.cycle_d or settings.blocks.cycle_d
    return _blocks(first, end, settings, _days(cycle_d))


def _whole_years(
    first: np.datetime64, end: np.datetime64
) -> list[tuple[np.datetime64, np.datetime64, Role]]:
    test = end - _days(YEAR_D)
    validation = test - _days(YEAR_D)
    return [
        (first, validation, "train"),
        (validation, test, "validation"),
        (test, end, "test"),
    ]


def _blocks(
    first: np.datetime64, end: np.datetime64, settings: Preprocess, cycle: np.timedelta64
) -> Iterable[tuple[Role, np.datetime64, np.datetime64]]:
    margin = _hours(settings.margin_h)
    validation = _days(settings.blocks.validation_d)
    test = _days(settings.blocks.test_d)
    train = cycle - validation - test - 3 * margin
    if train <= 2 * _WEEK:
        raise ConfigError(
            f"preprocess.blocks.cycle_d is too short: of {cycle // _days(1)} days, validation, test"
            " and three margins leave no more than 14 days of it to train on. Of scheme auto with"
            f" two to four years it is {MOVING_CYCLE_D}: then make the others shorter."
        )
    lengths: dict[Role, np.timedelta64] = {
        "train": train,
        "validation": validation,
        "test": test,
    }
    start = _hour(first.astype("datetime64[D]"))
    while start < end:
        at = start
        for role, length in lengths.items():
            yield role, at, at + length
            at = at + length + margin
        start = start + cycle


def _apart(
    periods: Iterable[tuple[np.datetime64, np.datetime64, Role]], margin: np.timedelta64
) -> Iterable[tuple[Role, np.datetime64, np.datetime64]]:
    """Periods in the order of time with margins between roles: the later of two neighbours gives up
    its first hours."""
    ends: dict[Role, np.datetime64] = {}
    for start, stop, role in periods:
        last_end = max(ends.values(), default=start)
        if start < last_end:
            raise ConfigError(
                f"preprocess.periods overlap: {role} from {start} begins before the period before"
                f" it ends, {last_end}."
            )
        # Of every other role, not of the neighbour alone: a neighbour shorter than the margin
        # doesn't keep the ones beside it apart.
        margins = [end + margin for other, end in ends.items() if other != role]
        yield role, max([start, *margins]), stop
        ends[role] = stop


def _require_inside(
    periods: Iterable[tuple[np.datetime64, np.datetime64, Role]],
    first: np.datetime64,
    end: np.datetime64,
) -> None:
    """Refuse a period that the record doesn't hold but for a few days at its ends: it would be
    shorter than it says, or not there at all."""
    edge = _days(EDGE_D)
    for start, stop, role in periods:
        if start < first - edge or stop > end + edge:
            raise ConfigError(
                f"preprocess.periods.{role}: the period from {_day(start)} to {_day(stop)} reaches"
                f" more than {EDGE_D} days beyond the data, which are from {first} to {end - _HOUR}"
                " UTC. Give a period within them, fetch more (ingest.start, ingest.end), or set"
                " preprocess.scheme to auto."
            )


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


def _day(value: np.datetime64) -> np.datetime64:
    day: np.datetime64 = value.astype("datetime64[D]")
    return day


def _hours(n: int) -> np.timedelta64:
    return np.timedelta64(n, "h")


def _days(n: int) -> np.timedelta64:
    return _hours(24 * n)
