"""Shapes of the drawing, from their entries in worn.toml and a garment's measures."""

from collections.abc import Mapping
from typing import Any, Final

from wearcast.serving.dashboard.dressed_person.measures import (
    Measures,
    edge_x,
    mirrored,
    shortened,
)
from wearcast.serving.dashboard.markup import Markup, tag

COLOURS: Final = {
    "skin": "#e9bf9a",
    "skin_shade": "#c79b7b",
    "hair": "#4b3c37",
    "light": "#fbfcfe",
    "cloth": "#bcd2f5",
    "deep": "#7098d8",
    "dark": "#4c5b78",
    "warm": "#f5cf8e",
    "water": "#69b0ee",
    "shaft": "#76849c",
}
"""Where the page sets no CSS property of that name behind `--worn-`."""

CONTRASTS: Final = {
    "light": "cloth",
    "cloth": "deep",
    "deep": "dark",
    "dark": "deep",
    "warm": "light",
    "water": "light",
}
"""The colour of contrasting parts of a garment, by the garment's."""

_LINE_WIDTH: Final = 1.2


def paint(colour: str) -> str:
    """The value of fill or stroke for a colour's name."""
    return f"var(--worn-{colour.replace('_', '-')},{COLOURS[colour]})"


def shape(entry: Mapping[str, Any], colour: str, measured: Measures) -> Markup:
    """A shape of worn.toml: a patch with an outline, a fine line, or a stripe.

    Args:
        entry: `path` with names of measures; `both` to have it on the right, too; `rows`, the
            heights `y` at which it is repeated on a garment; of a patch `colour`, unless it is the
            garment's; `line` or `stripe` with its width instead.
        colour: the garment's.
        measured: the garment's measures.
    """
    path = shortened(_filled(entry, measured))
    if entry.get("both"):
        path += mirrored(path)
    if "line" in entry:
        return tag("path", d=path, stroke_width=entry["line"], stroke_opacity=".55")
    if "stripe" in entry:
        return tag(
            "path",
            d=path,
            stroke=paint(entry["colour"]),
            stroke_width=entry["stripe"],
        )
    return tag("path", d=path, fill=paint(_colour(entry, colour)))


def _filled(entry: Mapping[str, Any], measured: Measures) -> str:
    path: str = entry["path"]
    if "rows" not in entry:
        return path.format(**measured)
    written = []
    for y in entry["rows"]:
        if y < measured["hem"] - 4:
            edge = edge_x(measured, y) + 1
            written.append(path.format(y=y, edge=edge, edge_r=120 - edge))
    return "".join(written)


def _colour(entry: Mapping[str, Any], colour: str) -> str:
    named: str = entry.get("colour", colour)
    return CONTRASTS[colour] if named == "contrast" else named
