"""Worker processes that are only just started: each takes a second to load what it needs, in which
the server loads what it needs itself.

It imports next to nothing, so that it can be the first thing that a server does.
"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class StartedProcess:
    """A worker's process that was told nothing yet, and the server's end of their connection."""

    process: subprocess.Popen[bytes]
    connection: socket.socket

    @classmethod
    def start(cls) -> "StartedProcess":
        """Start a process."""
        ours, theirs = socket.socketpair()
        with theirs:
            descriptor = theirs.fileno()
            process = subprocess.Popen(  # noqa: S603 - this interpreter, and a number
                [sys.executable, "-m", "wearcast.serving.api.workers.process", str(descriptor)],
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
            )
        return cls(process, ours)

    def end(self) -> None:
        """End the process, even one that is stopped."""
        self.connection.close()
        self.process.kill()


@contextmanager
def started_processes(count: int) -> Iterator[list[StartedProcess]]:
    """So many processes; those that are still in the list at the end of the block are ended."""
    processes = [StartedProcess.start() for _ in range(count)]
    try:
        yield processes
    finally:
        for process in processes:
            process.end()
