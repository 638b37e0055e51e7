"""What changes from one outfit to another."""

from dataclasses import dataclass
from typing import Final

from wearcast.clothing.ladders import Outfit
from wearcast.clothing.wardrobe import Garment, Place

MOST_SWAPPED: Final = 2
"""Of the changes, the largest are named, up to this many."""


@dataclass(frozen=True)
class Swap:
    """Garments of the one outfit instead of the other's."""

    new: tuple[Garment, ...]
    old: tuple[Garment, ...]


def largest_swap(first: Outfit, second: Outfit) -> Swap:
    """What the second outfit has instead of the first one's, where that warms or cools most."""
    pairs = [(first.at(place), second.at(place)) for place in Place]
    changed = [(old, new) for old, new in pairs if old != new]
    changed.sort(key=lambda pair: -abs(_clo(pair[1]) - _clo(pair[0])))
    largest = changed[:MOST_SWAPPED]
    new = dict.fromkeys(new for _, new in largest if new)
    old = dict.fromkeys(old for old, _ in largest if old)
    return Swap(tuple(new), tuple(old))


def _clo(garment: Garment | None) -> float:
    return garment.clo if garment else 0.0
