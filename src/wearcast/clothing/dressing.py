"""Dressing: the outfit that suits all hours outdoors together, and what is on and off hour by hour.

Every combination of a ladder's base and layers is worn through the day in the best way: each hour
costs by how far what is on is from what each member of the forecast asks for, what has been taken
off is carried, and changing costs too. The combination that costs least is the outfit.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from wearcast.clothing.combinations import Combinations
from wearcast.clothing.ladders import Ladder
from wearcast.clothing.outfits import SMALL, Outfit
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.wardrobe import Garment, Place
from wearcast.forecasting.array_types import Flags, Floats, Positions

MARGIN_CLO: Final = 0.15
"""Off by more than this is too cold or too warm: 3.4 °C, a thin knit's worth."""

COLD_COST: Final = 2.2
"""What being too cold costs for being as much too warm, both by the square of the clo."""

BURDEN_COST: Final = 0.05
"""What an hour costs in which layers that make 1 clo are carried, in clo²."""

CHANGE_COST: Final = 0.01
"""What putting on or taking off layers costs, in clo² hours; indoors, between outings, nothing."""

LIGHTER_BASE_COST: Final = 0.0003
"""What an hour costs with each base below the layers' own, in clo²: the ladder's own outfits come
first."""

RAIN_COST: Final = 0.05
"""What an hour of likely, cold rain costs without a layer that keeps it out, in clo²."""

WANTED: Final = 0.5
"""What covers head, hands or neck is worn from this chance on that it is wanted."""

SURPRISE_CLO: Final = 0.1
"""A second outfit is named where it differs by as much."""


@dataclass(frozen=True)
class Dressed:
    """A ladder's answer to needs.

    Attributes:
        needs: what was asked.
        ladder: of the person's style or wardrobe.
        outfit: its garments, rainproof where rain is likely.
        states: how much of the outfit is off at each hour, an index into `Outfit.takings_off`,
            (H,).
    """

    needs: Needs
    ladder: Ladder
    outfit: Outfit
    states: Positions

    @classmethod
    def of(cls, needs: Needs, ladder: Ladder) -> "Dressed":
        """Choose."""
        dressed = cls._worn_best(needs, ladder, _best_outfit(needs, ladder, needs.clo))
        for place in SMALL:
            small = ladder.first_at(place)
            if small and dressed.chance_wanted(place) >= WANTED:
                outfit = Outfit.of([*dressed.outfit.garments, small])
                warmer = cls._worn_best(needs, ladder, outfit)
                if warmer.worn(small)[needs.ahead].sum() >= needs.least_on_h:
                    dressed = warmer
        return dressed

    @classmethod
    def _worn_best(cls, needs: Needs, ladder: Ladder, outfit: Outfit) -> "Dressed":
        """An outfit worn in the best way, also in hours that have passed."""
        alone = Combinations.of([(outfit, 0)])
        states = np.empty(len(needs.ahead), dtype=np.int64)
        for hours in (needs.ahead, ~needs.ahead):
            if hours.any():
                states[hours] = _worn_best(alone, needs.clo[:, hours], needs, hours)[1][0]
        return cls(needs, ladder, outfit, states)

    @property
    def rung(self) -> int:
        """The rung of the ladder whose insulation is nearest to the outfit's."""
        return int(self.ladder.rungs(np.asarray(self.outfit.clo)))

    @cached_property
    def worn_clo(self) -> Floats:
        """The insulation of what is on at each hour, (H,)."""
        worn: Floats = self.outfit.clo_by_state[self.states]
        return worn

    @cached_property
    def _off(self) -> dict[str, Flags]:
        coming_off = enumerate(self.outfit.coming_off)
        return {garment.id: self.states > turn for turn, garment in coming_off}

    def worn(self, garment: Garment) -> Flags:
        """Whether a garment is on at each hour, (H,)."""
        off = self._off.get(garment.id)
        return np.ones(len(self.states), dtype=bool) if off is None else ~off

    @cached_property
    def too_cold_chance(self) -> Floats:
        """The chance that each hour asks for more than what is on and the margin, (H,)."""
        chance: Floats = (self.needs.clo > self.worn_clo + MARGIN_CLO).mean(axis=0)
        return chance

    @cached_property
    def too_warm_chance(self) -> Floats:
        """The chance that each hour asks for less than what is on without the margin, (H,)."""
        chance: Floats = (self.needs.clo < self.worn_clo - MARGIN_CLO).mean(axis=0)
        return chance

    @property
    def too_cold(self) -> float:
        """The expected share of the hours ahead in which what is on is too cold."""
        return float(self.too_cold_chance[self.needs.ahead].mean())

    @property
    def too_warm(self) -> float:
        """The expected share of the hours ahead in which what is on is too warm."""
        return float(self.too_warm_chance[self.needs.ahead].mean())

    def chance_wanted(self, place: Place) -> float:
        """The chance that what covers head, hands or neck is missed, for as long as a layer has to
        be on; 0 where the outfit has something."""
        small = self.ladder.first_at(place)
        if small is None or self.outfit.at(place):
            return 0.0
        ahead, needed_clo = self.needs.ahead, self.needs.clo
        missed = needed_clo >= np.maximum(
            self.ladder.wanted_from_clo[place], self.worn_clo + small.clo
        )
        return float((missed[:, ahead].sum(axis=1) >= self.needs.least_on_h).mean())

    @cached_property
    def second(self) -> Outfit | None:
        """For the likelier surprise, where one of the members near the ends of the 80 % interval
        asks for other clothes."""
        mean_clo = self.needs.clo[:, self.needs.ahead].mean(axis=1)
        order = np.argsort(mean_clo, kind="stable").tolist()
        low, high = order[round(0.1 * (len(order) - 1))], order[round(0.9 * (len(order) - 1))]
        surprises = [(high, mean_clo[high]), (low, mean_clo[low])]
        if self.too_warm > self.too_cold:
            surprises.reverse()
        for member, its_mean_clo in surprises:
            if abs(its_mean_clo - np.median(mean_clo)) < SURPRISE_CLO:
                continue
            other = _best_outfit(self.needs, self.ladder, self.needs.clo[[member]])
            if abs(other.clo - self.outfit.clo) >= SURPRISE_CLO:
                return other
        return None

    @property
    def otherwise(self) -> Outfit:
        """What the coldest hour would ask for, doing something else."""
        rung = int(self.ladder.rungs(np.asarray(self.needs.other_clo)))
        return self.ladder.rungs_on(self.needs.ground)[rung]


def _best_outfit(needs: Needs, ladder: Ladder, clo: Floats) -> Outfit:
    """The outfit for what members ask for, (M, H)."""
    choices, ahead = ladder.combinations(needs.ground), needs.ahead
    costs, states = _worn_best(choices, clo[:, ahead], needs, ahead)
    turns = np.arange(choices.clo.shape[1] - 1)
    on_h = (states[:, None, :] <= turns[:, None]).sum(axis=2)
    hardly_on = (on_h < needs.least_on_h) & choices.is_state[:, 1:]
    # A lighter base is for hours in which something has come off.
    needlessly_light = (choices.lighter > 0) & (states == 0).all(axis=1)
    ruled_out = hardly_on.any(axis=1) | needlessly_light
    costs = np.where(ruled_out, np.inf, costs + LIGHTER_BASE_COST * choices.lighter)
    return choices.outfits[int(np.argmin(costs))]


def _worn_best(
    choices: Combinations, clo: Floats, needs: Needs, hours: Flags
) -> tuple[Floats, Positions]:
    """The least cost of each combination as a mean over N hours, (K,), and the states it is in
    then, (K, N).

    `clo` is what these hours ask for, (M, N).
    """
    distinct, at = choices.distinct_clo
    costs = _discomfort(clo, distinct)[:, at]
    costs += BURDEN_COST * choices.burden_clo2 + np.where(choices.is_state, 0.0, np.inf)
    costs[needs.wet_hours[hours]] += _taken_off_in_rain(choices)
    costs[needs.rainy[hours]] += RAIN_COST * (choices.last_rainproof_state < 0)[:, None]
    total, states = _least_costly(costs, np.where(needs.new_outing[hours], 0.0, CHANGE_COST))
    return total / len(costs), states


def _discomfort(clo: Floats, worn_clo: Floats) -> Floats:
    """The mean cost over members of wearing C insulations at N hours that ask for `clo`, (M, N);
    (N, C)."""
    members = len(clo)
    needed = np.sort(clo, axis=0)
    powers = [
        np.concatenate([np.zeros((1, clo.shape[1])), np.cumsum(needed**power, axis=0)])
        for power in (1, 2)
    ]
    costs = np.empty((clo.shape[1], len(worn_clo)))
    for hour in range(clo.shape[1]):
        less = np.searchsorted(needed[:, hour], worn_clo)
        sums, squares = (power[:, hour] for power in powers)
        warm = less * worn_clo**2 - 2 * worn_clo * sums[less] + squares[less]
        more = members - less
        cold = (
            more * worn_clo**2
            - 2 * worn_clo * (sums[-1] - sums[less])
            + (squares[-1] - squares[less])
        )
        costs[hour] = (warm + COLD_COST * cold) / members
    return costs


def _taken_off_in_rain(choices: Combinations) -> Floats:
    """Infinite for states in which what would keep the rain out is off, else 0, (K, S)."""
    last = choices.last_rainproof_state[:, None]
    off = (last >= 0) & (np.arange(choices.clo.shape[1]) > last)
    return np.where(off, np.inf, 0.0)


def _least_costly(costs: Floats, change_costs: Floats) -> tuple[Floats, Positions]:
    """The least sum of costs over N hours, (K,), and the states that have it, (K, N), by dynamic
    programming (Viterbi).

    Args:
        costs: of each state in each hour, (N, K, S).
        change_costs: of changing the state before each hour, (N,).
    """
    hours, combinations, states = costs.shape
    came_from = np.empty(costs.shape, dtype=np.int64)
    best = costs[0]
    for hour in range(1, hours):
        lowest = best.argmin(axis=1)[:, None]
        after_change = np.take_along_axis(best, lowest, axis=1) + change_costs[hour]
        stays = best <= after_change
        came_from[hour] = np.where(stays, np.arange(states), lowest)
        best = np.where(stays, best, after_change) + costs[hour]
    path = np.empty((combinations, hours), dtype=np.int64)
    path[:, -1] = best.argmin(axis=1)
    every = np.arange(combinations)
    for hour in range(hours - 1, 0, -1):
        path[:, hour - 1] = came_from[hour, every, path[:, hour]]
    return best.min(axis=1), path
