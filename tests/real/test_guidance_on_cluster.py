"""A refresh with numerical forecasts publishes the same bytes in one process, in two, in shares and
on a real Dask cluster, and none of them asks the archive again."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from real import guided_project
from real.dask_processes import dask_processes
from real.processes import environment, of_the_tests
from unit.serving.guided_refresh import places
from wearcast.serving.store.object_storage import open_storage
from wearcast.serving.store.snapshot_store import SnapshotStore

# tests/model/test_guidance_in_partitions.py has the same in one process, every time.
pytestmark = [pytest.mark.real, pytest.mark.full]

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
STATIONS = places(4)
MADE_FROM = "made from ECMWF, GFS and ICON, runs of 00 UTC on August 20"


class Site:
    """A project at the fake's address, and what its refreshes publish."""

    def __init__(self, folder: Path, fake: FakeOpenMeteo, url: str) -> None:
        self.folder = folder
        self.root = folder / "project"
        self.fake = fake
        guided_project.write(self.root, STATIONS, url)

    def settings(self, name: str, now: datetime) -> dict[str, str]:
        """Of a refresh into a store and a history of its own."""
        own = {"STORE": str(self.folder / name / "store"), "HISTORY": str(self.history(name))}
        return of_the_tests(environment({"NOW": now.isoformat()}, **own))

    def history(self, name: str) -> Path:
        return self.folder / name / "history"

    def refreshed(
        self, settings: Mapping[str, str], *options: str
    ) -> "subprocess.CompletedProcess[str]":
        """The command, which ends."""
        self.fake.now = lambda: datetime.fromisoformat(settings["NOW"])
        return subprocess.run(
            [sys.executable, "-m", "real.guided_project", "refresh", *options],
            cwd=self.root,
            env=settings,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def begun(self, name: str) -> dict[str, str]:
        """The settings of a refresh an hour after the first one, whose history it has."""
        shutil.copytree(self.history("first"), self.history(name))
        self.fake.log.clear()
        return self.settings(name, NOW + timedelta(hours=1))

    def version(self, name: str) -> str:
        storage = open_storage(str(self.folder / name / "store"), timedelta(seconds=5))
        pointer = SnapshotStore(storage, 10).pointer()
        assert pointer
        assert not self.fake.asked_of("previous-runs")
        return pointer.latest.version


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    fake = FakeOpenMeteo(now=lambda: NOW)
    with served(fake) as url:
        one = Site(tmp_path_factory.mktemp("guided"), fake, url)
        first = one.refreshed(one.settings("first", NOW))
        assert first.returncode == 0, first.stderr
        yield one


@pytest.fixture(scope="module")
def alone(site: Site) -> str:
    """What one process publishes."""
    done = site.refreshed(site.begun("alone"))
    assert done.returncode == 0, done.stderr
    assert MADE_FROM in done.stdout + done.stderr
    return site.version("alone")


def test_two_processes(site, alone):
    done = site.refreshed({**site.begun("two"), "WEARCAST_REFRESH_PROCESSES": "2"})
    assert done.returncode == 0, done.stderr
    assert MADE_FROM in done.stdout + done.stderr
    assert site.version("two") == alone


def test_shares(site, alone):
    settings = site.begun("shared")
    codes = [site.refreshed(settings, "--shard", share).returncode for share in ("1/2", "2/2")]
    assert codes == [75, 0]
    assert site.version("shared") == alone


def test_a_cluster(site, alone, tmp_path):
    settings = site.begun("cluster")
    with dask_processes(tmp_path, site.root, settings) as cluster:
        done = site.refreshed(settings, "--cluster", cluster.address)
    assert done.returncode == 0, done.stderr
    assert MADE_FROM in done.stdout + done.stderr
    assert site.version("cluster") == alone
