"""Reads the drawings: which one a garment or a thing to carry has (drawings.toml), and its SVG made
fit to stand in a page."""

import tomllib
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

ROOT_ATTRIBUTES: Final = (
    'class="icon" width="1em" height="1em" aria-hidden="true" focusable="false"'
)
"""Given to each drawing in a page: as large as the text unless a style sheet says otherwise, and
silent."""

NAMESPACE: Final = 'xmlns="http://www.w3.org/2000/svg"'
"""What a file needs and a drawing inside a page doesn't."""


def garment(id: str, layer: str) -> str:
    """The drawing of a garment; one it doesn't know, such as a person's own, gets its layer's."""
    chosen = mapping()
    return _drawing(
        "things",
        chosen["garments"].get(id) or chosen["layers"].get(layer, chosen["unknown"]["garment"]),
    )


def carried(id: str) -> str:
    """The drawing of a thing to carry; a bag where it doesn't know it."""
    chosen = mapping()
    return _drawing("things", chosen["carried"].get(id, chosen["unknown"]["carried"]))


def weather(kind: str) -> str:
    """The drawing of a kind of weather, one of `Kind`.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    return _drawing("skies", kind)


def glyph(name: str) -> str:
    """A sign of the interface, by its file's name in drawings/glyphs.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    return _drawing("glyphs", name)


@cache
def mapping() -> dict[str, dict[str, str]]:
    """The names of the drawings: of garments, of layers, of things to carry, and of what isn't
    known."""
    return tomllib.loads(_here().joinpath("drawings.toml").read_text(encoding="utf-8"))


@cache
def _drawing(folder: str, name: str) -> str:
    text = _here().joinpath("drawings", folder, f"{name}.svg").read_text(encoding="utf-8")
    return "".join(line.strip() for line in text.splitlines()).replace(
        NAMESPACE, ROOT_ATTRIBUTES, 1
    )


def _here() -> Traversable:
    return resources.files("wearcast.serving.dashboard.icons")
