"""The watch over a new colour under its traffic."""

import json
import re
import time
from dataclasses import dataclass

from rollout import docker
from rollout.containers import PORTS
from rollout.errors import Failed
from rollout.http_client import ask_proxy, ask_site
from rollout.releases import Colour

SLOW_S = "1.2"
"""One of the bounds that Traefik counts by."""

VISITED = ("/api/forecast/latest", "/recommendation/by_day", "/health/ready")

METRIC = re.compile(r"^traefik_service_(\w+)\{(.*)\} (\S+)$", re.MULTILINE)
LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Counts:
    """Requests and errors of both parts, and how many of the API's answers were slow."""

    requests: float = 0.0
    errors: float = 0.0
    slow: float = 0.0

    def __sub__(self, earlier: "Counts") -> "Counts":
        return Counts(
            self.requests - earlier.requests,
            self.errors - earlier.errors,
            self.slow - earlier.slow,
        )

    def __str__(self) -> str:
        return (
            f"{self.requests:.0f} requests, {self.errors:.0f} errors,"
            f" {self.slow:.0f} slower than {SLOW_S} s"
        )


class Watch:
    """Looks at the proxy's counts since the shift, at containers, and at what a visitor sees."""

    PAUSE_S = 1
    """Between two looks."""

    def __init__(self, colour: Colour, proxied: bool) -> None:
        """Begin to count.

        Args:
            colour: the new one.
            proxied: whether there was a proxy already that may have counted something.
        """
        self._colour = colour
        self._containers = [(part, str(colour)) for part in PORTS]
        self._before = self._count() if proxied else Counts()
        self._bad_visits = 0

    def add_refresh(self) -> None:
        """Look at refresh's container, too."""
        self._containers.append(("refresh", ""))

    def go_on(self, seconds: float) -> None:
        """Look for some seconds.

        Raises:
            Failed: something is wrong.
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if wrong := self._problem():
                raise Failed(wrong)
            time.sleep(self.PAUSE_S)

    def counts(self) -> Counts:
        """What the proxy has counted since the watch began."""
        return self._count() - self._before

    def _count(self) -> Counts:
        answer = ask_proxy("/metrics")
        if answer.status != 200:
            raise Failed(
                f"the proxy doesn't say what it counted: {answer.status} {answer.body[:200]}"
            )
        return read_counts(answer.body, self._colour)

    def _problem(self) -> str:
        for part, colour in self._containers:
            if wrong := docker.container_problem(part, colour):
                return wrong
        return self._count_problem() or self._visit_problem()

    def _count_problem(self) -> str:
        found = self.counts()
        if found.errors >= 5 and found.errors > 0.01 * found.requests:
            return f"too many errors: {found}"
        if found.slow >= 20 and found.slow > 0.05 * found.requests:
            return f"too slow: {found}"
        return ""

    def _visit_problem(self) -> str:
        """Visit the site; the first bad visit is forgiven."""
        for path in VISITED:
            status, body, _ = ask_site(path)
            if status != 200 and not is_full(status, body):
                self._bad_visits += 1
                if self._bad_visits < 2:
                    return ""
                return f"{path} answers {status} through the proxy: {body[:200]}"
        return ""


def is_full(status: int, body: str) -> bool:
    """Whether a dashboard isn't ready only because all its kernels are in use, as it says then."""
    if status != 503:
        return False
    try:
        found = json.loads(body)
        return found["kernels"] > 0 and (found["heated"], found["room"]) == (0, 0)
    except (ValueError, TypeError, KeyError):
        return False


def read_counts(metrics: str, colour: Colour) -> Counts:
    """What the proxy has counted of a colour since it began.

    Args:
        metrics: the proxy's page for Prometheus.
        colour: the one to count.
    """
    requests = errors = timed = quick = 0.0
    for name, label_text, value in METRIC.findall(metrics):
        labels = dict(LABEL.findall(label_text))
        part = labels["service"].removesuffix(f"-{colour}@file")
        if part not in PORTS:
            continue
        if name == "requests_total":
            requests += float(value)
            if _is_error(part, labels["code"]):
                errors += float(value)
        elif part == "service" and name == "request_duration_seconds_count":
            timed += float(value)
        elif part == "service" and name == "request_duration_seconds_bucket":
            quick += float(value) if labels["le"] == SLOW_S else 0
    return Counts(requests, errors, timed - quick)


def _is_error(part: str, code: str) -> bool:
    """A full dashboard says so by 503, and rightly; our own visit sees other reasons for it."""
    return code >= "500" and (part, code) != ("dashboard", "503")
