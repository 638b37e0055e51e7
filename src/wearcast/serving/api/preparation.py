"""Before a snapshot is served: the workers hold it, and answers are computed from it, so that one
that can't be served is refused; and those that clients asked for last, so that the change delays
nobody.

Of few stations each is tried, of very many the default one and samples: what can't be computed of
another is refused when somebody asks for it.
"""

import asyncio
import concurrent.futures
import logging
from collections.abc import Callable, Hashable, Iterable
from typing import Final

from starlette.types import Scope

from wearcast.errors import StoreError, UnservableError
from wearcast.serving.api.answer import Answer
from wearcast.serving.api.audience import MODEL
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.api.response_cache import AnswerCache, RequestKey, get_scope
from wearcast.serving.api.workers.pool import Workers
from wearcast.serving.experiment.variants import CHAMPION
from wearcast.serving.store.current_snapshot import ServedSnapshot

_LOG: Final = logging.getLogger(__name__)
_RECENT: Final = 64
"""How many of the answers that clients asked for last are computed."""
_RECENT_WITHIN_S: Final = 10.0
"""For all of these."""
_WITHIN_S: Final = 120.0
_FEW: Final = 50
"""So many stations are all tried."""
_ONE_IN: Final = 50
"""Of more than few: one of each of a snapshot's files."""
_ONE_IN_AT_START: Final = 500
"""While nothing is served yet, everybody waits."""


class Preparation:
    """Checks and prepares a snapshot by computing answers from it.

    Args:
        workers: compute the answers.
        cache: keeps them for the time when the snapshot is served.
        version: returns the cache's version while a snapshot is served.
        root_path: the prefix of all paths.
        model: whose snapshots these are.
    """

    def __init__(
        self,
        workers: Workers,
        cache: AnswerCache,
        version: Callable[[ServedSnapshot], Hashable],
        root_path: str,
        model: str = CHAMPION,
    ) -> None:
        self._workers = workers
        self._cache = cache
        self._version = version
        self._root_path = root_path
        self._model = model
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_start = True

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
        await self._workers.hold(snapshot, content)
        # Before they are computed: what a quarter of an hour ends isn't kept for the next one.
        version = self._version(snapshot)
        answers = {}
        for key in _first_asked(snapshot, _ONE_IN_AT_START if self._is_start else _ONE_IN):
            answers[key] = await self._required(snapshot, key)
        await self._add_recent(snapshot, answers)
        self._is_start = False
        # The least recently asked first, as the cache has them.
        pairs = reversed(answers.items())
        self._cache.prepare(dict(pairs), version)

    async def _required(self, snapshot: ServedSnapshot, key: RequestKey) -> Answer:
        """An answer without which the snapshot isn't served.

        Raises:
            UnservableError: computing it fails.
            StoreError: it isn't computed for another reason.
        """
        name = f"snapshot {snapshot.record.version[:12]}"
        try:
            answer = await self._workers.compute_from(snapshot, self._scope(key))
        except ProblemError as error:
            raise StoreError(f"{name} couldn't be tried: {error}") from error
        if answer.status < 500:
            return answer
        failed = f"{key.path}?{key.query.decode()} fails with {answer.status}"
        if answer.status == 500:
            raise UnservableError(f"{name} can't be served: {failed}.")
        raise StoreError(f"{name} couldn't be tried: {failed}.")

    async def _add_recent(
        self, snapshot: ServedSnapshot, answers: dict[RequestKey, Answer]
    ) -> None:
        """Add answers to what clients asked for last. They chose it, so what fails or takes too
        long is left out: it must not keep a new snapshot from being served."""
        try:
            async with asyncio.timeout(_RECENT_WITHIN_S):
                for key in self._cache.recent(_RECENT):
                    if key not in answers:
                        await self._add(snapshot, key, answers)
        except TimeoutError:
            _LOG.warning(
                "not all answers asked for last were prepared: they took more than %g s",
                _RECENT_WITHIN_S,
            )

    async def _add(
        self, snapshot: ServedSnapshot, key: RequestKey, answers: dict[RequestKey, Answer]
    ) -> None:
        try:
            answer = await self._workers.compute_from(snapshot, self._scope(key))
        except ProblemError as error:
            # Without the query, which may hold anything.
            _LOG.warning("an answer to %s isn't prepared: %s", key.path, error)
            return
        if answer.status < 500:
            answers[key] = answer
        else:
            _LOG.warning("an answer to %s isn't prepared: status %d", key.path, answer.status)

    def _scope(self, key: RequestKey) -> Scope:
        return get_scope(
            key,
            {
                "path": self._root_path + key.path,
                "root_path": self._root_path,
                "headers": [],
                MODEL: self._model,
            },
        )


def _first_asked(snapshot: ServedSnapshot, one_in: int) -> Iterable[RequestKey]:
    """What is computed in any case: the default station's forecast, and a day's advice, from which
    nearly all is, at each station, or of very many at the default one and one in so many."""
    yield RequestKey("/forecast/latest", b"", "en", gzip=True)
    stations = snapshot.snapshot.stations
    tried = stations
    if len(stations) > _FEW:
        tried = stations[::one_in]
        yield RequestKey("/recommendation/by_day", b"", "en", gzip=True)
    for station in tried:
        yield RequestKey(
            "/recommendation/by_day", f"station={station.id}".encode(), "en", gzip=True
        )
