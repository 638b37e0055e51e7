"""The kernels that wait for a visitor with the notebook half run: kept full, and free of any that
can't be used."""

import asyncio
import logging
import time
from typing import Any, Final

from jupyter_core.utils import ensure_async
from tornado.web import HTTPError

_LOG: Final = logging.getLogger("wearcast.dashboard")
_LONGEST_PAUSE_S: Final = 300.0


class KernelPool:
    """Watches over the pool of a Voilà kernel manager, which by itself is refilled only when a
    kernel is taken from it.

    A kernel is fit when it has started, lives, and stands where the notebook waits for its visitor.
    One that ran to the notebook's end would show the forecast of long ago; one that died would show
    nothing.
    """

    def __init__(self, manager: Any, notebook: str) -> None:
        self._manager = manager
        self._notebook = notebook
        self._losses = 0
        self._pause_until = 0.0

    @property
    def size(self) -> int:
        """How many are to wait."""
        return int(self._manager.kernel_pools_config["default"]["pool_size"])

    @property
    def ready_count(self) -> int:
        """How many wait, fit for a visitor at once."""
        return sum([self._started(task) and not self._lost(task) for task in self._tasks])

    @property
    def failing(self) -> bool:
        """Whether kernels are lost as fast as they are started."""
        return self._losses > self.size

    async def promote_ready_kernel(self) -> bool:
        """Whether a fit one can be taken; if so, it is the next that will be."""
        await self.remove_lost()
        tasks = self._tasks
        ready = next((task for task in tasks if self._started(task)), None)
        if ready is None:
            return False
        tasks.remove(ready)
        tasks.insert(0, ready)
        self._losses = 0
        return True

    async def remove_lost(self) -> int:
        """Take those out that nobody can use, and end them; how many they were, those left out that
        there was no room for."""
        lost = [task for task in self._tasks if self._lost(task)]
        for task in lost:
            self._tasks.remove(task)
            await self._end(task)
        return sum([not self._refused_for_room(task) for task in lost])

    async def replenish(self) -> None:
        """Replace what was lost, as far as there is room; ever more slowly where it doesn't
        help."""
        lost = await self.remove_lost()
        if lost:
            self._losses += lost
            _LOG.warning("%d waiting kernels were lost and are replaced.", lost)
            if self.failing:
                self._pause_until = time.monotonic() + min(2.0**self._losses, _LONGEST_PAUSE_S)
        elif self.ready_count >= self.size:
            self._losses = 0
        if (
            len(self._tasks) < self.size
            and self._manager.free_slots
            and time.monotonic() >= self._pause_until
        ):
            self._manager.fill_if_needed(delay=0, notebook_name=self._notebook)

    @property
    def _tasks(self) -> list["asyncio.Task[dict[str, Any]]"]:
        tasks: list[asyncio.Task[dict[str, Any]]] = self._manager._pools.setdefault(
            self._notebook, []
        )
        return tasks

    def _started(self, task: "asyncio.Task[dict[str, Any]]") -> bool:
        return task.done() and not task.cancelled() and task.exception() is None

    def _lost(self, task: "asyncio.Task[dict[str, Any]]") -> bool:
        if not task.done():
            return False
        if not self._started(task):
            return True
        kernel = task.result()
        return kernel["task"].done() or kernel["kernel_id"] not in self._manager

    def _refused_for_room(self, task: "asyncio.Task[dict[str, Any]]") -> bool:
        return not task.cancelled() and isinstance(task.exception(), HTTPError)

    async def _end(self, task: "asyncio.Task[dict[str, Any]]") -> None:
        if not self._started(task):
            return
        kernel = task.result()
        kernel["task"].cancel()
        if kernel["kernel_id"] in self._manager:
            await ensure_async(self._manager.shutdown_kernel(kernel["kernel_id"], now=True))
