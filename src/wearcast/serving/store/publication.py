"""A snapshot as it is published: one file where it has few stations, else shards and their
manifest."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from wearcast.artifacts import to_json
from wearcast.forecasting.snapshot import PREVIOUS_SCHEMA, Snapshot, version
from wearcast.forecasting.snapshot_parts import parts_of
from wearcast.serving.store.shard_manifest import Shard, ShardManifest
from wearcast.serving.store.snapshot_store import Pointer, SnapshotRecord, SnapshotStore, StoreState


@dataclass(frozen=True)
class Publication:
    """What is published of a snapshot.

    Attributes:
        snapshot: the snapshot.
        files: its bytes; of a snapshot in shards those of each.
        manifest: of the shards; None of a single file.
    """

    snapshot: Snapshot
    files: tuple[bytes, ...]
    manifest: ShardManifest | None

    @classmethod
    def of(cls, snapshot: Snapshot, schema: int) -> "Publication":
        """That of a snapshot, in shards if it has parts and who reads the schema knows them.

        Raises:
            ModelError: no reader would serve it.
        """
        parts = parts_of(snapshot)
        if len(parts) == 1 or schema == PREVIOUS_SCHEMA:
            parts = (snapshot,)
        files = tuple(part.to_bytes(schema) for part in parts)
        for content in files:
            Snapshot.from_bytes(content)
        return cls(snapshot, files, _manifest(parts, files) if len(parts) > 1 else None)

    @property
    def version(self) -> str:
        """The version that it is published as."""
        if self.manifest:
            return version(self.manifest.to_bytes())
        return version(self.files[0])

    def record(self, published_at: datetime) -> SnapshotRecord:
        """The record that it would have, without a live verification."""
        if self.manifest:
            return SnapshotRecord.of_shards(self.manifest, published_at)
        return SnapshotRecord.of(self.files[0], self.snapshot, published_at)

    def publish(
        self,
        store: SnapshotStore,
        verified: Mapping[str, Any],
        published_at: datetime,
        state: StoreState,
    ) -> Pointer:
        """Publish it, if the store's state still is `state`.

        Args:
            store: where to.
            verified: the live verification of the snapshots before it, by station.
            published_at: by the publisher's clock.
            state: as the publisher read it.

        Raises:
            ConflictError: somebody else published meanwhile.
            StoreError: the store can't be reached, or can't take it; what was the latest still is.
        """
        if self.manifest is None:
            [content] = self.files
            told = to_json(verified)
            record = SnapshotRecord.of(content, self.snapshot, published_at, told)
            return store.publish(content, record, told, state)
        for content in self.files:
            store.put_shard(content)
        verifications = []
        for of_shard in _by_shard(verified, self.manifest):
            verifications.append(store.put_verification(compact(of_shard)))
        stored = StoredPublication(self.manifest, tuple(verifications))
        return stored.publish(store, published_at, state)


@dataclass(frozen=True)
class StoredPublication:
    """Shards that are in the store already, where nothing names them yet.

    Attributes:
        manifest: of the shards.
        verifications: what `SnapshotStore.put_verification` gave of each shard.
    """

    manifest: ShardManifest
    verifications: tuple[str, ...]

    @property
    def version(self) -> str:
        """The version that they are published as."""
        return version(self.manifest.to_bytes())

    def publish(self, store: SnapshotStore, published_at: datetime, state: StoreState) -> Pointer:
        """Publish them, if the store's state still is `state`.

        Args:
            store: where they are.
            published_at: by the publisher's clock.
            state: as the publisher read it.

        Raises:
            ConflictError: somebody else published meanwhile.
            StoreError: the store can't be reached, or can't take it; what was the latest still is.
        """
        recent = store.put_live_verification(self.verifications)
        record = SnapshotRecord.of_shards(self.manifest, published_at, recent)
        return store.publish_shards(self.manifest, record, state)


def _manifest(parts: tuple[Snapshot, ...], files: tuple[bytes, ...]) -> ShardManifest:
    shards = []
    for part, content in zip(parts, files, strict=True):
        ids = tuple(station.id for station in part.stations)
        shards.append(Shard(version=version(content), stations=ids))
    newest = max(part.issued_at.max() for part in parts)
    origin = parts[0].origin
    return ShardManifest(
        shards=tuple(shards),
        issued_at=newest.item().replace(tzinfo=UTC),
        model=origin.model,
        source=origin.source,
        replay=origin.replay,
    )


def compact(content: Any) -> bytes:
    """JSON without spaces: those of fifty stations would double what readers have to take."""
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def _by_shard(verified: Mapping[str, Any], manifest: ShardManifest) -> list[dict[str, Any]]:
    """Of each shard its stations'; those that are in none are with the last."""
    left = dict(verified)
    of_shards = []
    for shard in manifest.shards:
        of_shards.append({id: left.pop(id) for id in shard.stations if id in left})
    of_shards[-1] |= left
    return of_shards
