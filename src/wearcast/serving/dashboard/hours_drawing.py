"""The chart of the day's hours as SVG, in HTML that needs no script: the same values at the same
places as in plotly's figure, which takes its place."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from wearcast.figures.page_axis import Scale
from wearcast.figures.page_hours import (
    HALF_HOUR,
    HEIGHT,
    NARROW,
    PERCENT,
    RAIN,
    SIDES_PX,
    TEMPERATURE,
    WIDE,
    WIND,
    DayHours,
    Mark,
)
from wearcast.figures.page_style import Numbers
from wearcast.figures.palette import BLUE, PURPLE, SKY, VERMILION
from wearcast.serving.dashboard.markup import Markup, tag

_HEIGHT: Final = 100.0
"""Of the plot in its own coordinates; its width is in hours. Both are stretched to its box, but
text isn't: it is placed in percent."""

_STRETCHED: Final = {"preserveAspectRatio": "none", "width": "100%", "height": "100%"}

_BAR_H: Final = 0.8
_MARK_PX: Final = 12
_NEAR_AN_END: Final = 0.14
"""Text within this share of the width from an end is aligned with its point on that side."""

Point = tuple[float, float]
"""Across in hours, down in hundredths of the height."""


def hours_drawing(hours: DayHours) -> Markup:
    """The drawing, as high as plotly's figure; it stands within an element that names it."""
    left, right = SIDES_PX
    plot = tag(
        "svg",
        _nights(hours),
        _grid(hours),
        tag(
            "svg",
            _curves(hours),
            viewBox=f"0 0 {_width(hours):g} {_HEIGHT:g}",
            **_STRETCHED,
        ),
        _now(hours),
        _texts(hours),
        _told(hours),
        style=f"margin:0 {right}px 26px {left}px",
    )
    return tag(
        "div",
        _legend(hours),
        plot,
        class_="hours-drawing",
        style=f"height:{HEIGHT}px",
    )


def _legend(hours: DayHours) -> Markup:
    labels = hours.labels
    keys = (
        ("range", f"background:{VERMILION};opacity:{WIDE + 0.1}", "wide"),
        ("range", f"background:{VERMILION};opacity:{WIDE + NARROW}", "narrow"),
        ("line", f"border-color:{VERMILION}", "temperature"),
        ("line dotted", f"border-color:{BLUE}", "feels"),
    )
    items = []
    for kind, style, name in keys:
        key = tag("i", class_=kind, style=style)
        items.append(tag("li", key, labels[name]))
    return tag("ul", items, class_="legend")


def _width(hours: DayHours) -> float:
    """Of the plot, in hours."""
    start, end = hours.ends
    width = end - start
    return width.total_seconds() / 3_600


def _across(hours: DayHours, at: datetime) -> float:
    """Where a time stands, in hours from the left."""
    start, _ = hours.ends
    passed = at - start
    return passed.total_seconds() / 3_600


def _percent_across(hours: DayHours, at: datetime) -> str:
    return _percent(_share_across(hours, at))


def _percent(share: float) -> str:
    return f"{100 * share:.2f}%"


def _share_across(hours: DayHours, at: datetime) -> float:
    """Where a time stands, as a share of the width."""
    across = _across(hours, at)
    return across / _width(hours)


def _down(scale: Scale, part: tuple[float, float], value: float) -> float:
    """Where a value stands, in hundredths of the height from above."""
    bottom, top = part
    height = top - bottom
    up = bottom + height * scale.share(value)
    return _HEIGHT * (1 - up)


def _nights(hours: DayHours) -> list[Markup]:
    drawn = []
    for start, end in hours.nights:
        width = _share_across(hours, end) - _share_across(hours, start)
        night = tag(
            "rect",
            x=_percent_across(hours, start),
            width=_percent(width),
            height="100%",
            class_="night",
        )
        drawn.append(night)
    return drawn


def _grid(hours: DayHours) -> list[Markup]:
    """Lines with their numbers to the left, and the hours below."""
    drawn = [
        *_levels(hours.degrees, TEMPERATURE, "°"),
        *_levels(PERCENT, RAIN, "%"),
        *_levels(hours.speeds, WIND, ""),
    ]
    for index in hours.ticks:
        x = _percent_across(hours, hours.at[index])
        line = tag("line", x1=x, x2=x, y1="0", y2="100%")
        name = tag(
            "text",
            hours.names[index],
            x=x,
            y="100%",
            dy=17,
            class_="hour",
        )
        drawn += [line, name]
    return drawn


def _levels(scale: Scale, part: tuple[float, float], unit: str) -> list[Markup]:
    drawn = []
    for tick, name in zip(scale.ticks, scale.names(unit), strict=True):
        y = f"{_down(scale, part, tick):.2f}%"
        line = tag("line", x1="0", x2="100%", y1=y, y2=y)
        number = tag(
            "text",
            name,
            x=-6,
            y=y,
            dy=4,
            class_="scale",
        )
        drawn += [line, number]
    return drawn


def _curves(hours: DayHours) -> list[Markup | None]:
    degrees = hours.degrees
    speeds = hours.speeds
    p10, p25, p50, p75, p90 = zip(*hours.temperature, strict=True)

    def temperatures(values: Numbers) -> list[list[Point]]:
        return _runs(hours, values, lambda value: _down(degrees, TEMPERATURE, value))

    wind = _runs(hours, hours.wind, lambda value: _down(speeds, WIND, value))
    feels = temperatures(hours.feels)
    median = temperatures(p50)
    return [
        _band(temperatures(p10), temperatures(p90), WIDE),
        _band(temperatures(p25), temperatures(p75), NARROW),
        *_bars(hours),
        _area(wind),
        _line(wind, PURPLE, 2),
        _line(feels, BLUE, 2, dotted=True),
        _line(median, VERMILION, 2.6),
    ]


def _runs(hours: DayHours, values: Numbers, down: Callable[[float], float]) -> list[list[Point]]:
    """The points of the values in runs that end where a value is missing."""
    runs: list[list[Point]] = [[]]
    for at, value in zip(hours.at, values, strict=True):
        if value is not None:
            runs[-1].append((_across(hours, at), down(value)))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _line(
    runs: Sequence[Sequence[Point]], colour: str, width: float, dotted: bool = False
) -> Markup:
    return tag(
        "path",
        d=" ".join("M" + _curve(run) for run in runs),
        stroke=colour,
        stroke_width=width,
        stroke_dasharray="1 4" if dotted else None,
        class_="curve",
    )


def _band(
    low: Sequence[Sequence[Point]], high: Sequence[Sequence[Point]], opacity: float
) -> Markup:
    shapes = []
    for below, above in zip(low, high, strict=True):
        shapes.append(f"M{_curve(above)} L{_curve(below[::-1])} Z")
    return tag(
        "path",
        d=" ".join(shapes),
        fill=VERMILION,
        fill_opacity=opacity,
    )


def _area(runs: Sequence[Sequence[Point]]) -> Markup:
    shapes = []
    for run in runs:
        first, _ = run[0]
        last, _ = run[-1]
        ground = f"L{last:.2f},{_HEIGHT:g} L{first:.2f},{_HEIGHT:g} Z"
        shapes.append(f"M{_curve(run)} {ground}")
    return tag(
        "path",
        d=" ".join(shapes),
        fill=PURPLE,
        fill_opacity=0.18,
    )


def _bars(hours: DayHours) -> Iterator[Markup]:
    bottom = _down(PERCENT, RAIN, 0)
    for at, chance in zip(hours.at, hours.rain, strict=True):
        if not chance:
            continue
        x = _across(hours, at) - _BAR_H / 2
        y = _down(PERCENT, RAIN, 100 * chance)
        yield tag(
            "rect",
            x=f"{x:.2f}",
            y=f"{y:.2f}",
            width=_BAR_H,
            height=f"{bottom - y:.2f}",
            fill=SKY,
        )


def _curve(points: Sequence[Point]) -> str:
    """A smooth curve through the points as a path that begins at the first one: Catmull and Rom's,
    as Bézier curves."""
    # At either end, its own point stands for the neighbour that it lacks.
    padded = [points[0], *points, points[-1]]
    written = [_pair(points[0])]
    for index in range(1, len(points)):
        neighbours = padded[index - 1 : index + 3]
        before, start, end, after = neighbours
        leaving = _moved(start, before, end)
        coming = _moved(end, after, start)
        pairs = map(_pair, (leaving, coming, end))
        coordinates = " ".join(pairs)
        written.append(f"C{coordinates}")
    return " ".join(written)


def _moved(point: Point, from_: Point, to: Point) -> Point:
    """The control point beside a point of a curve, along the line between its neighbours."""
    x, y = point
    from_x, from_y = from_
    to_x, to_y = to
    across = (to_x - from_x) / 6
    down = (to_y - from_y) / 6
    return x + across, y + down


def _pair(point: Point) -> str:
    x, y = point
    return f"{x:.2f},{y:.2f}"


def _now(hours: DayHours) -> list[Markup]:
    if hours.now is None:
        return []
    x = _percent_across(hours, hours.now)
    line = tag("line", x1=x, x2=x, y1="0", y2="100%", class_="now")
    name = tag(
        "text",
        hours.labels["now"],
        x=x,
        y="0",
        dy=10,
        class_="now",
        text_anchor=_anchor(hours, hours.now),
    )
    return [line, name]


def _texts(hours: DayHours) -> list[Markup]:
    """The names of the lower parts, and of the warmest and the coldest hour."""
    labels = hours.labels
    names = ((RAIN, labels["rain"]), (WIND, f"{labels['wind']}, {labels['wind_unit']}"))
    drawn = []
    for (_, top), name in names:
        title = tag(
            "text",
            name,
            x="0",
            y=_percent(1 - top),
            dy=-6,
            class_="part",
        )
        drawn.append(title)
    for mark in hours.marks:
        drawn.extend(_mark(hours, mark))
    return drawn


def _mark(hours: DayHours, mark: Mark) -> list[Markup]:
    at = hours.at[mark.index]
    _, _, median, _, _ = hours.temperature[mark.index]
    if median is None:
        return []
    down = _down(hours.degrees, TEMPERATURE, median)
    x = _percent_across(hours, at)
    y = f"{down:.2f}%"
    point = tag("circle", cx=x, cy=y, r=4, fill=VERMILION)
    text = tag(
        "text",
        mark.text,
        x=x,
        y=y,
        dy=-_MARK_PX if mark.above else 2 * _MARK_PX,
        class_="mark",
        text_anchor=_anchor(hours, at),
    )
    return [point, text]


def _anchor(hours: DayHours, at: datetime) -> str:
    """How text is aligned with its time, so that it stays within the plot."""
    share = _share_across(hours, at)
    if share < _NEAR_AN_END:
        return "start"
    if share > 1 - _NEAR_AN_END:
        return "end"
    return "middle"


def _told(hours: DayHours) -> Markup:
    """Over each hour, what the browser shows where it is pointed at: all its values."""
    drawn = []
    for at, clock, lines in zip(hours.at, hours.clock, hours.texts, strict=True):
        title = tag("title", "\n".join([clock, *lines]))
        box = tag(
            "rect",
            x=_percent_across(hours, at - HALF_HOUR),
            width=_percent(1 / _width(hours)),
            height="100%",
        )
        drawn.append(tag("g", title, box))
    return tag("g", drawn, class_="told")
