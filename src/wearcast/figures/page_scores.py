"""Figures of forecast scores for the page, as the plain values that plotly draws."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wearcast.figures.page_style import AXIS, INK, Numbers, layout
from wearcast.figures.palette import (
    BLUE,
    GREEN,
    METHOD_LINE,
    PURPLE,
    VERMILION,
)

HEIGHT: Final = 360
"""Pixels."""

_RANGE_COLOURS: Final = (BLUE, VERMILION, GREEN, PURPLE)


def error_by_lead(
    lead_h: Numbers,
    errors: Mapping[str, Numbers],
    names: Mapping[str, str],
    labels: Mapping[str, str],
) -> dict[str, Any]:
    """The mean error of each method over the lead; `names` are those of the methods, `labels` the
    axes' and the unit's."""
    data = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": list(lead_h),
            "y": list(errors[method]),
            "name": names[method],
            "line": {"color": colour, "dash": dash, "width": 3 if method == "network" else 1.6},
            "hovertemplate": f"%{{y:.1f}} {labels['unit']}",
        }
        for method, (colour, dash) in METHOD_LINE.items()
        if method in errors
    ]
    days = list(range(len(lead_h) // 24 + 1))
    xaxis = {
        "title": {"text": labels["x"]},
        "tickvals": [24 * day for day in days],
        "ticktext": [str(day) for day in days],
    }
    return {
        "data": data,
        "layout": _layout(xaxis, {"title": {"text": labels["y"]}, "rangemode": "tozero"}),
    }


def reliability(
    levels: Numbers, shares: Mapping[str, Numbers], labels: Mapping[str, str]
) -> dict[str, Any]:
    """The share of observations below each quantile against its level; on the diagonal the forecast
    means what it says."""
    diagonal = {"color": INK, "dash": "dash"}
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": [0, 1],
            "y": [0, 1],
            "name": labels["ideal"],
            "line": diagonal,
        }
    ]
    for (name, share), colour in zip(shares.items(), _RANGE_COLOURS, strict=False):
        line = {"color": colour}
        data.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": list(levels),
                "y": list(share),
                "name": name,
                "line": line,
            }
        )
    square = {"range": [0, 1], "tickformat": ".0%"}
    return {
        "data": data,
        "layout": _layout(
            {"title": {"text": labels["x"]}, **square}, {"title": {"text": labels["y"]}, **square}
        ),
    }


def week(
    at: Sequence[str], observed: Numbers, band: Sequence[Numbers], labels: Mapping[str, str]
) -> dict[str, Any]:
    """The forecast of a day ahead, with its 80 % band, against the observations; `band` holds p10,
    p50 and p90 over the hours."""
    low, median, high = (list(level) for level in band)
    hours = {"type": "scatter", "mode": "lines", "x": list(at)}
    edge = {**hours, "line": {"width": 0}, "hoverinfo": "skip"}
    hover = f"%{{y:.1f}} {labels['unit']}"
    data = [
        {**edge, "y": low, "showlegend": False},
        {
            **edge,
            "y": high,
            "fill": "tonexty",
            "fillcolor": "rgba(213, 94, 0, 0.16)",
            "name": labels["band"],
        },
        {
            **hours,
            "y": median,
            "name": labels["forecast"],
            "line": {"color": VERMILION, "width": 2.2},
            "hovertemplate": hover,
        },
        {
            **hours,
            "y": list(observed),
            "name": labels["observed"],
            "line": {"color": BLUE, "width": 2.2, "dash": "dot"},
            "hovertemplate": hover,
        },
    ]
    return {"data": data, "layout": _layout({"type": "date"}, {"title": {"text": labels["y"]}})}


def _layout(xaxis: Mapping[str, Any], yaxis: Mapping[str, Any]) -> dict[str, Any]:
    return layout(HEIGHT, xaxis={**AXIS, **xaxis}, yaxis={**AXIS, **yaxis})
