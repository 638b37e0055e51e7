"""The drawings: which one a garment or a thing to carry has (drawings.toml), and its inline SVG."""

import tomllib
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

ROOT_ATTRIBUTES: Final = (
    'class="icon" width="1em" height="1em" aria-hidden="true" focusable="false"'
)
"""The attributes of each drawing in a page: as large as the text by default, and hidden from screen
readers."""

NAMESPACE: Final = 'xmlns="http://www.w3.org/2000/svg"'
"""The namespace, which a file needs and inline SVG doesn't."""


def garment(id: str, layer: str) -> str:
    """The drawing of a garment; of an unknown one, such as a person's own, that of its layer."""
    names = mapping()
    name = names["garments"].get(id) or names["layers"].get(layer)
    return _drawing("things", name or names["unknown"]["garment"])


def carried(id: str) -> str:
    """The drawing of a thing to carry; a bag for an unknown one."""
    names = mapping()
    name = names["carried"].get(id, names["unknown"]["carried"])
    return _drawing("things", name)


def weather(kind: str) -> str:
    """The drawing of a `WeatherKind`.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    return _drawing("skies", kind)


def glyph(name: str) -> str:
    """A glyph of the interface, by its file's name in drawings/glyphs.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    return _drawing("glyphs", name)


@cache
def mapping() -> dict[str, dict[str, str]]:
    """The names of the drawings: of garments, layers, things to carry, and unknown ones."""
    text = _folder().joinpath("drawings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def _drawing(folder: str, name: str) -> str:
    path = _folder().joinpath("drawings", folder, f"{name}.svg")
    lines = path.read_text(encoding="utf-8").splitlines()
    svg = "".join([line.strip() for line in lines])
    return svg.replace(NAMESPACE, ROOT_ATTRIBUTES, 1)


def _folder() -> Traversable:
    return resources.files("wearcast.serving.dashboard.icons")
