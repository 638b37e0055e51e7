"""Attacks on the API itself, without a proxy before it."""

import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import numpy as np
from copied_stations import copied
from figure import Figure
from servers import WEARCAST, Client, Server, environment, free_port, publish, running

from wearcast.config import Paths
from wearcast.forecasting.snapshot import Snapshot

ROOT = Path(__file__).parents[2]
LATEST, BY_DAY, FORECAST = "/forecast/latest", "/recommendation/by_day", "/forecast"
MOST_WAIT_MS, MOST_ADDED_MB, MOST_TIMES = 50.0, 50.0, 5.0
BESIDE_S, ATTACK_PER_S = 6.0, 100
HALF_REQUESTS = 1_124
STATIONS, MOST_READ_MS = 50, 60.0
JSON = {"Content-Type": "application/json"}
HOUR = {"temp_c": 12.5, "dewpoint_c": 8.1, "wind_ms": 3.2, "precip_mm": 0.0}


def attacks() -> Iterator[Figure]:
    """Every attack and its figures."""
    content = Paths.find().snapshot.read_bytes()
    with served(content) as (server, store):
        yield from bodies(server)
        yield from readers(server)
        yield from half_requests(server)
        yield from swap(server, store, copied(content, STATIONS))


@contextmanager
def served(content: bytes) -> Iterator[tuple[Server, str]]:
    """A service and its store."""
    with tempfile.TemporaryDirectory(prefix="wearcast-hostile-") as name:
        folder, port = Path(name), free_port()
        store = str(folder / "store")
        publish(store, content)
        env = environment(folder, WEARCAST_STORE=store, WEARCAST_REVALIDATE_EVERY="1s")
        env["WEARCAST_LAST_GOOD"] = str(folder / "last-good")
        command = [WEARCAST, "serve", "--port", str(port)]
        log = folder / "service.log"
        with running(command, port, "/health/ready", log, ROOT, env) as server:
            yield server, store


class Reader:
    """Somebody who asks for a kept answer every few milliseconds, on one connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.took_ms: list[float] = []

    def __enter__(self) -> "Reader":
        self._thread.start()
        time.sleep(0.3)
        self.took_ms.clear()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(30)

    @property
    def p99_ms(self) -> float:
        """The 99th percentile of the answers so far."""
        return float(np.quantile(self.took_ms, 0.99))

    def _read(self) -> None:
        with closing(Client(self._port)) as client:
            while not self._ended.wait(0.004):
                began_s = time.perf_counter()
                reply = client.ask("GET", LATEST)
                self.took_ms.append(1000 * (time.perf_counter() - began_s))
                assert reply.status == 200, reply.body


def bodies(server: Server) -> Iterator[Figure]:
    """Bodies of every hostile form: the memory that they add, and the longest wait of a reader."""
    for name, path, body in hostile_bodies():
        before_mb = peak_mb(server)
        with Reader(server.port) as reader:
            sent_by_another_process(server.port, path, body)
            time.sleep(0.5)
            added_mb = peak_mb(server) - before_mb
        yield Figure(f"{name}: a reader's p99", reader.p99_ms, "ms", MOST_WAIT_MS)
        yield Figure(f"{name}: memory added", added_mb, "MB", MOST_ADDED_MB)


def hostile_bodies() -> Iterator[tuple[str, str, bytes]]:
    """A name, a path and a body each."""
    history = {"station": "EWR", "first": "2013-01-01T00:00:00Z"}
    unknown = {**HOUR, **{f"key{number}": 1 for number in range(45)}}
    objects = {
        "150,000 unknown garments": (BY_DAY, {"garments": _keys(150_000, {})}),
        "5,000 unknown garments": (BY_DAY, {"garments": _keys(5_000, {})}),
        "9,000 hours of 45 unknown keys": (FORECAST, {**history, "hours": [unknown] * 9_000}),
        "2,000 hours of 45 unknown keys": (FORECAST, {**history, "hours": [unknown] * 2_000}),
        "300,000 unknown keys": (FORECAST, _keys(300_000, 1)),
        "90,000 unknown keys": (FORECAST, _keys(90_000, 1)),
        "9,600 hours": (FORECAST, {**history, "hours": [HOUR] * 9_600}),
    }
    for name, (path, content) in objects.items():
        yield name, path, json.dumps(content, separators=(",", ":")).encode()
    yield "490,000 lists", FORECAST, b'{"hours":[' + b"[]," * 490_000 + b"[]]}"
    yield "200,000 objects in each other", FORECAST, b'{"a":' * 200_000
    yield "a number of 1.4 million digits", FORECAST, b'{"hours":[' + b"9" * 1_400_000 + b"]}"
    yield "3.85 MB of garments", BY_DAY, b'{"garments":{' + b'"a":{},' * 550_000 + b'"b":{}}}'


def _keys(count: int, value: object) -> dict[str, object]:
    return {f"key{number}": value for number in range(count)}


def sent_by_another_process(port: int, path: str, body: bytes) -> None:
    """Post a body; the sender doesn't share this process's interpreter with the reader."""
    script = (
        "import http.client, sys\n"
        "client = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=60)\n"
        "client.request('POST', sys.argv[2], sys.stdin.buffer.read(), {'Content-Type':"
        " 'application/json'})\n"
        "client.getresponse().read()\n"
    )
    command = [sys.executable, "-c", script, str(port), path]
    subprocess.run(command, input=body, timeout=120, check=True)


def readers(server: Server) -> Iterator[Figure]:
    """A reader's p99 beside one client that asks a hundred times a second for what costs most."""
    with Reader(server.port) as alone:
        time.sleep(BESIDE_S)
    most_ms = max(MOST_WAIT_MS, MOST_TIMES * alone.p99_ms)
    yield Figure("a reader alone: p99", alone.p99_ms, "ms", MOST_WAIT_MS)
    for kind in KINDS:
        command = [sys.executable, __file__, kind, str(server.port), str(BESIDE_S + 1)]
        busy = subprocess.Popen(command)
        time.sleep(1)
        with Reader(server.port) as reader:
            time.sleep(BESIDE_S - 1)
        busy.wait(60)
        yield Figure(f"beside {kind}: a reader's p99", reader.p99_ms, "ms", most_ms)


def misses(number: int) -> tuple[str, str, dict[str, str], bytes | None]:
    """Advice that nobody asked for before."""
    return "GET", f"{BY_DAY}?wake={number % 12}&sleep=23{'&' * number}", {}, None


def histories(_: int) -> tuple[str, str, dict[str, str], bytes | None]:
    """The longest history that there may be."""
    return "POST", FORECAST, JSON, LONG_HISTORY


def wardrobes(number: int) -> tuple[str, str, dict[str, str], bytes | None]:
    """A wardrobe of one's own."""
    own = {"own": ["tshirt", "jeans", "canvas_sneakers", "hoodie", "trench_coat"]}
    return "POST", f"{BY_DAY}?wake={number % 12}", JSON, json.dumps(own).encode()


def languages(number: int) -> tuple[str, str, dict[str, str], bytes | None]:
    """CSV with another Accept-Language each time."""
    headers = {"Accept-Encoding": "gzip", "Accept-Language": f"ko;q=0.{number},x{number}"}
    return "GET", f"{LATEST}?format=csv", headers, None


def documents(number: int) -> tuple[str, str, dict[str, str], bytes | None]:
    """The document, compressed, with another query each time."""
    return "GET", f"/openapi.json?{number}", {"Accept-Encoding": "gzip"}, None


LONG_HISTORY = json.dumps(
    {"station": "EWR", "first": "2013-01-01T00:00:00Z", "hours": [HOUR] * 9_600}
).encode()
KINDS: dict[str, Callable[[int], tuple[str, str, dict[str, str], bytes | None]]] = {
    "advice not kept": misses,
    "POST of 9,600 hours": histories,
    "POST of a wardrobe": wardrobes,
    "CSV in many languages": languages,
    "the document": documents,
}


def ask_often(kind: str, port: int, seconds: float) -> None:
    """Ask a hundred times a second, on eight connections, for some seconds."""
    began_s, count = time.monotonic(), iter(range(1_000_000))

    def ask() -> None:
        with closing(Client(port)) as client:
            while time.monotonic() < began_s + seconds:
                number = next(count)
                pause_s = began_s + number / ATTACK_PER_S - time.monotonic()
                if pause_s > 0:
                    time.sleep(pause_s)
                client.ask(*_as_arguments(KINDS[kind](number)))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _as_arguments(
    asked: tuple[str, str, dict[str, str], bytes | None],
) -> tuple[str, str, dict[str, str], bytes | None]:
    method, path, headers, body = asked
    return method, path[:7_000], headers, body


def half_requests(server: Server) -> Iterator[Figure]:
    """Connections that never send the end of a request: whoever comes after them is answered, and
    the server ends them."""
    with ExitStack() as stack:
        sockets = []
        for _ in range(HALF_REQUESTS):
            half = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            half.sendall(b"GET /forecast/latest HTTP/1.1\r\nHost: x\r\n")
            sockets.append(half)
        began_s = time.perf_counter()
        assert server.ask("GET", LATEST).status == 200
        took_ms = 1000 * (time.perf_counter() - began_s)
        yield Figure(
            f"beside {HALF_REQUESTS:,} half requests: an answer", took_ms, "ms", 20 * MOST_WAIT_MS
        )
        time.sleep(16)
        left = sum(not _is_closed(half) for half in sockets)
        yield Figure("half requests left after 16 s", left, "", 0)


def _is_closed(half: socket.socket) -> bool:
    half.settimeout(0.5)
    try:
        while half.recv(1_000):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def swap(server: Server, store: str, content: bytes) -> Iterator[Figure]:
    """A snapshot of many stations: how long it takes to read, what a reader sees at the swap."""
    took_ms = []
    for _ in range(5):
        began_s = time.perf_counter()
        Snapshot.from_bytes(content)
        took_ms.append(1000 * (time.perf_counter() - began_s))
    yield Figure(f"{STATIONS} stations: reading the snapshot", min(took_ms), "ms", MOST_READ_MS)
    with Reader(server.port) as reader:
        publish(store, content)
        until_s = time.monotonic() + 30
        while len(json.loads(server.ask("GET", "/stations").body)["stations"]) < STATIONS:
            assert time.monotonic() < until_s, "the new snapshot isn't served"
            time.sleep(0.05)
        time.sleep(1)
    yield Figure("at the swap: a reader's longest wait", max(reader.took_ms), "ms", MOST_WAIT_MS)


def peak_mb(server: Server) -> float:
    """The most resident memory that the server and its workers had since this was last asked."""
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    most_kb = 0
    for folder in [Path(f"/proc/{one}") for one in (pid, *children.split())]:
        lines = (folder / "status").read_text().splitlines()
        [peak] = [line for line in lines if line.startswith("VmHWM:")]
        most_kb += int(peak.split()[1])
        (folder / "clear_refs").write_text("5")  # begins anew
    return most_kb * 1024 / 1e6


if __name__ == "__main__":
    ask_often(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
