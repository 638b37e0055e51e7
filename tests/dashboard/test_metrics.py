"""The dashboard's metrics: what they count is so, nobody reaches them on the page's port, and
asking for them often takes nothing from visitors."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from dashboard.dashboard_process import DashboardProcess, dashboard_process
from dashboard.python_visitor import PythonVisitor, closing_code
from deploy.memory import limits_mb
from ports import free_port
from real.processes import wait_until
from wearcast.serving import dashboard_server
from wearcast.serving.dashboard_server.visit_handlers import TRY_AGAIN_LATER

pytestmark = pytest.mark.real
LIMIT = 2
"""Kernels there may be; one client may have half of them."""
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def served(line, said) -> Iterator[DashboardProcess]:
    settings = {
        "DASHBOARD_POOL": "1",
        "DASHBOARD_KERNELS": str(LIMIT),
        "DASHBOARD_METRICS_PORT": str(free_port()),
    }
    with dashboard_process(said / "metrics.log", API=line.url, **settings) as one:
        yield one


@pytest.fixture(scope="module")
def metrics_url(served) -> str:
    port = served.settings["WEARCAST_DASHBOARD_METRICS_PORT"]
    return f"http://127.0.0.1:{port}/metrics"


def samples(url: str) -> Samples:
    """All samples by name and labels, as soon as they may be asked for."""
    page = wait_until(
        lambda: [one for one in [httpx.get(url)] if one.status_code == 200], "a scrape is allowed"
    )[0]
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


def value(url: str, name: str, **labels: str) -> float:
    """A sample; 0 where there is none yet."""
    key = (f"wearcast_dashboard_{name}", tuple(sorted(labels.items())))
    return samples(url).get(key, 0.0)


def own_bytes(process: int) -> int:
    """What a process takes of the memory, mapping by mapping; of shared pages its part."""
    lines = Path(f"/proc/{process}/smaps").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def test_prometheus_own_tool_finds_nothing_wrong(served, metrics_url, real_part):
    promtool = shutil.which("promtool")
    real_part("promtool", promtool)
    httpx.get(served.url)
    exposition = httpx.get(metrics_url).text
    done = subprocess.run(
        [promtool, "check", "metrics"], input=exposition, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_kernels_pages_and_refusals_are_counted_while_pages_are_open(served, metrics_url):
    before = samples(metrics_url)

    def grown(name: str, **labels: str) -> float:
        key = (f"wearcast_dashboard_{name}", tuple(sorted(labels.items())))
        return samples(metrics_url)[key] - before.get(key, 0.0)

    with ExitStack() as stack:
        for address in ("127.0.0.1", "127.0.0.2"):
            stack.enter_context(PythonVisitor(served, address).page())
        with PythonVisitor(served, "127.0.0.1").visit() as another:
            assert closing_code(another) == TRY_AGAIN_LATER
        with PythonVisitor(served, "127.0.0.3").visit() as third:
            assert closing_code(third) == TRY_AGAIN_LATER
        assert grown("visits_refused_total", reason="kernels") == 1
        assert grown("visits_refused_total", reason="full") == 1
        assert grown("page_loads_total", outcome="made") == 2
        assert grown("kernel_wait_seconds_count") == 2
        assert grown("http_requests_total", handler="kernel_channel", status="101") == 2
        assert value(metrics_url, "kernels") == len(served.kernels()) == LIMIT
        assert value(metrics_url, "kernels_connected") == 2
        assert value(metrics_url, "kernels_preheated") == 0
        wait_until(lambda: value(metrics_url, "websockets") == 2, "both visits have left")
        of_kernels = sum(map(own_bytes, served.kernels()))
        assert value(metrics_url, "resident_memory_bytes", process="kernels") == pytest.approx(
            of_kernels, rel=0.1
        )
        assert value(metrics_url, "resident_memory_bytes", process="server") == pytest.approx(
            own_bytes(served.running.pid), rel=0.1
        )
    served.heats(1)
    assert value(metrics_url, "kernels") == 1
    assert value(metrics_url, "kernels_limit") == LIMIT
    assert value(metrics_url, "kernels_preheated") == 1
    assert value(metrics_url, "kernels_preheated_target") == 1
    assert value(metrics_url, "kernels_connected") == 0
    assert value(metrics_url, "websockets") == 0
    assert value(metrics_url, "http_requests_under_way") == 0


@pytest.mark.full
def test_a_full_house_rings_no_alert_and_one_kernel_may_grow_until_it_is_ended(line, said):
    """By the container's limit of memory for 8 kernels, and MemoryNearLimit's 90 % of it."""
    configured = json.loads(Path(dashboard_server.__file__).with_name("voila.json").read_text())
    ended_beyond_bytes = 1e6 * configured["Kernels"]["max_memory_mb"]
    limit_bytes = 2**20 * limits_mb()["dashboard-blue"]
    settings = {"DASHBOARD_KERNELS": "8", "DASHBOARD_METRICS_PORT": str(free_port())}
    url = f"http://127.0.0.1:{settings['DASHBOARD_METRICS_PORT']}/metrics"
    with ExitStack() as stack:
        full = stack.enter_context(dashboard_process(said / "full.log", API=line.url, **settings))
        for number in range(8):
            stack.enter_context(PythonVisitor(full, f"127.0.0.{1 + number % 2}").page())
        held_bytes = sum(
            value(url, "resident_memory_bytes", process=process)
            for process in ("server", "kernels")
        )
        assert held_bytes < 0.9 * limit_bytes
        assert held_bytes * 7 / 8 + ended_beyond_bytes < limit_bytes


def test_a_waiting_kernel_that_dies_is_counted(served, metrics_url):
    served.heats(1)
    before = value(metrics_url, "kernels_lost_total")
    os.kill(served.kernels()[0], signal.SIGKILL)
    wait_until(lambda: value(metrics_url, "kernels_lost_total") == before + 1, "it is missed")


def test_no_text_of_a_client_becomes_a_label(served, metrics_url):
    httpx.get(f"{served.url}x")
    before = set(samples(metrics_url))
    with httpx.Client() as client:
        for number in range(200):
            headers = {"X-Forwarded-For": f"203.0.113.{number}", "Host": f"host-{number}"}
            client.get(f"{served.url}{number}?x={number}", headers=headers)
    assert set(samples(metrics_url)) == before


@pytest.mark.parametrize(
    "path", ["metrics", "metrics/", "%6detrics", "METRICS", "voila/metrics", "api/metrics"]
)
def test_the_page_s_port_has_no_metrics(served, path):
    answer = httpx.get(f"{served.url}{path}", headers={"X-Forwarded-For": "127.0.0.1"})
    assert answer.status_code == 404
    assert "wearcast_dashboard" not in answer.text


def test_the_metrics_port_has_nothing_else(metrics_url):
    root = metrics_url.removesuffix("metrics")
    for path in ("", "voila/visit", "health/ready", "api/kernels"):
        assert httpx.get(root + path).status_code == 404
    assert httpx.post(metrics_url).status_code == 405


def test_who_asks_for_metrics_too_often_is_refused_and_visitors_are_not(served, metrics_url):
    with httpx.Client() as client:
        statuses = [client.get(metrics_url).status_code for _ in range(200)]
    assert set(statuses) == {200, 429}
    assert statuses.count(429) > statuses.count(200)
    assert httpx.get(served.url).status_code == 200
