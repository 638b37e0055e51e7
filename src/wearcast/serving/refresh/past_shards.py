"""Past snapshots as far as they hold some stations: of those in shards, only their shards are
read."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from wearcast.errors import StoreError
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.snapshot_parts import SnapshotInParts
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

_LOG: Final = logging.getLogger(__name__)
_MAX_FAILURES: Final = 3
"""Reading stops after so many failures: each may have taken as long as the store's timeout."""


class PastSnapshots(Protocol):
    """Where past snapshots are read."""

    def snapshot(self, record: SnapshotRecord) -> Snapshot:
        """The snapshot of a record.

        Raises:
            StoreError: it can't be read.
        """
        ...


@dataclass(frozen=True)
class PastShards:
    """The snapshots of a store, for some stations.

    Attributes:
        store: the store.
        stations: their ids.
    """

    store: SnapshotStore
    stations: frozenset[str]

    def snapshot(self, record: SnapshotRecord) -> Snapshot:
        """A snapshot with what a record has of the stations; there may be others in it.

        Raises:
            StoreError: it can't be read.
        """
        shards = self.store.shards_of(record)
        if not shards:
            return self.store.snapshot(record)
        own = [shard for shard in shards if self.stations.intersection(shard.stations)]
        parts = [self.store.read_shard(shard) for shard in own or shards[:1]]
        return parts[0] if len(parts) == 1 else SnapshotInParts.of_parts(parts)

    def stations_of(self, record: SnapshotRecord) -> frozenset[str]:
        """The ids of the stations that a snapshot in shards has; none where that isn't known."""
        try:
            shards = self.store.shards_of(record)
        except StoreError:
            return frozenset()
        found = frozenset(id for shard in shards for id in shard.stations)
        return found & self.stations


def read_records(
    store: PastSnapshots, records: Iterable[SnapshotRecord]
) -> Iterator[tuple[SnapshotRecord, Snapshot]]:
    """The snapshots of the records, each with its record; one that can't be read is left out, with
    a warning."""
    failures = 0
    for record in records:
        try:
            yield record, store.snapshot(record)
        except StoreError as error:
            failures += 1
            _LOG.warning("left out of the recent verification: %s", error)
        if failures == _MAX_FAILURES:
            return
