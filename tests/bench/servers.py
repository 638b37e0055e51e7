"""Servers as processes of their own, for benchmarks and tests: started, asked, measured, ended."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

WEARCAST = Path(sys.executable).with_name("wearcast")
_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Reply:
    """An answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """One keep-alive connection, used by one thread."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """One request and its whole answer; header names in lower case."""
        self._connection.request(method, path, body, dict(headers or {}))
        answer = self._connection.getresponse()
        return Reply(
            answer.status,
            {name.lower(): value for name, value in answer.getheaders()},
            answer.read(),
        )

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@dataclass
class Server:
    """A process that answers on a port of this machine.

    Attributes:
        ready_s: seconds from its start until it first answered `ready` with 200.
    """

    process: subprocess.Popen[bytes]
    port: int
    ready_s: float = field(default=float("nan"))

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """One request on a connection of its own."""
        with closing(Client(self.port)) as client:
            return client.ask(method, path, headers, body)

    @property
    def rss_mb(self) -> float:
        """Its resident memory, shared libraries in it."""
        told = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=True,
        )
        return int(told.stdout) * 1024 / 1e6

    def end(self) -> int:
        """Tell it to end, and wait; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_PATIENCE_S)


@contextmanager
def running(
    command: Sequence[str | Path],
    port: int,
    ready: str,
    log: Path,
    cwd: Path,
    env: Mapping[str, str],
) -> Iterator[Server]:
    """A server that listens on `port`, ready once it answers the path `ready` with 200; what it
    writes goes to `log`."""
    with log.open("ab") as file:
        began_s = time.monotonic()
        process = subprocess.Popen(
            list(map(str, command)), cwd=cwd, env=dict(env), stdout=file, stderr=file
        )
    server = Server(process, port)
    try:
        while not _answers(server, ready):
            if process.poll() is not None or time.monotonic() - began_s > _PATIENCE_S:
                raise RuntimeError(f"{command[0]} didn't get ready:\n{log.read_text()[-2_000:]}")
            time.sleep(0.005)
        server.ready_s = time.monotonic() - began_s
        yield server
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def _answers(server: Server, path: str) -> bool:
    try:
        return server.ask("GET", path).status == 200
    except OSError:
        return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """This process's environment with no other setting of Wearcast's than these, and with compiled
    modules, as an image has them."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("WEARCAST_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {**inherited, "PYTHONPYCACHEPREFIX": str(folder / "compiled"), **settings}


def publish(url: str, content: bytes) -> None:
    """Make a snapshot the latest of a store."""
    store = SnapshotStore(open_storage(url, timedelta(seconds=5)), keep=100)
    store.publish(
        content,
        SnapshotRecord.of(content, Snapshot.from_bytes(content), datetime.now(UTC)),
        None,
        store.read_state(),
    )


def program(name: str) -> str | None:
    """Where a program is: beside this Python, else on the path."""
    return shutil.which(
        name, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    )
