"""The server's side of one worker: its process, the connection to it, and what it holds."""

import asyncio
import contextlib
import io
import itertools
import subprocess
from collections.abc import AsyncIterator
from typing import Final

from starlette.types import Scope

from wearcast.errors import UnservableError
from wearcast.serving.api.answer import Answer
from wearcast.serving.api.started_workers import StartedProcess
from wearcast.serving.api.workers.messages import (
    LENGTHS,
    Message,
    max_states,
    received_answer,
    request_message,
    state_message,
)
from wearcast.serving.daemon_thread import run_in_daemon_thread
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.store.shard_files import ShardFile, SnapshotOfShards

STARTS_WITHIN_S: Final = 60.0
_REPLIES_WITHIN_S: Final = 20.0
"""A worker that takes longer for a reply hangs, and is ended."""
_CHUNK_BYTES: Final = 256_000
WORKER_ENDED: Final = (asyncio.IncompleteReadError, ConnectionError, TimeoutError)
"""What talking to a worker raises that has ended or hangs."""


class WorkerProcess:
    """One worker: its process, the connection to it, and the snapshots that it holds.

    Attributes:
        load_error: why it can't load the model; empty where it can.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        max_states: int,
    ) -> None:
        self.load_error = ""
        self._max_states = max_states
        self._process = process
        self._reader = reader
        self._writer = writer
        self._turn = asyncio.Lock()
        self._versions: list[str] = []
        self._states: dict[int, ServedSnapshot] = {}
        self._numbers = itertools.count()

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls, settings: Deployment, started: StartedProcess
    ) -> AsyncIterator["WorkerProcess"]:
        """A worker that is ready; it ends with the block.

        Args:
            settings: the deployment's settings.
            started: its process.
        """
        reader, writer = await asyncio.open_connection(sock=started.connection)
        worker = cls(started.process, reader, writer, max_states(settings))
        try:
            # A worker takes no requests for places, and is not told the token of those who may.
            own = settings.model_copy(update={"place_requests": "off"})
            settings_message = Message(own.model_dump(mode="json"))
            ready = await worker.call(settings_message, STARTS_WITHIN_S)
            worker.load_error = ready.head["load_error"]
            yield worker
        finally:
            worker._end()
            await worker.wait()

    @property
    def process_id(self) -> int:
        """Of its process."""
        return self._process.pid

    async def wait(self) -> None:
        """Wait until it has ended."""
        await run_in_daemon_thread(self._process.wait, "worker-wait")

    async def call(self, message: Message, within_s: float | None = None) -> Message:
        """Send a message, and wait for its reply.

        Args:
            message: the message.
            within_s: how long the reply may take, once earlier ones are there.

        Raises:
            IncompleteReadError, ConnectionError: the worker has ended.
            TimeoutError: it hangs, and is ended.
        """
        async with self._turn:
            return await self._call(message, within_s or _REPLIES_WITHIN_S)

    async def _call(self, message: Message, within_s: float) -> Message:
        """`call` of whoever has the turn."""
        if self._writer.is_closing():
            raise ConnectionError("a worker has ended")
        try:
            async with asyncio.timeout(within_s):
                return await self._reply(message)
        except BaseException:
            # Whoever asks next must not read what is left of this reply.
            self._end()
            raise

    async def _reply(self, message: Message) -> Message:
        self._writer.write(message.head_to_bytes())
        content = memoryview(message.content)
        for start in range(0, len(content), _CHUNK_BYTES):
            # Piece by piece: what the connection doesn't take at once is copied.
            self._writer.write(content[start : start + _CHUNK_BYTES])
            await self._writer.drain()
        await self._writer.drain()
        lengths = await self._reader.readexactly(LENGTHS.size)
        rest = await self._reader.readexactly(sum(LENGTHS.unpack(lengths)))
        return Message.read(io.BytesIO(lengths + rest).read)

    def _end(self) -> None:
        """End the process, even one that is stopped."""
        self._writer.close()
        self._process.kill()

    async def answer(
        self, snapshot: ServedSnapshot | None, scope: Scope, body: bytes, id: str
    ) -> Answer:
        """The answer to a request with this id, computed from a snapshot.

        Raises:
            UnservableError: the worker can't read the snapshot.
        """
        # In one turn: another state in between could replace this one.
        async with self._turn:
            state = None if snapshot is None else await self._hold(snapshot)
            asked = request_message(state, scope, body, id)
            reply = await self._call(asked, _REPLIES_WITHIN_S)
        return received_answer(reply)

    async def hold(self, snapshot: ServedSnapshot, content: bytes) -> None:
        """Let the worker hold a snapshot.

        Raises:
            UnservableError: the worker can't read it.
        """
        async with self._turn:
            await self._hold(snapshot, content)

    async def _hold(self, snapshot: ServedSnapshot, content: bytes = b"") -> int:
        """`hold` of whoever has the turn; the number of the state."""
        for number, held in self._states.items():
            if held is snapshot:
                return number
        version = snapshot.record.version
        if version not in self._versions:
            if isinstance(snapshot.snapshot, SnapshotOfShards):
                content = b""
                await self._send_parts(version, snapshot.snapshot)
            else:
                content = content or await asyncio.to_thread(snapshot.snapshot.to_bytes)
            await self._send_snapshot(version, "snapshot", content)
            versions = [*self._versions, version]
            self._versions = versions[-self._max_states :]
        number = next(self._numbers)
        state = state_message(number, snapshot)
        await self._call(state, _REPLIES_WITHIN_S)
        self._states[number] = snapshot
        numbers = list(self._states)
        for old in numbers[: -self._max_states]:
            del self._states[old]
        return number

    async def _send_parts(self, version: str, snapshot: SnapshotOfShards) -> None:
        """Let the worker read the parts of a snapshot: from their files, where there are any."""
        for part, file in zip(snapshot.parts, snapshot.files, strict=True):
            if file is None:
                content = await asyncio.to_thread(part.to_bytes)
            elif await self._maps(version, file):
                continue
            else:
                # Another process has deleted it, and we still have it.
                content = file.content[:]
            await self._send_snapshot(version, "part", content)

    async def _maps(self, version: str, file: ShardFile) -> bool:
        """Whether the worker could read a part from the file that is mapped here."""
        head = {"kind": "file", "version": version, "path": str(file.path), "inode": file.inode}
        reply = await self._call(Message(head), _REPLIES_WITHIN_S)
        _require_servable(version, reply)
        is_same: bool = reply.head["is_same"]
        return is_same

    async def _send_snapshot(self, version: str, kind: str, content: bytes) -> None:
        head = {"kind": kind, "version": version}
        reply = await self._call(Message(head, content), _REPLIES_WITHIN_S)
        _require_servable(version, reply)


def _require_servable(version: str, reply: Message) -> None:
    if problem := reply.head["problem"]:
        raise UnservableError(f"snapshot {version[:12]} can't be served: {problem}")
