"""Two who publish at once, each a process, to a real bucket and to a folder: nothing is lost,
nothing mixed."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from real.audited_service import publish
from real.conftest import BUCKET, Server
from real.faulty_proxy import Proxy
from real.processes import bounded, environment, of_the_tests
from real.publisher_process import KEEP
from wearcast.errors import StoreError
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import POINTER, SnapshotStore

pytestmark = pytest.mark.real

ROUNDS = 30
RACES = 40


class Publisher:
    """A publisher, and what it answers."""

    def __init__(self, url: str, name: str) -> None:
        command = [sys.executable, "-m", "real.publisher_process", url, name]
        surroundings = of_the_tests(environment())
        self._process = subprocess.Popen(
            command, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tell(self, line: str) -> None:
        """Let it begin."""
        assert self._process.stdin
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def hear(self) -> str:
        """Its next answer."""
        assert self._process.stdout
        with bounded(self._process):
            line = self._process.stdout.readline().strip()
        assert line, f"it ended with {self._process.wait()}"
        return line

    def end(self) -> None:
        """Let it go."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture(params=["bucket", "folder"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store of the test's own."""
    if request.param == "folder":
        return str(tmp_path / "store")
    server: Server = request.getfixturevalue("s3")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.endpoint)
    return f"s3://{BUCKET}/{request.node.name}"


@pytest.fixture
def store(url: str) -> SnapshotStore:
    """It, for a reader."""
    return SnapshotStore(open_storage(url, timedelta(seconds=10)), KEEP)


@pytest.fixture
def two(url: str) -> Iterator[tuple[Publisher, Publisher]]:
    """Two publishers to it."""
    both = Publisher(url, "one"), Publisher(url, "two")
    yield both
    for publisher in both:
        publisher.end()


@pytest.fixture
def reading(store: SnapshotStore) -> Iterator[Callable[[], int]]:
    """Somebody who reads the newest snapshot all the time; how often that went well, and nothing
    else is to happen."""
    ended, read, errors = threading.Event(), [0], list[StoreError]()

    def look() -> None:
        while not ended.wait(0.005):
            try:
                if pointer := store.pointer():
                    store.snapshot(pointer.latest)
                    read[0] += 1
            except StoreError as error:
                errors.append(error)

    def often() -> int:
        assert errors == []
        return read[0]

    thread = threading.Thread(target=look)
    thread.start()
    yield often
    ended.set()
    thread.join()


def versions(answers: list[str], kind: str) -> list[str]:
    return [answer.split()[1] for answer in answers if answer.startswith(kind)]


def test_of_two_publishers_with_the_same_state_one_gets_a_conflict(two, store, reading):
    published: list[str] = []
    for _ in range(ROUNDS):
        for command in ("see", "publish"):
            for publisher in two:
                publisher.tell(command)
            answers = [publisher.hear() for publisher in two]
        assert sorted(answer.split()[0] for answer in answers) == ["conflict", "published"]
        published += versions(answers, "published")
        pointer = store.pointer()
        assert [record.version for record in pointer.history] == published[::-1]
        assert store.snapshot(pointer.latest).origin.model == pointer.latest.model
    assert reading() > ROUNDS


def test_two_publishers_at_full_speed_lose_no_snapshot(two, store, reading):
    for publisher in two:
        publisher.tell(f"race {RACES}")
    answers: list[list[str]] = []
    for publisher in two:
        answers.append([])
        while (answer := publisher.hear()) != "done":
            answers[-1].append(answer)
    history = [record.version for record in store.pointer().history]
    assert sorted(history) == sorted(
        version for of_one in answers for version in versions(of_one, "published")
    )
    assert len(history) == len(set(history)) >= RACES
    for of_one in answers:
        mine = versions(of_one, "published")
        assert [version for version in reversed(history) if version in mine] == mine
    for record in store.pointer().history:
        assert store.snapshot(record).origin.model == record.model
    assert reading() > 0


def test_a_publisher_whose_response_is_lost_gets_no_conflict(s3, monkeypatch):
    url = f"s3://{BUCKET}/lost"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.endpoint)
    directly = open_storage(url, timedelta(seconds=10))
    publish(directly)
    proxy = Proxy(s3.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.endpoint)
    try:
        proxy.swallow = f"PUT /{BUCKET}/lost/{POINTER}".encode()
        one = publish(open_storage(url, timedelta(seconds=10)))
        assert proxy.swallow is None
    finally:
        proxy.close()
    history = [record.version for record in SnapshotStore(directly, KEEP).pointer().history]
    assert history[0] == one.record.version
    assert len(history) == len(set(history)) == 2
