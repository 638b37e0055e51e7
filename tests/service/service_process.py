"""The service as a process of its own, as an operator starts it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from ports import free_port


@dataclass(frozen=True)
class Process:
    """`wearcast serve`, its address and where its log goes."""

    url: str
    log: Path
    running: subprocess.Popen[bytes]

    def get(self, path: str, **how: object) -> httpx.Response:
        """An answer."""
        return self.ask("GET", path, **how)

    def ask(self, method: str, path: str, **how: object) -> httpx.Response:
        """An answer to any method."""
        return httpx.request(method, self.url + path, **how)

    def workers(self) -> list[int]:
        """The ids of the processes that compute its answers."""
        command = ["pgrep", "--parent", str(self.running.pid), "--full", "workers.process"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        return [int(line) for line in found.stdout.split()]

    def kill(self) -> None:
        """End it at once, as a machine that fails would."""
        self.running.kill()
        self.running.wait()


@contextmanager
def served(root: Path, **settings: str) -> Iterator[Process]:
    """Serve with these settings (of `Deployment`, in capitals) until the test is over."""
    port = free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WEARCAST_")}
    given = {f"WEARCAST_{name}": value for name, value in settings.items()}
    path = root / "serve.log"
    with path.open("wb") as log:
        command = [sys.executable, "-m", "wearcast", "serve", "--port", str(port)]
        running = subprocess.Popen(command, cwd=root, env=clean | given, stdout=log, stderr=log)
    process = Process(f"http://127.0.0.1:{port}", path, running)
    try:
        _wait(process, running)
        yield process
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(30)


def _wait(process: Process, running: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until and running.poll() is None:
        try:
            if process.get("/health/ready", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise AssertionError(f"it didn't get ready:\n{process.log.read_text()}")
