"""Objects that are named by the sha256 of their content, some of them compressed: what is read is
what was written."""

import gzip
import hashlib
import json
import zlib
from typing import Any, Final

from wearcast.errors import StoreError
from wearcast.serving.store.object_storage import ObjectStorage

POINTER: Final = "latest.json"
OBJECTS: Final = "objects"
MAX_JSON_BYTES: Final = 4_000_000
"""Of the pointer, which takes 0.3 kB a record, of a manifest, and of a live verification."""

_LEVEL: Final = 1
"""Of zlib: higher ones take four times as long for a few per cent fewer bytes."""
_GZIP: Final = 16 + zlib.MAX_WBITS


class VerifiedObjects:
    """The objects of a storage.

    Every method raises StoreError where the storage can't be reached.
    """

    def __init__(self, storage: ObjectStorage) -> None:
        self._storage = storage

    def get(self, name: str, max_bytes: int) -> bytes:
        """An object's content, its hash verified.

        Raises:
            StoreError: it is gone, too large, or isn't what was written.
        """
        return _verified(name, self._get(name, max_bytes))

    def get_compressed(self, name: str, max_bytes: int) -> bytes:
        """The content of an object that is compressed; no more than `max_bytes` are inflated.

        Raises:
            StoreError: as `get`.
        """
        return _inflated(name, self._get(name, max_bytes), max_bytes)

    def get_as_compressed(self, name: str, max_bytes: int) -> bytes:
        """An object as it was compressed, the hash of its content verified.

        Raises:
            StoreError: as `get`.
        """
        compressed = self._get(name, max_bytes)
        _inflated(name, compressed, max_bytes)
        return compressed

    def put(self, name: str, content: bytes) -> None:
        """Write an object.

        Raises:
            StoreError: the storage can't take it.
        """
        self._storage.put(f"{OBJECTS}/{name}", content)

    def put_compressed(self, suffix: str, content: bytes) -> str:
        """Write an object compressed; the sha256 of its content, after which it is named.

        Raises:
            StoreError: as `put`.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        self.put(f"{sha256}{suffix}", gzip.compress(content, _LEVEL, mtime=0))
        return sha256

    def _get(self, name: str, max_bytes: int) -> bytes:
        content = self._storage.get(f"{OBJECTS}/{name}", max_bytes)
        if content is None:
            raise StoreError(f"{OBJECTS}/{name} is not in the store, although {POINTER} names it.")
        return content


def json_object(name: str, content: bytes) -> dict[str, Any]:
    """The JSON object that is an object's content.

    Raises:
        StoreError: it is something else.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{OBJECTS}/{name} can't be read: {error}") from error
    if not isinstance(found, dict):
        raise StoreError(f"{OBJECTS}/{name} can't be read: it isn't a JSON object.")
    return found


def _inflated(name: str, compressed: bytes, max_bytes: int) -> bytes:
    inflating = zlib.decompressobj(_GZIP)
    try:
        content = inflating.decompress(compressed, max_bytes)
    except zlib.error as error:
        raise StoreError(f"{OBJECTS}/{name} is not what was published: {error}.") from error
    verified = _verified(name, content)
    if not inflating.eof or inflating.unused_data:
        raise StoreError(f"{OBJECTS}/{name} is not what was published: it goes on after its end.")
    return verified


def _verified(name: str, content: bytes) -> bytes:
    found = hashlib.sha256(content).hexdigest()
    if found != name.partition(".")[0]:
        raise StoreError(
            f"{OBJECTS}/{name} is not what was published: its sha256 is {found}, of"
            f" {len(content)} bytes."
        )
    return content
