"""The objects of snapshots in shards: shards, their manifests, and the live verification of each
shard's stations."""

import hashlib
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from wearcast.errors import ModelError, StoreError, UnservableError
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.snapshot_file import MAX_BYTES as MAX_SNAPSHOT_BYTES
from wearcast.serving.store.object_storage import ObjectStorage
from wearcast.serving.store.shard_manifest import Shard, ShardManifest
from wearcast.serving.store.verification_by_shard import VerificationByShard
from wearcast.serving.store.verified_objects import MAX_JSON_BYTES, VerifiedObjects, json_object

if TYPE_CHECKING:
    from wearcast.serving.store.snapshot_store import SnapshotRecord

MANIFEST: Final = ".shards.json"
"""The end of the name of a manifest."""
_SHARD: Final = ".npz.gz"
_VERIFICATION: Final = ".json.gz"
_SHARDS: Final = "shards"
"""The field of an index of live verifications."""
_MOST_MANIFESTS: Final = 100
"""Of those read last that are kept: a store of hourly snapshots has 80."""


class ShardStore:
    """Shards in an object storage.

    Every method raises StoreError where the storage can't be reached, and those that read where
    something is gone or isn't what was published.
    """

    def __init__(self, storage: ObjectStorage) -> None:
        self._verified = VerifiedObjects(storage)
        self._known: dict[str, tuple[Shard, ...]] = {}

    def put_shard(self, content: bytes) -> str:
        """Write a shard that a manifest is going to name; its version.

        Raises:
            StoreError: the store can't take it.
        """
        return self._verified.put_compressed(_SHARD, content)

    def put_verification(self, content: bytes) -> str:
        """Write the live verification of a shard's stations; the sha256 of its content.

        Raises:
            StoreError: the store can't take it.
        """
        return self._verified.put_compressed(_VERIFICATION, content)

    def put_live_verification(self, of_shards: Sequence[str]) -> str:
        """Write which are the live verifications of all shards; what the record is to name.

        Args:
            of_shards: what `put_verification` gave of each.

        Raises:
            StoreError: the store can't take it.
        """
        index = json.dumps({_SHARDS: list(of_shards)}).encode()
        sha256 = hashlib.sha256(index).hexdigest()
        self._verified.put(f"{sha256}.json", index)
        return sha256

    def verification(self, sha256: str) -> dict[str, Any]:
        """What `put_verification` wrote.

        Raises:
            StoreError: it can't be read.
        """
        name = f"{sha256}{_VERIFICATION}"
        return json_object(name, self._verified.get_compressed(name, MAX_JSON_BYTES))

    def shards_of(self, record: "SnapshotRecord") -> tuple[Shard, ...]:
        """The shards of a published snapshot; none of one that is a single file.

        Raises:
            StoreError: its manifest can't be read.
        """
        if not record.is_sharded:
            return ()
        found = self._known.get(record.version)
        if found is None:
            found = self.manifest(record.version).shards
            self._known[record.version] = found
            for oldest in list(self._known)[:-_MOST_MANIFESTS]:
                self._known.pop(oldest, None)
        return found

    def manifest(self, version: str) -> ShardManifest:
        """The manifest of the shards of a snapshot.

        Raises:
            StoreError: it can't be read.
        """
        content = self._verified.get(f"{version}{MANIFEST}", MAX_JSON_BYTES)
        return ShardManifest.parse(content)

    def shard(self, shard: Shard) -> bytes:
        """The bytes of a shard, their hash verified.

        Raises:
            StoreError: they can't be read.
        """
        return self._verified.get_compressed(f"{shard.version}{_SHARD}", MAX_SNAPSHOT_BYTES)

    def read_shard(self, shard: Shard) -> Snapshot:
        """A shard, its hash verified; what its publisher has checked isn't checked again.

        Raises:
            UnservableError: this release can't read it.
            StoreError: as `shard`.
        """
        content = self.shard(shard)
        try:
            return Snapshot.from_bytes(content, was_checked=True)
        except ModelError as error:
            raise UnservableError(f"shard {shard.version[:12]} can't be read: {error}") from error

    def _verification_of_shards(self, record: "SnapshotRecord", index: str) -> VerificationByShard:
        """What `put_live_verification` wrote, of all stations of a record."""
        stations = [shard.stations for shard in self.shards_of(record)]
        names = self._names_in(index)
        if len(names) != len(stations):
            raise StoreError(
                f"{index}.json has live verifications of {len(names)} shards, and there are"
                f" {len(stations)}. The next refresh mends it."
            )
        contents = []
        for name in names:
            contents.append(self._verified.get_as_compressed(name, MAX_JSON_BYTES))
        return VerificationByShard(stations, contents)

    def _names_of_shards(self, record: "SnapshotRecord") -> set[str]:
        """The names of the objects of a record that is in shards."""
        names = {f"{shard.version}{_SHARD}" for shard in self.shards_of(record)}
        names.add(f"{record.version}{MANIFEST}")
        if record.recent:
            names |= set(self._names_in(record.recent))
        return names

    def _names_in(self, index: str) -> list[str]:
        """The objects that an index of live verifications names."""
        name = f"{index}.json"
        found = json_object(name, self._verified.get(name, MAX_JSON_BYTES)).get(_SHARDS)
        if not isinstance(found, list):
            raise StoreError(f"{name} names no live verifications. The next refresh mends it.")
        return [f"{sha256}{_VERIFICATION}" for sha256 in found]
