"""Dressing: the rung of a ladder that the needs ask for, what is on and off hour by hour, and how
sure that is."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from wearcast.clothing.ladders import Ladder, Outfit
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.wardrobe import Garment
from wearcast.forecasting.array_types import Flags, Floats, Positions

MARGIN_CLO: Final = 0.15
"""Off by more than this is too cold or too warm: 3.4 °C, a thin knit's worth."""

SPAN_RUNGS: Final = 2
"""A second outfit where the 80 % interval reaches this far from the first."""


@dataclass(frozen=True)
class Dressed:
    """A ladder's answer to needs.

    Attributes:
        needs: what was asked.
        ladder: of the person's style or wardrobe.
        rung: nearest to what the coldest hour asks for.
        outfit: its garments, rainproof where rain is likely.
        states: how much of the outfit is off at each hour, an index into `Outfit.takings_off`,
            (H,).
    """

    needs: Needs
    ladder: Ladder
    rung: int
    outfit: Outfit
    states: Positions

    @classmethod
    def of(cls, needs: Needs, ladder: Ladder) -> "Dressed":
        """Choose."""
        rung = int(ladder.rungs(np.asarray(needs.typical_clo)))
        outfit = _rungs(needs, ladder)[rung]
        states = _unhurried(_states(outfit, ladder, needs.hourly_clo))
        kept_dry = np.minimum(states, _last_rainproof_state(outfit))
        return cls(
            needs=needs,
            ladder=ladder,
            rung=rung,
            outfit=outfit,
            states=np.where(needs.rainy, kept_dry, states),
        )

    @cached_property
    def _off(self) -> dict[str, Flags]:
        coming_off = enumerate(self.outfit.coming_off)
        return {garment.id: self.states > turn for turn, garment in coming_off}

    def worn(self, garment: Garment) -> Flags:
        """Whether a garment is on at each hour, (H,)."""
        off = self._off.get(garment.id)
        return np.ones(len(self.states), dtype=bool) if off is None else ~off

    @property
    def too_cold(self) -> float:
        """The chance that the coldest hour asks for more than the outfit and the margin."""
        return float((self.needs.most_clo > self.outfit.clo + MARGIN_CLO).mean())

    @property
    def too_warm(self) -> float:
        """The chance that even the coldest hour asks for less than the outfit without the
        margin."""
        return float((self.needs.most_clo < self.outfit.clo - MARGIN_CLO).mean())

    @cached_property
    def members_rungs(self) -> Positions:
        """The rung that each member asks for, (M,)."""
        return self.ladder.rungs(self.needs.most_clo)

    @property
    def second(self) -> Outfit | None:
        """For the likelier surprise, where the 80 % interval spans rungs."""
        ordered = np.sort(self.members_rungs).tolist()
        last = len(ordered) - 1
        low, high = ordered[round(0.1 * last)], ordered[round(0.9 * last)]
        colder = high - self.rung >= SPAN_RUNGS
        warmer = self.rung - low >= SPAN_RUNGS
        if colder and warmer:
            return self._on(high if self.too_cold >= self.too_warm else low)
        if colder or warmer:
            return self._on(high if colder else low)
        return None

    @property
    def otherwise(self) -> Outfit:
        """What the day would ask for, doing something else."""
        return self._on(int(self.ladder.rungs(np.asarray(self.needs.other_clo))))

    def _on(self, rung: int) -> Outfit:
        return _rungs(self.needs, self.ladder)[rung]


def _rungs(needs: Needs, ladder: Ladder) -> tuple[Outfit, ...]:
    """Of rainproof garments where rain is likely."""
    return ladder.wet if needs.rain_is_likely else ladder.dry


def _states(outfit: Outfit, ladder: Ladder, needed_clo: Floats) -> Positions:
    """How much is off at each hour: the layers whose insulation is nearest to what is needed.

    Hat, gloves and scarf stay on as long as the ladder would have them.
    """
    clo = outfit.clo_by_state
    from_clo = (clo[1:] + clo[:-1]) / 2
    for i, garment in enumerate(outfit.coming_off):
        from_clo[i] = ladder.wanted_from_clo.get(garment.covers[0], from_clo[i])
    return np.searchsorted(-np.minimum.accumulate(from_clo), -needed_clo, side="left")


def _last_rainproof_state(outfit: Outfit) -> int:
    """The last state in which what keeps the rain out is still on; the last of all where nothing
    does."""
    found = [turn for turn, garment in enumerate(outfit.coming_off) if garment.water == 2]
    return found[0] if found else len(outfit.coming_off)


def _unhurried(states: Positions) -> Positions:
    """The median of each hour and its neighbours: nobody undresses for a single hour."""
    before = np.concatenate([states[:1], states[:-1]])
    after = np.concatenate([states[1:], states[-1:]])
    median: Positions = np.sort(np.stack([before, states, after]), axis=0)[1]
    return median
