"""Two colours and a proxy in front of them that answer as a test says, for what watches them. No
engine is needed."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import NamedTuple

import pytest

from deploy.program import Program
from ports import free_port
from rollout.containers import PORTS
from rollout.watch import Watch

NEW, OLD = "127.0.0.3", "127.0.0.4"


class Says(NamedTuple):
    """An answer, and how long it takes."""

    status: int
    body: object = ""
    headers: Mapping[str, str] = MappingProxyType({})
    seconds: float = 0.0


WELL = Says(200)
ERROR = Says(500)
SHED = Says(503, headers={"Retry-After": "2"})
DROPPED = Says(0)

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
    """Two colours and a proxy that leads to the old one, and to the new one once it is watched."""

    program: Program
    new: Colour = well
    old: Colour = well
    is_shifted: bool = False
    counted: dict[tuple[str, int], int] = field(default_factory=dict)
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)

    def met(
        self,
        path: str,
        status: int,
        part: str = "dashboard",
        client: str = "192.0.2.1",
        times: int = 10,
        method: str = "GET",
        service: str = "",
    ) -> None:
        """Let a stranger have met this, since the watch began; `service` is who answered, where it
        isn't the new colour."""
        service = service or f"{part}-green@file"
        key = service, status
        self.counted[key] = self.counted.get(key, 0) + times
        line = {
            "ClientHost": client,
            "DownstreamStatus": status,
            "RequestMethod": method,
            "RequestPath": path,
            "ServiceName": service,
        }
        with (self.program.folder / "log/access.log").open("a") as log:
            log.write(f"{json.dumps(line)}\n" * times)

    def took(self, colour: str, slow: int, of: int) -> None:
        """Let so many more of the API's GETs have taken longer than 1.2 s."""
        self.taken[colour, "1.2"] += of - slow
        self.taken[colour, "+Inf"] += of

    def metrics(self) -> str:
        """The proxy's page."""
        requests = [
            f'traefik_service_requests_total{{code="{code}",service="{service}"}} {count}'
            for (service, code), count in self.counted.items()
        ]
        durations = [
            'traefik_service_request_duration_seconds_bucket{code="200",method="GET",'
            f'service="service-{colour}@file",le="{bound}"}} {count}'
            for (colour, bound), count in list(self.taken.items())
        ]
        return "\n".join([*requests, *durations, ""])

    def answer(self, address: str, path: str) -> Says:
        """What somebody who asks at this address is told."""
        if path == "/metrics":
            return Says(200, self.metrics())
        is_old = address == OLD or (address != NEW and not self.is_shifted)
        return (self.old if is_old else self.new)(path.removeprefix("/api"))

    def watch(self, first: bool = False) -> Watch:
        """Begin to watch, as the shift begins."""
        found = Watch("green", None if first else "blue")
        self.is_shifted = True
        return found

    def watched(
        self, first: bool = False, looks: int = 3, then: Callable[[], None] = lambda: None
    ) -> None:
        """Begin to watch, let something happen, and look some times."""
        watch = self.watch(first)
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
            if status == DROPPED.status:
                return
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


@contextmanager
def site_in_front_of(program: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
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
