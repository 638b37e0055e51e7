"""Attacks on the proxy, with compose.yaml's flags and the real routes in front of a service that
runs: what one client can take from others."""

import http.client
import itertools
import math
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from figure import Figure
from servers import WEARCAST, environment, free_port, publish, running

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from deploy.bare_proxy import BareProxy, bare_proxy, notices

LATEST = "/api/forecast/latest"
ATTACKER, READER = "127.0.0.2", "127.0.0.3"
UPLOADS, UPLOAD_BYTES = 100, 4_400_000
UPLOADERS = 10
HALF_REQUESTS = 1_124
READING_S = 5.0
READ_PER_S = 50
BUSY_PER_S = 100
MOST_MEMORY_MB = 50.0
MOST_P99_MS = 50.0
TIMES_ALONE = 5.0


@dataclass(frozen=True)
class Read:
    """What a reader met: the 99th percentile of its answers' times, and how many failed."""

    p99_ms: float
    failed: int


def attacks() -> Iterator[Figure]:
    """Each attack, beside somebody who reads."""
    with tempfile.TemporaryDirectory(prefix="wearcast-proxy-") as name, site(Path(name)) as proxy:
        alone = read(proxy)
        most_ms = max(MOST_P99_MS, TIMES_ALONE * alone.p99_ms)
        yield Figure("reader alone: p99", alone.p99_ms, "ms", math.inf)
        for attack in (unfinished_uploads, slow_uploaders, half_requests, busy_client):
            before_mb = held_mb(proxy)
            with attack(proxy) as what:
                found = read(proxy)
                grown_mb = held_mb(proxy) - before_mb
            yield Figure(f"{what}: reader's p99", found.p99_ms, "ms", most_ms)
            yield Figure(f"{what}: reader's failures", found.failed, "", 0)
            yield Figure(f"{what}: the proxy's memory and files", grown_mb, "MB", MOST_MEMORY_MB)


@contextmanager
def site(folder: Path) -> Iterator[BareProxy]:
    """A service with the pipeline's snapshot, behind the proxy."""
    store = str(folder / "store")
    publish(store, (ROOT / "data/forecast/snapshot.npz").read_bytes())
    with served(folder, store) as service, notices() as port:
        parts = {"service": service.port, "dashboard": service.port, "notices": port}
        with bare_proxy(folder / "proxy", parts, TMPDIR=str(folder)) as proxy:
            yield proxy


def served(folder: Path, store: str):
    """The service, which believes the proxy about clients."""
    port = free_port()
    settings = {
        "WEARCAST_STORE": store,
        "WEARCAST_PORT": str(port),
        "WEARCAST_ROOT_PATH": "/api",
        "WEARCAST_TRUSTED_PROXIES": "127.0.0.1/32",
    }
    command = [WEARCAST, "serve"]
    log = folder / "service.log"
    return running(command, port, "/health/ready", log, ROOT, environment(folder, **settings))


def read(proxy: BareProxy) -> Read:
    """Read the forecast steadily for some seconds, on a connection that is kept."""
    times_ms, failed = [], 0
    connection = connected(proxy, READER)
    end = time.monotonic() + READING_S
    while (began := time.monotonic()) < end:
        try:
            connection.request("GET", LATEST)
            answer = connection.getresponse()
            answer.read()
            failed += answer.status != 200
        except (OSError, http.client.HTTPException):
            failed += 1
            connection.close()
            connection = connected(proxy, READER)
        taken = time.monotonic() - began
        times_ms.append(1000 * taken)
        time.sleep(max(0.0, 1 / READ_PER_S - taken))
    connection.close()
    return Read(quantiles(times_ms, n=100)[98], failed)


def connected(proxy: BareProxy, client: str) -> http.client.HTTPConnection:
    """A connection of a client with this address."""
    return http.client.HTTPConnection(
        "127.0.0.1", proxy.port, timeout=5, source_address=(client, 0)
    )


def held_mb(proxy: BareProxy) -> float:
    """The proxy's memory and its open files, which a container keeps in memory too."""
    status = Path(f"/proc/{proxy.pid}/status").read_text()
    memory = int(status.split("VmRSS:")[1].split()[0]) * 1024
    files = 0
    for descriptor in Path(f"/proc/{proxy.pid}/fd").iterdir():
        with suppress(OSError):
            if "multibuf" in os.readlink(descriptor):
                files += descriptor.stat().st_size
    return (memory + files) / 1e6


@contextmanager
def unfinished_uploads(proxy: BareProxy) -> Iterator[str]:
    """All but the last byte of many large bodies, from one address."""
    with ExitStack() as stack:
        for _ in range(UPLOADS):
            stack.enter_context(closing(upload(proxy, UPLOAD_BYTES, UPLOAD_BYTES - 1)))
        yield f"{UPLOADS} unfinished uploads of 4.4 MB"


def upload(proxy: BareProxy, size: int, sent: int) -> socket.socket:
    """Begin an upload, and send this much of it, as far as it is taken at once."""
    connection = socket.create_connection(
        ("127.0.0.1", proxy.port), 5, source_address=(ATTACKER, 0)
    )
    head = f"POST /api/forecast HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n"
    connection.settimeout(0.2)
    with suppress(OSError):
        connection.sendall(head.encode())
        connection.sendall(bytes(sent))
    return connection


@contextmanager
def slow_uploaders(proxy: BareProxy) -> Iterator[str]:
    """Clients that send a body of 1.5 MB in small pieces, and begin anew when they are cut off."""
    with going_on(lambda number: upload_slowly(proxy, f"127.0.1.{number + 1}"), UPLOADERS):
        yield f"{UPLOADERS} clients that upload slowly"


def upload_slowly(proxy: BareProxy, client: str) -> None:
    """One body, 1 kB at a time, ten times a second; for 20 pieces at most."""
    head = b"POST /api/forecast HTTP/1.1\r\nHost: x\r\nContent-Length: 1500000\r\n\r\n"
    with (
        suppress(OSError),
        closing(
            socket.create_connection(("127.0.0.1", proxy.port), 5, source_address=(client, 0))
        ) as connection,
    ):
        connection.sendall(head)
        for _ in range(20):
            connection.sendall(b" " * 1000)
            time.sleep(0.1)


@contextmanager
def half_requests(proxy: BareProxy) -> Iterator[str]:
    """The beginnings of requests, from one address."""
    with ExitStack() as stack:
        for _ in range(HALF_REQUESTS):
            connection = socket.create_connection(
                ("127.0.0.1", proxy.port), 5, source_address=(ATTACKER, 0)
            )
            stack.enter_context(closing(connection)).sendall(b"GET / HTTP/1.1\r\n")
        yield f"{HALF_REQUESTS} half requests"


@contextmanager
def busy_client(proxy: BareProxy) -> Iterator[str]:
    """One client that asks for as many answers as it may, each in another language's name."""
    languages = itertools.count()

    def ask(_: int) -> None:
        headers = {"Accept-Language": f"x{next(languages)}", "Accept-Encoding": "gzip"}
        with (
            suppress(OSError, http.client.HTTPException),
            closing(connected(proxy, ATTACKER)) as connection,
        ):
            connection.request("GET", f"{LATEST}?format=csv", headers=headers)
            connection.getresponse().read()
        time.sleep(0.05)

    with going_on(ask, 2 * BUSY_PER_S // 20):
        yield f"one client's {BUSY_PER_S} requests a second and more"


@contextmanager
def going_on(act: Callable[[int], None], threads: int) -> Iterator[None]:
    """Each thread does it over and over, with its number."""
    ended = threading.Event()

    def go_on(number: int) -> None:
        while not ended.is_set():
            act(number)

    begun = [threading.Thread(target=go_on, args=(number,)) for number in range(threads)]
    for thread in begun:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in begun:
            thread.join()


if __name__ == "__main__":
    for figure in attacks():
        print(f"{figure.name}: {figure.found:.1f} {figure.unit} (at most {figure.most:g})")
