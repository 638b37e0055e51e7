"""Snapshots in shards, as the refresh of many stations publishes them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from service.synthetic_snapshots import SEOUL, joined, varied
from wearcast.config import Station
from wearcast.forecasting.snapshot import SCHEMA, Snapshot
from wearcast.forecasting.snapshot_parts import SnapshotInParts
from wearcast.serving.store.publication import Publication
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

SHARDS, STATIONS_OF_EACH = 3, 2
IDS = tuple(f"s{number}" for number in range(SHARDS * STATIONS_OF_EACH))


def station(id: str) -> Station:
    """Seoul under another name."""
    return SEOUL.model_copy(update={"id": id, "name_en": f"Seoul {id}"})


def in_shards(
    issued_at: str, seed: int = 1, same_shard: int | None = None, model: str = "tested"
) -> SnapshotInParts:
    """A snapshot of all stations.

    Args:
        issued_at: when.
        seed: of the weather.
        same_shard: one whose weather and issue time are the same whatever the others.
        model: the model's version.
    """
    parts = []
    for shard in range(SHARDS):
        at, own_seed = (issued_at, seed)
        if shard == same_shard:
            at, own_seed = ("2024-04-09T00", 1)
        first = shard * STATIONS_OF_EACH
        ids = IDS[first : first + STATIONS_OF_EACH]
        made = [varied(station(id), at, 100 * own_seed + first) for id in ids]
        together = joined(*made)
        parts.append(replace(together, origin=replace(together.origin, model=model)))
    return SnapshotInParts.of_parts(parts)


def publish(
    store: SnapshotStore,
    snapshot: Snapshot,
    verified: Mapping[str, Any] | None = None,
    published_at: datetime | None = None,
) -> SnapshotRecord:
    """Publish it, as a refresh does."""
    at = published_at or datetime.now(UTC)
    state = store.read_state()
    pointer = Publication.of(snapshot, SCHEMA).publish(store, verified or {}, at, state)
    return pointer.latest


def assert_same(read: Snapshot, expected: Snapshot) -> None:
    """That readers of single stations find the same in both."""
    assert read.stations == expected.stations
    np.testing.assert_array_equal(read.issued_at, expected.issued_at)
    for s in range(len(expected.stations)):
        for name, members in expected.trajectories_of(s).items():
            np.testing.assert_array_equal(read.trajectories_of(s)[name], members)
            np.testing.assert_array_equal(read.quantiles[name][s], expected.quantiles[name][s])
            np.testing.assert_array_equal(read.observed[name][s], expected.observed[name][s])
        np.testing.assert_array_equal(read.hourly_rain_chance[s], expected.hourly_rain_chance[s])
