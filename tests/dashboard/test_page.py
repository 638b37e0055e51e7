"""What a visitor sees is what the API answers, whatever they choose and however they choose it."""

from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import expect

from dashboard.browser import DESK, PHONE, visitor
from dashboard.dashboard_process import DashboardProcess, dashboard_process
from dashboard.page_values import due, settled, shown
from full import FULL
from service.synthetic_snapshots import NEWARK, SEOUL, joined, varied
from wearcast.messages import month

pytestmark = pytest.mark.real
SENSITIVITIES = ("very_low", "average", "very_high") if FULL else ("average",)
UNITS = ("metric", "imperial")


@pytest.fixture(scope="module")
def replay(lines):
    """An API over a replay of two cities that moves by itself no more."""
    return lines(
        joined(
            varied(NEWARK, "2024-04-09T15"),
            varied(SEOUL, "2024-04-09T15", seed=2, mean_c=-1.0),
            replay=True,
        )
    )


@pytest.fixture(scope="module")
def served(replay, said) -> Iterator[DashboardProcess]:
    with dashboard_process(said / "page.log", API=replay.url, DASHBOARD_POOL="1") as one:
        yield one


def answers(replay, **asked):
    """The two answers that the first tab is made of."""
    forecast = replay.api.client.get(
        "/forecast/latest", params={name: asked[name] for name in ("station", "units")}
    )
    advice = replay.api.client.get("/recommendation/by_day", params=asked)
    return forecast.json(), advice.json()


def choose(page, name, value):
    """Choose a radio button of the settings, as a person does."""
    if page.locator(f"#set-{name}-{value}").is_checked():
        return
    if not page.locator("#settings").is_visible():
        page.locator("#open-settings").click()
    page.locator(f"#set-{name}-{value}").check()
    settled(page)


def days_in(units, days):
    """The days to look at in these units: with FULL=1 all, else every other one, so that each is
    seen once."""
    return days if FULL else days[UNITS.index(units) :: len(UNITS)]


def test_the_page_shows_the_apis_values_for_every_station_day_sensitivity_and_unit(
    replay, served, browser
):
    stations = replay.api.get("/stations").json()["stations"]
    assert len(stations) == 2
    seen_days = 0
    with visitor(browser) as seen:
        page = seen.open(served.url).page
        for station in stations:
            page.locator("#set-station").select_option(station["id"])
            settled(page)
            for units in UNITS:
                choose(page, "units", units)
                for sensitivity in SENSITIVITIES:
                    choose(page, "sensitivity", sensitivity)
                    page.keyboard.press("Escape")
                    for day in days_in(units, station["days"]):
                        page.locator(f"#day-{day}").click()
                        settled(page)
                        expect(page.locator(f"#day-{day}")).to_have_attribute(
                            "aria-current", "date"
                        )
                        asked = {
                            "station": station["id"],
                            "target_date": day,
                            "units": units,
                            "sensitivity": sensitivity,
                        }
                        assert shown(page) == due(*answers(replay, **asked)), asked
                        seen_days += 1
        assert seen_days == 2 * len(SENSITIVITIES) * 7 * (2 if FULL else 1)
        assert not seen.errors
        assert not seen.elsewhere


@pytest.mark.parametrize(
    "query",
    [
        {
            "station": "108",
            "target_date": "2024-04-12",
            "units": "imperial",
            "sensitivity": "high",
            "style": "business",
            "activity": "cycling",
        },
        pytest.param(
            {
                "station": "EWR",
                "target_date": "2024-04-10",
                "units": "metric",
                "sensitivity": "low",
                "wake": "9",
                "sleep": "24",
            },
            marks=pytest.mark.full,
        ),
        {
            "station": "EWR",
            "target_date": "2024-04-12",
            "units": "metric",
            "exposure": "hours",
            "out": "8-9,18-19",
        },
    ],
)
def test_a_query_selects_its_choices(replay, served, browser, query):
    address = "&".join(
        f"{'day' if name == 'target_date' else name}={value}" for name, value in query.items()
    )
    with visitor(browser) as seen:
        page = seen.open(f"{served.url}?{address}&lang=en").page
        assert shown(page) == due(*answers(replay, **query))


@pytest.mark.parametrize(
    ("language", "size"), [pytest.param("en", DESK, marks=pytest.mark.full), ("ko", PHONE)]
)
def test_every_control_changes_the_page_and_is_remembered(served, browser, language, size):
    with visitor(browser, language, size) as seen:
        page = seen.open(served.url).page
        expect(page.locator("#wearcast")).to_have_attribute("lang", language)
        page.locator("#set-station").select_option("108")
        settled(page)
        for name, value in (
            ("sensitivity", "high"),
            ("exposure", "hours"),
            ("activity", "running"),
            ("units", "imperial"),
        ):
            choose(page, name, value)
        page.keyboard.press("Escape")
        expect(page.locator("#settings")).to_be_hidden()
        page.locator("#open-outings").click()
        page.locator("#set-out").fill("8-9, 18-19")
        page.locator("#set-out").press("Enter")
        settled(page)
        expect(page.locator("#set-out")).to_have_value("8-9,18-19")
        assert_fits(page)
        page.keyboard.press("Escape")
        expect(page.locator("#set-out")).to_be_hidden()
        for link in ("#style-sporty", "#day-2024-04-12"):
            page.locator(link).click()
            settled(page)
            assert_fits(page)
        page.locator("#table summary").click()
        assert_fits(page)
        page.locator("#refresh").click()
        settled(page)
        before, address = shown(page), page.url
        assert seen.address() == {"station": "108", "day": "2024-04-12"}
        assert seen.remembered() == {
            "station": "108",
            "sensitivity": "high",
            "exposure": "hours",
            "activity": "running",
            "units": "imperial",
            "out": "8-9,18-19",
            "style": "sporty",
        }
        page.locator("#tab-about").click()
        settled(page)
        expect(page.locator("#about")).to_be_visible()
        assert_fits(page)
        page.go_back()
        settled(page)
        expect(page.locator("#wear")).to_be_visible()
        assert page.url == address
        page.reload()
        seen.live()
        assert shown(page) == before
        assert_fits(page)
        assert not seen.errors
        assert not seen.elsewhere


def test_the_language_can_be_switched(served, browser):
    with visitor(browser, "ko") as seen:
        page = seen.open(served.url).page
        expect(page.locator(".answer .when")).to_contain_text(month("ko", date(2024, 4, 9)))
        choose(page, "lang", "en")
        expect(page.locator(".answer .when")).to_contain_text("April")
        assert seen.remembered() == {"lang": "en"}
        assert "lang" not in seen.address()
        assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize(
    "query",
    [
        "?units=%3Cscript%3E",
        # As what they are read is shown in tests/unit/serving/dashboard/test_page_query.py.
        *(
            pytest.param(query, marks=pytest.mark.full)
            for query in (
                "?day=1999-12-31",
                "?station=XYZ",
                "?sensitivity=purple",
                "?wake=7&sleep=7",
                "?out=8-8",
            )
        ),
    ],
)
def test_an_invalid_query_shows_a_notice_and_the_defaults(served, browser, query):
    with visitor(browser) as seen:
        page = seen.open(served.url + query).page
        expect(page.locator("[data-notice=wrong]")).to_be_visible()
        assert page.locator("[data-value=piece]").count() > 2
        assert page.locator("text=Traceback").count() == 0
        assert not seen.errors


def test_no_hour_outdoors_shows_a_notice_and_resets_the_controls(served, browser):
    with visitor(browser) as seen:
        page = seen.open(served.url).page
        page.locator("#open-outings").click()
        page.locator("#set-out").fill("8-8")
        page.keyboard.press("Enter")
        settled(page)
        expect(page.locator("[data-notice=wrong]")).to_be_visible()
        expect(page.locator("#open-outings")).to_have_text("Out 7–22")
        page.locator("#set-out").fill("8-9")
        page.keyboard.press("Enter")
        settled(page)
        expect(page.locator("[data-notice=wrong]")).to_have_count(0)


def test_the_chart_is_drawn_and_described(served, browser):
    with visitor(browser) as seen:
        page = seen.open(served.url).page
        expect(page.locator("[data-figure=hours] .main-svg").first).to_be_visible()
        assert page.locator("[data-figure=hours] .annotation").count() == 4
        assert "coldest at" in page.get_by_role("img", name="Chart").get_attribute("aria-label")


def test_a_choice_made_before_the_script_starts_is_applied(served, browser):
    with visitor(browser) as seen:
        page = seen.page
        page.goto(served.url, wait_until="commit")
        page.locator("#set-station").select_option("108")
        seen.live()
        settled(page)
        expect(page.locator("#set-station")).to_have_value("108")
        assert seen.address()["station"] == seen.remembered()["station"] == "108"


def assert_fits(page):
    """Nothing makes the page scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
