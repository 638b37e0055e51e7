"""What a host knows of its releases: what is live, what to go back to, and a rollout's progress.

Programs of earlier and of later releases read and write the same file: a field that is new here is
optional for readers, and fields that aren't known are passed over.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from rollout.journal import now
from rollout.programs import OWN_FOLDER
from rollout.releases import Candidate, Colour, Deployment, Release
from rollout.settings import state_folder
from rollout.state_folder import write_atomically

KEPT_BACK = 3
"""How many releases before the live one can be gone back to."""


@dataclass(frozen=True)
class Progress:
    """How far a rollout is.

    Attributes:
        colour: the new one.
        release: a Release as soon as its images' labels have been read.
        since: when it took the step.
        pid: the process that rolls out.
        by: the folder of the programs that roll out.
        proxied: the proxy may have been started anew with the release's version and flags.
        shifted: visitors may have been sent to the new colour.
        refreshed: refresh may be the new release's.
        proved: it is live, and only has to be finished.
        reason: why it goes back.
    """

    step: str
    colour: Colour
    release: Candidate
    since: str
    pid: int
    by: Path = OWN_FOLDER
    proxied: bool = False
    shifted: bool = False
    refreshed: bool = False
    proved: bool = False
    reason: str = ""

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Read it from a note; notes of earlier programs don't say which programs roll out."""
        release = record["release"]
        is_read = "model" in release
        return cls(
            step=record["step"],
            colour=record["colour"],
            release=Release.from_json(release) if is_read else Candidate.from_json(release),
            since=record["since"],
            pid=record["pid"],
            by=Path(record.get("by", OWN_FOLDER)),
            proxied=record.get("proxied", False),
            shifted=record.get("shifted", False),
            refreshed=record.get("refreshed", False),
            proved=record.get("proved", False),
            reason=record.get("reason", ""),
        )

    def to_json(self) -> dict[str, Any]:
        """Its fields in a note; what hasn't happened isn't named."""
        note = {
            "step": self.step,
            "colour": self.colour,
            "release": self.release.to_json(),
            "since": self.since,
            "pid": self.pid,
            "by": str(self.by),
        }
        happened = {
            "proxied": self.proxied,
            "shifted": self.shifted,
            "refreshed": self.refreshed,
            "proved": self.proved,
            "reason": self.reason,
        }
        return note | {name: value for name, value in happened.items() if value}


@dataclass(frozen=True)
class State:
    """What is noted.

    Attributes:
        live: what users see.
        previous: what one would go back to.
        earlier: what was live before that and can be gone back to as well, the newest first.
        running: the rollout that runs, or was broken off.
        retired: what nobody goes back to once the rollout that runs is finished.
    """

    live: Deployment | None = None
    previous: Deployment | None = None
    earlier: tuple[Deployment, ...] = ()
    running: Progress | None = None
    retired: tuple[Deployment, ...] = ()

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Read it from a note."""
        live, previous, running = record["live"], record["previous"], record["running"]
        return cls(
            live=Deployment.from_json(live) if live else None,
            previous=Deployment.from_json(previous) if previous else None,
            earlier=tuple(map(Deployment.from_json, record.get("earlier", []))),
            running=Progress.from_json(running) if running else None,
            retired=tuple(map(Deployment.from_json, record.get("retired", []))),
        )

    def to_json(self) -> dict[str, Any]:
        """Its fields in a note."""
        note: dict[str, Any] = {
            "live": self.live.to_json() if self.live else None,
            "previous": self.previous.to_json() if self.previous else None,
            "running": self.running.to_json() if self.running else None,
        }
        if self.earlier:
            note["earlier"] = [deployment.to_json() for deployment in self.earlier]
        if self.running and self.running.proved:
            note["retired"] = [deployment.to_json() for deployment in self.retired]
        return note

    @property
    def deployed(self) -> Deployment:
        """What is live, where something is."""
        if self.live is None:
            raise LookupError("nothing is live")
        return self.live

    @property
    def progress(self) -> Progress:
        """The rollout that runs, or was broken off, where there is one."""
        if self.running is None:
            raise LookupError("no rollout is running")
        return self.running

    @property
    def known(self) -> tuple[Deployment, ...]:
        """What is live, and what can be gone back to, the newest first."""
        newest = (self.live, self.previous)
        return (*(deployment for deployment in newest if deployment), *self.earlier)

    def steps_back(self, steps: int) -> Deployment | None:
        """What was live so many releases ago, where it can be gone back to."""
        before = self.known[1:]
        return before[steps - 1] if steps <= len(before) else None

    def with_proved(self, colour: Colour, release: Release) -> Self:
        """The state in which a new release is live, and its rollout only has to be finished."""
        # Of the same images there is one.
        others = [one for one in self.known if one.release.images != release.images]
        kept = _within_reach(release, others)
        return replace(
            self,
            live=Deployment(colour, now(), release),
            previous=kept[0] if kept else None,
            earlier=tuple(kept[1:]),
            running=replace(self.progress, step="drain", since=now(), proved=True),
            retired=(*self.retired, *(one for one in others if one not in kept)),
        )

    def with_no_rollout(self) -> Self:
        """The state in which the rollout is over."""
        return replace(self, running=None, retired=())


def _within_reach(live: Release, before: Sequence[Deployment]) -> list[Deployment]:
    """Those that can be gone back to: few enough for the disk, and, beyond the first, able to read
    what refresh may publish from now on."""
    if not before:
        return []
    published_schema = min(live.schema, before[0].release.schema)
    readers = [one for one in before[1:] if one.release.schema >= published_schema]
    return [before[0], *readers][:KEPT_BACK]


def read_state() -> State:
    """What is noted; nothing, on a new host."""
    try:
        return State.from_json(json.loads((state_folder() / "state.json").read_text()))
    except FileNotFoundError:
        return State()


def save(state: State) -> None:
    """Note it."""
    write_atomically(state_folder() / "state.json", json.dumps(state.to_json(), indent=1))
