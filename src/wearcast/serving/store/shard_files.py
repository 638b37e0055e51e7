"""Shards as files of a folder of this machine, named by their sha256: fetched once, and mapped into
the memory that all processes which read them share."""

import logging
import mmap
import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from wearcast.artifacts import write_bytes
from wearcast.errors import ArtifactError, ModelError, UnservableError
from wearcast.forecasting.snapshot import Snapshot, version
from wearcast.forecasting.snapshot_file import Content
from wearcast.forecasting.snapshot_parts import SnapshotInParts
from wearcast.serving.store.shard_manifest import Shard, ShardManifest

_LOG: Final = logging.getLogger(__name__)
_OLD_AFTER: Final = timedelta(hours=1)

Fetch = Callable[[Shard], bytes]
"""Returns a shard's bytes, their hash verified; raises StoreError."""


@dataclass(frozen=True, eq=False)
class ShardFile:
    """A file that is mapped into memory.

    Attributes:
        path: where it was.
        inode: its device and number, which no other file has as long as this one is mapped: by them
            another process finds out that it maps the same bytes.
        content: the map.
    """

    path: Path
    inode: tuple[int, int]
    content: mmap.mmap

    @classmethod
    def mapped(cls, path: Path) -> "ShardFile":
        """The file at a path.

        Raises:
            OSError: it can't be mapped.
            ValueError: it is empty.
        """
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return cls(path, (status.st_dev, status.st_ino), content)

    def leave_on_disk(self) -> None:
        """Count nothing of it as this process's memory until it is read again."""
        if hasattr(self.content, "madvise"):
            self.content.madvise(mmap.MADV_DONTNEED)


Part = tuple[Snapshot, ShardFile | None]
"""A shard, and what it is mapped from."""


@dataclass(frozen=True, eq=False)
class SnapshotOfShards(SnapshotInParts):
    """A snapshot whose parts are shards.

    Attributes:
        shards: one a part.
        files: what each is mapped from; None of one that is in this process's memory.
    """

    shards: tuple[Shard, ...] = ()
    files: tuple[ShardFile | None, ...] = ()

    @property
    def paths(self) -> set[Path]:
        """Where the files are."""
        return {file.path for file in self.files if file}

    def leave_on_disk(self) -> None:
        """Count nothing of the files as this process's memory until it is read again."""
        for file in self.files:
            if file is not None:
                file.leave_on_disk()


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

    def delete_old(self, used: Iterable[Snapshot | None], kept: Iterable[Shard]) -> None:
        """Delete the files of the folder that nobody needs, and that have been there for long:
        another process may be about to read younger ones.

        Args:
            used: snapshots that this process reads, or has just read: a worker that starts may
                still have to answer from the one before.
            kept: the shards of the last good snapshot, as the folder has it for the next start.
        """
        if self._folder is None:
            return
        needed = {self._folder / _name(shard) for shard in kept}
        for snapshot in used:
            if isinstance(snapshot, SnapshotOfShards):
                needed |= snapshot.paths
        oldest_s = time.time() - _OLD_AFTER.total_seconds()
        with suppress(OSError):
            for path in self._folder.iterdir():
                if path not in needed and path.stat().st_mtime < oldest_s:
                    path.unlink(missing_ok=True)

    def _part(self, shard: Shard, fetch: Fetch) -> Part:
        """A shard that was checked, and the file that it is mapped from."""
        file = self._kept(shard)
        if file is None:
            content = fetch(shard)
            file = self._written(shard, content)
            if file is None:
                return _checked(shard, content), None
        checked = _checked(shard, file.content)
        file.leave_on_disk()
        return checked, file

    def _written(self, shard: Shard, content: bytes) -> ShardFile | None:
        """The file of a shard that was fetched; None where there can't be one, which is logged
        once."""
        if self._folder is None:
            return None
        file, problem = None, f"{self._folder} can't be mapped"
        try:
            write_bytes(self._folder / _name(shard), content)
            file = self._kept(shard)
        except ArtifactError as error:
            problem = str(error)
        if file is None and self._is_usable:
            _LOG.warning("shards are kept in memory: %s", problem)
        self._is_usable = file is not None
        return file

    def _kept(self, shard: Shard) -> ShardFile | None:
        """The file of a shard, whose bytes are those that were published; None where the folder has
        none."""
        if self._folder is None:
            return None
        try:
            file = ShardFile.mapped(self._folder / _name(shard))
        except (OSError, ValueError):
            return None
        return file if version(file.content) == shard.version else None


def _name(shard: Shard) -> str:
    return f"{shard.version}.npz"


def mapped(path: Path, inode: tuple[int, int]) -> Part | None:
    """The shard in a file that another process has verified and checked; None where the path has
    another file by now, or none.

    Raises:
        ModelError: it is no snapshot.
    """
    try:
        file = ShardFile.mapped(path)
    except (OSError, ValueError):
        return None
    if file.inode != inode:
        return None
    snapshot = Snapshot.from_bytes(file.content, was_checked=True)
    file.leave_on_disk()
    return snapshot, file


def _known_parts(held: Snapshot | None) -> dict[Shard, Part]:
    if not isinstance(held, SnapshotOfShards):
        return {}
    return dict(zip(held.shards, zip(held.parts, held.files, strict=True), strict=True))


def _checked(shard: Shard, content: Content) -> Snapshot:
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
