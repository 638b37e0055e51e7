"""The image of a Dask cluster: what it holds, and that its containers publish the bytes of one
process."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.engine import BASE, REPOSITORY, docker, size_mb
from deploy.test_images import HARDENED
from real.many_stations import REFRESH, project
from real.processes import wait_until

pytestmark = pytest.mark.deploy

IMAGE = "wearcast-cluster:test"
MOST_MB = 525
STATIONS = 33
"""One more than a partition has."""
NETWORK = f"wearcast-cluster{os.getpid()}"
LISTENING = """
for name in ("tcp", "tcp6"):
    for line in open(f"/proc/net/{name}").readlines()[1:]:
        address, port = line.split()[1].split(":")
        if line.split()[3] == "0A" and address not in ("0100007F", "0B00007F"):
            print(int(port, 16))
"""


@pytest.fixture(scope="module", autouse=True)
def image(engine: None) -> None:  # noqa: ARG001
    """Built by the same script as the others."""
    command = [REPOSITORY / "deploy/build", "test", "cluster"]
    done = subprocess.run(
        command, env={**os.environ, "BASE": BASE}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_is_small_and_runs_as_nobody_on_a_read_only_root() -> None:
    over_mb = size_mb(IMAGE) - size_mb(BASE)
    print(f"cluster: {over_mb:.0f} MB over its base, at most {MOST_MB}")
    assert over_mb <= MOST_MB
    asked = "id -u; touch /srv/wearcast/x 2>&1; command -v cc gcc uv; wearcast --help"
    user, touched, *rest = docker("run", *HARDENED, IMAGE, "sh", "-c", asked).splitlines()
    assert user == "10001"
    assert "Read-only file system" in touched
    assert not [line for line in rest if line.startswith("/")], "a compiler or an installer"
    assert any("Usage: wearcast" in line for line in rest)


def test_holds_what_the_refresh_image_does_but_for_dask() -> None:
    labels = json.loads(docker("image", "inspect", IMAGE))[0]["Config"]["Labels"]
    manifest = json.loads((REPOSITORY / "models/forecaster/manifest.json").read_text())
    assert labels["io.wearcast.model"] == manifest["version"]
    usage = subprocess.run(
        ["docker", "run", *HARDENED, IMAGE, "cluster"], capture_output=True, text=True, check=False
    )
    assert (usage.returncode, usage.stderr) == (
        2,
        "usage: cluster scheduler | cluster worker ADDRESS\n",
    )


@dataclass(frozen=True)
class Containers:
    """Containers of the image beside a project's folder.

    Attributes:
        root: the project, its folder of observations in data/serving.
    """

    root: Path

    def options(self, store: str) -> tuple[str, ...]:
        """What the scheduler, the workers and who asks them are given, but for the command."""
        where = {
            "params.yaml": "/srv/wearcast/params.yaml:ro",
            "observations": "/srv/wearcast/observations:ro",
            "models/forecaster": "/srv/wearcast/models/forecaster:ro",
            "data/serving": "/var/lib/wearcast",
        }
        volumes = [f"--volume={self.root / mine}:{its}" for mine, its in where.items()]
        settings = [f"--env=WEARCAST_{name}={value}" for name, value in REFRESH.items()]
        store_setting = f"--env=WEARCAST_STORE=/var/lib/wearcast/{store}"
        return ("--network", NETWORK, *volumes, *settings, store_setting)

    def start(self, name: str, store: str, *command: str) -> None:
        """Start one that stays when it has ended."""
        names = ("--name", f"{NETWORK}-{name}", "--network-alias", name)
        hardened = [option for option in HARDENED if option != "--rm"]
        given = (*names, *hardened, *self.options(store))
        docker("run", "--detach", *given, IMAGE, "cluster", *command)

    @contextmanager
    def cluster(self, store: str, workers: int) -> Iterator[None]:
        """A scheduler that is called `scheduler`, and workers."""
        parts: dict[str, tuple[str, ...]] = {"scheduler": ("scheduler",)}
        for number in range(workers):
            parts[f"worker{number}"] = ("worker", "tcp://scheduler:8786")
        try:
            for name, command in parts.items():
                self.start(name, store, *command)
            yield
        finally:
            for name in parts:
                docker("rm", "--force", f"{NETWORK}-{name}")

    def refresh(self, store: str, *options: str) -> dict[str, object]:
        """The record of what a refresh publishes."""
        docker("run", *HARDENED, *self.options(store), IMAGE, "wearcast", "refresh", *options)
        latest = json.loads((self.root / "data/serving" / store / "latest.json").read_text())
        [record] = latest["history"]
        return {name: record[name] for name in ("version", "recent")}


@pytest.fixture(scope="module")
def containers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """On a network that leads nowhere."""
    root = project(tmp_path_factory.mktemp("many"), STATIONS)
    for path in (root, *root.rglob("*")):
        path.chmod(0o777)
    docker("network", "create", "--internal", NETWORK)
    yield Containers(root)
    docker("network", "rm", NETWORK)


@pytest.mark.full
def test_two_workers_publish_the_bytes_of_one_process(containers: Containers) -> None:
    expected = containers.refresh("alone")
    with containers.cluster("several", 2):
        assert containers.refresh("several", "--cluster", "tcp://scheduler:8786") == expected
        assert all("Registered to" in log("worker", number) for number in "01")
        assert listening("scheduler") == {"8786"}
        assert listening("worker0") == {"8788"}


def log(part: str, number: str = "") -> str:
    """What a container has said."""
    command = ["docker", "logs", f"{NETWORK}-{part}{number}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


def listening(part: str) -> set[str]:
    """The ports of a container that another one can reach."""
    return set(docker("exec", f"{NETWORK}-{part}", "python", "-c", LISTENING).split())


@pytest.mark.full
def test_a_worker_whose_scheduler_is_gone_ends(containers: Containers) -> None:
    name = f"{NETWORK}-orphan"
    try:
        containers.start("orphan", "none", "worker", "tcp://nowhere:8786", "--death-timeout", "1")
        wait_until(
            lambda: docker("inspect", "--format", "{{.State.Running}}", name) == "false\n",
            lambda: log("orphan"),
            60,
        )
    finally:
        docker("rm", "--force", name)
