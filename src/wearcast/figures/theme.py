"""One look for every figure: its template, and a colour for each quantity and role that never
changes."""

from typing import Final

import plotly.graph_objects as go

from wearcast.figures.palette import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
)
from wearcast.variables import VARIABLES

FAINT: Final = "#e6e9ec"

SERIES: Final = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK, GREY)
"""Colours for stations, models and other things without a meaning of their own, in this order."""

_OWN_COLOUR: Final = {"dewpoint_c": GREEN, "cloud_pct": GREY}
_COLOUR_OF_UNIT: Final = {
    "°C": VERMILION,
    "%": GREEN,
    "m/s": PURPLE,
    "°": PURPLE,
    "mm": BLUE,
    "hPa": BLACK,
    "W/m²": ORANGE,
}
QUANTITY: Final[dict[str, str]] = {
    name: _OWN_COLOUR.get(name, _COLOUR_OF_UNIT[variable.metric.unit])
    for name, variable in VARIABLES.items()
}
"""The colour of each observed quantity."""

LABEL: Final[dict[str, str]] = {
    name: f"{variable.label} ({variable.rate})" for name, variable in VARIABLES.items()
}
"""The label of an axis for each observed quantity."""

ROLE: Final[dict[str, str]] = {"train": BLUE, "validation": ORANGE, "test": VERMILION}
"""The colour of each part of the split."""

_AXIS: Final = {
    "gridcolor": FAINT,
    "linecolor": GREY,
    "zeroline": False,
    "ticks": "outside",
    "tickcolor": GREY,
    "title": {"standoff": 8},
    "automargin": True,
}
TEMPLATE: Final = go.layout.Template(
    layout={
        "font": {
            "family": "Inter, 'Noto Sans KR', 'Helvetica Neue', Arial, sans-serif",
            "size": 13,
            "color": BLACK,
        },
        "title": {"font": {"size": 17}, "x": 0, "xref": "paper", "xanchor": "left"},
        "colorway": list(SERIES),
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "margin": {"l": 64, "r": 24, "t": 76, "b": 48},
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": 1.02,
            "yanchor": "bottom",
            "title": {"text": ""},
        },
        "hovermode": "x unified",
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
)
"""The template of every figure."""


def figure(title: str, height: int = 380) -> go.Figure:
    """An empty figure in the house's look, `height` pixels high."""
    return go.Figure(layout={"template": TEMPLATE, "title": {"text": title}, "height": height})


def styled(chart: go.Figure, title: str, height: int = 380) -> go.Figure:
    """`chart`, made elsewhere (subplots, say), in the house's look."""
    return chart.update_layout(template=TEMPLATE, title={"text": title}, height=height)


def translucent(colour: str, opacity: float) -> str:
    """A colour of this module, `#rrggbb`, as an rgba() that lets what is behind it through."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"
