"""The last good snapshot in a folder of this machine: for a start while the store is gone.

The folder holds one file, of three parts with a line's end between them: the sha256 of the rest, a
note as JSON, and the snapshot's bytes. It is replaced in one step, so several processes may share
the folder: each reads what one of them wrote.
"""

import hashlib
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import AwareDatetime, ConfigDict, ValidationError

from wearcast.artifacts import open_atomically
from wearcast.config import Group
from wearcast.errors import ArtifactError, StoreError
from wearcast.forecasting.snapshot import version
from wearcast.forecasting.snapshot_file import MAX_BYTES as MAX_SNAPSHOT_BYTES
from wearcast.serving.store.shard_manifest import Shard, ShardManifest
from wearcast.serving.store.snapshot_store import SnapshotRecord
from wearcast.serving.store.verified_objects import MAX_JSON_BYTES

_LOG: Final = logging.getLogger(__name__)
_NAME: Final = "snapshot"
_MAX_BYTES: Final = MAX_SNAPSHOT_BYTES + 2 * MAX_JSON_BYTES
_DIGEST_BYTES: Final = 65
"""Of the sha256 and its line's end."""
_ABANDONED_AFTER: Final = timedelta(hours=1)
"""A younger temporary file may be another process's, at work."""


class Note(Group):
    """What is known of the snapshot in the folder.

    Attributes:
        store: the URL of the store that it is from.
        record: its record there.
        first_seen_at: when this machine first read the record, by its clock.
        live_verification: scores of the snapshots before it; None where they aren't known.
    """

    # Fields that a later release adds are ignored.
    model_config = ConfigDict(extra="ignore")

    format: Literal[1] = 1
    store: str
    record: SnapshotRecord
    first_seen_at: AwareDatetime
    live_verification: Mapping[str, Any] | None


@dataclass(frozen=True)
class KeptSnapshot:
    """A snapshot's bytes, or those of the manifest of its shards, and what is known of it."""

    note: Note
    content: bytes


class LastGood:
    """The folder. Where it can't be used, that is logged once, and nothing is kept.

    Args:
        folder: the folder, which needs not exist.
        store: the URL of the store that is read; a snapshot of another one isn't served.
    """

    def __init__(self, folder: Path, store: str) -> None:
        self._path = folder / _NAME
        self._store = store
        self._problem = ""

    @property
    def shards(self) -> Path:
        """The folder of the shards of snapshots that are in some; the file has their manifest."""
        return self._path.parent / "shards"

    def read(self) -> KeptSnapshot | None:
        """The snapshot of this store, its hashes verified; None where there is none."""
        try:
            with self._path.open("rb") as file:
                kept = _parsed(file.read(_MAX_BYTES + 1))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self.report(f"can't be read: {error}")
            return None
        if kept.note.store != self._store:
            self.report(f"is of another store: {kept.note.store}")
            return None
        return kept

    def shards_of_kept(self) -> tuple[Shard, ...]:
        """The shards of the snapshot that is there; none of one that is a single file."""
        kept = self.read()
        if kept is None or not kept.note.record.is_sharded:
            return ()
        try:
            return ShardManifest.parse(kept.content).shards
        except StoreError as error:
            self.report(f"can't be read: {error}")
            return ()

    def write(
        self,
        record: SnapshotRecord,
        content: bytes,
        live_verification: Mapping[str, Any] | None,
        first_seen_at: AwareDatetime,
    ) -> None:
        """Replace what is there."""
        note = Note(
            store=self._store,
            record=record,
            first_seen_at=first_seen_at,
            live_verification=live_verification,
        )
        line = note.model_dump_json().encode() + b"\n"
        digest = hashlib.sha256(line)
        digest.update(content)
        try:
            with open_atomically(self._path) as file:
                file.write(digest.hexdigest().encode() + b"\n")
                file.write(line)
                file.write(content)
        except ArtifactError as error:
            self.report(f"isn't kept: {error}")
        else:
            self._problem = ""
            self._delete_abandoned()

    def report(self, problem: str) -> None:
        """Log a problem with what is in the folder, if it is a new one."""
        if problem != self._problem:
            _LOG.warning("the last good snapshot, %s, %s", self._path, problem)
        self._problem = problem

    def _delete_abandoned(self) -> None:
        """Delete the temporary files of processes that were killed while they wrote."""
        oldest_s = time.time() - _ABANDONED_AFTER.total_seconds()
        with suppress(OSError):
            for temporary in self._path.parent.glob(f".{_NAME}.*"):
                if temporary.stat().st_mtime < oldest_s:
                    temporary.unlink(missing_ok=True)


def _parsed(content: bytes) -> KeptSnapshot:
    """What `write` wrote.

    Raises:
        ValueError: it is something else.
    """
    if len(content) > _MAX_BYTES:
        raise ValueError(f"it is larger than {_MAX_BYTES:,} bytes")
    rest = memoryview(content)[_DIGEST_BYTES:]
    if hashlib.sha256(rest).hexdigest().encode() + b"\n" != content[:_DIGEST_BYTES]:
        raise ValueError("it isn't what was written; its sha256 is another")
    end = content.index(b"\n", _DIGEST_BYTES)
    snapshot = content[end + 1 :]
    try:
        note = Note.model_validate_json(content[_DIGEST_BYTES:end])
    except ValidationError as error:
        raise ValueError(f"its note is broken: {error.errors()[0]['msg']}") from error
    if version(snapshot) != note.record.version:
        raise ValueError("its note is of another snapshot")
    return KeptSnapshot(note, snapshot)
