"""`wearcast dashboard` as a process."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from pipeline.projects import REPOSITORY
from ports import free_port
from real.processes import environment, of_the_tests, wait_until

NOTEBOOK = REPOSITORY / "notebooks/dashboard.ipynb"
STARTS_WITHIN_S = 120.0


@dataclass
class DashboardProcess:
    """A dashboard at an address that stays the same, however often it is started.

    Attributes:
        log: the log of it and its kernels.
        settings: its whole environment.
        notebook: that it serves.
        port, base: where it listens, and the path it is at.
        module: whose command it is.
    """

    log: Path
    settings: Mapping[str, str]
    notebook: Path = NOTEBOOK
    base: str = "/"
    module: str = "wearcast"
    port: int = field(default_factory=free_port)
    running: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        """Of the page."""
        return f"http://127.0.0.1:{self.port}{self.base}"

    def start(self) -> None:
        """Start it, and wait until it is ready with all its kernels preheated."""
        command = [
            sys.executable,
            "-m",
            self.module,
            "dashboard",
            "--port",
            str(self.port),
            "--notebook",
            str(self.notebook),
        ]
        with self.log.open("ab") as file:
            self.running = subprocess.Popen(
                command, cwd=REPOSITORY, env=dict(self.settings), stdout=file, stderr=file
            )
        wait_until(
            self._heated,
            lambda: f"the dashboard is heated; it said:\n{self.said()}",
            STARTS_WITHIN_S,
        )

    def end(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End it; the seconds that took."""
        began = time.monotonic()
        if self.running and self.running.poll() is None:
            self.running.send_signal(how)
            self.running.wait(40)
        return time.monotonic() - began

    def health(self) -> Mapping[str, Any]:
        """What it says of its kernels."""
        told: Mapping[str, Any] = httpx.get(
            f"{self.url}health/ready", timeout=10, trust_env=False
        ).json()
        return told

    def heats(self, count: int, within_s: float = 60.0) -> None:
        """Wait until so many kernels wait for a visitor."""
        wait_until(
            lambda: self.health()["heated"] == count,
            lambda: f"{count} kernels are heated: {self.health()}",
            within_s,
        )

    def kernels(self) -> list[int]:
        """The process ids of its kernels, the oldest first."""
        assert self.running
        listed = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.running.pid), "--sort", "start_time"],
            capture_output=True,
            text=True,
        )
        return [int(pid) for pid in listed.stdout.split()]

    def said(self) -> str:
        """Its log."""
        return self.log.read_text() if self.log.exists() else ""

    def _heated(self) -> bool:
        assert self.running
        assert self.running.poll() is None, (
            f"it ended with {self.running.returncode}:\n{self.said()}"
        )
        try:
            return bool(
                self.health()["heated"] == int(self.settings.get("WEARCAST_DASHBOARD_POOL", "2"))
            )
        except (httpx.TransportError, json.JSONDecodeError):
            return False


@contextmanager
def dashboard_process(
    log: Path,
    also: Mapping[str, str] | None = None,
    notebook: Path = NOTEBOOK,
    module: str = "wearcast",
    **settings: str,
) -> Iterator[DashboardProcess]:
    """A dashboard that runs until the test is over, with these settings of Wearcast's and no
    others."""
    base = settings.get("DASHBOARD_BASE_URL", "/").rstrip("/") + "/"
    one = DashboardProcess(log, of_the_tests(environment(also, **settings)), notebook, base, module)
    try:
        one.start()
        yield one
    finally:
        one.end()
