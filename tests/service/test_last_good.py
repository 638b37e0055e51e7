"""A process that starts while the store is gone serves the last good snapshot of its machine."""

import json
import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from service.in_process_service import StoreFolder, serving
from service.service_process import served
from service.synthetic_snapshots import joined, two_cities
from wearcast.errors import UnservableError
from wearcast.serving.store import snapshot_reader
from wearcast.serving.store.last_good import LastGood
from wearcast.serving.store.snapshot_reader import SnapshotReader, accept

STALE = timedelta(hours=3)
NOW = datetime(2024, 4, 9, 21, 10, tzinfo=UTC)
READER = "wearcast.serving.store.snapshot_reader"
LAST_GOOD = "wearcast.serving.store.last_good"


class Machine:
    """A store, a folder for the last good snapshot, and clocks that a reboot sets anew."""

    def __init__(self, root):
        self.shelf = StoreFolder(root / "store")
        self.folder = root / "last-good"
        self.file = self.folder / "snapshot"
        self.now, self.monotonic_s = NOW, 1000.0

    def wait(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by
        self.monotonic_s += by.total_seconds()

    def started(self, check=accept, url: str = "", store=None) -> SnapshotReader:
        """A reader of a process that starts, after its first poll."""
        self.monotonic_s = 5.0
        reader = SnapshotReader(
            store or self.shelf.store,
            STALE,
            lambda: self.now,
            lambda: self.monotonic_s,
            check,
            LastGood(self.folder, url or str(self.shelf.root)),
        )
        reader.poll()
        return reader

    def publish(self, seed=1, replay=False, at=None):
        """Publish a snapshot."""
        return self.shelf.publish(joined(two_cities(seed), replay=replay), at or self.now)


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def age(reader: SnapshotReader) -> timedelta:
    return reader.age(reader.current)


def version(reader: SnapshotReader) -> str:
    return reader.current.record.version


def test_it_is_served_where_the_store_is_gone(machine):
    content = json.dumps({"EWR": {"hours": 3}}).encode()
    snapshot = two_cities()
    record = machine.shelf.publish(snapshot, machine.now, content)
    before = machine.started()
    shutil.rmtree(machine.shelf.root)
    machine.wait(timedelta(hours=1))
    after = machine.started()
    assert after.current.record == record == before.current.record
    assert after.current.snapshot.to_bytes() == snapshot.to_bytes()
    assert after.current.live_verification == {"EWR": {"hours": 3}}
    assert "gone from the store" in after.last_error
    assert (age(before), age(after)) == (timedelta(hours=1, minutes=10),) * 2


def test_it_is_served_where_the_store_cannot_be_read_and_until_it_can(machine, caplog):
    record = machine.publish()
    machine.started()
    pointer = machine.shelf.root / "latest.json"
    content = pointer.read_bytes()
    pointer.unlink()
    pointer.mkdir()
    with caplog.at_level("INFO", READER):
        reader = machine.started()
    assert version(reader) == record.version
    assert "can't be used" in reader.last_error
    assert "is still served" in caplog.text
    pointer.rmdir()
    pointer.write_bytes(content)
    newer = machine.publish(2)
    reader.poll()
    assert (version(reader), reader.last_error) == (newer.version, "")


def test_it_is_served_where_all_snapshots_of_the_store_are_broken(machine):
    record = machine.publish()
    machine.started()
    for file in (machine.shelf.root / "objects").iterdir():
        file.write_bytes(b"broken")
    reader = machine.started()
    assert version(reader) == record.version
    assert "is not what was published" in reader.last_error


def test_the_newest_is_kept_and_one_of_another_store_is_not_served(machine, caplog):
    machine.publish()
    reader = machine.started()
    newer = machine.publish(2)
    reader.poll()
    shutil.rmtree(machine.shelf.root)
    other = machine.started(url="s3://another/store")
    assert other.current is None
    assert f"is of another store: {machine.shelf.root}" in caplog.text
    assert version(machine.started()) == newer.version
    assert [path.name for path in machine.folder.iterdir()] == ["snapshot"]


def test_what_a_killed_writer_left_is_removed(machine):
    machine.folder.mkdir()
    for name, hours in ((".snapshot.old", 2), (".snapshot.new", 0)):
        left = machine.folder / name
        left.write_bytes(b"x")
        at = datetime.now(UTC).timestamp() - 3600 * hours
        os.utime(left, (at, at))
    machine.publish()
    machine.started()
    assert {path.name for path in machine.folder.iterdir()} == {"snapshot", ".snapshot.new"}


def test_a_replay_is_as_old_after_a_restart_as_before(machine):
    machine.publish(replay=True)
    machine.started()
    machine.wait(timedelta(hours=4))
    shutil.rmtree(machine.shelf.root)
    reader = machine.started()
    assert (age(reader), reader.stale(reader.current)) == (timedelta(hours=4), True)


@pytest.mark.parametrize("is_gone", [True, False])
def test_it_is_no_younger_after_a_restart_although_the_publishers_clock_is_ahead(machine, is_gone):
    machine.publish(replay=True, at=machine.now + timedelta(days=1))
    reader = machine.started()
    machine.wait(timedelta(hours=2))
    assert age(reader) == timedelta(hours=2)
    for _ in range(2):
        if is_gone:
            shutil.rmtree(machine.shelf.root, ignore_errors=True)
        reader = machine.started()
        assert age(reader) == timedelta(hours=2)


def test_one_that_is_published_again_is_kept_with_its_new_record(machine):
    machine.publish(replay=True)
    reader = machine.started()
    machine.wait(timedelta(hours=4))
    again = machine.publish(replay=True)
    reader.poll()
    shutil.rmtree(machine.shelf.root)
    assert machine.started().current.record == again


def broken(content: bytes) -> list[bytes]:
    """What a file that was written may become, and what another program may have left."""
    changed = bytearray(content)
    changed[100] ^= 1
    return [b"", b"\n", b"{}", content[:-1], content[1:], bytes(changed), content + b"\0"]


@pytest.mark.parametrize("number", range(7))
def test_a_broken_file_is_logged_once_and_harms_nothing(machine, caplog, number):
    machine.publish()
    machine.started()
    machine.file.write_bytes(broken(machine.file.read_bytes())[number])
    store = machine.shelf.root.rename(machine.shelf.root.with_name("away"))
    reader = machine.started()
    reader.poll()
    assert reader.current is None
    told = [r.getMessage() for r in caplog.records if r.name == LAST_GOOD]
    assert ["can't be read" in line for line in told] == [True]
    store.rename(machine.shelf.root)
    reader.poll()
    assert (version(reader), reader.last_error) == (machine.publish().version, "")
    shutil.rmtree(machine.shelf.root)
    assert machine.started().current


@pytest.mark.parametrize("what", ["a file", "a folder in place of the file"])
def test_a_folder_that_cannot_be_written_harms_nothing(machine, caplog, what):
    if what == "a file":
        machine.folder.write_bytes(b"")
    else:
        (machine.file / "x").mkdir(parents=True)
    machine.publish()
    reader = machine.started()
    newer = machine.publish(2)
    reader.poll()
    assert (version(reader), reader.last_error) == (newer.version, "")
    logged = [r.getMessage() for r in caplog.records if r.name == LAST_GOOD]
    assert len([line for line in logged if "isn't kept: could not write" in line]) == 1


def test_one_that_cannot_be_served_any_more_is_not_served(machine, caplog):
    def refuse(candidate, _):
        raise UnservableError(f"{candidate.record.version[:12]} fails")

    record = machine.publish()
    machine.started()
    shutil.rmtree(machine.shelf.root)
    reader = machine.started(refuse)
    reader.poll()
    assert reader.current is None
    told = [r.getMessage() for r in caplog.records if r.name == LAST_GOOD]
    assert [line.endswith(f"can't be served: {record.version[:12]} fails") for line in told] == [
        True
    ]


def test_it_is_served_while_the_store_takes_long(machine, monkeypatch):
    record = machine.publish()
    machine.started()
    newer = machine.publish(2)
    monkeypatch.setattr(snapshot_reader, "_PATIENCE_S", 0.05)
    answers = threading.Event()
    slow = machine.shelf.store
    pointer = slow.pointer

    def slow_pointer():
        answers.wait(20)
        return pointer()

    slow.pointer = slow_pointer
    reader = SnapshotReader(
        slow, STALE, last_good=LastGood(machine.folder, str(machine.shelf.root))
    )
    with ThreadPoolExecutor() as threads:
        polling = threads.submit(reader.poll)
        while reader.current is None:
            assert not polling.done()
        assert version(reader) == record.version
        answers.set()
        polling.result()
    assert (version(reader), reader.last_error) == (newer.version, "")


def test_processes_may_share_the_folder(machine):
    records = [machine.publish(seed) for seed in range(3)]
    contents = [machine.shelf.store.content(record) for record in records]

    def write(number: int) -> None:
        LastGood(machine.folder, "store").write(records[number], contents[number], None, NOW)

    write(0)
    with ThreadPoolExecutor(4) as threads:
        writing = [threads.submit(write, number % 3) for number in range(30)]
        while not all(one.done() for one in writing):
            kept = LastGood(machine.folder, "store").read()
            assert kept.content == contents[records.index(kept.note.record)]
        for one in writing:
            one.result()
    assert [path.name for path in machine.folder.iterdir()] == ["snapshot"]


def test_an_app_in_a_test_or_a_notebook_keeps_nothing(tmp_path):
    folder = tmp_path / "last-good"
    with serving(tmp_path, two_cities(), last_good=folder) as service:
        assert service.get("/health/ready").status_code == 200
    assert not folder.exists()


def test_a_process_that_starts_without_its_store_serves_what_the_one_before_served(tmp_path):
    store = StoreFolder(tmp_path / "store")
    record = store.publish(
        joined(two_cities(), replay=True), datetime.now(UTC) - timedelta(minutes=5)
    )
    settings = {"STORE": str(store.root), "LAST_GOOD": str(tmp_path / "last-good")}
    with served(tmp_path, **settings) as first:
        before = first.get("/forecast/latest")
        first.kill()
    shutil.rmtree(store.root)
    with served(tmp_path, **settings) as second:
        health = second.get("/health/ready")
        after = second.get("/forecast/latest")
    assert (health.status_code, after.status_code) == (200, 200)
    assert "gone from the store" in health.json()["store"]
    forecasts = before.json()["forecast"], after.json()["forecast"]
    assert {forecast["version"] for forecast in forecasts} == {record.version}
    assert forecasts[1]["age_s"] >= forecasts[0]["age_s"] >= 300
