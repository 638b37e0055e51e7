#!/usr/bin/env python3
"""The locks, resolved from pyproject.toml: python scripts/lock.py [--upgrade] [PACKAGE …].

constraints.txt is the one resolution of everything, for all versions of Python and all platforms.
Each file in requirements/ has those of its pins that one extra or group needs; the files that pip
installs from in an image or a workflow have hashes. A pin stays as it is unless its package is
named, or all are upgraded.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")
HEADER = "# Written by `make lock` from pyproject.toml.\n"
PROJECT = "pyproject.toml"
PIPELINE = {"pipeline": [PROJECT, "--extra=pipeline"]}
HASHED = {
    "service": [PROJECT, "--extra=service", "--extra=postgres"],
    "refresh": [PROJECT, "--extra=refresh"],
    "cluster": [PROJECT, "--extra=cluster"],
    "dashboard": [PROJECT, "--extra=dashboard"],
    "deploy": ["--group=deploy"],
    "scan": ["--group=scan"],
    "build": ["--group=build"],
}
# PyPI's torch for Linux names a CUDA that the builds installed here don't have.
CUDA = re.compile(r"^(nvidia-|cuda-|triton=).*\n", re.MULTILINE)
# pyproject.toml pins it; each platform takes its own build of that version.
TORCH = re.compile(r"^torch=.*\n", re.MULTILINE)


def main(upgrades: list[str]) -> None:
    """Write every lock."""
    everything = ROOT / "constraints.txt"
    project = tomllib.loads((ROOT / PROJECT).read_text())
    groups = [f"--group={name}" for name in project["dependency-groups"]]
    wanted = [PROJECT, "--all-extras", *groups]
    resolved = compiled(*wanted, *upgrades, before=everything.read_text())
    everything.write_text(TORCH.sub("", resolved))

    for name, chosen in (PIPELINE | HASHED).items():
        hashes = ["--generate-hashes"] if name in HASHED else []
        pins = compiled(*chosen, "--constraints=constraints.txt", *hashes)
        (ROOT / "requirements" / f"{name}.txt").write_text(HEADER + pins)


def compiled(*options: str, before: str = "") -> str:
    """What `uv pip compile` writes, without CUDA; of the releases that fit, it prefers those in
    `before`."""
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "pins.txt"
        written.write_text(before)
        command = [UV, "pip", "compile", "--quiet", "--universal", "--no-header", "--no-annotate"]
        command += [*options, "--output-file", written]
        done = subprocess.run(command, cwd=ROOT, env=environment(), check=False)  # noqa: S603
        if done.returncode != 0:
            sys.exit("Nothing was locked; what uv said stands above.")
        return CUDA.sub("", written.read_text())


def environment() -> dict[str, str]:
    """Without wheels of this machine's own and without another index of torch, whose version would
    name its build."""
    ours = {"UV_FIND_LINKS", "UV_TORCH_BACKEND"}
    return {name: value for name, value in os.environ.items() if name not in ours}


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--upgrade", action="store_true", help="every package")
    asked.add_argument("package", nargs="*", help="what to upgrade alone")
    given = asked.parse_args()
    main(["--upgrade"] if given.upgrade else [f"--upgrade-package={p}" for p in given.package])
