"""Choices stay on the device over a restart of the browser, a shared link carries the place and the
day alone, and a page that is left open goes on to the new day."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from dashboard.browser import CHROMIUM, FLAGS, PHONE, Seen, visitor
from dashboard.dashboard_process import DashboardProcess, dashboard_process
from dashboard.page_values import settled
from service.synthetic_snapshots import NEWARK, SEOUL, joined, varied

pytestmark = pytest.mark.real
TODAY, NEXT_DAY = "2024-04-09", "2024-04-10"
CHOICES = {
    "station": "108",
    "units": "imperial",
    "lang": "ko",
    "style": "sporty",
    "out": "8-9,18-19",
}


def replayed(issued_at):
    """A replay, whose present is its issue time, of two cities."""
    return joined(varied(NEWARK, issued_at), varied(SEOUL, issued_at, seed=2), replay=True)


@pytest.fixture(scope="module")
def line(lines):
    """An API at 22:00 in Seoul, where the next day is the usual one, and 09:00 in Newark."""
    return lines(replayed(f"{TODAY}T13"))


@pytest.fixture(scope="module")
def served(line, said) -> Iterator[DashboardProcess]:
    settings = {"DASHBOARD_POOL": "1", "DASHBOARD_BASE_URL": "/wear"}
    with dashboard_process(said / "remembered.log", API=line.url, **settings) as one:
        yield one


@contextmanager
def started(browser, profile) -> Iterator[Seen]:
    """The browser, started anew with a profile on disk."""
    context = browser.browser_type.launch_persistent_context(
        profile, executable_path=CHROMIUM, args=list(FLAGS), locale="en-GB", viewport=PHONE
    )
    try:
        yield Seen(context.pages[0])
    finally:
        context.close()


def stays_a_picture(page):
    """Let the page have no kernel."""
    page.route_web_socket(re.compile("voila/visit"), lambda _: None)


def choose(seen):
    """Make the choices of CHOICES by the page's controls."""
    page = seen.page
    page.locator("#set-station").select_option(CHOICES["station"])
    settled(page)
    page.locator("#open-settings").click()
    for name in ("units", "lang"):
        page.locator(f"#set-{name}-{CHOICES[name]}").check()
        settled(page)
    page.keyboard.press("Escape")
    page.locator("#open-outings").click()
    page.locator("#out-work").click()
    settled(page)
    page.locator(f"#style-{CHOICES['style']}").click()
    settled(page)


def shows_the_choices(page):
    expect(page.locator("#wearcast")).to_have_attribute("lang", "ko")
    expect(page.locator("#set-station")).to_have_value("108")
    expect(page.locator("#set-out")).to_have_value(CHOICES["out"])
    expect(page.locator("#set-units-imperial")).to_be_checked()
    expect(page.locator("#style-sporty")).to_have_attribute("aria-current", "true")


def test_an_address_without_parameters_opens_as_last_left_in_a_browser_started_anew(
    served, browser, tmp_path
):
    with started(browser, tmp_path) as seen:
        stays_a_picture(seen.page)
        seen.page.goto(served.url)
        choose(seen)
        assert seen.address() == {"station": "108"}
    with started(browser, tmp_path) as seen:
        page = seen.page
        page.goto(served.url)
        assert seen.remembered() == CHOICES
        shows_the_choices(page)
        seen.live()
        shows_the_choices(page)
        page.locator("#open-settings").click()
        page.locator("#forget").click()
        settled(page)
        expect(page.locator("#told")).not_to_be_empty()
        expect(page.locator("#wearcast")).to_have_attribute("lang", "en")
        expect(page.locator("#set-out")).to_have_value("")
        assert seen.remembered() == {}


def test_a_shared_link_shows_the_place_and_day_in_the_receivers_language_and_units(served, browser):
    with visitor(browser, "en", permissions=["clipboard-read", "clipboard-write"]) as sender:
        page = sender.page
        stays_a_picture(page)
        page.goto(served.url)
        choose(sender)
        page.locator("#day-2024-04-12").click()
        settled(page)
        page.locator("#share").click()
        expect(page.locator("#told")).not_to_be_empty()
        link = page.evaluate("navigator.clipboard.readText()")
        assert link == page.url == f"{served.url}?station=108&day=2024-04-12"
    with visitor(browser, "en") as receiver:
        page = receiver.page
        stays_a_picture(page)
        page.goto(link)
        expect(page.locator("#wearcast")).to_have_attribute("lang", "en")
        expect(page.locator("#set-units-metric")).to_be_checked()
        expect(page.locator("#set-station")).to_have_value("108")
        expect(page.locator("#day-2024-04-12")).to_have_attribute("aria-current", "date")
        assert receiver.remembered() == {}


def test_choices_of_a_link_count_for_the_visit_and_are_not_remembered(served, browser):
    with visitor(browser) as seen:
        page = seen.page
        stays_a_picture(page)
        page.goto(f"{served.url}?units=imperial&lang=ko&style=casual")
        page.locator("#day-2024-04-12").click()
        settled(page)
        page.locator("#style-sporty").click()
        settled(page)
        assert seen.remembered() == {"style": "sporty"}
        others = {"units": "imperial", "lang": "ko"}
        assert seen.address() == {"station": "EWR", "day": "2024-04-12"} | others
        page.go_back()
        settled(page)
        expect(page.locator("#style-sporty")).to_have_attribute("aria-current", "true")


def is_chosen(page, day):
    return page.locator(f"#day-{day}[aria-current=date]").count() > 0


def test_open_pages_go_on_to_the_new_day_at_midnight(line, served, browser):
    with visitor(browser) as picture, visitor(browser) as alive:
        for seen in (picture, alive):
            seen.page.clock.install()
        stays_a_picture(picture.page)
        picture.page.goto(f"{served.url}?station=108&day={TODAY}")
        alive.open(f"{served.url}?station=EWR")
        for seen in (picture, alive):
            assert is_chosen(seen.page, TODAY)
        line.shelf.publish(replayed(f"{NEXT_DAY}T05"))
        for seen, station in ((picture, "108"), (alive, "EWR")):

            def has_turned(page=seen.page):
                page.clock.fast_forward("01:01")
                page.wait_for_timeout(300)
                return is_chosen(page, NEXT_DAY)

            seen.until(has_turned, "the page shows the new day")
            assert seen.page.locator(f"#day-{TODAY}").count() == 0
            assert seen.page.locator("[data-notice=wrong]").count() == 0
            assert seen.address() == {"station": station}
            assert seen.errors == []
