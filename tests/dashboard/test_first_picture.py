"""What a visitor sees before there is a kernel: the whole page, whose choices work, and which
becomes alive under the hands of who touches it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Route, expect

from dashboard.browser import PHONE, visitor
from dashboard.dashboard_process import DashboardProcess, dashboard_process
from dashboard.page_values import due, settled, shown
from full import FULL, repeated
from unit.serving.dashboard.read_page import Read
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard_server.first_pictures import LIMITS, FirstPictures
from wearcast.serving.dashboard_server.static_files import static_file
from wearcast.vocabulary import UNITS, Sensitivity

pytestmark = pytest.mark.real
MOST_SHIFT = 0.05
_NOTE_SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts.push(entry.value);
}).observe({ type: "layout-shift", buffered: true });"""


@pytest.fixture(scope="module")
def served(line, said) -> Iterator[DashboardProcess]:
    with dashboard_process(said / "picture.log", API=line.url, DASHBOARD_POOL="1") as one:
        yield one


def answers(line, **asked):
    """The two answers that the first tab is made of."""
    of_forecast = {name: asked[name] for name in ("station", "units") if name in asked}
    forecast = line.api.client.get("/forecast/latest", params=of_forecast)
    advice = line.api.client.get("/recommendation/by_day", params=asked)
    return forecast.json(), advice.json()


def is_picture(page):
    """Whether the page has no kernel yet."""
    return page.evaluate("document.body.dataset.voila") == "picture"


@contextmanager
def kept_a_picture(page):
    """Hold back the live page that a touch asks for, however fast its kernel is."""
    held: list[Route] = []
    page.route("**/voila/render*", lambda route: held.append(route))
    yield
    assert is_picture(page)
    for route in held:
        route.continue_()
    page.unroute("**/voila/render*")


def test_who_only_looks_sees_all_and_takes_no_kernel(line, served, browser):
    before = served.kernels()
    [station, *_] = line.api.get("/stations").json()["stations"]
    asked = {"station": station["id"]}
    for _ in range(3):
        with visitor(browser) as seen:
            seen.page.goto(served.url)
            assert shown(seen.page) == due(*answers(line, **asked))
            seen.page.mouse.wheel(0, 600)
            seen.page.wait_for_timeout(300)
            assert is_picture(seen.page)
            assert seen.errors == []
    assert served.kernels() == before


def test_the_session_takes_over_without_a_shift(served, browser):
    with visitor(browser, size=PHONE) as seen:
        seen.page.add_init_script(_NOTE_SHIFTS)
        seen.page.goto(served.url)
        before = shown(seen.page)
        seen.live()
        settled(seen.page)
        assert sum(seen.page.evaluate("window.shifts")) <= MOST_SHIFT
        assert shown(seen.page) == before
        assert seen.errors == []


async def pictures_of(url, queries):
    """The page of each query, as it is before it is alive."""
    made = []
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        limits = replace(LIMITS, within_s=60.0)
        pictures = FirstPictures(ApiClient(client, url), as_file, limits=limits)
        for number, query in enumerate(queries):
            # A client of its own, for none may have so many made.
            picture = await pictures.picture(urlencode(query), "en", f"client {number}")
            made.append(picture.plain.decode())
    return made


def as_file(picture):
    """The page without a document around it."""
    return static_file("text/html", picture.page.encode())


@pytest.mark.usefixtures("served")
def test_every_picture_shows_the_apis_values(line):
    queries = []
    for station in line.api.get("/stations").json()["stations"]:
        days = station["days"] if FULL else station["days"][::3]
        for day, units, sensitivity in product(days, UNITS, Sensitivity):
            chosen = {"station": station["id"], "units": units, "sensitivity": sensitivity.value}
            queries.append(chosen | {"day": day})
    assert len(queries) == 2 * repeated(3, 7) * len(UNITS) * len(Sensitivity)
    # Playwright's event loop and another can't run in one thread.
    with ThreadPoolExecutor() as other_thread:
        pages = other_thread.submit(asyncio.run, pictures_of(line.url, queries)).result()
    for query, page in zip(queries, pages, strict=True):
        read = Read(page).values.items()
        found = {
            (name, (when or "")): [text.replace("\u00a0", " ") for text in texts]
            for (name, when), texts in read
            if name
        }
        asked = {name: value for name, value in query.items() if name != "day"}
        assert found == due(*answers(line, target_date=query["day"], **asked)), query


def test_choices_work_before_it_is_alive_and_stay_when_it_is(line, served, browser):
    [station, *_] = line.api.get("/stations").json()["stations"]
    day = station["days"][2]
    with visitor(browser, size=PHONE) as seen:
        page = seen.page
        page.goto(served.url)
        with kept_a_picture(page):
            page.locator(f"#day-{day}").click()
            expect(page.locator(f"#day-{day}")).to_have_attribute("aria-current", "date")
        page.locator("#open-settings").click()
        page.locator("#set-sensitivity-high").check()
        settled(page)
        page.mouse.wheel(0, 300)
        page.wait_for_timeout(200)
        scrolled = page.evaluate("scrollY")
        seen.live()
        settled(page)
        assert page.evaluate("scrollY") == scrolled
        assert len(seen.loads) == 1
        asked = {"station": station["id"], "target_date": day, "sensitivity": "high"}
        assert shown(page) == due(*answers(line, **asked))
        assert seen.errors == []


def tap_hours(page, *hours):
    for hour in hours:
        page.locator(f'#hour-bar [data-hour="{hour}"]').click()


def test_two_taps_choose_an_outing_before_it_is_alive_and_after(line, served, browser):
    [station, *_] = line.api.get("/stations").json()["stations"]
    with visitor(browser, size=PHONE) as seen:
        page = seen.page
        page.goto(served.url)
        with kept_a_picture(page):
            page.locator("#open-outings").click()
            tap_hours(page, 8, 8)
            expect(page.locator("#open-outings")).to_have_text("Out 8–9")
        tap_hours(page, 18)
        seen.live()
        settled(page)
        expect(page.locator("#outings-told")).to_have_text(
            "Out from 18:00. Now your last hour out."
        )
        tap_hours(page, 18)
        expect(page.locator("#set-out")).to_have_value("8-9,18-19")
        settled(page)
        asked = {"station": station["id"], "out": "8-9,18-19"}
        assert shown(page) == due(*answers(line, **asked))
        page.locator("#drop-outing-1").click()
        expect(page.locator("#open-outings")).to_have_text("Out 8–9")
        expect(page.locator("#open-outings")).to_be_focused()
        page.locator('#hour-bar [tabindex="0"]').press("ArrowDown")
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
        expect(page.locator("#open-outings")).to_have_text("Out 8–9, 20–22")
        page.locator("#out-work").click()
        expect(page.locator("#open-outings")).to_have_text("Out 8–9, 18–19")
        expect(page.locator("#hour-bar")).to_be_hidden()
        assert seen.errors == []


def test_the_bar_of_hours_joins_and_narrows_outings(served, browser):
    with visitor(browser) as seen:
        seen.page.goto(served.url)
        taps = [
            ("", 8, 18, "8-19"),
            ("8-9", 18, 18, "8-9,18-19"),
            ("18-19", 8, 8, "8-9,18-19"),
            ("8-9", 9, 10, "8-11"),
            ("8-9,12-13", 9, 11, "8-13"),
            ("8-19", 8, 8, "8-9"),
            ("8-9", 22, 1, "8-9,22-2"),
            ("20-24", 0, 0, "20-1"),
            ("8-9", 9, 8, "0-24"),
        ]
        found = seen.page.evaluate("(taps) => taps.map(([...args]) => withOuting(...args))", taps)
        assert found == [after for *_, after in taps]


def test_without_javascript_links_and_the_form_work(line, served, browser):
    [station, *_] = line.api.get("/stations").json()["stations"]
    day = station["days"][1]
    with visitor(browser, java_script_enabled=False) as seen:
        seen.page.goto(served.url)
        seen.page.locator(f"#day-{day}").click()
        expect(seen.page.locator(f"#day-{day}")).to_have_attribute("aria-current", "date")
        seen.page.locator("#open-outings").click()
        expect(seen.page.locator("#hour-bar")).to_be_hidden()
        seen.page.locator("#out-work").click()
        expect(seen.page.locator("#open-outings")).to_have_text("Out 8–9, 18–19")
