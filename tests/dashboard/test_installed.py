"""The page as an app: it can be installed, opens without its server, says how old it is, and prints
on one sheet."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from dashboard.browser import PHONE, visitor
from dashboard.dashboard_process import DashboardProcess, dashboard_process
from real.faulty_proxy import RUBBISH, Proxy

pytestmark = pytest.mark.real
_KEPT = """async () => {
  const names = await caches.keys();
  const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return kept.flat().map((request) => new URL(request.url).search);
}"""
_HAS_WORKER = "async () => (await navigator.serviceWorker.getRegistrations()).length"


@pytest.fixture(scope="module")
def served(line, said) -> Iterator[DashboardProcess]:
    with dashboard_process(
        said / "installed.log", API=line.url, DASHBOARD_POOL="0", DASHBOARD_BASE_URL="/wear"
    ) as one:
        yield one


@pytest.fixture
def proxy(served) -> Iterator[Proxy]:
    """Between the browser and the dashboard, which it may cut off."""
    one = Proxy(served.port)
    yield one
    one.close()


def opened(seen, url):
    """Open the page, and wait until the device has kept it at both of its addresses."""
    seen.page.goto(url)
    seen.until(lambda: len(seen.page.evaluate(_KEPT)) > 1, "the page is kept")
    return seen.page


def days_old(notice):
    """The age that the notice of an old forecast says."""
    return int(re.search(r"(\d+)일 지난 예보", notice.inner_text())[1])


def test_it_can_be_installed(served, browser):
    with visitor(browser, "ko") as seen:
        page = opened(seen, served.url)
        browser_says = page.context.new_cdp_session(page)
        manifest = browser_says.send("Page.getAppManifest")
        assert manifest["errors"] == []
        assert '"lang": "ko"' in manifest["data"]
        errors = browser_says.send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert [one["errorId"] for one in errors if one["errorId"] != "in-incognito"] == []


def test_without_its_server_it_opens_and_says_its_age(proxy, browser):
    with visitor(browser, "ko", size=PHONE) as seen:
        page = opened(seen, f"{proxy.endpoint}/wear/")
        answer = page.locator("#answer").inner_text()
        proxy.says = RUBBISH
        page.reload()
        notice = page.locator("#offline")
        expect(notice).to_contain_text("지난 예보")
        assert page.locator("#answer").inner_text() == answer
        before = days_old(notice)
        page.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=3, minutes=1))
        page.reload()
        expect(notice).to_contain_text("지난 예보")
        assert days_old(notice) - before in (3, 4)
        texts = notice.evaluate("(one) => ({...one.dataset})")
        expect(notice).not_to_contain_text(texts["other"])
        page.goto(f"{proxy.endpoint}/wear/?station=elsewhere")
        expect(notice).to_contain_text(texts["other"])


def test_it_is_the_servers_again_as_soon_as_that_answers(proxy, browser):
    with visitor(browser) as seen:
        page = opened(seen, f"{proxy.endpoint}/wear/")
        proxy.says = RUBBISH
        page.reload()
        notice = page.locator("#offline")
        expect(notice).to_be_visible()
        proxy.heal()
        page.locator("#refresh").click()
        expect(notice).to_be_hidden()
        page.reload()
        expect(notice).to_be_hidden()


def test_it_keeps_pictures_alone_and_few_of_them(served, browser):
    with visitor(browser) as seen:
        page = opened(seen, served.url)
        page.goto(f"{served.url}?tab=about")
        page.goto(f"{served.url}health/live")
        for hour in range(5, 12):
            page.goto(f"{served.url}?sleep=22&wake={hour}")
        seen.until(lambda: any("wake=11" in one for one in page.evaluate(_KEPT)), "it is kept")
        kept = page.evaluate(_KEPT)
        assert len(kept) <= 12
        assert not [one for one in kept if "about" in one]


@pytest.mark.full
def test_switched_off_it_deletes_what_devices_have_kept(line, said, browser):
    running = dashboard_process(said / "off.log", API=line.url, DASHBOARD_POOL="0")
    with running as one, visitor(browser) as seen:
        page = opened(seen, one.url)
        one.end()
        one.settings = {**one.settings, "WEARCAST_DASHBOARD_OFFLINE": "false"}
        one.start()
        page.goto(one.url)
        seen.until(lambda: page.evaluate(_HAS_WORKER) == 0, "the worker is gone")
        assert page.evaluate(_KEPT) == []


def test_it_prints_on_one_sheet_without_controls(served, browser):
    with visitor(browser) as seen:
        page = seen.page
        page.goto(served.url)
        assert len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) == 1
        page.emulate_media(media="print")
        for shown in (".answer", ".week", ".pieces"):
            expect(page.locator(shown)).to_be_visible()
        controls = page.locator("button:visible, select:visible, .styles:visible, .top:visible")
        expect(controls).to_have_count(0)
