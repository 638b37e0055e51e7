"""What a week of hourly refreshes takes in the store, at many stations: `make bench-store-size
STATIONS=500`.

The snapshots are the project's own forecast for every station and hour, each number moved by noise
of its own, so that no two hours or stations have the same bytes.
"""

import os
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, timedelta
from pathlib import Path

import numpy as np
from copied_stations import copied

from wearcast.config import Paths
from wearcast.forecasting.array_types import Floats32
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.snapshot import SCHEMA, Snapshot
from wearcast.forecasting.snapshot_creation import issue
from wearcast.forecasting.snapshot_parts import SnapshotInParts
from wearcast.serving.refresh.partition import STATIONS
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.publication import Publication
from wearcast.serving.store.snapshot_store import OBJECTS, SnapshotStore

HOURS = 7 * 24
BAR_GB = 1.0
_HOUR = timedelta(hours=1)
_NOISE = 0.3
"""In each variable's unit; the same at all levels, so that no quantiles cross."""


def main(stations: int) -> int:
    """Publish a week, and tell what the store holds; 1 if that is more than the bar."""
    paths = Paths(Path.cwd())
    made = issue(Records.read(paths.processed), Forecaster.load(paths.model))
    one = Snapshot.from_bytes(copied(made.to_bytes(), STATIONS))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = SnapshotStore(FolderStorage(folder), keep=336)
        began_s = time.process_time()
        for hour in range(HOURS):
            made = _issued(one, -(-stations // STATIONS), hour)
            at = made.issued_at[0].item().replace(tzinfo=UTC)
            Publication.of(made, SCHEMA).publish(store, {}, at, store.read_state())
            _let_an_hour_pass(folder)
        cpu_s = (time.process_time() - began_s) / HOURS
        pointer = store.pointer()
        assert pointer
        sizes = [path.stat().st_size for path in (folder / OBJECTS).iterdir()]
    raw_gb = HOURS * sum(len(part.to_bytes()) for part in made.parts) / 1e9
    size_gb = sum(sizes) / 1e9
    print(
        f"{len(made.stations)} stations, {HOURS} hourly refreshes: {size_gb:.3f} GB in"
        f" {len(sizes)} files, of {raw_gb:.1f} GB without thinning and compression;"
        f" {len(pointer.history)} snapshots kept; {cpu_s:.2f} s of processor time a refresh"
    )
    return int(size_gb > BAR_GB)


def _let_an_hour_pass(folder: Path) -> None:
    """Let all objects be older: what nobody names is deleted after an hour."""
    for path in (folder / OBJECTS).iterdir():
        at_s = path.stat().st_mtime - _HOUR.total_seconds()
        os.utime(path, (at_s, at_s))


def _issued(one: Snapshot, shards: int, hour: int) -> SnapshotInParts:
    """The forecast of so many shards of stations, issued so many hours later."""
    return SnapshotInParts.of_parts([_shard(one, number, hour) for number in range(shards)])


def _shard(one: Snapshot, number: int, hour: int) -> Snapshot:
    rng = np.random.default_rng([number, hour])

    def moved(values: Floats32) -> Floats32:
        noise = rng.uniform(0, _NOISE, (*values.shape[:2], *[1] * (values.ndim - 2)))
        # Dry hours are dry, and no wind stays no wind.
        return np.where(values == 0, values, values + noise).clip(-99, 99).astype(np.float32)

    stations = [
        station.model_copy(update={"id": f"P{number}-{of_shard}"})
        for of_shard, station in enumerate(one.stations)
    ]
    assert one.basis
    return replace(
        one,
        stations=tuple(stations),
        issued_at=one.issued_at + hour,
        quantiles={name: moved(values) for name, values in one.quantiles.items()},
        observed={name: moved(values) for name, values in one.observed.items()},
        basis=replace(one.basis, rain_log_mm=moved(one.basis.rain_log_mm)),
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else 500))
