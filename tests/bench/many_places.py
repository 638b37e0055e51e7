"""A project with very many stations around New York, and what two weeks of hourly refreshes leave
behind: histories, and snapshots in the store."""

import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import yaml

from wearcast.config import OpenMeteo, Params, Station, checked, read_groups
from wearcast.forecasting import model_assembly
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.input_drift import InputReference
from wearcast.forecasting.snapshot import SCHEMA, Snapshot
from wearcast.serving.refresh import history_file, observation_cache
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.shard_manifest import Shard, ShardManifest
from wearcast.serving.store.shard_store import MANIFEST
from wearcast.serving.store.snapshot_store import Pointer, SnapshotRecord, SnapshotStore
from wearcast.serving.store.thinned_records import thinned
from wearcast.serving.store.verified_objects import OBJECTS, POINTER
from wearcast.weather import partition_file
from wearcast.weather.fetching import Fetcher
from wearcast.weather.partition_job import origin
from wearcast.weather.sources.open_meteo import OpenMeteoSource

MODEL = Path("models/forecaster")
ORIGINALS = 3
BEHIND_H = 14 * 24
SEED = 1


@dataclass(frozen=True)
class ManyPlaces:
    """The project.

    Attributes:
        root: its folder.
        count: how many stations.
        url: of the fake Open-Meteo.
    """

    root: Path
    count: int
    url: str

    @property
    def history(self) -> Path:
        return self.root / "data/serving/history"

    @property
    def folder(self) -> Path:
        """Of the store."""
        return self.root / "data/serving/store"

    @property
    def store(self) -> SnapshotStore:
        return SnapshotStore(FolderStorage(self.folder), keep=336)

    @property
    def addresses(self) -> OpenMeteo:
        """Those of the fake."""
        return OpenMeteo(
            archive_url=f"{self.url}/v1/archive", forecast_url=f"{self.url}/v1/forecast"
        )

    def make(self, now: Callable[[], datetime]) -> None:
        """Write params.yaml, the model, and the histories as they are at a time."""
        stations = places(self.count)
        content = read_groups(Path("params.yaml"))
        content["ingest"] |= {
            "source": "open_meteo",
            "start": "2024-01-01",
            "open_meteo": self.addresses.model_dump(),
            "stations": [station.model_dump() for station in stations],
        }
        params = checked(Params, content, where="the benchmark")
        text = yaml.safe_dump(params.model_dump(mode="json", exclude_unset=True))
        (self.root / "params.yaml").write_text(text)
        _teach(self.root / MODEL, stations)
        source = OpenMeteoSource(self.addresses, {}, now=now)
        _write_histories(source, stations, self.history)

    def go_back(self) -> None:
        """Put two weeks of snapshots before the one that is published: the same forecasts issued
        earlier, of the hours that a store of shards keeps."""
        pointer = self.store.pointer()
        assert pointer
        latest = pointer.latest
        earlier = [latest.issued_at - timedelta(hours=hour) for hour in range(1, BEHIND_H + 1)]
        sharded = latest.model_copy(update={"is_sharded": True})
        records = [sharded.model_copy(update={"issued_at": at}) for at in earlier]
        hours = [record.issued_at for record in thinned([sharded, *records])[1:]]
        past = self._past_shards(latest, hours) if latest.is_sharded else self._past(latest, hours)
        content = Pointer(history=(latest, *past)).to_bytes()
        FolderStorage(self.folder).put(POINTER, content)

    def _past(self, latest: SnapshotRecord, hours: Sequence[datetime]) -> list[SnapshotRecord]:
        one = self.store.snapshot(latest)
        records = []
        for at in hours:
            content = _issued(one, latest.issued_at - at)
            record = SnapshotRecord.of(content, Snapshot.from_bytes(content), at)
            FolderStorage(self.folder).put(f"{OBJECTS}/{record.version}.npz", content)
            records.append(record)
        return records

    def _past_shards(
        self, latest: SnapshotRecord, hours: Sequence[datetime]
    ) -> list[SnapshotRecord]:
        ages = [latest.issued_at - at for at in hours]
        work = [(self, shard, ages) for shard in self.store.shards_of(latest)]
        with multiprocessing.get_context("spawn").Pool() as pool:
            made = pool.starmap(_earlier_shards, work, chunksize=1)
        records = []
        for number, at in enumerate(hours):
            manifest = ShardManifest(
                shards=tuple(of_shard[number] for of_shard in made),
                issued_at=at,
                model=latest.model,
                source=latest.source,
                replay=False,
            )
            record = SnapshotRecord.of_shards(manifest, at)
            name = f"{OBJECTS}/{record.version}{MANIFEST}"
            FolderStorage(self.folder).put(name, manifest.to_bytes())
            records.append(record)
        return records


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


def _teach(folder: Path, stations: Sequence[Station]) -> None:
    """The tracked model, as if it had been trained at these stations, with all that a refresh
    verifies, but for neighbours."""
    tracked = Forecaster.load(MODEL).manifest
    known = tracked.standardization
    first = next(iter(known.climatologies))
    assert tracked.inputs
    ids = [station.id for station in stations]
    standardization = replace(
        known,
        climatologies=dict.fromkeys(ids, known.climatologies[first]),
        longitudes={station.id: station.longitude for station in stations},
    )
    inputs = InputReference(
        stations=dict.fromkeys(ids, tracked.inputs.stations[first]),
        neighbours={id: {} for id in ids},
    )
    taught = replace(
        tracked,
        stations=tuple(stations),
        standardization=standardization,
        guidance=None,
        inputs=inputs,
        rain_days=dict.fromkeys(ids, tracked.rain_days[first]),
    )
    model_assembly.save(folder, (MODEL / "model.onnx").read_bytes(), taught)


def _write_histories(source: OpenMeteoSource, stations: Sequence[Station], history: Path) -> None:
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


def _earlier_shards(project: ManyPlaces, shard: Shard, ages: Sequence[timedelta]) -> list[Shard]:
    """A shard as it would have been issued so long before."""
    one = project.store.read_shard(shard)
    made = []
    for age in ages:
        version = project.store.put_shard(_issued(one, age))
        made.append(Shard(version=version, stations=shard.stations))
    return made


def _issued(one: Snapshot, age: timedelta) -> bytes:
    before = np.timedelta64(int(age / timedelta(hours=1)), "h")
    return replace(one, issued_at=one.issued_at - before).to_bytes(SCHEMA)
