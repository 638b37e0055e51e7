"""What a refresh costs by the number of stations, with two weeks of snapshots behind it:
observations that it lacks fetched over HTTP, controlled, forecast by the tracked model, checked,
past forecasts verified, and all of it published.

python tests/bench/scale.py [COUNTS]    default: "3 50 500 2000"; writes the table into
                                        docs/scale.md and docs/scale.ko.md; fails over a bar;
                                        takes half an hour on two idle cores

It is the command itself, `wearcast refresh`, at an hour of the benchmark. The stations are copies
of a few, each a little warmer or colder than its original; the service is the fake Open-Meteo in a
process of its own, so its work isn't counted in processor time, but is in that of the clock. Each
count is refreshed an hour after an hour, so that files and ledgers are what they are in operation;
then it is measured in one process, and an hour later in two. Times also stand as multiples of a
reference computation, which is done right before and after.
"""

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import Value
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from many_places import ManyPlaces
from measured_tables import write_down
from used import used

from fakes.apart import apart
from fakes.open_meteo import FakeOpenMeteo
from real.processes import environment

START = datetime(2026, 4, 20, 9, 30, tzinfo=UTC)
COMMAND = [sys.executable, str(Path(__file__).with_name("scale_refresh.py").resolve()), "refresh"]
MOST_CPU_MS = 80.0
MOST_MB = 400.0
MOST_GROWTH = 1.3
"""Of the cost of one more station from 50 stations to the most."""
MOST_S = 90.0
"""Of the refresh of 2,000 stations in two processes, on two cores."""
COUNTS = [3, 50, 500, 2_000]
MANY = COUNTS[-1]
VERY_MANY = 100_000
HEADINGS = (
    "stations",
    "s of a processor",
    "ms a station",
    "seconds, one process",
    "seconds, two",
    "MB a process",
    "MB to the store",
    "GB in the store",
    "GB of history",
)
KOREAN_HEADINGS = (
    "지점",
    "프로세서 시간(초)",
    "지점당 ms",
    "한 프로세스(초)",
    "두 프로세스(초)",
    "프로세스당 MB",
    "저장소에 더한 MB",
    "저장소 GB",
    "기록 GB",
)
SEED = 1


@dataclass(frozen=True)
class Cost:
    """What a refresh took.

    Attributes:
        stations: how many.
        processes: how many worked on it.
        cpu_s, wall_s: of all its processes, with their start.
        reference_s: of the reference computation, of the processor.
        mb: the most memory of one of its processes.
        added_mb: what it put into the store.
        store_mb: what the store holds, two weeks of snapshots.
        history_mb: what the folder of observations and ledgers holds.
    """

    stations: int
    processes: int
    cpu_s: float
    wall_s: float
    reference_s: float
    mb: float
    added_mb: float
    store_mb: float
    history_mb: float

    @property
    def cpu_ms(self) -> float:
        """Of the processor, a station."""
        return 1000 * self.cpu_s / self.stations

    def one_more(self, fewer: "Cost") -> float:
        """The cost of one more station, in thousandths of the reference computation."""
        own = self.cpu_s / self.reference_s
        of_fewer = fewer.cpu_s / fewer.reference_s
        return 1000 * (own - of_fewer) / (self.stations - fewer.stations)


def reference_s() -> float:
    """The processor time of a computation of the kind that a refresh does, on numbers of its own:
    arithmetic on columns, products of matrices, and a table that is grouped and sorted."""
    rng = np.random.default_rng(SEED)
    began_s = time.process_time()
    for _ in range(3):
        columns = rng.normal(size=(10_000, 16))
        for _ in range(20):
            np.exp(-np.abs(np.cumsum(columns, axis=0))).sum()
        square = rng.normal(size=(300, 300))
        for _ in range(10):
            square = square @ square / 300
        table = pd.DataFrame(columns).assign(group=np.arange(10_000) % 50)
        table.groupby("group").mean().sort_values(0)
    return time.process_time() - began_s


def measured(count: int) -> list[Cost]:
    """What a refresh of so many stations costs in one process, and in two."""
    hours = Value("d", 0.0)

    def now() -> datetime:
        return START + timedelta(hours=hours.value)

    fake = FakeOpenMeteo(now=now)
    with apart(fake) as (url, _), tempfile.TemporaryDirectory() as folder:
        project = ManyPlaces(Path(folder), count, url)
        project.make(now)
        costs = []
        # The first leaves a snapshot, which then has two weeks before it; the second its ledgers.
        for step, processes in enumerate((2, 2, 1, 2)):
            hours.value += 1
            cost = refreshed(project, now(), processes)
            if step == 0:
                project.go_back()
            elif step > 1:
                costs.append(cost)
    return costs


def refreshed(project: ManyPlaces, at: datetime, processes: int) -> Cost:
    """A refresh at a time."""
    before_mb = size_mb(project.folder)
    references_s = [reference_s()]
    settings = environment(
        {"BENCH_NOW": at.isoformat(), "OMP_NUM_THREADS": "1"},
        REFRESH_PROCESSES=str(processes),
        LOG_LEVEL="warning",
    )
    found = used(COMMAND, project.root, settings)
    references_s.append(reference_s())
    return Cost(
        stations=project.count,
        processes=processes,
        cpu_s=found.cpu_s,
        wall_s=found.wall_s,
        reference_s=float(np.mean(references_s)),
        mb=found.mb,
        added_mb=size_mb(project.folder) - before_mb,
        store_mb=size_mb(project.folder),
        history_mb=size_mb(project.history),
    )


def size_mb(folder: Path) -> float:
    """Of all files of a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def told(costs: Sequence[Cost]) -> None:
    """The table."""
    names = ("stations", "processes", "ms a station", "one more", "seconds", "MB", "MB stored")
    print(" ".join(f"{name:>12s}" for name in names))
    fewer: dict[int, Cost] = {}
    for cost in costs:
        before = fewer.get(cost.processes)
        columns = (
            f"{cost.stations:,}",
            f"{cost.processes}",
            f"{cost.cpu_ms:.1f}",
            f"{cost.one_more(before):.0f}" if before else "",
            f"{cost.wall_s:.1f}",
            f"{cost.mb:.0f}",
            f"{cost.added_mb:.1f}",
        )
        print(" ".join(f"{column:>12s}" for column in columns))
        fewer[cost.processes] = cost
    print(
        "one more: processor time of one more station, in thousandths of the reference computation,"
    )
    print(f"which took {np.mean([cost.reference_s for cost in costs]):.2f} s")


def failures(costs: Sequence[Cost]) -> list[str]:
    """The bars that a count is over."""
    found = []
    for cost in costs:
        if cost.mb > MOST_MB:
            found.append(f"{cost.stations} stations take {cost.mb:.0f} MB")
        if cost.stations < MANY:
            continue
        if cost.cpu_ms > MOST_CPU_MS:
            found.append(f"{cost.stations} stations take {cost.cpu_ms:.0f} ms each")
        if cost.processes == 2 and cost.wall_s > MOST_S:
            found.append(f"{cost.stations} stations take {cost.wall_s:.0f} s")
    alone = [cost for cost in costs if cost.processes == 1]
    few = [cost for cost in alone if cost.stations <= 50]
    if len(few) > 1 and alone[-1] not in few:
        growth = alone[-1].one_more(few[-1]) / few[-1].one_more(few[-2])
        print(f"one more station costs {growth:.2f} times as much among {alone[-1].stations:,}")
        if growth > MOST_GROWTH:
            found.append(f"one more station costs {growth:.2f} times as much as among 50")
    return found


def rows(costs: Sequence[Cost]) -> list[tuple[str, ...]]:
    """The cells of the documents' table: what was measured, and what follows for very many."""
    alone = [cost for cost in costs if cost.processes == 1]
    two = [cost for cost in costs if cost.processes == 2]
    found = []
    for one, both in zip(alone, two, strict=True):
        found.append(
            (
                f"{one.stations:,}",
                f"{one.cpu_s:.1f}",
                f"{one.cpu_ms:.0f}",
                f"{one.wall_s:.0f}",
                f"{both.wall_s:.0f}",
                f"{max(one.mb, both.mb):.0f}",
                f"{one.added_mb:.1f}",
                f"{one.store_mb / 1000:.2f}",
                f"{one.history_mb / 1000:.2f}",
            )
        )
    if len(alone) > 1:
        found.append(reckoned(*alone[-2:]))
    return found


def reckoned(fewer: Cost, more: Cost) -> tuple[str, ...]:
    """The cells of very many stations, on the line through the two largest counts: each partition
    costs the same, whatever others there are."""
    step = more.stations - fewer.stations

    def at(of_fewer: float, of_more: float) -> float:
        return of_more + (of_more - of_fewer) / step * (VERY_MANY - more.stations)

    cpu_s = at(fewer.cpu_s, more.cpu_s)
    return (
        f"{VERY_MANY:,}, reckoned",
        f"{cpu_s:,.0f}",
        f"{1000 * cpu_s / VERY_MANY:.0f}",
        "",
        "",
        "",
        f"{at(fewer.added_mb, more.added_mb):,.0f}",
        f"{at(fewer.store_mb, more.store_mb) / 1000:,.0f}",
        f"{at(fewer.history_mb, more.history_mb) / 1000:,.0f}",
    )


def write(costs: Sequence[Cost]) -> None:
    """Put the table into the documents."""
    english = [HEADINGS, *rows(costs)]
    *measured_rows, (last, *figures) = rows(costs)
    korean = [KOREAN_HEADINGS, *measured_rows, (last.replace("reckoned", "계산한 값"), *figures)]
    write_down("scale", "scale", "make bench-scale", english, korean)


def main(counts: Sequence[int]) -> None:
    """Measure, print the table, write it down if it is of the default counts, and fail over a
    bar."""
    costs = []
    for count in counts:
        costs += measured(count)
        told(costs[-2:])
    told(costs)
    if list(counts) == COUNTS:
        write(costs)
    if found := failures(costs):
        sys.exit("; ".join(found))


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or COUNTS)
