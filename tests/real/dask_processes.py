"""A Dask cluster as an operator starts it: a scheduler and workers, each a process of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ports import free_port
from real.processes import dying_with_us, wait_until

_QUIET = ("--no-dashboard",)


@dataclass
class DaskProcesses:
    """A scheduler and its workers.

    Attributes:
        address: the scheduler's.
        folder: where they write.
        settings: their whole environment.
        root: the folder that they work in.
        options: of the scheduler and of every worker.
        workers: by process id, those that run.
    """

    address: str
    folder: Path
    settings: Mapping[str, str]
    root: Path
    options: Sequence[str]
    workers: dict[int, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start_worker(self) -> int:
        """Start one that computes one call at a time; its process id."""
        options = ("--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--death-timeout", "60")
        files = ("--local-directory", str(self.folder))
        process = self.start("worker", self.address, *options, *files)
        self.workers[process.pid] = process
        return process.pid

    def kill(self, pid: int) -> None:
        """End a worker at once, as a power cut would."""
        process = self.workers.pop(pid)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def start(self, what: str, *options: str) -> "subprocess.Popen[bytes]":
        """Start a scheduler or a worker."""
        module = f"distributed.cli.dask_{what}"
        command = [sys.executable, "-m", module, *options, *self.options, *_QUIET]
        with (self.folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.root,
                env=self.settings,
                stdout=log,
                stderr=log,
                preexec_fn=dying_with_us,
            )


@contextmanager
def dask_processes(
    folder: Path,
    root: Path,
    settings: Mapping[str, str],
    workers: int = 2,
    tls: Sequence[str] = (),
) -> Iterator[DaskProcesses]:
    """Run a cluster until the test is over; its processes write into `folder` and work in `root`,
    and `tls` are the options that name its certificates."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    scheme = "tls" if tls else "tcp"
    options = ("--host", "127.0.0.1", *tls)
    quiet = {**settings, "DASK_LOGGING__DISTRIBUTED": "info", "PYTHONWARNINGS": "default"}
    one = DaskProcesses(f"{scheme}://127.0.0.1:{port}", folder, quiet, root, options)
    protocol = ("--protocol", "tls") if tls else ()
    scheduler = one.start("scheduler", "--port", str(port), *protocol)
    try:
        wait_until(lambda: _listens(port), lambda: (folder / "scheduler.log").read_text())
        for _ in range(workers):
            one.start_worker()
        yield one
    finally:
        for process in (*one.workers.values(), scheduler):
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def cpu_count() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))
