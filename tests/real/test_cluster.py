"""Partitions on a real Dask cluster: the bytes of one process, though workers are killed; TLS on
both sides."""

import json
import logging
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from full import repeated
from real.dask_processes import DaskProcesses, dask_processes
from real.many_stations import copies, project
from real.processes import bounded, environment, of_the_tests, wait_until
from wearcast.forecasting.forecaster import Forecaster
from wearcast.serving.refresh.backcast import BackcastTask

pytestmark = pytest.mark.real

_LOG = logging.getLogger(__name__)
STATIONS = repeated(6, 24)
KILLS = repeated(2, 10)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with many stations."""
    return project(tmp_path_factory.mktemp("many"), STATIONS)


@dataclass(frozen=True)
class Work:
    """Partitions of one station each, and where they note what is done with them."""

    root: Path
    folder: Path

    @property
    def notes(self) -> Path:
        return self.folder / "notes"

    def write(self) -> Path:
        """The file that the client reads."""
        model = self.root / "models/forecaster"
        version = Forecaster.load(model).manifest.version
        history = str(self.root / "data/serving/history")
        tasks = []
        for station in copies(STATIONS):
            task = BackcastTask(str(model), version, history, 3, (station,))
            tasks.append(json.dumps({"task": task.to_json(), "notes": str(self.notes)}))
        path = self.folder / "work.json"
        path.write_text(json.dumps({"tasks": tasks, "store": str(self.folder / "store")}))
        return path

    def noted(self, what: str) -> Counter[tuple[str, str]]:
        """Of which process and station it was noted, how often."""
        lines = self.notes.read_text().split("\n") if self.notes.exists() else []
        pairs = [line.split() for line in lines if line.startswith(what)]
        return Counter((pid, station) for _, pid, station in pairs)


@contextmanager
def client(work: Work, address: str) -> Iterator["subprocess.Popen[str]"]:
    """Whoever asks the cluster."""
    command = [sys.executable, "-m", "real.noted_partitions", address, str(work.write())]
    process = subprocess.Popen(
        command,
        env=of_the_tests(environment()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process, bounded(process, 240):
        yield process


def asked(work: Work, address: str) -> list[str]:
    with client(work, address) as process:
        out, said = process.communicate()
    assert process.returncode == 0, said
    found: list[str] = json.loads(out)
    return found


def kill_at_work(cluster: DaskProcesses, work: Work, spared: set[str]) -> str:
    """Kill a worker while it computes a station that none was killed over, and start another one;
    the station."""

    def at_work() -> tuple[int, str] | None:
        running = work.noted("begin") - work.noted("end")
        for pid, station in running:
            if int(pid) in cluster.workers and station not in spared:
                return int(pid), station
        return None

    pid, station = wait_until(at_work, "a worker is at work on another station", 120)
    cluster.kill(pid)
    cluster.start_worker()
    return station


def test_though_workers_are_killed_nothing_is_lost_and_the_bytes_are_those_of_one_process(
    root, tmp_path
):
    (tmp_path / "one").mkdir()
    alone = Work(root, tmp_path / "one")
    expected = asked(alone, "-")
    assert len(set(expected)) == STATIONS
    assert sum(alone.noted("begin").values()) == STATIONS

    (tmp_path / "several").mkdir()
    work = Work(root, tmp_path / "several")
    settings = of_the_tests(environment())
    killed: set[str] = set()
    with (
        dask_processes(tmp_path / "dask", settings) as cluster,
        client(work, cluster.address) as process,
    ):
        while len(killed) < KILLS:
            killed.add(kill_at_work(cluster, work, killed))
        out, said = process.communicate()
    assert process.returncode == 0, said
    assert json.loads(out) == expected
    begun = Counter(station for _, station in work.noted("begin").elements())
    computed = sum(begun.values())
    _LOG.info("%d partitions, %d kills, computed %d times", STATIONS, KILLS, computed)
    assert STATIONS < computed <= STATIONS + KILLS
    assert {station for station, times in begun.items() if times > 1} <= killed
    assert not list((work.folder / "store/work").iterdir()), "answers are kept for ever"


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
    with dask_processes(tmp_path / "dask", environment(), 1, ours.options) as cluster:
        found = backcast(root, "--cluster", cluster.address, **ours.settings)
        assert (found.returncode, found.stdout) == (0, expected.stdout), found.stderr
        stranger = backcast(root, "--cluster", cluster.address, **others.settings)
        assert stranger.returncode == 1
        assert "can't be reached" in stranger.stderr
