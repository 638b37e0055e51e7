"""A refresh whose partitions an engine works on: it sends tasks, and publishes once, when all
results are there."""

import json
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from wearcast.config import Params
from wearcast.serving.cluster.engine import Engine, open_engine, results
from wearcast.serving.cluster.local_processes import LocalProcesses
from wearcast.serving.cluster.receipts import Receipts
from wearcast.serving.places.carried_out import carry_out
from wearcast.serving.refresh.partition import PartitionResult, PartitionTask
from wearcast.serving.refresh.partition_worker import forecast_partition
from wearcast.serving.refresh.run import Refresh
from wearcast.serving.settings import Deployment
from wearcast.serving.store.snapshot_store import SnapshotStore
from wearcast.weather.sources import ConcurrentSource

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class PartitionsOnEngine:
    """Has an engine work on partitions.

    Attributes:
        engine: what runs them.
        settings: the deployment's.
        keeps_answers: whether answers are kept in the store until all are there, for workers that
            are killed and replaced.
    """

    engine: Engine
    settings: Deployment
    keeps_answers: bool = True

    def __call__(self, tasks: Sequence[PartitionTask]) -> list[PartitionResult]:
        """The results, in the order of the tasks.

        Raises:
            ClusterError: the engine's.
            WearcastError: the first that a process ended with.
        """
        texts = [json.dumps(task.to_json(), sort_keys=True) for task in tasks]
        receipts = None
        if self.keeps_answers:
            run = uuid.uuid4().hex
            receipts = Receipts(self.settings.store, run, self.settings.store_timeout)
        found = results(self.engine, refresh_partition, texts, receipts)
        return [PartitionResult.from_json(json.loads(text)) for text in found]


def refresh_partition(task_text: str) -> str:
    """What came of a partition that this process has worked on, with its own settings, params,
    model and keys; a `PartitionFunction`."""
    task = PartitionTask.from_json(json.loads(task_text))
    return json.dumps(forecast_partition(task).to_json(), sort_keys=True)


def open_refresh(
    settings: Deployment, params: Params, root: Path, store: SnapshotStore, cluster: str = ""
) -> Refresh:
    """`Refresh.open` after places that people asked for are added, its partitions worked on by a
    Dask cluster where one is named, or else by as many processes as the settings say.

    Raises:
        ModelError: as `Refresh.open`.
        ConfigError: likewise, or a cluster is named and can't be used.
    """
    carry_out(settings, params)
    refresh = Refresh.open(settings, params, root, store)
    if not cluster:
        return in_processes(refresh)
    return replace(refresh, elsewhere=PartitionsOnEngine(open_engine(cluster), settings))


def in_processes(refresh: Refresh) -> Refresh:
    """The refresh in several processes, where it has several partitions that nobody has to wait
    for."""
    settings = refresh.settings
    asked = [refresh.source, refresh.guidance.source] if refresh.guidance else [refresh.source]
    if settings.refresh_processes == 1 or not refresh.is_in_partitions:
        return refresh
    if any(isinstance(one, ConcurrentSource) and one.requests_at_once == 1 for one in asked):
        _LOG.info("one process refreshes: the source wants to be asked one thing after the other")
        return refresh
    engine = LocalProcesses(settings.refresh_processes, settings.log_level)
    return replace(refresh, elsewhere=PartitionsOnEngine(engine, settings, keeps_answers=False))
