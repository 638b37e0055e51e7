"""A host as deployments see it: a real sshd on this machine, and a rollout that notes what it is
told."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ports import free_port

ROLLOUT = '''"""A stand-in for the rollout: notes what it is asked for, does what the test wants."""

import sys
from pathlib import Path

HOST = Path({folder!r})


def main() -> None:
    note("ran", sys.argv[0])
    note("asked", " ".join(sys.argv[1:]))
    if sys.argv[1] == "status":
        print((HOST / "status").read_text(), end="")
        sys.exit(int((HOST / "status.code").read_text()))
    if (HOST / "status.released").exists():
        (HOST / "status.released").replace(HOST / "status")
    codes = (HOST / "release.code").read_text().split()
    (HOST / "release.code").write_text(" ".join(codes[1:] or codes))
    sys.exit(int(codes[0]))


def note(name: str, line: str) -> None:
    with (HOST / name).open("a") as file:
        print(line, file=file)
'''


class Sshd:
    """sshd with one user, this one, on a port of its own; only keys are let in."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.user = os.environ.get("USER") or "root"
        self.home = folder / "home"
        self.home.mkdir()
        self.keys = folder / "authorized_keys"
        self.keys.touch(mode=0o600)
        for name in ("host", "client"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True
            )
        (folder / "config").write_text(
            f"Port {self.port}\n"
            f"ListenAddress 127.0.0.1\n"
            f"HostKey {folder / 'host'}\n"
            f"AuthorizedKeysFile {self.keys}\n"
            f"PasswordAuthentication no\n"
            "PermitRootLogin prohibit-password\n"
            "StrictModes no\n"
            f"PidFile {folder / 'pid'}\n"
            f"UsePAM no\n"
            + (
                f"SetEnv {' '.join(f'{name}={value}' for name, value in environment.items())}\n"
                if environment
                else ""
            )
        )

    @property
    def host_key(self) -> str:
        """By which it is known."""
        return " ".join((self.folder / "host.pub").read_text().split()[:2])

    @property
    def client_key(self) -> str:
        """A private key that may be let in."""
        return (self.folder / "client").read_text()

    def let_in(self) -> None:
        """The client's key opens the door from here on."""
        shutil.copyfile(self.folder / "client.pub", self.keys)


@contextmanager
def sshd(folder: Path, environment: Mapping[str, str] | None = None) -> Iterator[Sshd]:
    """It runs until the test is over; what it starts has this environment besides."""
    host = Sshd(folder, environment or {})
    # It wants a place that its package makes at the machine's start.
    Path("/run/sshd").mkdir(exist_ok=True)
    command = [
        str(shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")),
        "-D",
        "-e",
        "-f",
        str(folder / "config"),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        until = time.monotonic() + 20
        while b"listening" not in (folder / "log").read_bytes():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        yield host
    finally:
        process.terminate()
        process.wait(10)
