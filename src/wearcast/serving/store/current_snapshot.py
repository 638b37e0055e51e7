"""The snapshot that is served, and its age."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import numpy as np

from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.store.snapshot_store import SnapshotRecord

_INTERVAL_WHILE_EMPTY: Final = timedelta(seconds=1)
"""The poll interval while there is nothing to serve: polling an empty store is cheap, and every
client waits for the first snapshot."""


@dataclass(frozen=True)
class ServedSnapshot:
    """The snapshot that is served.

    Attributes:
        record: its record in the store.
        snapshot: the snapshot itself.
        live_verification: scores of the snapshots before it; None where they aren't known.
        first_seen_s: when this process first read the record, by a monotonic clock.
    """

    record: SnapshotRecord
    snapshot: Snapshot
    live_verification: Mapping[str, Any] | None
    first_seen_s: float

    @cached_property
    def published_s(self) -> float:
        """When it was published, in seconds since the epoch."""
        return self.record.published_at.timestamp()


class CurrentSnapshot:
    """The snapshot that is served, whoever sets it.

    Attributes:
        current: the snapshot; None before the first one.
        last_error: why the last poll of the store failed; empty where it succeeded.
    """

    def __init__(
        self,
        stale_after: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stale_after = stale_after
        self._now = now
        self._monotonic_s = monotonic_s
        self.current: ServedSnapshot | None = None
        self.last_error = ""

    def now(self) -> datetime:
        """The current time."""
        return self._now()

    def monotonic_s(self) -> float:
        """The reading of a clock in seconds that is never set back."""
        return self._monotonic_s()

    def poll_interval(self, every: timedelta) -> timedelta:
        """The time between two polls: `every`, or less while there is nothing to serve."""
        if self.current:
            return every
        return min(every, _INTERVAL_WHILE_EMPTY)

    def age(self, current: ServedSnapshot, station: int | None = None) -> timedelta:
        """The age of a forecast: since its issue time, or since its publication for a replay.

        It is at least the time since this process first read it, so that a wrong wall clock, here
        or at the publisher's, can't make it younger.

        Args:
            current: the snapshot that is served.
            station: the station's index; None for the newest issue time of all stations.
        """
        known_for = timedelta(seconds=self.known_for_s(current))
        by_wall_clock = self._now() - age_counts_from(current, station)
        return max(by_wall_clock, known_for, timedelta(0))

    def stale(self, current: ServedSnapshot, station: int | None = None) -> bool:
        """Whether a forecast is older than `stale_after`."""
        age = self.age(current, station)
        return age > self._stale_after

    def stale_stations(self, current: ServedSnapshot) -> int:
        """How many stations' forecasts are older than `stale_after`."""
        _, firsts, counts = np.unique(
            current.snapshot.issued_at, return_index=True, return_counts=True
        )
        stale = 0
        for first, count in zip(firsts.tolist(), counts.tolist(), strict=True):
            if self.stale(current, first):
                stale += count
        return stale

    def known_for_s(self, current: ServedSnapshot) -> float:
        """For how many seconds this process has known a record."""
        return self._monotonic_s() - current.first_seen_s


def age_counts_from(current: ServedSnapshot, station: int | None) -> datetime:
    """The time that a forecast's age counts from: its station's issue time, or the newest of all
    stations; of a replay, its publication."""
    if current.record.replay:
        return current.record.published_at
    if station is None:
        return current.record.issued_at
    issued_at: datetime = current.snapshot.issued_at[station].item().replace(tzinfo=UTC)
    return issued_at
