"""Figures of a forecast: the week with its uncertainty, and its days."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from wearcast.figures.palette import BLACK, GREY
from wearcast.figures.theme import LABEL, QUANTITY, styled, translucent

Array = NDArray[Any]

_INTERVALS = ((1, 7, 0.16, "80 %"), (2, 6, 0.26, "50 %"))
"""Places among the quantiles of the intervals drawn, how strong, and their names; the wider one
first."""
_MEDIAN = 4


def fan(chart: go.Figure, valid_at: Array, quantiles: Array, quantity: str, row: int) -> None:
    """Add a quantity's median and its 80 and 50 % intervals, from quantiles (hours, Q), to a row of
    a chart."""
    colour = QUANTITY[quantity]
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    for low, high, opacity, name in _INTERVALS:
        chart.add_scatter(x=valid_at, y=quantiles[:, low], showlegend=False, row=row, col=1, **edge)
        shade = {
            "fill": "tonexty",
            "fillcolor": translucent(colour, opacity),
            "name": name,
            "showlegend": row == 1,
        }
        chart.add_scatter(x=valid_at, y=quantiles[:, high], row=row, col=1, **edge, **shade)
    inner = np.column_stack([quantiles[:, 1], quantiles[:, 7]])
    chart.add_scatter(
        x=valid_at,
        y=quantiles[:, _MEDIAN],
        name="median",
        mode="lines",
        line={"color": colour, "width": 2.4},
        customdata=inner,
        hovertemplate="%{y:.1f} (80 %: %{customdata[0]:.1f} … %{customdata[1]:.1f})<extra></extra>",
        showlegend=row == 1,
        row=row,
        col=1,
    )


def week(
    valid_at: Array,
    temp_c: Array,
    rain_chance: Array,
    wind_ms: Array,
    past_at: Array,
    past_temp_c: Array,
    title: str,
) -> go.Figure:
    """The week ahead in local time: temperature after what was observed, the chance of rain, the
    wind.

    Args:
        valid_at, past_at: local times of the hours forecast and of those observed.
        temp_c, wind_ms: quantiles, (hours, Q).
        rain_chance: from 0 to 1, (hours,).
        past_temp_c: observed.
    """
    chart = make_subplots(
        rows=3, cols=1, shared_xaxes=True, row_heights=[0.56, 0.2, 0.24], vertical_spacing=0.05
    )
    fan(chart, valid_at, temp_c, "temp_c", row=1)
    chart.add_scatter(
        x=past_at,
        y=past_temp_c,
        name="observed",
        mode="lines",
        line={"color": BLACK, "width": 1.6},
        row=1,
        col=1,
    )
    chart.add_vline(x=valid_at[0], line={"color": GREY, "dash": "dot"})
    chance = {
        "marker": {"color": QUANTITY["precip_mm"]},
        "hovertemplate": "%{y:.0f} %<extra></extra>",
    }
    chart.add_bar(x=valid_at, y=100 * rain_chance, showlegend=False, row=2, col=1, **chance)
    fan(chart, valid_at, wind_ms, "wind_ms", row=3)
    for row, label in enumerate((LABEL["temp_c"], "rain (%)", "wind (m/s)"), start=1):
        chart.update_yaxes(title=label, row=row, col=1)
    chart.update_yaxes(range=[0, 100], row=2, col=1)
    chart.update_yaxes(rangemode="tozero", row=3, col=1)
    return styled(chart, title, height=640)


def trajectories(
    valid_at: Array, members: Array, quantity: str, title: str, shown: int = 12
) -> go.Figure:
    """Some of the coherent trajectories, members (M, hours): each a week as it might come."""
    chart = styled(go.Figure(), title, height=360)
    for member in members[:: max(1, len(members) // shown)]:
        line = {"color": translucent(QUANTITY[quantity], 0.4), "width": 1.2}
        chart.add_scatter(
            x=valid_at, y=member, mode="lines", line=line, hoverinfo="skip", showlegend=False
        )
    return chart.update_layout(yaxis={"title": LABEL[quantity]})


def days(dates: Sequence[str], low_c: Array, high_c: Array, title: str) -> go.Figure:
    """Each day's lowest and highest temperature, quantiles (days, Q): a bar from median to median,
    its 80 % intervals as whiskers."""
    chart = styled(go.Figure(), title, height=360)
    colour = QUANTITY["temp_c"]
    for quantiles, name, symbol in (
        (high_c, "highest", "triangle-up"),
        (low_c, "lowest", "triangle-down"),
    ):
        median = quantiles[:, _MEDIAN]
        bars = {
            "type": "data",
            "symmetric": False,
            "array": quantiles[:, 7] - median,
            "arrayminus": median - quantiles[:, 1],
        }
        style = {
            "marker": {"symbol": symbol, "size": 11, "color": colour},
            "error_y": {**bars, "color": translucent(colour, 0.6)},
        }
        chart.add_scatter(
            x=dates, y=median, name=name, mode="markers", hovertemplate="%{y:.1f} °C", **style
        )
    return chart.update_layout(yaxis={"title": LABEL["temp_c"]}, xaxis={"type": "category"})
