"""Kept answers with a variant for half of the clients, beside the same without: it may cost a
twentieth.

    python tests/bench/variants.py [SNAPSHOT]    default: the pipeline's own; fails where the bar is
    missed; takes seven minutes

It needs wrk, as service.py does. Counted are requests a second of the server's own processor time,
in rounds that take turns: what else runs on the machine hardly matters to that.
"""

import os
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import psutil
from servers import WEARCAST, Server, environment, free_port, program, publish, running

from service import BY_DAY, LATEST, REPORT, ROOT, ROUND_S, WRK_ABSENT, Row, show, spread, url, wrk
from wearcast.config import Paths
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.experiment.paired_days import variant_url
from wearcast.serving.experiment.variants import Variant

VARIANT = Variant("b", ROOT / "models/forecaster", 50.0)
SETTING = f"{VARIANT.name}={VARIANT.model}@{VARIANT.percent:g}"
LEAST_SHARE = 0.95
"""Of the requests a second without variants."""
ROUNDS, CLIENTS = 15, 1_000
FROM_CLIENTS = f"""
local requests, next = {{}}, 0
init = function(args)
  for number = 1, {CLIENTS} do
    local id = string.format("somebody-%012d", number)
    requests[number] = wrk.format("GET", nil, {{["Wearcast-Client"] = id, ["Host"] = wrk.host}})
  end
end
request = function()
  next = next % {CLIENTS} + 1
  return requests[next]
end
"""


def main(path: Path) -> None:
    """Measure both, print the table, and fail where the bar is missed."""
    if not program("wrk"):
        sys.exit(WRK_ABSENT)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="wearcast-bench-") as name, ExitStack() as servers:
        folder = Path(name)
        store = str(folder / "store")
        content = path.read_bytes()
        publish(store, content)
        publish(variant_url(store, VARIANT.name), of_variant(content))
        alone = servers.enter_context(service(folder, store, "alone", ""))
        several = servers.enter_context(service(folder, store, "several", SETTING))
        rows = []
        for who, script in {"no id": "", f"{CLIENTS:,} clients": FROM_CLIENTS}.items():
            (folder / "report.lua").write_text(script + REPORT)
            for asked in (LATEST, BY_DAY):
                rows.append(beside(folder, f"{asked}, {who}", asked, several, alone))
    show(rows, load, ROUNDS)
    missed = [row.measure for row in rows if row.kept is False]
    if missed:
        sys.exit(f"missed: {'; '.join(missed)}")


def of_variant(content: bytes) -> bytes:
    """The same snapshot of another model."""
    snapshot = Snapshot.from_bytes(content)
    return replace(snapshot, origin=replace(snapshot.origin, model="variant00000")).to_bytes()


def service(folder: Path, store: str, name: str, variants: str) -> Any:
    """The service over a store, in a process of its own, in which nothing gets stale."""
    port = free_port()
    settings = {"WEARCAST_STORE": store, "WEARCAST_VARIANTS": variants}
    settings |= {"WEARCAST_STALE_AFTER": "7d", "WEARCAST_LAST_GOOD": str(folder / name)}
    return running(
        [WEARCAST, "serve", "--port", str(port)],
        port,
        "/health/ready",
        folder / f"{name}.log",
        ROOT,
        environment(folder, **settings),
    )


def beside(folder: Path, measure: str, asked: str, several: Server, alone: Server) -> Row:
    """Requests a second of processor time in rounds side by side, with variants to without."""
    pairs = []
    for _ in range(1 + ROUNDS):
        pairs.append([per_processor_s(folder, one, asked) for one in (several, alone)])
    shares = [with_variants / without for with_variants, without in pairs[1:]]
    both = [median(side) for side in zip(*pairs[1:], strict=True)]
    return Row(
        measure,
        f"{spread(shares)} ×; {both[0]:,.0f} to {both[1]:,.0f} a second",
        f"≥ {LEAST_SHARE} ×",
        median(shares) >= LEAST_SHARE,
    )


def per_processor_s(folder: Path, server: Server, asked: str) -> float:
    """Requests of a round by the seconds of processor time that the server took for them."""
    process = psutil.Process(server.process.pid)
    before = process.cpu_times()
    found = wrk(folder, url(server, asked))
    after = process.cpu_times()
    took_s = after.user + after.system - before.user - before.system
    return found.per_s * ROUND_S / took_s


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Paths.find().snapshot)
