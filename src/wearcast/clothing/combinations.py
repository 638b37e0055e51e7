"""What may be worn together: a base of a ladder, which stays on, under the layers of the same rung
or of a warmer one, which come off one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from wearcast.clothing.outfits import SMALL, Outfit
from wearcast.clothing.wardrobe import Garment, Place
from wearcast.forecasting.array_types import Floats, Positions

MOST_OVER_CLO: Final = {
    Place.TOP: ((0.07, 0.0), (0.19, 0.45)),
    Place.LEGS: ((0.07, 0.0), (0.16, 0.36), (0.21, 0.45)),
    Place.SHOES: ((0.02, 0.25),),
}
"""The most insulation in clo of all layers over a garment of a place, by the garment's own up to a
limit; nothing limits a warmer one. Ours: nobody wears a coat over shorts, but a cardigan."""

MOST_BASES_LIGHTER: Final = 3
"""How many bases of a ladder the one that is worn may be below the layers' own."""

_ROUNDING_CLO: Final = 1e-9

PULLED_OVER: Final = 1.5
"""How much more of a burden a layer is that is pulled over the head."""


@dataclass(frozen=True)
class Combinations:
    """K outfits that are dressed in by the hour, each in its up to S states: from everything on to
    all off that comes off.

    Attributes:
        outfits: K of them.
        lighter: by how many bases each one's base is below its layers' own, (K,).
    """

    outfits: tuple[Outfit, ...]
    lighter: Positions

    @classmethod
    def of(cls, outfits: Sequence[tuple[Outfit, int]]) -> "Combinations":
        """From outfits, each with how much lighter its base is."""
        return cls(
            tuple(outfit for outfit, _ in outfits), np.array([lighter for _, lighter in outfits])
        )

    @classmethod
    def of_ladder(cls, rungs: Sequence[Outfit], shell: Garment | None) -> "Combinations":
        """Of a ladder's rungs; `shell` goes over layers without a coat, as well as not."""
        found: dict[frozenset[str], tuple[Outfit, int]] = {}
        for outfit, lighter in _combined(rungs, shell):
            found.setdefault(frozenset(outfit.by_id), (outfit, lighter))
        return cls.of(list(found.values()))

    @cached_property
    def clo(self) -> Floats:
        """Insulation in each state, (K, S)."""
        return self._padded([outfit.clo_by_state for outfit in self.outfits])

    @cached_property
    def _distinct(self) -> tuple[Floats, Positions]:
        distinct, at = np.unique(self.clo, return_inverse=True)
        return distinct, at.reshape(self.clo.shape)

    @property
    def distinct_clo(self) -> Floats:
        """The insulations of all states without repetitions, (C,)."""
        return self._distinct[0]

    @property
    def distinct(self) -> Positions:
        """Which of `distinct_clo` each state has, (K, S)."""
        return self._distinct[1]

    @cached_property
    def is_state(self) -> np.ndarray:
        """Which of the S states an outfit has, (K, S)."""
        states = np.array([len(outfit.takings_off) for outfit in self.outfits])
        has: np.ndarray = np.arange(states.max()) < states[:, None]
        return has

    @cached_property
    def small(self) -> Positions:
        """How much of what comes off covers head, hands or neck alone, (K,)."""
        return np.array([len(outfit.small) for outfit in self.outfits])

    @cached_property
    def bare(self) -> Mapping[Place, np.ndarray]:
        """In which states head, hands or neck are bare, (K, S)."""
        turns = np.arange(self.clo.shape[1])
        return {place: turns > self._last_state_with(place)[:, None] for place in SMALL}

    def _last_state_with(self, place: Place) -> Positions:
        """The last state in which something covers a place that comes off, -1 where nothing does,
        (K,)."""
        last = [
            outfit.coming_off.index(garment) if (garment := outfit.at(place)) else -1
            for outfit in self.outfits
        ]
        return np.array(last)

    @cached_property
    def not_a_state(self) -> Floats:
        """Infinite for states that an outfit doesn't have, else 0, (K, S)."""
        return np.where(self.is_state, 0.0, np.inf)

    @cached_property
    def burden_clo2(self) -> Floats:
        """How much of a burden what has been taken off is in each state, clo², (K, S): by the
        square, since a cardigan fits into a bag, and two jackets don't."""
        return self._padded([_burden_clo2(outfit) for outfit in self.outfits])

    @cached_property
    def last_rainproof_state(self) -> Positions:
        """The last state in which what keeps the rain out is still on, -1 where nothing does,
        (K,)."""
        return np.array([_last_rainproof_state(outfit) for outfit in self.outfits])

    def _padded(self, rows: Sequence[Floats]) -> Floats:
        """(K, S), the last state repeated."""
        most = max(len(row) for row in rows)
        return np.stack([np.pad(row, (0, most - len(row)), mode="edge") for row in rows])


def _combined(rungs: Sequence[Outfit], shell: Garment | None) -> Iterator[tuple[Outfit, int]]:
    bases = list(dict.fromkeys(outfit.base for outfit in rungs))
    for outfit in rungs:
        yield outfit, 0
        own = bases.index(outfit.base)
        for layers in _layerings(outfit, shell):
            for lighter in range(own + 1):
                base = bases[own - lighter]
                if _go_together(base, layers, lighter):
                    yield Outfit.of([*layers, *base]), lighter


def _layerings(outfit: Outfit, shell: Garment | None) -> Iterator[tuple[Garment, ...]]:
    """An outfit's layers, and these under the shell where they have no coat."""
    if outfit.coming_off:
        yield outfit.coming_off
    if shell and outfit.at(Place.COAT) is None:
        yield (shell, *outfit.coming_off)


def _go_together(base: Sequence[Garment], layers: Sequence[Garment], lighter: int) -> bool:
    most_clo = min(_most_over_clo(garment) for garment in base)
    if np.isfinite(most_clo):
        return sum(layer.clo for layer in layers) <= most_clo + _ROUNDING_CLO
    return lighter <= MOST_BASES_LIGHTER


def _most_over_clo(garment: Garment) -> float:
    limits = (limit for place in garment.covers for limit in MOST_OVER_CLO.get(place, ()))
    return min((most for up_to, most in limits if garment.clo <= up_to), default=np.inf)


def _burden_clo2(outfit: Outfit) -> Floats:
    burdens = [garment.clo * (1 if garment.opens else PULLED_OVER) for garment in outfit.coming_off]
    return np.concatenate([[0.0], np.cumsum(burdens)]) ** 2


def _last_rainproof_state(outfit: Outfit) -> int:
    found = [turn for turn, garment in enumerate(outfit.coming_off) if garment.is_rainproof]
    return found[0] if found else -1
