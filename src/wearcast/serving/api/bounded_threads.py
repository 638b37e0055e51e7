"""Work that waits for something else, such as a database: so many threads, so much that waits."""

import asyncio
from collections.abc import Callable
from typing import Any, Final, TypeVar

from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.daemon_thread import run_in_daemon_thread

Result = TypeVar("Result")

_THREADS: Final = 4
_WAITING: Final = 32
"""More than that would wait longer than anybody does."""
_WITHIN_S: Final = 10.0
_RETRY_AFTER_S: Final = 5


class BoundedThreads:
    """Runs work beside the event loop; what hangs takes a thread of these and no other, and keeps
    no process from ending.

    Args:
        name: of the threads.
        crowded: what to say where too much is waiting.
        slow: where it takes too long.
    """

    def __init__(self, name: str, crowded: str, slow: str) -> None:
        self._name = name
        self._crowded = crowded
        self._slow = slow
        self._free = asyncio.Semaphore(_THREADS)
        self._under_way: set[asyncio.Task[Any]] = set()

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of work.

        Raises:
            ProblemError: 503, too much is waiting, or it takes too long; it may be done later.
        """
        if len(self._under_way) >= _THREADS + _WAITING:
            raise _busy(self._crowded)
        doing = asyncio.create_task(self._done(work))
        self._under_way.add(doing)
        doing.add_done_callback(self._forget)
        try:
            # Shielded: work under way counts until it ends, whoever still waits for it.
            return await asyncio.wait_for(asyncio.shield(doing), _WITHIN_S)
        except TimeoutError as error:
            raise _busy(self._slow) from error

    async def _done(self, work: Callable[[], Result]) -> Result:
        async with self._free:
            return await run_in_daemon_thread(work, self._name)

    def _forget(self, doing: "asyncio.Task[Any]") -> None:
        self._under_way.discard(doing)
        if not doing.cancelled():
            doing.exception()  # looked at, though perhaps nobody waits any more

    def close(self) -> None:
        """Take no more work, and wait for none."""
        for doing in self._under_way:
            doing.cancel()


def _busy(detail: str) -> ProblemError:
    return ProblemError(503, f"{detail} Try again in a moment.", retry_after_s=_RETRY_AFTER_S)
