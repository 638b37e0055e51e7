"""Our own visits, to the new colour and to the old one at the same moment."""

import json
import statistics
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rollout.http_client import Answer, ask_part, ask_site
from rollout.releases import Colour

TIMEOUT_S = 5
BASELINE_VISITS = 3

AS_THE_PROXY: Mapping[str, str] = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Host": "127.0.0.1",
    "X-Forwarded-Proto": "http",
}
"""What the proxy adds: a fault that only visitors meet shows to us, too."""


@dataclass(frozen=True)
class Visited:
    """What is visited: a part's path, and the site's that leads to it."""

    part: str
    path: str
    site_path: str


# A release may go back to one from before: only what all of them answer.
VISITED = (
    Visited("service", "/forecast/latest", "/api/forecast/latest"),
    Visited("service", "/forecast/latest?format=csv", "/api/forecast/latest?format=csv"),
    Visited("service", "/recommendation/by_day", "/recommendation/by_day"),
    Visited("service", "/recommendation/by_day?lang=ko", "/recommendation/by_day?lang=ko"),
    Visited("dashboard", "/health/ready", "/health/ready"),
)


@dataclass(frozen=True)
class Timed:
    """An answer, and how long it took."""

    answer: Answer
    seconds: float

    @property
    def is_good(self) -> bool:
        """Whether it is as it should be; a full dashboard's is."""
        status, body, _ = self.answer
        return status == 200 or is_full(status, body)

    @property
    def is_overloaded(self) -> bool:
        """Whether it says, or shows, that others ask for too much at the moment."""
        status, _, headers = self.answer
        is_shed = status == 429 or (status == 503 and "retry-after" in headers)
        return is_shed or self.answer.is_late


@dataclass(frozen=True)
class Visit:
    """One visit at one moment.

    Attributes:
        what: is visited.
        new: the new colour's answer.
        old: the old colour's, where there is an old one.
        site: what a visitor is answered, by the new colour through the proxy.
    """

    what: Visited
    new: Timed
    old: Timed | None
    site: Timed

    @property
    def blamed(self) -> Timed | None:
        """The answer that the new release is to blame for, if any: a bad one, where the old release
        gives a good one."""
        if self.old and not self.old.is_good:
            return None
        return next((timed for timed in (self.new, self.site) if not timed.is_good), None)


def visit(new: Colour, old: Colour | None) -> list[Visit]:
    """Visit all that is visited, everything at the same moment."""
    with ThreadPoolExecutor(3 * len(VISITED)) as pool:
        begun = [
            (
                what,
                pool.submit(_visit_part, what, new),
                pool.submit(_visit_part, what, old) if old else None,
                pool.submit(_visit_site, what),
            )
            for what in VISITED
        ]
        return [
            Visit(what, of_new.result(), of_old.result() if of_old else None, of_site.result())
            for what, of_new, of_old, of_site in begun
        ]


def _visit_part(what: Visited, colour: Colour) -> Timed:
    began_s = time.monotonic()
    answer = ask_part(what.part, colour, what.path, headers=AS_THE_PROXY, timeout_s=TIMEOUT_S)
    return Timed(answer, time.monotonic() - began_s)


def _visit_site(what: Visited) -> Timed:
    began_s = time.monotonic()
    answer = ask_site(what.site_path)
    return Timed(answer, time.monotonic() - began_s)


@dataclass(frozen=True)
class Baseline:
    """What our own visits of the old colour met before the shift, under the traffic that the new
    one will have.

    Attributes:
        seconds: how long one of the API's takes: the median; 0 without an old colour.
        was_overloaded: whether any was refused, dropped or too late.
    """

    seconds: float = 0.0
    was_overloaded: bool = False


def baseline(old: Colour) -> Baseline:
    """Visit the old colour some times, while visitors are still led to it."""
    visits = [one for _ in range(BASELINE_VISITS) for one in visit(old, None)]
    met = [timed for one in visits for timed in (one.new, one.site)]
    return Baseline(
        statistics.median(one.new.seconds for one in visits if one.what.part == "service"),
        any(timed.is_overloaded or timed.answer.is_dropped for timed in met),
    )


def is_full(status: int, body: str) -> bool:
    """Whether a dashboard isn't ready only because all its kernels are in use, as it says then."""
    if status != 503:
        return False
    try:
        found = json.loads(body)
        return found["kernels"] > 0 and (found["heated"], found["room"]) == (0, 0)
    except (ValueError, TypeError, KeyError):
        return False
