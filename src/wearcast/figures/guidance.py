"""Figures of numerical forecasts: what the models said, and how far that is from what came."""

from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go
from numpy.typing import NDArray

from wearcast.figures.palette import BLACK, GREY
from wearcast.figures.theme import LABEL, SERIES, figure
from wearcast.variables import VARIABLES

Array = NDArray[Any]


def said_and_observed(
    valid_at: Array, said: Mapping[str, Array], observed: Array, column: str, title: str
) -> go.Figure:
    """What each model said a day ahead, a thin line a model, and the thick one that came."""
    chart = figure(title)
    for colour, (model, values) in zip(SERIES, said.items(), strict=False):
        thin = {"color": colour, "width": 1.2}
        chart.add_scatter(x=valid_at, y=values, name=model, line=thin)
    thick = {"color": BLACK, "width": 2.4}
    chart.add_scatter(x=valid_at, y=observed, name="observed", line=thick)
    unit = VARIABLES[column].metric.unit
    chart.update_traces(hovertemplate=f"%{{y:.1f}} {unit}")
    return chart.update_yaxes(title={"text": LABEL[column]})


def error_by_day(days: Array, errors: Mapping[str, Array], title: str) -> go.Figure:
    """The mean absolute error of the temperature by day ahead, °C, a line a forecast."""
    chart = figure(title, height=320)
    for colour, (name, values) in zip(SERIES, errors.items(), strict=False):
        chart.add_scatter(
            x=days,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": colour, "width": 2},
        )
    chart.update_traces(hovertemplate="%{y:.2f} °C")
    chart.update_xaxes(title={"text": "day ahead"}, dtick=1)
    return chart.update_yaxes(title={"text": "mean absolute error (°C)"}, rangemode="tozero")


def bias_by_hour(hours: Array, bias: Mapping[str, Array], column: str, title: str) -> go.Figure:
    """Forecast minus observation by hour of the local day, a line a model; above the line at 0 a
    model says too much."""
    chart = figure(title, height=320)
    for colour, (model, values) in zip(SERIES, bias.items(), strict=False):
        line = {"color": colour, "width": 2}
        chart.add_scatter(
            x=hours,
            y=values,
            name=model,
            mode="lines+markers",
            line=line,
        )
    dotted = {"color": GREY, "width": 1, "dash": "dot"}
    chart.add_hline(y=0, line=dotted)
    unit = VARIABLES[column].metric.unit
    chart.update_traces(hovertemplate=f"%{{y:+.1f}} {unit}")
    chart.update_xaxes(title={"text": "hour of the local day"}, dtick=3)
    return chart.update_yaxes(title={"text": f"forecast − observed ({unit})"})
