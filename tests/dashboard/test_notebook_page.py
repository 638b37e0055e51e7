"""The page of an executed notebook in a browser: one file that draws its figures by itself."""

import nbformat
import plotly.graph_objects as go
import pytest

from dashboard.browser import PATIENCE_MS
from wearcast.notebook.html_page import html

pytestmark = pytest.mark.real


def test_it_inflates_the_library_draws_its_figures_and_opens_its_code(browser, tmp_path):
    figure = go.Figure(go.Bar(x=["a", "b"], y=[1, 2]), layout={"title": {"text": "Bars"}})
    new = nbformat.v4
    output = new.new_output("display_data", {"application/vnd.plotly.v1+json": figure.to_dict()})
    cells = [new.new_markdown_cell("# Title"), new.new_code_cell("figure", outputs=[output])]
    (tmp_path / "page.html").write_text(html(new.new_notebook(cells=cells), title="page"))

    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"file://{tmp_path}/page.html")
    page.wait_for_selector("#figure-1 .bars path", timeout=PATIENCE_MS)
    assert page.locator("#figure-1 .bars path").count() == 2
    assert page.locator("figcaption").inner_text() == "Bars"
    assert not page.locator(".highlight").is_visible()
    page.get_by_role("button", name="All code").click()
    assert page.locator(".highlight").is_visible()
    assert asked == [f"file://{tmp_path}/page.html"]
    page.close()
