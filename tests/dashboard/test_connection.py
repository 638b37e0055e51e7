"""A page whose kernel or server goes away says so, and comes back by itself with the same
choices."""

import os
import re
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from dashboard.browser import visitor
from dashboard.dashboard_process import DashboardProcess, dashboard_process
from wearcast.serving.dashboard_server.template_texts import template_texts

pytestmark = pytest.mark.real
HURRIED = (
    "window.setTimeout = ((later) => (what, ms, ...more) => later(what, ms === 60000 ? 4000 : ms,"
    " ...more))(window.setTimeout)"
)
"""A minute takes four seconds."""
RECONNECTING = (
    "setInterval(() => new WebSocket(location.origin.replace('http', 'ws') +"
    " '/api/kernels/none/channels'), 1000)"
)
"""As Jupyter does, in vain, after its socket was closed, but more often."""
MODEL = re.compile(rb'"[0-9a-f]{8}([0-9a-f]{24}": ?\{"model_name": ?"AnyModel")')
"""The id of a widget's model among the states that the kernel tells."""
CHOICES = "?units=imperial&sensitivity=high"
ABOUT = "?tab=about"
"""A page that has no picture without a kernel."""


@pytest.fixture(scope="module")
def served(line, said) -> Iterator[DashboardProcess]:
    with dashboard_process(said / "connection.log", API=line.url, DASHBOARD_POOL="1") as one:
        yield one


def kernel_of(served: DashboardProcess) -> int:
    """The kernel of the only page that is open: the oldest."""
    return served.kernels()[0]


def test_a_killed_kernel_is_replaced_and_the_page_shows_the_same(served, browser):
    with visitor(browser) as seen:
        seen.open(served.url + CHOICES)
        shown = seen.page.locator("[data-value='stats.max']").first.inner_text()
        os.kill(kernel_of(served), signal.SIGKILL)
        seen.until(lambda: len(seen.loads) == 2, "the page is loaded anew", within_s=30)
        seen.live()
        assert "units=imperial" in seen.page.url
        assert seen.page.locator("[data-value='stats.max']").first.inner_text() == shown


def test_a_page_whose_server_was_away_comes_back_with_its_choices_and_those_made_meanwhile(
    served, browser
):
    with visitor(browser, "ko") as seen:
        seen.open(served.url + CHOICES)
        served.end(signal.SIGKILL)
        seen.says("away")
        expect(seen.page.locator("#frame-notice")).to_contain_text(template_texts("ko")["away"])
        assert seen.page.locator("#wearcast").is_visible()
        seen.page.evaluate(RECONNECTING)
        seen.page.click("#tab-about")
        seen.page.wait_for_timeout(6_000)
        assert seen.page.locator("#wearcast").is_visible()
        served.start()
        seen.says("", within_ms=90_000)
        seen.live()
        expect(seen.page.locator("#about")).to_be_visible()
        assert "units=imperial" in seen.page.url
        assert len(seen.loads) == 2


def test_a_page_that_misses_a_widget_is_reloaded_at_once(served, browser):
    others = [True]

    def forwarded(socket):
        server = socket.connect_to_server()

        def pass_on(message):
            if others and b"update_states" in message:
                others.pop()
                message = MODEL.sub(rb'"ffffffff\1', message)
            socket.send(message)

        server.on_message(pass_on)

    with visitor(browser) as seen:
        seen.page.route_web_socket(re.compile("/channels"), forwarded)
        seen.page.goto(served.url + CHOICES)
        seen.touch()
        seen.until(lambda: len(seen.loads) == 2, "the page is loaded anew", within_s=40)
        assert not others
        seen.live()
        assert "units=imperial" in seen.page.url


def test_a_page_whose_script_does_not_start_is_reloaded(served, browser):
    deaf = [True]

    def forwarded(socket):
        server = socket.connect_to_server()
        if deaf:
            deaf.pop()
            server.on_message(lambda _: None)

    with visitor(browser) as seen:
        seen.page.add_init_script(HURRIED)
        seen.page.route_web_socket(re.compile("/channels"), forwarded)
        seen.page.goto(served.url + CHOICES)
        seen.touch()
        seen.until(lambda: len(seen.loads) == 2, "the page is loaded anew", within_s=40)
        seen.live()
        assert "units=imperial" in seen.page.url


def test_an_empty_page_is_reported_and_asked_for_again(served, browser):
    with visitor(browser) as seen:
        seen.page.route("**/voila/render*", lambda route: route.fulfill(status=200, body=""))
        seen.page.goto(served.url + ABOUT)
        stop = seen.page.locator("#frame-stop")
        expect(stop).to_contain_text(template_texts("en")["broken_title"])
        expect(stop.get_by_role("button")).to_be_visible()
        seen.page.unroute("**/voila/render*")
        seen.live()
        assert len(seen.loads) == 1


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("constructor", marks=pytest.mark.full),
        "__proto__",
        pytest.param("toString", marks=pytest.mark.full),
    ],
)
def test_a_language_that_is_none_is_the_browsers(served, browser, name):
    with visitor(browser, "ko") as seen:
        seen.page.route_web_socket(re.compile("voila/visit"), lambda _: None)
        seen.page.goto(f"{served.url}{ABOUT}&lang={name}")
        expect(seen.page).to_have_title(template_texts("ko")["title"])
        assert seen.page.locator("html").get_attribute("lang") == "ko"
        assert seen.page.locator(".frame-privacy").count() == 0
        assert seen.errors == []


@pytest.mark.full
def test_fast_clicks_stay_within_the_limit_of_messages(served, browser):
    sent: list[str] = []
    closed: list[str] = []

    def watch(socket):
        if "/channels" in socket.url:
            socket.on("framesent", lambda _: sent.append(socket.url))
            socket.on("close", lambda _: closed.append(socket.url))

    with visitor(browser) as seen:
        seen.page.on("websocket", watch)
        seen.open(served.url)
        # As fast as somebody who holds the Enter key down, for five seconds.
        for at in range(100):
            day = seen.page.locator("a[id^='day-']").nth(at % 7)
            day.evaluate("link => link.click()")
            seen.page.wait_for_timeout(50)
        expect(seen.page.locator("#wearcast[aria-busy]")).to_have_count(0)
        assert closed == []
        assert len(seen.loads) == 1
        # A message a click; 200 may come at once.
        assert len(sent) <= 120


@pytest.mark.full
def test_reloads_stop_where_every_kernel_dies(served, browser):
    with visitor(browser) as seen:
        seen.page.route("**/api/kernels/**", lambda route: route.fulfill(status=404))
        seen.page.goto(served.url + ABOUT)
        seen.says("gone", within_ms=240_000)
        expect(seen.page.locator("#frame-notice button")).to_be_visible()
        seen.page.wait_for_timeout(100)
        seen.until(
            lambda: len(seen.loads) == 6,
            lambda: f"it is loaded six times: {len(seen.loads)}",
            within_s=240,
        )
        seen.page.wait_for_timeout(10_000)
        assert len(seen.loads) == 6
        seen.page.unroute("**/api/kernels/**")
        seen.page.click("#frame-notice button")
        seen.live()
