"""The tasks that run beside the requests: whichever ends, however it does, is started again, and
until it runs well that is said."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

_LOG: Final = logging.getLogger(__name__)
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0

Work = Callable[[], Coroutine[Any, Any, None]]
"""Starts a task that isn't meant to end."""


class Supervisor:
    """Keeps tasks running.

    Attributes:
        works: what is to run, by name.
        troubles: by name, why a task ended; it stays there until the task has run again for as long
            as the next pause would be.
        restarts: by name, how often it was started again.
    """

    def __init__(self, works: Mapping[str, Work], first_pause_s: float = _FIRST_PAUSE_S) -> None:
        self.works = dict(works)
        self.troubles: dict[str, str] = {}
        self.restarts: Counter[str] = Counter()
        self._first_pause_s = first_pause_s

    @property
    def trouble(self) -> str:
        """All troubles in one line; empty where every task runs."""
        return "; ".join(f"{name}: {why}" for name, why in self.troubles.items())

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the tasks until the end of the block."""
        keepers = [asyncio.create_task(self._keep(name, work)) for name, work in self.works.items()]
        try:
            yield
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    async def _keep(self, name: str, work: Work) -> None:
        pause_s = self._first_pause_s
        while True:
            task = asyncio.create_task(_begun(work), name=name)
            try:
                await asyncio.wait([task], timeout=pause_s)
                if not task.done():
                    self.troubles.pop(name, None)
                    pause_s = self._first_pause_s
                    await asyncio.wait([task])
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            self.troubles[name] = _why(task)
            _LOG.error(
                "%s: %s; it is started again in %g s",
                name,
                self.troubles[name],
                pause_s,
                exc_info=_error(task),
            )
            await asyncio.sleep(pause_s)
            self.restarts[name] += 1
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


async def _begun(work: Work) -> None:
    await work()


def _error(task: "asyncio.Task[None]") -> BaseException | None:
    return None if task.cancelled() else task.exception()


def _why(task: "asyncio.Task[None]") -> str:
    if task.cancelled():
        return "the task was cancelled"
    error = task.exception()
    return (
        "the task ended by itself"
        if error is None
        else f"the task failed with {type(error).__name__}"
    )
