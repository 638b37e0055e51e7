"""An executed notebook as a page: scrubbed of what differs between two equal runs, and as HTML that
needs no network."""

import copy
import re
from typing import Any

import plotly.io
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from plotly.offline import get_plotlyjs

FIGURE = "application/vnd.plotly.v1+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
INJECTED = "injected-parameters"

TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js_requirejs -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
"""
"""The page of JupyterLab without the three libraries it would fetch from elsewhere."""


def scrubbed(notebook: NotebookNode) -> NotebookNode:
    """A copy without timings, progress bars, warnings, widgets and addresses: equal runs give equal
    bytes."""
    clean = copy.deepcopy(notebook)
    clean.metadata = {key: value for key, value in clean.metadata.items() if key == "kernelspec"}
    clean.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    for cell in clean.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
        if is_injected(cell):
            cell.id = INJECTED
        if cell.cell_type == "code":
            cell.outputs = _outputs(cell.outputs)
    return clean


def is_injected(cell: NotebookNode) -> bool:
    """Whether papermill added this cell: the one with the values from params.yaml."""
    return INJECTED in cell.metadata.get("tags", [])


def html(notebook: NotebookNode, title: str) -> str:
    """The notebook as one HTML page that draws its plotly figures by itself, offline."""
    page = copy.deepcopy(notebook)
    page.metadata["title"] = title
    figures = [
        output
        for cell in page.cells
        for output in cell.get("outputs", [])
        if FIGURE in output.get("data", {})
    ]
    for number, output in enumerate(figures, start=1):
        output["data"] = {"text/html": _figure(output["data"][FIGURE], number)}
    text, _ = HTMLExporter(raw_template=TEMPLATE).from_notebook_node(page)
    return str(text)


def _outputs(outputs: list[Any]) -> list[Any]:
    """Without stderr and widgets; neighbouring pieces of standard output become one, however the
    kernel cut them."""
    kept: list[Any] = []
    for output in outputs:
        if output.get("name") == "stderr" or WIDGET in output.get("data", {}):
            continue
        if output.output_type == "stream" and kept and kept[-1].output_type == "stream":
            kept[-1]["text"] += output["text"]
        else:
            kept.append(output)
    for output in kept:
        _without_addresses(output.get("data", output))
    return kept


def _without_addresses(texts: Any) -> None:
    for key in ("text", "text/plain"):
        if key in texts:
            texts[key] = re.sub(r" at 0x[0-9a-f]{6,}", "", texts[key])


def _figure(figure: dict[str, Any], number: int) -> str:
    """The figure as HTML; the first one of a page brings the library."""
    div: str = plotly.io.to_html(
        figure, full_html=False, include_plotlyjs=False, validate=False, div_id=f"figure-{number}"
    )
    library = f"<script>{get_plotlyjs()}</script>" if number == 1 else ""
    return library + div
