"""Outfits: garments worn together, and the states they are in as layers come off."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from wearcast.clothing.comfort import ensemble_clo
from wearcast.clothing.wardrobe import COVERED, Garment, Place
from wearcast.forecasting.array_types import Floats

UNDERWEAR_CLO: Final = 0.04
"""What everybody wears beneath: ASHRAE 55, men's underwear. The advice doesn't name it."""

OFF_IN_TURN: Final = (Place.HEAD, Place.HANDS, Place.NECK, Place.COAT, Place.JACKET, Place.KNIT)
"""What comes off as it gets warmer, one after the other."""


SMALL: Final = (Place.HEAD, Place.HANDS, Place.NECK)
"""What insulates little and is wanted all the same."""


@dataclass(frozen=True)
class Outfit:
    """Garments worn together, the outermost first."""

    garments: tuple[Garment, ...]

    @classmethod
    def of(cls, garments: Sequence[Garment]) -> "Outfit":
        """The garments in the order in which an outfit is told.

        Raises:
            ValueError: two take the same place, or top, legs or feet stay bare.
        """
        _require_wearable(garments)
        order = list(Place)
        outermost_first = sorted(garments, key=lambda garment: order.index(garment.covers[0]))
        return cls(tuple(outermost_first))

    @cached_property
    def clo(self) -> float:
        """Its insulation with everything on."""
        return clo_of(self.garments)

    @cached_property
    def by_id(self) -> dict[str, Garment]:
        """Its garments by their ids."""
        return {garment.id: garment for garment in self.garments}

    @cached_property
    def base(self) -> tuple[Garment, ...]:
        """What stays on outdoors."""
        return tuple(garment for garment in self.garments if not garment.removable)

    @property
    def small(self) -> tuple[Garment, ...]:
        """What covers head, hands and neck."""
        return tuple(garment for place in SMALL if (garment := self.at(place)))

    @cached_property
    def takings_off(self) -> tuple[frozenset[str], ...]:
        """The ids of what is off, from nothing to all that comes off, one garment more each."""
        states: list[frozenset[str]] = [frozenset()]
        for garment in self.coming_off:
            states.append(states[-1] | {garment.id})
        return tuple(states)

    @cached_property
    def coming_off(self) -> tuple[Garment, ...]:
        """What comes off outdoors, in its turn."""
        found = (self.at(place) for place in OFF_IN_TURN)
        return tuple(garment for garment in found if garment is not None and garment.removable)

    @cached_property
    def clo_by_state(self) -> Floats:
        """Its insulation in each of `takings_off`, falling."""
        by_state = []
        for off in self.takings_off:
            worn = [garment for garment in self.garments if garment.id not in off]
            by_state.append(clo_of(worn))
        return np.array(by_state)

    @cached_property
    def _by_place(self) -> dict[Place, Garment]:
        return {place: garment for garment in self.garments for place in garment.covers}

    def at(self, place: Place) -> Garment | None:
        """What takes a place."""
        return self._by_place.get(place)

    def beyond(self, other: "Outfit") -> tuple[Garment, ...]:
        """What this has and the other hasn't."""
        return tuple(garment for garment in self.garments if garment.id not in other.by_id)


def _require_wearable(garments: Sequence[Garment]) -> None:
    taken = [place for garment in garments for place in garment.covers]
    twice = sorted({place for place in taken if taken.count(place) > 1})
    if twice:
        place = twice[0]
        both = [garment.id for garment in garments if place in garment.covers]
        raise ValueError(f"{' and '.join(both)} both take the place {place.value!r}")
    bare = [place.value for place in COVERED if place not in taken]
    if bare:
        raise ValueError(f"nothing covers {' or '.join(bare)}")


def clo_of(garments: Sequence[Garment]) -> float:
    """Insulation of garments worn together over underwear, by ISO 9920."""
    sum_clo = UNDERWEAR_CLO + sum(garment.clo for garment in garments)
    together = ensemble_clo(np.asarray(sum_clo))
    return float(together)
