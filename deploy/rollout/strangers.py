"""Errors that strangers met: whether the new release is to blame, or whoever asked for them."""

import re
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from rollout.access_log import AccessLog
from rollout.containers import PORTS
from rollout.http_client import ask_part
from rollout.proxy_metrics import ERRORS
from rollout.releases import Colour
from rollout.settings import log_folder
from rollout.visits import AS_THE_PROXY

OUTAGE = 503
"""The proxy's own answer for a part that can't be reached, or drops connections."""

OUTAGE_SERVICES = {"notices@file", ""}
"""Who gives it: the notices, and the proxy itself where a session's dashboard is gone."""

API = re.compile(r"/(api|forecast|recommendation)(/|$)")

QUERIES = (
    "",
    "?lang=ko",
    "?lang=en&units=imperial",
    "?format=records",
    "?format=csv",
    "?hours=24&variables=temp_c&quantiles=p50",
)
"""With which a path of the API is asked again: what a stranger asked with isn't in the log."""

MOST_AT_ONCE = 20
"""Paths that are asked again at one look."""

TRIES = 3
FAILED_MORE = 2
"""How many of the tries have to fail more often of the new colour than of the old one."""

TIMEOUT_S = 2.0
LOOK_S = 6.0
"""How long one look asks, at most; the rest comes at the next one."""

AGAIN_S = 10.0
"""After which a path that still fails for strangers is asked again."""

MOST_KEPT = 1000
"""Failing paths that wait to be asked again."""

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
"""Whoever knows a kernel's name may talk to it."""


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
        was_overloaded: whether the old one dropped connections, too, while it had the traffic:
            then that tells nothing of the release.
        log: the proxy's access log, read from where it ends now.
    """

    new: Colour
    old: Colour | None
    was_overloaded: bool = False
    log: AccessLog = field(default_factory=lambda: AccessLog(log_folder() / "access.log"))
    _clients: dict[Failing, set[str]] = field(default_factory=lambda: defaultdict(set))
    _judged_s: dict[Failing, float] = field(default_factory=dict)

    def look(self) -> None:
        """Note what failed since the last look."""
        for line in self.log.new_lines():
            if failing := self._failing(line):
                self._clients[failing].add(str(line.get("ClientHost")))
        if len(self._clients) > MOST_KEPT:
            for failing in self._in_order()[MOST_KEPT:]:
                del self._clients[failing]

    def problem(self) -> str:
        """What fails of the new colour, and not of the old one; empty where nothing does."""
        end = time.monotonic() + LOOK_S
        for failing in self._due():
            # What fails again for a stranger comes again.
            del self._clients[failing]
            self._judged_s[failing] = time.monotonic()
            for path in _asked(failing):
                if time.monotonic() > end:
                    return ""
                if self._is_to_blame(failing.part, path):
                    shown = UUID.sub("…", path)[:200]
                    return f"{failing.part}-{self.new} fails at GET {shown}"
        return ""

    def _due(self) -> list[Failing]:
        """What is asked again at this look."""
        now = time.monotonic()
        due = [
            failing
            for failing in self._in_order()
            if now - self._judged_s.get(failing, now - AGAIN_S) >= AGAIN_S
        ]
        return due[:MOST_AT_ONCE]

    def _in_order(self) -> list[Failing]:
        """What was never judged comes first, and then what most clients met: one client can't hide
        it behind its own."""
        return sorted(
            self._clients,
            key=lambda failing: (failing in self._judged_s, -len(self._clients[failing])),
        )

    def _failing(self, line: dict[str, Any]) -> Failing | None:
        """What failed, if the line says that something did."""
        path = str(line.get("RequestPath", ""))
        part = self._part(str(line.get("ServiceName") or ""), path, line.get("DownstreamStatus"))
        if part not in PORTS or line.get("RequestMethod") != "GET":
            return None
        return Failing(part, _path_at(part, path))

    def _part(self, service: str, path: str, status: object) -> str:
        """The part that failed; empty where none did."""
        if status == OUTAGE and service in OUTAGE_SERVICES:
            return "service" if API.match(path) else "dashboard"
        return service.removesuffix(f"-{self.new}@file") if status in ERRORS else ""

    def _is_to_blame(self, part: str, path: str) -> bool:
        """Whether the new colour fails more often than the old one; both are asked some times, for
        what only happens once is no fault of a request."""
        failures = self._failures(part, self.new, path)
        if failures < FAILED_MORE:
            return False
        return failures - (self._failures(part, self.old, path) if self.old else 0) >= FAILED_MORE

    def _failures(self, part: str, colour: Colour, path: str) -> int:
        """How many of the tries fail; none where the first two go well.

        A part says that something is wrong, or it drops the connection, as one does that crashes.
        One that takes too long has too much to do.
        """
        failures = 0
        for tried in range(TRIES):
            if tried == FAILED_MORE and not failures:
                break
            answer = ask_part(part, colour, path, headers=AS_THE_PROXY, timeout_s=TIMEOUT_S)
            is_dropped = answer.is_dropped and not self.was_overloaded
            failures += is_dropped or answer.status in ERRORS
        return failures


def _asked(failing: Failing) -> Iterator[str]:
    """The addresses that are asked in the place of a path."""
    for query in QUERIES if failing.part == "service" else QUERIES[:1]:
        yield failing.path + query


def _path_at(part: str, path: str) -> str:
    """A site's path as its part is asked for it."""
    own = path.removeprefix("/api") if part == "service" else path
    return quote(own or "/", safe="/%:@!$&'()*+,;=~-._")
