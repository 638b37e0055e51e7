"""The hours of a day, as the plain values that plotly draws: a page needs nothing of plotly but its
script, and starts the faster."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wearcast.figures.page_style import AXIS, FAINT, Numbers, layout
from wearcast.figures.palette import BLUE, PURPLE, SKY, VERMILION

HEIGHT: Final = 430
"""Pixels."""

_GROUND: Final = {"fill": "tozeroy", "fillcolor": "rgba(204, 121, 167, 0.18)"}


def day(
    *,
    at: Sequence[str],
    temperature: Sequence[Sequence[float | None]],
    feels: Numbers,
    rain: Numbers,
    wind: Numbers,
    labels: Mapping[str, str],
) -> dict[str, Any]:
    """The hours of a day: temperature with its bands, how it feels, the chance of rain, the wind;
    lowest and highest marked.

    Args:
        at: local times, as 2013-03-12T07:00.
        temperature: p10, p25, p50, p75 and p90 of each hour.
        feels: of the hours outdoors; None of the others.
        rain: from 0 to 1.
        wind: medians.
        labels: what the parts are called, in the reader's language, and the units.
    """
    p10, p25, p50, p75, p90 = (list(level) for level in zip(*temperature, strict=True))
    unit, wind_unit = labels["temperature_unit"], labels["wind_unit"]
    percents = [None if chance is None else 100 * chance for chance in rain]
    data = [
        *_band(at, p10, p90, 0.16, labels["wide"]),
        *_band(at, p25, p75, 0.30, labels["narrow"]),
        _line(at, p50, labels["temperature"], VERMILION, unit, width=2.6),
        _line(at, feels, labels["feels"], BLUE, unit, width=2, dash="dot"),
        _bars(at, percents, labels["rain"]),
        {
            **_line(at, wind, labels["wind"], PURPLE, wind_unit, width=2),
            "yaxis": "y3",
            "showlegend": False,
            **_GROUND,
        },
    ]
    return {"data": data, "layout": _layout(at, p50, labels)}


def _band(
    at: Sequence[str],
    low: Sequence[float | None],
    high: Sequence[float | None],
    opacity: float,
    name: str,
) -> list[dict[str, Any]]:
    edge: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "x": list(at),
        "line": {"width": 0, "shape": "spline"},
        "hoverinfo": "skip",
    }
    shade = {"fill": "tonexty", "fillcolor": f"rgba(213, 94, 0, {opacity:g})", "name": name}
    return [{**edge, "y": list(low), "showlegend": False}, {**edge, "y": list(high), **shade}]


def _line(
    at: Sequence[str], values: Numbers, name: str, colour: str, unit: str, **line: Any
) -> dict[str, Any]:
    hover = f"{name} %{{y:.1f}} {unit}<extra></extra>"
    drawn = {"color": colour, "shape": "spline", **line}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(at),
        "y": list(values),
        "name": name,
        "line": drawn,
        "hovertemplate": hover,
    }


def _bars(at: Sequence[str], values: Numbers, name: str) -> dict[str, Any]:
    hover = f"{name} %{{y:.0f}} %<extra></extra>"
    bars = {
        "type": "bar",
        "x": list(at),
        "y": list(values),
        "name": name,
        "yaxis": "y2",
        "showlegend": False,
    }
    return {**bars, "marker": {"color": SKY}, "hovertemplate": hover}


def _layout(
    at: Sequence[str], medians: Sequence[float | None], labels: Mapping[str, str]
) -> dict[str, Any]:
    axis = {**AXIS, "nticks": 5}
    hours = {
        "type": "date",
        "tickformat": "%H",
        "hoverformat": "%H:%M",
        "gridcolor": FAINT,
        "fixedrange": True,
        "anchor": "y3",
    }
    return layout(
        HEIGHT,
        xaxis=hours,
        yaxis={**axis, "domain": [0.46, 1.0], "ticksuffix": "°"},
        yaxis2={**axis, "domain": [0.24, 0.38], "range": [0, 100], "ticksuffix": " %", "nticks": 3},
        yaxis3={**axis, "domain": [0.0, 0.14], "rangemode": "tozero", "nticks": 3},
        annotations=[
            *_extremes(at, medians, labels),
            _name(labels["rain"], 0.39),
            _name(f"{labels['wind']}, {labels['wind_unit']}", 0.15),
        ],
    )


def _extremes(
    at: Sequence[str], medians: Sequence[float | None], labels: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Where it is lowest and highest; the values stand with the day, whose extremes aren't those of
    its hours' medians."""
    known = [(value, hour) for value, hour in zip(medians, at, strict=True) if value is not None]
    if not known:
        return []
    found = (
        (min(known), labels["low"], 28),
        (max(known, key=lambda pair: pair[0]), labels["high"], -28),
    )
    return [
        {
            "x": hour,
            "y": value,
            "text": f"{name} <b>{hour[11:16]}</b>",
            "ax": 0,
            "ay": shift,
            "arrowhead": 6,
            "arrowsize": 0.8,
            "arrowcolor": VERMILION,
            "bgcolor": "rgba(0,0,0,0)",
        }
        for (value, hour), name, shift in found
    ]


def _name(text: str, at: float) -> dict[str, Any]:
    place = {
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": at,
        "xanchor": "left",
        "yanchor": "bottom",
    }
    return {**place, "text": text, "showarrow": False}
