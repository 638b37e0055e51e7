"""Runs a command, and prints what its processes used, as JSON:
python tests/bench/used.py COMMAND…

A process counts the memory of the one that started it as its own, so a small one has to start it.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Used:
    """What a command took.

    Attributes:
        cpu_s: processor time of all its processes.
        wall_s: from its start to its end.
        mb: the most memory of one of its processes.
    """

    cpu_s: float
    wall_s: float
    mb: float


def used(command: Sequence[str], folder: Path, settings: Mapping[str, str]) -> Used:
    """Run a command in a folder, with an environment.

    Raises:
        CalledProcessError: it failed.
    """
    starting = [sys.executable, str(Path(__file__).resolve()), *command]
    run = subprocess.run(starting, cwd=folder, env=settings, stdout=subprocess.PIPE, check=True)
    return Used(**json.loads(run.stdout))


def main(command: Sequence[str]) -> None:
    """Run a command, and print what it used."""
    began_s = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    wall_s = time.perf_counter() - began_s
    if done.returncode:
        sys.exit(done.returncode)
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = found.ru_utime + found.ru_stime
    print(json.dumps({"cpu_s": cpu_s, "wall_s": wall_s, "mb": found.ru_maxrss / 1000}))


if __name__ == "__main__":
    main(sys.argv[1:])
