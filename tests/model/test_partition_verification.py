"""Past forecasts are verified partition by partition, as they are all at once, and of other
partitions nothing is read."""

from copy import copy
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from model.test_refresh import END, live, weeks
from unit.serving.refresh_fakes import FakeSource
from wearcast.forecasting.input_drift import InputReference
from wearcast.forecasting.input_series import WATCHED, InputHours
from wearcast.serving.refresh import partition
from wearcast.serving.refresh.past_shards import PastShards
from wearcast.serving.refresh.run import Refresh
from wearcast.serving.store.shard_manifest import Shard
from wearcast.serving.store.snapshot_store import SnapshotStore

SNAPSHOTS = 3
EVERY_H = 6
"""Of shards, the ledgers keep the first snapshot of every six hours."""


def until(given: FakeSource, hours_before: int) -> FakeSource:
    is_known = given.rows["valid_at"] <= END - timedelta(hours=hours_before)
    return replace(given, rows=given.rows[is_known])


def last_of_several(folder) -> Refresh:
    """A refresh after some others, six hours apart."""
    given = weeks()
    for steps_before in range(SNAPSHOTS, -1, -1):
        hours_before = EVERY_H * steps_before
        made = live(folder, until(given, hours_before), timedelta(hours=1 - hours_before))
        assert made.run().is_new
    return made


def verified(made: Refresh):
    return made.store.live_verification(made.store.pointer().latest)


def test_partitions_are_verified_as_all_stations_at_once(tmp_path, monkeypatch):
    together = last_of_several(tmp_path / "together")
    monkeypatch.setattr(partition, "STATIONS", 1)
    apart = last_of_several(tmp_path / "apart")
    assert verified(apart) == verified(together)
    assert verified(apart)["BBB"]["forecasts"] == SNAPSHOTS
    folders = sorted(path.name for path in (tmp_path / "apart/history").glob(".verification*"))
    assert folders == [".verification", ".verification-1"]


def test_ledgers_of_partitions_that_are_gone_are_deleted(tmp_path, monkeypatch):
    monkeypatch.setattr(partition, "STATIONS", 1)
    last_of_several(tmp_path)
    monkeypatch.setattr(partition, "STATIONS", 50)
    given = weeks()
    given.rows.loc[given.rows["valid_at"] == END, "temp_c"] += 0.1
    assert live(tmp_path, given).run().is_new
    assert [path.name for path in (tmp_path / "history").glob(".verification*")] == [
        ".verification"
    ]


@pytest.mark.parametrize("station", ["AAA", "BBB"])
def test_of_a_snapshot_in_shards_only_those_of_the_stations_are_read(
    tmp_path, monkeypatch, station
):
    monkeypatch.setattr(partition, "STATIONS", 1)
    made = last_of_several(tmp_path)
    read: list[tuple[str, ...]] = []
    whole = SnapshotStore.read_shard

    def noted(store: SnapshotStore, shard: Shard):
        read.append(shard.stations)
        return whole(store, shard)

    monkeypatch.setattr(SnapshotStore, "read_shard", noted)
    found = PastShards(made.store, frozenset([station])).snapshot(made.store.pointer().latest)
    assert [one.id for one in found.stations] == [station]
    assert read == [(station,)]


def test_a_station_that_comes_to_another_partition_brings_its_past(tmp_path, monkeypatch):
    monkeypatch.setattr(partition, "STATIONS", 1)
    stayed, moved = last_of_several(tmp_path / "stayed"), last_of_several(tmp_path / "moved")
    given = weeks()
    given.rows.loc[given.rows["valid_at"] == END, "temp_c"] += 0.1
    ingest = stayed.params.ingest
    reverse = ingest.model_copy(update={"stations": ingest.stations[::-1]})
    for made, order in ((stayed, ingest), (moved, reverse)):
        source = replace(made.source, rows=given.rows)
        params = made.params.model_copy(update={"ingest": order})
        assert replace(made, source=source, params=params).run().is_new
    assert verified(moved) == verified(stayed)
    assert [shard.stations for shard in moved.store.shards_of(moved.store.pointer().latest)] == [
        ("BBB",),
        ("AAA",),
    ]


def with_neighbours(made: Refresh) -> Refresh:
    """The same, its stations compared with each other as they were in four made years."""
    manifest = made.forecaster.manifest
    hours = np.arange(4 * 366 * 24)
    season = 10 * np.sin(2 * np.pi * hours / (365.25 * 24))
    rng = np.random.default_rng(1)
    training = {}
    for station in manifest.stations:
        values = {name: season + rng.normal(size=len(hours)) for name in WATCHED}
        training[station.id] = InputHours(np.datetime64("2009-01-01T00") + hours, values)
    together = [station.model_copy(update={"longitude": -74}) for station in manifest.stations]
    inputs = InputReference.fit(together, training, annual=1)
    assert inputs.neighbours_of("BBB") == {"AAA"}
    forecaster = copy(made.forecaster)
    forecaster.manifest = replace(manifest, inputs=inputs)
    return replace(made, forecaster=forecaster)


def test_a_neighbour_may_be_in_another_partition(tmp_path, monkeypatch):
    together = with_neighbours(live(tmp_path / "together"))
    together.run()
    drift = verified(together)["BBB"]["input_drift"]
    assert "neighbours" in drift["temp_c"]
    monkeypatch.setattr(partition, "STATIONS", 1)
    apart = with_neighbours(live(tmp_path / "apart"))
    apart.run()
    assert verified(apart)["BBB"]["input_drift"] == drift
