"""The service against its bars: kept answers beside a raw ASGI app and a bare FastAPI app, others
beside computing them, the start, the memory.

    python tests/bench/service.py [SNAPSHOT]    default: the pipeline's own; fails where a bar is
    missed; takes three minutes

It needs wrk: apt install wrk, brew install wrk, or https://github.com/wg/wrk. Two servers, one
client and a few cores share one machine, so only ratios of rounds side by side say something; run
it while nothing else runs. Where SeaweedFS is at hand (`make test-real` installs it), start and
memory are told for a bucket too.
"""

import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import numpy as np
from copied_stations import copied
from rich.console import Console
from rich.table import Table
from servers import (
    WEARCAST,
    Client,
    Reply,
    Server,
    environment,
    free_port,
    program,
    publish,
    running,
)

from wearcast.config import Paths
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.manifest import ONNX
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.snapshot import Snapshot, version
from wearcast.serving.api.app import routes_app
from wearcast.serving.api.computing import call
from wearcast.serving.api.model_card import TrackedModel
from wearcast.serving.api.service import Service
from wearcast.serving.experiment.variants import CHAMPION
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_reader import SnapshotReader
from wearcast.serving.store.snapshot_store import SnapshotStore

ROOT = Path(__file__).parents[2]
WRK_ABSENT = "this needs wrk: apt install wrk, brew install wrk, or https://github.com/wg/wrk"
CONNECTIONS, ROUNDS, ROUND_S = 32, 5, 3
LATEST, BY_DAY = "/forecast/latest", "/recommendation/by_day"
LEAST_SHARE = 0.6
"""Of the requests a second of a raw ASGI app that sends the same bytes."""
MANY_CONNECTIONS, MOST_P99 = 256, 1.5
"""To the p99 of a bare FastAPI app with the same body."""
MOST_OF_COMPUTING = 2.0
"""An answer that isn't kept to computing it, and its JSON, in the bench's own process."""
MOST_OF_NETWORK = 3.0
"""`POST /forecast` to what it can't do without: the network's run, and JSON both ways."""
OWN_MS, READY_S, RSS_MB = 15.0, 4.0, 280.0
STARTS, NEW, OWN, OWN_LONG = 5, 300, 200, 10
STATIONS, READS, READ_MS, STALL_MS = 50, 20, 60.0, 50.0
NONE: Mapping[str, str] = MappingProxyType({})
JSON_BODY: Mapping[str, str] = MappingProxyType({"Content-Type": "application/json"})
REPORT = """
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("%f %f %d\\n", 1e6 * summary.requests / summary.duration,
    latency:percentile(99) / 1000, failed))
end
"""


@dataclass(frozen=True)
class Row:
    """A line of the table; `kept` is None where there is no bar."""

    measure: str
    found: str
    bar: str = "–"
    kept: bool | None = None


@dataclass(frozen=True)
class Round:
    """What wrk found in one round."""

    per_s: float
    p99_ms: float


def main(path: Path) -> None:
    """Measure everything, print the table, and fail where a bar is missed."""
    if not program("wrk"):
        sys.exit(WRK_ABSENT)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="wearcast-bench-") as name:
        folder = Path(name)
        (folder / "report.lua").write_text(REPORT)
        store = str(folder / "store")
        publish(store, path.read_bytes())
        rows = [
            bounded("process start to ready, median", starts(folder, store), READY_S, "s"),
            *under_load(folder, store),
            *reading(copied(path.read_bytes(), STATIONS)),
        ]
        rows += in_bucket(folder, path.read_bytes())
    show(rows, load)
    missed = [row.measure for row in rows if row.kept is False]
    if missed:
        sys.exit(f"missed: {'; '.join(missed)}")


def service(folder: Path, store: str) -> Any:
    """The service over a store, in a process of its own."""
    port = free_port()
    name = store.rpartition("/")[2]
    env = environment(
        folder, WEARCAST_STORE=store, WEARCAST_LAST_GOOD=str(folder / f"last-good-{name}")
    )
    return running(
        [WEARCAST, "serve", "--port", str(port)],
        port,
        "/health/ready",
        folder / "service.log",
        ROOT,
        env,
    )


def bare(folder: Path, replies: Mapping[str, Reply]) -> Any:
    """The bare FastAPI app with the same bodies."""
    kept = folder / "bodies"
    kept.mkdir()
    for name, reply in replies.items():
        (kept / name).write_bytes(reply.body)
    return other_app("bare_app.py", folder, kept, f"/{next(iter(replies))}")


def raw(folder: Path, replies: Mapping[str, Reply]) -> Any:
    """The raw ASGI app with the same bodies and headers."""
    kept = folder / "answers"
    kept.mkdir()
    for name, reply in replies.items():
        headers = {name: value for name, value in reply.headers.items() if name != "date"}
        (kept / f"{name}.body").write_bytes(reply.body)
        (kept / f"{name}.json").write_text(json.dumps(headers))
    return other_app("raw_app.py", folder, kept, f"/{next(iter(replies))}")


def other_app(script: str, folder: Path, kept: Path, ready: str) -> Any:
    """An app to compare with, in a process of its own."""
    port = free_port()
    command = [sys.executable, Path(__file__).with_name(script), str(port), kept]
    log = folder / f"{script}.log"
    return running(command, port, ready, log, ROOT, environment(folder))


def starts(folder: Path, store: str) -> list[float]:
    """Seconds from each of several starts until it is ready; the one before them has compiled its
    modules."""
    took_s = []
    for _ in range(1 + STARTS):
        with service(folder, store) as server:
            took_s.append(server.ready_s)
            server.end()
    return took_s[1:]


def under_load(folder: Path, store: str) -> Iterator[Row]:
    """What needs the service running: kept answers beside the bare app's, new ones, and memory
    after all that."""
    with service(folder, store) as server:
        latest, by_day = server.ask("GET", LATEST), server.ask("GET", BY_DAY)
        replies = {"latest": latest, "by_day": by_day}
        with bare(folder, replies) as plain, raw(folder, replies) as sending:
            for name, path in (("latest", LATEST), ("by_day", BY_DAY)):
                ours = url(server, path)
                yield from beside_raw(folder, f"{path}, kept", ours, url(sending, f"/{name}"))
                yield from beside_bare(folder, ours, url(plain, f"/{name}"))
        yield from beside_computing(server, store)
        yield bounded(
            "POST /forecast, 168 hours, median", list(own(server, latest, 168, OWN)), OWN_MS, "ms"
        )
        yield from beside_network(server, latest)
        yield told(
            "POST /forecast, 9,600 hours, median", list(own(server, latest, 9_600, OWN_LONG)), "ms"
        )
        yield bounded("resident memory after the load", [server.rss_mb], RSS_MB, "MB")


def reading(content: bytes) -> Iterator[Row]:
    """Reading a snapshot, hash and checks included, and what that lets other threads wait."""
    took_ms = list(itertools.islice(read_ms(content), READS))
    stalls_ms = []
    for _ in range(READS):
        with longest_stall() as longest:
            next(read_ms(content))
        stalls_ms.append(1000 * longest[0])
    yield bounded(f"reading {STATIONS} copied stations, median", took_ms, READ_MS, "ms")
    yield bounded("  the longest that another thread waits, median", stalls_ms, STALL_MS, "ms")


def read_ms(content: bytes) -> Iterator[float]:
    """Milliseconds of each of endless readings."""
    while True:
        began_s = time.perf_counter()
        version(content)
        Snapshot.from_bytes(content)
        yield 1000 * (time.perf_counter() - began_s)


@contextmanager
def longest_stall() -> Iterator[list[float]]:
    """The longest time, in seconds, in which another thread could not run within the block."""
    longest = [0.0]
    ended = threading.Event()

    def run() -> None:
        last_s = time.perf_counter()
        while not ended.is_set():
            time.sleep(0)
            now_s = time.perf_counter()
            longest[0] = max(longest[0], now_s - last_s)
            last_s = now_s

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield longest
    finally:
        ended.set()
        thread.join()


def in_bucket(folder: Path, content: bytes) -> Iterator[Row]:
    """Start and memory with a bucket for a store, where there is an S3 server to try it with."""
    weed = program("weed")
    if not weed:
        return
    sys.path.insert(0, str(ROOT / "tests"))
    from real.conftest import BUCKET, KEYS
    from real.conftest import Server as Bucket

    (folder / "s3").mkdir()
    bucket = Bucket(folder / "s3", weed)
    try:
        bucket.start()
        os.environ |= {
            **KEYS,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": bucket.endpoint,
        }
        store = f"s3://{BUCKET}/bench"
        publish(store, content)
        yield told("from a bucket: start to ready, median", starts(folder, store), "s")
        with service(folder, store) as server:
            latest = server.ask("GET", LATEST)
            list(
                itertools.chain(
                    never_asked(server),
                    own(server, latest, 168, OWN),
                    own(server, latest, 9_600, OWN_LONG),
                )
            )
            yield told("from a bucket: resident memory after the load", [server.rss_mb], "MB")
    finally:
        bucket.kill()


def url(server: Server, path: str) -> str:
    """The address of a path."""
    return f"http://127.0.0.1:{server.port}{path}"


def beside_raw(folder: Path, measure: str, ours: str, sending: str) -> Iterator[Row]:
    """Requests a second in rounds side by side, ours to those of the raw app."""
    pairs = [(wrk(folder, ours), wrk(folder, sending)) for _ in range(1 + ROUNDS)][1:]
    shares = [a.per_s / b.per_s for a, b in pairs]
    per_s = (
        f"{median(a.per_s for a, _ in pairs):,.0f} to {median(b.per_s for _, b in pairs):,.0f} a"
        " second"
    )
    yield Row(
        measure, f"{spread(shares)} ×; {per_s}", f"≥ {LEAST_SHARE} ×", median(shares) >= LEAST_SHARE
    )


def beside_bare(folder: Path, ours: str, plain: str) -> Iterator[Row]:
    """The p99 of many connections in rounds side by side, ours to the bare FastAPI app's."""
    pairs = [
        (wrk(folder, ours, MANY_CONNECTIONS), wrk(folder, plain, MANY_CONNECTIONS))
        for _ in range(1 + ROUNDS)
    ][1:]
    p99 = [a.p99_ms / b.p99_ms for a, b in pairs]
    ms = f"{median(a.p99_ms for a, _ in pairs):.1f} to {median(b.p99_ms for _, b in pairs):.1f} ms"
    measure = f"  its p99 at {MANY_CONNECTIONS} connections"
    yield Row(measure, f"{spread(p99)} ×; {ms}", f"≤ {MOST_P99:g} ×", median(p99) <= MOST_P99)


def wrk(folder: Path, address: str, connections: int = CONNECTIONS) -> Round:
    """A round of as many requests as keep-alive connections can make."""
    options = {"--threads": "1", "--connections": str(connections), "--duration": f"{ROUND_S}s"}
    options["--timeout"] = "10s"
    command = ["wrk", *itertools.chain(*options.items()), "--script", folder / "report.lua"]
    said = subprocess.run([*command, address], capture_output=True, text=True, check=True).stdout
    per_s, p99_ms, failed = map(float, said.splitlines()[-1].split())
    if failed:
        sys.exit(f"{address}: {failed:.0f} requests failed:\n{said}")
    return Round(per_s, p99_ms)


def beside_computing(server: Server, store: str) -> Iterator[Row]:
    """Recommendations that nobody asked for before, over HTTP, beside computing as many in this
    process: the routes' app called without a server, as JSON, nothing kept or compressed."""
    paths = list(asked_never(server))
    ratios, ours_ms, alone_ms = [], [], []
    with computing(store) as answered:
        for number in range(ROUNDS):
            part = paths[number :: 2 * ROUNDS]
            ours_ms.append(median(asked_of(server, [("GET", path, None) for path in part])))
            other = paths[number + ROUNDS :: 2 * ROUNDS]
            alone_ms.append(median([answered(path) for path in other][1:]))
            ratios.append(ours_ms[-1] / alone_ms[-1])
    ms = f"{median(ours_ms):.1f} to {median(alone_ms):.1f} ms"
    yield Row(
        "recommendation not asked before",
        f"{spread(ratios)} ×; {ms}",
        f"≤ {MOST_OF_COMPUTING:g} ×",
        median(ratios) <= MOST_OF_COMPUTING,
    )


@contextmanager
def computing(store: str) -> Iterator[Callable[[str], float]]:
    """A function that computes the answer at a path in this process; the milliseconds it took."""
    settings = Deployment(store=store, model=ROOT / "models/forecaster", reports=ROOT / "reports")
    reader = SnapshotReader(
        SnapshotStore(open_storage(store, settings.store_timeout), settings.keep),
        settings.stale_after,
    )
    reader.poll()
    service = Service(settings, reader, TrackedModel.load(settings.model, settings.reports))
    app = routes_app({CHAMPION: service})
    with asyncio.Runner() as runner:

        def answered(path: str) -> float:
            scope = {"type": "http", "method": "GET", "headers": [], "path": path.split("?")[0]}
            scope |= {"query_string": path.partition("?")[2].encode(), "http_version": "1.1"}
            began_s = time.perf_counter()
            response = runner.run(call(app, scope, b""))
            took_ms = 1000 * (time.perf_counter() - began_s)
            if response.status != 200:
                sys.exit(f"{path} gave {response.status}: {response.body.decode()}")
            return took_ms

        yield answered


def never_asked(server: Server) -> Iterator[float]:
    """Milliseconds of each of many recommendations, no two of them alike."""
    yield from asked_of(server, [("GET", path, None) for path in asked_never(server)])


def asked_never(server: Server) -> Sequence[str]:
    """The paths of many recommendations, no two of them alike."""
    offered = json.loads(server.ask("GET", "/stations").body)["stations"]
    asked = (
        urlencode(
            {
                "station": s["id"],
                "target_date": day,
                "activity": a,
                "sensitivity": f,
                "style": style,
                "lang": lang,
                "wake": wake,
            }
        )
        for wake, lang, a, f, style in itertools.product(
            (6, 7, 8),
            ("en", "ko"),
            ("strolling", "walking", "cycling"),
            ("low", "high"),
            ("casual", "business", "sporty"),
        )
        for s in offered
        for day in s["days"]
    )
    paths = [f"{BY_DAY}?{query}" for query in asked]
    return paths[:: len(paths) // NEW]


def own(server: Server, latest: Reply, hours: int, times: int) -> Iterator[float]:
    """Milliseconds of each of several forecasts from a history of so many hours."""
    yield from asked_of(server, [("POST", "/forecast", own_body(latest, hours))] * (1 + times))


def own_body(latest: Reply, hours: int) -> bytes:
    """A history of so many hours: the observed ones again and again."""
    forecast = json.loads(latest.body)
    names = ("temp_c", "dewpoint_c", "wind_ms", "precip_mm")
    observed = [
        {name: hour[name] for name in names}
        for hour in forecast["observed"]
        if hour["temp_c"] is not None
    ]
    record = list(itertools.islice(itertools.cycle(observed), hours))
    body = {"station": forecast["station"]["id"], "first": "2013-01-01T00:00:00Z", "hours": record}
    return json.dumps(body).encode()


def beside_network(server: Server, latest: Reply) -> Iterator[Row]:
    """`POST /forecast` over HTTP beside its network and its JSON alone, by turns: a loop of one of
    them alone would keep the processor's caches to itself."""
    body = own_body(latest, 168)
    answer = json.loads(server.ask("POST", "/forecast", JSON_BODY, body).body)
    run_network = network_alone(json.loads(body)["station"])

    def alone_once_ms() -> float:
        began_s = time.perf_counter()
        json.loads(body)
        run_network()
        json.dumps(answer)
        return 1000 * (time.perf_counter() - began_s)

    ratios, alone_ms = [], []
    for _ in range(ROUNDS):
        pairs = [(one, alone_once_ms()) for one in own(server, latest, 168, OWN // ROUNDS)]
        ours_ms, took_ms = (median(column) for column in zip(*pairs, strict=True))
        alone_ms.append(took_ms)
        ratios.append(ours_ms / took_ms)
    yield Row(
        "POST /forecast, 168 hours, to the network and JSON alone",
        f"{spread(ratios)} ×; alone {median(alone_ms):.3g} ms",
        f"≤ {MOST_OF_NETWORK:g} ×",
        median(ratios) <= MOST_OF_NETWORK,
    )


def network_alone(station: str) -> Callable[[], Any]:
    """A run of the tracked network on the inputs of a forecast, without anything before or after
    it."""
    paths = Paths.find()
    manifest = Forecaster.load(paths.model).manifest
    history = Records.read(paths.processed).histories[station]
    forecaster = Recorded(manifest, (paths.model / ONNX).read_bytes())
    forecaster.predict(history.until(history.issued_at, 168))
    session, inputs = forecaster.recorded
    return lambda: session.run(None, inputs)


class Recorded(Forecaster):
    """A forecaster that keeps its session and the inputs of its last run."""

    def network(self, series: Any, at: Any) -> Any:
        """The network's outputs."""
        session = self._session
        self._session = self
        self.recorded = (session, {})
        try:
            return super().network(series, at)
        finally:
            self._session = session

    def run(self, names: Any, inputs: Any, *_: Any) -> Any:
        """In the session's place: keep the inputs and run it."""
        session, _ = self.recorded
        self.recorded = (session, inputs)
        return session.run(names, inputs)


def asked_of(server: Server, requests: Sequence[tuple[str, str, bytes | None]]) -> Iterator[float]:
    """Milliseconds of each request but the first, one after the other on one connection."""
    with closing(Client(server.port)) as client:
        for number, (method, path, body) in enumerate(requests):
            began_s = time.perf_counter()
            reply = client.ask(method, path, JSON_BODY if body else {}, body)
            took_ms = 1000 * (time.perf_counter() - began_s)
            if reply.status != 200:
                sys.exit(f"{method} {path} gave {reply.status}: {reply.body.decode()}")
            if number:
                yield took_ms


def bounded(measure: str, values: Sequence[float], most: float, unit: str) -> Row:
    """A line whose median must be under a bar."""
    return Row(
        measure, told(measure, values, unit).found, f"< {most:g} {unit}", median(values) < most
    )


def told(measure: str, values: Sequence[float], unit: str) -> Row:
    """A line without a bar."""
    if len(values) == 1:
        return Row(measure, f"{values[0]:.3g} {unit}")
    return Row(measure, f"{median(values):.3g} {unit}; 95 % under {np.quantile(values, 0.95):.3g}")


def spread(values: Sequence[float]) -> str:
    """A median, and between what it lies."""
    return f"{median(values):.2f} ({min(values):.2f} … {max(values):.2f})"


def show(rows: Sequence[Row], load: float, rounds: int = ROUNDS) -> None:
    """Print the table."""
    title = (
        f"One process, {CONNECTIONS} connections, {rounds} rounds of {ROUND_S} s each; the"
        f" machine's load before: {load:.1f}"
    )
    table = Table("measure", "bar", "found", "", title=title)
    for row in rows:
        table.add_row(
            row.measure, row.bar, row.found, {True: "kept", False: "MISSED", None: ""}[row.kept]
        )
    Console(width=140).print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Paths.find().snapshot)
