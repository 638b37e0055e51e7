"""Figures of how good the advice on clothes was."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from wearcast.figures.palette import BLACK, GREY, ORANGE, PURPLE, VERMILION
from wearcast.figures.theme import styled

DRIVER: dict[str, tuple[str, str]] = {
    "network": ("our forecast", VERMILION),
    "seasonal_naive": ("persistence", PURPLE),
    "climatology_drift": ("climatology + drift", BLACK),
    "prototype": ("the prototype's rule", ORANGE),
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
