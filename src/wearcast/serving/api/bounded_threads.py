"""Work that waits for a database, in threads: so many at a time, so many that wait."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from wearcast.serving.api.problem_details import ProblemError

Result = TypeVar("Result")

_THREADS: Final = 4
_WAITING: Final = 32
"""More than that would wait longer than anybody does."""
_WITHIN_S: Final = 10.0
_RETRY_AFTER_S: Final = 5


class BoundedThreads:
    """Runs work beside the event loop; what hangs takes a thread of these and no other."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="feedback")
        self._under_way = 0

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of work.

        Raises:
            ProblemError: 503, too much is waiting, or it takes too long; it may be done later.
        """
        if self._under_way >= _THREADS + _WAITING:
            raise _busy("Too much feedback is on its way.")
        self._under_way += 1
        doing = asyncio.get_running_loop().run_in_executor(self._threads, work)
        doing.add_done_callback(self._done)
        try:
            # Shielded: work under way counts until it ends, whoever still waits for it.
            return await asyncio.wait_for(asyncio.shield(doing), _WITHIN_S)
        except TimeoutError as error:
            raise _busy("The database of votes takes too long.") from error

    def _done(self, doing: "asyncio.Future[Result]") -> None:
        self._under_way -= 1
        if not doing.cancelled():
            doing.exception()  # looked at, though perhaps nobody waits any more

    def close(self) -> None:
        """Take no more work, and wait for none."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _busy(detail: str) -> ProblemError:
    return ProblemError(503, f"{detail} Try again in a moment.", retry_after_s=_RETRY_AFTER_S)
