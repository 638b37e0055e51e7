"""The first screen of made-up weathers in a real Chromium: it fits, and axe-core finds nothing."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import expect

from catalogues import script

pytestmark = pytest.mark.real
AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .map((one) => `${one.impact} ${one.id}: ${one.nodes[0].target.join(" ")}`)"""


@pytest.mark.parametrize(
    "weather",
    [
        "wind",
        *(pytest.param(name, marks=pytest.mark.full) for name in ("hot", "cold", "wet", "snow")),
    ],
)
def test_it_fits_on_each_size_and_is_accessible(browser, real_part, tmp_path, weather):
    real_part("axe-core (npm ci in tests/dashboard)", AXE.exists())
    pictures = script("first_screen_pictures")
    # Playwright's event loop and the service's can't run in one thread.
    with ThreadPoolExecutor() as other_thread:
        documents = other_thread.submit(lambda: [*pictures.documents([weather])]).result()
    for index, (name, text) in enumerate(documents):
        path = tmp_path / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        page = browser.new_page(color_scheme=("light", "dark")[index])
        page.goto(path.as_uri())
        for width, height in (*pictures.SIZES, *pictures.ENLARGED):
            page.set_viewport_size({"width": width, "height": height})
            answer = page.locator(".answer").bounding_box()
            assert answer["y"] + answer["height"] <= height, (name, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        read = [line.strip() for line in page.locator("#wearcast").aria_snapshot().splitlines()]
        assert read[:2] == ["- status", "- main:"]
        assert read[3].lstrip("-' ").startswith("heading")
        page.keyboard.press("Tab")
        expect(page.locator("main a:focus")).to_have_attribute("href", "#top")
        page.evaluate(AXE.read_text())
        assert page.evaluate(VIOLATIONS) == []
        page.close()
