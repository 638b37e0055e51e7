"""How much colder a person feels than most, in °C, learned from what they said of past advice.

A vote says that what was worn on a day was too cold, right or too warm. That is an ordered answer
about a quantity that nobody sees, as in McCullagh (1980), J. R. Stat. Soc. B 42, 109-142: how many
degrees too warm they felt, and an answer on either side of a margin. The posterior of the offset is
computed on a grid. How much votes scatter, how wide a person's margin is and how often they press
any button differ from person to person: these are summed over, not fitted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final

import numpy as np

from wearcast.clothing.comfort import LINE_CLO_C
from wearcast.clothing.dressing import MARGIN_CLO
from wearcast.forecasting.array_types import Floats
from wearcast.vocabulary import MAX_OFFSET_C

PRIOR_SD_C: Final = 1.8
"""Of people's offsets around 0. Ours: a level of feeling cold is 2 °C, and most people are within
one of the average, four in five within 2.3 °C."""

MARGIN_C: Final = MARGIN_CLO / LINE_CLO_C
"""What the advice calls right: within 3.3 °C."""

INTERVAL: Final = 0.8
"""The share of the posterior in its interval."""

MOST_C: Final = MAX_OFFSET_C + 1
"""The largest offset that is looked at, either way; the levels of feeling cold reach 4 °C."""

_STEP_C: Final = 0.1
_OFFSETS_C: Final[Floats] = np.arange(-MOST_C, MOST_C + _STEP_C / 2, _STEP_C)

_NOISES_C: Final = {0.5: 1.0, 0.9: 1.5, 1.5: 0.9, 2.5: 0.3}
"""The standard deviation of how a person feels beside how they should, with prior weights."""

_MARGINS_C: Final = {MARGIN_C - 0.25: 0.3, MARGIN_C: 1.0, MARGIN_C + 0.25: 0.3}
"""The margin within which a person says right, likewise."""

_LAPSES: Final = {0.02: 1.0, 0.12: 0.3}
"""The share of votes that say nothing: a slip of the finger, another reason; likewise."""

_SD_OF_LOGISTIC: Final = np.pi / np.sqrt(3)


class Verdict(StrEnum):
    """What a person says of what they wore, the coldest first."""

    TOO_COLD = "too_cold"
    RIGHT = "right"
    TOO_WARM = "too_warm"


@dataclass(frozen=True)
class Vote:
    """What a person said of a day, and whom the clothes would have suited.

    Attributes:
        verdict: what they said.
        suits_c: the offset of the person whom what was worn suited exactly on that day, in °C;
            whatever offset the advice was made for, it is in this.
        per_degree: how much a degree's offset changes what the day asks for, of what it does
            between 0 and 22 °C at a stroll; less on hot days and for runners.
    """

    verdict: Verdict
    suits_c: float
    per_degree: float = 1.0


@dataclass(frozen=True)
class PersonalOffset:
    """How much colder a person feels than most, negative where they feel warmer.

    Attributes:
        votes: how many it is from.
        mean_c: the posterior's mean, in °C.
        low_c: from where its 80 % interval reaches.
        high_c: up to where.
    """

    votes: int
    mean_c: float
    low_c: float
    high_c: float

    @property
    def plus_minus_c(self) -> float:
        """Half of the interval's width."""
        return (self.high_c - self.low_c) / 2


def personal_offset(votes: Sequence[Vote]) -> PersonalOffset:
    """The offset of the person who gave these votes; the prior's where there is none.

    Raises:
        ValueError: a vote holds something else than finite numbers.
    """
    numbers = [[vote.suits_c, vote.per_degree] for vote in votes]
    if not np.isfinite(numbers).all():
        raise ValueError("a vote's suits_c and per_degree must be finite numbers")
    posterior = _posterior(votes)
    below = np.cumsum(posterior) - posterior / 2
    tail = (1 - INTERVAL) / 2
    low_c, high_c = np.interp((tail, 1 - tail), below, _OFFSETS_C)
    mean_c = float(posterior @ _OFFSETS_C)
    return PersonalOffset(len(votes), mean_c, float(low_c), float(high_c))


def _posterior(votes: Sequence[Vote]) -> Floats:
    """The probability of each offset, (D,)."""
    log_prior = -0.5 * (_OFFSETS_C / PRIOR_SD_C) ** 2
    habits = product(_NOISES_C.items(), _MARGINS_C.items(), _LAPSES.items())
    rows = []
    for (noise_c, noise_weight), (margin_c, margin_weight), (lapses, lapse_weight) in habits:
        chances = _chances(votes, noise_c, margin_c, lapses)
        weight = noise_weight * margin_weight * lapse_weight
        rows.append(np.log(weight) + log_prior + np.log(chances).sum(axis=0))
    joint = np.array(rows)
    unscaled = np.exp(joint - joint.max()).sum(axis=0)
    posterior: Floats = unscaled / unscaled.sum()
    return posterior


def _chances(votes: Sequence[Vote], noise_c: float, margin_c: float, lapses: float) -> Floats:
    """The chance of each of V votes by the person's offset, (V, D), given their habits."""
    suits_c = np.array([vote.suits_c for vote in votes])[:, None]
    per_degree = np.array([vote.per_degree for vote in votes])[:, None]
    too_warm_c = per_degree * (suits_c - _OFFSETS_C)
    cold = _logistic((-margin_c - too_warm_c) / noise_c)
    warm = _logistic((too_warm_c - margin_c) / noise_c)
    said = [list(Verdict).index(vote.verdict) for vote in votes]
    by_verdict = np.array([cold, 1 - cold - warm, warm])
    chances = by_verdict[said, np.arange(len(votes))]
    any_button = 1 / len(Verdict)
    mixed: Floats = (1 - lapses) * chances + lapses * any_button
    return mixed


def _logistic(deviations: Floats) -> Floats:
    """The logistic distribution of standard deviation 1, which is near the normal one and has
    longer tails."""
    share: Floats = 1 / (1 + np.exp(-_SD_OF_LOGISTIC * deviations))
    return share
