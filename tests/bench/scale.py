"""What a refresh costs by the number of stations: observations that it lacks fetched over HTTP,
controlled, forecast by the tracked model in batches, checked, and put into a store by partition.

python tests/bench/scale.py [COUNTS]    default: "3 50 500 2000"; fails over a bar

The stations are copies of a few, each a little warmer or colder than its original; the service is
the fake Open-Meteo in a process of its own, so its work isn't counted in processor time, but is in
that of the clock. Each count is refreshed in a process of its own, twice: the hour after its
history was written, and the next. The second is told. Times also stand as multiples of a reference
computation, which the same process does right before and after.
"""

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.apart import apart
from fakes.open_meteo import FakeOpenMeteo
from wearcast.config import OpenMeteo, Params, Station, checked, read_groups
from wearcast.forecasting.forecaster import Forecaster
from wearcast.serving.refresh import history_file, observation_cache
from wearcast.serving.refresh.partition import PartitionTask, partitions
from wearcast.serving.refresh.run import Refresh, published_schema
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import SnapshotStore
from wearcast.weather import partition_file
from wearcast.weather.fetching import Fetcher
from wearcast.weather.partition_job import origin
from wearcast.weather.sources.open_meteo import OpenMeteoSource

START = datetime(2026, 4, 20, 9, 30, tzinfo=UTC)
MODEL = Path("models/forecaster")
ORIGINALS = 3
MOST_CPU_MS = 80.0
MOST_MB = 400.0
MOST_GROWTH = 1.3
"""Of the cost a station from 50 stations to the most."""
MOST_S = 90.0
"""Of the refresh of 2,000 stations, on two cores: one works, the other is the service."""
SEED = 1


@dataclass(frozen=True)
class Cost:
    """What a refresh took.

    Attributes:
        stations: how many.
        cpu_s, wall_s: of the refresh.
        reference_s: of the reference computation, of the processor.
        mb: the most memory of the process.
        store_mb: what it put into the store.
    """

    stations: int
    cpu_s: float
    wall_s: float
    reference_s: float
    mb: float
    store_mb: float

    @property
    def cpu_ms(self) -> float:
        """Of the processor, a station."""
        return 1000 * self.cpu_s / self.stations

    @property
    def references(self) -> float:
        """The same in reference computations, a thousand stations."""
        return 1000 * self.cpu_s / self.stations / self.reference_s


def places(count: int) -> list[Station]:
    """Stations on a grid around New York, whose climate the tracked model knows."""
    stations = []
    for i in range(count):
        row, column = divmod(i, 50)
        stations.append(
            Station(
                id=f"S{i:04}",
                name_en=f"Place {i}",
                name_ko=f"곳 {i}",
                latitude=39.75 + row / 20,
                longitude=-75.25 + column / 20,
                elevation_m=20,
                time_zone="America/New_York",
            )
        )
    return stations


def forecaster_of(stations: Sequence[Station]) -> Forecaster:
    """The tracked model, as if it had been trained at these stations."""
    tracked = Forecaster.load(MODEL)
    standardization = tracked.manifest.standardization
    first = next(iter(standardization.climatologies))
    climate = standardization.climatologies[first]
    known = replace(
        standardization,
        climatologies={station.id: climate for station in stations},
        longitudes={station.id: station.longitude for station in stations},
    )
    manifest = replace(
        tracked.manifest,
        stations=tuple(stations),
        standardization=known,
        guidance=None,
        inputs=None,
        rain_days={},
    )
    onnx = (MODEL / "model.onnx").read_bytes()
    return Forecaster(manifest, onnx)


def params_of(stations: Sequence[Station]) -> Params:
    """The project's params.yaml for these stations."""
    content = read_groups(Path("params.yaml"))
    content["ingest"] |= {
        "source": "open_meteo",
        "start": "2024-01-01",
        "stations": [station.model_dump() for station in stations],
    }
    return checked(Params, content, where="the benchmark")


def write_histories(source: OpenMeteoSource, stations: Sequence[Station], history: Path) -> None:
    """The histories of the originals as the service gives them, and of the others as copies."""
    originals = list(stations[:ORIGINALS])
    for _ in observation_cache.update(Fetcher(source), originals, history, fill_h=3):
        pass
    kept = [history_file.read(history / station.id) for station in originals]
    rng = np.random.default_rng(SEED)
    for i, station in enumerate(stations[ORIGINALS:]):
        original = kept[i % ORIGINALS]
        assert original
        shift_c = float(rng.uniform(-1, 1))
        warmer = {name: original.rows[name] + shift_c for name in ("temp_c", "dewpoint_c")}
        rows = original.rows.assign(station=station.id, **warmer)
        metadata = replace(original.metadata, origin=origin(source.fingerprint(), station))
        partition_file.write(history / station.id / history_file.FILE, rows, metadata)


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


def refreshed(
    count: int, url: str, hours: "Synchronized[float]", folder: Path, costs: "multiprocessing.Queue"
) -> None:
    """Refresh so many stations twice, and tell what the second refresh cost."""

    def now() -> datetime:
        return START + timedelta(hours=hours.value)

    stations = places(count)
    addresses = OpenMeteo(archive_url=f"{url}/v1/archive", forecast_url=f"{url}/v1/forecast")
    source = OpenMeteoSource(addresses, {}, now=now)
    settings = Deployment(store=str(folder / "store"), history=folder / "history")
    write_histories(source, stations, settings.history)
    storage = FolderStorage(folder / "store")
    refresh = Refresh(
        settings=settings,
        params=params_of(stations),
        source=source,
        forecaster=forecaster_of(stations),
        store=SnapshotStore(storage, settings.keep),
        now=now,
    )
    hours.value += 1
    _run(refresh, stations)
    before_mb = _stored_mb(folder)
    hours.value += 1
    references_s = [reference_s()]
    # Of the most memory that this process has had, forget what was before.
    Path("/proc/self/clear_refs").write_text("5")
    began_cpu_s, began_s = time.process_time(), time.perf_counter()
    _run(refresh, stations)
    cpu_s, wall_s = time.process_time() - began_cpu_s, time.perf_counter() - began_s
    references_s.append(reference_s())
    costs.put(
        Cost(
            stations=count,
            cpu_s=cpu_s,
            wall_s=wall_s,
            reference_s=float(np.mean(references_s)),
            mb=_most_mb(),
            store_mb=_stored_mb(folder) - before_mb,
        )
    )


def _run(refresh: Refresh, stations: Sequence[Station]) -> None:
    work = refresh.work(refresh.source)
    for number, some in enumerate(partitions(stations)):
        task = PartitionTask(
            number=number,
            stations=some,
            now=refresh.now(),
            source="open_meteo",
            model=refresh.forecaster.manifest.version,
            schema=published_schema(refresh.settings),
        )
        # As a message would carry it.
        result = work.result(PartitionTask.from_json(task.to_json()), refresh.store.put_shard)
        assert not result.left_out, result.left_out
        assert len(result.issued_at) == len(some)


def _most_mb() -> float:
    """The most memory of this process, as the kernel tells it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1000


def _stored_mb(folder: Path) -> float:
    files = (folder / "store").rglob("*")
    return sum(path.stat().st_size for path in files if path.is_file()) / 1e6


def measured(count: int) -> Cost:
    """What a refresh of so many stations costs, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    hours = context.Value("d", 0.0)
    costs = context.Queue()
    fake = FakeOpenMeteo(now=lambda: START + timedelta(hours=hours.value))
    with apart(fake) as (url, _), tempfile.TemporaryDirectory() as folder:
        process = context.Process(target=refreshed, args=(count, url, hours, Path(folder), costs))
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(f"the refresh of {count} stations failed")
        return costs.get()


def told(costs: Sequence[Cost]) -> None:
    """The table."""
    names = ("stations", "ms a station", "references", "seconds", "MB", "MB stored")
    print(" ".join(f"{name:>12s}" for name in names))
    for cost in costs:
        columns = (
            f"{cost.stations:,}",
            f"{cost.cpu_ms:.1f}",
            f"{cost.references:.2f}",
            f"{cost.wall_s:.1f}",
            f"{cost.mb:.0f}",
            f"{cost.store_mb:.1f}",
        )
        print(" ".join(f"{column:>12s}" for column in columns))
    print("references: processor time of 1,000 stations beside that of the reference computation,")
    print(f"which took {np.mean([cost.reference_s for cost in costs]):.2f} s")


def failures(costs: Sequence[Cost]) -> list[str]:
    """The bars that a count is over."""
    found = []
    for cost in costs:
        if cost.cpu_ms > MOST_CPU_MS:
            found.append(f"{cost.stations} stations take {cost.cpu_ms:.0f} ms each")
        if cost.mb > MOST_MB:
            found.append(f"{cost.stations} stations take {cost.mb:.0f} MB")
        if cost.stations >= 2000 and cost.wall_s > MOST_S:
            found.append(f"{cost.stations} stations take {cost.wall_s:.0f} s")
    many = [cost for cost in costs if cost.stations >= 50]
    if many and many[-1].references > MOST_GROWTH * many[0].references:
        growth = many[-1].references / many[0].references
        found.append(f"a station costs {growth:.2f} times as much among {many[-1].stations}")
    return found


def main(counts: Sequence[int]) -> None:
    """Measure, print the table, and fail over a bar."""
    costs = [measured(count) for count in counts]
    told(costs)
    if found := failures(costs):
        sys.exit("; ".join(found))


if __name__ == "__main__":
    main([int(count) for count in (sys.argv[1:] or ("3", "50", "500", "2000"))])
