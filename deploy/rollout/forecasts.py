"""The forecasts of a new release beside those of the live one, for months that have come.

Nobody can wait for a forecast's hours while a canary runs. So before the new colour is started,
each release's own refresh image says how far its model's forecasts of the last months would have
been off, from the observations that this host keeps (`wearcast recent-errors`); nothing is fetched
or published.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rollout import docker
from rollout.comparison import larger_p
from rollout.containers import compose_file
from rollout.errors import Failed
from rollout.releases import Release
from rollout.settings import number

COMMAND = ("wearcast", "recent-errors")
FORMAT = 1
"""The form of what it says that is understood here."""

CHANCE = 0.01
"""The release goes back where chance alone makes its forecasts as much worse less often."""

BLOCK_D = 5
"""Days whose errors count together: those of neighbouring days go together."""

LEAST_BLOCKS = 7
"""With fewer, chance can't be told from 1 %."""

Errors = Mapping[tuple[str, str], tuple[int, float]]
"""By station and issue time the hours verified, and their mean absolute error in °C."""


@dataclass(frozen=True)
class Record:
    """What a release says of its own forecasts.

    Attributes:
        seen_until: the last hour that its model had in training, as far as it says.
        errors: of forecasts from the last months.
    """

    seen_until: str
    errors: Errors

    @classmethod
    def from_json(cls, text: str) -> "Record":
        """Read what its refresh image printed.

        Raises:
            ValueError: it isn't understood.
        """
        try:
            found = json.loads(text)
            if found["format"] != FORMAT:
                raise ValueError(f"the form {found['format']!r}")
            return cls(str(found["seen_until"]), _errors(found["stations"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error


def compare(live: Release, release: Release) -> str:
    """What was found, in words.

    Raises:
        Failed: the new release's forecasts are worse.
    """
    records = []
    for one in (live, release):
        try:
            records.append(Record.from_json(_printed(one)))
        # That a release can't say it is no reason to keep users from it.
        except (Failed, ValueError) as error:
            return (
                f"forecasts aren't compared: code {one.code[:12]} doesn't tell its errors: {error}"
            )
    return _compared(*records)


def _printed(release: Release) -> str:
    return docker.compose_run(
        compose_file(release), "refresh", *COMMAND, REFRESH=release.images["refresh"]
    )


def _errors(stations: Mapping[str, Mapping[str, Any]]) -> Errors:
    return {
        (station, issued_at): (int(hours), float(mean))
        for station, by_time in stations.items()
        for issued_at, (hours, mean) in by_time.items()
    }


def _compared(old: Record, new: Record) -> str:
    most = number("ROLLOUT_CANARY_WORSE")
    common = [key for key in new.errors if key in old.errors and not _is_unfair(key[1], old, new)]
    excess: dict[int, float] = defaultdict(float)
    sums_c = [0.0, 0.0]
    hours = 0
    for key in common:
        (count, new_c), (_, old_c) = new.errors[key], old.errors[key]
        excess[_block(key[1])] += count * (new_c - most * old_c)
        sums_c[0] += count * new_c
        sums_c[1] += count * old_c
        hours += count
    if len(excess) < LEAST_BLOCKS:
        return f"forecasts aren't compared: {len(common)} of the last months are too few"
    chance = larger_p(list(excess.values()))
    said = (
        f"the new release's forecasts of the last months are {sums_c[0] / hours:.2f} °C off, the"
        f" live one's {sums_c[1] / hours:.2f} °C ({len(common)} forecasts)"
    )
    if chance < CHANCE:
        raise Failed(f"the new release does worse: forecasts: {said}, by chance {chance:.0e}")
    return said


def _is_unfair(issued_at: str, old: Record, new: Record) -> bool:
    """Whether only the live model had the hours in training."""
    return new.seen_until < issued_at <= old.seen_until


def _block(issued_at: str) -> int:
    return date.fromisoformat(issued_at[:10]).toordinal() // BLOCK_D
