"""What the rollout writes on a host, by a clock that can be set: its notes, its history, the routes
that the proxy follows, and what node exporter is to tell of it.

Its own functions write all of it. They run in a process of their own, which is told by lines of
JSON what to do; what starts and stops there are no containers but the month's own processes.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.projects import REPOSITORY
from real.processes import bounded, of_the_tests

IMAGES = {
    part: f"registry.example.org/{part}@sha256:{digit * 64}"
    for part, digit in zip(("service", "dashboard", "refresh"), "123", strict=True)
}


class RolloutHost:
    """The process, as the month uses it."""

    def __init__(self, log: Path, settings: Mapping[str, str]) -> None:
        environment = of_the_tests(settings)
        environment["PYTHONPATH"] += os.pathsep + str(REPOSITORY / "deploy")
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "real.month.rollout_host"],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
            )
        self._log = log

    def do(self, what: str, **fields: str) -> None:
        """Do something; it is done when this returns."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"do": what, **fields}) + "\n")
        self._process.stdin.flush()
        with bounded(self._process):
            answer = self._process.stdout.readline()
        assert answer == "done\n", self._log.read_text()[-2_000:]

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def main() -> None:
    """Do as told."""
    for line in sys.stdin:
        fields = json.loads(line)
        with redirect_stdout(sys.stderr):
            _DO[fields.pop("do")](**fields)
        sys.stdout.write("done\n")
        sys.stdout.flush()


def look() -> None:
    """As the timer does each minute."""
    from rollout import telemetry
    from rollout.state import read_state

    telemetry.tell_look()
    telemetry.tell(read_state())


def first(programs: str, colour: str, code: str, model: str) -> None:
    """A host on which a first release is live."""
    from rollout import proxy
    from rollout.state import save

    began = _begun(programs, colour, code, model)
    proxy.prepare_routes()
    proxy.switch_traffic(began.progress.colour, began.progress.release)
    save(_proved(began))


def begin(programs: str, colour: str, code: str, model: str) -> None:
    """A rollout begins."""
    from rollout import telemetry
    from rollout.state import save

    began = _begun(programs, colour, code, model)
    save(began)
    telemetry.tell(began)


def shift() -> None:
    """Visitors are led to the new colour."""
    from rollout import proxy, telemetry
    from rollout.state import read_state, save

    state = read_state()
    progress = replace(state.progress, step="shift", shifted=True)
    save(replace(state, running=progress))
    proxy.keep_routes()
    proxy.switch_traffic(progress.colour, progress.release, state.deployed.colour)
    proxy.wait_until_active(progress.colour)
    telemetry.tell(replace(state, running=progress))


def prove() -> None:
    """The new colour is live."""
    from rollout import telemetry
    from rollout.state import read_state, save

    state = _proved(read_state())
    save(state)
    telemetry.tell(state)


def go_back(reason: str) -> None:
    """Visitors are led to the colour before, if they were led away from it."""
    from rollout import proxy, telemetry
    from rollout.journal import add_to_history
    from rollout.state import read_state, save

    state = read_state()
    progress = state.progress
    if progress.shifted:
        proxy.restore_routes()
        proxy.wait_until_active(state.deployed.colour)
    fields = progress.release.to_json()
    add_to_history(what="went back", at_step=progress.step, reason=reason, **fields)
    save(state.with_no_rollout())
    telemetry.tell(state.with_no_rollout())


def _begun(programs: str, colour: str, code: str, model: str) -> Any:
    from rollout.journal import now
    from rollout.releases import Release
    from rollout.state import Progress, read_state

    release = Release(IMAGES, Path(programs), model=model, code=code, schema=1)
    colours: Any = colour
    progress = Progress("pull", colours, release, now(), os.getpid())
    return replace(read_state(), running=progress)


def _proved(state: Any) -> Any:
    from rollout import proxy
    from rollout.journal import add_to_history

    colour, release = state.progress.colour, state.progress.release
    add_to_history(what="released", colour=colour, seconds=60, **release.to_json())
    proxy.switch_traffic(colour, release)
    return state.with_proved(colour, release).with_no_rollout()


_DO = {each.__name__: each for each in (look, first, begin, shift, prove, go_back)}

if __name__ == "__main__":
    main()
