"""The server's side of its workers: their processes, the queue before them, and what they hold."""

import asyncio
import contextlib
import io
import itertools
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.types import Scope

from wearcast.errors import StoreError, UnservableError
from wearcast.serving.api.answer import Answer
from wearcast.serving.api.asgi import client_group
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.api.workers.fair_queue import FairQueue
from wearcast.serving.api.workers.messages import (
    LENGTHS,
    Message,
    received_answer,
    request_message,
)
from wearcast.serving.json_logging import REQUEST_ID
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.supervisor import StartTask

_CAPACITY: Final = 64
"""Requests that wait for a worker at most: a second of work."""
_MAX_COMPUTE_S: Final = 20.0
"""A worker that takes longer hangs, and is ended."""
_MAX_WAIT_S: Final = 30.0
"""For an answer, the wait for a worker included."""
_FAILED: Final = "Computing this answer failed. Try again in a moment."
_STARTS_WITHIN_S: Final = 60.0
_ENDED: Final = (asyncio.IncompleteReadError, ConnectionError, TimeoutError)
"""What talking to a worker raises that has ended or hangs."""


@dataclass
class _Job:
    """A request that waits for a worker."""

    scope: Scope
    body: bytes
    snapshot: ServedSnapshot | None
    id: str
    answer: asyncio.Future[Answer] = field(repr=False)


class WorkerProcess:
    """One worker: its process, the connection to it, and the snapshots that it holds.

    Attributes:
        load_error: why it can't load the model; empty where it can.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.load_error = ""
        self._process = process
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()
        self._versions: list[str] = []
        self._states: dict[int, ServedSnapshot] = {}
        self._numbers = itertools.count()

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, settings: Deployment) -> AsyncIterator["WorkerProcess"]:
        """A worker that is ready; it ends with the block."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "wearcast.serving.api.workers.process",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
            )
        reader, writer = await asyncio.open_connection(sock=ours)
        worker = cls(process, reader, writer)
        try:
            async with asyncio.timeout(_STARTS_WITHIN_S):
                ready = await worker.call(Message(settings.model_dump(mode="json")))
            worker.load_error = ready.head["load_error"]
            yield worker
        finally:
            writer.close()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def wait(self) -> None:
        """Wait until it has ended."""
        await self._process.wait()

    async def call(self, message: Message) -> Message:
        """Send a message, and wait for its reply.

        Raises:
            IncompleteReadError, ConnectionError: the worker has ended.
        """
        async with self._turn:
            self._writer.write(message.to_bytes())
            await self._writer.drain()
            lengths = await self._reader.readexactly(LENGTHS.size)
            rest = await self._reader.readexactly(sum(LENGTHS.unpack(lengths)))
            return Message.read(io.BytesIO(lengths + rest).read)

    async def answer(self, job: _Job) -> Answer:
        """The answer to a request, computed from its snapshot."""
        state = None if job.snapshot is None else await self.hold(job.snapshot)
        reply = await self.call(request_message(state, job.scope, job.body, job.id))
        return received_answer(reply)

    async def hold(self, snapshot: ServedSnapshot, content: bytes = b"") -> int:
        """Let the worker hold a snapshot; the number of the state with it.

        Raises:
            UnservableError: the worker can't read it.
        """
        for number, held in self._states.items():
            if held is snapshot:
                return number
        version = snapshot.record.version
        if version not in self._versions:
            content = content or await asyncio.to_thread(snapshot.snapshot.to_bytes)
            reply = await self.call(Message({"kind": "snapshot", "version": version}, content))
            if problem := reply.head["problem"]:
                raise UnservableError(f"snapshot {version[:12]} can't be served: {problem}")
            self._versions = [*self._versions, version][-3:]
        number = next(self._numbers)
        # Before the message goes: whoever comes after it must not name a state that it replaces.
        self._states[number] = snapshot
        for old in list(self._states)[:-3]:
            del self._states[old]
        await self.call(_state_message(number, snapshot))
        return number


class Workers:
    """Computes answers in worker processes, in an order that is fair to clients.

    Args:
        settings: the deployment's settings.
        current: returns the snapshot that is served.

    Attributes:
        load_error: why the model can't be loaded; empty where it can, or before a worker is there.
    """

    def __init__(self, settings: Deployment, current: Callable[[], ServedSnapshot | None]) -> None:
        self.load_error = ""
        self._settings = settings
        self._current = current
        self._queue: FairQueue[_Job] = FairQueue(_CAPACITY)
        self._running: list[WorkerProcess] = []
        self._started = asyncio.Event()

    @property
    def tasks(self) -> Mapping[str, StartTask]:
        """The tasks that keep the workers running, by name."""
        tasks: dict[str, StartTask] = {}
        for number in range(1, 1 + self._settings.workers):
            tasks[f"worker_{number}"] = self._run_one
        return tasks

    async def compute(self, scope: Scope, body: bytes) -> Answer:
        """The answer to a request, from the snapshot that is served.

        Raises:
            ProblemError: 503, there is too much to compute, or the worker ended.
        """
        client = client_group(scope, self._settings.trusted_proxies)
        return await self._computed(scope, body, self._current(), client)

    async def check(
        self, snapshot: ServedSnapshot, content: bytes, scopes: list[Scope]
    ) -> list[Answer]:
        """Let every worker hold a snapshot, and compute the answers to requests from it.

        Args:
            snapshot: the snapshot, which isn't served yet.
            content: its bytes.
            scopes: of the requests.

        Raises:
            UnservableError: it can't be read, or computing an answer fails.
            StoreError: an answer isn't computed for another reason.
        """
        async with asyncio.timeout(_STARTS_WITHIN_S):
            await self._started.wait()
        for worker in list(self._running):
            await worker.hold(snapshot, content)
        answers = []
        for scope in scopes:
            try:
                answer = await self._computed(scope, b"", snapshot, "")
            except ProblemError as error:
                raise StoreError(f"the newest snapshot couldn't be tried: {error}") from error
            if answer.status >= 500:
                kind = UnservableError if answer.status == 500 else StoreError
                raise kind(
                    f"snapshot {snapshot.record.version[:12]} can't be served:"
                    f" {scope['path']}?{scope['query_string'].decode()} fails with {answer.status}."
                )
            answers.append(answer)
        return answers

    async def _computed(
        self, scope: Scope, body: bytes, snapshot: ServedSnapshot | None, client: str
    ) -> Answer:
        loop = asyncio.get_running_loop()
        job = _Job(scope, body, snapshot, REQUEST_ID.get(), loop.create_future())
        refused = self._queue.put(client, job)
        if refused is not None:
            _fail(refused, "Too much is being computed just now. Try again in a moment.")
        try:
            async with asyncio.timeout(_MAX_WAIT_S):
                return await job.answer
        except TimeoutError as error:
            detail = "No answer could be computed in time. Try again in a moment."
            raise ProblemError(503, detail, retry_after_s=5) from error

    async def _run_one(self) -> None:
        async with WorkerProcess.running(self._settings) as worker:
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
            async with asyncio.timeout(_MAX_COMPUTE_S):
                answer = await worker.answer(job)
        except UnservableError as error:
            if not job.answer.done():
                job.answer.set_exception(error)
        except _ENDED:
            _fail(job, _FAILED)
            raise
        except BaseException:
            _fail(job, _FAILED)
            raise
        else:
            if not job.answer.done():
                job.answer.set_result(answer)


def _fail(job: _Job, detail: str) -> None:
    if not job.answer.done():
        job.answer.set_exception(ProblemError(503, detail, retry_after_s=1))


def _state_message(number: int, snapshot: ServedSnapshot) -> Message:
    head = {
        "kind": "state",
        "state": number,
        "record": snapshot.record.model_dump_json(),
        "first_seen_s": snapshot.first_seen_s,
    }
    scores = snapshot.live_verification
    return Message(head, b"" if scores is None else json.dumps(scores).encode())
