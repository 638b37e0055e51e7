"""Figures of how training went and how good forecasts were."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from wearcast.figures.observations import MONTHS
from wearcast.figures.palette import (
    BLACK,
    GREY,
    METHOD_LINE,
    SKY,
)
from wearcast.figures.theme import FAINT, ROLE, SERIES, figure

Array = NDArray[Any]

_LABEL = {
    "network": "network",
    "ridge": "ridge",
    "damped_anomaly": "damped anomaly",
    "climatology_drift": "climatology + drift",
    "climatology": "climatology",
    "seasonal_naive": "seasonal naive",
    "persistence": "persistence",
}
"""The name of every method, the best first."""


def learning_curve(
    train: Sequence[float], validation: Sequence[float], best: int, title: str
) -> go.Figure:
    """The loss after each epoch; epoch 0 is the linear path alone, and a mark shows whose weights
    were kept."""
    epochs = np.arange(len(train))
    chart = figure(title, height=340)
    for name, loss in (("train", train), ("validation", validation)):
        chart.add_scatter(
            x=epochs, y=loss, name=name, mode="lines+markers", line={"color": ROLE[name]}
        )
    chart.add_vline(
        x=best, line={"color": GREY, "dash": "dot"}, annotation_text=f"kept: epoch {best}"
    )
    return chart.update_layout(
        xaxis={"title": "epoch", "dtick": 1},
        yaxis={"title": "loss, relative to the linear path's spread"},
    )


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
    days = np.arange(len(lead_h) // 24 + 1)
    axis = {
        "title": "lead, days",
        "tickvals": 24 * days,
        "ticktext": [str(day) for day in days],
    }
    return chart.update_layout(
        xaxis=axis, yaxis={"title": "mean absolute error, °C", "rangemode": "tozero"}
    )


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
