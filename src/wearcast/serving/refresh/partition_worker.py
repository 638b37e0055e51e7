"""A process that works on partitions by itself, with its own settings, params, model and keys: what
an engine on several machines calls."""

import functools
from datetime import datetime

from wearcast.config import Params, Paths, Station, checked, read_groups
from wearcast.serving.refresh.partition import PartitionResult, PartitionTask
from wearcast.serving.refresh.partition_work import PartitionWork
from wearcast.serving.refresh.run import Refresh
from wearcast.serving.settings import deployment_settings
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import SnapshotStore


def forecast_partition(task: PartitionTask) -> PartitionResult:
    """Forecast a partition, verify what was forecast before, and put both into the store, where
    nothing names them until they are published.

    Raises:
        ConfigError: this process's settings, params or keys can't be used, or its model or source
            is another than the task's.
        ModelError: its model can't be used.
        ArtifactError: the disk can't be written.
        StoreError: the store can't be reached, or can't take them.
    """
    refresh = _opened(task.model)
    if _is_outdated(refresh, task):
        _opened.cache_clear()
        _work.cache_clear()
    return _work(task.model, task.now).result(task)


def _is_outdated(refresh: Refresh, task: PartitionTask) -> bool:
    """Whether the model was replaced since it was opened, or a place added, or another one under
    its id."""
    if refresh.forecaster.manifest.version != task.model:
        return True
    return not all(_is_known(refresh, station) for station in task.stations)


def _is_known(refresh: Refresh, station: Station) -> bool:
    if station.id in refresh.places.fits:
        place = refresh.places.place(station.id)
        return place is not None and place.station == station
    return station.id in refresh.forecaster.manifest.standardization.climatologies


@functools.lru_cache(maxsize=1)
def _work(model: str, now: datetime) -> PartitionWork:  # noqa: ARG001 - one of each run
    """The work of a run: a source that can't be reached, or whose quota is used up, isn't asked
    again for every partition."""
    refresh = _opened(model)
    return refresh.work(refresh.source)


@functools.lru_cache(maxsize=1)
def _opened(model: str) -> Refresh:  # noqa: ARG001 - a task for another model opens it anew
    """What this process has; the model is loaded once."""
    settings = deployment_settings()
    paths = Paths.find()
    params = checked(Params, read_groups(paths.params), where=str(paths.params))
    store = SnapshotStore(open_storage(settings.store, settings.store_timeout), settings.keep)
    return Refresh.open(settings, params, paths.root, store)
