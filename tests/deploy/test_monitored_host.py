"""A host that is watched: the rollout starts what watches beside the site, Prometheus reaches every
part, and no visitor and no dashboard reaches it.

Debian's programs stand in for the official images, which name the same owners of their folders.
Grafana isn't Debian's: a program that never ends stands in for it.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.engine import BASE, Images, docker
from deploy.host import Host, serving
from ports import free_port
from real.processes import wait_until

pytestmark = [pytest.mark.deploy, pytest.mark.full]
PROGRAMS = {
    "prometheus": ("prometheus", "/prometheus"),
    "alertmanager": ("prometheus-alertmanager", "/etc/alertmanager /alertmanager"),
    "node-exporter": ("prometheus-node-exporter", "/var/empty"),
    "blackbox-exporter": ("prometheus-blackbox-exporter", "/etc/blackbox"),
}
"""By service, Debian's program and the folders that are nobody's."""

TEMPLATES = Path("/usr/share/prometheus/alertmanager")
"""Where Debian's Alertmanager has the texts of its notifications; the official one holds them."""

DOCKERFILE = """FROM {base}
COPY {program} /bin/program
COPY templates /usr/share/prometheus/alertmanager
RUN mkdir -p {folders} && chown 65534:65534 {folders}
USER 65534
ENTRYPOINT ["/bin/program"]
"""
GRAFANA = 'FROM {base}\nENTRYPOINT ["sleep", "infinity"]\n'


@pytest.fixture(scope="module")
def stand_ins(engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings that name them."""
    settings = {}
    for service, (program, folders) in PROGRAMS.items():
        found = shutil.which(program)
        engine(f"{program} (Debian's package of that name)", found)
        folder = tmp_path_factory.mktemp(service)
        shutil.copy(found, folder / program)
        shutil.copytree(TEMPLATES, folder / "templates")
        lines = DOCKERFILE.format(base=BASE, program=program, folders=folders)
        settings[f"SITE_{service.upper().replace('-', '_')}"] = built(service, folder, lines)
    empty = tmp_path_factory.mktemp("grafana")
    settings["SITE_GRAFANA"] = built("grafana", empty, GRAFANA.format(base=BASE))
    return settings


def built(name: str, folder: Path, lines: str) -> str:
    """An image's name."""
    image = f"stand-in-{name}:1"
    docker("build", "--quiet", "--tag", image, "--file", "-", str(folder), said=lines)
    return image


@pytest.fixture(scope="module")
def ports() -> dict[str, str]:
    names = ("SITE_PROMETHEUS_PORT", "SITE_ALERTMANAGER_PORT", "SITE_GRAFANA_PORT")
    return {name: str(free_port()) for name in names}


@pytest.fixture(scope="module")
def host(
    images: Images,
    bucket: dict[str, str],
    stand_ins: dict[str, str],
    ports: dict[str, str],
) -> Iterator[Host]:
    # Node exporter follows what is mounted on the host later.
    subprocess.run(["mount", "--make-rshared", "/"], check=True)
    settings = {**bucket, **stand_ins, **ports, "SITE_MONITORING": "1"}
    with tempfile.TemporaryDirectory() as name:
        # As /var/lib/wearcast is: node exporter, which is nobody, can't enter pytest's own folders.
        folder = Path(name)
        folder.chmod(0o755)
        with serving(folder, settings, images.release("watched")) as found:
            yield found


def asked(url: str) -> Any:
    return httpx.get(url, timeout=10, trust_env=False).json()["data"]


def up(port: str) -> dict[tuple[str, str], str]:
    """By job, and colour or probe, whether it answers; nothing before the first scrape."""
    targets = asked(f"http://127.0.0.1:{port}/api/v1/targets?state=active")["activeTargets"]
    labels = [(target["labels"], target["health"]) for target in targets]
    return {
        (one["job"], one.get("colour") or one.get("probe", "")): health for one, health in labels
    }


@pytest.mark.usefixtures("host")
def test_prometheus_reaches_every_part(ports: dict[str, str]) -> None:
    expected = {
        ("api", "blue"): "up",
        ("api", "green"): "down",
        ("dashboard", "blue"): "up",
        ("dashboard", "green"): "down",
        ("proxy", ""): "up",
        ("host", ""): "up",
        ("probe", "page"): "up",
        ("probe", "api"): "up",
        ("prometheus", ""): "up",
        ("alertmanager", ""): "up",
    }
    port = ports["SITE_PROMETHEUS_PORT"]
    wait_until(lambda: up(port) == expected, lambda: f"all are asked: {up(port)}", 90)


@pytest.mark.parametrize(
    "query",
    [
        'probe_success{probe="page"} == 1',
        'probe_success{probe="api"} == 1',
        'wearcast_rollout_live{colour="blue"} == 1',
        'wearcast_rollouts_total{outcome="released"} == 1',
        'wearcast_dashboard_kernels_preheated{colour="blue"} > 0',
        'wearcast_ready{colour="blue"} == 1',
        'node_filesystem_avail_bytes{mountpoint="/"} > 0',
        'traefik_service_requests_total{service="dashboard-blue@file"} > 0',
    ],
)
@pytest.mark.usefixtures("host")
def test_what_is_asked_has_an_answer(ports: dict[str, str], query: str) -> None:
    url = httpx.URL(
        f"http://127.0.0.1:{ports['SITE_PROMETHEUS_PORT']}/api/v1/query", params={"query": query}
    )
    wait_until(lambda: asked(str(url))["result"], f"{query} has a sample", 60)


def test_nothing_of_it_is_led_to_by_the_proxy(host: Host) -> None:
    for path in ("/metrics", "/api/metrics", "/api//metrics", "/api/%6detrics", "/voila/metrics"):
        answer = httpx.get(host.url + path, trust_env=False)
        assert "wearcast_" not in answer.text, path
        assert "process_" not in answer.text, path


def test_a_dashboard_reaches_none_that_could_ask_for_it(host: Host) -> None:
    """The blackbox exporter asks for whatever it is told to."""
    command = "import socket; socket.create_connection(('{}', {}), 3)"
    for name, port in (("blackbox-exporter", 9115), ("alertmanager", 9093), ("grafana", 3000)):
        program = ["python", "-c", command.format(name, port)]
        done = subprocess.run(
            ["docker", "exec", host.container("dashboard-blue"), *program],
            capture_output=True,
            text=True,
        )
        assert done.returncode, name
        assert "gaierror" in done.stderr, done.stderr


def test_ports_are_on_loopback_alone(host: Host) -> None:
    for part in ("prometheus", "alertmanager", "grafana", "node-exporter", "blackbox-exporter"):
        text = docker(
            "inspect", "--format", "{{json .HostConfig.PortBindings}}", host.container(part)
        )
        bindings = [one for bound in (json.loads(text) or {}).values() for one in bound]
        assert {one["HostIp"] for one in bindings} <= {"127.0.0.1"}, part


def test_a_release_takes_what_watches_along_and_a_setting_ends_it(
    host: Host, images: Images
) -> None:
    watching = {"prometheus", "alertmanager", "grafana", "node-exporter", "blackbox-exporter"}
    done = host.release(images.release("watched-2"), watch_s=3, drain_s=0)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "monitoring: " not in done.stdout
    assert watching <= host.running()
    with host.settings.open("a") as file:
        file.write("SITE_MONITORING=0\n")
    done = host.rollout("release", "--again", "--watch", "3", "--drain", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert host.running() & watching == set()
