"""A supervisor of background tasks: it restarts a task that ended, and reports it until the task
runs well again."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

_LOG: Final = logging.getLogger(__name__)
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 60.0

StartTask = Callable[[], Coroutine[Any, Any, None]]
"""Creates the coroutine of a task that isn't meant to end."""


class Supervisor:
    """Keeps tasks running.

    Attributes:
        tasks: the tasks to run, by name.
        last_errors: by name, why a task ended; kept until the task has run again for as long as the
            next pause would be.
        restarts: by name, how often a task was restarted.
    """

    def __init__(
        self, tasks: Mapping[str, StartTask], first_pause_s: float = _FIRST_PAUSE_S
    ) -> None:
        self.tasks = dict(tasks)
        self.last_errors: dict[str, str] = {}
        self.restarts: Counter[str] = Counter()
        self._first_pause_s = first_pause_s

    @property
    def error_summary(self) -> str:
        """The last errors in one line; empty where every task runs."""
        errors = [f"{name}: {reason}" for name, reason in self.last_errors.items()]
        return "; ".join(errors)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the tasks until the end of the block."""
        runners = [
            asyncio.create_task(self._keep_running(name, start))
            for name, start in self.tasks.items()
        ]
        try:
            yield
        finally:
            for runner in runners:
                runner.cancel()
            await asyncio.gather(*runners, return_exceptions=True)

    async def _keep_running(self, name: str, start: StartTask) -> None:
        pause_s = self._first_pause_s
        while True:
            task = asyncio.create_task(_run(start), name=name)
            try:
                await asyncio.wait([task], timeout=pause_s)
                if not task.done():
                    self.last_errors.pop(name, None)
                    pause_s = self._first_pause_s
                    await asyncio.wait([task])
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            self.last_errors[name] = _reason(task)
            _LOG.error(
                "%s: %s; it is started again in %g s",
                name,
                self.last_errors[name],
                pause_s,
                exc_info=_error(task),
            )
            await asyncio.sleep(pause_s)
            self.restarts[name] += 1
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


async def _run(start: StartTask) -> None:
    await start()


def _error(task: "asyncio.Task[None]") -> BaseException | None:
    return None if task.cancelled() else task.exception()


def _reason(task: "asyncio.Task[None]") -> str:
    if task.cancelled():
        return "the task was cancelled"
    error = task.exception()
    if error is None:
        return "the task ended by itself"
    return f"the task failed with {type(error).__name__}"
