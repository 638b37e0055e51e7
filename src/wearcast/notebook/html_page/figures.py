"""Plotly's figures on a page: their places in it, and the library with their data, compressed.

The library alone has 4.8 MB. The browser inflates it (`DecompressionStream`, in all browsers since
2023), so that a page stays under 2 MB and is still one file that can be sent to somebody.
"""

import base64
import html
import json
import zlib
from typing import Any

from nbformat import NotebookNode
from plotly.offline import get_plotlyjs

FIGURE = "application/vnd.plotly.v1+json"

_DEFAULT_HEIGHT_PX = 450
"""Plotly's own."""

_TOP_PX, _TITLE_PX = 76, 40
"""The margin above a figure, and how much of it is the title's."""

_UNSAFE_IN_A_SCRIPT, _INSTEAD = "<", ","
"""The one character of base 85 that could begin a tag, and one that base 85 doesn't use."""


def with_places_for_figures(notebook: NotebookNode) -> dict[str, Any]:
    """The figures of a notebook's outputs by the id of their place, which replaces them there."""
    figures: dict[str, Any] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if FIGURE in output.get("data", {}):
                id = f"figure-{len(figures) + 1}"
                figures[id] = output["data"][FIGURE]
                output["data"] = {"text/html": _place(id, figures[id]["layout"])}
    return figures


def _place(id: str, layout: dict[str, Any]) -> str:
    """Of the figure's height, so that nothing moves when it is drawn; its title is the caption,
    which breaks its lines on a phone."""
    title = html.escape(layout.pop("title", {}).get("text", ""))
    margin = layout.setdefault("margin", {})
    margin["t"] = max(margin.get("t", _TOP_PX) - _TITLE_PX, 0)
    height_px = layout.get("height", _DEFAULT_HEIGHT_PX)
    return (
        f"<figure><figcaption>{title}</figcaption>"
        f'<div class="figure" id="{id}" role="img" aria-label="{title}"'
        f' style="height: {height_px}px"></div></figure>'
    )


def compressed(figures: dict[str, Any]) -> str:
    """A script that brings the library and draws the figures, as text for `page.js`: zlib, then
    base 85."""
    data = json.dumps(figures, separators=(",", ":"), sort_keys=True)
    script = f"{get_plotlyjs()}\n;drawFigures({data});"
    text = base64.b85encode(zlib.compress(script.encode(), level=9)).decode("ascii")
    return text.replace(_UNSAFE_IN_A_SCRIPT, _INSTEAD)
