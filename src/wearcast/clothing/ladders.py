"""Ladders: per style and activity the outfits from midsummer to deep winter, neighbours one garment
apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Final

import numpy as np

from wearcast.clothing.combinations import Combinations
from wearcast.clothing.comfort import effort_share
from wearcast.clothing.outfits import SMALL, Outfit
from wearcast.clothing.wardrobe import (
    FILE,
    Garment,
    Ground,
    Place,
    Steps,
    StyleSteps,
    Wardrobe,
    builtin,
)
from wearcast.errors import ConfigError
from wearcast.forecasting.array_types import Flags, Floats, Positions
from wearcast.vocabulary import Activity, Layer, Style

LEAST_STEP_CLO: Final = 0.016
"""Between neighbouring rungs. A tenth of a degree feels like a quarter at most, which asks sitting
people for 0.0154 clo: too little to skip a rung."""


@dataclass(frozen=True, eq=False)
class Ladder:
    """Outfits of ever more insulation, neighbours one garment apart.

    Attributes:
        dry: the rungs.
        wet: the same rungs with garments that keep rain out.
        snowy: the same rungs with shoes that keep snow out.
        shell: what keeps rain out over an outfit without a coat.
    """

    dry: tuple[Outfit, ...]
    wet: tuple[Outfit, ...]
    snowy: tuple[Outfit, ...]
    shell: Garment | None

    def rungs_on(self, ground: Ground) -> tuple[Outfit, ...]:
        """The rungs for a ground."""
        return {Ground.DRY: self.dry, Ground.WET: self.wet, Ground.SNOWY: self.snowy}[ground]

    def combinations(self, ground: Ground) -> Combinations:
        """What may be worn together on a ground."""
        if ground not in self._combinations:
            shell = self.shell if ground is Ground.WET else None
            made = Combinations.of_ladder(self.rungs_on(ground), shell)
            self._combinations[ground] = made
        return self._combinations[ground]

    @cached_property
    def _combinations(self) -> dict[Ground, Combinations]:
        return {}

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

    def first_at(self, place: Place) -> Garment | None:
        """What takes a place on the lightest rung that covers it."""
        return self._first_at[place]

    @cached_property
    def _first_at(self) -> Mapping[Place, Garment | None]:
        return {
            place: next(filter(None, (outfit.at(place) for outfit in self.dry)), None)
            for place in Place
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
def ladder(style: Style, activity: Activity = Activity.STROLLING) -> Ladder:
    """The ladder of a style for an activity, of the wardrobe that comes with Wearcast."""
    return climb(builtin(), style, activity, FILE)


def climb(wardrobe: Wardrobe, style: Style, activity: Activity, where: str) -> Ladder:
    """Build the ladder of a style for an activity; `where` names the wardrobe's origin in errors.

    Raises:
        ConfigError: the style isn't there, a garment isn't known, an outfit can't be worn, or a
            step doesn't warm.
    """
    if style not in wardrobe.styles:
        raise ConfigError(f"{where}: styles.{style.value} is missing.")
    if activity in wardrobe.activities:
        steps: Steps = wardrobe.activities[activity]
        where = f"{where}: activities.{activity.value}"
    else:
        steps = wardrobe.styles[style]
        where = f"{where}: styles.{style.value}"
    rungs = _climbed(wardrobe, steps, where)
    instead: Mapping[str, Garment] = {}
    if isinstance(steps, StyleSteps):
        if activity is Activity.CYCLING:
            instead = _by_id(wardrobe, steps.cycling, f"{where}.cycling")
            rungs = [_exchanged(outfit, instead, where) for outfit in rungs]
        share = effort_share(activity)
        if share < 1:
            covered_early = _small_things_early(rungs, share)
            rungs = _warming(covered_early)
    wet = _by_id(wardrobe, steps.wet, f"{where}.wet")
    shoes = {old: new for old, new in wet.items() if new.layer is Layer.FEET}
    shell = _shell(wardrobe, steps, instead, f"{where}.shell")
    return Ladder(
        dry=tuple(rungs),
        wet=_kept_dry(wardrobe, wet, rungs, instead, f"{where}.wet"),
        snowy=_kept_dry(wardrobe, shoes, rungs, instead, f"{where}.wet"),
        shell=shell,
    )


def _shell(
    wardrobe: Wardrobe, steps: Steps, instead: Mapping[str, Garment], where: str
) -> Garment | None:
    if not steps.shell:
        return None
    shell = _known(wardrobe, steps.shell, where)
    return instead.get(shell.id, shell)


def _climbed(wardrobe: Wardrobe, steps: Steps, where: str) -> list[Outfit]:
    start = [_known(wardrobe, id, f"{where}.start") for id in steps.start]
    rungs = [_outfit(start, f"{where}.start")]
    for i, step in enumerate(steps.steps):
        of_step = f"{where}.steps[{i}] {step!r}"
        rung = _stepped(wardrobe, rungs[-1], step, of_step)
        rungs.append(rung)
    return rungs


def _by_id(wardrobe: Wardrobe, instead: Mapping[str, str], where: str) -> dict[str, Garment]:
    return {old: _known(wardrobe, new, f"{where}.{old}") for old, new in instead.items()}


def _exchanged(outfit: Outfit, instead: Mapping[str, Garment], where: str) -> Outfit:
    garments = (instead.get(garment.id, garment) for garment in outfit.garments)
    return _outfit(list(dict.fromkeys(garments)), where)


def _small_things_early(rungs: Sequence[Outfit], share: float) -> list[Outfit]:
    """The rungs with head, hands and neck covered from a `share` of the insulation on, for they are
    no warmer for the legs' work."""
    from_clo = {garment: outfit.clo for outfit in reversed(rungs) for garment in outfit.small}
    first = {garment.covers: garment for garment in from_clo}
    waiting = sorted(first.values(), key=lambda garment: from_clo[garment])
    climbed: list[Outfit] = []
    worn: list[Garment] = []
    for outfit in rungs:
        while waiting and outfit.clo >= share * from_clo[waiting[0]]:
            garment = waiting.pop(0)
            worn.append(garment)
            if climbed:
                climbed.append(_with_bare_places(climbed[-1], [garment]))
        climbed.append(_with_bare_places(outfit, worn))
    return climbed


def _with_bare_places(outfit: Outfit, garments: Sequence[Garment]) -> Outfit:
    """With those of the garments whose place nothing takes yet."""
    bare = [garment for garment in garments if outfit.at(garment.covers[0]) is None]
    return Outfit.of([*outfit.garments, *bare])


def _warming(rungs: Sequence[Outfit]) -> list[Outfit]:
    """Those that are warmer than the one before."""
    kept = list(rungs[:1])
    for outfit in rungs[1:]:
        if outfit.clo - kept[-1].clo >= LEAST_STEP_CLO:
            kept.append(outfit)
    return kept


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
    wardrobe: Wardrobe,
    drier: Mapping[str, Garment],
    rungs: Sequence[Outfit],
    instead: Mapping[str, Garment],
    where: str,
) -> tuple[Outfit, ...]:
    for old, new in drier.items():
        replaced = _known(wardrobe, old, where)
        if new.clo < replaced.clo or new.water <= replaced.water:
            raise ConfigError(
                f"{where}.{old}: {new.id} must be at least as warm as {old} and more waterproof."
            )
    dry = [_exchanged(_exchanged(outfit, drier, where), instead, where) for outfit in rungs]
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
