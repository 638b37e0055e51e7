"""A publisher of snapshots in shards killed at any moment: nobody ever reads shards of two of them,
and the next publisher goes on."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from full import repeated
from real.conftest import BUCKET
from real.processes import bounded, environment, of_the_tests
from real.sharded_publisher import opened, publish_next
from service.sharded_snapshots import IDS, SHARDS
from wearcast.serving.store.last_good import LastGood
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_reader import SnapshotReader
from wearcast.serving.store.snapshot_store import OBJECTS

pytestmark = pytest.mark.real

KILLS = repeated(8, 100)
"""In each of the two stores."""


class Reader(threading.Thread):
    """Reads the store again and again, as a service does.

    Attributes:
        seen: the numbers of the snapshots that it has read.
        problems: what it found wrong.
    """

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(daemon=True)
        self._reader = SnapshotReader(
            opened(url), timedelta(days=9_999), last_good=LastGood(folder, url)
        )
        self._ends = threading.Event()
        self.seen: list[int] = []
        self.problems: list[str] = []

    def run(self) -> None:
        """Read until told to stop."""
        while not self._ends.is_set():
            self.look()

    def look(self) -> None:
        """Read once."""
        self._reader.poll()
        if self._reader.last_error:
            self.problems.append(self._reader.last_error)
        current = self._reader.current
        assert current
        number = int(current.record.model)
        if self.seen[-1:] == [number]:
            return
        self.seen.append(number)
        parts = current.snapshot.parts
        models = {part.origin.model for part in parts}
        hours = {at.item() for part in parts for at in part.issued_at}
        verified = {current.live_verification[id]["of"] for id in IDS}
        if (len(parts), models, len(hours), verified) != (SHARDS, {str(number)}, 1, {number}):
            self.problems.append(f"{number} is mixed: {models}, {hours}, {verified}")

    def stop(self) -> None:
        """End after what is being read."""
        self._ends.set()
        self.join()


class Publishers:
    """The process that publishes and is killed."""

    def __init__(self, url: str) -> None:
        command = [sys.executable, "-m", "real.sharded_publisher", url]
        surroundings = of_the_tests(environment())
        self._process = subprocess.Popen(
            command, env=surroundings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def kill(self, after_s: float) -> None:
        """Let one begin, and kill it then."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{after_s}\n")
        self._process.stdin.flush()
        with bounded(self._process):
            assert self._process.stdout.readline() == "killed\n"

    def end(self) -> None:
        """Let the process go."""
        self._process.kill()
        self._process.communicate()


@pytest.fixture(params=["bucket", "folder"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store of the test's own."""
    if request.param == "folder":
        return str(tmp_path / "store")
    server = request.getfixturevalue("s3")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.endpoint)
    return f"s3://{BUCKET}/{request.node.name}"


@pytest.fixture
def publishers(url: str) -> Iterator[Publishers]:
    """Who publishes to it."""
    running = Publishers(url)
    yield running
    running.end()


def test_killed_at_any_moment_it_leaves_one_snapshot_or_the_next(url, publishers, tmp_path):
    store = opened(url)
    publish_next(store)
    began_s = time.monotonic()
    publish_next(store)
    publish_s = time.monotonic() - began_s
    reader = Reader(url, tmp_path / "last-good")
    reader.look()
    reader.start()
    chance = random.Random(23)  # noqa: S311 - moments, not secrets
    latest, ends = 1, []
    longest_s = 3 * publish_s
    while len(ends) < KILLS or not max(ends):
        publishers.kill(chance.uniform(0, longest_s))
        found = int(store.read_state().latest.model)
        ends.append(found - latest)
        latest = found
        if not max(ends):
            # A busy machine is slower than it was a moment ago.
            longest_s *= 1.5
    reader.stop()
    assert publish_next(store) == latest + 1
    reader.look()
    assert reader.problems == []
    assert reader.seen[-1] == latest + 1
    assert reader.seen == sorted(reader.seen)
    # Some were killed before they had published, and some after.
    assert min(ends) == 0
    history = store.pointer().history
    for record in (history[0], history[-1]):
        assert {part.origin.model for part in store.snapshot(record).parts} == {record.model}
    left = open_storage(url, timedelta(seconds=10)).listing(OBJECTS)
    assert len(left) > len(history) * SHARDS
