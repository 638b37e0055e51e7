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
        sums, squares = self._sums
        sum_less, squares_less = sums[less, at], squares[less, at]
        squared, doubled = worn_clo**2, 2 * worn_clo
        warm = less * squared - doubled * sum_less + squares_less
        sum_more, squares_more = sums[-1, at] - sum_less, squares[-1, at] - squares_less
        cold = (members - less) * squared - doubled * sum_more + squares_more
        costs: Floats = (warm + COLD_COST * cold) / members
        return costs

    def _needing_less(self, worn_clo: Floats, at: Positions) -> Positions:
        """How many members need less than each insulation at each of N hours, (N, C): all hours are
        searched at once, each lifted above the one before."""
        needed = np.sort(self.clo[:, at[:, 0]], axis=0)
        lifted_clo = _LIFT_CLO * np.arange(len(at))[:, None]
        found = np.searchsorted((needed.T + lifted_clo).ravel(), worn_clo + lifted_clo)
        return found - len(needed) * np.arange(len(at))[:, None]

    @cached_property
    def _sums(self) -> tuple[Floats, Floats]:
        """The sums of the 0 to M lowest needs and of their squares, (M + 1, H)."""
        needed = np.sort(self.clo, axis=0)
        nothing = np.zeros((1, needed.shape[1]))
        sums = np.concatenate([nothing, np.cumsum(needed, axis=0)])
        return sums, np.concatenate([nothing, np.cumsum(needed**2, axis=0)])
