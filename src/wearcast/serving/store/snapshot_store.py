"""The snapshot store: content-addressed objects, and one pointer to the latest and earlier ones.

    latest.json                the pointer: records of the published snapshots, the newest first
    refreshes.json             how refreshes ended (`wearcast.serving.store.refresh_totals`)
    objects/<sha256>.npz       a snapshot
    objects/<sha256>.json      the live verification of the snapshots before it
                               (`wearcast.serving.refresh.live_verification`)

A snapshot of many stations is in shards, and its version is that of their manifest:

    objects/<sha256>.shards.json  the manifest (`wearcast.serving.store.shard_manifest`)
    objects/<sha256>.npz.gz       a shard: a snapshot of some stations, compressed
    objects/<sha256>.json         the sha256 of each shard's live verification
    objects/<sha256>.json.gz      such a one, compressed

Objects never change. A publisher writes them first and swaps the pointer last, and only if nobody
else has changed it since the publisher read it: readers find the old state or the new one, whenever
a publisher dies, and two publishers can't overwrite each other. Readers verify every hash.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from pydantic import AwareDatetime, ConfigDict, Field, ValidationError

from wearcast.config import Group
from wearcast.errors import ModelError, StoreError, UnservableError
from wearcast.forecasting.snapshot import Snapshot, version
from wearcast.forecasting.snapshot_file import MAX_BYTES as MAX_SNAPSHOT_BYTES
from wearcast.serving.store.object_storage import ListedObject, ObjectStorage
from wearcast.serving.store.refresh_totals import RefreshTotals
from wearcast.serving.store.shard_files import Fetch, ShardFiles
from wearcast.serving.store.shard_manifest import SHA256, ShardManifest
from wearcast.serving.store.shard_store import MANIFEST, ShardStore
from wearcast.serving.store.thinned_records import thinned
from wearcast.serving.store.verified_objects import (
    MAX_JSON_BYTES,
    OBJECTS,
    POINTER,
    json_object,
)

_LOG: Final = logging.getLogger(__name__)
_REFRESHES: Final = "refreshes.json"
_ORPHANED_AFTER: Final = timedelta(hours=1)
"""A younger object that no record names may belong to a publisher at work, and isn't deleted."""


class SnapshotRecord(Group):
    """The pointer's record of a snapshot.

    Attributes:
        version: the sha256 of its bytes.
        published_at: by the publisher's clock.
        issued_at: the newest issue time of its stations.
        model: the version of the model.
        source: the weather source.
        replay: whether it replays the past.
        recent: the sha256 of the live verification of the snapshots before it; None where there is
            none.
        is_sharded: whether it is in shards.
    """

    # Fields that a later release adds are ignored.
    model_config = ConfigDict(extra="ignore")

    version: str = Field(pattern=SHA256)
    published_at: AwareDatetime
    issued_at: AwareDatetime
    model: str
    source: str
    replay: bool
    recent: str | None = Field(default=None, pattern=SHA256)
    is_sharded: bool = False

    @classmethod
    def of(
        cls,
        content: bytes,
        snapshot: Snapshot,
        published_at: datetime,
        live_verification: bytes | None = None,
    ) -> "SnapshotRecord":
        """The record of a snapshot, its bytes and its live verification."""
        return cls(
            version=version(content),
            published_at=published_at.astimezone(UTC),
            recent=None if live_verification is None else version(live_verification),
            **_told_by(snapshot),
        )

    @classmethod
    def of_shards(
        cls, manifest: ShardManifest, published_at: datetime, recent: str | None = None
    ) -> "SnapshotRecord":
        """The record of a snapshot in shards.

        Args:
            manifest: of the shards.
            published_at: as above.
            recent: the sha256 that `put_live_verification` gave.
        """
        common = manifest.model_dump(include={"issued_at", "model", "source", "replay"})
        return cls(
            version=version(manifest.to_bytes()),
            published_at=published_at.astimezone(UTC),
            recent=recent,
            is_sharded=True,
            **common,
        )

    def without_verification(self) -> "SnapshotRecord":
        """The same, without that of how the snapshots before it fared."""
        return self.model_copy(update={"recent": None})

    def contradiction(self, snapshot: Snapshot) -> str:
        """The first field in which a record and its snapshot differ; empty where there is none."""
        for name, found in _told_by(snapshot).items():
            if getattr(self, name) != found:
                return name
        return ""


def _told_by(snapshot: Snapshot) -> dict[str, Any]:
    """The fields of a record that its snapshot says as well."""
    return {
        "issued_at": snapshot.issued_at.max().item().replace(tzinfo=UTC),
        "model": snapshot.origin.model,
        "source": snapshot.origin.source,
        "replay": snapshot.origin.replay,
    }


class Pointer(Group):
    """The records of what was published, the newest first; unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore")

    format: Literal[1] = 1
    history: tuple[SnapshotRecord, ...] = Field(min_length=1, max_length=10_000)

    @property
    def latest(self) -> SnapshotRecord:
        """The newest record."""
        return self.history[0]

    @classmethod
    def parse(cls, content: bytes) -> "Pointer":
        """The pointer that `to_bytes` wrote.

        Raises:
            StoreError: it is broken.
        """
        if len(content) > MAX_JSON_BYTES:
            raise StoreError(
                f"{POINTER} is broken: it has {len(content):,} bytes, more than {MAX_JSON_BYTES:,}."
                " The next refresh mends it."
            )
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            raise StoreError(
                f"{POINTER} is broken: {error.errors()[0]['msg']}. The next refresh mends it."
            ) from error

    def to_bytes(self) -> bytes:
        """The pointer as JSON, a line a record."""
        lines = ",\n".join(map(_as_json, self.history))
        text = f'{{"format": {self.format}, "history": [\n{lines}\n]}}\n'
        return text.encode()


def _as_json(record: SnapshotRecord) -> str:
    """A record as JSON. An older release refuses a pointer with a field that it doesn't know, and
    can't read shards anyway."""
    unknown = set() if record.is_sharded else {"is_sharded"}
    return record.model_dump_json(exclude=unknown)


@dataclass(frozen=True)
class StoreState:
    """The pointer as a publisher read it, None where nothing was ever published, and its tag."""

    pointer: Pointer | None
    tag: str | None

    @property
    def latest(self) -> SnapshotRecord | None:
        """The newest record; None where there is none."""
        return self.pointer.latest if self.pointer else None

    @property
    def history(self) -> tuple[SnapshotRecord, ...]:
        """All records, the newest first."""
        return self.pointer.history if self.pointer else ()


class SnapshotStore(ShardStore):
    """Snapshots in an object storage, the newest `keep` of them."""

    def __init__(self, objects: ObjectStorage, keep: int) -> None:
        super().__init__(objects)
        self._objects = objects
        self._keep = keep
        self._last_read: tuple[bytes, Pointer] | None = None

    def pointer(self) -> Pointer | None:
        """The pointer; None where nothing was ever published.

        Raises:
            StoreError: the store can't be reached, or its pointer is broken.
        """
        content = self._objects.get(POINTER, MAX_JSON_BYTES)
        if content is None:
            return None
        # Parsing thousands of records takes 40 ms, and it seldom changes between two polls.
        if self._last_read is None or self._last_read[0] != content:
            self._last_read = content, Pointer.parse(content)
        return self._last_read[1]

    def content(self, record: SnapshotRecord) -> bytes:
        """The bytes of a published snapshot, or of the manifest of its shards, their hash verified.

        Raises:
            StoreError: they can't be reached, are gone, or aren't what was published.
        """
        if record.is_sharded:
            return self._verified.get(f"{record.version}{MANIFEST}", MAX_JSON_BYTES)
        return self._verified.get(f"{record.version}.npz", MAX_SNAPSHOT_BYTES)

    def snapshot(self, record: SnapshotRecord) -> Snapshot:
        """A published snapshot, its hash verified.

        Raises:
            UnservableError: it is what was published, but can't be served by this release.
            StoreError: as `content`.
        """
        if record.is_sharded:
            return parsed_shards(record, self.content(record), ShardFiles(None), self.shard)
        return parsed_snapshot(record, self.content(record))

    def live_verification(self, record: SnapshotRecord) -> Mapping[str, Any] | None:
        """The live verification of the snapshots before this one, its hash verified; None where
        there is none.

        Raises:
            StoreError: it can't be reached, is gone, or isn't what was published.
        """
        if record.recent is None:
            return None
        if record.is_sharded:
            return self._verification_of_shards(record, record.recent)
        name = f"{record.recent}.json"
        return json_object(name, self._verified.get(name, MAX_JSON_BYTES))

    def refresh_totals(self) -> RefreshTotals | None:
        """How refreshes ended; None where none has told yet.

        Raises:
            StoreError: the store can't be reached, or its file is broken.
        """
        content = self._objects.get(_REFRESHES, MAX_JSON_BYTES)
        if content is None:
            return None
        try:
            return RefreshTotals.model_validate_json(content)
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise StoreError(f"{_REFRESHES} is broken: {reason}.") from error

    def put_refresh_totals(self, content: bytes) -> None:
        """Replace how refreshes ended by `RefreshTotals.to_bytes`.

        Raises:
            StoreError: the store can't be reached, or can't take it.
        """
        self._objects.put(_REFRESHES, content)

    def read_state(self) -> StoreState:
        """The state that a publisher starts from; a broken pointer is rebuilt from the stored
        snapshots.

        Raises:
            StoreError: the store can't be reached.
        """
        content, tag = self._objects.get_tagged(POINTER)
        if content is None:
            return StoreState(None, None)
        try:
            return StoreState(Pointer.parse(content), tag)
        except StoreError as error:
            _LOG.warning("%s: mending the pointer from the snapshots in the store", error)
            return StoreState(self._rebuilt_pointer(), tag)

    def publish(
        self,
        content: bytes,
        record: SnapshotRecord,
        live_verification: bytes | None,
        state: StoreState,
    ) -> Pointer:
        """Make a snapshot the latest, if the store's state still is `state`; a version that is
        stored already moves to the front.

        Raises:
            ConflictError: somebody else published meanwhile.
            StoreError: the store can't be reached, or can't take it; what was the latest still is.
        """
        if live_verification is not None:
            self._verified.put(f"{record.recent}.json", live_verification)
        self._verified.put(f"{record.version}.npz", content)
        return self._swap(record, state)

    def publish_shards(
        self, manifest: ShardManifest, record: SnapshotRecord, state: StoreState
    ) -> Pointer:
        """The same of a snapshot in shards, which `put_shard` and `put_live_verification` have
        written.

        Raises:
            ConflictError, StoreError: as `publish`.
        """
        self._verified.put(f"{record.version}{MANIFEST}", manifest.to_bytes())
        return self._swap(record, state)

    def _swap(self, record: SnapshotRecord, state: StoreState) -> Pointer:
        """Make a record whose objects are written the latest."""
        earlier = [old for old in state.history if old.version != record.version]
        kept = thinned((record, *earlier))
        pointer = Pointer(history=kept[: self._keep])
        self._objects.swap(POINTER, pointer.to_bytes(), state.tag)
        self._delete_orphans(pointer)
        return pointer

    def _delete_orphans(self, pointer: Pointer) -> None:
        """Delete the objects that no record names; a failure is logged only, for the snapshot is
        published."""
        try:
            named = set()
            for record in pointer.history:
                named |= {f"{OBJECTS}/{name}" for name in self._names_of(record)}
            listed = self._objects.listing(OBJECTS)
            # Ages are by the storage's own clock: its newest object was written just now.
            now = max((one.modified_at for one in listed), default=datetime.now(UTC))
            for one in listed:
                age = now - one.modified_at
                if one.name not in named and age > _ORPHANED_AFTER:
                    self._objects.delete(one.name)
        except StoreError as error:
            _LOG.warning("old snapshots could not be removed: %s", error)

    def _names_of(self, record: SnapshotRecord) -> set[str]:
        """The objects that a record names, and those that are named in them."""
        names = {f"{record.version}.npz", f"{record.recent}.json"}
        if record.is_sharded:
            names |= self._names_of_shards(record)
        return names

    def _rebuilt_pointer(self) -> Pointer | None:
        """A pointer to all readable snapshots, the newest first; None where there are none."""
        listed = self._objects.listing(OBJECTS)
        listed.sort(key=lambda one: one.modified_at, reverse=True)
        readable = []
        for one in listed:
            record = self._record_of_object(one)
            if record:
                readable.append(record)
        if not readable:
            return None
        kept = tuple(readable[: self._keep])
        return Pointer(history=kept)

    def _record_of_object(self, listed: ListedObject) -> SnapshotRecord | None:
        """The record of an object that is a snapshot or the manifest of one; None of any other."""
        name = listed.name.removeprefix(f"{OBJECTS}/")
        try:
            if name.endswith(".npz"):
                content = self._verified.get(name, MAX_SNAPSHOT_BYTES)
                return SnapshotRecord.of(content, Snapshot.from_bytes(content), listed.modified_at)
            if name.endswith(MANIFEST):
                manifest = self.manifest(name.removesuffix(MANIFEST))
                return SnapshotRecord.of_shards(manifest, listed.modified_at)
        except (StoreError, ModelError) as error:
            _LOG.warning("left out: %s", error)
        return None


def parsed_snapshot(record: SnapshotRecord, content: bytes) -> Snapshot:
    """The snapshot of a record, from bytes whose hash is verified.

    Raises:
        UnservableError: it can't be served by this release.
    """
    try:
        snapshot = Snapshot.from_bytes(content)
    except ModelError as error:
        raise UnservableError(f"snapshot {record.version[:12]} can't be read: {error}") from error
    _require_agreement(record, snapshot)
    return snapshot


def parsed_shards(
    record: SnapshotRecord,
    content: bytes,
    files: ShardFiles,
    fetch: Fetch,
    held: Snapshot | None = None,
) -> Snapshot:
    """The same of a snapshot in shards.

    Args:
        record: the record.
        content: of the manifest.
        files, fetch, held: as `ShardFiles.snapshot` takes them.

    Raises:
        UnservableError: it can't be served by this release.
        StoreError: a shard can't be reached.
    """
    manifest = ShardManifest.parse(content)
    snapshot = files.snapshot(manifest, fetch, held)
    _require_agreement(record, snapshot)
    return snapshot


def _require_agreement(record: SnapshotRecord, snapshot: Snapshot) -> None:
    if field := record.contradiction(snapshot):
        raise UnservableError(
            f"snapshot {record.version[:12]} can't be served: its record in {POINTER} says another"
            f" {field} than itself. The next `wearcast refresh` publishes another snapshot."
        )
