"""A real PostgreSQL of a test's own, which can be killed and started again."""

import os
import pwd
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from ports import free_port

PASSWORD = "not-for-any-log"  # noqa: S105 - of a server that a test starts
_VERSIONS = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """The folder of Debian's newest PostgreSQL; None where there is none."""
    found = sorted(_VERSIONS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@dataclass
class Postgres:
    """A server, its folder and its port."""

    folder: Path
    port: int
    programs: Path
    running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As the settings want it."""
        return f"postgresql://wearcast:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs to the end."""
        command = [self.programs / program, *arguments]
        subprocess.run(command, check=True, capture_output=True, user=_user(), cwd="/")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-k {self.folder} -c listen_addresses=127.0.0.1 -p {self.port}"
        command = [self.programs / "postgres", "-D", self.folder / "data", *options.split()]
        with (self.folder / "log").open("ab") as log:
            self.running = subprocess.Popen(command, stdout=log, stderr=log, user=_user(), cwd="/")
        until = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > until or self.running.poll() is not None:
                    raise
                time.sleep(0.05)

    def kill(self) -> None:
        """End every process of it at once, as a machine that fails would."""
        assert self.running
        # One that is still ending holds the memory that the next server wants to itself.
        ends = [os.pidfd_open(process) for process in self.freeze()]
        for end in ends:
            signal.pidfd_send_signal(end, signal.SIGKILL)
        for end in ends:
            select.select([end], [], [])
            os.close(end)
        self.running.wait()

    def restart(self) -> None:
        """Kill it, and start it again."""
        self.kill()
        self.start()

    def freeze(self) -> list[int]:
        """Stop every process of it where it is; their ids."""
        assert self.running
        first = self.running.pid
        os.kill(first, signal.SIGSTOP)
        os.waitpid(first, os.WUNTRACED)  # from here on it starts no other
        others = _children(first)
        for process in others:
            os.kill(process, signal.SIGSTOP)
        return [first, *others]

    def thaw(self) -> None:
        """Let every process of it go on."""
        assert self.running
        for process in _children(self.running.pid):
            # One that works on a connection ends with it.
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)
        self.running.send_signal(signal.SIGCONT)


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(child) for child in listed.split()]


def _user() -> str | None:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return None
    return "postgres" if _is_known("postgres") else "nobody"


def _is_known(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A new server in a folder whose parents everybody may enter."""
    found = programs()
    assert found
    server = Postgres(folder, free_port(), found)
    password = folder / "password"
    password.write_text(PASSWORD)
    user = _user()
    if user:
        shutil.chown(folder, user)
        shutil.chown(password, user)
    data = str(folder / "data")
    who = ("-U", "wearcast", f"--pwfile={password}", "--auth=scram-sha-256")
    server.run("initdb", "-D", data, "--no-sync", *who)
    server.start()
    try:
        yield server
    finally:
        if server.running and server.running.poll() is None:
            server.thaw()
            server.running.send_signal(signal.SIGINT)
            server.running.wait(30)
