"""Kernels that wait for visitors: always some, always fit, never more than there may be, and with
the newest forecast."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from playwright.sync_api import expect

from dashboard.browser import visitor
from dashboard.dashboard_process import DashboardProcess, dashboard_process
from dashboard.python_visitor import PythonVisitor
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
    waiting = served.kernels()
    with visitor(browser) as seen:
        seen.open(served.url)
        assert set(waiting) <= set(served.kernels())


def test_a_kernel_ends_when_its_page_is_closed(served, browser):
    with visitor(browser) as seen:
        seen.open(served.url)
        assert served.health()["kernels"] >= 2
    wait_until(
        lambda: served.health()["kernels"] == 2,
        lambda: f"only those that wait are left: {served.health()}",
    )


def test_a_preheated_kernel_shows_a_forecast_published_after_it_started(served, own, browser):
    served.heats(2)
    before = set(served.kernels())
    record = own.shelf.publish(two_cities(seed=7, mean_c=25.0))
    wait_until(lambda: own.api.ready()["snapshot"] == record.version, "the API has the new one")
    day = own.api.get("/forecast/latest").json()["days"][2]
    with visitor(browser) as seen:
        seen.open(served.url + "?day=" + day["date"])
        shown = seen.page.locator("[data-value='stats.max']").first.inner_text()
        assert set(served.kernels()) & before
    assert shown.startswith(f"{round(day['temp_max_c']['p50'])}".replace("-", "−"))


def test_visitors_beyond_the_limit_see_the_picture_and_that_the_server_is_full(served, browser):
    wait_until(lambda: served.health()["kernels"] == 2, "the other pages' kernels have ended")
    with ExitStack() as stack:
        for address in ("127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.3"):
            stack.enter_context(PythonVisitor(served, address).page())
        seen = stack.enter_context(visitor(browser, "ko"))
        seen.page.goto(served.url)
        expect(seen.page.locator("#wearcast [data-value=why]")).to_be_visible()
        seen.page.goto(f"{served.url}?tab=about")
        expect(seen.page.locator("#frame-stop")).to_contain_text(template_texts("ko")["full_title"])
        refused = httpx.get(f"{served.url}health/ready")
        assert refused.status_code == 503
        # By this a rollout tells it from a dashboard that can't be used.
        assert refused.json() == {"heated": 0, "kernels": 4, "room": 0}
        assert httpx.get(f"{served.url}health/live").status_code == 200
    served.heats(2)
    assert httpx.get(f"{served.url}health/ready").status_code == 200
