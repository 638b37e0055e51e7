"""Dressing: the outfit that suits all hours outdoors together, and what is on and off hour by hour.

Every combination of a ladder's base and layers is worn through the day in the best way: each hour
costs by how far what is on is from what each member of the forecast asks for, what has been taken
off is carried, and changing costs too. The combination that costs least is the outfit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from wearcast.clothing.combinations import Combinations
from wearcast.clothing.discomfort import Discomfort
from wearcast.clothing.ladders import Ladder
from wearcast.clothing.member_chance import chance_above
from wearcast.clothing.outfits import SMALL, Outfit
from wearcast.clothing.required_insulation import COVERED_FROM_C, Needs
from wearcast.clothing.umbrella import obstacle
from wearcast.clothing.wardrobe import Garment, Place
from wearcast.forecasting.array_types import Flags, Floats, Positions
from wearcast.vocabulary import Activity, Precipitation

MARGIN_CLO: Final = 0.15
"""Off by more than this is too cold or too warm: 3.3 °C, a thin knit's worth."""

BURDEN_COST: Final = 0.05
"""What an hour costs in which layers that make 1 clo are carried, in clo²."""

CHANGE_COST: Final = 0.01
"""What putting on or taking off layers costs, in clo² hours; indoors, between outings, nothing."""

LIGHTER_BASE_COST: Final = 0.0003
"""What an hour costs with each base below the layers' own, in clo²: the ladder's own outfits come
first."""

RAIN_COST: Final = 0.05
"""What an hour of likely, cold rain costs without a layer that keeps it out, in clo²."""

NO_UMBRELLA_COST: Final = 0.2
"""The same in any rain where an umbrella won't do; runners rather get wet than hot."""

BARE_COST: Final = 0.05
"""What an hour in the frost costs with bare hands, neck or head, in clo²."""

WANTED: Final = 0.5
"""What covers head, hands or neck is worn from this chance on that it is wanted."""

UNSURE: Final = 0.2
"""From this share of hours on that may be too cold or too warm a second outfit is looked for."""

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
        outfit, ahead = _best_outfit(needs, ladder, needs.discomfort)
        dressed = cls._with_hours_that_passed(needs, ladder, outfit, ahead)
        for place in SMALL:
            small = ladder.first_at(place)
            if small and dressed.chances_wanted[place] >= WANTED:
                outfit = Outfit.of([*dressed.outfit.garments, small])
                ahead = _best_states(outfit, needs, needs.ahead)
                if _on_h(outfit, small, ahead) >= needs.least_on_h:
                    dressed = cls._with_hours_that_passed(needs, ladder, outfit, ahead)
        return dressed

    @classmethod
    def _with_hours_that_passed(
        cls, needs: Needs, ladder: Ladder, outfit: Outfit, ahead: Positions
    ) -> "Dressed":
        """The hours ahead in these states, and those before in the best ones."""
        states = np.empty(len(needs.ahead), dtype=np.int64)
        states[needs.ahead] = ahead
        passed = ~needs.ahead
        if passed.any():
            states[passed] = _best_states(outfit, needs, passed)
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
        off = {}
        for turn, garment in enumerate(self.outfit.coming_off):
            off[garment.id] = self.states > turn
        return off

    def worn(self, garment: Garment) -> Flags:
        """Whether a garment is on at each hour, (H,)."""
        off = self._off.get(garment.id)
        if off is None:
            return np.ones(len(self.states), dtype=bool)
        return ~off

    @cached_property
    def too_cold_chance(self) -> Floats:
        """The chance that each hour asks for more than what is on and the margin, (H,)."""
        return chance_above(self.needs.clo, self.worn_clo + MARGIN_CLO)

    @cached_property
    def too_warm_chance(self) -> Floats:
        """The chance that each hour asks for less than what is on without the margin, (H,)."""
        return chance_above(-self.needs.clo, MARGIN_CLO - self.worn_clo)

    @property
    def too_cold(self) -> float:
        """The expected share of the hours ahead in which what is on is too cold."""
        return float(self.too_cold_chance[self.needs.ahead].mean())

    @property
    def too_warm(self) -> float:
        """The expected share of the hours ahead in which what is on is too warm."""
        return float(self.too_warm_chance[self.needs.ahead].mean())

    @cached_property
    def chances_wanted(self) -> Mapping[Place, float]:
        """The chances that what covers head, hands or neck is missed, for as long as a layer has to
        be on; 0 where the outfit has something."""
        return {place: self._chance_wanted(place) for place in SMALL}

    def _chance_wanted(self, place: Place) -> float:
        small = self.ladder.first_at(place)
        from_clo = self.ladder.wanted_from_clo[place]
        if small is None or self.outfit.at(place):
            return 0.0
        is_frosty = self.needs.feels_c <= COVERED_FROM_C[place]
        if self.needs.peak_clo < from_clo and not is_frosty.any():
            return 0.0
        with_it_clo = self.worn_clo + small.clo
        wanted_clo = np.maximum(from_clo, with_it_clo)
        is_missed = is_frosty | (self.needs.clo >= wanted_clo)
        missed_h = is_missed[:, self.needs.ahead].sum(axis=1)
        is_wanted = missed_h >= self.needs.least_on_h
        return float(is_wanted.mean())

    @cached_property
    def second(self) -> Outfit | None:
        """For the likelier surprise, where one of the members near the ends of the 80 % interval
        asks for other clothes."""
        if self.too_cold + self.too_warm < UNSURE:
            return None
        mean_clo = self.needs.clo[:, self.needs.ahead].mean(axis=1)
        median_clo = np.median(mean_clo)
        order = np.argsort(mean_clo, kind="stable").tolist()
        last = len(order) - 1
        coldest = order[round(0.9 * last)]
        warmest = order[round(0.1 * last)]
        members = [coldest, warmest]
        if self.too_warm > self.too_cold:
            members.reverse()
        for member in members:
            if abs(mean_clo[member] - median_clo) < SURPRISE_CLO:
                continue
            of_member = Discomfort(self.needs.clo[[member]])
            other, _ = _best_outfit(self.needs, self.ladder, of_member)
            if abs(other.clo - self.outfit.clo) >= SURPRISE_CLO:
                return other
        return None

    @property
    def otherwise(self) -> Outfit:
        """What the coldest hour would ask for, doing something else."""
        needed_clo = np.asarray(self.needs.other_clo)
        rung = int(self.ladder.rungs(needed_clo))
        return self.ladder.rungs_on(self.needs.ground)[rung]


def _best_states(outfit: Outfit, needs: Needs, hours: Flags) -> Positions:
    """The states in which an outfit costs least in N hours, (N,)."""
    alone = Combinations.of([(outfit, 0)])
    _, states = _worn_best(alone, needs, hours, needs.discomfort)
    of_outfit: Positions = states[0]
    return of_outfit


def _on_h(outfit: Outfit, garment: Garment, states: Positions) -> int:
    """For how many hours a garment that comes off is on."""
    turn = outfit.coming_off.index(garment)
    is_on = states <= turn
    return int(is_on.sum())


def _best_outfit(needs: Needs, ladder: Ladder, discomfort: Discomfort) -> tuple[Outfit, Positions]:
    """The outfit for the hours ahead, and the states it is in then."""
    choices = ladder.combinations(needs.ground)
    costs, states = _worn_best(choices, needs, needs.ahead, discomfort)
    hardly_on = _hardly_on(choices, states, needs.least_on_h)
    # A lighter base is for hours in which a layer has come off, not just a hat.
    layers_stay_on = (choices.small >= states.T).all(axis=0)
    needlessly_light = layers_stay_on & (choices.lighter > 0)
    costs += LIGHTER_BASE_COST * choices.lighter
    costs[hardly_on | needlessly_light] = np.inf
    best = int(np.argmin(costs))
    return choices.outfits[best], states[best]


def _hardly_on(choices: Combinations, states: Positions, least_on_h: int) -> Flags:
    """Whether a combination has a garment that comes off and is on for fewer hours, (K,)."""
    turns = np.arange(choices.clo.shape[1] - 1)
    is_on = states[:, None, :] <= turns[:, None]
    on_h = is_on.sum(axis=2)
    comes_off = choices.is_state[:, 1:]
    is_hardly_on = comes_off & (on_h < least_on_h)
    any_hardly_on: Flags = np.any(is_hardly_on, axis=1)
    return any_hardly_on


def _worn_best(
    choices: Combinations, needs: Needs, hours: Flags, discomfort: Discomfort
) -> tuple[Floats, Positions]:
    """The least cost of each combination as a mean over N hours, (K,), and the states it is in
    then, (K, N)."""
    costs = _costs(choices, needs, hours, discomfort)
    change_costs = np.where(needs.new_outing[hours], 0.0, CHANGE_COST)
    total, states = _least_costly(costs, change_costs)
    return total / len(costs), states


def _costs(choices: Combinations, needs: Needs, hours: Flags, discomfort: Discomfort) -> Floats:
    """What each state costs in each of N hours, (N, K, S)."""
    discomfort_costs = discomfort.wearing(choices.distinct_clo, hours)
    costs = discomfort_costs[:, choices.distinct]
    costs += BURDEN_COST * choices.burden_clo2 + choices.not_a_state
    for place, frosty in needs.bare_in_frost.items():
        if frosty.any():
            is_frosty = frosty[hours]
            costs += BARE_COST * is_frosty[:, None, None] * choices.bare[place]
    is_wet = needs.wet_hours[hours]
    if is_wet.any():
        costs[is_wet] += _taken_off_in_rain(choices)
        never_rainproof = choices.last_rainproof_state < 0
        rain_costs = _rain_costs(needs)[hours]
        costs += rain_costs[:, None, None] * never_rainproof[:, None]
    return costs


def _rain_costs(needs: Needs) -> Floats:
    """What each hour costs without a layer that keeps the rain out, clo², (H,)."""
    costs = np.where(needs.rainy, RAIN_COST, 0.0)
    snow = needs.precipitation is Precipitation.SNOW
    if obstacle(needs) is None or needs.settings.activity is Activity.RUNNING or snow:
        return costs
    return np.where(needs.wet_hours, NO_UMBRELLA_COST, costs)


def _taken_off_in_rain(choices: Combinations) -> Floats:
    """Infinite for states in which what would keep the rain out is off, else 0, (K, S)."""
    last = choices.last_rainproof_state[:, None]
    states = np.arange(choices.clo.shape[1])
    is_off = (last >= 0) & (states > last)
    return np.where(is_off, np.inf, 0.0)


def _least_costly(costs: Floats, change_costs: Floats) -> tuple[Floats, Positions]:
    """The least sum of costs over N hours, (K,), and the states that have it, (K, N), by dynamic
    programming (Viterbi).

    Args:
        costs: of each state in each hour, (N, K, S).
        change_costs: of changing the state before each hour, (N,).
    """
    hours, combinations, _ = costs.shape
    # With the combinations along the last axis numpy reduces over the states several times faster.
    states_before_combinations = costs.transpose(0, 2, 1)
    best = np.array(states_before_combinations, order="C")
    after_change = np.empty((hours, combinations))
    for hour in range(1, hours):
        before = best[hour - 1]
        cheapest = before.min(axis=0)
        after_change[hour] = cheapest + change_costs[hour]
        best[hour] += np.minimum(before, after_change[hour])
    least = best[-1].min(axis=0)
    path = _cheapest_path(best, after_change)
    return least, path.T


def _cheapest_path(best: Floats, after_change: Floats) -> Positions:
    """The state at each hour, (N, K), from the least costs up to it in each state, (N, S, K), and
    the least with a change just before it, (N, K)."""
    hours, _, combinations = best.shape
    every = np.arange(combinations)
    path = np.empty((hours, combinations), dtype=np.int64)
    path[-1] = best[-1].argmin(axis=0)
    for hour in range(hours - 1, 0, -1):
        state = path[hour]
        before = best[hour - 1]
        same_state = before[state, every]
        stays = same_state <= after_change[hour]
        cheapest = before.argmin(axis=0)
        path[hour - 1] = np.where(stays, state, cheapest)
    return path
