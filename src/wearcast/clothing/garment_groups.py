"""Kinds of garments whose temperatures people ask about."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from wearcast.clothing.wardrobe import Garment, Place, builtin

_LONG_SLEEVED: Final = frozenset(
    {
        "blouse",
        "brushed_top",
        "dress_shirt",
        "flannel_shirt",
        "knit_dress",
        "light_blouse",
        "long_dress",
        "long_tshirt",
        "sports_long",
        "turtleneck",
    }
)
_COATS: Final = frozenset(
    {
        "down_jacket",
        "expedition_parka",
        "padded_coat",
        "rain_parka",
        "short_coat",
        "wool_coat",
    }
)

GROUPS: Final[Mapping[str, Callable[[Garment], bool]]] = {
    "short_sleeves": lambda g: Place.TOP in g.covers and g.id not in _LONG_SLEEVED,
    "shorts": lambda g: Place.LEGS in g.covers and "shorts" in g.id,
    "coat": lambda g: g.id in _COATS,
    "gloves": lambda g: Place.HANDS in g.covers,
}
"""Whether a garment belongs to each kind; `short_sleeves` are sleeveless tops, too, and a `coat` is
padded jackets, too."""


@cache
def ids_of(group: str) -> frozenset[str]:
    """The ids of a kind's garments in the wardrobe that comes with Wearcast."""
    belongs = GROUPS[group]
    return frozenset(id for id, garment in builtin().garments.items() if belongs(garment))
