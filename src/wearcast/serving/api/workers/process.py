"""A worker: a process that computes answers for the server it belongs to, one after the other.

It runs the same routes as a server without workers would, on the snapshots that the server sends,
and ends when the server does.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any, Final

from starlette.types import ASGIApp, Receive, Scope, Send

from wearcast.errors import ModelError
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.api.app import is_fixed, routes_app
from wearcast.serving.api.computing import computed_by
from wearcast.serving.api.served_models import tracked_models
from wearcast.serving.api.service import Service
from wearcast.serving.api.workers.messages import (
    Message,
    answer_message,
    live_verification_in,
    max_states,
    request_scope,
)
from wearcast.serving.descriptors import raise_descriptor_limit
from wearcast.serving.experiment.variants import CHAMPION
from wearcast.serving.freed_memory import return_freed_memory
from wearcast.serving.json_logging import REQUEST_ID, logging_to_stderr
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import CurrentSnapshot, ServedSnapshot
from wearcast.serving.store.shard_files import Part, SnapshotOfShards, mapped
from wearcast.serving.store.snapshot_store import SnapshotRecord

_LOG: Final = logging.getLogger(__name__)
_NICENESS: Final = 5
"""The server, which has many clients waiting, goes first."""
_OBJECTS_BETWEEN_COLLECTIONS: Final = 10_000
"""Of the answers to several requests."""


class Worker:
    """Computes what the messages of its server ask for."""

    def __init__(self, settings: Deployment) -> None:
        self._reader = CurrentSnapshot(settings.stale_after)
        models = tracked_models(settings)
        self.tracked_model = models[CHAMPION]
        services = {}
        for name, model in models.items():
            called = name if len(models) > 1 else ""
            services[name] = Service(settings, self._reader, model, called)
        app = _Logged(routes_app(services))
        self._max_states = max_states(settings)
        self._compute = computed_by(app, is_fixed)
        self._parts: list[Part] = []
        self._snapshots: OrderedDict[str, Snapshot] = OrderedDict()
        self._states: OrderedDict[int, ServedSnapshot] = OrderedDict()

    async def reply(self, message: Message) -> Message:
        """Do what a message says."""
        match message.head["kind"]:
            case "file":
                return self._read_file(message)
            case "part" | "snapshot" as kind:
                return self._read_snapshot(message, is_part=kind == "part")
            case "state":
                return self._hold_state(message)
            case "request":
                return await self._answer(message)
            case kind:
                raise ValueError(f"a message of an unknown kind: {kind!r}")

    def _read_file(self, message: Message) -> Message:
        device, number = message.head["inode"]
        try:
            part = mapped(Path(message.head["path"]), (device, number))
        except ModelError as error:
            self._parts.clear()
            return Message({"problem": str(error), "is_same": True})
        if part is not None:
            self._parts.append(part)
        return Message({"problem": "", "is_same": part is not None})

    def _read_snapshot(self, message: Message, is_part: bool) -> Message:
        try:
            snapshot = self._snapshot_in(message)
        except ModelError as error:
            self._parts.clear()
            return Message({"problem": str(error)})
        if is_part:
            self._parts.append((snapshot, None))
        else:
            self._parts.clear()
            self._snapshots[message.head["version"]] = snapshot
            self._drop_oldest(self._snapshots)
        return Message({"problem": ""})

    def _snapshot_in(self, message: Message) -> Snapshot:
        if message.content:
            return Snapshot.from_bytes(message.content)
        parts = [part for part, _ in self._parts]
        files = tuple(file for _, file in self._parts)
        return SnapshotOfShards.of_parts(parts, files=files)

    def _hold_state(self, message: Message) -> Message:
        head = message.head
        record = SnapshotRecord.model_validate_json(head["record"])
        live_verification = live_verification_in(message)
        for held in self._snapshots.values():
            if isinstance(held, SnapshotOfShards):
                # Little is asked of the one before by now: two would take twice the memory.
                held.leave_on_disk()
        self._states[head["state"]] = ServedSnapshot(
            record, self._snapshots[record.version], live_verification, head["first_seen_s"]
        )
        self._drop_oldest(self._states)
        return Message({})

    async def _answer(self, message: Message) -> Message:
        head = message.head
        REQUEST_ID.set(head["id"])
        state = head["state"]
        self._reader.current = None if state is None else self._states[state]
        answer = await self._compute(request_scope(head), message.content)
        return answer_message(answer)

    def _drop_oldest(self, held: OrderedDict[Any, Any]) -> None:
        while len(held) > self._max_states:
            held.popitem(last=False)


class _Logged:
    """An app whose failures are logged; what was sent before them is the response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception:  # noqa: BLE001 - logged, and the handler has responded
            _LOG.exception("computing an answer failed")


def main(descriptor: int) -> None:
    """Work for the server at the other end of a socket, until it ends."""
    # A terminal sends these to all processes; the server decides when a worker ends.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.nice(_NICENESS)
    return_freed_memory()
    raise_descriptor_limit()
    with socket.socket(fileno=descriptor) as connection, connection.makefile("rb") as stream:

        def read_exactly(count: int) -> bytes:
            content = stream.read(count)
            if len(content) < count:
                raise EOFError
            return content

        first = _next(read_exactly)
        if first is None:
            return  # the server couldn't start
        settings = Deployment.model_validate(first.head)
        with logging_to_stderr(settings.log_level):
            worker = Worker(settings)
            # What is there by now stays: no collection has to look at it again. An answer makes
            # thousands of objects that live as long as it does; a collection amid it finds nothing.
            gc.freeze()
            gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
            ready = Message({"load_error": worker.tracked_model.load_error})
            _send(connection, ready)
            with asyncio.Runner() as runner:
                while message := _next(read_exactly):
                    reply = runner.run(worker.reply(message))
                    _send(connection, reply)


def _next(read_exactly: Any) -> Message | None:
    """The next message; None once the server has ended."""
    try:
        return Message.read(read_exactly)
    except (EOFError, ConnectionError):
        return None


def _send(connection: socket.socket, message: Message) -> None:
    connection.sendall(message.head_to_bytes())
    connection.sendall(message.content)


if __name__ == "__main__":
    main(int(sys.argv[1]))
