"""What it costs to wear too little or too much."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Positions

COLD_COST: Final = 2.2
"""What being too cold costs for being as much too warm, both by the square of the clo."""

_LIFT_CLO: Final = 100.0
"""More than anybody needs or wears."""


@dataclass(frozen=True, eq=False)
class Discomfort:
    """Of M members' needs in H hours, for any insulation that is worn.

    Attributes:
        clo: what each member asks for, (M, H).
    """

    clo: Floats

    def wearing(self, worn_clo: Floats, hours: Flags) -> Floats:
        """The mean cost over members of wearing C insulations in N of the hours, (N, C), clo².

        The sums over members of (worn − needed)² fall apart into powers of what is worn times sums
        over those who need less and those who need more.
        """
        members = len(self.clo)
        at = np.flatnonzero(hours)[:, None]
        less = self._needing_less(worn_clo, at)
        sums, squares = self._sums_of_lowest
        sum_less = sums[less, at]
        squares_less = squares[less, at]
        squared = worn_clo**2
        doubled = 2 * worn_clo
        warm = less * squared - doubled * sum_less + squares_less
        more = members - less
        sum_more = sums[-1, at] - sum_less
        squares_more = squares[-1, at] - squares_less
        cold = more * squared - doubled * sum_more + squares_more
        costs: Floats = (warm + COLD_COST * cold) / members
        return costs

    def _needing_less(self, worn_clo: Floats, at: Positions) -> Positions:
        """How many members need less than each insulation at each of N hours, (N, C): all hours are
        searched at once, each lifted above the one before."""
        needed = self._rising[:, at[:, 0]]
        nth_hour = np.arange(len(at))[:, None]
        lift_clo = _LIFT_CLO * nth_hour
        lifted = needed.T + lift_clo
        found = np.searchsorted(lifted.ravel(), worn_clo + lift_clo)
        return found - len(needed) * nth_hour

    @cached_property
    def _rising(self) -> Floats:
        """What is asked for, in rising order in each hour, (M, H)."""
        return np.sort(self.clo, axis=0)

    @cached_property
    def _sums_of_lowest(self) -> tuple[Floats, Floats]:
        """The sums of the 0 to M lowest needs and of their squares, (M + 1, H)."""
        needed = self._rising
        nothing = np.zeros((1, needed.shape[1]))
        sums = np.concatenate([nothing, np.cumsum(needed, axis=0)])
        return sums, np.concatenate([nothing, np.cumsum(needed**2, axis=0)])
