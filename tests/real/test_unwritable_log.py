"""A log that can't be written, on a full disk, in a pipe without a reader or in one that nobody
reads, stops none of the processes."""

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import httpx
import pytest

from pipeline.projects import REPOSITORY
from ports import free_port
from real.processes import Api, deployed, dying_with_us, environment, wait_until
from service.in_process_service import StoreFolder
from service.synthetic_snapshots import two_cities
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import SnapshotStore

pytestmark = pytest.mark.real
UNREAD = "a pipe that nobody reads"
LOGS = ("a full disk", "a pipe without a reader", UNREAD)


@contextlib.contextmanager
def unwritable(kind: str) -> Iterator[IO[Any]]:
    """A standard error of that kind."""
    if kind == "a full disk":
        with open("/dev/full", "w") as stream:
            yield stream
        return
    reader, writer = os.pipe()
    if kind == "a pipe without a reader":
        os.close(reader)
    else:
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.write(writer, b"x" * 4096)
    with os.fdopen(writer, "w") as stream:
        yield stream
    if kind == UNREAD:
        os.close(reader)


@contextlib.contextmanager
def started(
    *arguments: str, cwd: Path, stderr: IO[Any], settings: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    """A command of Wearcast's, until the test is over; told to end, it must soon do so."""
    command = [sys.executable, "-m", "wearcast", *arguments]
    running = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(settings),
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        preexec_fn=dying_with_us,
    )
    try:
        yield running
        running.terminate()
        assert running.wait(30) == 0
    finally:
        running.kill()
        running.wait()


@pytest.mark.parametrize("kind", LOGS)
def test_the_api_keeps_serving_new_snapshots(tmp_path, kind):
    shelf = StoreFolder(tmp_path / "store")
    shelf.publish(two_cities(seed=1))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    nothing = str(tmp_path / "none")
    settings = environment(
        STORE=str(shelf.root), MODEL=nothing, REPORTS=nothing, REVALIDATE_EVERY="1s", PORT=str(port)
    )
    with (
        unwritable(kind) as stderr,
        started("serve", cwd=tmp_path, stderr=stderr, settings=settings) as running,
        httpx.Client(base_url=url, timeout=10, trust_env=False) as client,
    ):
        service = Api(url, running, tmp_path / "none.log", client)
        wait_until(lambda: running.poll() is not None or service_listens(service), "it answers")
        for _ in range(300):
            assert service.get("/stations").status_code == 200
        newer = shelf.publish(two_cities(seed=2))
        wait_until(
            lambda: service.ready()["snapshot"] == newer.version,
            "it serves the newer one",
            within_s=10,
        )
        ready = service.get("/health/ready")
        assert (ready.status_code, ready.json()["tasks"]) == (200, "")
        if kind != UNREAD:
            wait_until(
                lambda: service.metric("wearcast_log_lines_lost_total") >= 300,
                "lost lines are counted",
                within_s=10,
            )


def service_listens(service: Api) -> bool:
    """Whether it answers at all."""
    with contextlib.suppress(httpx.TransportError):
        return service.get("/health/ready").status_code == 200
    return False


def test_refresh_keeps_publishing(small_project, tmp_path):
    settings = deployed(
        small_project, str(tmp_path / "store"), HISTORY=str(tmp_path / "history"), LOG_LEVEL="debug"
    )
    store = SnapshotStore(FolderStorage(tmp_path / "store"), 10)
    with (
        unwritable(UNREAD) as stderr,
        started("refresh", "--every", "1s", cwd=small_project, stderr=stderr, settings=settings),
    ):
        wait_until(
            lambda: (pointer := store.pointer()) and len(pointer.history) >= 3,
            "it publishes again and again",
            within_s=120,
        )


def test_the_dashboard_keeps_serving_its_page(tmp_path):
    port = free_port()
    settings = environment(
        DASHBOARD_PORT=str(port),
        DASHBOARD_POOL="1",
        LOG_LEVEL="debug",
        STORE=str(tmp_path / "store"),
    )
    with (
        unwritable(UNREAD) as stderr,
        started("dashboard", cwd=REPOSITORY, stderr=stderr, settings=settings) as running,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client,
    ):

        def heated() -> bool:
            assert running.poll() is None
            with contextlib.suppress(httpx.TransportError):
                return client.get("/health/ready").json()["heated"] > 0
            return False

        wait_until(heated, "a kernel waits", within_s=120)
        for number in range(100):
            assert client.get(f"/nowhere/{number}").status_code == 404
        assert client.get("/").status_code == 200
