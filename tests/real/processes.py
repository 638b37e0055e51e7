"""Wearcast's commands as processes, as an operator starts them, with their output in files."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from ports import free_port

T = TypeVar("T")
_TESTS = Path(__file__).parents[1]
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP = 1, 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2
_LIBC = ctypes.CDLL(None)


def wait_until(found: Callable[[], T], what: str | Callable[[], str], within_s: float = 60.0) -> T:
    """What `found` finds, as soon as it is something; `what` says what was waited for in vain."""
    until = time.monotonic() + within_s
    while not (result := found()):
        assert time.monotonic() < until, (
            f"not within {within_s:g} s: {what if isinstance(what, str) else what()}"
        )
        time.sleep(0.1)
    return result


def environment(also: Mapping[str, str] | None = None, **settings: str) -> dict[str, str]:
    """This process's environment with these settings of Wearcast's and no others, and whatever else
    is to be in it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("WEARCAST_")}
    return (
        clean | {f"WEARCAST_{name}": value for name, value in settings.items()} | dict(also or {})
    )


def deployed(
    root: Path, store: str, also: Mapping[str, str] | None = None, **settings: str
) -> dict[str, str]:
    """The environment of a process that works with the model of the project at `root` and a
    store."""
    return environment(
        also,
        STORE=store,
        MODEL=str(root / "models/forecaster"),
        REPORTS=str(root / "reports"),
        **settings,
    )


def of_the_tests(settings: Mapping[str, str]) -> dict[str, str]:
    """The same environment for a process that is a module of these tests."""
    return {
        **settings,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(_TESTS), settings.get("PYTHONPATH")))),
    }


@dataclass(frozen=True)
class Api:
    """`wearcast serve`, its address and its output."""

    url: str
    running: "subprocess.Popen[bytes]"
    log: Path
    client: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        """An answer, whatever it is; it must come soon."""
        return self.client.get(path, headers=headers)

    def ready(self) -> Mapping[str, Any]:
        """What /health/ready says."""
        told: Mapping[str, Any] = self.get("/health/ready").json()
        return told

    def metric(self, name: str) -> float:
        """A gauge or counter without labels."""
        lines = self.get("/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    def listens(self) -> bool:
        """Whether it answers at all."""
        assert self.running.poll() is None, (
            f"it ended with {self.running.returncode}:\n{self.log.read_text()}"
        )
        try:
            return self.get("/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def end(self) -> float:
        """Ask it to end; the seconds that took."""
        began = time.monotonic()
        self.running.send_signal(signal.SIGTERM)
        self.running.wait(60)
        return time.monotonic() - began


@contextmanager
def api(root: Path, log: Path, settings: Mapping[str, str], port: int = 0) -> Iterator[Api]:
    """Serve until the test is over; `settings` is its whole environment, `port` 0 any port."""
    port = port or free_port()
    command = [sys.executable, "-m", "wearcast", "serve", "--port", str(port)]
    with log.open("ab") as file:
        running = subprocess.Popen(
            command, cwd=root, env=settings, stdout=file, stderr=file, preexec_fn=_without_privilege
        )
    url = f"http://127.0.0.1:{port}"
    one = Api(url, running, log, httpx.Client(base_url=url, timeout=10, trust_env=False))
    try:
        wait_until(one.listens, lambda: f"the API answers; it said:\n{log.read_text()}")
        yield one
    finally:
        one.client.close()
        if running.poll() is None:
            running.terminate()
        try:
            running.wait(20)
        finally:
            running.kill()


@contextmanager
def bounded(process: "subprocess.Popen[str]", within_s: float = 120.0) -> Iterator[None]:
    """Kill a process that is waited for too long."""
    timer = threading.Timer(within_s, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def dying_with_us() -> None:
    """Let the process that begins here die with the thread that started it, however that ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _without_privilege() -> None:
    """Let root be bound by the permissions of files, as everybody else is, from the next program
    on."""
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    dying_with_us()
