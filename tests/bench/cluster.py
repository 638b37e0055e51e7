"""How much faster two workers of a Dask cluster are than one process, on idle cores, once all have
loaded the model; what a worker costs: make bench-cluster [STATIONS=96]. With 96 stations it writes
the table into docs/scale.md and docs/scale.ko.md."""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from measured_tables import markdown, write_down

from real.dask_processes import DaskProcesses, cpu_count, dask_processes
from real.many_stations import copies, project
from real.processes import environment, of_the_tests
from wearcast.forecasting.forecaster import Forecaster
from wearcast.serving.cluster.engine import Engine, ThisProcess, open_engine, results
from wearcast.serving.refresh.backcast import BackcastTask, backcast_partition

IN_A_PARTITION = 8
ROUNDS = 3
STATIONS = 96
NAMES = (
    "stations, in partitions of 8",
    "processors",
    "scheduler and two workers started, model loaded",
    "a worker's memory, at most",
    "one process",
    "two workers",
    "times as fast",
)
KOREAN_NAMES = (
    "지점(8개씩 파티션)",
    "프로세서",
    "스케줄러와 작업자 둘이 시작해 모델을 읽기까지",
    "작업자 하나의 최대 메모리",
    "프로세스 하나",
    "작업자 둘",
    "빨라진 배수",
)


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
            found = values(count, started_s, memory_mb(cluster), alone_s, together_s)
    print(markdown(table(NAMES, found)))
    if count == STATIONS:
        write(found)


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


def values(
    count: int, started_s: float, worker_mb: float, alone_s: float, together_s: float
) -> tuple[str, ...]:
    """The table's, in the order of its names."""
    return (
        f"{count}",
        f"{cpu_count()}",
        f"{started_s:.1f} s",
        f"{worker_mb:.0f} MB",
        f"{alone_s:.1f} s",
        f"{together_s:.1f} s",
        f"{alone_s / together_s:.2f}",
    )


def table(names: Sequence[str], found: Sequence[str]) -> list[tuple[str, str]]:
    """The rows of a document's table, the first of them its headings."""
    return [("", ""), *zip(names, found, strict=True)]


def write(found: Sequence[str]) -> None:
    """Put the table into the documents."""
    english, korean = table(NAMES, found), table(KOREAN_NAMES, found)
    write_down("scale", "cluster", "make bench-cluster", english, korean)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else STATIONS)
