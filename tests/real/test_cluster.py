"""A refresh and a backcast on a real Dask cluster: the bytes of one process, though workers are
killed; TLS on both sides."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from full import repeated
from real.dask_processes import DaskProcesses, dask_processes
from real.many_stations import REFRESH, copies, project
from real.processes import bounded, environment, of_the_tests, wait_until
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

pytestmark = pytest.mark.real

_LOG = logging.getLogger(__name__)
STATIONS = repeated(6, 24)
KILLS = repeated(2, 10)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with many stations."""
    return project(tmp_path_factory.mktemp("many"), STATIONS)


@dataclass(frozen=True)
class Refreshed:
    """A refresh into a store of its own, a station a partition, and what is noted of it."""

    root: Path
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        """Of whoever asks, and of every worker."""
        notes = {"NOTES": str(self.folder / "notes")}
        return of_the_tests(environment(notes, STORE=str(self.folder / "store"), **REFRESH))

    @contextmanager
    def running(self, *options: str, **settings: str) -> Iterator["subprocess.Popen[str]"]:
        """The command, until it ends."""
        self.folder.mkdir(exist_ok=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "real.noted_refresh", "refresh", *options],
            cwd=self.root,
            env={**self.settings, **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process, bounded(process, repeated(400, 1500)):
            yield process

    def record(self) -> SnapshotRecord:
        """Of the one snapshot that was published."""
        storage = open_storage(str(self.folder / "store"), timedelta(seconds=5))
        pointer = SnapshotStore(storage, 10).pointer()
        assert pointer, "nothing was published"
        [record] = pointer.history
        return record

    def noted(self, what: str) -> Counter[tuple[str, str]]:
        """Of which process and station it was noted, how often."""
        notes = self.folder / "notes"
        lines = notes.read_text().split("\n") if notes.exists() else []
        pairs = [line.split() for line in lines if line.startswith(what)]
        return Counter((pid, station) for _, pid, station in pairs)


@pytest.fixture(scope="module")
def alone(root: Path, tmp_path_factory: pytest.TempPathFactory) -> SnapshotRecord:
    """What one process publishes."""
    refresh = Refreshed(root, tmp_path_factory.mktemp("alone") / "one")
    with refresh.running() as process:
        _, said = process.communicate()
    assert process.returncode == 0, said
    return refresh.record()


def kill_at_work(cluster: DaskProcesses, refresh: Refreshed, spared: set[str]) -> str:
    """Kill a worker while it is at work on a station that none was killed over, and start another
    one; the station."""

    def at_work() -> tuple[int, str] | None:
        for pid, station in refresh.noted("begin") - refresh.noted("end"):
            if int(pid) in cluster.workers and station not in spared:
                return int(pid), station
        return None

    pid, station = wait_until(at_work, "a worker is at work on another station", 200)
    cluster.kill(pid)
    cluster.start_worker()
    return station


def test_though_workers_are_killed_it_publishes_once_and_the_bytes_of_one_process(
    root, alone, tmp_path
):
    refresh = Refreshed(root, tmp_path / "several")
    killed: set[str] = set()
    with (
        dask_processes(tmp_path / "dask", root, refresh.settings) as cluster,
        refresh.running("--cluster", cluster.address) as process,
    ):
        while len(killed) < KILLS:
            killed.add(kill_at_work(cluster, refresh, killed))
        _, said = process.communicate()
    assert process.returncode == 0, said
    found = refresh.record()
    assert (found.version, found.recent) == (alone.version, alone.recent)

    begun = Counter(station for _, station in refresh.noted("begin").elements())
    computed = sum(begun.values())
    _LOG.info("%d partitions, %d kills, computed %d times", STATIONS, KILLS, computed)
    assert set(begun) == {station.id for station in copies(STATIONS)}
    assert STATIONS < computed <= STATIONS + KILLS
    assert {station for station, times in begun.items() if times > 1} <= killed
    assert not list((refresh.folder / "store/work").iterdir()), "answers are kept for ever"


def test_of_shares_that_know_nothing_of_each_other_the_last_one_publishes(root, alone, tmp_path):
    shared = Refreshed(root, tmp_path / "shared")
    codes = []
    # As an option, and as a host's setting.
    for share, options, settings in (
        ("1/2", ("--shard", "1/2"), {}),
        ("2/2", (), {"WEARCAST_SHARD": "2/2"}),
    ):
        with shared.running(*options, **settings) as process:
            _, said = process.communicate()
        codes.append(process.returncode)
        if share == "1/2":
            assert f"{STATIONS // 2} partitions of other shares are not there yet" in said
            assert not (shared.folder / "store/latest.json").exists()
    assert codes == [75, 0], said
    assert shared.record().version == alone.version
    assert max(Counter(station for _, station in shared.noted("begin")).values()) == 1


def test_several_processes_of_one_machine_publish_the_bytes_of_one(root, alone, tmp_path):
    several = Refreshed(root, tmp_path / "several")
    with several.running(WEARCAST_REFRESH_PROCESSES="2") as process:
        _, said = process.communicate()
    assert process.returncode == 0, said
    found = several.record()
    assert (found.version, found.recent) == (alone.version, alone.recent)
    assert len({pid for pid, _ in several.noted("begin")}) == 2


def test_a_process_that_is_killed_ends_the_refresh_and_one_that_starts_them_ends_them(
    root, tmp_path
):
    refresh = Refreshed(root, tmp_path)
    two = {"WEARCAST_REFRESH_PROCESSES": "2"}

    def at_work() -> set[int]:
        return {int(pid) for pid, _ in refresh.noted("begin") - refresh.noted("end")}

    with refresh.running(**two) as process:
        os.kill(min(wait_until(at_work, "a process is at work", 200)), signal.SIGKILL)
        _, said = process.communicate()
    assert process.returncode == 75, said
    assert "a process of this refresh was killed" in said
    (tmp_path / "notes").unlink()
    with refresh.running(**two) as process:
        workers = wait_until(at_work, "a process is at work", 200)
        for pid in (*workers, process.pid):
            os.kill(pid, signal.SIGINT)
        process.wait(60)
    assert not any(map(psutil.pid_exists, workers))
    (refresh.folder / "notes").unlink()
    with refresh.running(**two) as process:
        workers = wait_until(at_work, "a process is at work", 200)
        process.kill()
    wait_until(lambda: not any(map(psutil.pid_exists, workers)), "the others end, too")
    assert not (tmp_path / "store/latest.json").exists()


@dataclass(frozen=True)
class Certificates:
    """A certificate authority, and one certificate of it for all."""

    folder: Path

    def make(self, openssl: str) -> "Certificates":
        """Make them."""
        self.folder.mkdir()

        def run(*command: str) -> None:
            subprocess.run([openssl, *command], cwd=self.folder, check=True, capture_output=True)

        new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        run(
            "req",
            "-x509",
            *new,
            "-days",
            "2",
            "-subj",
            "/CN=ca",
            *("-keyout", "ca.key"),
            "-out",
            "ca",
        )
        run("req", *new, "-subj", "/CN=wearcast", "-keyout", "key", "-out", "request")
        signed = ("-CA", "ca", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-out", "cert")
        run("x509", "-req", "-in", "request", *signed)
        return self

    @property
    def options(self) -> tuple[str, ...]:
        """As the scheduler and workers take them."""
        ca, cert, key = (str(self.folder / name) for name in ("ca", "cert", "key"))
        return ("--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key)

    @property
    def settings(self) -> dict[str, str]:
        """As the client takes them."""
        tls = "DASK_DISTRIBUTED__COMM__TLS__"
        return {
            f"{tls}CA_FILE": str(self.folder / "ca"),
            f"{tls}CLIENT__CERT": str(self.folder / "cert"),
            f"{tls}CLIENT__KEY": str(self.folder / "key"),
        }


def backcast(root: Path, *options: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """The command, in the project."""
    return subprocess.run(
        [sys.executable, "-m", "wearcast", "backcast", "--format", "json", *options],
        cwd=root,
        env=environment(settings),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_command_prints_the_same_through_a_cluster_that_takes_no_stranger(
    root, tmp_path, real_part: Callable[[str, object], None]
):
    openssl = shutil.which("openssl")
    real_part("openssl", openssl)
    ours = Certificates(tmp_path / "ours").make(str(openssl))
    others = Certificates(tmp_path / "others").make(str(openssl))
    expected = backcast(root)
    assert expected.returncode == 0, expected.stderr
    assert len(json.loads(expected.stdout)["stations"]) == STATIONS
    with dask_processes(tmp_path / "dask", root, environment(), 1, ours.options) as cluster:
        found = backcast(root, "--cluster", cluster.address, **ours.settings)
        assert (found.returncode, found.stdout) == (0, expected.stdout), found.stderr
        stranger = backcast(root, "--cluster", cluster.address, **others.settings)
        assert stranger.returncode == 1
        assert "can't be reached" in stranger.stderr
