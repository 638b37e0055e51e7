"""Figures of what was observed: what is there, how warm the days were, what quality control did,
who trains on what."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from wearcast.figures.palette import BLACK, GREY
from wearcast.figures.theme import FAINT, LABEL, QUANTITY, ROLE, SERIES, figure, styled, translucent
from wearcast.figures.value_range import clip_axis, limits_around, robust_limits
from wearcast.variables import VARIABLES

Array = NDArray[Any]
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def availability(stations: Sequence[str], months: Array, share: Array, title: str) -> go.Figure:
    """A heat map of the share of hours known: `share` [stations, months] from 0 to 1, `months`
    their first days."""
    heat = go.Heatmap(
        x=months,
        y=list(stations),
        z=100 * share,
        zmin=0,
        zmax=100,
        xgap=1,
        ygap=4,
        colorscale=[[0, FAINT], [0.001, "#fde0c5"], [0.95, "#7fb5d5"], [1, QUANTITY["precip_mm"]]],
        showscale=False,
        hovertemplate="%{y}, %{x|%B %Y}: %{z:.1f} % of hours<extra></extra>",
    )
    chart = figure(title, height=140 + 34 * len(stations)).add_trace(heat)
    return chart.update_layout(
        hovermode="closest", yaxis={"autorange": "reversed", "type": "category", "showgrid": False}
    )


def daily_temperature(
    days: Array, low_c: Array, mean_c: Array, high_c: Array, title: str
) -> go.Figure:
    """A line of daily means in a band from each day's lowest to its highest temperature; an
    impossible one is told, and doesn't flatten the others."""
    colour = QUANTITY["temp_c"]
    edge = {"mode": "lines", "line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    chart = figure(title)
    # A fill bridges gaps unless each piece is drawn by itself.
    for piece in _pieces(np.isfinite(low_c) & np.isfinite(high_c)):
        chart.add_scatter(x=days[piece], y=low_c[piece], **edge)
        chart.add_scatter(
            x=days[piece],
            y=high_c[piece],
            fill="tonexty",
            fillcolor=translucent(colour, 0.2),
            **edge,
        )
    chart.add_scatter(
        x=days,
        y=mean_c,
        name="mean of the day",
        line={"color": colour, "width": 1.4},
        customdata=np.column_stack([low_c, high_c]),
        hovertemplate="%{y:.1f} °C (%{customdata[0]:.1f} … %{customdata[1]:.1f})<extra></extra>",
    )
    extremes = np.concatenate([low_c, high_c])
    clip_axis(chart, np.concatenate([days, days]), extremes, robust_limits(extremes), "°C")
    return chart.update_layout(showlegend=False, yaxis={"title": {"text": LABEL["temp_c"]}})


def monthly_precipitation(months: Array, totals_mm: Mapping[str, Array], title: str) -> go.Figure:
    """Bars of monthly totals, one colour a station; `months` their first days. An impossible one
    is told, and doesn't flatten the others."""
    chart = figure(title, height=300)
    for colour, (station, total) in zip(SERIES, totals_mm.items(), strict=False):
        chart.add_bar(
            x=months, y=total, name=station, marker={"color": colour}, hovertemplate="%{y:.0f} mm"
        )
    every = np.concatenate(list(totals_mm.values()))
    limits = robust_limits(every)
    from_zero = None if limits is None else (0.0, limits[1])
    clip_axis(chart, np.tile(months, len(totals_mm)), every, from_zero, "mm")
    return chart.update_layout(
        barmode="group", bargap=0.25, yaxis={"title": {"text": "precipitation (mm/month)"}}
    )


def month_by_hour(mean: Array, column: str, title: str) -> go.Figure:
    """A heat map of a quantity's mean by month (rows) and hour of the local day: `mean` [12,
    24]."""
    heat = go.Heatmap(
        x=list(range(24)),
        y=list(MONTHS),
        z=mean,
        colorscale="RdYlBu_r" if column == "temp_c" else "Viridis",
        colorbar={"title": {"text": LABEL[column].partition("(")[2].rstrip(")")}, "thickness": 12},
        hovertemplate="%{y}, %{x}:00: %{z:.1f}<extra></extra>",
    )
    chart = figure(title, height=400).add_trace(heat)
    chart.update_layout(hovermode="closest", yaxis={"autorange": "reversed"})
    return chart.update_xaxes(title={"text": "hour of the local day"}, dtick=3)


def repair(
    valid_at: Array, raw: Array, controlled: Array, filled: Array, column: str, title: str
) -> go.Figure:
    """A stretch of one quantity before and after quality control: what was removed, and what was
    filled (`filled` bool). The axis is that of what was kept; what was removed beyond it is
    told."""
    removed = np.isfinite(raw) & (raw != controlled)
    chart = figure(title, height=300)
    chart.add_scatter(
        x=valid_at, y=controlled, name="kept", line={"color": QUANTITY[column], "width": 2}
    )
    chart.add_scatter(
        x=valid_at, y=raw, mode="markers", name="as observed", marker={"color": GREY, "size": 4}
    )
    cross = {"color": BLACK, "size": 11, "symbol": "x-thin", "line": {"width": 2, "color": BLACK}}
    chart.add_scatter(
        x=valid_at[removed], y=raw[removed], mode="markers", name="removed", marker=cross
    )
    ring = {"color": "white", "size": 8, "line": {"width": 2, "color": QUANTITY[column]}}
    chart.add_scatter(
        x=valid_at[filled], y=controlled[filled], mode="markers", name="filled", marker=ring
    )
    kept = controlled[np.isfinite(controlled)]
    if len(kept):
        limits = limits_around(raw, kept.min(), kept.max())
        clip_axis(chart, valid_at, raw, limits, VARIABLES[column].metric.unit)
    return chart.update_layout(yaxis={"title": {"text": LABEL[column]}})


def split_timeline(segments: Mapping[str, Sequence[tuple[Any, Any]]], title: str) -> go.Figure:
    """A band of time for each part of the split: `segments` by role, each from an hour to an
    hour."""
    chart = figure(title, height=220)
    for role, spans in segments.items():
        edges = np.array(spans, dtype="datetime64[ms]").reshape(-1, 2)
        chart.add_bar(
            y=[role] * len(spans),
            base=edges[:, 0],
            x=(edges[:, 1] - edges[:, 0]).astype(float),
            orientation="h",
            name=role,
            marker={"color": ROLE[role], "line": {"width": 0}},
            width=0.7,
            customdata=[[str(start)[:13], str(stop)[:13]] for start, stop in spans],
            hovertemplate="%{customdata[0]} to %{customdata[1]} UTC<extra>" + role + "</extra>",
        )
    chart.update_layout(
        showlegend=False,
        barmode="overlay",
        hovermode="closest",
        yaxis={"autorange": "reversed", "showgrid": False},
    )
    return chart.update_xaxes(type="date")


def quantities(valid_at: Array, values: Mapping[str, Array], title: str) -> go.Figure:
    """A stretch of hours, one panel a quantity on a common time axis."""
    chart = make_subplots(rows=len(values), shared_xaxes=True, vertical_spacing=0.03)
    for row, (column, value) in enumerate(values.items(), start=1):
        kind = go.Bar if column.startswith("precip") else go.Scatter
        style = (
            {"marker": {"color": QUANTITY[column]}}
            if kind is go.Bar
            else {"line": {"color": QUANTITY[column], "width": 1.6}}
        )
        chart.add_trace(kind(x=valid_at, y=value, name=LABEL[column], **style), row=row, col=1)
        chart.update_yaxes(
            title={"text": LABEL[column].replace(" (", "<br>("), "font": {"size": 11}},
            row=row,
            col=1,
        )
    return styled(chart, title, height=110 + 120 * len(values)).update_layout(showlegend=False)


def _pieces(known: Array) -> list[slice]:
    """The runs of True, as slices."""
    padded = np.concatenate([[False], known, [False]])
    is_edge = padded[1:] != padded[:-1]
    edges = np.flatnonzero(is_edge)
    starts = edges[::2].tolist()
    stops = edges[1::2].tolist()
    return [slice(start, stop) for start, stop in zip(starts, stops, strict=True)]
