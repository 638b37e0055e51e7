"""Trajectories that agree with a day's chance of rain.

The order of the members says how long it rains when it does (`wet_spells`). With guidance a day's
chance is known for itself. So members that are wet in some hour of it change places with others,
hour by hour, until as many have a wet hour as the day's chance says: no hour's chance and amounts
change by that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wearcast.forecasting.array_types import Flags, Floats, Positions


@dataclass(frozen=True)
class WetDays:
    """Waking days ahead with a chance of a wet hour, for B issue times and D days.

    Attributes:
        first, stop: the hours of each, counted from 0, up to before `stop`: (B, D).
        chance: NaN where nothing is known of the day, (B, D).
    """

    first: Positions
    stop: Positions
    chance: Floats

    def one(self, i: int) -> "WetDays":
        """Those of one issue time."""
        return WetDays(
            first=self.first[[i]],
            stop=self.stop[[i]],
            chance=self.chance[[i]],
        )

    @classmethod
    def joined(cls, parts: Sequence["WetDays"]) -> "WetDays":
        """Those of several issue times, one after the other."""
        return cls(
            first=np.concatenate([part.first for part in parts]),
            stop=np.concatenate([part.stop for part in parts]),
            chance=np.concatenate([part.chance for part in parts]),
        )


def agreeing_order(
    order: NDArray[np.uint8],
    hourly_chance: Floats,
    first: Positions,
    stop: Positions,
    day_chance: Floats,
) -> NDArray[np.uint8]:
    """The order in which each day's share of wet members is as near to its chance as the hours'
    chances allow.

    Args:
        order: for each lead the rank of each member by rain, (M, L).
        hourly_chance: of a wet hour, (L,).
        first, stop: the hours of D days that don't overlap, up to before `stop`: (D,).
        day_chance: of a wet hour in them, NaN where it is unknown and nothing changes, (D,).
    """
    agreeing = order.copy()
    for day in np.flatnonzero(np.isfinite(day_chance)):
        hours = slice(int(first[day]), int(stop[day]))
        chances = hourly_chance[hours]
        if np.isfinite(chances).all():
            ranks = _Day.of(order[:, hours], chances)
            agreeing[:, hours] = ranks.agreeing(float(day_chance[day]))
    return agreeing


class _Day:
    """The ranks of the members by rain, and which of them are wet: (M, hours) each."""

    def __init__(self, order: NDArray[np.uint8], is_wet: Flags) -> None:
        self.order = order
        self.is_wet = is_wet

    @classmethod
    def of(cls, order: NDArray[np.uint8], chances: Floats) -> "_Day":
        """Those of a day, whose hours have these chances."""
        members = len(order)
        dry = 1 - chances
        levels = (order + 0.5) / members
        return cls(order.copy(), levels > dry)

    def agreeing(self, chance: float) -> NDArray[np.uint8]:
        """The order in which so large a share of members is wet in some hour, or the nearest that
        there can be."""
        members = len(self.order)
        wanted = round(chance * members)
        by_hour = self.is_wet.sum(axis=0)
        most = min(members, int(by_hour.sum()))
        least = int(by_hour.max(initial=0))
        wanted = min(max(wanted, least), most)
        while self._wet_members() > wanted:
            self._dry_out()
        while self._wet_members() < wanted:
            self._wet_another()
        return self.order

    def _wet_members(self) -> int:
        is_wet_member = self.is_wet.any(axis=1)
        return int(is_wet_member.sum())

    def _dry_out(self) -> None:
        """Give the wet hours of the member with the fewest to others that are wet, each to the one
        that is wet the nearest in time."""
        hours_wet = self.is_wet.sum(axis=1)
        wet = np.flatnonzero(hours_wet)
        fewest = hours_wet[wet].argmin()
        giver = int(wet[fewest])
        wet_hours: list[int] = np.flatnonzero(self.is_wet[giver]).tolist()
        for hour in wet_hours:
            taker = self._nearest_taker(hour)
            self._swap(giver, taker, hour)

    def _nearest_taker(self, hour: int) -> int:
        """Of the members that are wet at another hour than this one, that which is so the nearest
        in time."""
        is_wet_member = self.is_wet.any(axis=1)
        is_dry_then = ~self.is_wet[:, hour]
        takers: list[int] = np.flatnonzero(is_wet_member & is_dry_then).tolist()
        distances = [self._distance(taker, hour) for taker in takers]
        nearest = int(np.argmin(distances))
        return takers[nearest]

    def _distance(self, member: int, hour: int) -> int:
        wet_hours = np.flatnonzero(self.is_wet[member])
        return int(np.abs(wet_hours - hour).min())

    def _wet_another(self) -> None:
        """Give the wettest hour of the member with the most wet hours to a dry one, that which was
        the nearest to wet: a day with one wet hour has a shower rather than drizzle."""
        hours_wet = self.is_wet.sum(axis=1)
        giver = int(hours_wet.argmax())
        wet_hours = np.flatnonzero(self.is_wet[giver])
        wettest = self.order[giver, wet_hours].argmax()
        dry = np.flatnonzero(hours_wet == 0)
        highest_ranks = self.order[dry].max(axis=1)
        nearest = highest_ranks.argmax()
        self._swap(giver, int(dry[nearest]), int(wet_hours[wettest]))

    def _swap(self, one: int, other: int, hour: int) -> None:
        for array in (self.order, self.is_wet):
            kept = array[one, hour]
            array[one, hour] = array[other, hour]
            array[other, hour] = kept
