"""deploy/rollout without an engine: the program itself, in front of a `docker` that answers as a
test says."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.engine import REPOSITORY
from rollout.releases import Deployment
from rollout.state import Progress

IMAGES = {
    part: f"registry.example.org/{part}@sha256:{digit * 64}"
    for part, digit in zip(("service", "dashboard", "refresh"), "123", strict=True)
}
BLUE = {
    "colour": "blue",
    "images": IMAGES,
    "programs": str(REPOSITORY / "deploy"),
    "model": "m",
    "code": "b" * 40,
    "since": "now",
}


def deployed(**fields: object) -> Deployment:
    """Blue, with these fields of its note."""
    return Deployment.from_json({**BLUE, **fields})


def watching(colour: str, release: dict[str, Any] = BLUE, **happened: bool) -> Progress:
    """A rollout to this colour that has come to its watch."""
    note = {"step": "watch", "colour": colour, "release": release, "since": "now", "pid": 1}
    return Progress.from_json({**note, **happened})


DOCKER = """#!/bin/sh
echo "SNAPSHOT_SCHEMA=$SNAPSHOT_SCHEMA $*" >> {folder}/asked
case "$*" in
{answers}
  "inspect "*) exit 1 ;;
esac
"""


@dataclass
class Program:
    """The rollout of one host, whose state, settings and `docker` are in a folder of its own."""

    folder: Path
    rollout: Path = REPOSITORY / "deploy/rollout"

    def docker(self, answers: str) -> None:
        """Let `docker` answer: lines of a shell's `case`, by all its arguments."""
        program = self.folder / "bin/docker"
        program.write_text(DOCKER.format(folder=self.folder, answers=answers))
        program.chmod(0o755)

    def note(self, **state: Any) -> None:
        """Note that this is live, and what runs."""
        known = {"live": None, "previous": None, "running": None, **state}
        (self.folder / "state/state.json").write_text(json.dumps(known))

    def noted(self) -> dict[str, Any]:
        """What the rollout notes."""
        return dict(json.loads((self.folder / "state/state.json").read_text()))

    def history(self) -> list[dict[str, Any]]:
        """What happened."""
        return [
            json.loads(line)
            for line in (self.folder / "state/history.jsonl").read_text().splitlines()
        ]

    def asked(self, part: str = "") -> list[str]:
        """What `docker` was asked for, as far as it has this in it."""
        path = self.folder / "asked"
        return (
            [line for line in path.read_text().splitlines() if part in line]
            if path.exists()
            else []
        )

    def settings(self, text: str) -> None:
        """Write the site's settings' file."""
        (self.folder / "env").write_text(text)

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """As an operator does."""
        return subprocess.run(
            [sys.executable, self.rollout, *command],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def release(self) -> "subprocess.CompletedProcess[str]":
        """Release the images."""
        return self.run("release", "--watch", "0", "--drain", "0", *IMAGES.values())


def program_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """One that nobody has released anything with."""
    for name in ("bin", "state", "log"):
        (folder / name).mkdir()
    for name in [name for name in os.environ if name.startswith(("SITE_", "ROLLOUT_"))]:
        monkeypatch.delenv(name)
    ours = {
        "ROLLOUT_STATE": folder / "state",
        "WEARCAST_ENV": folder / "env",
        "COMPOSE_PROJECT_NAME": "wearcast",
        "SITE_LOG": folder / "log",
    }
    for name, value in {
        **ours,
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
    }.items():
        monkeypatch.setenv(name, str(value))
    found = Program(folder)
    found.docker("")
    return found
