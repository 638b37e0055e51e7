"""Two services that share a database of votes are killed while people vote, and so is the database:
nothing that was acknowledged is lost, and nothing counts twice."""

import itertools
import os
import random
import signal
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from full import repeated
from real.postgres import PASSWORD, Postgres, postgres, programs
from service.in_process_service import StoreFolder
from service.service_process import Process, served
from service.synthetic_snapshots import SEOUL, varied
from wearcast.serving.feedback.database import open_engine
from wearcast.serving.feedback.feedback_store import FeedbackStore

pytestmark = pytest.mark.real

WRITERS = repeated(2, 4)
VOTES_A_TOKEN = 10
ROUNDS = repeated(1, 5)
SERVICES_A_ROUND = repeated(1, 2)
"""In each round so many of the two services are killed once, and the database, by chance."""

VOTES_BETWEEN_KILLS = repeated(6, 40)
AT_ONCE = 8
"""More requests than a service has connections to its database."""

ANSWERED_WITHIN_S = 10
"""By a service, whatever its database does."""

_HANGS_S = ANSWERED_WITHIN_S + 5
"""On a busy machine."""

_KEPT = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
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
    for log in root.rglob("serve.log"):
        assert PASSWORD not in log.read_text()


def new_vote() -> dict[str, Any]:
    """A vote with an id of its own."""
    yesterday = datetime.now(SEOUL.zone).date() - timedelta(days=1)
    return {
        "id": str(uuid.uuid4()),
        "station": SEOUL.id,
        "target_date": str(yesterday),
        "verdict": "too_cold",
        "worn": ["tshirt", "jeans", "canvas_sneakers"],
        "wake": 8,
        "sleep": 9,
    }


def sent(
    service: Process, vote: dict[str, Any], token: str, address: str = "192.0.2.1"
) -> httpx.Response:
    """The answer to a vote; a service that hangs is an error."""
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
    return service.ask(
        "POST", "/feedback", json=vote, headers=headers, timeout=ANSWERED_WITHIN_S + 5
    )


class Writer(threading.Thread):
    """A crowd of people who vote one after the other, each again and again until an answer comes,
    and then once more beside another service.

    Attributes:
        acknowledged: the tokens of the votes that were, by their ids.
        new: how many answers told of a vote that wasn't there before.
        retried: how many answers were lost.
    """

    def __init__(self, services: list[Process], number: int) -> None:
        super().__init__(daemon=True)
        self._services = services
        self._number = number
        self._tries = itertools.count(number)
        self._ends = threading.Event()
        self.acknowledged: dict[str, str] = {}
        self.new = 0
        self.retried = 0
        self.refused = ""

    def run(self) -> None:
        """Vote until told to stop."""
        while not self._ends.is_set() and not self.refused:
            vote = new_vote()
            person = len(self.acknowledged) // VOTES_A_TOKEN
            token = f"{self._number:08}-{person:08}-made-for-this-test"
            address = f"192.0.{self._number}.{person}"
            self._vote(vote, token, address)
            self._vote(vote, token, address)

    def stop(self) -> None:
        """End after the vote that is under way."""
        self._ends.set()
        self.join()

    def _vote(self, vote: dict[str, Any], token: str, address: str) -> None:
        for attempt in itertools.islice(self._tries, 2_000):
            service = self._services[attempt % len(self._services)]
            try:
                answer = sent(service, vote, token, address)
            except httpx.TimeoutException as error:
                self.refused = f"{service.url} hangs: {error}"
                return
            except httpx.TransportError:
                self.retried += 1
                self._ends.wait(_PAUSE_S)
                continue
            if answer.status_code in (200, 201):
                self.acknowledged[vote["id"]] = token
                self.new += answer.status_code == 201
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
    chance = random.Random(21)  # noqa: S311 - when to kill what
    votes = 0
    for kill in kills(running, database, chance):
        votes += chance.randint(1, 2 * VOTES_BETWEEN_KILLS)
        wait_for(writers, votes)
        kill()
    wait_for(writers, votes + 2 * VOTES_BETWEEN_KILLS)
    for writer in writers:
        writer.stop()
    return writers


def kills(
    running: Site, database: Postgres | None, chance: random.Random
) -> Iterator[Callable[[], None]]:
    """What kills one of the parts, and starts it again."""
    services = range(len(running.services))
    for _ in range(ROUNDS):
        parts = [partial(running.kill, one) for one in chance.sample(services, SERVICES_A_ROUND)]
        if database:
            parts.append(database.restart)
        yield from chance.sample(parts, len(parts))


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
    assert sum(writer.new for writer in writers) <= len(kept)
    assert sum(writer.retried for writer in writers) > 0
    store.close()


def assert_each_service_tells_of_them(running: Site, writers: list[Writer]) -> None:
    tokens = list(writers[0].acknowledged.values())
    headers = {"Authorization": f"Bearer {tokens[0]}"}
    for service in running.services:
        told = service.get("/feedback", headers=headers, timeout=15).json()
        assert len(told["votes"]) == tokens.count(tokens[0])


@pytest.fixture
def database(real_part) -> Iterator[Postgres]:
    real_part("PostgreSQL (Debian's package postgresql)", programs())
    # Pytest's own folders are closed to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="wearcast-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with postgres(folder) as started:
            yield started


@pytest.mark.parametrize("kind", ["SQLite", "PostgreSQL"])
def test_kills_lose_nothing_acknowledged_and_count_nothing_twice(kind, tmp_path, request):
    """Of services, and of the database where it is a server of its own."""
    database = request.getfixturevalue("database") if kind == "PostgreSQL" else None
    url = database.url if database else f"sqlite:///{tmp_path}/votes.db"
    with site(tmp_path, url) as running:
        writers = voted_through_kills(running, database)
        assert_each_service_tells_of_them(running, writers)
        assert_each_is_kept_once(url, writers)


def answers(service: Process) -> list[httpx.Response]:
    """Those to as many votes at once as take every connection to the database."""
    token = f"{uuid.uuid4().hex}-0"
    votes = [new_vote() for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(lambda vote: sent(service, vote, token), votes))


def statuses(service: Process) -> set[int]:
    return {answer.status_code for answer in answers(service)}


def assert_told(service: Process) -> None:
    """That votes can't be kept, and when to send them again; forecasts are served meanwhile."""
    for answer in answers(service):
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "again in a moment" in answer.json()["detail"]
    assert service.get("/recommendation/by_day").status_code == 200


def test_an_outage_is_told_and_ends_by_itself(tmp_path, database):
    database.kill()
    with site(tmp_path, database.url, services=1) as running:
        [service] = running.services
        assert_told(service)
        database.start()
        assert statuses(service) == {201}
        # Every connection that is kept is one to the server that is gone.
        database.restart()
        assert statuses(service) == {201}
        database.kill()
        assert_told(service)
        database.start()
        assert statuses(service) == {201}


def test_a_connection_whose_other_end_is_gone_does_not_wait_for_long(database):
    """A machine that fails after it has received a question answers nothing, and closes nothing."""
    engine = open_engine(database.url)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        with socket.socket(fileno=os.dup(driver.fileno())) as own:
            idle_s, every_s, probes = (own.getsockopt(socket.IPPROTO_TCP, one) for one in _KEPT)
    engine.dispose()
    assert idle_s + probes * every_s < ANSWERED_WITHIN_S


@pytest.mark.full
def test_a_database_that_hangs_is_told_within_bounds_and_keeps_no_service_from_ending(
    tmp_path, database
):
    with site(tmp_path, database.url, services=1) as running:
        [service] = running.services
        assert statuses(service) == {201}
        database.freeze()
        assert_told(service)
        database.thaw()
        assert statuses(service) == {201}
        database.freeze()
        assert_told(service)
    assert service.running.returncode in (0, -signal.SIGTERM)
