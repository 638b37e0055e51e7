"""Scales with round numbers, the same for every drawing of a figure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wearcast.figures.page_style import Numbers

_STEPS: Final = (1, 2, 5, 10, 20, 50, 100)


@dataclass(frozen=True)
class Scale:
    """The numbers beside an axis, in order; the axis reaches from the first to the last."""

    ticks: Sequence[float]

    @property
    def low(self) -> float:
        """Where the axis begins."""
        return self.ticks[0]

    @property
    def high(self) -> float:
        """Where the axis ends."""
        return self.ticks[-1]

    def names(self, unit: str) -> list[str]:
        """The numbers with their unit and a real minus."""
        names = []
        for tick in self.ticks:
            name = f"{tick:g}{unit}"
            names.append(name.replace("-", "−"))
        return names

    def share(self, value: float) -> float:
        """How far up a value stands, from 0 to 1."""
        height = self.high - self.low
        return (value - self.low) / height


def scale(values: Numbers, most_ticks: int) -> Scale:
    """The scale with the finest steps that holds all values that aren't None in so many ticks; 0 to
    1 of none."""
    known = [value for value in values if value is not None] or [0.0, 1.0]
    lowest = min(known)
    highest = max(known)
    for step in _STEPS:
        first = math.floor(lowest / step)
        last = math.ceil(highest / step)
        last = max(last, first + 1)
        if last - first < most_ticks:
            break
    return Scale([step * n for n in range(first, last + 1)])
