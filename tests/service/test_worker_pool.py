"""The workers as the server sees them: what they are asked, by whom, and what happens when they end
or hang."""

import asyncio
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from service.synthetic_snapshots import two_cities
from wearcast.errors import StoreError, UnservableError
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.api.workers import connection
from wearcast.serving.api.workers.connection import WorkerProcess
from wearcast.serving.api.workers.messages import Message
from wearcast.serving.api.workers.pool import Workers
from wearcast.serving.settings import Deployment
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.store.snapshot_store import SnapshotRecord
from wearcast.serving.supervisor import Supervisor

PROXY = "127.0.0.1"


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    root = tmp_path_factory.mktemp("worker pool")
    return Deployment(
        store=str(root / "store"),
        model=root / "model",
        reports=root / "reports",
        trusted_proxies=[PROXY],
        workers=1,
    )


def get(path="/stations", client="10.0.0.1", query=b"", headers=()):
    """The scope of a GET."""
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query,
        "headers": list(headers),
        "client": (client, 1),
    }


def served(seed=1):
    """A snapshot and its bytes."""
    snapshot = two_cities(seed)
    content = snapshot.to_bytes()
    at = snapshot.issued_at.max().item().astimezone()
    record = SnapshotRecord.of(content, snapshot, at)
    return ServedSnapshot(record, snapshot, None, 0.0), content


class Waiting:
    """Requests that wait for a worker that isn't there."""

    def __init__(self, settings):
        self.workers = Workers(settings, lambda _: None)
        self.tasks = []

    async def ask(self, *scopes, body=b""):
        """Ask for answers, one after the other."""
        for scope in scopes:
            self.tasks.append(asyncio.create_task(self.workers.compute(scope, body)))
            await asyncio.sleep(0)

    @property
    def held_bytes(self):
        """Of the bodies of all that wait."""
        jobs = [job for held in self.workers._with_body.values() for job in held]
        return sum(len(job.body) for job in jobs)

    async def next(self, count):
        """The queries of those that would be computed next."""
        jobs = [await self.workers._queue.get() for _ in range(count)]
        return [job.scope["query_string"].decode() for job in jobs]

    async def end(self):
        """Hang up; the statuses of what was refused before."""
        refused = [task.exception() for task in self.tasks if task.done()]
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        return [error.status for error in refused]


def test_what_others_ask_for_is_computed_at_the_earliest_of_their_turns(settings):
    async def crowd():
        waiting = Waiting(settings)
        await waiting.ask(*(get(query=b"%d" % number) for number in range(10)))
        await waiting.ask(get(query=b"other", client="10.0.0.2"))
        waiting.workers.join(get(query=b"9", client="10.0.0.3"))
        waiting.workers.join(get(query=b"unknown", client="10.0.0.3"))
        order = await waiting.next(4)
        await waiting.end()
        return order

    assert asyncio.run(crowd()) == ["0", "other", "9", "1"]


def test_clients_behind_a_proxy_have_turns_of_their_own(settings):
    def forwarded(client, number):
        headers = [(b"x-forwarded-for", client)]
        return get(client=PROXY, query=client + b" %d" % number, headers=headers)

    async def crowd():
        waiting = Waiting(settings)
        await waiting.ask(*(forwarded(b"1.1.1.1", number) for number in range(3)))
        await waiting.ask(forwarded(b"2.2.2.2", 0))
        order = await waiting.next(3)
        await waiting.end()
        return order

    assert asyncio.run(crowd()) == ["1.1.1.1 0", "2.2.2.2 0", "1.1.1.1 1"]


BODY = b"x" * 1_500_000


def test_a_client_that_sends_many_large_bodies_is_refused(settings):
    async def crowd():
        waiting = Waiting(settings)
        await waiting.ask(*[get()] * 30, body=BODY)
        await waiting.ask(get(client="10.0.0.2"), body=BODY)
        return waiting.held_bytes, await waiting.end(), waiting

    held_bytes, statuses, waiting = asyncio.run(crowd())
    assert held_bytes == 3 * len(BODY)
    assert statuses == [429] * 28
    assert waiting.held_bytes == len(waiting.workers._queue) == 0


def test_large_bodies_of_many_clients_keep_no_other_from_asking(settings):
    async def crowd():
        waiting = Waiting(settings)
        many = [get(client=f"10.0.0.{number // 2}") for number in range(40)]
        await waiting.ask(*many, body=BODY)
        await waiting.ask(get(client="10.0.1.1"), body=BODY)
        newest = waiting.tasks[-1]
        await asyncio.sleep(0)
        return waiting.held_bytes, newest.done(), await waiting.end()

    held_bytes, is_refused, statuses = asyncio.run(crowd())
    assert 30_000_000 < held_bytes <= 32_000_000
    assert not is_refused
    assert statuses == [503] * 20


@dataclass
class Running:
    """Workers that run on an event loop of a test's own."""

    workers: Workers
    runner: asyncio.Runner

    @property
    def one(self) -> WorkerProcess:
        """The worker."""
        [worker] = self.workers._running
        return worker

    @property
    def pid(self) -> int:
        """Its process."""
        return self.one._process.pid

    def answer(self):
        """An answer."""
        return self.runner.run(self.workers.compute(get(), b""))

    def wait_for_another_than(self, pid):
        """Wait until a worker has been replaced."""

        async def wait():
            async with asyncio.timeout(30):
                while not self.workers._running or self.pid == pid:
                    await asyncio.sleep(0.01)

        self.runner.run(wait())


@pytest.fixture(scope="module")
def one_worker(settings):
    snapshot, _ = served()
    workers = Workers(settings, lambda _: snapshot)
    with asyncio.Runner() as runner, supervised(workers, runner):
        yield Running(workers, runner)


@pytest.fixture
def running(one_worker):
    """A worker that is there, perhaps after the one before it was killed."""
    one_worker.wait_for_another_than(None)
    return one_worker


@contextmanager
def supervised(workers, runner):
    """Keep workers running."""
    supervisor = Supervisor(workers.tasks, first_pause_s=0.05)
    keeping = supervisor.running()
    runner.run(keeping.__aenter__())
    try:
        yield
    finally:
        runner.run(keeping.__aexit__(None, None, None))


@pytest.mark.real
def test_a_worker_that_hangs_is_killed_and_replaced(running, monkeypatch):
    assert running.answer().status == 200
    monkeypatch.setattr(connection, "_REPLIES_WITHIN_S", 0.3)
    stopped = running.pid
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(ProblemError, match="failed") as refused:
        running.answer()
    assert refused.value.status == 503
    monkeypatch.undo()
    running.wait_for_another_than(stopped)
    assert running.answer().status == 200
    with pytest.raises(ProcessLookupError):
        os.kill(stopped, 0)


@pytest.mark.real
def test_nobody_reads_a_reply_that_its_asker_did_not_wait_for(running):
    """The check of a snapshot is given up while a worker reads it."""
    snapshot, content = served()
    first = running.pid

    async def given_up():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await running.one.call(Message({"kind": "snapshot", "version": "x"}, content))
        with pytest.raises(ConnectionError):
            await running.one.call(Message({"kind": "snapshot", "version": "y"}, content))
        return running.pid

    assert running.runner.run(given_up()) == first
    running.wait_for_another_than(first)
    assert running.answer().status == 200
    running.runner.run(running.workers.hold(snapshot, content))
    assert running.runner.run(running.workers.compute_from(snapshot, get())).status == 200


@pytest.mark.real
def test_snapshots_that_a_worker_dropped_are_sent_anew(running):
    held = [served(seed) for seed in range(4)]

    async def computed():
        for snapshot, content in held:
            await running.workers.hold(snapshot, content)
        asked = [running.workers.compute_from(snapshot, get()) for snapshot, _ in held * 2]
        return await asyncio.gather(*asked)

    pid = running.pid
    answers = running.runner.run(computed())
    assert {answer.status for answer in answers} == {200}
    assert running.pid == pid


@pytest.mark.real
def test_a_worker_that_ends_while_it_reads_a_snapshot_says_nothing_about_it(running):
    snapshot, content = served()
    os.kill(running.pid, signal.SIGKILL)
    with pytest.raises(StoreError, match="couldn't be tried") as raised:
        running.runner.run(running.workers.hold(snapshot, content))
    assert not isinstance(raised.value, UnservableError)
