"""Lines of text in SVG, which breaks none by itself: how wide a text is in the bundled fonts, and
the largest size at which it fits."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, Literal

Weight = Literal["regular", "bold"]

FONTS: Final = resources.files(__package__) / "fonts"
LINE_HEIGHT: Final = 1.3
_WORD_JOINER: Final = "\u2060"
_ELLIPSIS: Final = "…"


@dataclass(frozen=True)
class Lines:
    """Lines of a text.

    Attributes:
        lines: the lines, from the top.
        size_px: the size of their letters.
    """

    lines: tuple[str, ...]
    size_px: int

    @property
    def height_px(self) -> float:
        """The height of all lines."""
        return LINE_HEIGHT * self.size_px * len(self.lines)


def width_px(text: str, size_px: float, weight: Weight) -> float:
    """The width of a line, without kerning, so a little more than it takes."""
    advances = _advances()[weight]
    syllable = advances[""]
    return size_px / 1000 * sum(advances.get(character, syllable) for character in text)


@cache
def _advances() -> Mapping[Weight, Mapping[str, int]]:
    """The width of each character in thousandths of the size, that of syllables under ""."""
    loaded: Mapping[Weight, Mapping[str, int]] = json.loads(
        (FONTS / "advances.json").read_text("utf-8")
    )
    return loaded


def fitted(
    text: str, width: float, height: float, sizes_px: Sequence[int], weight: Weight
) -> Lines:
    """The text at the largest of the sizes at which it fits; at the smallest one cut where it
    doesn't.

    Args:
        text: breaks at spaces only.
        width, height: of the box in pixels.
        sizes_px: the largest first.
        weight: of the font.
    """
    plain = text.replace(_WORD_JOINER, "")
    words = plain.split(" ")
    for size_px in sizes_px:
        lines = _wrapped(words, width, size_px, weight)
        found = Lines(tuple(lines), size_px)
        widest = max(width_px(line, size_px, weight) for line in lines)
        if found.height_px <= height and widest <= width:
            return found
    line_px = LINE_HEIGHT * size_px
    most = max(1, int(height / line_px))
    cut = _cut(lines, most, width, size_px, weight)
    return Lines(cut, size_px)


def _wrapped(words: Sequence[str], width: float, size_px: int, weight: Weight) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if width_px(longer, size_px, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _cut(
    lines: Sequence[str], most: int, width: float, size_px: int, weight: Weight
) -> tuple[str, ...]:
    """The first lines, of which those that are too long, and the last one where others follow, end
    in an ellipsis."""
    kept = list(lines[:most])
    if len(lines) > most:
        kept[-1] += _ELLIPSIS
    for index, line in enumerate(kept):
        while width_px(line, size_px, weight) > width:
            line = line.rstrip(_ELLIPSIS)[:-1].rstrip() + _ELLIPSIS
        kept[index] = line
    return tuple(kept)
