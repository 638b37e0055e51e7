"""A day beside the one before: how differently it feels, and what to wear differently."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.swap import Swap, largest_swap
from wearcast.clothing.weather_input import Weather
from wearcast.forecasting.array_types import Positions

ENOUGH_KNOWN: Final = 0.8
"""The share of the hours whose counterpart on the day before must be known."""

ALIKE_C: Final = 1.0
"""Days that differ by less feel alike."""

_DAY: Final = np.timedelta64(1, "D")


class Feeling(StrEnum):
    """How a day feels beside the one before."""

    ALIKE = "alike"
    WARMER = "warmer"
    COLDER = "colder"


class ClothesChange(StrEnum):
    """How its outfit differs."""

    SAME = "same"
    MORE = "more"
    LESS = "less"
    INSTEAD = "instead"


@dataclass(frozen=True)
class DayBefore:
    """A day beside the one before, by the hours ahead and the same hours of the clock.

    Attributes:
        date: of the day before.
        warmer_c: how much warmer the day feels in the mean of these hours, negative where colder.
        swap: what its outfit has instead of the other one's, by its largest changes.
    """

    date: date
    warmer_c: float
    swap: Swap

    @property
    def feeling(self) -> Feeling:
        """Warmer, colder or alike."""
        if abs(self.warmer_c) < ALIKE_C:
            return Feeling.ALIKE
        return Feeling.WARMER if self.warmer_c > 0 else Feeling.COLDER

    @property
    def clothes(self) -> ClothesChange:
        """More, less, others or the same."""
        if self.swap.new and self.swap.old:
            return ClothesChange.INSTEAD
        if self.swap.new:
            return ClothesChange.MORE
        return ClothesChange.LESS if self.swap.old else ClothesChange.SAME


def needs_of_day_before(needs: Needs, before: Weather | None) -> Needs | None:
    """What the day before asked for in the same hours of the clock as are ahead on this day; None
    where too few of these are known.

    Both days are dressed for alike: hours of the day before count whether they have passed or not.
    """
    if before is None:
        return None
    _, same = _same_hours(needs, before)
    if len(same) < ENOUGH_KNOWN * needs.ahead.sum():
        return None
    counted = replace(before.at(same), observed=np.zeros(len(same), dtype=bool))
    return Needs.of(counted, needs.settings)


def beside_day_before(dressed: Dressed, before: Needs | None) -> DayBefore | None:
    """A day beside the one before, whose needs are those of the same hours; None without them."""
    if before is None:
        return None
    hours, _ = _same_hours(dressed.needs, before.weather)
    feels_c = dressed.needs.hourly["feels_c"][hours]
    return DayBefore(
        date=before.weather.on,
        warmer_c=float(feels_c.mean() - before.hourly["feels_c"].mean()),
        swap=largest_swap(Dressed.of(before, dressed.ladder).outfit, dressed.outfit),
    )


def _same_hours(needs: Needs, before: Weather) -> tuple[Positions, Positions]:
    """The hours ahead that the day before has too, and its own, as positions in each."""
    day_earlier = np.where(needs.ahead, needs.weather.hours - _DAY, np.datetime64("NaT"))
    _, hours, same = np.intersect1d(day_earlier, before.hours, return_indices=True)
    return hours, same
