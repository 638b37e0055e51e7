"""The first screen by itself in a real Chromium: it fits, and axe-core finds nothing."""

from pathlib import Path

import pytest

from catalogues import script
from unit.serving.dashboard.page_answers import page_of

pytestmark = pytest.mark.real
AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"
VIOLATIONS = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
  .map((one) => `${one.impact} ${one.id}: ${one.nodes[0].target.join(" ")}`)"""
WET_MORNING = {7: 2.0, 8: 3.0, 9: 6.0, 12: 12.0, 15: 14.0, 18: 9.0}
WEARS = ["rain_parka", "knit_sweater", "long_tshirt", "jeans", "boots", "scarf", "gloves"]


def document(language):
    """The first screen of a wet day with three looks."""
    data = page_of(
        WET_MORNING,
        WEARS,
        {"scarf": [7, 8, 18], "gloves": [7, 8, 18]},
        language=language,
        wet=(8, 9),
        chance=0.8,
        day_before=-3.0,
    )
    return script("first_screen_pictures").document(data)


@pytest.mark.parametrize(("language", "scheme"), [("en", "light"), ("ko", "dark")])
def test_it_fits_on_each_size_and_is_accessible(browser, real_part, tmp_path, language, scheme):
    real_part("axe-core (npm ci in tests/dashboard)", AXE.exists())
    path = tmp_path / "page.html"
    path.write_text(document(language), encoding="utf-8")
    page = browser.new_page(color_scheme=scheme)
    page.goto(path.as_uri())
    for width, height in script("first_screen_pictures").SIZES:
        page.set_viewport_size({"width": width, "height": height})
        answer = page.locator(".answer").bounding_box()
        assert answer["y"] + answer["height"] <= height
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(AXE.read_text())
    assert page.evaluate(VIOLATIONS) == []
    page.close()
