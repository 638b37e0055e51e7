"""The page, made of the notebook's cells by the template beside this module."""

import copy
from collections.abc import Sequence
from importlib import resources
from typing import Any

from nbconvert import HTMLExporter
from nbformat import NotebookNode

from wearcast.notebook.html_page.arrangement import arranged, sections
from wearcast.notebook.html_page.figures import compressed, with_places_for_figures


def html(notebook: NotebookNode, title: str, pages: Sequence[str] = ()) -> str:
    """The notebook as one HTML page that needs no other file, at most 2 MB with figures.

    Args:
        notebook: executed; it isn't changed.
        title: the page's name, and the one it has among `pages`.
        pages: the names of the pages in the same folder that it links to.
    """
    page = arranged(copy.deepcopy(notebook))
    figures = with_places_for_figures(page)
    values = {
        "title": title,
        "pages": list(pages),
        "sections": sections(page),
        "style": _text("page.css"),
        "script": _text("page.js"),
        "figures": compressed(figures) if figures else None,
    }
    exporter = HTMLExporter(raw_template=_text("page.html.j2"))
    text, _ = exporter.from_notebook_node(page, resources=_resources(values))
    return str(text)


def _resources(values: dict[str, Any]) -> dict[str, Any]:
    """What the template reads beside the notebook."""
    return {"page": values}


def _text(name: str) -> str:
    return (resources.files(__package__) / name).read_text("utf-8")
