"""The server's workers, and the queue before them."""

import asyncio
import contextlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.types import Scope

from wearcast.errors import StoreError, UnservableError
from wearcast.serving.api.answer import Answer
from wearcast.serving.api.asgi import client_group, first_header
from wearcast.serving.api.audience import MODEL
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.api.started_workers import StartedProcess
from wearcast.serving.api.workers.connection import STARTS_WITHIN_S, WORKER_ENDED, WorkerProcess
from wearcast.serving.api.workers.fair_queue import FairQueue
from wearcast.serving.experiment.variants import CHAMPION
from wearcast.serving.json_logging import REQUEST_ID
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.supervisor import StartTask

CAPACITY: Final = 64
"""Requests that wait for a worker at most: a second of work."""
_MAX_BODY_BYTES: Final = 32_000_000
"""Of all requests that wait or are being computed."""
_MAX_BODY_BYTES_PER_CLIENT: Final = 4_000_000
"""Two of the largest bodies, or sixty wardrobes."""
_MAX_WAIT_S: Final = 30.0
"""For an answer, the wait for a worker included."""
_TOO_MUCH: Final = "Too much is being computed just now. Try again in a moment."
_FAILED: Final = "Computing this answer failed. Try again in a moment."


@dataclass(eq=False)
class _Job:
    """A request that waits for a worker."""

    scope: Scope
    body: bytes
    snapshot: ServedSnapshot | None
    id: str
    answer: asyncio.Future[Answer] = field(repr=False)


class Workers:
    """Computes answers in worker processes, in an order that is fair to clients.

    Args:
        settings: the deployment's settings.
        current: returns the snapshot that is served, by the name of its model.
        started: processes for the first ones, which are taken out of the list.

    Attributes:
        load_error: why the model can't be loaded; empty where it can, or before a worker is there.
        refused: how many requests were refused because too much waited.
    """

    def __init__(
        self,
        settings: Deployment,
        current: Callable[[str], ServedSnapshot | None],
        started: list[StartedProcess] | None = None,
    ) -> None:
        self.load_error = ""
        self.refused = 0
        self._settings = settings
        self._current = current
        self._processes = [] if started is None else started
        self._queue: FairQueue[_Job] = FairQueue(CAPACITY)
        self._jobs: dict[Hashable, _Job] = {}
        self._with_body: dict[str, list[_Job]] = {}
        self._running: list[WorkerProcess] = []
        self._started = asyncio.Event()

    @property
    def tasks(self) -> Mapping[str, StartTask]:
        """The tasks that keep the workers running, by name."""
        tasks: dict[str, StartTask] = {}
        for number in range(1, 1 + self._settings.workers):
            tasks[f"worker_{number}"] = self._run_one
        return tasks

    @property
    def processes(self) -> list[int]:
        """The ids of the processes that are ready."""
        return [worker.process_id for worker in self._running]

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return len(self._queue)

    async def compute(self, scope: Scope, body: bytes) -> Answer:
        """The answer to a request, from the snapshot that is served.

        Raises:
            ProblemError: 429 or 503, there is too much to compute, or the worker ended.
        """
        client = client_group(scope, self._settings.trusted_proxies)
        job = _new_job(scope, body, self._current(scope.get(MODEL, CHAMPION)))
        with self._counted(client, job), self._joinable(job):
            if not job.answer.done():
                refused = self._queue.put(client, job)
                if refused is not None:
                    self._refuse(refused)
            try:
                return await _answer_to(job)
            finally:
                self._queue.remove(job)

    def join(self, scope: Scope) -> None:
        """Let the answer to a GET, if it is waiting to be computed for another client, be computed
        at this client's turn, too."""
        job = self._jobs.get(_what_is_asked(scope))
        if job is not None:
            client = client_group(scope, self._settings.trusted_proxies)
            self._queue.join(client, job)

    async def hold(self, snapshot: ServedSnapshot, content: bytes) -> None:
        """Let every worker hold a snapshot, which isn't served yet.

        Args:
            snapshot: the snapshot.
            content: its bytes.

        Raises:
            UnservableError: it can't be read.
            StoreError: a worker ended, or none has started.
        """
        try:
            async with asyncio.timeout(STARTS_WITHIN_S):
                await self._started.wait()
            for worker in list(self._running):
                await worker.hold(snapshot, content)
        except WORKER_ENDED as error:
            raise StoreError(
                f"snapshot {snapshot.record.version[:12]} couldn't be tried: a worker ended while"
                " it read it, or none has started."
            ) from error

    async def compute_from(self, snapshot: ServedSnapshot, scope: Scope) -> Answer:
        """The answer to a GET of the server itself, from a snapshot that isn't served yet. It waits
        for one client's turn at most, and isn't refused.

        Raises:
            ProblemError: 503, the worker ended.
            UnservableError: the snapshot can't be read.
        """
        job = _new_job(scope, b"", snapshot)
        self._queue.put_own(job)
        return await _answer_to(job)

    @contextlib.contextmanager
    def _counted(self, client: str, job: _Job) -> Iterator[None]:
        """Count a job's body for as long as it is held.

        Raises:
            ProblemError: 429, too many bytes of the client's are held already.
        """
        if not job.body:
            yield
            return
        held = self._with_body.setdefault(client, [])
        if _body_bytes([*held, job]) > _MAX_BODY_BYTES_PER_CLIENT:
            detail = "Answers to large bodies from your address are being computed already. Send"
            raise ProblemError(429, f"{detail} them one after the other.", retry_after_s=1)
        held.append(job)
        try:
            self._drop_largest()
            yield
        finally:
            held.remove(job)
            if not held:
                del self._with_body[client]

    def _drop_largest(self) -> None:
        """While too many bytes are held, drop a body of the client who has most of them, so that
        many addresses don't keep others from asking."""
        while sum(map(_body_bytes, self._with_body.values())) > _MAX_BODY_BYTES:
            most = max(self._with_body.values(), key=_body_bytes)
            largest = max(most, key=lambda job: len(job.body))
            largest.body = b""
            self._refuse(largest)

    def _refuse(self, job: _Job) -> None:
        self.refused += 1
        _fail(job, _TOO_MUCH)

    @contextlib.contextmanager
    def _joinable(self, job: _Job) -> Iterator[None]:
        """Let `join` find a job."""
        asked = _what_is_asked(job.scope)
        self._jobs[asked] = job
        try:
            yield
        finally:
            if self._jobs.get(asked) is job:
                del self._jobs[asked]

    async def _run_one(self) -> None:
        process = self._processes.pop() if self._processes else StartedProcess.start()
        async with WorkerProcess.running(self._settings, process) as worker:
            self.load_error = worker.load_error
            self._running.append(worker)
            self._started.set()
            try:
                await self._work(worker)
            finally:
                self._running.remove(worker)
                if not self._running:
                    self._started.clear()

    async def _work(self, worker: WorkerProcess) -> None:
        """Give a worker one request after the other, until it ends.

        Raises:
            IncompleteReadError, ConnectionError, TimeoutError: it ended, or hangs.
        """
        ended = asyncio.create_task(worker.wait())
        try:
            while True:
                next_job = asyncio.create_task(self._queue.get())
                await asyncio.wait([ended, next_job], return_when=asyncio.FIRST_COMPLETED)
                if not next_job.done():
                    next_job.cancel()
                    raise ConnectionError("a worker has ended")
                await self._do(worker, next_job.result())
        finally:
            ended.cancel()

    async def _do(self, worker: WorkerProcess, job: _Job) -> None:
        if job.answer.done():
            return  # whoever asked has left
        try:
            answer = await worker.answer(
                job.snapshot,
                job.scope,
                job.body,
                job.id,
            )
        except UnservableError as error:
            if not job.answer.done():
                job.answer.set_exception(error)
        except BaseException:
            _fail(job, _FAILED)
            raise
        else:
            if not job.answer.done():
                job.answer.set_result(answer)


def _new_job(scope: Scope, body: bytes, snapshot: ServedSnapshot | None) -> _Job:
    answer = asyncio.get_running_loop().create_future()
    return _Job(scope, body, snapshot, REQUEST_ID.get(), answer)


async def _answer_to(job: _Job) -> Answer:
    """Wait for the answer to a job that is queued.

    Raises:
        ProblemError: 503, it couldn't be computed in time, or at all.
    """
    try:
        async with asyncio.timeout(_MAX_WAIT_S):
            return await job.answer
    except TimeoutError as error:
        detail = "No answer could be computed in time. Try again in a moment."
        raise ProblemError(503, detail, retry_after_s=5) from error


def _body_bytes(jobs: Iterable[_Job]) -> int:
    return sum(len(job.body) for job in jobs)


def _what_is_asked(scope: Scope) -> Hashable:
    """What the answer to a GET depends on, beside the snapshot."""
    headers = scope["headers"]
    language = first_header(headers, b"accept-language")
    encoding = first_header(headers, b"accept-encoding")
    asked = (scope["method"], scope["path"], scope["query_string"])
    return scope.get(MODEL), asked, language, encoding


def _fail(job: _Job, detail: str) -> None:
    if not job.answer.done():
        job.answer.set_exception(ProblemError(503, detail, retry_after_s=1))
