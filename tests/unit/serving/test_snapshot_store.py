"""The store shows the old state or the new one, whole, whatever happens to whoever publishes."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.serving.refresh_fakes import FailingStorage, publish, record, snapshot
from unit.serving.test_object_storage import files_up_to
from wearcast.errors import ConflictError, StoreError
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import (
    OBJECTS,
    POINTER,
    Pointer,
    SnapshotRecord,
    SnapshotStore,
)

FIRST, SECOND, THIRD = (snapshot(f"2013-03-12T0{h}") for h in range(3))
HOURS = st.datetimes(
    min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)
)
HASHES = st.text("0123456789abcdef", min_size=64, max_size=64)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def store(folder: Path) -> SnapshotStore:
    return SnapshotStore(FolderStorage(folder), keep=10)


def age(folder: Path, by: timedelta) -> None:
    """Let all objects be older."""
    for path in (folder / OBJECTS).iterdir():
        at = path.stat().st_mtime - by.total_seconds()
        os.utime(path, (at, at))


def objects(folder: Path) -> set[str]:
    return {path.name for path in (folder / OBJECTS).iterdir()}


def test_a_new_store_has_nothing(store):
    assert store.pointer() is None
    assert (store.read_state().latest, store.read_state().history) == (None, ())


def test_the_pointer_names_no_field_that_an_older_release_refuses(store, folder):
    """It allowed no others (commit b58b402), and reads what isn't in shards."""
    publish(store, snapshot())
    [told] = json.loads((folder / POINTER).read_bytes())["history"]
    known = {"version", "published_at", "issued_at", "model", "source", "replay", "recent"}
    assert told.keys() == known


def test_a_published_snapshot_can_be_read(store):
    of = publish(store, FIRST, recent=b'{"AAA": {}}')
    assert store.pointer().latest == of
    assert store.snapshot(of).to_bytes() == FIRST.to_bytes()
    assert store.live_verification(of) == {"AAA": {}}
    assert (of.issued_at, of.replay) == (datetime(2013, 3, 12, tzinfo=UTC), True)


def test_without_a_live_verification_it_is_none(store):
    assert store.live_verification(publish(store, FIRST)) is None


def test_the_newest_is_the_first(store):
    records = [publish(store, made) for made in (FIRST, SECOND, THIRD)]
    assert store.pointer().history == store.read_state().history == tuple(reversed(records))


def test_a_stored_version_moves_to_the_front(store):
    first, second = publish(store, FIRST), publish(store, SECOND)
    again = publish(store, FIRST, published_at="2026-01-02T00")
    assert again.version == first.version
    assert store.pointer().history == (again, second)


@given(
    st.lists(
        st.builds(
            SnapshotRecord,
            version=HASHES,
            published_at=HOURS,
            issued_at=HOURS,
            model=st.text(),
            source=st.text(),
            replay=st.booleans(),
            recent=HASHES | st.none(),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_pointer_round_trips(records):
    pointer = Pointer(history=tuple(records))
    assert Pointer.parse(pointer.to_bytes()) == pointer


def test_fields_that_a_later_release_adds_to_the_pointer_are_ignored(store, folder):
    of = publish(store, FIRST)
    content = json.loads((folder / POINTER).read_text())
    content["shards"] = 3
    content["history"][0]["schema"] = 7
    (folder / POINTER).write_text(json.dumps(content))
    assert store.pointer() == Pointer(history=(of,))


def test_of_two_publishers_the_later_one_gets_a_conflict(store, folder):
    state = store.read_state()
    other = publish(SnapshotStore(FolderStorage(folder), keep=10), FIRST)
    with pytest.raises(ConflictError, match="theirs stands"):
        store.publish(SECOND.to_bytes(), record(SECOND), None, state)
    assert store.pointer().history == (other,)
    assert store.snapshot(other).to_bytes() == FIRST.to_bytes()


def test_only_the_newest_records_and_their_objects_are_kept(folder):
    store = SnapshotStore(FolderStorage(folder), keep=2)
    for made, recent in ((FIRST, b'{"hours": 1}'), (SECOND, b'{"hours": 2}')):
        publish(store, made, recent=recent)
    age(folder, timedelta(hours=2))
    third = publish(store, THIRD, recent=b'{"hours": 3}')
    second = store.pointer().history[1]
    assert len(store.pointer().history) == 2
    assert objects(folder) == {f"{r.version}.npz" for r in (second, third)} | {
        f"{r.recent}.json" for r in (second, third)
    }


def test_an_orphan_is_kept_for_an_hour(store, folder):
    publish(store, FIRST)
    FolderStorage(folder).put(f"{OBJECTS}/{'0' * 64}.npz", b"half way")
    age(folder, timedelta(minutes=59))
    publish(store, SECOND)
    assert f"{'0' * 64}.npz" in objects(folder)
    age(folder, timedelta(minutes=2))
    publish(store, THIRD)
    assert f"{'0' * 64}.npz" not in objects(folder)


def test_temporary_files_of_a_killed_writer_are_deleted_after_an_hour(store, folder):
    publish(store, FIRST)
    left = folder / OBJECTS / f".{'0' * 64}.npz.x7k2"
    left.write_bytes(b"half way")
    age(folder, timedelta(minutes=61))
    publish(store, SECOND)
    assert not left.exists()


def test_an_old_object_that_a_record_names_is_kept(store, folder):
    publish(store, FIRST, recent=b'{"hours": 1}')
    age(folder, timedelta(days=100))
    publish(store, SECOND)
    assert store.live_verification(store.pointer().history[1]) == {"hours": 1}
    assert store.snapshot(store.pointer().history[1]).to_bytes() == FIRST.to_bytes()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b'{"format": 1, "history": []}', b'{"format": 2, "history": []}', b"\xff"],
)
def test_a_broken_pointer_is_reported_and_repaired_by_the_next_publication(
    store, folder, content, caplog
):
    first, second = publish(store, FIRST), publish(store, SECOND)
    age(folder, timedelta(seconds=10))
    os.utime(folder / OBJECTS / f"{second.version}.npz")
    (folder / POINTER).write_bytes(content)
    with pytest.raises(StoreError, match=f"{POINTER} is broken: .* The next refresh mends it"):
        store.pointer()
    third = publish(store, THIRD)
    assert [r.version for r in store.pointer().history] == [
        third.version,
        second.version,
        first.version,
    ]
    assert "mending the pointer from the snapshots in the store" in caplog.text


def test_only_readable_snapshots_rebuild_a_pointer(store, folder, caplog):
    first, second = publish(store, FIRST), publish(store, SECOND)
    (folder / OBJECTS / f"{second.version}.npz").write_bytes(b"not it")
    FolderStorage(folder).put(POINTER, b"broken")
    assert [r.version for r in store.read_state().history] == [first.version]
    assert f"left out: {OBJECTS}/{second.version}.npz is not what was published" in caplog.text


def test_a_broken_pointer_without_snapshots_is_a_new_start(store, folder):
    FolderStorage(folder).put(POINTER, b"broken")
    assert store.read_state().history == ()
    publish(store, FIRST)
    assert len(store.pointer().history) == 1


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b[:100] + bytes([b[100] ^ 1]) + b[101:], lambda _: b""]
)
def test_bytes_with_another_hash_are_refused(store, folder, damage):
    of = publish(store, FIRST, recent=b"[" + b"1, " * 50 + b"1]")
    for name, look in (
        (f"{of.version}.npz", store.snapshot),
        (f"{of.recent}.json", store.live_verification),
    ):
        path = folder / OBJECTS / name
        path.write_bytes(damage(path.read_bytes()))
        with pytest.raises(
            StoreError, match=f"{OBJECTS}/{name} is not what was published: its sha256 is "
        ):
            look(of)


def test_a_missing_object_is_reported(store, folder):
    of = publish(store, FIRST)
    (folder / OBJECTS / f"{of.version}.npz").unlink()
    with pytest.raises(
        StoreError,
        match=f"{OBJECTS}/{of.version}.npz is not in the store, although {POINTER} names it",
    ):
        store.snapshot(of)


def test_bytes_that_are_no_snapshot_are_refused_although_their_hash_is_right(store):
    of = record(FIRST).model_copy(
        update={"version": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"}
    )
    store.publish(b"foo", of, None, store.read_state())
    with pytest.raises(StoreError, match="snapshot 2c26b46b68ff can't be read"):
        store.snapshot(of)


@pytest.mark.parametrize("content", [b"{", b"[1]", b"[" * 100_000, b"\xff", b" " * 5_000_000])
def test_a_live_verification_that_is_none_is_refused_although_its_hash_is_right(store, content):
    with pytest.raises(StoreError, match=r"\.json (can't be read|is larger than)"):
        store.live_verification(publish(store, FIRST, recent=content))


def test_a_pointer_that_is_too_large_is_not_parsed_and_the_next_publisher_mends_it(store, folder):
    first = publish(store, FIRST)
    pointer = folder / POINTER
    pointer.write_bytes(pointer.read_bytes() + b" " * 5_000_000)
    with pytest.raises(StoreError, match=r"latest\.json is larger than the 4,000,000 bytes"):
        store.pointer()
    second = publish(store, SECOND)
    assert [one.version for one in store.pointer().history] == [second.version, first.version]


def test_a_snapshot_that_is_too_large_is_not_read(store, folder):
    of = publish(store, FIRST)
    with (folder / OBJECTS / f"{of.version}.npz").open("ab") as file:
        file.truncate(10**10)
    with pytest.raises(StoreError, match=rf"{of.version}.npz is larger than the 16,000,000 bytes"):
        store.snapshot(of)


@pytest.mark.parametrize("n", range(7))
def test_a_publisher_that_dies_between_two_writes_leaves_the_old_state_or_the_new_one(folder, n):
    old = publish(SnapshotStore(FolderStorage(folder), keep=1), FIRST, recent=b'{"hours": 1}')
    age(folder, timedelta(hours=2))
    new = record(SECOND, recent=b'{"hours": 2}')
    dying = SnapshotStore(FailingStorage(folder, n), keep=1)
    if n < 3:
        with pytest.raises(StoreError, match="the store is gone"):
            dying.publish(SECOND.to_bytes(), new, b'{"hours": 2}', dying.read_state())
    else:
        dying.publish(SECOND.to_bytes(), new, b'{"hours": 2}', dying.read_state())
    store = SnapshotStore(FolderStorage(folder), keep=1)
    latest = store.pointer().latest
    assert latest == (old if n < 3 else new)
    assert store.snapshot(latest).to_bytes() == (FIRST if n < 3 else SECOND).to_bytes()
    assert store.live_verification(latest) == {"hours": 1 if n < 3 else 2}
    assert publish(store, THIRD, recent=b'{"hours": 3}') == store.pointer().latest


def test_a_publication_succeeds_even_if_old_objects_can_not_be_deleted(folder, caplog):
    store = SnapshotStore(FailingStorage(folder, 2), keep=2)
    of = publish(store, FIRST)
    assert SnapshotStore(FolderStorage(folder), keep=2).pointer().latest == of
    assert "old snapshots could not be removed: the store is gone" in caplog.text


def test_on_a_full_disk_the_latest_stays(store, folder):
    old = publish(store, FIRST)
    for limit in (100, len(FIRST.to_bytes()) - 1):
        with (
            files_up_to(limit),
            pytest.raises(StoreError, match="File too large; nothing was left behind"),
        ):
            publish(store, SECOND)
    assert store.pointer().latest == old
    assert objects(folder) == {f"{old.version}.npz"}
