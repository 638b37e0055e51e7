"""The whole app in this process, over a folder of snapshots, with its lifespan running."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.api.app import Api, create_app
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_reader import SnapshotReader
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore


@dataclass(frozen=True)
class StoreFolder:
    """A folder store to publish to."""

    root: Path

    @property
    def store(self) -> SnapshotStore:
        """The store in it."""
        return SnapshotStore(FolderStorage(self.root), keep=10)

    def publish(
        self, snapshot: Snapshot, at: datetime | None = None, recent: bytes | None = None
    ) -> SnapshotRecord:
        """Publish a snapshot, as of now unless told otherwise."""
        content = snapshot.to_bytes()
        record = SnapshotRecord.of(content, snapshot, at or datetime.now(UTC), recent)
        self.store.publish(content, record, recent, self.store.read_state())
        return record

    def file(self, record: SnapshotRecord) -> Path:
        """A snapshot's file."""
        return self.root / "objects" / f"{record.version}.npz"


@dataclass(frozen=True)
class RunningService:
    """A service in this process, which runs while `run` does."""

    app: Api
    shelf: StoreFolder
    reader: SnapshotReader
    client: httpx.AsyncClient
    runner: asyncio.Runner

    def run(self, asked: Coroutine[Any, Any, Any]) -> Any:
        """The result of a coroutine, run on the service's event loop."""
        return self.runner.run(asked)

    def ask(self, method: str, path: str, **how: Any) -> httpx.Response:
        """An answer, whatever it is."""
        answer: httpx.Response = self.run(self.client.request(method, path, **how))
        return answer

    def get(self, path: str, headers: Any = None, **query: Any) -> httpx.Response:
        """An answer to GET, whatever it is."""
        return self.ask("GET", path, headers=headers, params=query or None)

    def read(self, path: str, **query: Any) -> Any:
        """The content of an answer to GET, which must be a good one."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def running_lifespan(app: Api, runner: asyncio.Runner) -> Iterator[None]:
    """The app's lifespan, in a task of its own, as a server keeps it."""
    begun, ended = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.fastapi.router.lifespan_context(app.fastapi):
            begun.set()
            await ended.wait()

    async def begin() -> asyncio.Task[None]:
        task = asyncio.create_task(live())
        await asyncio.wait(
            [task, asyncio.create_task(begun.wait())], return_when=asyncio.FIRST_COMPLETED
        )
        return task

    async def end(task: asyncio.Task[None]) -> None:
        ended.set()
        await task

    task = runner.run(begin())
    yield
    runner.run(end(task))


async def _first_poll(reader: SnapshotReader) -> None:
    """Wait for the first poll of the store."""
    while not reader.polls:
        await asyncio.sleep(0.001)


def system_clock() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


@contextmanager
def serving(
    root: Path,
    *snapshots: Snapshot,
    raises: bool = True,
    path: str = "",
    now: Callable[[], datetime] = system_clock,
    published_after: timedelta | None = None,
    **settings: Any,
) -> Iterator[RunningService]:
    """A service over snapshots, published in this order; after its first poll it polls only when a
    test does.

    Args:
        root: a folder of its own.
        snapshots: what is published.
        raises: whether what the app raises reaches the test.
        path: what a proxy strips from the address.
        now: the reader's clock.
        published_after: when each was published, after its issue time; else as of now.
        settings: of `Deployment`.
    """
    shelf = StoreFolder(root / "store")
    for snapshot in snapshots:
        issued_at = snapshot.issued_at.max().item().replace(tzinfo=UTC)
        shelf.publish(snapshot, None if published_after is None else issued_at + published_after)
    usual = {
        "store": str(shelf.root),
        "model": root / "no model",
        "reports": root / "no reports",
        "revalidate_every": timedelta(hours=1),
    }
    deployment = Deployment.model_validate(usual | settings)
    # Both clocks show that time passes.
    reader = SnapshotReader(
        shelf.store, deployment.stale_after, now, monotonic_s=lambda: now().timestamp()
    )
    app = create_app(deployment, reader)
    transport = httpx.ASGITransport(app, raise_app_exceptions=raises, root_path=path)
    client = httpx.AsyncClient(transport=transport, base_url="http://test")
    with asyncio.Runner() as runner, running_lifespan(app, runner):
        runner.run(_first_poll(reader))
        yield RunningService(app, shelf, reader, client, runner)
