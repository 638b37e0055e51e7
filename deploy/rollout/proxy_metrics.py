"""What the proxy counts of visitors' requests, by the service that answered them."""

import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass

from rollout.containers import PORTS
from rollout.errors import Failed
from rollout.http_client import ask_proxy
from rollout.releases import Colour

ERRORS = {500, 502, 504}
"""A part that has too much to do says 503, and rightly."""

SLOW_S = 1.2
"""One of the bounds by which the proxy counts durations."""

_SAMPLE = re.compile(r"^traefik_service_(\w+)\{(.*)\} (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True)
class Met:
    """What visitors met of a colour.

    Attributes:
        requests: to both of its parts.
        errors: those of them that it answered with one.
        gets: the API's GETs, whose bodies nobody can send slowly.
        slow: those of them that took longer than `SLOW_S`.
    """

    requests: int = 0
    errors: int = 0
    gets: int = 0
    slow: int = 0

    def __sub__(self, earlier: "Met") -> "Met":
        return Met(*(now - then for now, then in zip(astuple(self), astuple(earlier), strict=True)))

    def __str__(self) -> str:
        return f"{self.errors} of {self.requests} requests of visitors failed"


def read_page() -> str:
    """The proxy's page for Prometheus.

    Raises:
        Failed: it gives none.
    """
    answer = ask_proxy("/metrics")
    if answer.status != 200:
        raise Failed(f"the proxy doesn't say what it counted: {answer.status} {answer.body[:200]}")
    return answer.body


def requests_by_service(page: str) -> Iterator[tuple[str, int, float]]:
    """Services, statuses, and how many requests to the one were answered with the other."""
    for labels, value in _samples(page, "requests_total"):
        yield labels["service"], int(labels["code"]), value


def met_of(page: str, colour: Colour) -> Met:
    """What visitors met of a colour since the proxy began."""
    requests = errors = 0
    for service, code, count in requests_by_service(page):
        if service.removesuffix(f"-{colour}@file") in PORTS:
            requests += int(count)
            errors += int(count) if code in ERRORS else 0
    at_once = gets = 0
    for labels, count in _samples(page, "request_duration_seconds_bucket"):
        if labels["service"] != f"service-{colour}@file" or labels["method"] != "GET":
            continue
        if labels["le"] == "+Inf":
            gets += int(count)
        elif float(labels["le"]) == SLOW_S:
            at_once += int(count)
    return Met(requests, errors, gets, gets - at_once)


def _samples(page: str, name: str) -> Iterator[tuple[dict[str, str], float]]:
    for found, label_text, value in _SAMPLE.findall(page):
        if found == name:
            yield dict(_LABEL.findall(label_text)), float(value)
