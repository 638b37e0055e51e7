"""A host: its settings, its state, the rollout program as an operator runs it, and visitors."""

import contextlib
import itertools
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.engine import REPOSITORY, TRAEFIK, Release, docker
from model.test_full_disk import mounted
from ports import free_port

ROLLOUT = REPOSITORY / "deploy/rollout"
LOAD = Path(__file__).with_name("load.lua")
_DISK_BYTES = 4_000_000


class Host:
    """Where releases are rolled out, behind a real proxy; `settings` are those of its settings'
    file, the site's among them."""

    _numbers = itertools.count()

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self.state = folder / "state"
        self.state.mkdir()
        assert mounted(self.state, _DISK_BYTES), (
            "this user may mount no disk, for a host's state that can fill up"
        )
        self.port, self.tls_port = free_port(), free_port()
        number = next(self._numbers)
        self._project = f"wearcast{os.getpid()}-{number}"
        self.log = folder / "log"
        self.log.mkdir()
        site = {
            "SITE_HTTP": self.port,
            "SITE_HTTPS": self.tls_port,
            "SITE_INSIDE": free_port(),
            "SITE_TRAEFIK": TRAEFIK,
            "SITE_NETWORK": f"10.84.{number}",
            "SITE_LOG": self.log,
        }
        # As many requests from one address as there are; and an engine in a container can't limit
        # processors, or raise its own limit of descriptors.
        site |= {"SITE_RATE": 100_000, "SITE_BURST": 100_000, "SITE_IN_FLIGHT": 1000}
        site |= {"SITE_CPUS": 0, "SITE_DESCRIPTORS": 16_384}
        # Releases have a canary only where a test is about it.
        site |= {"ROLLOUT_CANARY_S": 0}
        settings = {**{name: str(value) for name, value in site.items()}, **settings}
        self.settings = folder / "env"
        self.settings.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        ours = {
            "ROLLOUT_STATE": str(self.state),
            "WEARCAST_ENV": str(self.settings),
            "COMPOSE_PROJECT_NAME": self._project,
        }
        self.environment = {**os.environ, **ours, "ROLLOUT_LEAST_FREE_MB": "1"}

    @property
    def url(self) -> str:
        """What a visitor types."""
        return f"http://127.0.0.1:{self.port}"

    def rollout(
        self, *command: str, timeout_s: float = 300, program: Path = ROLLOUT
    ) -> "subprocess.CompletedProcess[str]":
        """Run it to its end."""
        return subprocess.run(
            ["python3", program, *command],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout_s,
        )

    def begin(self, *command: str) -> "subprocess.Popen[str]":
        """Run it, and don't wait."""
        return subprocess.Popen(
            ["python3", ROLLOUT, *command],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def release(
        self,
        release: Release,
        watch_s: float = 5,
        drain_s: float = 5,
        ready_s: float = 150,
        program: Path = ROLLOUT,
    ) -> "subprocess.CompletedProcess[str]":
        """Release it; `program` is the rollout of another release."""
        return self.rollout(*release_command(release, watch_s, drain_s, ready_s), program=program)

    def noted(self) -> dict[str, Any]:
        """What the rollout notes."""
        return dict(json.loads((self.state / "state.json").read_text()))

    def history(self) -> list[dict[str, Any]]:
        """What happened."""
        return [
            json.loads(line) for line in (self.state / "history.jsonl").read_text().splitlines()
        ]

    def wait_for(self, step: str, within_s: float = 90) -> None:
        """Until a rollout that runs takes the step."""
        until = time.monotonic() + within_s
        while (self.noted()["running"] or {}).get("step") != step:
            assert time.monotonic() < until, f"never at {step}: {self.noted()['running']}"
            time.sleep(0.05)

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """No byte can be written where the rollout keeps its notes and the proxy's file."""
        filler = self.state / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                pass
        try:
            yield
        finally:
            filler.unlink()

    def container(self, part: str) -> str:
        """Its name."""
        return f"{self._project}-{part}-1"

    def network(self, name: str) -> str:
        """Its name."""
        return f"{self._project}_{name}"

    def running(self) -> set[str]:
        """The parts whose containers run, but for the notices, which have no part in a release."""
        names = docker(
            "ps",
            "--format",
            "{{.Names}}",
            "--filter",
            f"label=com.docker.compose.project={self._project}",
        ).split()
        parts = {name.removeprefix(f"{self._project}-").removesuffix("-1") for name in names}
        return parts - {"notices"}

    def lose_power(self) -> None:
        """Everything in all containers ends at once; the engine brings them up again, as at
        boot."""
        for part in self.running():
            # It ends itself, too, so it doesn't end well.
            subprocess.run(
                ["docker", "exec", self.container(part), "sh", "-c", "kill -KILL -1"],
                check=False,
                capture_output=True,
            )

    def down(self) -> None:
        """Take everything away."""
        files = [
            "--file",
            str(REPOSITORY / "deploy/compose.yaml"),
            "--env-file",
            str(self.settings),
        ]
        subprocess.run(
            ["docker", "compose", *files, "--profile=*", "down", "--volumes", "--timeout", "3"],
            env=self.environment,
            check=False,
            capture_output=True,
        )
        subprocess.run(["umount", "--lazy", str(self.state)], check=True)


@contextlib.contextmanager
def serving(
    folder: Path, settings: dict[str, str], first: Release, program: Path = ROLLOUT
) -> Iterator[Host]:
    """A host that serves its first release, brought there by that release's program, until it isn't
    needed any more."""
    host = Host(folder, settings)
    try:
        done = host.release(first, watch_s=3, drain_s=0, program=program)
        assert done.returncode == 0, done.stdout + done.stderr
        yield host
    finally:
        host.down()


def release_command(
    release: Release, watch_s: float = 5, drain_s: float = 5, ready_s: float = 150
) -> list[str]:
    """How it is released."""
    times = ["--watch", str(watch_s), "--drain", str(drain_s), "--ready", str(ready_s)]
    return ["release", *times, release.service, release.dashboard, release.refresh]


class Load:
    """wrk with connections that are kept, asking steadily until it is told to end."""

    def __init__(self, url: str, seconds: int = 900) -> None:
        self._process = subprocess.Popen(
            ["wrk", "-t1", "-c16", f"-d{seconds}s", "--timeout", "10s", "-s", str(LOAD), url],
            stdout=subprocess.PIPE,
            text=True,
        )

    def end(self) -> "Answered":
        """How it went."""
        self._process.send_signal(2)
        said, _ = self._process.communicate(timeout=30)
        return Answered.read(said)


class Answered:
    """How many requests wrk made, and how many of them failed: no answer, or none with 200."""

    def __init__(self, requests: int, failed: int, said: str) -> None:
        self.requests = requests
        self.failed = failed
        self.said = said

    @classmethod
    def read(cls, said: str) -> "Answered":
        """From what wrk prints."""
        requests = re.search(r"(\d+) requests in", said)
        assert requests, said
        sockets = re.search(
            r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said
        )
        others = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
        failed = sum(map(int, sockets.groups())) if sockets else 0
        return cls(int(requests[1]), failed + (int(others[1]) if others else 0), said)
