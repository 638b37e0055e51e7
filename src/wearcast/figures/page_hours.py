"""The hours of a day as plain values: their scales, and the figure that plotly draws. A page needs
nothing of plotly but its script, and starts the faster."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from wearcast.figures.page_axis import Scale, scale
from wearcast.figures.page_style import AXIS, FAINT, LEGEND, Numbers, layout
from wearcast.figures.palette import BLUE, PURPLE, SKY, VERMILION

HEIGHT: Final = 430
"""Pixels."""

SIDES_PX: Final = (44, 10)
"""Left of the hours, where the scales are, and right of them."""

TEMPERATURE, RAIN, WIND = (0.46, 1.0), (0.24, 0.38), (0.0, 0.14)
"""From where to where each part reaches, of the height from below."""

PERCENT: Final = Scale((0, 50, 100))

WIDE, NARROW = 0.16, 0.30
"""The opacity of the ranges."""

_GROUND: Final = {"fill": "tozeroy", "fillcolor": "rgba(204, 121, 167, 0.18)"}
_NIGHT: Final = "rgba(125, 134, 144, 0.13)"
HALF_HOUR: Final = timedelta(minutes=30)
_TICK_EVERY_H: Final = 3


@dataclass(frozen=True)
class Mark:
    """An hour that is named.

    Attributes:
        index: of the hour.
        text: what it is called.
        above: whether the text stands above the curve.
    """

    index: int
    text: str
    above: bool


@dataclass(frozen=True)
class DayHours:
    """The hours of a day, each field with a value for each hour.

    Attributes:
        at: local times with their UTC offset.
        names: the hours as they stand below the axis.
        clock: the hours as they stand elsewhere.
        texts: all of an hour's values in words, line by line.
        temperature: p10, p25, p50, p75 and p90; five times the same where it was observed.
        feels: of the hours outdoors; None of the others.
        rain: the chance, from 0 to 1.
        wind: medians.
        night: whether the sun is down.
        marks: the hours that are named, such as the warmest.
        now: the reader's time, where it is within the hours.
        labels: what the parts are called, in the reader's language, and the units.
    """

    at: Sequence[datetime]
    names: Sequence[str]
    clock: Sequence[str]
    texts: Sequence[Sequence[str]]
    temperature: Sequence[Sequence[float | None]]
    feels: Numbers
    rain: Numbers
    wind: Numbers
    night: Sequence[bool]
    marks: Sequence[Mark]
    now: datetime | None
    labels: Mapping[str, str]

    @property
    def ticks(self) -> list[int]:
        """The indices of the hours that are named below the axis."""
        named = []
        for index, hour in enumerate(self.at):
            if hour.hour % _TICK_EVERY_H == 0:
                named.append(index)
        return named

    @property
    def nights(self) -> list[tuple[datetime, datetime]]:
        """When the sun is down, from half an hour before the first such hour to half an hour after
        the last."""
        found: list[tuple[datetime, datetime]] = []
        for hour, is_dark in zip(self.at, self.night, strict=True):
            if not is_dark:
                continue
            start = hour - HALF_HOUR
            end = hour + HALF_HOUR
            if found and found[-1][1] == start:
                start, _ = found.pop()
            found.append((start, end))
        return found

    @property
    def ends(self) -> tuple[datetime, datetime]:
        """Where the axis begins and ends."""
        first = self.at[0]
        last = self.at[-1]
        return first - HALF_HOUR, last + HALF_HOUR

    @property
    def degrees(self) -> Scale:
        """The scale of temperatures."""
        values = [value for levels in self.temperature for value in levels]
        return scale([*values, *self.feels], most_ticks=6)

    @property
    def speeds(self) -> Scale:
        """The scale of winds."""
        return scale([0.0, 4.0, *self.wind], most_ticks=3)


def day(hours: DayHours) -> dict[str, Any]:
    """The hours as plotly's figure: temperature with its ranges, how it feels, the chance of rain,
    the wind; an hour that is pointed at tells all its values."""
    labels, at = hours.labels, _clock_times(hours.at)
    p10, p25, p50, p75, p90 = (list(level) for level in zip(*hours.temperature, strict=True))
    percents = [None if chance is None else 100 * chance for chance in hours.rain]
    told = {"text": _told(hours), "hoverinfo": "text"}
    data = [
        *_band(at, p10, p90, WIDE, labels["wide"]),
        *_band(at, p25, p75, NARROW, labels["narrow"]),
        {**_line(at, p50, labels["temperature"], VERMILION, width=2.6), **told},
        _line(at, hours.feels, labels["feels"], BLUE, width=2, dash="dot"),
        {**_bars(at, percents, labels["rain"]), **told},
        {
            **_line(at, hours.wind, labels["wind"], PURPLE, width=2),
            **told,
            "yaxis": "y3",
            "showlegend": False,
            **_GROUND,
        },
    ]
    return {"data": data, "layout": _layout(hours, p50)}


def _told(hours: DayHours) -> list[str]:
    """What is told of each hour that is pointed at."""
    pairs = zip(hours.clock, hours.texts, strict=True)
    return ["<br>".join([f"<b>{clock}</b>", *lines]) for clock, lines in pairs]


def _clock_times(times: Sequence[datetime]) -> list[str]:
    """Local times as plotly takes them, such as 2013-03-12T07:00; it knows no UTC offsets."""
    return [f"{time:%Y-%m-%dT%H:%M}" for time in times]


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
    at: Sequence[str], values: Numbers, name: str, colour: str, **line: Any
) -> dict[str, Any]:
    drawn = {"color": colour, "shape": "spline", **line}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(at),
        "y": list(values),
        "name": name,
        "line": drawn,
        "hoverinfo": "skip",
    }


def _bars(at: Sequence[str], values: Numbers, name: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "x": list(at),
        "y": list(values),
        "name": name,
        "yaxis": "y2",
        "showlegend": False,
        "marker": {"color": SKY},
        "textposition": "none",
    }


def _layout(hours: DayHours, medians: Sequence[float | None]) -> dict[str, Any]:
    labels = hours.labels
    left, right = SIDES_PX
    axis = {
        "type": "date",
        "range": _clock_times(hours.ends),
        "tickvals": _clock_times([hours.at[i] for i in hours.ticks]),
        "ticktext": [hours.names[i] for i in hours.ticks],
        "tickfont": {"size": 11},
        "tickangle": 0,
        "gridcolor": FAINT,
        "fixedrange": True,
        "anchor": "y3",
    }
    return layout(
        HEIGHT,
        margin={"l": left, "r": right, "t": 8, "b": 26},
        legend={**LEGEND, "traceorder": "normal"},
        xaxis=axis,
        yaxis=_axis(hours.degrees, TEMPERATURE, "°"),
        yaxis2=_axis(PERCENT, RAIN, "%"),
        yaxis3=_axis(hours.speeds, WIND, ""),
        shapes=[*map(_night, hours.nights), *_now(hours)],
        annotations=[
            *_marks(hours, medians),
            _name(labels["rain"], RAIN[1] + 0.01),
            _name(f"{labels['wind']}, {labels['wind_unit']}", WIND[1] + 0.01),
        ],
    )


def _axis(of: Scale, part: tuple[float, float], unit: str) -> dict[str, Any]:
    return {
        **AXIS,
        "automargin": False,
        "domain": part,
        "range": [of.low, of.high],
        "tickvals": list(of.ticks),
        "ticktext": of.names(unit),
        "tickfont": {"size": 12},
    }


def _night(times: tuple[datetime, datetime]) -> dict[str, Any]:
    start, end = _clock_times(times)
    return {
        "type": "rect",
        "layer": "below",
        "yref": "paper",
        "x0": start,
        "x1": end,
        "y0": 0,
        "y1": 1,
        "line": {"width": 0},
        "fillcolor": _NIGHT,
    }


def _now(hours: DayHours) -> list[dict[str, Any]]:
    if hours.now is None:
        return []
    [at] = _clock_times([hours.now])
    line = {"type": "line", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1}
    return [{**line, "line": {"width": 1.5, "dash": "dot", "color": "#7d8690"}}]


def _marks(hours: DayHours, medians: Sequence[float | None]) -> list[dict[str, Any]]:
    """The hours that are named."""
    at = _clock_times(hours.at)
    return [
        {
            "x": at[mark.index],
            "y": medians[mark.index],
            "text": f"<b>{mark.text}</b>",
            "ax": 0,
            "ay": -28 if mark.above else 28,
            "arrowhead": 6,
            "arrowsize": 0.8,
            "arrowcolor": VERMILION,
            "bgcolor": "rgba(0,0,0,0)",
        }
        for mark in hours.marks
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
