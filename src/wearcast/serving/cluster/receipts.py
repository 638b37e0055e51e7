"""Answers that are kept until a run is over: whoever repeats a call finds its answer."""

import functools
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from wearcast.errors import StoreError
from wearcast.serving.store.object_storage import ListedObject, ObjectStorage, open_storage

_LOG: Final = logging.getLogger(__name__)
FOLDER: Final = "work"
"""In the storage, beside the objects that are published."""

_FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Of a run that never ended."""


@dataclass(frozen=True)
class Receipts:
    """Where the answers of a run are kept.

    Attributes:
        url: of the storage, a folder or s3://bucket/prefix, that every worker reaches.
        run: the name of the run: the same call of another run is computed again.
        timeout: of one response of the storage.
    """

    url: str
    run: str
    timeout: timedelta

    def kept(self, call: str, max_bytes: int) -> bytes | None:
        """What is kept of a call; None where nothing is.

        Raises:
            StoreError: the storage can't be reached.
        """
        return self._storage.get(self._name(call), max_bytes)

    def keep(self, call: str, content: bytes) -> None:
        """Keep the answer to a call.

        Raises:
            StoreError: the storage can't be reached, or can't take it.
        """
        self._storage.put(self._name(call), content)

    def clear(self, calls: Collection[str]) -> None:
        """Delete what is kept of these calls, and of runs that never ended; a failure is logged
        only, for all answers are there."""
        try:
            for call in calls:
                self._storage.delete(self._name(call))
            listed = self._storage.listing(FOLDER)
            for name in _forgotten(listed):
                self._storage.delete(name)
        except StoreError as error:
            _LOG.warning("kept answers could not be removed: %s", error)

    @property
    def _storage(self) -> ObjectStorage:
        return _opened(self.url, self.timeout)

    def _name(self, call: str) -> str:
        return f"{FOLDER}/{self.run}-{call}.json"


def _forgotten(listed: Collection[ListedObject]) -> list[str]:
    """The names of those a day older than the newest, by the storage's own clock."""
    newest = max((one.modified_at for one in listed), default=None)
    if newest is None:
        return []
    return [one.name for one in listed if newest - one.modified_at > _FORGOTTEN_AFTER]


@functools.lru_cache(maxsize=4)
def _opened(url: str, timeout: timedelta) -> ObjectStorage:
    return open_storage(url, timeout)
