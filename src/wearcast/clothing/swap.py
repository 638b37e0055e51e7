"""What changes from one outfit to another."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from wearcast.clothing.outfits import Outfit
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
    changed = [place for place in Place if first.at(place) != second.at(place)]
    changed.sort(key=lambda place: -abs(_clo_at(second, place) - _clo_at(first, place)))
    largest = changed[:MOST_SWAPPED]
    return Swap(new=_garments_at(second, largest), old=_garments_at(first, largest))


def _clo_at(outfit: Outfit, place: Place) -> float:
    garment = outfit.at(place)
    return garment.clo if garment else 0.0


def _garments_at(outfit: Outfit, places: Iterable[Place]) -> tuple[Garment, ...]:
    """Each once, though it may take several places."""
    garments = [outfit.at(place) for place in places]
    return tuple(dict.fromkeys(garment for garment in garments if garment))
