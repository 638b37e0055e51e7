"""How much faster two workers of a Dask cluster are than one process, on idle cores, once all have
loaded the model; what a worker costs: make bench-cluster [STATIONS=96]."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from real.dask_processes import DaskProcesses, cpu_count, dask_processes
from real.many_stations import copies, project
from real.processes import environment, of_the_tests
from wearcast.forecasting.forecaster import Forecaster
from wearcast.serving.cluster.engine import Engine, ThisProcess, open_engine, results
from wearcast.serving.refresh.backcast import BackcastTask, backcast_partition

IN_A_PARTITION = 8
ROUNDS = 3


def main(count: int) -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        root = project(Path(folder) / "many", count)
        work = tasks(root, count)
        settings = of_the_tests(environment())
        began_s = time.perf_counter()
        with dask_processes(Path(folder) / "dask", root, settings) as cluster:
            engine = open_engine(cluster.address)
            warm = work[:2]
            run(engine, warm)
            started_s = time.perf_counter() - began_s
            alone_s, together_s = alternating(engine, work)
            print(table(count, started_s, memory_mb(cluster), alone_s, together_s))


def tasks(root: Path, count: int) -> list[str]:
    """The partitions."""
    model = root / "models/forecaster"
    version = Forecaster.load(model).manifest.version
    history = str(root / "data/serving/history")
    stations = copies(count)
    made = []
    for first in range(0, count, IN_A_PARTITION):
        some = tuple(stations[first : first + IN_A_PARTITION])
        made.append(BackcastTask(str(model), version, history, 3, some).to_json())
    return made


def run(engine: Engine, work: list[str]) -> list[str]:
    """All results."""
    return results(engine, backcast_partition, work)


def alternating(engine: Engine, work: list[str]) -> tuple[float, float]:
    """The median seconds of one process and of the cluster, whose results are the same."""
    alone = ThisProcess()
    run(alone, work[:1])
    alone_s, together_s = [], []
    for _ in range(ROUNDS):
        expected = timed(lambda: run(alone, work), alone_s)
        assert timed(lambda: run(engine, work), together_s) == expected
    return statistics.median(alone_s), statistics.median(together_s)


def timed(job: Callable[[], list[str]], seconds: list[float]) -> list[str]:
    """What the job returns; its seconds are added."""
    began_s = time.perf_counter()
    found = job()
    seconds.append(time.perf_counter() - began_s)
    return found


def memory_mb(cluster: DaskProcesses) -> float:
    """The most that a worker has had."""
    sizes = []
    for pid in cluster.workers:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        [kilobytes] = [line.split()[1] for line in lines if line.startswith("VmHWM")]
        sizes.append(int(kilobytes) / 1000)
    return max(sizes)


def table(count: int, started_s: float, worker_mb: float, alone_s: float, together_s: float) -> str:
    """For docs/scale.md."""
    rows = {
        "stations, in partitions of 8": f"{count}",
        "processors": f"{cpu_count()}",
        "scheduler and two workers started, model loaded": f"{started_s:.1f} s",
        "a worker's memory, at most": f"{worker_mb:.0f} MB",
        "one process": f"{alone_s:.1f} s",
        "two workers": f"{together_s:.1f} s",
        "times as fast": f"{alone_s / together_s:.2f}",
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *lines])


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 96)
