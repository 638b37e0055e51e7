"""The style of the page's figures, which are plain values: the page needs plotly's script alone."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

INK: Final = "#7d8690"
"""Of text and lines on a light page and on a dark one."""

FAINT: Final = "rgba(125, 134, 144, 0.25)"
"""Of the grid, on either."""

AXIS: Final[Mapping[str, Any]] = {
    "gridcolor": FAINT,
    "zeroline": False,
    "fixedrange": True,
    "automargin": True,
}

LEGEND: Final[Mapping[str, Any]] = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
"""Above the figure."""

Numbers = Sequence[float | None]


def layout(height: int, **parts: Any) -> dict[str, Any]:
    """A figure's look, with its axes and whatever else is its own."""
    return {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {
            "family": "system-ui, 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif",
            "size": 13,
            "color": INK,
        },
        "hovermode": "x unified",
        "dragmode": False,
        "legend": LEGEND,
        **parts,
    }
