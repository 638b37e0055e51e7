"""A partition of a refresh: some of its stations, which a process reads, controls, forecasts,
checks, keeps and verifies, and then forgets, before it takes the next.

A task and its result are plain values that fit into a message: any engine may carry them to another
process or machine. What is large, the forecasts, is named by its hash.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeVar

from wearcast.config import Station
from wearcast.errors import WearcastError
from wearcast.serving.refresh.verification_notes import LogLine
from wearcast.serving.store.refresh_totals import error_name

T = TypeVar("T")

STATIONS: Final = 32
"""The most stations of a partition, which the network forecasts at once: a process holds 2 MB for
each of them."""


class LeftOut(NamedTuple):
    """Why a station can't be forecast: the error's class in `wearcast.errors`, and its message."""

    error: str
    message: str

    @classmethod
    def of(cls, error: WearcastError) -> "LeftOut":
        """Why, by the error."""
        return cls(error_name(error), str(error))


@dataclass(frozen=True)
class PartitionTask:
    """What a process is told of a partition; settings, params, model and keys are its own.

    Attributes:
        number: its place among the refresh's partitions, from 0.
        stations: at most `STATIONS`, in the order of params.
        now: the time that forecasts are checked against, UTC; of a replay, the hour shown.
        source: the name of the source of observations.
        model: the version of the model; a process that has another refuses the task.
        schema: the form of the file with its forecasts.
    """

    number: int
    stations: tuple[Station, ...]
    now: datetime
    source: str
    model: str
    schema: int

    def to_json(self) -> dict[str, Any]:
        """The task as plain values."""
        return {
            "number": self.number,
            "stations": [station.model_dump(mode="json") for station in self.stations],
            "now": self.now.astimezone(UTC).isoformat(),
            "source": self.source,
            "model": self.model,
            "schema": self.schema,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "PartitionTask":
        """The task that `to_json` gave."""
        return cls(
            number=content["number"],
            stations=tuple(Station.known(station) for station in content["stations"]),
            now=datetime.fromisoformat(content["now"]),
            source=content["source"],
            model=content["model"],
            schema=content["schema"],
        )


@dataclass(frozen=True)
class PartitionResult:
    """What came of a partition.

    Attributes:
        number: of its task.
        shard: the sha256 of the file with the forecasts of its stations, in the store; None
            where none can be forecast.
        verification: the sha256 of the live verification of its stations, in the store; where
            none can be forecast that of the drift of its observations; None where there is neither.
        issued_at: by station in it, the issue time, UTC.
        left_out: by station that isn't in it, why.
        source_failures: by the error's class, how many of its stations had no observations.
        score_failures: by name in the live verification, how often scores could not be made.
        guidance_failures: by the error's class, how many questions for numerical forecasts had no
            answer.
        made_from: by what stations' forecasts were made from, in words, how many they are
            (`origin_in_words.origins`); empty without numerical forecasts.
        log: what the log is to tell once the verification is published.
    """

    number: int
    shard: str | None
    verification: str | None
    issued_at: Mapping[str, datetime]
    left_out: Mapping[str, LeftOut]
    source_failures: Mapping[str, int] = field(default_factory=dict)
    score_failures: Mapping[str, int] = field(default_factory=dict)
    guidance_failures: Mapping[str, int] = field(default_factory=dict)
    made_from: Mapping[str, int] = field(default_factory=dict)
    log: tuple[LogLine, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The result as plain values."""
        return {
            "number": self.number,
            "shard": self.shard,
            "verification": self.verification,
            "issued_at": {id: at.astimezone(UTC).isoformat() for id, at in self.issued_at.items()},
            "left_out": {id: list(why) for id, why in self.left_out.items()},
            "source_failures": dict(self.source_failures),
            "score_failures": dict(self.score_failures),
            "guidance_failures": dict(self.guidance_failures),
            # A message doesn't keep the order of names.
            "made_from": [list(pair) for pair in self.made_from.items()],
            "log": [list(line) for line in self.log],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "PartitionResult":
        """The result that `to_json` gave."""
        issued_at = content["issued_at"]
        left_out = content["left_out"]
        return cls(
            number=content["number"],
            shard=content["shard"],
            verification=content["verification"],
            issued_at={id: datetime.fromisoformat(at) for id, at in issued_at.items()},
            left_out={id: LeftOut(*why) for id, why in left_out.items()},
            source_failures=content["source_failures"],
            score_failures=content["score_failures"],
            guidance_failures=content["guidance_failures"],
            made_from=dict(content["made_from"]),
            log=tuple(LogLine(*line) for line in content["log"]),
        )


def partitions(stations: Sequence[Station]) -> Iterator[tuple[Station, ...]]:
    """The stations in groups of at most `STATIONS`, in their order."""
    for first in range(0, len(stations), STATIONS):
        yield tuple(stations[first : first + STATIONS])


def in_turn(works: Sequence[T], hour: datetime) -> list[T]:
    """The works in an order that begins with another one in another hour: where a time that all of
    them share is short, it isn't always the last that go without."""
    if not works:
        return []
    first = random.Random(int(hour.timestamp()) // 3600).randrange(len(works))  # noqa: S311
    return [*works[first:], *works[:first]]
