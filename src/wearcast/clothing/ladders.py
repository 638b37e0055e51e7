"""Outfits and ladders: per style the outfits from midsummer to deep winter, neighbours one garment
apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from wearcast.clothing.comfort import ensemble_clo
from wearcast.clothing.wardrobe import COVERED, FILE, Garment, Place, Steps, Wardrobe, builtin
from wearcast.errors import ConfigError
from wearcast.forecasting.array_types import Flags, Floats, Positions
from wearcast.vocabulary import Style

UNDERWEAR_CLO: Final = 0.04
"""What everybody wears beneath: ASHRAE 55, men's underwear. The advice doesn't name it."""

LEAST_STEP_CLO: Final = 0.016
"""Between neighbouring rungs. A tenth of a degree feels like a quarter at most, which asks sitting
people for 0.0154 clo: too little to skip a rung."""

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
        taken = [place for garment in garments for place in garment.covers]
        twice = sorted({place for place in taken if taken.count(place) > 1})
        if twice:
            both = [garment.id for garment in garments if twice[0] in garment.covers]
            raise ValueError(f"{' and '.join(both)} both take the place {twice[0].value!r}")
        bare = [place.value for place in COVERED if place not in taken]
        if bare:
            raise ValueError(f"nothing covers {' or '.join(bare)}")
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
        return np.array(
            [clo_of([g for g in self.garments if g.id not in off]) for off in self.takings_off]
        )

    @cached_property
    def _by_place(self) -> dict[Place, Garment]:
        return {place: garment for garment in self.garments for place in garment.covers}

    def at(self, place: Place) -> Garment | None:
        """What takes a place."""
        return self._by_place.get(place)

    def beyond(self, other: "Outfit") -> tuple[Garment, ...]:
        """What this has and the other hasn't."""
        return tuple(garment for garment in self.garments if garment.id not in other.by_id)


def clo_of(garments: Sequence[Garment]) -> float:
    """Insulation of garments worn together over underwear, by ISO 9920."""
    return float(ensemble_clo(np.asarray(UNDERWEAR_CLO + sum(garment.clo for garment in garments))))


@dataclass(frozen=True)
class Ladder:
    """Outfits of ever more insulation, neighbours one garment apart.

    Attributes:
        dry: the rungs.
        wet: the same rungs with garments that keep rain out.
    """

    dry: tuple[Outfit, ...]
    wet: tuple[Outfit, ...]

    @cached_property
    def clo(self) -> Floats:
        """Insulation of each rung."""
        return np.array([outfit.clo for outfit in self.dry])

    @cached_property
    def wanted_from_clo(self) -> Mapping[Place, float]:
        """From which needed insulation on a rung covers head, hands and neck."""
        lower = np.concatenate([[-np.inf], self._between])
        return {
            place: (
                float(lower[np.argmax(self.covers(place))]) if self.covers(place).any() else np.inf
            )
            for place in SMALL
        }

    def covers(self, place: Place) -> Flags:
        """Which rungs cover a place."""
        return self._covering[place]

    @cached_property
    def _covering(self) -> Mapping[Place, Flags]:
        return {
            place: np.array([outfit.at(place) is not None for outfit in self.dry])
            for place in Place
        }

    @cached_property
    def _between(self) -> Floats:
        return (self.clo[1:] + self.clo[:-1]) / 2

    def at(self, needed_clo: float) -> Outfit:
        """The outfit nearest to a needed insulation."""
        return self.dry[int(self.rungs(np.asarray(needed_clo)))]

    def rungs(self, needed_clo: Floats) -> Positions:
        """The rung nearest to each needed insulation, shape as given."""
        return np.searchsorted(self._between, needed_clo, side="right")


@cache
def ladder(style: Style) -> Ladder:
    """The ladder of a style of the wardrobe that comes with Wearcast."""
    return climb(builtin(), style, FILE)


def climb(wardrobe: Wardrobe, style: Style, where: str) -> Ladder:
    """Build a style's ladder; `where` names the wardrobe's origin in the error.

    Raises:
        ConfigError: the style isn't there, a garment isn't known, an outfit can't be worn, or a
            step doesn't warm.
    """
    if style not in wardrobe.styles:
        raise ConfigError(f"{where}: styles.{style.value} is missing.")
    steps = wardrobe.styles[style]
    where = f"{where}: styles.{style.value}"
    start = [_known(wardrobe, id, f"{where}.start") for id in steps.start]
    rungs = [_outfit(start, f"{where}.start")]
    for i, step in enumerate(steps.steps):
        rungs.append(_stepped(wardrobe, rungs[-1], step, f"{where}.steps[{i}] {step!r}"))
    return Ladder(tuple(rungs), _kept_dry(wardrobe, steps, rungs, f"{where}.wet"))


def _stepped(wardrobe: Wardrobe, below: Outfit, step: str, where: str) -> Outfit:
    sign = "+" if step.startswith("+") else ">"
    old, mark, new = (part.strip() for part in step.partition(sign))
    replaces_nothing = mark == ">" and old not in below.by_id
    if not mark or not new or replaces_nothing:
        raise ConfigError(
            f'{where}: must be "+ new" or "old > new", and the outfit has {", ".join(below.by_id)}.'
        )
    kept = [garment for garment in below.garments if garment.id != old]
    outfit = _outfit([*kept, _known(wardrobe, new, where)], where)
    warms_clo = outfit.clo - below.clo
    if warms_clo < LEAST_STEP_CLO:
        raise ConfigError(
            f"{where}: warms by {warms_clo:.3f} clo; a step must bring at least {LEAST_STEP_CLO}."
        )
    return outfit


def _kept_dry(
    wardrobe: Wardrobe, steps: Steps, rungs: Sequence[Outfit], where: str
) -> tuple[Outfit, ...]:
    instead = {old: _known(wardrobe, new, f"{where}.{old}") for old, new in steps.wet.items()}
    for old, new in instead.items():
        replaced = _known(wardrobe, old, where)
        if new.clo < replaced.clo or new.water <= replaced.water:
            raise ConfigError(
                f"{where}.{old}: {new.id} must be at least as warm as {old} and more waterproof."
            )
    dry = []
    for outfit in rungs:
        garments = [instead.get(garment.id, garment) for garment in outfit.garments]
        dry.append(_outfit(garments, where))
    for below, above in pairwise(dry):
        if above.clo < below.clo:
            raise ConfigError(
                f"{where}: {', '.join(above.by_id)} would be less warm than the rung below it."
            )
    return tuple(dry)


def _known(wardrobe: Wardrobe, id: str, where: str) -> Garment:
    if id not in wardrobe.garments:
        raise ConfigError(f"{where}: there is no garment {id!r}.")
    return wardrobe.garments[id]


def _outfit(garments: Sequence[Garment], where: str) -> Outfit:
    try:
        return Outfit.of(garments)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}.") from error
