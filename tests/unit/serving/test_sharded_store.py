"""A snapshot in shards is published at once: readers find all shards of one publication, whatever
happens to whoever publishes."""

import gzip
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from service.sharded_snapshots import (
    IDS,
    SHARDS,
    STATIONS_OF_EACH,
    assert_same,
    in_shards,
    publish,
)
from service.synthetic_snapshots import SEOUL, varied
from unit.serving.refresh_fakes import FailingStorage
from wearcast.errors import ConflictError, ModelError, StoreError
from wearcast.forecasting.snapshot import SCHEMA
from wearcast.serving.feedback.evidence import PastAdvice
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.publication import Publication
from wearcast.serving.store.snapshot_store import OBJECTS, POINTER, SnapshotStore

FIRST, SECOND, THIRD = (in_shards(f"2024-04-09T0{h}", seed=h) for h in range(3))
WRITES_BEFORE_THE_SWAP = 2 * SHARDS + 2
"""The shards, the live verification of each, its index, and the manifest."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> SnapshotStore:
    return SnapshotStore(FolderStorage(folder), keep=100)


def verified(hours: int) -> dict[str, object]:
    return {id: {"hours": hours} for id in IDS}


def names(folder: Path) -> set[str]:
    return {path.name for path in (folder / OBJECTS).iterdir()}


def age(folder: Path, by: timedelta) -> None:
    """Let all objects be so much older."""
    for path in (folder / OBJECTS).iterdir():
        at = path.stat().st_mtime - by.total_seconds()
        os.utime(path, (at, at))


def test_it_is_read_as_it_was_published(store, folder):
    record = publish(store, FIRST, verified(3))
    assert record == store.pointer().latest
    assert record.is_sharded
    assert_same(store.snapshot(record), FIRST)
    assert store.live_verification(record) == verified(3)
    assert [shard.stations for shard in store.shards_of(record)] == [
        tuple(station.id for station in part.stations) for part in FIRST.parts
    ]
    assert len([name for name in names(folder) if name.endswith(".npz.gz")]) == SHARDS


def test_the_same_forecast_has_the_same_version(store):
    assert publish(store, FIRST).version == publish(store, in_shards("2024-04-09T00", 0)).version
    assert len(store.pointer().history) == 1


def test_few_stations_are_one_file_as_before(store, folder):
    made = varied(SEOUL, "2024-04-09T00")
    record = publish(store, made, {SEOUL.id: {}})
    assert not record.is_sharded
    assert store.shards_of(record) == ()
    assert names(folder) == {f"{record.version}.npz", f"{record.recent}.json"}
    assert store.content(record) == made.to_bytes()


def test_who_reads_the_form_before_gets_one_file():
    publication = Publication.of(FIRST, schema=1)
    assert publication.manifest is None
    assert publication.files == (FIRST.to_bytes(schema=1),)


def test_what_is_known_of_a_station_in_no_shard_is_kept(store):
    record = publish(store, FIRST, verified(1) | {"silent": {"input_drift": {}}})
    assert store.live_verification(record) == verified(1) | {"silent": {"input_drift": {}}}


@pytest.mark.parametrize("n", range(WRITES_BEFORE_THE_SWAP + 3))
def test_a_publisher_that_dies_between_two_writes_leaves_the_old_state_or_the_new_one(folder, n):
    old = publish(SnapshotStore(FolderStorage(folder), keep=100), FIRST, verified(1))
    dying = SnapshotStore(FailingStorage(folder, n), keep=100)
    if n <= WRITES_BEFORE_THE_SWAP:
        with pytest.raises(StoreError, match="the store is gone"):
            publish(dying, SECOND, verified(2))
    else:
        publish(dying, SECOND, verified(2))
    store = SnapshotStore(FolderStorage(folder), keep=100)
    latest = store.pointer().latest
    is_old = n <= WRITES_BEFORE_THE_SWAP
    assert (latest == old) == is_old
    assert_same(store.snapshot(latest), FIRST if is_old else SECOND)
    assert store.live_verification(latest) == verified(1 if is_old else 2)
    assert publish(store, THIRD, verified(3)) == store.pointer().latest


def test_two_publishers_do_not_mix(store):
    publication, at = Publication.of(SECOND, SCHEMA), store.read_state()
    first = publish(store, FIRST, verified(1))
    with pytest.raises(ConflictError):
        publication.publish(store, verified(2), first.published_at, at)
    assert_same(store.snapshot(store.pointer().latest), FIRST)


def test_what_no_record_names_any_more_is_deleted_after_an_hour(folder):
    store = SnapshotStore(FolderStorage(folder), keep=1)
    publish(store, FIRST, verified(1))
    old = names(folder)
    publish(store, SECOND, verified(2))
    assert names(folder) > old
    age(folder, timedelta(minutes=61))
    record = publish(store, SECOND, verified(2))
    assert not names(folder) & old
    assert_same(store.snapshot(record), SECOND)


def test_a_shard_that_stays_as_it_was_is_kept_once_and_not_deleted(folder):
    store = SnapshotStore(FolderStorage(folder), keep=1)
    one, other = (in_shards(f"2024-04-09T0{h}", seed=h, same_shard=1) for h in (3, 4))
    before = publish(store, one)
    [_, same, _] = store.shards_of(before)
    age(folder, timedelta(minutes=61))
    record = publish(store, other)
    assert same in store.shards_of(record)
    assert_same(store.snapshot(record), other)


DAMAGES = {
    "cut off": lambda content: content[:-30],
    "changed": lambda content: content[:50] + bytes([content[50] ^ 1]) + content[51:],
    "empty": lambda _: b"",
    "another": lambda _: gzip.compress(b"another"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.parametrize("suffix", [".npz.gz", ".shards.json"])
def test_bytes_with_another_hash_are_refused(store, folder, damage, suffix):
    record = publish(store, FIRST)
    for path in (folder / OBJECTS).glob(f"*{suffix}"):
        path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StoreError, match="is not what was published"):
        store.snapshot(record)


def test_a_missing_shard_is_told(store, folder):
    record = publish(store, FIRST)
    shard = store.shards_of(record)[1]
    (folder / OBJECTS / f"{shard.version}.npz.gz").unlink()
    with pytest.raises(StoreError, match=f"{shard.version}.npz.gz is not in the store"):
        store.snapshot(record)


def test_what_inflates_beyond_a_snapshot_is_not_inflated(store, folder):
    record = publish(store, FIRST)
    shard = store.shards_of(record)[0]
    bomb = gzip.compress(bytes(200_000_000))
    (folder / OBJECTS / f"{shard.version}.npz.gz").write_bytes(bomb)
    with pytest.raises(StoreError, match="of 16000000 bytes"):
        store.snapshot(record)


def test_a_broken_pointer_is_mended_from_the_manifests(store, folder):
    records = [publish(store, one) for one in (FIRST, SECOND)]
    age(folder, timedelta(seconds=10))
    os.utime(folder / OBJECTS / f"{records[1].version}.shards.json")
    (folder / POINTER).write_bytes(b"broken")
    found = store.read_state().history
    assert [record.version for record in found] == [records[1].version, records[0].version]
    assert_same(store.snapshot(found[0]), SECOND)


@pytest.mark.parametrize(
    "content", [b"[]", b"{", b'{"format": 1, "shards": []}', b'{"format": 2}', b"\xff"]
)
def test_a_manifest_that_is_none_is_refused(store, folder, content):
    record = publish(store, FIRST)
    other = record.model_copy(update={"version": sha256(content)})
    (folder / OBJECTS / f"{other.version}.shards.json").write_bytes(content)
    with pytest.raises(StoreError, match="the manifest of a snapshot's shards is broken"):
        store.snapshot(other)


def test_a_record_that_says_something_else_than_its_shards_is_refused(store):
    record = publish(store, FIRST).model_copy(update={"model": "another"})
    with pytest.raises(StoreError, match=r"its record in latest\.json says another model"):
        store.snapshot(record)


def test_a_shard_with_other_stations_than_its_manifest_says_is_refused(store, folder):
    record = publish(store, FIRST)
    path = folder / OBJECTS / f"{record.version}.shards.json"
    content = json.loads(path.read_bytes())
    content["shards"][0]["stations"] = ["x", "y"]
    changed = json.dumps(content).encode()
    other = record.model_copy(update={"version": sha256(changed)})
    path.with_name(f"{other.version}.shards.json").write_bytes(changed)
    with pytest.raises(StoreError, match="has other stations than its manifest says"):
        store.snapshot(other)


def test_no_snapshot_that_cannot_be_served_is_published(store):
    broken = in_shards("2024-04-09T05", model="모델")
    with pytest.raises(ModelError, match="holds other than printable ASCII"):
        publish(store, broken)
    assert store.pointer() is None


def test_a_vote_is_judged_by_the_shard_of_its_station(store):
    """Of a snapshot of thousands of stations no more is read for it."""
    at = datetime(2024, 4, 9, 2, 30, tzinfo=UTC)
    old = publish(store, FIRST, published_at=at)
    new = publish(store, SECOND, published_at=at + timedelta(hours=1))
    current = ServedSnapshot(new, SECOND, None, 0.0)
    past = PastAdvice(store)
    for id in (IDS[0], IDS[-1]):
        record, snapshot = past.before(at + timedelta(minutes=20), current, id)
        assert record == old
        assert len(snapshot.stations) == STATIONS_OF_EACH
        s = FIRST.index(id)
        found = snapshot.trajectories_of(snapshot.index(id))["temp_c"]
        np.testing.assert_array_equal(found, FIRST.trajectories_of(s)["temp_c"])
    assert past.before(at + timedelta(hours=2), current, IDS[0]) == (new, SECOND)
    with pytest.raises(ModelError, match="no forecast for station 'x'"):
        past.before(at, current, "x")[1].index("x")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
