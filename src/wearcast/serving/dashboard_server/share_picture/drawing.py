"""The drawing: where and when, the sentence, the day's temperatures and umbrella on the left, the
outfit on the right."""

import re
from collections.abc import Sequence
from datetime import date
from importlib import resources
from typing import Any, Final

from wearcast.messages import long_date, say
from wearcast.serving.dashboard.dressed_person import dressed_person
from wearcast.serving.dashboard.first_screen import day_sentence
from wearcast.serving.dashboard.first_screen.looks import (
    MOST_DRAWN,
    Look,
    hours_text,
    is_all_there_is,
    looks,
    part_name,
)
from wearcast.serving.dashboard.first_screen.precipitation import umbrella_verdict
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.words import degrees, named
from wearcast.serving.dashboard_server.share_picture.text_layout import (
    LINE_HEIGHT,
    Weight,
    fitted,
)

WIDTH_PX, HEIGHT_PX = 1200, 630
_MARGIN: Final = 56
_TOP, _SENTENCE_TOP, _SENTENCE_HEIGHT, _FACTS_Y = 92, 196, 300, 560
"""Where the rows are: base lines, but for the sentence's box."""

_FIGURES_TOP, _FIGURES_HEIGHT, _CAPTION_Y = 66, 450, 562
_FIGURE_WIDTHS: Final = {0: 0, 1: 300, 2: 224, 3: 184}
"""The width of a figure by how many there are."""

_GAP: Final = 36
_SENTENCE_SIZES: Final = (54, 50, 46, 42, 38, 35, 32, 29)
_PAPER, _INK, _MUTED, _COLD, _WARM = "#f3f5f8", "#141a22", "#566170", "#1a62b0", "#b4450b"
"""Those of the page's light scheme."""

_PROPERTY: Final = re.compile(r"var\(--[\w-]+,\s*([^()]+)\)")
"""A colour that a page may set, and its usual value."""


def share_drawing(data: PageData) -> str:
    """The picture of the chosen day as an SVG of 1200 by 630 pixels; it needs the fonts of this
    package."""
    found = looks(data)[:MOST_DRAWN]
    figures_width = _FIGURE_WIDTHS[len(found)] * len(found)
    text_width = WIDTH_PX - 2 * _MARGIN - figures_width - (_GAP if found else 0)
    drawing = tag(
        "svg",
        tag("rect", width=WIDTH_PX, height=HEIGHT_PX, fill=_PAPER),
        _brand(),
        _where_and_when(data, text_width),
        _sentence(data, text_width),
        _facts(data, text_width),
        _figures(data, found),
        xmlns="http://www.w3.org/2000/svg",
        width=WIDTH_PX,
        height=HEIGHT_PX,
        font_family="Noto Sans CJK KR",
    )
    return _PROPERTY.sub(r"\1", drawing)


def _brand() -> Markup:
    """The site's icon, small, and its name."""
    return Markup(
        tag("svg", _icon(), x=_MARGIN, y=48, width=56, height=56, viewBox="0 0 64 64")
        + _line("Wearcast", _MARGIN + 72, _TOP - 8, 28, _MUTED, "bold")
    )


def _icon() -> Markup:
    """The favicon's shapes."""
    templates = resources.files("wearcast.serving.dashboard_server") / "share/voila/templates"
    return Markup((templates / "wearcast/static/favicon.svg").read_text("utf-8"))


def _where_and_when(data: PageData, width: float) -> Markup:
    day = long_date(data.language, date.fromisoformat(data.choices.day or ""))
    text = f"{named(data.language, data.station)} · {day}"
    line = fitted(text, width, 60, (34, 30, 26), "regular")
    return _line(
        line.lines[0],
        _MARGIN,
        _SENTENCE_TOP - 26,
        line.size_px,
        _MUTED,
    )


def _sentence(data: PageData, width: float) -> Markup:
    text = fitted(day_sentence(data), width, _SENTENCE_HEIGHT, _SENTENCE_SIZES, "bold")
    lines = []
    for index, line in enumerate(text.lines):
        lines_above = 1 + LINE_HEIGHT * index
        y = _SENTENCE_TOP + text.size_px * lines_above
        drawn = _line(line, _MARGIN, y, text.size_px, _INK, "bold")
        lines.append(drawn)
    return Markup("".join(lines))


def _facts(data: PageData, width: float) -> Markup:
    """The day's lowest and highest temperature, and whether to take an umbrella."""
    language = data.language
    day = data.day(data.choices.day or "")
    suffix = data.temperature_suffix
    low = degrees(day[f"temp_min_{suffix}"]["p50"])
    high = degrees(day[f"temp_max_{suffix}"]["p50"])
    temperatures = tag(
        "text",
        _span(say(language, "lowest"), 24, _MUTED),
        _span(f" {low}", 46, _COLD, "bold"),
        _span(say(language, "highest"), 24, _MUTED, dx=28),
        _span(f" {high}", 46, _WARM, "bold"),
        x=_MARGIN,
        y=_FACTS_Y,
    )
    verdict = umbrella_verdict(data)
    fitting = fitted(verdict, width, 40, (28, 25), "regular")
    umbrella = _line(fitting.lines[0], _MARGIN, 602, fitting.size_px, _INK)
    return Markup(temperatures + umbrella)


def _figures(data: PageData, found: Sequence[Look]) -> list[Markup]:
    """The looks from left to right, with their hours."""
    width = _FIGURE_WIDTHS[len(found)]
    roomy = any(look.umbrella == "open" for look in found)
    left = WIDTH_PX - _MARGIN - width * len(found)
    figures = []
    for index, look in enumerate(found):
        x = left + index * width
        person = dressed_person(
            look.pieces, umbrella=look.umbrella, carried=look.carried, roomy=roomy
        )
        figures.append(_placed(person, x, width))
        figures.append(
            _caption(
                data,
                look,
                x + width / 2,
                width,
                is_all_there_is(found),
            )
        )
    return figures


def _placed(person: Markup, x: float, width: float) -> Markup:
    """The person in a box of its own."""
    box = f'<svg x="{x:g}" y="{_FIGURES_TOP}" width="{width}" height="{_FIGURES_HEIGHT}" '
    return Markup(person.replace("<svg ", box, 1))


def _caption(data: PageData, look: Look, x: float, width: float, alone: bool) -> Markup:
    hours = hours_text(data, look.run)
    hours_size = fitted(hours, width, 40, (24, 21, 18), "regular").size_px
    if data.choices.out:
        return _line(hours, x, _CAPTION_Y, hours_size, _INK, "bold", text_anchor="middle")
    part = part_name(data, look.run, alone)
    return Markup(
        _line(part, x, _CAPTION_Y, 26, _INK, "bold", text_anchor="middle")
        + _line(hours, x, _CAPTION_Y + 36, hours_size, _MUTED, text_anchor="middle")
    )


def _line(
    text: str,
    x: float,
    y: float,
    size_px: float,
    colour: str,
    weight: Weight = "regular",
    **attributes: Any,
) -> Markup:
    return tag(
        "text",
        text,
        x=f"{x:g}",
        y=f"{y:g}",
        fill=colour,
        font_size=size_px,
        font_weight=_NUMBERS[weight],
        **attributes,
    )


def _span(
    text: str, size_px: float, colour: str, weight: Weight = "regular", dx: float = 0
) -> Markup:
    number = _NUMBERS[weight]
    return tag("tspan", text, fill=colour, font_size=size_px, font_weight=number, dx=dx)


_NUMBERS: Final[dict[Weight, int]] = {"regular": 400, "bold": 700}
