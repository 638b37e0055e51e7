"""The service of a snapshot in shards: what it reads is kept on disk and mapped, and read once."""

import asyncio
import os
import resource
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from service.service_process import Process, served
from service.sharded_snapshots import IDS, SHARDS, assert_same, in_shards, publish
from wearcast.artifacts import write_bytes
from wearcast.errors import UnservableError
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.api.workers.messages import Message
from wearcast.serving.api.workers.process import Worker
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.store.last_good import LastGood
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.shard_files import ShardFile, mapped
from wearcast.serving.store.snapshot_reader import SnapshotReader, accept
from wearcast.serving.store.snapshot_store import SnapshotStore

STALE = timedelta(hours=3)
FIRST = in_shards("2024-04-09T21", seed=1, same_shard=0)
SECOND = in_shards("2024-04-09T22", seed=2, same_shard=0)
THIRD = in_shards("2024-04-09T23", seed=3, same_shard=0)


class CountedStorage(FolderStorage):
    """A folder that counts the shards that are read."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.shards_read = 0

    def get(self, name: str, max_bytes: int = 16_000_000) -> bytes | None:
        self.shards_read += name.endswith(".npz.gz")
        return super().get(name, max_bytes)


class Machine:
    """A store, and a machine that reads it."""

    def __init__(self, root: Path) -> None:
        self.storage = CountedStorage(root / "store")
        self.store = SnapshotStore(self.storage, keep=100)
        self.folder = root / "last-good"
        self.root = root

    def started(self, check=accept) -> SnapshotReader:
        """A reader of a process that starts, after its first poll."""
        last_good = LastGood(self.folder, "the store")
        reader = SnapshotReader(self.store, STALE, check=check, last_good=last_good)
        reader.poll()
        return reader

    def files(self) -> set[Path]:
        return set((self.folder / "shards").iterdir())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_shard_that_stays_as_it_was_is_read_once(machine):
    publish(machine.store, FIRST)
    reader = machine.started()
    assert_same(reader.current.snapshot, FIRST)
    assert machine.storage.shards_read == SHARDS
    publish(machine.store, SECOND)
    reader.poll()
    assert reader.last_error == ""
    assert_same(reader.current.snapshot, SECOND)
    assert machine.storage.shards_read == 2 * SHARDS - 1


def test_its_arrays_are_those_of_the_files(machine):
    publish(machine.store, FIRST)
    current = machine.started().current
    for part, file in zip(current.snapshot.parts, current.snapshot.files, strict=True):
        assert file.path in machine.files()
        array = part.quantiles["temp_c"]
        assert not array.flags.owndata
        assert not array.flags.writeable


def test_after_a_start_what_is_on_disk_is_not_read_from_the_store(machine):
    publish(machine.store, FIRST, {IDS[0]: {"hours": 1}})
    machine.started()
    read = machine.storage.shards_read
    shutil.rmtree(machine.root / "store")
    reader = machine.started()
    assert_same(reader.current.snapshot, FIRST)
    assert reader.current.live_verification == {IDS[0]: {"hours": 1}}
    assert "gone" in reader.last_error
    assert machine.storage.shards_read == read


@pytest.mark.parametrize("damage", [lambda content: content[:-9], lambda content: b"x" + content])
def test_a_file_that_is_not_what_was_written_is_read_anew(machine, damage):
    publish(machine.store, FIRST)
    machine.started()
    for file in machine.files():
        file.write_bytes(damage(file.read_bytes()))
    assert_same(machine.started().current.snapshot, FIRST)
    assert machine.storage.shards_read == 2 * SHARDS


def test_where_the_folder_cannot_be_written_shards_are_kept_in_memory(machine, caplog):
    machine.folder.write_bytes(b"no folder")
    publish(machine.store, FIRST)
    reader = machine.started()
    assert_same(reader.current.snapshot, FIRST)
    assert reader.current.snapshot.files == (None,) * SHARDS
    assert caplog.text.count("shards are kept in memory") == 1


def published(machine: Machine, reader: SnapshotReader, *snapshots: Snapshot) -> list[Snapshot]:
    """What a reader serves of snapshots that are published one after the other, each when all files
    are old."""
    served = []
    for snapshot in snapshots:
        for file in machine.files():
            os.utime(file, (0, 0))
        publish(machine.store, snapshot)
        reader.poll()
        served.append(reader.current.snapshot)
    return served


def test_files_that_nobody_reads_any_more_are_deleted_after_an_hour(machine):
    publish(machine.store, FIRST)
    reader = machine.started()
    second, third = published(machine, reader, SECOND, THIRD)
    assert machine.files() == second.paths | third.paths


def test_a_worker_that_starts_at_the_switch_finds_the_files_of_the_snapshot_before(machine):
    publish(machine.store, FIRST)
    reader = machine.started()
    before = reader.current.snapshot
    published(machine, reader, SECOND)
    for file in before.files:
        assert mapped(file.path, file.inode) is not None


def test_where_the_disk_is_full_the_last_good_snapshot_stays_whole(machine):
    publish(machine.store, FIRST)
    reader = machine.started()
    for snapshot in (SECOND, THIRD):
        for file in machine.files():
            os.utime(file, (0, 0))
        publish(machine.store, snapshot)
        with no_room():
            reader.poll()
        assert_same(reader.current.snapshot, snapshot)
    shutil.rmtree(machine.root / "store")
    assert_same(machine.started().current.snapshot, FIRST)


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process may grow within the block, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_snapshot_that_cannot_be_served_leaves_the_one_before(machine):
    def check(candidate: ServedSnapshot, _: bytes) -> None:
        if candidate.record.issued_at.hour == 22:
            raise UnservableError("it can't be served")

    publish(machine.store, FIRST)
    reader = machine.started(check)
    publish(machine.store, SECOND)
    reader.poll()
    assert_same(reader.current.snapshot, FIRST)
    assert reader.last_error == "it can't be served"


def test_workers_answer_from_the_files(tmp_path):
    """The service as it runs for users, its workers processes of their own."""
    at = datetime.now(UTC) - timedelta(hours=1)
    store = SnapshotStore(FolderStorage(tmp_path / "store"), keep=100)
    first = publish(store, in_shards(f"{at:%Y-%m-%dT%H}", seed=1))
    with served(
        tmp_path,
        STORE=str(tmp_path / "store"),
        LAST_GOOD=str(tmp_path / "last-good"),
        REVALIDATE_EVERY="1s",
    ) as one:
        for id in IDS:
            answer = one.get("/recommendation/by_day", params={"station": id})
            assert answer.status_code == 200, answer.text
            assert answer.json()["forecast"]["version"] == first.version
        assert one.get("/stations").status_code == 200
        assert one.get("/forecast/latest", params={"station": IDS[-1]}).status_code == 200
        metrics = one.get("/metrics").text
        assert 'wearcast_input_missing_ratio{variable="temp_c"} 0.0' in metrics
    assert len(list((tmp_path / "last-good" / "shards").iterdir())) == SHARDS


def test_an_answer_of_several_stations_is_of_one_snapshot_while_others_are_published(tmp_path):
    """Two workers read the same files, and no two answers are asked for alike."""
    at = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H}"
    store = SnapshotStore(FolderStorage(tmp_path / "store"), keep=100)
    snapshots = [in_shards(at, seed, same_shard=1) for seed in range(1, 4)]
    expected_c = {publish(store, snapshots[0]).version: first_medians_c(snapshots[0])}
    with served(
        tmp_path,
        STORE=str(tmp_path / "store"),
        LAST_GOOD=str(tmp_path / "last-good"),
        REVALIDATE_EVERY="1s",
        WORKERS="2",
    ) as one:
        for snapshot in snapshots[1:]:
            newest = publish(store, snapshot).version
            expected_c[newest] = first_medians_c(snapshot)
            found = [""]
            for number in range(1_000):
                found, medians_c = told_of_all(one, hours=1 + number % 168)
                assert len(set(found)) == 1
                assert medians_c == pytest.approx(expected_c[found[0]], abs=0.06)
                if found[0] == newest:
                    break
            assert found[0] == newest
    assert len(expected_c) == len(snapshots)


def first_medians_c(snapshot: Snapshot) -> list[float]:
    """The median temperatures of all stations an hour ahead."""
    median = LEVELS.tolist().index(0.5)
    return [float(snapshot.quantiles["temp_c"][s, 0, median]) for s in range(len(IDS))]


def told_of_all(one: Process, hours: int) -> tuple[list[str], list[float]]:
    """The versions in an answer of all stations, and their median temperatures an hour ahead."""
    asked = {"station": ",".join(IDS), "hours": hours}
    answer = one.get("/forecast/latest", params=asked, timeout=60)
    assert answer.status_code == 200, answer.text
    forecasts = answer.json()["forecasts"]
    versions = [forecast["forecast"]["version"] for forecast in forecasts]
    return versions, [forecast["hours"][0]["temp_c"]["p50"] for forecast in forecasts]


def test_a_worker_that_starts_when_the_files_are_gone_gets_what_the_server_has_mapped(tmp_path):
    at = datetime.now(UTC) - timedelta(hours=1)
    store = SnapshotStore(FolderStorage(tmp_path / "store"), keep=100)
    publish(store, in_shards(f"{at:%Y-%m-%dT%H}", seed=1))
    shards = tmp_path / "last-good" / "shards"
    with served(
        tmp_path, STORE=str(tmp_path / "store"), LAST_GOOD=str(tmp_path / "last-good")
    ) as one:
        gone, another, *_ = sorted(shards.iterdir())
        gone.unlink()
        write_bytes(another, b"another file")
        [worker] = one.workers()
        os.kill(worker, signal.SIGKILL)
        for id in IDS:
            path = f"/recommendation/by_day?station={id}&wake=6"
            answer = patiently(one, path)
            assert answer.status_code == 200, answer.text


def patiently(one: Process, path: str) -> httpx.Response:
    """An answer, once there is a worker that computes it."""
    until = time.monotonic() + 60
    answer = one.get(path, timeout=60)
    while answer.status_code == 503 and time.monotonic() < until:
        answer = one.get(path, timeout=60)
    return answer


def test_a_worker_maps_the_file_that_the_server_verified_and_no_other(machine):
    publish(machine.store, FIRST)
    before = machine.started().current.snapshot
    worker = Worker(Deployment(model=machine.root, reports=machine.root))
    one, other, *_ = before.files

    def is_same(file: ShardFile) -> bool:
        head = {"kind": "file", "version": "v", "path": str(file.path), "inode": file.inode}
        reply = asyncio.run(worker.reply(Message(head)))
        assert reply.head["problem"] == ""
        found: bool = reply.head["is_same"]
        return found

    assert is_same(one)
    write_bytes(one.path, other.content[:])
    assert not is_same(one)
    one.path.unlink()
    assert not is_same(one)
    one.path.write_bytes(b"")
    assert not is_same(one)
    assert len(worker._parts) == 1


def told(worker: Worker, kind: str, content: bytes = b"") -> str:
    """What a worker answers to a part or a snapshot: why it can't be served."""
    head = {"kind": kind, "version": "v"}
    reply = asyncio.run(worker.reply(Message(head, content)))
    problem: str = reply.head["problem"]
    return problem


def test_a_worker_reads_parts_from_what_it_is_sent_where_there_are_no_files(tmp_path):
    worker = Worker(Deployment(model=tmp_path, reports=tmp_path))
    contents = [part.to_bytes() for part in FIRST.parts]
    assert told(worker, "part", contents[0]) == ""
    assert "not a whole snapshot" in told(worker, "part", contents[1][:-9])
    assert "not a whole snapshot" in told(worker, "snapshot", b"x")
    for content in contents:
        assert told(worker, "part", content) == ""
    assert told(worker, "snapshot") == ""
    assert_same(worker._snapshots["v"], FIRST)
    assert "aren't of one model" in told(worker, "snapshot")
