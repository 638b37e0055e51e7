"""The watch over a new colour under its traffic, which may be hostile.

The old colour is up meanwhile, and asked the same at the same moment. Only what the new one does
worse counts; what any release would do under the same traffic doesn't.
"""

import statistics
import time
from collections import Counter, deque
from dataclasses import dataclass

from rollout import docker
from rollout.containers import PORTS
from rollout.errors import Failed
from rollout.proxy_metrics import ERRORS, SLOW_S, read_page, requests_by_service
from rollout.releases import Colour
from rollout.strangers import OUTAGE, OUTAGE_SERVICES, Strangers
from rollout.visits import Baseline, Timed, Visit, baseline, visit

SLOWER = 2
"""How many times as long as the old colour's the new one's visits may take, where they are slow."""

TIMED = 12
"""Visits whose median tells how slow a colour is."""

BAD_VISITS = 2
OVERLOADED_VISITS = 5
"""In a row, to the same path: of a colour that can do nothing else."""

OVERLOADED_VISITS_BEFORE = 20
"""The same, where the old colour was overloaded, too, while it had the traffic."""


@dataclass(frozen=True)
class Counts:
    """Requests to both parts, and errors."""

    requests: float = 0.0
    errors: float = 0.0

    def __sub__(self, earlier: "Counts") -> "Counts":
        return Counts(self.requests - earlier.requests, self.errors - earlier.errors)

    def __str__(self) -> str:
        return f"{self.requests:.0f} requests, {self.errors:.0f} errors"


class Watch:
    """Looks at containers, at what the proxy counts since the shift, and at what a visitor sees."""

    PAUSE_S = 1
    """Between two looks."""

    def __init__(self, colour: Colour, old: Colour | None = None) -> None:
        """Begin to count.

        Args:
            colour: the new one.
            old: the one that is live, where there is one; it has its traffic still.
        """
        self._colour = colour
        self._old = old
        self._containers = [(part, str(colour)) for part in PORTS]
        self._before = self._count() if old else Counts()
        self._baseline = baseline(old) if old else Baseline()
        self._strangers = Strangers(colour, old, self._baseline.was_overloaded)
        self._bad_visits = 0
        self._overloaded: Counter[str] = Counter()
        self._new_s: deque[float] = deque(maxlen=TIMED)
        self._old_s: deque[float] = deque(maxlen=TIMED)

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
        return read_counts(read_page(), self._colour)

    def _problem(self) -> str:
        for part, colour in self._containers:
            if wrong := docker.container_problem(part, colour):
                return wrong
        self._strangers.look()
        visits = visit(self._colour, self._old)
        return self._visit_problem(visits) or self._slowness(visits) or self._error_problem()

    def _visit_problem(self, visits: list[Visit]) -> str:
        """What our own visits find; the first bad one is forgiven."""
        for one in visits:
            bad = one.blamed
            if not bad:
                self._overloaded[one.what.path] = 0
                continue
            if self._is_overloaded(bad):
                self._overloaded[one.what.path] += 1
            else:
                self._bad_visits += 1
            is_lasting = self._overloaded[one.what.path] >= self._most_overloaded
            if self._bad_visits >= BAD_VISITS or is_lasting:
                how = " through the proxy" if bad is one.site else ""
                return (
                    f"{one.what.site_path if how else one.what.path} answers"
                    f" {bad.answer.status}{how}: {bad.answer.body[:200]}"
                )
        return ""

    def _is_overloaded(self, bad: Timed) -> bool:
        is_dropped = self._baseline.was_overloaded and bad.answer.is_dropped
        return bad.is_overloaded or is_dropped

    @property
    def _most_overloaded(self) -> int:
        return OVERLOADED_VISITS_BEFORE if self._baseline.was_overloaded else OVERLOADED_VISITS

    def _slowness(self, visits: list[Visit]) -> str:
        for one in visits:
            if one.what.part == "service":
                self._new_s.append(one.new.seconds)
                self._old_s.append(one.old.seconds if one.old else 0.0)
        if len(self._new_s) < TIMED:
            return ""
        new_s = statistics.median(self._new_s)
        old_s = max(statistics.median(self._old_s), self._baseline.seconds)
        if new_s > SLOW_S and new_s > SLOWER * old_s:
            return f"too slow: our visits take {new_s:.1f} s, the old release's {old_s:.1f} s"
        return ""

    def _error_problem(self) -> str:
        """What strangers met, where it is more than 1 % and the old colour does better."""
        found = self.counts()
        if found.errors < 5 or found.errors <= 0.01 * found.requests:
            return ""
        problem = self._strangers.problem()
        return f"too many errors: {found}, {problem}" if problem else ""


def read_counts(metrics: str, colour: Colour) -> Counts:
    """What the proxy has counted of a colour since it began, and its own answers in the place of
    one that can't be reached.

    Args:
        metrics: the proxy's page for Prometheus.
        colour: the one to count.
    """
    requests = errors = 0.0
    for service, code, count in requests_by_service(metrics):
        is_outage = code == OUTAGE and service in OUTAGE_SERVICES
        if service.removesuffix(f"-{colour}@file") in PORTS or is_outage:
            requests += count
            errors += count if is_outage or code in ERRORS else 0
    return Counts(requests, errors)
