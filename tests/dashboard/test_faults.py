"""Whatever happens to the API while a page is open: the page says so, keeps what it shows, and
recovers by itself or by one click."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from dashboard.browser import Seen, visitor
from dashboard.dashboard_process import DashboardProcess, dashboard_process
from real.faulty_proxy import NO_HTTP, RUBBISH
from service.synthetic_snapshots import two_cities
from wearcast.messages import say

pytestmark = pytest.mark.real
UNAVAILABLE = (
    b"HTTP/1.1 500 Internal Server Error\r\n"
    b"Content-Type: application/json\r\n"
    b"Content-Length: 2\r\n"
    b"Connection: close\r\n"
    b"\r\n"
    b"{}"
)


@pytest.fixture(scope="module")
def served(line, said) -> Iterator[DashboardProcess]:
    with dashboard_process(said / "faults.log", API=line.url, DASHBOARD_POOL="1") as one:
        yield one


@pytest.fixture
def disturbed(line) -> Iterator[object]:
    """The line to the API; all is well again after the test."""
    yield line.proxy
    line.proxy.heal()


def high(seen: Seen) -> str:
    """The day's highest temperature, as it is shown."""
    return seen.page.locator("[data-value='stats.max']").first.inner_text()


def told(seen: Seen, kind: str) -> None:
    """Wait for a notice of the page; for none, where `kind` is empty."""
    found = seen.page.locator("[data-notice]:not([data-notice=stale])")
    if kind:
        expect(found.first).to_have_attribute("data-notice", kind)
        expect(found.first).to_be_visible()
    else:
        expect(found).to_have_count(0)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param({"break_after": 0}, "gone", id="gone"),
        pytest.param({"says": NO_HTTP}, "gone", id="no HTTP", marks=pytest.mark.full),
        pytest.param({"says": RUBBISH}, "broken", id="rubbish", marks=pytest.mark.full),
        pytest.param({"says": UNAVAILABLE}, "broken", id="error", marks=pytest.mark.full),
        pytest.param({"bytes_a_second": 20}, "slow", id="slow"),
    ],
)
def test_an_api_fault_is_shown_and_a_retry_clears_it(served, browser, disturbed, fault, kind):
    with visitor(browser) as seen:
        seen.open(served.url)
        before = high(seen)
        for name, value in fault.items():
            setattr(disturbed, name, value)
        seen.page.click("#refresh")
        told(seen, kind)
        assert high(seen) == before
        assert "Traceback" not in seen.page.content()
        disturbed.heal()
        seen.page.click("#again")
        told(seen, "")
        assert high(seen) == before
        assert seen.errors == []


@pytest.mark.full
def test_an_api_fault_clears_by_itself_in_the_visitors_language(served, browser, disturbed):
    with visitor(browser, "ko") as seen:
        seen.open(served.url)
        disturbed.says = RUBBISH
        seen.page.click("#refresh")
        told(seen, "broken")
        looking = say("ko", "This page keeps looking and comes back by itself.")
        expect(seen.page.locator("[data-notice=broken]")).to_contain_text(looking)
        disturbed.heal()
        told(seen, "")


def test_a_page_opened_while_the_api_is_down_loads_once_it_is_up(served, browser, disturbed):
    disturbed.says = RUBBISH
    with visitor(browser) as seen:
        seen.open(served.url)
        told(seen, "broken")
        disturbed.heal()
        told(seen, "")
        assert high(seen)


def test_without_a_snapshot_the_page_says_what_to_do_and_fills_once_there_is_one(
    lines, said, browser
):
    empty = lines()
    with (
        dashboard_process(said / "empty.log", API=empty.url, DASHBOARD_POOL="1") as one,
        visitor(browser) as seen,
    ):
        seen.open(one.url)
        told(seen, "empty")
        expect(seen.page.locator("[data-notice=empty]")).to_contain_text("wearcast refresh")
        empty.shelf.publish(two_cities())
        told(seen, "")
        assert high(seen)


def test_a_stale_forecast_is_marked_as_stale(lines, said, browser):
    old = lines(two_cities(), STALE_AFTER="2s", REFRESH_EVERY="1s")
    with (
        dashboard_process(said / "old.log", API=old.url, DASHBOARD_POOL="1") as one,
        visitor(browser) as seen,
    ):
        seen.open(one.url)
        expect(seen.page.locator("[data-notice=stale]")).to_be_visible()
        assert high(seen)
