"""Errors that strangers met: whether the new release is to blame, or whoever asked for them."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rollout.containers import PORTS
from rollout.http_client import ask_part
from rollout.releases import Colour
from rollout.settings import log_folder
from rollout.visits import AS_THE_PROXY

ERRORS = {500, 502, 504}
"""A part that has too much to do says 503, and rightly."""

MOST_AT_ONCE = 20
"""Requests that are asked again at one look."""

MOST_READ_BYTES = 20_000_000
"""Of the log, at one look."""


@dataclass(frozen=True)
class Failing:
    """A GET that the new colour answered with an error."""

    part: str
    path: str


@dataclass
class Strangers:
    """Asks what failed for strangers again, of the new colour and of the old one.

    Attributes:
        new: the new colour.
        old: the old one, where there is one.
        log: the proxy's access log, read from where it ends now.
    """

    new: Colour
    old: Colour | None
    log: Path = field(default_factory=lambda: log_folder() / "access.log")
    _read_to: int = 0
    _judged: set[Failing] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Pass over what is in the log already."""
        self._read_to = self.log.stat().st_size if self.log.exists() else 0

    def problem(self) -> str:
        """What fails of the new colour, and not of the old one; empty where nothing does."""
        for one in self._most_met():
            self._judged.add(one)
            if self._fails(one, self.new) and not (self.old and self._fails(one, self.old)):
                return f"{one.part}-{self.new} fails at GET {one.path[:200]}"
        return ""

    def _most_met(self) -> list[Failing]:
        """Those that most clients met come first: one client can't hide them behind its own."""
        clients: dict[Failing, set[str]] = defaultdict(set)
        for failing, client in self._failing():
            clients[failing].add(client)
        unjudged = [failing for failing in clients if failing not in self._judged]
        unjudged.sort(key=lambda failing: len(clients[failing]), reverse=True)
        return unjudged[:MOST_AT_ONCE]

    def _failing(self) -> Iterator[tuple[Failing, str]]:
        """What failed, and for which client."""
        for line in self._new_lines():
            found = _parsed(line)
            part = str(found.get("ServiceName", "")).removesuffix(f"-{self.new}@file")
            is_error = found.get("DownstreamStatus") in ERRORS
            if is_error and part in PORTS and found.get("RequestMethod") == "GET":
                failing = Failing(part, _path_at(part, str(found.get("RequestPath", ""))))
                yield failing, str(found.get("ClientHost"))

    def _new_lines(self) -> list[bytes]:
        """The whole lines since the last look; of a log that was begun anew, from its beginning."""
        if not self.log.exists():
            return []
        if self.log.stat().st_size < self._read_to:
            self._read_to = 0
        with self.log.open("rb") as file:
            file.seek(self._read_to)
            read = file.read(MOST_READ_BYTES)
        whole = read[: read.rfind(b"\n") + 1]
        self._read_to += len(whole)
        return whole.splitlines()

    def _fails(self, failing: Failing, colour: Colour) -> bool:
        """Whether it does twice: something that only happened once is no fault of a request."""
        statuses = [
            ask_part(failing.part, colour, failing.path, headers=AS_THE_PROXY).status
            for _ in range(2)
        ]
        return all(status in ERRORS for status in statuses)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _path_at(part: str, path: str) -> str:
    """A site's path as its part is asked for it."""
    own = path.removeprefix("/api") if part == "service" else path
    return quote(own or "/", safe="/%:@!$&'()*+,;=~-._")
