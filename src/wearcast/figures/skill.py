"""How good forecasts were, as the plain values that plotly draws: the colours are those of `figures.verification`, which loads plotly."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

HEIGHT: Final = 360
"""Pixels."""

LINE: Final[Mapping[str, tuple[str, str]]] = {
    "network": ("#d55e00", "solid"),
    "ridge": ("#0072b2", "solid"),
    "damped_anomaly": ("#009e73", "solid"),
    "climatology_drift": ("#1b1f24", "dash"),
    "climatology": ("#8a939c", "dash"),
    "seasonal_naive": ("#e69f00", "dot"),
    "persistence": ("#cc79a7", "dot"),
}
"""The colour and dash of every method, the best first."""

_GREY: Final = "#7d8690"
_FAINT: Final = "rgba(125, 134, 144, 0.25)"
_WARM: Final = "#d55e00"
_BLUE: Final = "#0072b2"
_RANGES: Final = (_BLUE, _WARM, "#009e73", "#cc79a7")

Numbers = Sequence[float | None]


def error_by_lead(lead_h: Numbers, errors: Mapping[str, Numbers], names: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, Any]:
    """The mean error of each method over the lead; `names` are those of the methods, `labels` the axes' and the unit's."""
    data = [
        {
            "type": "scatter", "mode": "lines", "x": list(lead_h), "y": list(errors[method]), "name": names[method],
            "line": {"color": colour, "dash": dash, "width": 3 if method == "network" else 1.6},
            "hovertemplate": f"%{{y:.1f}} {labels['unit']}",
        }
        for method, (colour, dash) in LINE.items()
        if method in errors
    ]  # fmt: skip
    days = list(range(8))
    xaxis = {"title": {"text": labels["x"]}, "tickvals": [24 * day for day in days], "ticktext": [str(day) for day in days]}
    return {"data": data, "layout": _layout(xaxis, {"title": {"text": labels["y"]}, "rangemode": "tozero"})}


def reliability(levels: Numbers, shares: Mapping[str, Numbers], labels: Mapping[str, str]) -> dict[str, Any]:
    """The share of what came below each quantile against its level; on the diagonal the forecast means what it says."""
    diagonal = {"color": _GREY, "dash": "dash"}
    data: list[dict[str, Any]] = [{"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "name": labels["ideal"], "line": diagonal}]
    for (name, share), colour in zip(shares.items(), _RANGES, strict=False):
        line = {"color": colour}
        data.append({"type": "scatter", "mode": "lines+markers", "x": list(levels), "y": list(share), "name": name, "line": line})
    square = {"range": [0, 1], "tickformat": ".0%"}
    return {"data": data, "layout": _layout({"title": {"text": labels["x"]}, **square}, {"title": {"text": labels["y"]}, **square})}


def week(at: Sequence[str], came: Numbers, band: Sequence[Numbers], labels: Mapping[str, str]) -> dict[str, Any]:
    """What was forecast a day ahead, with its 80 % band, against what came; `band` holds p10, p50 and p90 over the hours."""
    low, median, high = (list(level) for level in band)
    hours = {"type": "scatter", "mode": "lines", "x": list(at)}
    edge = {**hours, "line": {"width": 0}, "hoverinfo": "skip"}
    tell = f"%{{y:.1f}} {labels['unit']}"
    data = [
        {**edge, "y": low, "showlegend": False},
        {**edge, "y": high, "fill": "tonexty", "fillcolor": "rgba(213, 94, 0, 0.16)", "name": labels["band"]},
        {**hours, "y": median, "name": labels["forecast"], "line": {"color": _WARM, "width": 2.2}, "hovertemplate": tell},
        {**hours, "y": list(came), "name": labels["came"], "line": {"color": _BLUE, "width": 2.2, "dash": "dot"}, "hovertemplate": tell},
    ]
    return {"data": data, "layout": _layout({"type": "date"}, {"title": {"text": labels["y"]}})}


def _layout(xaxis: Mapping[str, Any], yaxis: Mapping[str, Any]) -> dict[str, Any]:
    axis = {"gridcolor": _FAINT, "zeroline": False, "fixedrange": True, "automargin": True}
    return {
        "height": HEIGHT,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "system-ui, 'Noto Sans KR', 'Noto Sans CJK KR', sans-serif", "size": 13, "color": _GREY},
        "hovermode": "x unified",
        "dragmode": False,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        "xaxis": {**axis, **xaxis},
        "yaxis": {**axis, **yaxis},
    }
