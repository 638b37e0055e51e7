"""The pool of preheated kernels, which have run the notebook up to where it waits for a visitor."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tornado.ioloop import IOLoop
from tornado.web import HTTPError

_LOG: Final = logging.getLogger("wearcast.dashboard")
_LONGEST_PAUSE_S: Final = 300.0
_REFILL_AFTER_S: Final = 2.0
"""A kernel's start would take time from the page that has just taken one."""
_WAITS_WITHIN_S: Final = 120.0
"""A kernel whose notebook doesn't wait for a visitor after this time hangs."""


class NoRoomError(Exception):
    """There are as many kernels as there may be."""


@dataclass(eq=False)
class PooledKernel:
    """A kernel with the rendering of its notebook.

    Attributes:
        kernel_id: by which the manager knows it; whoever knows it may talk to the kernel.
        renderer: Voilà's, which has rendered the page up to where the notebook waits.
        rendering: its task; the result has all snippets so far, and a generator of the others.
        started_at: by the monotonic clock.
    """

    kernel_id: str
    renderer: Any
    rendering: "asyncio.Task[Any]"
    started_at: float = field(default_factory=time.monotonic)

    async def snippets(self) -> AsyncIterator[str]:
        """The page's HTML: what is rendered already, then the rest as it comes; it breaks off where
        the rendering is cancelled, as when the visitor leaves."""
        self.renderer.stop_generator = True
        ready = list(self.renderer.rendered_cache)
        yield "".join(ready)
        # Neither cancelled with the request that waits for it, nor a reason to cancel that request.
        await asyncio.wait([self.rendering])
        if self.rendering.cancelled():
            return
        rendered, rest = self.rendering.result()
        yield "".join(rendered[len(ready) :])
        async for snippet, _ in rest:
            yield snippet


StartTask = asyncio.Task[PooledKernel]


class KernelPool:
    """Starts kernels, and keeps so many waiting for visitors that the next ones needn't wait.

    A kernel is ready when it is alive and its notebook waits for a visitor. One that ran the
    notebook to its end would show an old forecast, a dead or hanging one nothing.

    Attributes:
        size: how many kernels should wait.
        lost: how many waiting kernels were lost since the start.
    """

    def __init__(self, manager: Any, notebook: str, size: int) -> None:
        self._manager = manager
        self._notebook = notebook
        self.size = size
        self.lost = 0
        self._tasks: list[StartTask] = []
        self._reserved = 0
        self._losses = 0
        self._pause_until = 0.0

    @property
    def ready_count(self) -> int:
        """The number of waiting kernels that are ready."""
        return sum(self._is_ready(task) for task in self._tasks)

    @property
    def failing(self) -> bool:
        """Whether kernels die as fast as they are started."""
        return self._losses > max(1, self.size)

    @property
    def has_room(self) -> bool:
        """Whether there is a kernel for one more visitor, or may be one."""
        return bool(self._tasks or self._manager.free_slots)

    async def take(self) -> PooledKernel:
        """Reserve a kernel: one that is ready, else one that is starting, else a new one.

        Raises:
            NoRoomError: there is none, and there may be no more.
        """
        await self.remove_lost()
        task = next(filter(self._is_ready, self._tasks), None)
        if task is None and self._tasks:
            task = self._tasks[0]
        if task is None:
            if not self._manager.free_slots:
                raise NoRoomError
            task = self._start()
        self._tasks.remove(task)
        self._reserved += 1
        try:
            kernel = await task
        except BaseException as error:
            self._reserved -= 1
            if isinstance(error, HTTPError):
                raise NoRoomError from error
            raise
        self._losses = 0
        return kernel

    def give_back(self, kernel: PooledKernel) -> None:
        """Let a reserved kernel wait for another visitor."""
        self._reserved -= 1
        self._tasks.insert(0, _done(kernel))

    def hand_over(self, kernel: PooledKernel, request: Mapping[str, str]) -> None:
        """Let a reserved kernel make the page of this request; another takes its place soon."""
        self._reserved -= 1
        self._manager.hand_over(kernel.kernel_id)
        self._manager.requests.send(kernel.kernel_id, request)
        IOLoop.current().call_later(_REFILL_AFTER_S, self._fill)

    async def remove_lost(self) -> int:
        """Remove unusable kernels from the pool and end them; how many there were, without those
        that weren't started for lack of room."""
        lost = [task for task in self._tasks if self._is_lost(task)]
        for task in lost:
            self._tasks.remove(task)
            await self._end(task)
        died = [task for task in lost if not _was_refused(task)]
        return len(died)

    async def replenish(self) -> None:
        """Replace lost kernels as far as there is room, with growing pauses while they die; end one
        of those that are too many."""
        lost = await self.remove_lost()
        if lost:
            self._losses += lost
            self.lost += lost
            _LOG.warning("%d waiting kernels were lost and are replaced.", lost)
            if self.failing:
                self._pause_until = time.monotonic() + min(2.0**self._losses, _LONGEST_PAUSE_S)
        elif self.ready_count >= self.size:
            self._losses = 0
        self._fill()
        if len(self._tasks) > self.size and not self._reserved:
            await self._end(self._tasks.pop())

    async def close(self) -> None:
        """Start no more kernels; those that are starting end."""
        self._pause_until = float("inf")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _fill(self) -> None:
        if time.monotonic() < self._pause_until:
            return
        missing = self.size - len(self._tasks) - self._reserved
        for _ in range(min(missing, self._manager.free_slots)):
            self._start()

    def _start(self) -> StartTask:
        task = asyncio.get_running_loop().create_task(self._started_kernel())
        self._tasks.append(task)
        return task

    async def _started_kernel(self) -> PooledKernel:
        server = self._manager.parent
        environment = {
            **os.environ,
            "VOILA_BASE_URL": server.base_url,
            "VOILA_SERVER_URL": server.server_url,
            "VOILA_APP_PORT": str(server.port),
            "VOILA_PREHEAT": "True",
        }
        folder = os.path.dirname(self._notebook)
        started = await self._manager._initialize(
            self._notebook, None, path=folder, env=environment
        )
        return PooledKernel(started["kernel_id"], started["renderer"], started["task"])

    def _is_ready(self, task: StartTask) -> bool:
        if not _succeeded(task) or self._is_lost(task):
            return False
        return bool(self._manager.requests.is_waiting(task.result().kernel_id))

    def _is_lost(self, task: StartTask) -> bool:
        if not task.done():
            return False
        if not _succeeded(task):
            return True
        kernel = task.result()
        if kernel.rendering.done() or kernel.kernel_id not in self._manager:
            return True
        is_late = time.monotonic() - kernel.started_at > _WAITS_WITHIN_S
        return is_late and not self._manager.requests.is_waiting(kernel.kernel_id)

    async def _end(self, task: StartTask) -> None:
        if not task.done():
            task.cancel()
            return
        if not _succeeded(task):
            return
        kernel = task.result()
        kernel.rendering.cancel()
        await self._manager.end(kernel.kernel_id)


def _succeeded(task: StartTask) -> bool:
    if not task.done() or task.cancelled():
        return False
    return task.exception() is None


def _was_refused(task: StartTask) -> bool:
    """Whether a kernel wasn't started for lack of room."""
    if not task.done() or task.cancelled():
        return False
    return isinstance(task.exception(), HTTPError)


def _done(kernel: PooledKernel) -> StartTask:
    """A task whose result is there already."""

    async def result() -> PooledKernel:
        return kernel

    return asyncio.get_running_loop().create_task(result())
