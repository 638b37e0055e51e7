"""Figures of how training went and how good forecasts were."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from wearcast.figures.observations import MONTHS
from wearcast.figures.palette import (
    BLACK,
    GREY,
    METHOD_LINE,
    SKY,
    VERMILION,
)
from wearcast.figures.theme import FAINT, ROLE, SERIES, figure, styled, translucent
from wearcast.variables import VARIABLES

Array = NDArray[Any]

_LABEL = {
    "network": "network",
    "past": "network, from the past alone",
    "ridge": "ridge",
    "damped_anomaly": "damped anomaly",
    "climatology_drift": "climatology + drift",
    "climatology": "climatology",
    "seasonal_naive": "seasonal naive",
    "persistence": "persistence",
}
"""The name of every method, the best first."""

_ROOM_ABOVE_PCT = 6.0
"""Above the highest line, for a label."""


def learning_curve(
    train: Sequence[float], validation: Sequence[float], best: int, title: str
) -> go.Figure:
    """The loss after each epoch, of validation and of training, each on a scale of its own.

    Epoch 0 is the linear path alone, whose validation loss a line carries on; a mark shows whose
    weights were kept.
    """
    epochs = np.arange(len(train))
    chart = make_subplots(
        rows=1, cols=2, subplot_titles=["validation", "train"], horizontal_spacing=0.12
    )
    for column, (name, loss) in enumerate((("validation", validation), ("train", train)), start=1):
        chart.add_scatter(
            x=epochs,
            y=loss,
            name=name,
            mode="lines+markers",
            line={"color": ROLE[name]},
            hovertemplate="%{y:.4f}",
            showlegend=False,
            row=1,
            col=column,
        )
    chart.add_scatter(
        x=epochs,
        y=np.full(len(epochs), validation[0]),
        name="the linear path alone (ridge)",
        mode="lines",
        line={"color": METHOD_LINE["ridge"][0], "dash": "dash", "width": 1.6},
        hovertemplate="%{y:.4f}",
        row=1,
        col=1,
    )
    chart.add_vline(
        x=best,
        line={"color": GREY, "dash": "dot"},
        annotation_text=f"kept: epoch {best}",
        row=1,
        col=1,
    )
    chart = styled(chart, title, height=340).update_xaxes(title="epoch", dtick=1)
    chart.update_yaxes(title="loss", row=1, col=1)
    return chart.update_layout(legend={"y": 1.1}, margin={"t": 110})


def error_by_lead(lead_h: Array, errors: Mapping[str, Array], title: str) -> go.Figure:
    """The mean absolute error of each method over the lead, °C."""
    chart = figure(title, height=440)
    for name, label in _LABEL.items():
        if name not in errors:
            continue
        colour, dash = METHOD_LINE[name]
        width = 3 if name == "network" else 1.6
        chart.add_scatter(
            x=lead_h,
            y=errors[name],
            name=label,
            mode="lines",
            line={"color": colour, "dash": dash, "width": width},
            hovertemplate="%{y:.2f} °C",
        )
    return chart.update_layout(
        xaxis=_days_axis(lead_h),
        yaxis={"title": "mean absolute error, °C", "rangemode": "tozero"},
    )


def against_climatology(lead_h: Array, change_pct: Mapping[str, Array], title: str) -> go.Figure:
    """By how many per cent each error differs from climatology's over the lead; above 0, on the
    shaded ground, is worse.

    Args:
        lead_h: hours, (N,).
        change_pct: by variable, and of the chance of `rain`, (N,).
        title: the figure's.
    """
    chart = figure(title, height=400)
    for (name, change), colour in zip(change_pct.items(), SERIES, strict=False):
        chart.add_scatter(
            x=lead_h,
            y=change,
            name=VARIABLES[name].label if name in VARIABLES else "chance of rain",
            mode="lines",
            line={"color": colour, "width": 2},
            hovertemplate="%{y:+.1f} %",
        )
    every = np.concatenate(list(change_pct.values()))
    highest = max(float(np.nanmax(every)), 0.0)
    chart.add_hrect(
        y0=0,
        y1=highest + _ROOM_ABOVE_PCT,
        fillcolor=translucent(VERMILION, 0.1),
        line_width=0,
        annotation_text="worse than climatology",
        annotation_position="top right",
    )
    chart.add_hline(y=0, line={"color": BLACK, "width": 1})
    return chart.update_layout(
        xaxis=_days_axis(lead_h),
        yaxis={"title": "difference of the error, %", "ticksuffix": " %"},
    )


def _days_axis(lead_h: Array) -> dict[str, Any]:
    """An axis of leads in hours with a tick a day."""
    days = np.arange(len(lead_h) // 24 + 1)
    return {
        "title": "lead, days",
        "tickvals": 24 * days,
        "ticktext": [str(day) for day in days],
    }


def reliability(levels: Array, shares: Mapping[str, Array], title: str) -> go.Figure:
    """The share of observations below each quantile against its level; on the diagonal the forecast
    means what it says."""
    chart = figure(title, height=440)
    chart.add_scatter(
        x=[0, 1], y=[0, 1], name="ideal", mode="lines", line={"color": GREY, "dash": "dash"}
    )
    for (name, share), colour in zip(shares.items(), SERIES, strict=False):
        chart.add_scatter(
            x=levels,
            y=share,
            name=name,
            mode="lines+markers",
            line={"color": colour},
            hovertemplate="%{y:.2f}",
        )
    square = {"range": [0, 1], "constrain": "domain"}
    chart.update_layout(
        xaxis={"title": "quantile forecast", **square},
        yaxis={"title": "share observed below it", "scaleanchor": "x", **square},
    )
    return chart


def error_map(mae_c: Array, title: str) -> go.Figure:
    """A heat map of the mean absolute error by month and local hour, shape (12, 24), NaN where
    nothing was forecast."""
    heat = go.Heatmap(
        z=mae_c,
        x=np.arange(24),
        y=list(MONTHS),
        colorscale=[[0, "#f2f7fb"], [0.5, SKY], [1, "#08306b"]],
        colorbar={"title": {"text": "°C"}, "thickness": 12},
        hovertemplate="%{y}, %{x}:00: %{z:.2f} °C<extra></extra>",
        hoverongaps=False,
    )
    chart = figure(title, height=400).add_trace(heat)
    chart.update_layout(
        hovermode="closest",
        plot_bgcolor=FAINT,
        xaxis={"title": "local hour", "dtick": 3, "showgrid": False},
    )
    return chart.update_yaxes(autorange="reversed", showgrid=False)


def differences(changes: Mapping[str, Mapping[str, float | None]], title: str) -> go.Figure:
    """By how many per cent the network's error differs from each baseline's; left of 0 is better.

    With the 95 % interval, which is None where the forecasts are too few for one.
    """
    names = [_LABEL[name] for name in changes]
    colours = [METHOD_LINE[name][0] for name in changes]
    value, low, high = (
        np.array([change[key] for change in changes.values()], dtype=float)
        for key in ("value", "low", "high")
    )
    chart = figure(title, height=120 + 40 * len(names))
    bars = {
        "type": "data",
        "symmetric": False,
        "array": high - value,
        "arrayminus": value - low,
        "thickness": 2,
    }
    marker = {"size": 11, "color": colours}
    chart.add_scatter(
        x=value,
        y=names,
        mode="markers",
        error_x=bars,
        marker=marker,
        hovertemplate="%{x:+.1f} %<extra></extra>",
    )
    chart.add_vline(x=0, line={"color": BLACK, "width": 1})
    axis = {"title": "difference of the mean absolute error, %", "ticksuffix": " %"}
    return chart.update_layout(
        hovermode="closest",
        showlegend=False,
        xaxis=axis,
        yaxis={"autorange": "reversed", "type": "category"},
    )
