"""A host whose visitors are hostile: what a dashboard's container reaches, and rollouts under
attack."""

import contextlib
import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deploy.engine import Images, docker
from deploy.host import Host
from deploy.test_prepared_host import LISTEN, PYTHON, firewall
from real.conftest import Server

pytestmark = pytest.mark.deploy
METADATA = "169.254.169.254"

REACHES = """
import socket, sys
address, port = sys.argv[1:]
try:
    socket.create_connection((address, int(port)), 3).close()
    print("reached")
except OSError as error:
    print(type(error).__name__, error)
"""


def reaches(host: Host, part: str, address: str, port: int) -> bool:
    """Whether a container can open a connection; what it meets otherwise is shown."""
    command = ["exec", host.container(part), "python", "-I", "-c", REACHES, address, str(port)]
    found = docker(*command).strip()
    print(f"{part} to {address}:{port}: {found}")
    return found == "reached"


@pytest.fixture
def metadata(real_part, host: Host, tmp_path: Path) -> Iterator[None]:
    """Somebody answers at the metadata service's address beyond the host, which has its rules."""
    network = f"metadata{os.getpid()}"
    inside = f"ip netns exec {network}"
    commands = [
        f"ip netns add {network}",
        f"ip link add eth0 netns {network} type veth peer name metadata",
        "ip address add 198.51.100.254/24 dev metadata",
        "ip link set metadata up",
        f"{inside} ip address add 198.51.100.1/24 dev eth0",
        f"{inside} ip address add {METADATA}/32 dev eth0",
        f"{inside} ip link set eth0 up",
        f"{inside} ip route add default via 198.51.100.254",
        f"ip route add {METADATA} via 198.51.100.1",
        f"sh {firewall(tmp_path)} {host.settings}",
    ]
    try:
        for command in commands:
            done = subprocess.run(command.split(), check=False, capture_output=True, text=True)
            real_part(f"networks of one's own, for root: {done.stderr}", done.returncode == 0)
        listen = [*inside.split(), PYTHON, "-c", LISTEN, "80", METADATA]
        with subprocess.Popen(listen, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline()
            yield
            process.kill()
    finally:
        subprocess.run(["ip", "netns", "del", network], check=False, capture_output=True)
        for chain in ("WEARCAST", "WEARCAST-HOST"):
            subprocess.run(["iptables", "-F", chain], check=False, capture_output=True)


@pytest.mark.usefixtures("metadata")
def test_a_dashboard_reaches_its_own_api_and_nothing_outside(
    host: Host, bucket_server: Server
) -> None:
    colour = host.noted()["live"]["colour"]
    dashboard, service = f"dashboard-{colour}", f"service-{colour}"
    assert reaches(host, service, METADATA, 80)
    assert reaches(host, dashboard, service, 8000)
    assert not reaches(host, dashboard, METADATA, 80)
    assert not reaches(host, dashboard, "198.51.100.1", 80)
    # The host's own services: the bucket's server listens at every address of it.
    for gateway in (gateway_of(host.network(colour)), gateway_of("bridge")):
        assert not reaches(host, dashboard, gateway, bucket_server.port), gateway
    assert reaches(host, service, gateway_of("bridge"), bucket_server.port)


def gateway_of(network: str) -> str:
    """The host's address on a network."""
    found = docker("network", "inspect", network, "--format", "{{(index .IPAM.Config 0).Gateway}}")
    return found.strip()


def test_the_api_and_the_dashboard_believe_the_proxy_alone_about_clients(host: Host) -> None:
    colour = host.noted()["live"]["colour"]
    networks = json.loads(docker("inspect", host.container("proxy")))[0]["NetworkSettings"][
        "Networks"
    ]
    proxies = {networks[host.network(name)]["IPAddress"] for name in ("blue", "green")}
    for part in ("service", "dashboard"):
        environment = docker("exec", host.container(f"{part}-{colour}"), "env").splitlines()
        trusted = dict(line.split("=", 1) for line in environment)["WEARCAST_TRUSTED_PROXIES"]
        assert set(trusted.split(",")) == {f"{address}/32" for address in proxies}


def test_containers_may_open_many_descriptors(host: Host) -> None:
    for part in host.running() - {"refresh"}:
        limits = docker("exec", host.container(part), "cat", "/proc/1/limits")
        assert re.search(r"Max open files +16384 ", limits), part


def test_the_api_keeps_its_last_good_snapshot_on_a_volume(host: Host) -> None:
    service = host.container(f"service-{host.noted()['live']['colour']}")
    docker("exec", service, "touch", "/var/cache/wearcast/written")
    docker("exec", service, "rm", "/var/cache/wearcast/written")


@contextlib.contextmanager
def repeated(act: Callable[[httpx.Client], object], times_a_second: float) -> Iterator[None]:
    """Somebody does something over and over, whatever is answered."""
    ended = threading.Event()

    def go_on() -> None:
        with httpx.Client(trust_env=False, timeout=5) as client:
            while not ended.wait(1 / times_a_second):
                with contextlib.suppress(httpx.HTTPError):
                    act(client)
                client.cookies.clear()

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def slowly(body: bytes) -> Iterator[bytes]:
    """A body that comes in small pieces."""
    for begin in range(0, len(body), 100):
        yield body[begin : begin + 100]
        time.sleep(0.2)


@pytest.fixture(scope="module")
def attacked(host: Host) -> Iterator[Host]:
    """Strangers provoke errors, 503s and slow answers all the time, beside somebody who just
    asks."""
    example = httpx.get(f"{host.url}/api/openapi.json", trust_env=False).json()
    record = httpx.Request("POST", host.url, json=_record(example)).content
    kind = {"Content-Type": "application/json"}

    def post(content: bytes | Iterator[bytes]) -> Callable[[httpx.Client], object]:
        return lambda client: client.post(f"{host.url}/api/forecast", content=content, headers=kind)

    with contextlib.ExitStack() as stack:
        for path in ("/voila/static/%00", f"/voila/static/{'x' * 300}", "/api/stations"):
            stack.enter_context(repeated(lambda client, path=path: client.get(host.url + path), 10))
        for _ in range(2):
            stack.enter_context(repeated(post(record), 5))
            stack.enter_context(repeated(lambda client: post(slowly(record[:3000]))(client), 5))
        yield host


def _record(document: dict) -> object:
    body = document["paths"]["/forecast"]["post"]["requestBody"]
    examples = body["content"]["application/json"]["examples"]
    return next(iter(examples.values()))["value"]


def test_a_good_release_stays_under_attack(attacked: Host, images: Images) -> None:
    release = images.release("good-under-attack")
    done = attacked.release(release, watch_s=10)
    assert done.returncode == 0, done.stdout
    assert attacked.noted()["live"]["code"] == release.code


def test_a_bad_release_goes_under_attack(attacked: Host, images: Images) -> None:
    lines = 'COPY bad.py /opt/bad.py\nCMD ["python", "/opt/bad.py", "fails-at-one-path"]'
    live = attacked.noted()["live"]
    done = attacked.release(images.release("bad-under-attack", service=lines), watch_s=20)
    assert done.returncode == 1, done.stdout
    assert attacked.noted()["live"] == live
    assert "fails at GET /stations" in attacked.history()[-1]["reason"]
