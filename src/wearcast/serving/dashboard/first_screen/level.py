"""How an hour feels, in eight levels."""

from enum import IntEnum
from typing import Final


class Level(IntEnum):
    """How an hour feels, the coldest first."""

    BITTER = 0
    COLD = 1
    CHILLY = 2
    COOL = 3
    MILD = 4
    WARM = 5
    HOT = 6
    VERY_HOT = 7


_FROM_C: Final = {
    Level.COLD: -10.0,
    Level.CHILLY: 5.0,
    Level.COOL: 12.0,
    Level.MILD: 17.0,
    Level.WARM: 23.0,
    Level.HOT: 28.0,
    Level.VERY_HOT: 33.0,
}
"""The lower limits of the levels, feels-like, after the limits of the Korean table of clothes (5,
12, 17, 23 and 28 °C) and of the heat advisory (33 °C)."""


def level(feels_like_c: float) -> Level:
    """The level of a feels-like temperature, rounded as it is shown."""
    shown = round(feels_like_c)
    reached = Level.BITTER
    for one, limit_c in _FROM_C.items():
        if shown >= limit_c:
            reached = one
    return reached
