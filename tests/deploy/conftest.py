"""Real images, a real engine at DOCKER_HOST, a real registry, a real S3 server, and a host behind a
real proxy."""

import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.colours import Site, site_in_front_of
from deploy.engine import Images, Registry, docker, stand_in_for_traefik
from deploy.host import Host, serving
from deploy.program import Program, program_in
from real.conftest import BUCKET, KEYS, Server

# Without Playwright, which only the group `real` installs, it can't be imported. tests/real asks
# whether it is there.
collect_ignore = [] if importlib.util.find_spec("playwright") else ["test_rollout.py"]


@pytest.fixture(scope="session")
def engine(real_part) -> Callable[[str, object], None]:
    """A container engine with Compose; what else is needed, it asks for."""
    found = (
        shutil.which("docker")
        and subprocess.run(["docker", "compose", "ls"], capture_output=True, check=False).returncode
        == 0
    )
    real_part("a container engine with Compose (DOCKER_HOST)", found)
    return real_part


@pytest.fixture(scope="session")
def images(
    engine: Callable[[str, object], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Images]:
    """This checkout's images, and a registry for them."""
    engine("a registry (Debian: docker-registry)", shutil.which("docker-registry"))
    engine("wrk", shutil.which("wrk"))
    stand_in_for_traefik(tmp_path_factory.mktemp("traefik"))
    registry = Registry(tmp_path_factory.mktemp("registry"))
    try:
        found = Images(registry)
        found.build()
        yield found
    finally:
        registry.stop()


@pytest.fixture(scope="session")
def bucket_server(
    engine: Callable[[str, object], None], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A real S3 server that containers can reach."""
    program = shutil.which("weed", path=str(Path(sys.executable).parent))
    engine("SeaweedFS (the group `real` installs it)", program)
    server = Server(tmp_path_factory.mktemp("s3"), program, bind="0.0.0.0")  # noqa: S104
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def bucket(bucket_server: Server) -> dict[str, str]:
    """Settings that name its bucket."""
    gateway = json.loads(docker("network", "inspect", "bridge"))[0]["IPAM"]["Config"][0]["Gateway"]
    return {
        **KEYS,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": f"http://{gateway}:{bucket_server.port}",
        "WEARCAST_STORE": f"s3://{BUCKET}/snapshots",
        "WEARCAST_REVALIDATE_EVERY": "2s",
        "WEARCAST_DASHBOARD_POOL": "2",
    }


@pytest.fixture(scope="session")
def host(
    images: Images, bucket: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    """A host with a first release."""
    with serving(tmp_path_factory.mktemp("host"), bucket, images.release("first")) as found:
        yield found


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    """deploy/rollout without an engine."""
    return program_in(tmp_path, monkeypatch)


@pytest.fixture
def site(program: Program, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Two colours behind a proxy, without an engine."""
    with site_in_front_of(program, monkeypatch) as found:
        yield found
