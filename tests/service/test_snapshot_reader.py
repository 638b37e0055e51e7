"""The reader: it keeps the last good snapshot whatever happens to the store, and never calls it
younger than it is."""

import asyncio
import hashlib
import json
import shutil
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.in_process_service import StoreFolder
from service.synthetic_snapshots import joined, two_cities
from wearcast.errors import StoreError, UnservableError
from wearcast.serving.store.snapshot_reader import SnapshotReader
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

ISSUED = datetime(2024, 4, 9, 21, tzinfo=UTC)
"""When the newer of the two cities was observed last."""
STALE = timedelta(hours=3)


@dataclass
class Clocks:
    """The time of day, which may be wrong, and the ticks, which only go on."""

    now: datetime = ISSUED + timedelta(minutes=10)
    monotonic_s: float = 50.0

    def turn(self, by: timedelta) -> None:
        """Time goes by."""
        self.now += by
        self.monotonic_s += by.total_seconds()


@dataclass
class Scene:
    """A store, its reader and their clocks."""

    shelf: StoreFolder
    clocks: Clocks = field(default_factory=Clocks)

    def __post_init__(self) -> None:
        self.reader = SnapshotReader(
            self.shelf.store, STALE, lambda: self.clocks.now, lambda: self.clocks.monotonic_s
        )

    def publish(self, seed=1, replay=False, at=None, **more):
        """Publish a snapshot, by the right time unless told otherwise."""
        snapshot = joined(two_cities(seed=seed), replay=replay)
        return self.shelf.publish(snapshot, at or self.clocks.now, **more)

    @property
    def served(self) -> str:
        """The version that is served."""
        return self.reader.current.record.version

    @property
    def age(self) -> timedelta:
        """Of what is served."""
        return self.reader.age(self.reader.current)

    @property
    def stale(self) -> bool:
        """Whether that is stale."""
        return self.reader.stale(self.reader.current)


@pytest.fixture
def scene(tmp_path) -> Scene:
    return Scene(StoreFolder(tmp_path / "store"))


def test_an_empty_store_is_an_error_after_a_minute(scene, caplog):
    with caplog.at_level("INFO", "wearcast.serving.store.snapshot_reader"):
        for _ in range(3):
            scene.reader.poll()
        assert scene.reader.current is None
        assert "waiting for the first snapshot" in scene.reader.last_error
        assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
            ("INFO", scene.reader.last_error)
        ]
        scene.clocks.turn(timedelta(minutes=1))
        for _ in range(3):
            scene.reader.poll()
    assert "Run `wearcast refresh`" in scene.reader.last_error
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING"]


def test_the_first_snapshot_is_served_without_a_logged_error(scene, caplog):
    with caplog.at_level("INFO", "wearcast.serving.store.snapshot_reader"):
        scene.reader.poll()
        record = scene.publish()
        scene.reader.poll()
    assert (scene.served, scene.reader.last_error) == (record.version, "")
    assert [record.getMessage().split(" ")[0] for record in caplog.records] == [
        "Nothing",
        "serving",
    ]


def test_it_serves_the_newest(scene):
    for seed in (1, 2, 3):
        record = scene.publish(seed)
        scene.reader.poll()
        assert scene.served == record.version
    assert (scene.reader.last_error, scene.reader.failures) == ("", 0)


def test_a_poll_without_a_new_record_reads_no_snapshot(scene, monkeypatch):
    scene.publish()
    scene.reader.poll()
    before = scene.reader.current
    monkeypatch.setattr(type(scene.shelf.store), "content", None)
    scene.reader.poll()
    assert scene.reader.current is before
    assert scene.reader.last_error == ""


def damaged(path, how):
    """Do something to a file."""
    if how == "gone":
        path.unlink()
    elif how == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)


DAMAGE = ["gone", "cut", "empty", "a bit flipped"]


@pytest.mark.parametrize("how", DAMAGE)
def test_a_broken_newest_snapshot_leaves_the_last_good_one(scene, how):
    good = scene.publish(1)
    scene.reader.poll()
    bad = scene.publish(2)
    damaged(scene.shelf.file(bad), how)
    scene.reader.poll()
    assert scene.served == good.version
    assert bad.version[:12] in scene.reader.last_error
    assert scene.reader.failures == 1


@pytest.mark.parametrize("how", DAMAGE)
def test_a_reader_that_starts_on_a_broken_newest_takes_an_older_good_one(scene, how):
    good, broken = scene.publish(1), [scene.publish(seed) for seed in (2, 3)]
    for record in broken:
        damaged(scene.shelf.file(record), how)
    scene.reader.poll()
    assert scene.served == good.version
    assert broken[-1].version[:12] in scene.reader.last_error


def test_it_tries_three_records_and_keeps_the_current_snapshot(scene):
    kept = scene.publish(1)
    scene.reader.poll()
    for record in [scene.publish(seed) for seed in range(2, 6)]:
        damaged(scene.shelf.file(record), "cut")
    scene.reader.poll()
    assert scene.served == kept.version
    fresh = Scene(scene.shelf)
    fresh.reader.poll()
    assert fresh.reader.current is None
    assert fresh.reader.last_error


def test_the_next_good_snapshot_is_served_and_clears_the_error(scene):
    scene.publish(1)
    scene.reader.poll()
    damaged(scene.shelf.file(scene.publish(2)), "cut")
    scene.reader.poll()
    assert scene.reader.last_error
    good = scene.publish(3)
    scene.reader.poll()
    assert (scene.served, scene.reader.last_error) == (good.version, "")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"format": 2, "history": []}',
        b'{"format": 1, "history": []}',
    ],
)
def test_a_broken_pointer_leaves_the_last_good_one(scene, content):
    good = scene.publish()
    scene.reader.poll()
    (scene.shelf.root / "latest.json").write_bytes(content)
    scene.reader.poll()
    assert scene.served == good.version
    assert "latest.json is broken" in scene.reader.last_error


def test_a_store_that_is_gone_or_emptied_leaves_the_last_good_one(scene):
    good = scene.publish()
    scene.reader.poll()
    shutil.rmtree(scene.shelf.root)
    scene.reader.poll()
    assert scene.served == good.version
    assert "gone from the store" in scene.reader.last_error
    again = scene.publish(2)
    scene.reader.poll()
    assert (scene.served, scene.reader.last_error) == (again.version, "")


def test_a_store_that_cant_be_read_leaves_the_last_good_one(scene):
    good = scene.publish()
    scene.reader.poll()
    pointer = scene.shelf.root / "latest.json"
    pointer.unlink()
    pointer.mkdir()
    scene.reader.poll()
    assert scene.served == good.version
    assert "can't be used" in scene.reader.last_error


def test_an_error_and_its_end_are_logged_once(scene, caplog):
    scene.publish()
    scene.reader.poll()
    (scene.shelf.root / "latest.json").write_text("{")
    with caplog.at_level("INFO", "wearcast.serving.store.snapshot_reader"):
        for _ in range(5):
            scene.reader.poll()
        scene.publish(2)
        scene.reader.poll()
    told = [
        record.getMessage()
        for record in caplog.records
        if record.name == "wearcast.serving.store.snapshot_reader"
    ]
    assert len([line for line in told if "is still served" in line]) == 1
    assert told[-1] == "the store is well again"
    assert scene.reader.failures == 5


def test_the_live_verification_is_optional(scene):
    record = scene.publish(recent=json.dumps({"EWR": {"hours": 3}}).encode())
    scene.reader.poll()
    assert scene.reader.current.live_verification == {"EWR": {"hours": 3}}
    other = scene.publish(2, recent=json.dumps({"EWR": {"hours": 4}}).encode())
    (scene.shelf.root / "objects" / f"{other.recent}.json").unlink()
    scene.reader.poll()
    assert (scene.served, scene.reader.current.live_verification, scene.reader.last_error) == (
        other.version,
        None,
        "",
    )
    assert record.version != other.version


def test_a_forecast_is_as_old_as_its_issue_time(scene):
    scene.publish()
    scene.reader.poll()
    assert scene.age == timedelta(minutes=10)
    # Newark was observed last two hours before Seoul.
    assert [scene.reader.age(scene.reader.current, station) for station in (0, 1)] == [
        timedelta(hours=2, minutes=10),
        timedelta(minutes=10),
    ]
    scene.clocks.turn(timedelta(minutes=50))
    assert scene.age == timedelta(hours=1)


def test_it_is_stale_after_the_configured_age(scene):
    scene.publish()
    scene.reader.poll()
    scene.clocks.turn(STALE - timedelta(minutes=10))
    assert not scene.stale
    # The station that was observed earlier is stale sooner.
    assert scene.reader.stale(scene.reader.current, 0)
    scene.clocks.turn(timedelta(seconds=1))
    assert scene.stale


def test_a_replay_is_as_old_as_its_publication(scene):
    scene.clocks.now += timedelta(days=900)
    scene.publish(replay=True, at=scene.clocks.now - timedelta(minutes=5))
    scene.reader.poll()
    assert scene.age == timedelta(minutes=5)
    assert scene.reader.age(scene.reader.current, 0) == timedelta(minutes=5)
    assert not scene.stale


def test_the_age_of_a_replay_starts_again_when_it_is_republished(scene):
    scene.publish(replay=True)
    scene.reader.poll()
    scene.clocks.turn(timedelta(hours=4))
    scene.reader.poll()
    assert scene.stale
    scene.publish(replay=True)
    scene.reader.poll()
    assert (scene.age, scene.stale) == (timedelta(0), False)


def test_a_publisher_whose_clock_is_ahead_does_not_stop_the_age(scene):
    scene.publish(replay=True, at=scene.clocks.now + timedelta(days=400))
    scene.reader.poll()
    assert scene.age == timedelta(0)
    scene.clocks.turn(timedelta(hours=4))
    assert (scene.age, scene.stale) == (timedelta(hours=4), True)


def test_setting_the_clock_back_does_not_reduce_the_age(scene):
    scene.publish()
    scene.reader.poll()
    scene.clocks.turn(timedelta(hours=4))
    scene.clocks.now -= timedelta(days=30)
    assert (scene.age, scene.stale) == (timedelta(hours=4), True)


def test_a_publisher_whose_clock_is_behind_makes_forecasts_stale(scene):
    scene.publish(replay=True, at=scene.clocks.now - timedelta(days=1))
    scene.reader.poll()
    assert (scene.age, scene.stale) == (timedelta(days=1), True)


@settings(max_examples=50)
@given(
    skew=st.timedeltas(timedelta(days=-3_000), timedelta(days=3_000)),
    known=st.timedeltas(timedelta(0), timedelta(days=30)),
    replay=st.booleans(),
)
def test_the_age_is_at_least_the_time_since_it_was_first_read(
    tmp_path_factory, skew, known, replay
):
    scene = _published(tmp_path_factory, replay)
    scene.clocks = Clocks()
    scene.reader = SnapshotReader(
        scene.shelf.store, STALE, lambda: scene.clocks.now, lambda: scene.clocks.monotonic_s
    )
    scene.reader.poll()
    scene.clocks.now += skew
    scene.clocks.monotonic_s += known.total_seconds()
    assert scene.age >= known - timedelta(microseconds=10)
    assert scene.age >= timedelta(0)
    assert scene.stale == (scene.age > STALE)


_SCENES = {}


def _published(factory, replay):
    if replay not in _SCENES:
        _SCENES[replay] = Scene(StoreFolder(factory.mktemp("store") / "store"))
        _SCENES[replay].publish(replay=replay)
    return _SCENES[replay]


def test_an_unforeseen_error_does_not_end_the_polling(scene, monkeypatch):
    calls = []

    def look():
        calls.append(1)
        if len(calls) < 3:
            raise MemoryError

    monkeypatch.setattr(scene.reader, "poll", look)

    async def watching():
        task = asyncio.create_task(scene.reader.watch(timedelta(milliseconds=1)))
        while len(calls) < 5:
            await asyncio.sleep(0.002)
        task.cancel()

    asyncio.run(watching())
    assert scene.reader.failures == scene.reader.polls == 2
    assert "nobody foresaw" in scene.reader.last_error


def test_a_slow_store_delays_no_request(scene, monkeypatch):
    begun, answered = threading.Event(), threading.Event()

    def poll():
        begun.set()
        assert answered.wait(10), "the store's answer is waited for"

    monkeypatch.setattr(scene.reader, "poll", poll)

    async def waiting():
        task = asyncio.create_task(scene.reader.watch(timedelta(hours=1)))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        answered.set()
        await asyncio.sleep(0.001)
        task.cancel()

    asyncio.run(waiting())
    assert scene.reader.failures == 0


def test_what_the_check_refuses_is_not_served_nor_tried_again(scene):
    tried = []

    def check(candidate, content):
        tried.append((candidate.record.version, hashlib.sha256(content).hexdigest()))
        if candidate.record == bad:
            raise UnservableError("an answer fails")

    good, bad = scene.publish(1), scene.publish(2)
    scene.reader.check = check
    for polls in (1, 2, 3):
        scene.reader.poll()
        assert (scene.served, scene.reader.last_error) == (good.version, "an answer fails")
        assert scene.reader.failures == polls
    assert tried == [(bad.version,) * 2, (good.version,) * 2]
    bad = None
    again = scene.publish(2, at=scene.clocks.now + timedelta(minutes=1))
    scene.reader.poll()
    assert (scene.served, scene.reader.last_error) == (again.version, "")


@pytest.mark.parametrize(
    "field",
    [{"model": "a\r\nb"}, {"source": "other"}, {"replay": True}, {"issued_at": ISSUED + STALE}],
)
def test_a_record_that_contradicts_its_snapshot_is_not_served(scene, field):
    good, written = scene.publish(1), two_cities(seed=2)
    record = SnapshotRecord.of(written.to_bytes(), written, scene.clocks.now)
    store = scene.shelf.store
    wrong = record.model_copy(update=field)
    store.publish(written.to_bytes(), wrong, None, store.read_state())
    scene.reader.poll()
    assert scene.served == good.version
    [name] = field
    assert f"its record in latest.json says another {name} than" in scene.reader.last_error


def test_a_check_that_could_not_be_made_is_made_again(scene):
    problems = ["no worker", ""]

    def check(*_):
        if problem := problems.pop(0):
            raise StoreError(problem)

    record = scene.publish()
    scene.reader.check = check
    scene.reader.poll()
    assert (scene.reader.current, scene.reader.last_error) == (None, "no worker")
    scene.reader.poll()
    assert (scene.served, scene.reader.last_error) == (record.version, "")


def test_nothing_is_served_before_its_check_has_ended(scene):
    seen = []
    first = scene.publish(1)
    scene.reader.poll()
    scene.reader.check = lambda *_: seen.append(scene.served)
    second = scene.publish(2)
    scene.reader.poll()
    assert (seen, scene.served) == ([first.version], second.version)


@pytest.mark.parametrize(
    "fault",
    [
        lambda s: replace(s, issued_at=s.issued_at + np.timedelta64(10**8, "h")),
        lambda s: replace(s, hourly_rain_chance=np.full_like(s.hourly_rain_chance, 7.0)),
        lambda s: replace(
            s, quantiles={n: np.full_like(a, np.nan) for n, a in s.quantiles.items()}
        ),
    ],
)
def test_a_snapshot_that_cannot_be_served_is_read_once_and_the_last_good_one_stays(
    scene, fault, monkeypatch
):
    good = scene.publish(1)
    scene.reader.poll()
    whole = joined(two_cities(seed=2))
    bad = fault(whole)
    record = SnapshotRecord.of(bad.to_bytes(), whole, scene.clocks.now)
    store = scene.shelf.store
    store.publish(bad.to_bytes(), record, None, store.read_state())
    scene.reader.poll()
    assert scene.served == good.version
    assert f"snapshot {record.version[:12]} can't be read" in scene.reader.last_error
    monkeypatch.setattr(SnapshotStore, "content", None)
    scene.reader.poll()
    assert (scene.served, scene.reader.failures) == (good.version, 2)
