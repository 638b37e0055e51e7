"""The models whose snapshots are served: the champion, and the variants that have clients."""

from collections.abc import Mapping
from dataclasses import dataclass

from wearcast.serving.api.model_card import TrackedModel
from wearcast.serving.api.present import PresentReader
from wearcast.serving.api.response_cache import AnswerCache
from wearcast.serving.api.service import Service
from wearcast.serving.experiment.paired_days import variant_url
from wearcast.serving.experiment.variants import CHAMPION, FOLDER
from wearcast.serving.settings import Deployment
from wearcast.serving.store.last_good import LastGood
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_reader import SnapshotReader
from wearcast.serving.store.snapshot_store import SnapshotStore


@dataclass(frozen=True)
class ServedModel:
    """A model whose snapshots are served.

    Attributes:
        reader: its snapshots.
        service: behind the routes.
        cache: its answers.
        present: what these depend on.
    """

    reader: SnapshotReader
    service: Service
    cache: AnswerCache
    present: PresentReader

    @classmethod
    def of(cls, service: Service, reader: SnapshotReader) -> "ServedModel":
        """The model of a service."""
        return cls(reader, service, AnswerCache(), PresentReader(reader, service.settings))

    @property
    def was_looked_for(self) -> bool:
        """Whether its snapshot is there, or was looked for in vain."""
        return self.reader.current is not None or self.reader.polls > 0


def served_models(
    settings: Deployment,
    champion: SnapshotReader,
    tracked: Mapping[str, TrackedModel],
    keeps_last_good: bool,
) -> dict[str, ServedModel]:
    """The models by name, the champion first.

    Args:
        settings: the deployment's settings.
        champion: the reader of its snapshots.
        tracked: the models by name, as far as this process computes answers.
        keeps_last_good: whether the last good snapshots are kept.
    """
    models = {}
    for name in tracked:
        reader = champion if name == CHAMPION else _reader(settings, name, keeps_last_good)
        called = name if len(tracked) > 1 else ""
        models[name] = ServedModel.of(Service(settings, reader, tracked[name], called), reader)
    return models


def tracked_models(settings: Deployment) -> dict[str, TrackedModel]:
    """The models by name, loaded, the champion first; of the variants there are no reports."""
    models = {CHAMPION: TrackedModel.load(settings.model, settings.reports)}
    for variant in settings.variants:
        if variant.is_served:
            models[variant.name] = TrackedModel.load(variant.model, None)
    return models


def models_of_workers(settings: Deployment) -> dict[str, TrackedModel]:
    """The same of a process that leaves computing to its workers."""
    served = [variant.name for variant in settings.variants if variant.is_served]
    return {name: TrackedModel.none() for name in (CHAMPION, *served)}


def snapshot_store(settings: Deployment, name: str) -> SnapshotStore:
    """The store of a model's snapshots."""
    url = settings.store if name == CHAMPION else variant_url(settings.store, name)
    return SnapshotStore(open_storage(url, settings.store_timeout), settings.keep)


def shadow_readers(settings: Deployment) -> dict[str, SnapshotReader]:
    """The readers of what is computed and never served, by the variant's name."""
    readers = {}
    for variant in settings.variants:
        if not variant.is_served:
            store = snapshot_store(settings, variant.name)
            readers[variant.name] = SnapshotReader(store, settings.stale_after, is_shadow=True)
    return readers


def _reader(settings: Deployment, name: str, keeps_last_good: bool) -> SnapshotReader:
    url = variant_url(settings.store, name)
    folder = settings.last_good / FOLDER / name
    return SnapshotReader(
        snapshot_store(settings, name),
        settings.stale_after,
        last_good=LastGood(folder, url) if keeps_last_good else None,
    )
