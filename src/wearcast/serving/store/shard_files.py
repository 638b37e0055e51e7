"""Shards as files of a folder of this machine, named by their sha256: fetched once, and mapped into
the memory that all processes which read them share."""

import logging
import mmap
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from wearcast.artifacts import write_bytes
from wearcast.errors import ArtifactError, ModelError, UnservableError
from wearcast.forecasting.snapshot import Snapshot, version
from wearcast.forecasting.snapshot_parts import SnapshotInParts
from wearcast.serving.store.shard_manifest import Shard, ShardManifest

_LOG: Final = logging.getLogger(__name__)
_OLD_AFTER: Final = timedelta(hours=1)

Fetch = Callable[[Shard], bytes]
"""Returns a shard's bytes, their hash verified; raises StoreError."""


@dataclass(frozen=True, eq=False)
class SnapshotOfShards(SnapshotInParts):
    """A snapshot whose parts are shards.

    Attributes:
        shards: one a part.
        files: the file that each is mapped from; None of one that is in this process's memory.
    """

    shards: tuple[Shard, ...] = ()
    files: tuple[Path | None, ...] = ()


class ShardFiles:
    """The folder, which needs not exist; where it can't be used, shards are kept in memory.

    Args:
        folder: the folder; None where shards are always kept in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._is_usable = True

    def snapshot(
        self, manifest: ShardManifest, fetch: Fetch, held: Snapshot | None = None
    ) -> SnapshotOfShards:
        """The snapshot of a manifest.

        Args:
            manifest: the manifest.
            fetch: called for the shards that are neither held nor in the folder.
            held: a snapshot that is read already; what is in it too isn't read again.

        Raises:
            UnservableError: a shard can't be served by this release.
            StoreError: a shard can't be reached.
        """
        known = _known_parts(held)
        parts = []
        files = []
        for shard in manifest.shards:
            part, file = known.get(shard) or self._part(shard, fetch)
            parts.append(part)
            files.append(file)
        try:
            return SnapshotOfShards.of_parts(parts, shards=manifest.shards, files=tuple(files))
        except ModelError as error:
            raise UnservableError(f"its shards don't belong together: {error}") from error

    def delete_old(self, current: Snapshot) -> None:
        """Delete the files of the folder that this snapshot isn't mapped from, and that have been
        there for long: another process may be about to read younger ones."""
        if self._folder is None:
            return
        used = current.files if isinstance(current, SnapshotOfShards) else ()
        oldest_s = time.time() - _OLD_AFTER.total_seconds()
        with suppress(OSError):
            for path in self._folder.iterdir():
                if path not in used and path.stat().st_mtime < oldest_s:
                    path.unlink(missing_ok=True)

    def _part(self, shard: Shard, fetch: Fetch) -> tuple[Snapshot, Path | None]:
        """A shard that was checked, and the file that it is mapped from."""
        path = self._folder and self._folder / f"{shard.version}.npz"
        content = self._kept(shard, path)
        if content is None:
            content = fetch(shard)
            is_kept = path is not None and self._is_written(path, content)
        else:
            is_kept = True
        checked = _checked(shard, content)
        if path is None or not is_kept:
            return checked, None
        try:
            return mapped(path), path
        except OSError as error:
            _LOG.warning("shard %s is kept in memory: %s", shard.version[:12], error)
            return checked, None

    def _is_written(self, path: Path, content: bytes) -> bool:
        """Whether a file could be written; that it couldn't is logged once."""
        was_usable = self._is_usable
        try:
            write_bytes(path, content)
        except ArtifactError as error:
            self._is_usable = False
            if was_usable:
                _LOG.warning("shards are kept in memory: %s", error)
        else:
            self._is_usable = True
        return self._is_usable

    def _kept(self, shard: Shard, path: Path | None) -> bytes | None:
        """What the folder has of a shard; None where that isn't what was published."""
        if path is None:
            return None
        try:
            content = path.read_bytes()
        except OSError:
            return None
        return content if version(content) == shard.version else None


def mapped(path: Path) -> Snapshot:
    """The snapshot of a file that was checked.

    Raises:
        OSError: the file can't be read.
        ModelError: it is no snapshot.
    """
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return Snapshot.from_bytes(content, was_checked=True)


def _known_parts(held: Snapshot | None) -> dict[Shard, tuple[Snapshot, Path | None]]:
    if not isinstance(held, SnapshotOfShards):
        return {}
    return dict(zip(held.shards, zip(held.parts, held.files, strict=True), strict=True))


def _checked(shard: Shard, content: bytes) -> Snapshot:
    """A shard that can be served.

    Raises:
        UnservableError: it can't be.
    """
    name = shard.version[:12]
    try:
        snapshot = Snapshot.from_bytes(content)
    except ModelError as error:
        raise UnservableError(f"shard {name} can't be read: {error}") from error
    if tuple(station.id for station in snapshot.stations) != shard.stations:
        raise UnservableError(f"shard {name} has other stations than its manifest says.")
    return snapshot
