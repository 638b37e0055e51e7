"""Two services that share a database of votes are killed while people vote, and so is the database:
nothing that was acknowledged is lost, and nothing counts twice."""

import itertools
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from feedback_votes import made_vote
from full import repeated
from real.postgres import PASSWORD, Postgres, postgres, programs
from service.in_process_service import StoreFolder
from service.service_process import Process, served
from service.synthetic_snapshots import SEOUL, varied
from wearcast.errors import FeedbackError
from wearcast.serving.feedback.feedback_store import FeedbackStore
from wearcast.serving.feedback.votes import KeptVote

pytestmark = pytest.mark.real

WRITERS = repeated(2, 4)
VOTES_A_TOKEN = 10
KILLS = repeated(1, 12)
DATABASE_KILLS = repeated(3, 12)
VOTES_BETWEEN_KILLS = repeated(10, 40)
_PAUSE_S = 0.2
"""Of a client between two tries; what starts needs the processor, too."""


@dataclass
class Site:
    """Services over one store of snapshots and one database of votes."""

    root: Path
    url: str
    stack: ExitStack = field(default_factory=ExitStack)
    services: list[Process] = field(default_factory=list)

    def start(self) -> Process:
        """Start a service."""
        folder = self.root / f"service {uuid.uuid4().hex[:6]}"
        folder.mkdir()
        return self.stack.enter_context(
            served(
                folder,
                STORE=str(self.root / "store"),
                LAST_GOOD=str(folder / "last good"),
                FEEDBACK=self.url,
                TRUSTED_PROXIES="127.0.0.1",
            )
        )

    def kill(self, number: int) -> None:
        """Kill a service, and start another in its place."""
        self.services[number].kill()
        self.services[number] = self.start()


@contextmanager
def site(root: Path, url: str, services: int = 2) -> Iterator[Site]:
    now = np.datetime64(datetime.now(UTC).replace(tzinfo=None), "h")
    StoreFolder(root / "store").publish(varied(SEOUL, str(now)))
    running = Site(root, url)
    with running.stack:
        running.services = [running.start() for _ in range(services)]
        yield running


class Writer(threading.Thread):
    """A crowd of people who vote one after the other, each again and again until an answer comes.

    Attributes:
        acknowledged: the tokens of the votes that were, by their ids.
        retried: how many answers were lost.
    """

    def __init__(self, services: list[Process], number: int) -> None:
        super().__init__(daemon=True)
        self._services = services
        self._number = number
        self._ends = threading.Event()
        self.acknowledged: dict[str, str] = {}
        self.retried = 0
        self.refused = ""

    def run(self) -> None:
        """Vote until told to stop."""
        yesterday = datetime.now(SEOUL.zone).date() - timedelta(days=1)
        while not self._ends.is_set() and not self.refused:
            vote = {
                "id": str(uuid.uuid4()),
                "station": SEOUL.id,
                "target_date": str(yesterday),
                "verdict": "too_cold",
                "worn": ["tshirt", "jeans", "canvas_sneakers"],
                "wake": 8,
                "sleep": 9,
            }
            person = len(self.acknowledged) // VOTES_A_TOKEN
            token = f"{self._number:08}-{person:08}-made-for-this-test"
            self._vote(vote, token, f"192.0.{self._number}.{person}")

    def stop(self) -> None:
        """End after the vote that is under way."""
        self._ends.set()
        self.join()

    def _vote(self, vote: dict[str, Any], token: str, address: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
        for attempt in range(2_000):
            service = self._services[(self._number + attempt) % len(self._services)]
            try:
                answer = service.ask("POST", "/feedback", json=vote, headers=headers, timeout=15)
            except httpx.TransportError:
                self.retried += 1
                self._ends.wait(_PAUSE_S)
                continue
            if answer.status_code in (200, 201):
                self.acknowledged[vote["id"]] = token
                return
            if answer.status_code != 503:
                self.refused = answer.text
                return
            self.retried += 1
            self._ends.wait(_PAUSE_S)


def voted_through_kills(running: Site, database: Postgres | None) -> list[Writer]:
    """The writers, after services and database were killed in turn while they wrote."""
    writers = [Writer(running.services, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for kill in range(KILLS):
        wait_for(writers, (kill + 1) * VOTES_BETWEEN_KILLS)
        if database and kill % 3 == 2:
            database.kill()
            database.start()
        else:
            running.kill(kill % 2)
    wait_for(writers, (KILLS + 1) * VOTES_BETWEEN_KILLS)
    for writer in writers:
        writer.stop()
    return writers


def wait_for(writers: list[Writer], votes: int) -> None:
    until = time.monotonic() + 300
    while sum(len(writer.acknowledged) for writer in writers) < votes:
        assert time.monotonic() < until, [writer.refused for writer in writers]
        assert not any(writer.refused for writer in writers), [one.refused for one in writers]
        time.sleep(0.01)


def assert_each_is_kept_once(url: str, writers: list[Writer]) -> None:
    """Every vote was sent until it was acknowledged: as many are kept, no more and no less."""
    store = FeedbackStore(url)
    acknowledged = {id: token for writer in writers for id, token in writer.acknowledged.items()}
    kept = [vote.id for token in set(acknowledged.values()) for vote in store.of_token(token)]
    assert sorted(kept) == sorted(acknowledged)
    assert sum(writer.retried for writer in writers) > 0
    store.close()


def test_on_sqlite(tmp_path):
    url = f"sqlite:///{tmp_path}/votes.db"
    with site(tmp_path, url) as running:
        writers = voted_through_kills(running, None)
    assert_each_is_kept_once(url, writers)


@pytest.fixture
def database(real_part) -> Iterator[Postgres]:
    real_part("PostgreSQL (Debian's package postgresql)", programs())
    # Pytest's own folders are closed to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="wearcast-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postgres(folder) as started:
            yield started


def test_the_killed_postgresql_loses_nothing_acknowledged(database):
    """Writers over two pools add each vote, and add it again."""
    stores = [FeedbackStore(database.url) for _ in range(2)]
    acknowledged: dict[str, str] = {}
    new: list[bool] = []
    ends = threading.Event()

    def added(store: FeedbackStore, vote: KeptVote) -> bool:
        while True:
            try:
                return store.add(vote)
            except FeedbackError:
                ends.wait(0.05)

    def write(number: int) -> None:
        for count in itertools.count():
            if ends.is_set():
                return
            token = f"{number:08}-{count // VOTES_A_TOKEN:08}-made-for-this-test"
            vote = made_vote(token)
            new.extend(added(store, vote) for store in stores)
            acknowledged[vote.id] = token

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for kill in range(DATABASE_KILLS):
        while len(acknowledged) < (kill + 1) * VOTES_BETWEEN_KILLS:
            time.sleep(0.01)
        database.kill()
        database.start()
    ends.set()
    for writer in writers:
        writer.join()
    kept = [vote.id for token in set(acknowledged.values()) for vote in stores[0].of_token(token)]
    assert sorted(kept) == sorted(acknowledged)
    assert new.count(True) <= len(acknowledged)
    for store in stores:
        store.close()


@pytest.mark.full
def test_on_postgresql(tmp_path, database):
    with site(tmp_path, database.url) as running:
        writers = voted_through_kills(running, database)
        assert_each_is_kept_once(database.url, writers)
        for log in tmp_path.rglob("serve.log"):
            assert PASSWORD not in log.read_text()
