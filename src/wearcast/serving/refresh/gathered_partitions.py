"""What came of all partitions of a refresh: results come back from whoever worked on them, and what
is published are the files that they have put into the store."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from wearcast import errors
from wearcast.errors import ClusterError, RefusedError, WearcastError
from wearcast.forecasting.snapshot import PREVIOUS_SCHEMA, Origin, Snapshot
from wearcast.forecasting.snapshot_parts import SnapshotInParts
from wearcast.serving.refresh import history_file
from wearcast.serving.refresh.partition import LeftOut, PartitionResult, PartitionTask
from wearcast.serving.refresh.verification_notes import VerificationNotes
from wearcast.serving.store.publication import Publication, StoredPublication, compact
from wearcast.serving.store.shard_manifest import Shard, ShardManifest
from wearcast.serving.store.snapshot_store import SnapshotStore

RunPartitions = Callable[[Sequence[PartitionTask]], Sequence[PartitionResult]]
"""Works on partitions; their results, in the order of the tasks."""


@dataclass(frozen=True)
class GatheredPartitions:
    """What came of all partitions.

    Attributes:
        shards: the forecasts, of the partitions that have any.
        verifications: of each of those its live verification.
        without_shard: the drift of the others' observations, where it could be told.
        issued_at: by station with a forecast, its issue time, UTC.
        left_out: by station without, why.
        source_failures: by the error's class, how often a station had no observations.
        guidance_failures: by the error's class, how many questions for numerical forecasts had no
            answer.
        made_from: by what stations' forecasts were made from, in words, how many they are.
        notes: what is to be told once all of it is published.
    """

    shards: list[Shard] = field(default_factory=list)
    verifications: list[str] = field(default_factory=list)
    without_shard: list[str] = field(default_factory=list)
    issued_at: dict[str, datetime] = field(default_factory=dict)
    left_out: dict[str, WearcastError] = field(default_factory=dict)
    source_failures: Counter[str] = field(default_factory=Counter)
    guidance_failures: Counter[str] = field(default_factory=Counter)
    made_from: Counter[str] = field(default_factory=Counter)
    notes: VerificationNotes = field(default_factory=VerificationNotes)

    def add(self, task: PartitionTask, result: PartitionResult) -> None:
        """Add what came of a partition."""
        if result.shard and result.verification:
            # In the file's order; that of a message's fields is another.
            ids = [station.id for station in task.stations]
            forecast = tuple(id for id in ids if id in result.issued_at)
            self.shards.append(Shard(version=result.shard, stations=forecast))
            self.verifications.append(result.verification)
        elif result.verification:
            self.without_shard.append(result.verification)
        self.issued_at.update(result.issued_at)
        self.left_out.update({id: _error(why) for id, why in result.left_out.items()})
        self.source_failures.update(result.source_failures)
        self.guidance_failures.update(result.guidance_failures)
        self.made_from.update(result.made_from)
        self.notes.add(result.log, result.score_failures)

    def publication(
        self, origin: Origin, schema: int, store: SnapshotStore
    ) -> StoredPublication | Publication:
        """What is to be published: the shards as they are in the store, or one file of all stations
        where there is one shard, or somebody reads the store who knows none.

        Args:
            origin: of all forecasts.
            schema: the form that readers know.
            store: where the shards are.

        Raises:
            StoreError: the store can't be reached, or lacks them.
        """
        if len(self.shards) > 1 and schema != PREVIOUS_SCHEMA:
            manifest = ShardManifest(
                shards=tuple(self.shards),
                issued_at=max(self.issued_at.values()),
                model=origin.model,
                source=origin.source,
                replay=origin.replay,
            )
            return StoredPublication(manifest, self._of_shards(store))
        return Publication.of(in_parts([store.read_shard(one) for one in self.shards]), schema)

    def _of_shards(self, store: SnapshotStore) -> tuple[str, ...]:
        """Of each shard its live verification; stations that are in none are with the last."""
        if not self.without_shard:
            return tuple(self.verifications)
        *others, last = self.verifications
        joined = _joined(store, [last, *self.without_shard])
        return *others, store.put_verification(compact(joined))

    def verified(self, store: SnapshotStore) -> dict[str, Any]:
        """By station the live verification of the snapshots before.

        Raises:
            StoreError: the store can't be reached, or lacks them.
        """
        return _joined(store, [*self.verifications, *self.without_shard])


def gathered(
    tasks: Sequence[PartitionTask], results: Sequence[PartitionResult], history: Path
) -> GatheredPartitions:
    """What came of all partitions.

    Args:
        tasks: what was asked.
        results: what came of each.
        history: the folder of observations that all processes share.

    Raises:
        ClusterError: a result isn't of its task, or the folder isn't shared.
    """
    found = GatheredPartitions()
    for task, result in zip(tasks, results, strict=True):
        _require_of_task(task, result)
        _require_shared(history, result.issued_at)
        found.add(task, result)
    return found


def _joined(store: SnapshotStore, verifications: Iterable[str]) -> dict[str, Any]:
    verified: dict[str, Any] = {}
    for sha256 in verifications:
        verified |= store.verification(sha256)
    return verified


def in_parts(parts: Sequence[Snapshot]) -> Snapshot:
    """The snapshot of all stations, whose parts are the partitions."""
    return parts[0] if len(parts) == 1 else SnapshotInParts.of_parts(parts)


def _require_of_task(task: PartitionTask, result: PartitionResult) -> None:
    told = set(result.issued_at) | set(result.left_out)
    if result.number != task.number or told != {station.id for station in task.stations}:
        raise ClusterError(
            f"the result of partition {task.number} is not of its stations. Bring all machines to"
            " one release."
        )


def _require_shared(history: Path, forecast: Mapping[str, datetime]) -> None:
    """Raise where the observations of a partition's first station aren't in this folder."""
    for id in list(forecast)[:1]:
        if not (history / id / history_file.FILE).exists():
            raise ClusterError(
                f"a worker has forecast station {id}, and {history / id} doesn't hold its"
                " observations here. All machines must share WEARCAST_HISTORY."
            )


def _error(why: LeftOut) -> WearcastError:
    kind = getattr(errors, why.error, RefusedError)
    error: WearcastError = kind(why.message)
    return error
