"""A part of the page: its HTML and its plotly figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wearcast.serving.dashboard.markup import Markup, tag

Figure = Mapping[str, Any]
"""`data` and `layout` of a plotly figure, as plain values."""


@dataclass(frozen=True)
class Panel:
    """HTML with a `figure_slot(name)` for each of its figures."""

    html: Markup
    figures: Mapping[str, Figure] = field(default_factory=dict)


def figure_slot(name: str, height: int, drawing: Markup | None = None) -> Markup:
    """The place of a figure, as high as the figure, so that the layout doesn't shift; a drawing
    stands in it until plotly has drawn the figure."""
    style = f"min-height:{height}px"
    return tag("div", drawing, data_figure=name, class_="figure", style=style)
