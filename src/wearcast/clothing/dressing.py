"""Dressing: the rung of a ladder that the needs ask for, what is on and off hour by hour, and how sure that is."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from wearcast.clothing.comfort import Activity
from wearcast.clothing.ladders import Ladder, Outfit
from wearcast.clothing.needs import Needs
from wearcast.clothing.wardrobe import Garment
from wearcast.forecasting.arrays import Floats, Positions

MARGIN_CLO: Final = 0.15
"""Off by more than this is too cold or too warm: 3.4 °C, a thin knit's worth."""

WET_CHANCE: Final = 0.5
"""From this chance of rain on, garments that keep it out."""

SMALL_MARGIN_CLO: Final = 0.1
"""What covers head, hands and neck insulates little and is wanted all the same: it goes when the rest is enough by this."""

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
        states: how much of the outfit is off at each hour, an index into `Outfit.takings_off`, (H,).
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
        outfit = (ladder.wet if needs.rain_chance >= WET_CHANCE else ladder.dry)[rung]
        return cls(needs, ladder, rung, outfit, _unhurried(_states(outfit, needs.hourly_clo)))

    def worn(self, garment: Garment) -> np.ndarray:
        """Whether a garment is on at each hour, (H,)."""
        off = np.array([garment.id in state for state in self.outfit.takings_off])
        return ~off[self.states]

    @property
    def too_cold(self) -> float:
        """The chance that the coldest hour asks for more than the outfit and the margin."""
        return float((self.needs.most_clo > self.outfit.clo + MARGIN_CLO).mean())

    @property
    def too_warm(self) -> float:
        """The chance that even the coldest hour asks for less than the outfit without the margin."""
        return float((self.needs.most_clo < self.outfit.clo - MARGIN_CLO).mean())

    @cached_property
    def members_rungs(self) -> Positions:
        """The rung that each member asks for, (M,)."""
        return self.ladder.rungs(self.needs.most_clo)

    @property
    def second(self) -> Outfit | None:
        """For the likelier surprise, where the 80 % interval spans rungs."""
        low, high = (int(np.quantile(self.members_rungs, level, method="nearest")) for level in (0.1, 0.9))
        colder, warmer = high - self.rung >= SPAN_RUNGS, self.rung - low >= SPAN_RUNGS
        if not colder and not warmer:
            return None
        rung = high if colder and (self.too_cold >= self.too_warm or not warmer) else low
        return (self.ladder.wet if self.needs.rain_chance >= WET_CHANCE else self.ladder.dry)[rung]

    def when(self, activity: Activity) -> Outfit:
        """What the same day would ask for, doing something else."""
        rung = int(self.ladder.rungs(np.asarray(self.needs.clo_when(activity))))
        return (self.ladder.wet if self.needs.rain_chance >= WET_CHANCE else self.ladder.dry)[rung]


def _states(outfit: Outfit, needed_clo: Floats) -> Positions:
    """The state whose insulation is nearest; hat, gloves and scarf stay on until the rest is clearly enough."""
    clo = outfit.clo_by_state
    between = (clo[1:] + clo[:-1]) / 2
    if outfit.small_things_first:
        between[0] = clo[1] - SMALL_MARGIN_CLO
    between = np.minimum.accumulate(between)
    return np.searchsorted(-between, -needed_clo, side="right")


def _unhurried(states: Positions) -> Positions:
    """The middle of each hour and its neighbours: nobody undresses for a single hour."""
    padded = np.pad(states, 1, mode="edge")
    middle: Positions = np.median(np.lib.stride_tricks.sliding_window_view(padded, 3), axis=1).astype(np.int64)
    return middle
