"""Kernels that wait for visitors: always some, always fit, never more than there may be, and with
the newest forecast."""

import os
import signal
import time
from collections.abc import Iterator

import httpx
import pytest

from dashboard.browser import visitor
from dashboard.dashboard_process import DashboardProcess, dashboard_process
from real.processes import wait_until
from service.synthetic_snapshots import two_cities
from wearcast.serving.dashboard_server.template_texts import template_texts

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def own(lines):
    """An API whose snapshots only this module changes."""
    return lines(two_cities())


@pytest.fixture(scope="module")
def served(own, said) -> Iterator[DashboardProcess]:
    settings = {"DASHBOARD_POOL": "2", "DASHBOARD_KERNELS": "4", "DASHBOARD_CULL_AFTER": "4s"}
    with dashboard_process(said / "pool.log", API=own.url, **settings) as one:
        yield one


def test_waiting_kernels_are_not_culled(served):
    waiting = set(served.kernels())
    time.sleep(12)
    assert served.health()["heated"] == 2
    assert set(served.kernels()) == waiting


def test_waiting_kernels_that_die_are_replaced(served):
    killed = served.kernels()
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    # One after the other is found to be dead.
    wait_until(
        lambda: not set(served.kernels()) & set(killed),
        lambda: f"{killed} are gone: {served.kernels()}",
    )
    served.heats(2)


def test_the_next_visit_takes_a_waiting_kernel(served, browser):
    served.heats(2)
    with visitor(browser) as seen:
        seen.open(served.url)
    assert "Using pre-heated kernel" in served.said()


def test_a_kernel_ends_when_its_page_is_closed(served, browser):
    with visitor(browser) as seen:
        seen.open(served.url)
        assert served.health()["kernels"] >= 2
    wait_until(
        lambda: served.health()["kernels"] == 2,
        lambda: f"only those that wait are left: {served.health()}",
    )


def test_a_kernel_that_nobody_connects_to_ends(served):
    served.heats(2)
    assert "wearcast" in httpx.get(served.url, timeout=60).text
    wait_until(
        lambda: served.health()["kernels"] > 2 or served.health()["heated"] < 2, "it is used"
    )
    wait_until(
        lambda: served.health()["kernels"] == 2,
        lambda: f"only those that wait are left: {served.health()}",
        within_s=30,
    )


def test_a_preheated_kernel_shows_a_forecast_published_after_it_started(served, own, browser):
    served.heats(2)
    before = set(served.kernels())
    record = own.shelf.publish(two_cities(seed=7, mean_c=25.0))
    wait_until(lambda: own.api.ready()["snapshot"] == record.version, "the API has the new one")
    day = own.api.get("/forecast/latest").json()["days"][2]
    with visitor(browser) as seen:
        seen.open(served.url + "?day=" + day["date"])
        shown = seen.page.locator("[data-value='day.temp_max']").first.inner_text()
        assert set(served.kernels()) & before
    assert shown.startswith(f"{round(day['temp_max_c']['p50'])}".replace("-", "−"))


def test_visitors_beyond_the_limit_get_the_page_of_a_full_server(served, browser):
    served.heats(2)
    with (
        visitor(browser) as one,
        visitor(browser) as two,
        visitor(browser) as three,
        visitor(browser) as four,
    ):
        for seen in (one, two, three, four):
            seen.open(served.url)
        answer = httpx.get(served.url, headers={"Accept-Language": "ko"}, timeout=30)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "30"
        assert template_texts("ko")["full_title"] in answer.text
        refused = httpx.get(f"{served.url}health/ready")
        assert refused.status_code == 503
        # By this a rollout tells it from a dashboard that can't be used.
        assert refused.json() == {"heated": 0, "kernels": 4, "room": 0}
        assert httpx.get(f"{served.url}health/live").status_code == 200
    served.heats(2)
    assert httpx.get(f"{served.url}health/ready").status_code == 200
