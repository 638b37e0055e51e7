"""What figures drawn from plain values share: colours and layout, without plotly, whose script
alone the page needs.

The colours are those of `figures.theme`, which loads plotly; a test holds the two together.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

BLACK: Final = "#1b1f24"
BLUE: Final = "#0072b2"
GREEN: Final = "#009e73"
GREY: Final = "#8a939c"
ORANGE: Final = "#e69f00"
PURPLE: Final = "#cc79a7"
SKY: Final = "#56b4e9"
VERMILION: Final = "#d55e00"

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
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        **parts,
    }
