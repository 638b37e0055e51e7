"""Figures of how good the advice on clothes was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
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
_LABELS_BELOW_C = 6.0
"""Up to there the labels of changes stand below the steps, for the lines lie above these."""

Array = NDArray[Any]


@dataclass(frozen=True)
class Change:
    """What an outfit has from a temperature down, and its insulation without that and with it."""

    temp_c: float
    without_clo: float
    with_clo: float
    text: str


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


def by_temperature(
    temp_c: Array, outfit_clo: Array, lines: Mapping[str, Array], changes: Sequence[Change]
) -> go.Figure:
    """The insulation of outfits by temperature, as steps, beside lines to compare it with.

    Args:
        temp_c: ascending, (N,).
        outfit_clo: with everything on, (N,).
        lines: by their names, (N,).
        changes: what an outfit has instead of the next warmer one.
    """
    chart = figure("", height=680)
    for (name, clo), colour in zip(lines.items(), (BLACK, GREEN, PURPLE), strict=True):
        chart.add_scatter(x=temp_c, y=clo, name=name, mode="lines", line={"color": colour})
    chart.add_scatter(
        x=temp_c,
        y=outfit_clo,
        name="outfit",
        mode="lines",
        line={"color": VERMILION, "width": 3, "shape": "hvh"},
    )
    for change in changes:
        below = change.temp_c < _LABELS_BELOW_C
        chart.add_annotation(
            x=change.temp_c,
            y=change.without_clo if below else change.with_clo,
            text=change.text,
            textangle=-90,
            showarrow=False,
            yanchor="top" if below else "bottom",
            yshift=-6 if below else 6,
            font={"size": 11},
            bgcolor="rgba(255, 255, 255, 0.8)",
        )
    return chart.update_layout(
        xaxis={"title": "temperature all day, °C", "dtick": 5},
        yaxis={"title": "insulation, clo", "range": [0, 2.7]},
    )
