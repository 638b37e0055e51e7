"""The pool of preheated kernels, which have run the notebook up to where it waits for a visitor."""

import asyncio
import logging
import time
from typing import Any, Final

from jupyter_core.utils import ensure_async
from tornado.web import HTTPError

_LOG: Final = logging.getLogger("wearcast.dashboard")
_LONGEST_PAUSE_S: Final = 300.0

StartTask = asyncio.Task[dict[str, Any]]
"""A task of Voilà's that starts a kernel; its result has `kernel_id` and the notebook's `task`."""


class KernelPool:
    """Keeps the pool of a Voilà kernel manager full and free of unusable kernels; Voilà itself only
    refills it when a kernel is taken.

    A kernel is ready when it has started, is alive, and its notebook waits for a visitor. One that
    ran the notebook to its end would show an old forecast, a dead one nothing.
    """

    def __init__(self, manager: Any, notebook: str) -> None:
        self._manager = manager
        self._notebook = notebook
        self._losses = 0
        self._pause_until = 0.0

    @property
    def size(self) -> int:
        """The intended number of waiting kernels."""
        config = self._manager.kernel_pools_config["default"]
        return int(config["pool_size"])

    @property
    def ready_count(self) -> int:
        """The number of waiting kernels that are ready."""
        started = [task for task in self._tasks if self._started(task)]
        ready = [task for task in started if not self._lost(task)]
        return len(ready)

    @property
    def failing(self) -> bool:
        """Whether kernels die as fast as they are started."""
        return self._losses > self.size

    async def promote_ready_kernel(self) -> bool:
        """Make a ready kernel the next that Voilà takes; whether there is one."""
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
        """Remove unusable kernels from the pool and end them; how many there were, without those
        that weren't started for lack of room."""
        lost = [task for task in self._tasks if self._lost(task)]
        for task in lost:
            self._tasks.remove(task)
            await self._end(task)
        died = [task for task in lost if not self._refused_for_room(task)]
        return len(died)

    async def replenish(self) -> None:
        """Replace lost kernels as far as there is room, with growing pauses while they die."""
        lost = await self.remove_lost()
        if lost:
            self._losses += lost
            _LOG.warning("%d waiting kernels were lost and are replaced.", lost)
            if self.failing:
                self._pause_until = time.monotonic() + min(2.0**self._losses, _LONGEST_PAUSE_S)
        elif self.ready_count >= self.size:
            self._losses = 0
        has_room = len(self._tasks) < self.size and self._manager.free_slots
        if has_room and time.monotonic() >= self._pause_until:
            self._manager.fill_if_needed(delay=0, notebook_name=self._notebook)

    @property
    def _tasks(self) -> list[StartTask]:
        pools = self._manager._pools
        tasks: list[StartTask] = pools.setdefault(self._notebook, [])
        return tasks

    def _started(self, task: StartTask) -> bool:
        if not task.done() or task.cancelled():
            return False
        return task.exception() is None

    def _lost(self, task: StartTask) -> bool:
        if not task.done():
            return False
        if not self._started(task):
            return True
        kernel = task.result()
        return kernel["task"].done() or kernel["kernel_id"] not in self._manager

    def _refused_for_room(self, task: StartTask) -> bool:
        if task.cancelled():
            return False
        return isinstance(task.exception(), HTTPError)

    async def _end(self, task: StartTask) -> None:
        if not self._started(task):
            return
        kernel = task.result()
        kernel["task"].cancel()
        if kernel["kernel_id"] in self._manager:
            await ensure_async(self._manager.shutdown_kernel(kernel["kernel_id"], now=True))
