"""The watch over a new colour while strangers do what they like: only what the release itself does
worse than the one before counts. No engine is needed."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pytest

from deploy.program import Program
from ports import free_port
from rollout import watch as watching
from rollout.containers import PORTS
from rollout.errors import Failed
from rollout.watch import Watch

NEW, OLD = "127.0.0.3", "127.0.0.4"
HOSTILE = ["/voila/static/%00", f"/voila/static/{'x' * 300}"]


class Says(NamedTuple):
    """An answer, and how long it takes."""

    status: int
    body: object = ""
    headers: Mapping[str, str] = MappingProxyType({})
    seconds: float = 0.0


FULL = Says(503, {"heated": 0, "kernels": 24, "room": 0})
FAILING = Says(503, {"heated": 0, "kernels": 2, "room": 22})
WELL = Says(200)
ERROR = Says(500)
SHED = Says(503, headers={"Retry-After": "2"})

Colour = Callable[[str], Says]
"""What a colour answers to a path."""


def well(_: str) -> Says:
    return WELL


def slow(_: str) -> Says:
    return Says(200, seconds=0.1)


def at(found: str, answer: Says) -> Colour:
    """All is well but for this path."""
    return lambda path: answer if path == found else WELL


@dataclass
class Site:
    """Two colours and a proxy that leads to the new one."""

    program: Program
    new: Colour = well
    old: Colour = well
    counted: dict[tuple[str, int], int] = field(default_factory=dict)

    def met(
        self,
        path: str,
        status: int,
        part: str = "dashboard",
        client: str = "192.0.2.1",
        times: int = 10,
        method: str = "GET",
    ) -> None:
        """Let a stranger have met this, since the watch began."""
        key = part, status
        self.counted[key] = self.counted.get(key, 0) + times
        line = {
            "ClientHost": client,
            "DownstreamStatus": status,
            "RequestMethod": method,
            "RequestPath": path,
            "ServiceName": f"{part}-green@file",
        }
        with (self.program.folder / "log/access.log").open("a") as log:
            log.write(f"{json.dumps(line)}\n" * times)

    def metrics(self) -> str:
        """The proxy's page."""
        return "".join(
            f'traefik_service_requests_total{{code="{code}",service="{part}-green@file"}} {count}\n'
            for (part, code), count in self.counted.items()
        )

    def answer(self, address: str, path: str) -> Says:
        """What somebody who asks at this address is told."""
        if path == "/metrics":
            return Says(200, self.metrics())
        return self.old(path) if address == OLD else self.new(path.removeprefix("/api"))

    def watched(
        self, first: bool = False, looks: int = 3, then: Callable[[], None] = lambda: None
    ) -> None:
        """Begin to watch, let something happen, and look some times."""
        watch = Watch("green", None if first else "blue")
        then()
        for _ in range(looks):
            watch.go_on(0.001)


@contextmanager
def served(site: Site, address: str, port: int) -> Iterator[None]:
    """Somebody who answers there for the site."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers, seconds = site.answer(address, self.path)
            time.sleep(seconds)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write((body if isinstance(body, str) else json.dumps(body)).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer((address, port), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield
        server.shutdown()


@pytest.fixture
def site(program: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """All is well, containers run, nobody has met anything."""
    containers = "".join(
        f'  "inspect wearcast-"*{name}*) echo \'[{{"State": {{"Running": true}}, "RestartCount": 0,'
        f' "NetworkSettings": {{"Networks": {{"n": {{"IPAddress": "{address}"}}}}}}}}]\' ;;\n'
        for name, address in (("green", NEW), ("blue", OLD))
    )
    program.docker(containers)
    (program.folder / "log/access.log").write_text("")
    proxy = free_port()
    program.settings(f"SITE_HTTP={proxy}\nSITE_INSIDE={proxy}\n")
    monkeypatch.setattr(Watch, "PAUSE_S", 0)
    found = Site(program)
    with ExitStack() as stack:
        stack.enter_context(served(found, "127.0.0.1", proxy))
        for part in PORTS:
            monkeypatch.setitem(PORTS, part, free_port())
            for address in (NEW, OLD):
                stack.enter_context(served(found, address, PORTS[part]))
        yield found


def test_a_site_where_all_is_well(site: Site) -> None:
    site.watched()
    site.watched(first=True)


def test_a_full_dashboard_does_not_count(site: Site) -> None:
    site.new = at("/health/ready", FULL)
    site.watched(then=lambda: site.met("/", 503, times=50))


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        FAILING,
        Says(503, "no available server"),
        Says(503, {"heated": None}),
        Says(503, [1]),
        Says(500, FULL.body),
    ],
    ids=["its kernels fail", "none is there", "no room is told", "another body", "another status"],
)
def test_one_that_cannot_be_used_for_another_reason_does(
    site: Site, answer: Says, first: bool
) -> None:
    site.new = at("/health/ready", answer)
    with pytest.raises(Failed, match=f"/health/ready answers {answer.status}"):
        site.watched(first)


def test_what_the_release_before_does_no_better_is_no_fault_of_the_new_one(site: Site) -> None:
    site.new = site.old = at("/forecast/latest", ERROR)
    site.watched()


def test_an_api_that_does_nothing_but_refuse_counts_and_one_that_refuses_now_and_then_does_not(
    site: Site,
) -> None:
    site.new = at("/recommendation/by_day", SHED)
    watch = Watch("green", "blue")
    for _ in range(4):
        watch.go_on(0.001)
    site.new = well
    watch.go_on(0.001)
    site.new = at("/recommendation/by_day", SHED)
    for _ in range(4):
        watch.go_on(0.001)
    with pytest.raises(Failed, match="/recommendation/by_day answers 503"):
        watch.go_on(0.001)


def test_slowness_counts_where_the_release_before_is_quicker(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SLOW_S", 0.05)
    site.new = site.old = slow
    site.watched()
    site.old = well
    with pytest.raises(Failed, match=r"too slow: our visits take 0\.1 s"):
        site.watched()


def test_a_release_before_that_was_slow_under_the_same_traffic(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no visitors any more, so it is quick now."""
    monkeypatch.setattr(watching, "SLOW_S", 0.05)
    site.new = site.old = slow

    def shift() -> None:
        site.old = well

    site.watched(then=shift)


@pytest.mark.parametrize("status", [429, 503])
def test_refusals_that_strangers_provoke_do_not_count(site: Site, status: int) -> None:
    site.watched(then=lambda: site.met("/api/forecast", status, "service", method="POST"))


def test_errors_that_strangers_know_how_to_provoke_do_not_count(site: Site) -> None:
    def says(path: str) -> Says:
        return ERROR if path in HOSTILE else WELL

    def attack() -> None:
        for path in HOSTILE:
            site.met(path, 500)
        site.met("/api/forecast", 500, "service", method="POST")
        site.met("/api/forecast/latest", 500, "service")  # not again, for nobody

    site.new = site.old = says
    site.watched(then=attack)


def test_an_attack_that_the_new_release_withstands_does_not_count(site: Site) -> None:
    """The requests that failed are answered now, and by the old colour they aren't."""
    site.old = at(HOSTILE[1], ERROR)
    site.watched(then=lambda: site.met(HOSTILE[1], 500))


@pytest.mark.parametrize(
    ("part", "path"),
    [("service", "/stations"), ("dashboard", "/voila/static/main.css")],
)
def test_an_error_of_the_new_release_s_own_does(site: Site, part: str, path: str) -> None:
    """Although one client hides it behind errors that the old release has, too."""

    def attack() -> None:
        for number in range(100):
            site.met(f"/voila/static/%00{number}", 500)
        for client in ("192.0.2.7", "192.0.2.8"):
            site.met("/api" * (part == "service") + path, 500, part, client)

    def says(asked: str) -> Says:
        return ERROR if "%00" in asked else WELL

    site.old = says
    site.new = lambda asked: ERROR if asked == path else says(asked)
    with pytest.raises(Failed, match=f"{part}-green fails at GET {path}"):
        site.watched(then=attack)


def test_a_log_that_is_begun_anew_is_read_from_its_beginning(site: Site) -> None:
    log: Path = site.program.folder / "log/access.log"
    log.write_text("x" * 5000)

    def rotate() -> None:
        log.write_text("")
        site.met("/voila/static/main.css", 500)

    site.new = at("/voila/static/main.css", ERROR)
    with pytest.raises(Failed, match="fails at GET"):
        site.watched(then=rotate)
