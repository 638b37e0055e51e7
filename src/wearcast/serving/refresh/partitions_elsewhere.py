"""The partitions of a refresh that other processes work on: tasks go out, results come back, and
the forecasts are read from the store by their hashes."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wearcast import errors
from wearcast.config import Station
from wearcast.errors import ClusterError, RefusedError, WearcastError
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.refresh import observation_cache
from wearcast.serving.refresh.observation_cache import Observed
from wearcast.serving.refresh.partition import LeftOut, PartitionResult, PartitionTask
from wearcast.serving.store.shard_manifest import Shard
from wearcast.serving.store.snapshot_store import SnapshotStore

RunPartitions = Callable[[Sequence[PartitionTask]], Sequence[PartitionResult]]
"""Has other processes work on partitions; their results, in the order of the tasks."""


@dataclass(frozen=True)
class GatheredPartitions:
    """What came of all partitions.

    Attributes:
        snapshots: the forecasts, one of each partition that has any.
        observations: by station with a forecast, what it was made from.
        left_out: by station without, why.
        source_failures: by the error's class, how often a station had no observations.
    """

    snapshots: list[Snapshot] = field(default_factory=list)
    observations: dict[str, Observed] = field(default_factory=dict)
    left_out: dict[str, WearcastError] = field(default_factory=dict)
    source_failures: Counter[str] = field(default_factory=Counter)


def gathered(
    tasks: Sequence[PartitionTask],
    results: Sequence[PartitionResult],
    store: SnapshotStore,
    history: Path,
    fill_h: int,
) -> GatheredPartitions:
    """What came of all partitions, the forecasts from the store, their hashes verified.

    Args:
        tasks: what was asked.
        results: what came of each.
        store: where the forecasts are.
        history: the folder of observations that all processes share.
        fill_h: as in `quality.control`.

    Raises:
        ClusterError: a result isn't of its task, or the folder isn't shared.
        StoreError: the store can't be reached, or lacks forecasts.
    """
    found = GatheredPartitions()
    for task, result in zip(tasks, results, strict=True):
        _require_of_task(task, result)
        found.source_failures.update(result.source_failures)
        if result.shard:
            shard = Shard(version=result.shard, stations=tuple(result.issued_at))
            found.snapshots.append(store.read_shard(shard))
        for station in task.stations:
            if station.id in result.left_out:
                found.left_out[station.id] = _error(result.left_out[station.id])
            else:
                found.observations[station.id] = _observed(station, history, fill_h)
    return found


def _require_of_task(task: PartitionTask, result: PartitionResult) -> None:
    told = set(result.issued_at) | set(result.left_out)
    if result.number != task.number or told != {station.id for station in task.stations}:
        raise ClusterError(
            f"the result of partition {task.number} is not of its stations. Bring all machines to"
            " one release."
        )


def _observed(station: Station, history: Path, fill_h: int) -> Observed:
    folder = history / station.id
    try:
        return observation_cache.read(station, folder, fill_h)
    except (WearcastError, OSError) as error:
        raise ClusterError(
            f"a worker has forecast station {station.id}, and {folder} doesn't hold its"
            f" observations here: {error} All machines must share WEARCAST_HISTORY."
        ) from error


def _error(why: LeftOut) -> WearcastError:
    kind = getattr(errors, why.error, RefusedError)
    error: WearcastError = kind(why.message)
    return error
