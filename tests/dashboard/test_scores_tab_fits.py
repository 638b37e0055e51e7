"""The second tab in a real Chromium: all of it fits on a narrow phone, unfolded too."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from service.page_states import second_tab
from wearcast.serving.dashboard.page_files import page_style

pytestmark = pytest.mark.real
CUT_OFF = """[...document.querySelectorAll(".scroll")].filter(
  (one) => one.scrollWidth > one.clientWidth).map((one) => one.ariaLabel)"""

UNFOLD = """(unfolded) => document.querySelectorAll("details").forEach(
  (one) => { one.open = unfolded; })"""


def test_nothing_is_cut_off_at_360_px(browser):
    # Playwright's event loop and the service's can't run in one thread.
    with ThreadPoolExecutor() as other_thread:
        tabs = other_thread.submit(second_tab).result()
    page = browser.new_page(viewport={"width": 360, "height": 740})
    for language, html in tabs.items():
        page.set_content(
            f'<html lang="{language}"><style>body {{ margin: 0 }} {page_style()}</style>'
            f'<div id="wearcast"><main><div id="about">{html}</div></main></div>'
        )
        for unfolded in (False, True):
            page.evaluate(UNFOLD, unfolded)
            assert page.evaluate("document.documentElement.scrollWidth") == 360, language
            assert page.evaluate(CUT_OFF) == [], language
    page.close()
