"""axe-core finds nothing serious or critical in the page, in either language, on a phone and on a
desk, light and dark."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dashboard.browser import DESK, PHONE, visitor
from dashboard.dashboard_process import DashboardProcess, dashboard_process

pytestmark = pytest.mark.real
AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
FOUND = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .filter((one) => ["serious", "critical"].includes(one.impact))
  .flatMap((one) => one.nodes.slice(0, 4).map(
    (node) => `${one.impact} ${one.id}: ${node.target.join(" ")}: ${node.failureSummary}`))"""


@pytest.fixture(scope="module")
def served(line, said) -> Iterator[DashboardProcess]:
    with dashboard_process(said / "accessible.log", API=line.url, DASHBOARD_POOL="1") as one:
        yield one


@pytest.mark.parametrize(
    ("tab", "size", "scheme", "language"),
    [
        ("wear", PHONE, "light", "ko"),
        ("wear", DESK, "dark", "en"),
        ("about", PHONE, "light", "en"),
        ("about", DESK, "dark", "ko"),
        pytest.param("wear", PHONE, "light", "en", marks=pytest.mark.full),
        pytest.param("wear", DESK, "dark", "ko", marks=pytest.mark.full),
        pytest.param("about", PHONE, "light", "ko", marks=pytest.mark.full),
        pytest.param("about", DESK, "dark", "en", marks=pytest.mark.full),
    ],
)
def test_axe_finds_no_serious_violation(served, browser, real_part, tab, size, scheme, language):
    real_part("axe-core (npm ci in tests/dashboard)", AXE.exists())
    with visitor(browser, language, size, color_scheme=scheme, reduced_motion="reduce") as seen:
        seen.open(f"{served.url}?tab={tab}&lang={language}")
        assert seen.page.evaluate("document.documentElement.lang") == language
        seen.page.evaluate(
            "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
        )
        seen.page.evaluate(AXE.read_text())
        assert seen.page.evaluate(FOUND) == []
        assert seen.errors == []
        assert seen.elsewhere == []


@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.full), "ko"])
def test_axe_finds_no_serious_violation_on_the_page_of_the_last_two_weeks(
    served, browser, real_part, language
):
    real_part("axe-core (npm ci in tests/dashboard)", AXE.exists())
    with visitor(browser, language, PHONE) as seen:
        seen.page.goto(f"{served.url}record?lang={language}")
        assert seen.page.evaluate("document.documentElement.lang") == language
        assert seen.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        seen.page.evaluate(AXE.read_text())
        assert seen.page.evaluate(FOUND) == []
        seen.page.locator("#back").click()
        expect(seen.page.locator("#tab-about")).to_have_attribute("aria-current", "page")
        link = seen.page.locator("#record")
        assert link.get_attribute("href").startswith("record?station=")
        assert seen.elsewhere == []


def test_axe_finds_no_serious_violation_on_the_page_of_a_full_server(served, browser, real_part):
    real_part("axe-core (npm ci in tests/dashboard)", AXE.exists())
    with visitor(browser, "ko") as seen:
        seen.page.route_web_socket(re.compile("/visit"), lambda socket: socket.close(code=1013))
        seen.page.goto(f"{served.url}?tab=about")
        expect(seen.page.locator("#frame-stop")).to_have_attribute("data-says", "full")
        seen.page.evaluate(AXE.read_text())
        assert seen.page.evaluate(FOUND) == []
