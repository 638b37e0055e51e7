"""A part of the page: its HTML, and the plotly figures that go into it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wearcast.serving.dashboard.markup import Markup, tag

Figure = Mapping[str, Any]
"""`data` and `layout` of a plotly figure, as plain values."""


@dataclass(frozen=True)
class Panel:
    """HTML in which `slot(name)` stands for the figure of that name."""

    html: Markup
    figures: Mapping[str, Figure] = field(default_factory=dict)


def figure_slot(name: str, height: int) -> Markup:
    """Where a figure is shown; as high as the figure, so that nothing moves when it comes."""
    return tag("div", data_figure=name, class_="figure", style=f"min-height:{height}px")
