"""Figures of how good the advice on clothes was."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from wearcast.figures.palette import BLACK, GREEN, GREY, ORANGE, PURPLE, VERMILION
from wearcast.figures.theme import figure, styled

DRIVER: dict[str, tuple[str, str]] = {
    "network": ("our forecast", VERMILION),
    "seasonal_naive": ("persistence", PURPLE),
    "climatology_drift": ("climatology + drift", BLACK),
    "prototype": ("the prototype's rule", ORANGE),
    "korean_table": ("the Korean table", GREEN),
    "observed": ("the weather itself", GREY),
}
"""The name and colour of what drives the advice."""

_APART = 0.14


def advice(
    scores: Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]], title: str
) -> go.Figure:
    """A panel a score: its value on each day ahead by driver, with its 95 % interval.

    Args:
        scores: by the panel's heading, driver and day (`day_1`, …): `value`, `low` and `high`.
        title: the figure's.
    """
    chart = make_subplots(
        rows=1, cols=len(scores), subplot_titles=list(scores), horizontal_spacing=0.1
    )
    in_legend: set[str] = set()
    for column, drivers in enumerate(scores.values(), start=1):
        for place, (name, days) in enumerate(drivers.items()):
            chart.add_trace(
                _points(name, days, place - (len(drivers) - 1) / 2, name not in in_legend),
                row=1,
                col=column,
            )
        in_legend |= set(drivers)
        ticks = [day.removeprefix("day_") for day in next(iter(drivers.values()))]
        chart.update_xaxes(
            title="day ahead", tickvals=np.arange(len(ticks)), ticktext=ticks, row=1, col=column
        )
    chart = styled(chart, title, height=420).update_yaxes(rangemode="tozero")
    return chart.update_layout(hovermode="closest", legend={"y": 1.1}, margin={"t": 110})


def _points(
    name: str, days: Mapping[str, Mapping[str, float]], place: float, legend: bool
) -> go.Scatter:
    label, colour = DRIVER[name]
    value, low, high = (
        np.array([day[key] for day in days.values()], dtype=float)
        for key in ("value", "low", "high")
    )
    return go.Scatter(
        x=np.arange(len(value)) + _APART * place,
        y=value,
        name=label,
        legendgroup=name,
        showlegend=legend,
        mode="markers",
        marker={"size": 10, "color": colour},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - value,
            "arrayminus": value - low,
            "thickness": 2,
        },
        hovertemplate="%{y:.2f}",
    )


def certainty(bins: Sequence[Mapping[str, float]], title: str) -> go.Figure:
    """The share of hours in which the advice was right over the share that it said, by bins of what
    it said; on the diagonal it means what it says.

    Args:
        bins: `said`, `right` and the number of `days` of each.
        title: the figure's.
    """
    chart = figure(title, height=440)
    chart.add_scatter(
        x=[0, 1], y=[0, 1], name="ideal", mode="lines", line={"color": GREY, "dash": "dash"}
    )
    chart.add_scatter(
        x=[row["said"] for row in bins],
        y=[row["right"] for row in bins],
        text=[f"{row['days']} days" for row in bins],
        name="our forecast",
        mode="lines+markers+text",
        textposition="bottom right",
        line={"color": VERMILION},
        hovertemplate="%{y:.2f}",
    )
    return chart.update_layout(
        xaxis={"title": "share of hours said to be right", "range": [0, 1.05]},
        yaxis={"title": "share of hours that were right", "range": [0, 1.05]},
    )
