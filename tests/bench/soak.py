"""The service at work for an hour: every kind of request at a bounded rate, a refresh a minute, no
error, and memory that stays.

python tests/bench/soak.py [MINUTES]    default: 60; fails where anything went wrong, or memory grew
by 2 % after the first tenth

Forecasts come from `wearcast refresh`, which replays the sample, in processes of their own. It
needs what `make repro` makes.
"""

import itertools
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

import numpy as np
from rich.console import Console
from rich.table import Table
from servers import WEARCAST, Client, Server, environment, free_port, running

from wearcast.vocabulary import Activity, Exposure, Sensitivity, Style

ROOT = Path(__file__).parents[2]
RATE_PER_S, THREADS = 50, 4
REFRESH_S, SAMPLE_S = 60.0, 2.0
WARM_UP, WINDOW = 0.1, 0.05
"""Shares of the time: memory after the first is compared with memory at the end, each the middle of
a window of the second."""

MOST_GROWTH = 0.02
MOST_TOLD = 10
REFRESHED = (0, 3)
"""Exit codes of a refresh that published; 3 is without some station."""


@dataclass(frozen=True)
class Asked:
    """A request: of what kind it is, and all that makes it."""

    kind: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    day: str = ""


@dataclass
class Soak:
    """What goes on, and what came of it; shared by all threads, each of which only adds."""

    server: Server
    ends_s: float
    took_ms: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    refreshes: int = 0
    versions: set[str] = field(default_factory=set)
    rss_mb: list[tuple[float, float]] = field(default_factory=list)

    def steadily(self, each_s: float, first_s: float, act: Callable[[], None]) -> None:
        """Act at every multiple of a time from the first one on, until the end; what is late isn't
        made up for."""
        at_s = first_s
        while at_s < self.ends_s:
            time.sleep(max(0.0, at_s - time.monotonic()))
            act()
            at_s = max(at_s + each_s, time.monotonic() - each_s)


class Asker:
    """One client: it asks at random, on one connection, and looks at what it gets."""

    def __init__(self, soak: Soak, seed: int) -> None:
        self._soak = soak
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._client = Client(soak.server.port)
        self._tags: dict[str, str] = {}
        self._days = offered(soak.server)

    def read(self) -> None:
        """One GET or HEAD."""
        self._ask(self._reading())

    def write(self) -> None:
        """One POST of each kind."""
        for asked in (self._history(), self._wardrobe("by_day"), self._wardrobe("by_hour")):
            self._ask(asked)

    def _ask(self, asked: Asked) -> None:
        soak, began_s = self._soak, time.perf_counter()
        try:
            reply = self._client.ask(asked.method, asked.path, asked.headers, asked.body)
        except (OSError, HTTPException) as error:
            soak.faults.append(f"{asked.method} {asked.path}: {error!r}")
            self._client.close()
            return
        soak.took_ms[asked.kind].append(1000 * (time.perf_counter() - began_s))
        soak.statuses[str(reply.status)] += 1
        if tag := reply.headers.get("etag"):
            self._tags[asked.path] = tag
        if reply.status == 404 and asked.day:
            # The replay may have left the day meanwhile.
            self._days = offered(soak.server)
            if asked.day not in itertools.chain(*self._days.values()):
                return
        expected = {200, 304} if "If-None-Match" in asked.headers else {200}
        if reply.status not in expected or bool(reply.body) != (
            asked.method != "HEAD" and reply.status != 304
        ):
            soak.faults.append(
                f"{asked.method} {asked.path}: {reply.status}, {len(reply.body)} bytes:"
                f" {reply.body[:200]!r}"
            )

    def _reading(self) -> Asked:
        kind, path, query = self._random.choice(
            (
                self._latest,
                self._latest,
                self._advice,
                self._advice,
                self._advice,
                self._advice,
                self._plain,
            )
        )()
        day = query.get("target_date", "")
        full = f"{path}?{urlencode(query)}" if query else path
        headers = {"Accept-Language": self._random.choice(("en", "ko;q=0.9, en;q=0.5", "fr"))}
        if self._random.random() < 0.5:
            headers["Accept-Encoding"] = "gzip"
        if self._random.random() < 0.3 and full in self._tags:
            headers["If-None-Match"] = self._tags[full]
        method = "HEAD" if self._random.random() < 0.1 else "GET"
        return Asked(kind, method, full, headers, day=day)

    def _latest(self) -> tuple[str, str, dict[str, str]]:
        query = {
            "station": self._station(),
            "units": self._units(),
            "format": self._random.choice(("json", "csv", "records")),
        }
        return "/forecast/latest", "/forecast/latest", query

    def _advice(self) -> tuple[str, str, dict[str, str]]:
        at, query = self._random.choice(("by_day", "by_hour")), self._person()
        path = f"/recommendation/{at}"
        return (
            path,
            path,
            query | ({"hour": str(self._random.randrange(24))} if at == "by_hour" else {}),
        )

    def _plain(self) -> tuple[str, str, dict[str, str]]:
        path = self._random.choice(LEGACY_RECORDS)
        return (
            "the rest",
            path,
            {"station": self._station()} if path == "/verification/recent" else {},
        )

    def _person(self) -> dict[str, str]:
        station = self._station()
        return {
            "station": station,
            # A refresh takes an hour off the first day and adds one to the last.
            "target_date": self._random.choice(self._days[station][1:-1]),
            "activity": self._random.choice(list(Activity)).value,
            "sensitivity": self._random.choice(list(Sensitivity)).value,
            "exposure": self._random.choice(list(Exposure)).value,
            "style": self._random.choice(list(Style)).value,
            "units": self._units(),
            "lang": self._random.choice(("en", "ko")),
        }

    def _station(self) -> str:
        return self._random.choice(list(self._days))

    def _units(self) -> str:
        return self._random.choice(("metric", "imperial"))

    def _history(self) -> Asked:
        hours = [
            {"temp_c": round(self._random.gauss(5, 8), 1), "wind_ms": 3.0}
            for _ in range(self._random.choice((168, 720, 9_600)))
        ]
        body = {
            "station": self._station(),
            "first": "2013-01-01T00:00:00Z",
            "hours": hours,
            "units": self._units(),
        }
        return posted("POST /forecast", "/forecast", body)

    def _wardrobe(self, at: str) -> Asked:
        query = self._person() | ({"hour": "8"} if at == "by_hour" else {})
        asked = posted(
            "POST /recommendation", f"/recommendation/{at}?{urlencode(query)}", {"own": OWNED}
        )
        return Asked(
            asked.kind, asked.method, asked.path, asked.headers, asked.body, query["target_date"]
        )


LEGACY_RECORDS = (
    "/stations",
    "/model",
    "/model/verification",
    "/verification/recent",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/docs",
    "/openapi.json",
    "/static-offline-docs/swagger-ui-bundle.js",
)
READ = {"/forecast/latest", "/recommendation/by_day", "/recommendation/by_hour", *LEGACY_RECORDS}
OWNED = ["tshirt", "hoodie", "jeans", "canvas_sneakers"]


def posted(kind: str, path: str, body: Mapping[str, Any]) -> Asked:
    """A POST of JSON."""
    return Asked(
        kind, "POST", path, {"Content-Type": "application/json"}, json.dumps(body).encode()
    )


def offered(server: Server) -> dict[str, list[str]]:
    """The days that advice can be had for, by station."""
    return {
        one["id"]: one["days"]
        for one in json.loads(server.ask("GET", "/stations").body)["stations"]
        if one["days"]
    }


def main(minutes: float) -> None:
    """Soak it, print the table, and fail where something was wrong."""
    with tempfile.TemporaryDirectory(prefix="wearcast-soak-") as name:
        folder = Path(name)
        env = environment(
            folder, WEARCAST_STORE=str(folder / "store"), WEARCAST_HISTORY=str(folder / "history")
        )
        refresh(env)
        port, log = free_port(), folder / "service.log"
        with running(
            [WEARCAST, "serve", "--port", str(port)], port, "/health/ready", log, ROOT, env
        ) as server:
            unasked = addresses(server) - READ
            soak = Soak(server, time.monotonic() + 60 * minutes)
            soaked(soak, env)
            code = server.end()
        soak.faults += [f"nobody asked for {path}" for path in unasked] + (
            [f"the service ended with {code}"] if code else []
        )
        soak.faults += [
            f"log: {line}" for line in log.read_text().splitlines() if not harmless(line)
        ]
    show(soak, minutes)


def addresses(server: Server) -> set[str]:
    """Every address that answers GET."""
    paths = json.loads(server.ask("GET", "/openapi.json").body)["paths"]
    return {path for path, methods in paths.items() if "get" in methods}


def refresh(env: Mapping[str, str]) -> int:
    """A refresh in a process of its own; its exit code."""
    done = subprocess.run(
        [WEARCAST, "refresh"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    if done.returncode not in REFRESHED:
        raise RuntimeError(f"refresh ended with {done.returncode}: {done.stderr[-2_000:]}")
    return done.returncode


def soaked(soak: Soak, env: Mapping[str, str]) -> None:
    """Everything at once, until the time is over."""
    began_s = time.monotonic()
    askers = [Asker(soak, seed) for seed in range(THREADS + 1)]

    def renew() -> None:
        try:
            refresh(env)
        except RuntimeError as error:
            soak.faults.append(str(error))
        soak.refreshes += 1

    def note() -> None:
        soak.rss_mb.append((time.monotonic() - began_s, soak.server.rss_mb))
        soak.versions.add(json.loads(soak.server.ask("GET", "/health/ready").body)["snapshot"])

    plan = [
        (THREADS / RATE_PER_S, began_s + number / RATE_PER_S, asker.read)
        for number, asker in enumerate(askers[:-1])
    ]
    plan += [
        (1.0, began_s, askers[-1].write),
        (REFRESH_S, began_s + REFRESH_S / 2, renew),
        (SAMPLE_S, began_s, note),
    ]
    threads = [threading.Thread(target=watched, args=(soak, each)) for each in plan]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def watched(soak: Soak, each: tuple[float, float, Callable[[], None]]) -> None:
    """One thread's work; an end before its time is a fault too."""
    try:
        soak.steadily(*each)
    except Exception as error:  # noqa: BLE001 - a thread that dies must be heard of
        soak.faults.append(f"a client died: {error!r}")


def harmless(line: str) -> bool:
    """Whether a line of the service's log tells of nothing bad."""
    try:
        return json.loads(line)["level"] in ("INFO", "WARNING")
    except (ValueError, KeyError):
        return False


def resident(soak: Soak, first: float, last: float) -> float:
    """The middle of the resident memory in MB between two shares of the time."""
    whole_s = soak.rss_mb[-1][0]
    return median(mb for at_s, mb in soak.rss_mb if first <= at_s / whole_s <= last)


def show(soak: Soak, minutes: float) -> None:
    """Print the table, and fail where something was wrong."""
    asked = sum(map(len, soak.took_ms.values()))
    table = Table(
        "kind",
        "requests",
        "median, ms",
        "99 % under",
        title=f"{minutes:g} minutes, {asked:,} requests",
    )
    for kind, took_ms in sorted(soak.took_ms.items()):
        table.add_row(
            kind, f"{len(took_ms):,}", f"{median(took_ms):.2f}", f"{np.quantile(took_ms, 0.99):.1f}"
        )
    tenths = ", ".join(f"{resident(soak, tenth / 10, (tenth + 1) / 10):.1f}" for tenth in range(10))
    after, end = resident(soak, WARM_UP, WARM_UP + WINDOW), resident(soak, 1 - WINDOW, 1)
    grown = end / after - 1
    console = Console(width=140)
    console.print(table)
    statuses = ", ".join(f"{code} {count:,} times" for code, count in sorted(soak.statuses.items()))
    console.print(f"status: {statuses}")
    console.print(
        f"{asked / 60 / minutes:.1f} requests a second, {soak.refreshes} refreshes,"
        f" {len(soak.versions)} snapshots seen"
    )
    console.print(f"resident memory in MB, each tenth of the time: {tenths}")
    console.print(
        f"resident memory: {after:.1f} MB after the warm-up, {end:.1f} MB at the end: {grown:+.2%},"
        f" the bar is < {MOST_GROWTH:.0%}"
    )
    if soak.faults or grown >= MOST_GROWTH or len(soak.versions) < min(2, soak.refreshes):
        random.shuffle(soak.faults)
        sys.exit("\n".join([f"{len(soak.faults)} faults, such as", *soak.faults[:MOST_TOLD]]))
    console.print("no errors")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
