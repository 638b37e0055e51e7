"""`wearcast refresh` killed at any moment, and on a full disk: the store holds the old snapshot or
the new one, and the API serves it."""

import contextlib
import hashlib
import logging
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from full import repeated
from model.test_full_disk import mounted
from real.conftest import BUCKET, KEYS
from real.forked_refreshes import Refreshes
from real.processes import Api, api, deployed, wait_until
from real.response_auditor import ASKS, Published, Reference, ResponseAuditor
from real.secret_leaks import leaks
from wearcast.serving.refresh.lock import exclusive_lock
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import Pointer, SnapshotStore

pytestmark = pytest.mark.real

_LOG = logging.getLogger(__name__)
KILLS = repeated(6, 50)
"""In each of the two stores."""
KILLS_OF_THE_COMMAND = repeated(1, 4)
"""Of whole processes, started as cron starts them: they take most of their time to begin."""
COMMAND = (sys.executable, "-m", "wearcast", "refresh")


@dataclass
class Scene:
    """A store, a process that refreshes it, an API that reads it, and a witness of the API."""

    store: SnapshotStore
    history: Path
    refreshes: Refreshes
    api: Api
    auditor: ResponseAuditor
    settings: Mapping[str, str]
    root: Path
    last_pointer: Pointer = field(init=False)
    tally: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.last_pointer = self.published()

    def published(self) -> Pointer:
        """What is published."""
        pointer = self.store.pointer()
        assert pointer, "there is no pointer any more"
        return pointer

    def poll(self) -> str:
        """Whether the store is as it was, or has one snapshot more; it is whole, and nobody holds
        the lock."""
        before, after = self.last_pointer.history, self.published().history
        self.last_pointer = self.published()
        self.store.snapshot(after[0])
        assert self.store.live_verification(after[0]) is not None
        with exclusive_lock(self.history):
            pass
        if after == before:
            return "old"
        assert after[1:] == before
        assert after[0].issued_at > before[0].issued_at
        return "new"

    def kill(self, since: str, after_s: float) -> None:
        """Refresh, kill it then, and look."""
        ran = self.refreshes.run({"since": since, "after_s": after_s})
        state = self.poll()
        assert ran.code in {None, 0}, (
            f"it ended by itself with {ran.code}: {self.refreshes.log.read_text()[-2_000:]}"
        )
        assert ran.code is None or state == "new"
        self.tally[f"{'ended' if ran.code == 0 else 'killed'} since {since}, {state}"] += 1

    def killed(self, how: str = "") -> int:
        """How often it was killed, of all times or of some."""
        return sum(
            times for told, times in self.tally.items() if told.startswith("killed") and how in told
        )


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What ends with the test."""
    with ExitStack() as stack:
        yield stack


def scene(stack: ExitStack, root: Path, said: Path, name: str, url: str, history: Path) -> Scene:
    """The scene of one store, after its first refresh."""
    settings = deployed(root, url, HISTORY=str(history), REVALIDATE_EVERY="1s", LOG_LEVEL="debug")
    refreshes = Refreshes(root, said / f"refresh-{name}.log", settings)
    stack.callback(refreshes.close)
    assert refreshes.run().code == 0, refreshes.log.read_text()
    one = stack.enter_context(api(root, said / f"api-{name}.log", settings))
    wait_until(lambda: one.get("/health/ready").status_code == 200, "the API is ready")
    deployment = Deployment.from_environment(
        {k: v for k, v in settings.items() if k.startswith("WEARCAST_")}, root
    )
    reference = Reference(deployment)
    stack.callback(reference.close)
    asks = tuple(ask for ask in ASKS if "108" not in ask.path)
    auditor = ResponseAuditor(one.url, reference, deployment.stale_after, [], asks, a_second=10)
    auditor.watch()
    stack.callback(auditor.close)
    store = SnapshotStore(open_storage(url, timedelta(seconds=5)), 1_000)
    return Scene(store, history, refreshes, one, auditor, settings, root)


def killed_often(scene: Scene, seed: int) -> None:
    """Kill it `KILLS` times or more: over its whole run, and as often over its publishing, until
    that left the old and the new one."""
    rng = random.Random(seed)  # noqa: S311 - moments, no secrets
    whole = [scene.refreshes.run() for _ in range(2)]
    scene.last_pointer = scene.published()
    run_s = max(ran.ran_s for ran in whole)
    publish_s = max(ran.publish_s for ran in whole)
    while scene.killed() < KILLS or not (
        scene.killed("publish, old") and scene.killed("publish, new")
    ):
        assert scene.tally.total() < 150, f"it is hardly ever killed in time: {scene.tally}"
        if scene.tally.total() % 2:
            scene.kill("publish", rng.uniform(0, publish_s))
        else:
            scene.kill("start", rng.uniform(0, run_s))


def commands_killed(scene: Scene, seed: int) -> None:
    """The same with the command itself, from its start on."""
    rng = random.Random(seed)  # noqa: S311
    run_s = undisturbed(scene)
    for _ in range(KILLS_OF_THE_COMMAND):
        with scene.refreshes.log.open("ab") as log:
            process = subprocess.Popen(
                COMMAND, cwd=scene.root, env=scene.settings, stdout=log, stderr=log
            )
        try:
            process.wait(rng.uniform(0, run_s))
        except subprocess.TimeoutExpired:
            process.kill()
        scene.tally[f"command {'killed' if process.wait() else 'ended'}, {scene.poll()}"] += 1


def undisturbed(scene: Scene) -> float:
    """Run the command to its end; how long that takes."""
    began = time.monotonic()
    with scene.refreshes.log.open("ab") as log:
        done = subprocess.run(
            COMMAND,
            cwd=scene.root,
            env=scene.settings,
            stdout=log,
            stderr=log,
            timeout=120,
            check=False,
        )
    assert (done.returncode, scene.poll()) == (0, "new")
    return time.monotonic() - began


def test_killed_at_any_moment_it_leaves_the_old_snapshot_or_the_new_one(
    s3, small_project, said, stack, tmp_path, monkeypatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", s3.endpoint)
    places = {"bucket": f"s3://{BUCKET}/killed", "folder": str(tmp_path / "folder/store")}
    scenes = [
        scene(stack, small_project, said, name, url, tmp_path / name / "history")
        for name, url in places.items()
    ]
    with ThreadPoolExecutor(2) as both:
        list(both.map(killed_often, scenes, (1, 2)))
        list(both.map(commands_killed, scenes, (3, 4)))
    for one in scenes:
        undisturbed(one)
        wait_until(
            lambda one=one: one.api.ready()["snapshot"] == one.last_pointer.latest.version,
            "the API serves the last one",
        )
        history = one.last_pointer.history
        assert (
            len({record.version for record in history})
            == len({record.issued_at for record in history})
            == len(history)
        )
        one.auditor.published = [
            Published(r, one.store.snapshot(r), one.store.live_verification(r))
            for r in reversed(history)
        ]
        took_s = one.auditor.check()
        _LOG.info(
            "%s: %d published, %d answers, the slowest in %.2f s",
            dict(one.tally),
            len(history),
            len(took_s),
            took_s[-1],
        )
    assert sum(one.killed() for one in scenes) >= 2 * KILLS
    assert all(one.killed("publish, old") and one.killed("publish, new") for one in scenes)


@pytest.fixture
def disk(tmp_path: Path, real_part) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    real_part("a small disk of its own (leave to mount)", mounted(folder, 4_000_000))
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path, left: int) -> Path:
    """A file that leaves so many bytes of the disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)):
            pass
    with filler.open("r+b") as file:
        file.truncate(max(0, filler.stat().st_size - left))
    return filler


def files(folder: Path) -> dict[Path, bytes]:
    """Every file below that is for readers of forecasts, and what is in it."""
    return {
        path: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock" and path.name != "refreshes.json"
    }


def test_on_a_full_disk_it_says_so_and_the_latest_stays(disk, small_project, said, stack):
    one = scene(stack, small_project, said, "disk", str(disk / "store"), disk / "history")
    for left in (0, 4_096, 40_000, 100_000):
        before = files(disk / "store")
        filler = fill(disk, left)
        ran = one.refreshes.run()
        last = one.refreshes.log.read_text().splitlines()[-1]
        assert ran.code == 73, last
        assert last.startswith("Error: could not write "), last
        assert "No space left on device; " in last
        assert one.poll() == "old"
        filler.unlink()
        after = files(disk / "store")
        assert {path: after.pop(path) for path in before} == before
        # At most an object was written that nobody points to, and that whole.
        assert all(
            hashlib.sha256(content).hexdigest() == path.stem for path, content in after.items()
        )
        assert one.refreshes.run().code == 0
        assert one.poll() == "new"
    history = one.last_pointer.history
    one.auditor.published = [
        Published(r, one.store.snapshot(r), one.store.live_verification(r))
        for r in reversed(history)
    ]
    one.auditor.check()


def test_no_secret_is_in_any_log(said):
    if not any(said.glob("refresh-bucket*")):
        pytest.skip("the refreshes of the bucket didn't run")
    assert "serving snapshot" in (said / "api-bucket.log").read_text()
    assert leaks(said, KEYS.values()) == []
