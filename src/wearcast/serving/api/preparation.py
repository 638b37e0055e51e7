"""Before a snapshot is served: the workers hold it, and answers to what is asked most are computed
from it, so that one that can't be served is refused and the change delays nobody."""

import asyncio
import concurrent.futures
from collections.abc import Callable, Hashable, Iterable
from typing import Final

from starlette.types import Scope

from wearcast.errors import StoreError
from wearcast.serving.api.response_cache import AnswerCache, RequestKey, get_scope
from wearcast.serving.api.workers.pool import Workers
from wearcast.serving.store.current_snapshot import ServedSnapshot

_RECENT: Final = 64
"""How many of the answers that clients asked for last are computed."""
_WITHIN_S: Final = 120.0


class Preparation:
    """Checks and prepares a snapshot by computing answers from it.

    Args:
        workers: compute the answers.
        cache: keeps them for the time when the snapshot is served.
        version: returns the cache's version while a snapshot is served.
        root_path: the prefix of all paths.
    """

    def __init__(
        self,
        workers: Workers,
        cache: AnswerCache,
        version: Callable[[ServedSnapshot], Hashable],
        root_path: str,
    ) -> None:
        self._workers = workers
        self._cache = cache
        self._version = version
        self._root_path = root_path
        self._loop: asyncio.AbstractEventLoop | None = None

    def begin(self) -> None:
        """Note the event loop on which the workers run."""
        self._loop = asyncio.get_running_loop()

    def check(self, snapshot: ServedSnapshot, content: bytes) -> None:
        """Prepare a snapshot, from another thread than the event loop's.

        Raises:
            UnservableError: it can't be served.
            StoreError: that couldn't be found out.
        """
        assert self._loop  # noqa: S101 - the app's lifespan has begun
        preparing = asyncio.run_coroutine_threadsafe(self._prepare(snapshot, content), self._loop)
        try:
            preparing.result(_WITHIN_S)
        except (TimeoutError, concurrent.futures.CancelledError) as error:
            preparing.cancel()
            raise StoreError(
                f"snapshot {snapshot.record.version[:12]} couldn't be tried: no worker computed"
                " answers from it in time."
            ) from error

    async def _prepare(self, snapshot: ServedSnapshot, content: bytes) -> None:
        recent = self._cache.recent(_RECENT)
        asked = [*_first_asked(snapshot), *recent]
        keys = list(dict.fromkeys(asked))
        scopes = [self._scope(key) for key in keys]
        # Before they are computed: what a quarter of an hour ends isn't kept for the next one.
        version = self._version(snapshot)
        answers = await self._workers.check(snapshot, content, scopes)
        # The least recently asked first, as the cache has them.
        pairs = list(zip(keys, answers, strict=True))
        ready = dict(reversed(pairs))
        self._cache.prepare(ready, version)

    def _scope(self, key: RequestKey) -> Scope:
        scope = {"path": self._root_path + key.path, "root_path": self._root_path, "headers": []}
        return get_scope(key, scope)


def _first_asked(snapshot: ServedSnapshot) -> Iterable[RequestKey]:
    """What is computed in any case: a day's advice at each station, from which nearly all is."""
    yield RequestKey("/forecast/latest", b"", "en", gzip=True)
    for station in snapshot.snapshot.stations:
        yield RequestKey(
            "/recommendation/by_day", f"station={station.id}".encode(), "en", gzip=True
        )
