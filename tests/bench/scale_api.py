"""The API with thousands of stations against its bars: the start, memory with the peak of a swap,
stalls, and kept answers beside those of an installation of three stations.

    python tests/bench/scale_api.py [STATIONS]    default: 2,000 perturbed copies of the stations of
    the pipeline's own snapshot, and then the table is written into docs/scale; fails where a bar is
    missed; takes five minutes

It needs wrk, see service.py. Seconds are told as multiples of a fixed computation in the same run,
too: another machine is faster or slower in both.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from perturbed_stations import perturbed
from scale_api_tables import write
from servers import Server, program

from service import BY_DAY, LATEST, REPORT, WRK_ABSENT, Round, Row, service, show, spread, url
from wearcast.config import Paths
from wearcast.forecasting.snapshot import SCHEMA
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.publication import Publication
from wearcast.serving.store.snapshot_store import SnapshotStore

STATIONS, FEW, TOGETHER = 2_000, 3, 50
READY_S, MEMORY_MB, STALL_MS = 2.0, 300.0, 50.0
LEAST_OF_ONE, LEAST_OF_ZIPF = 0.9, 0.5
STARTS, ROUNDS, ROUND_S, WARM_UP_S = 3, 5, 3, 60
AFTER_SWAP_S = 1.0
CONNECTIONS = 32
LEADS = ("1-6", "7-24", "25-48", "49-96", "97-168", "all")
REFERENCE_BYTES = 100_000_000
"""Hashed for the reference: SHA-256, on one core."""
ZIPF = """
local paths = {}
for line in io.lines(os.getenv("WEARCAST_BENCH_PATHS")) do paths[#paths + 1] = line end
local number = 0
request = function()
  number = number % #paths + 1
  return wrk.format("GET", paths[number])
end
"""


def main(count: int) -> None:
    """Measure everything, print the table, and fail where a bar is missed."""
    if not program("wrk"):
        sys.exit(WRK_ABSENT)
    load = os.getloadavg()[0]
    content = Paths.find().snapshot.read_bytes()
    with tempfile.TemporaryDirectory(prefix="wearcast-bench-") as name:
        folder = Path(name)
        (folder / "report.lua").write_text(REPORT)
        (folder / "zipf.lua").write_text(ZIPF + REPORT)
        few, many = str(folder / "few"), str(folder / "many")
        publish(few, publication(content, FEW, seed=1))
        publish(many, publication(content, count, seed=1))
        rows = [
            *starts(folder, many),
            *swapping(folder, many, publication(content, count, seed=2)),
            *throughput(folder, few, many),
        ]
    show(rows, load, ROUNDS)
    if count == STATIONS:
        write(rows)
    missed = [row.measure for row in rows if row.kept is False]
    if missed:
        sys.exit(f"missed: {'; '.join(missed)}")


def publication(content: bytes, count: int, seed: int) -> Publication:
    """What is published of so many perturbed copies."""
    return Publication.of(perturbed(content, count, seed), SCHEMA)


def publish(url: str, what: Publication) -> None:
    """Make something the latest of a store, with scores of each of its stations as large as those
    of two weeks are."""
    store = SnapshotStore(open_storage(url, timedelta(seconds=5)), keep=100)
    now = datetime.now(UTC)
    verified = {station.id: scores_of_two_weeks(now) for station in what.snapshot.stations}
    what.publish(store, verified, now, store.read_state())


def scores_of_two_weeks(until: datetime) -> dict[str, Any]:
    """What a refresh tells of a station."""
    score = {"pairs": 300, "mae": 1.4, "persistence_mae": 3.1, "climatology_mae": 2.9}
    by_variable = {
        variable: {leads: {**score, "bias": 0.2, "coverage_80": 0.83} for leads in LEADS}
        for variable in ("temp_c", "dewpoint_c", "wind_ms", "cloud_pct", "rain")
    }
    hours = [until - timedelta(hours=back) for back in reversed(range(168))]
    days = [until - timedelta(days=back) for back in range(14)]
    levels = {"lead_h": 24, "observed_c": 12.3, "p10_c": 10.1, "p50_c": 12.2, "p90_c": 14.3}
    return {
        "last_days": {"2": by_variable, "14": by_variable},
        "series": [{"valid_at": f"{at:%Y-%m-%dT%H:00Z}", **levels} for at in hours],
        "forecast_by_day": [{"on": f"{at:%Y-%m-%d}", **score} for at in days],
        "last_days_advice": {"14": {"days": 14, "right_said": 0.82, "right": 0.86}},
        "advice_by_day": [{"on": f"{at:%Y-%m-%d}", "right_said": 0.8, "right": 0.9} for at in days],
    }


def reference_s() -> float:
    """Seconds of the fixed computation."""
    content = bytes(REFERENCE_BYTES)
    began_s = time.perf_counter()
    hashlib.sha256(content).digest()
    return time.perf_counter() - began_s


def starts(folder: Path, store: str) -> Iterator[Row]:
    """Process start to ready; the start before has compiled the modules."""
    took_s = []
    for _ in range(1 + STARTS):
        with service(folder, store) as server:
            took_s.append(server.ready_s)
            server.end()
    ready_s = median(took_s[1:])
    beside = ready_s / median([reference_s() for _ in range(STARTS)])
    yield Row(
        "process start to ready, median",
        f"{ready_s:.2f} s; {beside:.1f} × the reference",
        f"< {READY_S:g} s",
        ready_s < READY_S,
    )


def swapping(folder: Path, store: str, newer: Publication) -> Iterator[Row]:
    """What another client waits at most while there is a swap, a page of stations and an answer of
    fifty; and the memory at its largest."""
    with service(folder, store) as server:
        offered = json.loads(server.ask("GET", "/stations").body)
        ids = [station["id"] for station in offered["stations"]]
        together = f"{LATEST}?station={','.join(ids[:TOGETHER])}"
        version = version_of(server)

        def swap() -> None:
            if version_of(server) != version:
                sys.exit("the new snapshot was there before it was watched for: try again")
            while version_of(server) == version:
                time.sleep(0.05)
            time.sleep(AFTER_SWAP_S)

        yield stall(server, "nothing else", lambda: time.sleep(2), bar=None)
        yield stall(server, "/stations, page by page", lambda: all_pages(server))
        yield stall(
            server, f"{TOGETHER} stations, none of them kept", lambda: ask(server, together)
        )
        yield stall(server, f"{TOGETHER} stations, kept", lambda: ask(server, together))
        plain = {"Accept-Encoding": "identity"}
        yield stall(server, f"{TOGETHER} stations, as JSON", lambda: ask(server, together, plain))
        # Before it is watched for: it isn't the reader who publishes.
        publish(store, newer)
        yield stall(server, "a new snapshot", swap)
        yield stall(server, "a scrape of /metrics", lambda: ask(server, "/metrics"))
        yield from memory(server)


def stall(server: Server, what: str, does: Callable[[], None], bar: float | None = STALL_MS) -> Row:
    """The longest time that a kept answer takes while something is done."""
    with probed(server) as longest_ms:
        began_s = time.perf_counter()
        does()
        took_s = time.perf_counter() - began_s
    found = f"{longest_ms[0]:.0f} ms; it took {took_s:.2f} s"
    measure = f"a kept answer beside {what}, at most"
    if bar is None:
        return Row(measure, found)
    return Row(measure, found, f"< {bar:g} ms", longest_ms[0] < bar)


@contextmanager
def probed(server: Server) -> Iterator[list[float]]:
    """The milliseconds of the slowest of very many kept answers within the block."""
    script = Path(__file__).with_name("slowest_answer.py")
    command = [sys.executable, str(script), str(server.port), LATEST]
    longest_ms = [0.0]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asking:
        assert asking.stdout
        asking.stdout.readline()
        yield longest_ms
        told, _ = asking.communicate()
        longest_ms[0] = float(told)


def all_pages(server: Server) -> None:
    """Ask for all pages of stations."""
    after = ""
    while True:
        page = json.loads(server.ask("GET", f"/stations?limit=100{after}").body)
        if page["next"] is None:
            return
        after = f"&after={page['next']}"


def ask(server: Server, path: str, headers: Any = None) -> None:
    """Ask for something, in a process of its own: reading it would stop the probe."""
    options = ["--silent", "--fail", "--output", "/dev/null"]
    for name, value in (headers or {"Accept-Encoding": "gzip"}).items():
        options += ["--header", f"{name}: {value}"]
    subprocess.run(["curl", *options, url(server, path)], check=True)


def version_of(server: Server) -> str:
    """The version that is served."""
    version: str = json.loads(server.ask("GET", "/health/ready").body)["snapshot"]
    return version


def memory(server: Server) -> Iterator[Row]:
    """The largest resident memory that each process has had, and the sum of what they have, with
    shared pages once."""
    children = subprocess.run(
        ["pgrep", "--parent", str(server.process.pid)], capture_output=True, text=True, check=True
    )
    processes = {"server": server.process.pid}
    for number, line in enumerate(children.stdout.split(), start=1):
        processes[f"worker {number}"] = int(line)
    for name, pid in processes.items():
        peak_mb = status_mb(f"/proc/{pid}/status", "VmHWM")
        yield Row(
            f"the {name}'s memory at its largest",
            f"{peak_mb:.0f} MB",
            f"< {MEMORY_MB:g} MB",
            peak_mb < MEMORY_MB,
        )
    together_mb = sum(status_mb(f"/proc/{pid}/smaps_rollup", "Pss") for pid in processes.values())
    yield Row("the memory of all, what they share counted once", f"{together_mb:.0f} MB")


def status_mb(path: str, name: str) -> float:
    """A figure of a process, in MB."""
    lines = Path(path).read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{name}:"))


def throughput(folder: Path, few: str, many: str) -> Iterator[Row]:
    """Kept answers of one station and of stations that are asked for by Zipf's law, beside those of
    an installation of few stations, in rounds side by side."""
    with service(folder, few) as small, service(folder, many) as large:
        ids = station_ids(large)
        zipf = folder / "paths"
        zipf.write_text("\n".join(asked_by_zipf(ids)) + "\n")
        path = f"{BY_DAY}?station={ids[0]}"
        of_few = url(small, f"{BY_DAY}?station={station_ids(small)[0]}")
        of_one = url(large, path)
        wrk(folder, of_one, zipf, WARM_UP_S)
        shares: dict[str, list[float]] = {"one": [], "zipf": []}
        for _ in range(1 + ROUNDS):
            usual = wrk(folder, of_few).per_s
            shares["one"].append(wrk(folder, of_one).per_s / usual)
            shares["zipf"].append(wrk(folder, of_one, zipf).per_s / usual)
        for name, measure, least in (
            ("one", "kept answers of one station", LEAST_OF_ONE),
            ("zipf", f"answers of {len(ids):,} stations by Zipf's law", LEAST_OF_ZIPF),
        ):
            found = shares[name][1:]
            yield Row(
                f"{measure}, to those of {FEW}",
                f"{spread(found)} ×",
                f"≥ {least:g} ×",
                median(found) >= least,
            )


def station_ids(server: Server) -> list[str]:
    """The ids of all stations."""
    ids: list[str] = []
    after = ""
    while True:
        page = json.loads(server.ask("GET", f"/stations?limit=100{after}").body)
        ids += [station["id"] for station in page["stations"]]
        if page["next"] is None:
            return ids
        after = f"&after={page['next']}"


def asked_by_zipf(ids: Sequence[str], requests: int = 50_000) -> list[str]:
    """Paths of days' advice: the station at rank r is asked for in proportion to 1 / r."""
    chooser = random.Random(1)  # noqa: S311 - no secret
    weights = [1 / rank for rank in range(1, 1 + len(ids))]
    chosen = chooser.choices(ids, weights, k=requests)
    return [f"{BY_DAY}?station={id}" for id in chosen]


def wrk(folder: Path, address: str, paths: Path | None = None, seconds: int = ROUND_S) -> Round:
    """A round of as many requests as keep-alive connections can make, of one address or of paths at
    its server."""
    script = folder / ("zipf.lua" if paths else "report.lua")
    options = ["--threads", "1", "--connections", str(CONNECTIONS), "--timeout", "10s"]
    options += ["--header", "Accept-Encoding: gzip"]
    command = ["wrk", *options, "--duration", f"{seconds}s", "--script", str(script), address]
    environment = {**os.environ, "WEARCAST_BENCH_PATHS": str(paths)}
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    per_s, p99_ms, failed = map(float, said.stdout.splitlines()[-1].split())
    if failed and paths is None:
        sys.exit(f"{address}: {failed:.0f} requests failed:\n{said.stdout}")
    return Round(per_s, p99_ms)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STATIONS)
