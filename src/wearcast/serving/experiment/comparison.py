"""A variant beside the champion: what both models' forecasts were worth, and what is decided.

The probability of a wrong decision, at any look, is at most `ALPHA` over all variants and over the
measures that decide. The other measures are told with intervals of the same level.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from wearcast.serving.experiment.confidence_sequence import Look, look
from wearcast.serving.experiment.paired_days import Pair, PairedDay, series

ALPHA: Final = 0.05


@dataclass(frozen=True)
class Measure:
    """What is compared.

    Attributes:
        name: of the score, as `PairedDay` has it.
        label: in words, with the unit.
        typical: a difference of a block of days as it is expected of two good models, in its unit.
        is_error: whether less is better; else it is told, and nothing follows.
        decides: whether the experiment is decided by it.
    """

    name: str
    label: str
    typical: float
    is_error: bool = True
    decides: bool = False


MEASURES: Final = (
    Measure("temp_c", "temperature, error, °C", 0.05, decides=True),
    Measure("clo_error", "outfit, error, clo", 0.005, decides=True),
    Measure("rain", "rain, Brier score", 0.004),
    Measure("wind_ms", "wind, error, m/s", 0.05),
    Measure("off", "hours outdoors dressed wrongly, share", 0.01),
    Measure("temp_c_inside_80", "temperature inside the 80 % band, share", 0.02, is_error=False),
    Measure("right_said", "sure of being right, as said, share", 0.01, is_error=False),
)

DECIDING: Final = sum(measure.decides for measure in MEASURES)


@dataclass(frozen=True)
class Compared:
    """A measure of both models.

    Attributes:
        measure: which.
        days: how many days have it.
        champion, variant: the means over these days.
        look: what is known of the champion's minus the variant's.
    """

    measure: Measure
    days: int
    champion: float
    variant: float
    look: Look

    @property
    def better(self) -> str:
        """`champion` or `variant` where that is decided; else empty."""
        if not self.measure.is_error or not self.look.is_zero_excluded:
            return ""
        return "variant" if self.look.mean > 0 else "champion"


@dataclass(frozen=True)
class Comparison:
    """A variant beside the champion.

    Attributes:
        name: of the variant.
        pair: the models.
        first, last: the first and the last day.
        alpha: the level of the intervals.
        compared: the measures that any day has.
    """

    name: str
    pair: Pair
    first: date
    last: date
    alpha: float
    compared: tuple[Compared, ...]

    @property
    def verdict(self) -> str:
        """`champion`, `variant` or `mixed`, by the measures that decide; empty while it is open."""
        found = {one.better for one in self.compared if one.measure.decides and one.better}
        if len(found) > 1:
            return "mixed"
        return next(iter(found), "")


def compare(name: str, days: Sequence[PairedDay], variants: int) -> Comparison | None:
    """A variant beside the champion; None where no day is over yet.

    Args:
        name: of the variant.
        days: of one pair of models, the first day first.
        variants: how many there are.
    """
    if not days:
        return None
    alpha = ALPHA / (variants * DECIDING)
    compared = []
    for measure in MEASURES:
        found = _compared(measure, days, alpha)
        if found:
            compared.append(found)
    return Comparison(name, days[-1].pair, days[0].on, days[-1].on, alpha, tuple(compared))


def _compared(measure: Measure, days: Sequence[PairedDay], alpha: float) -> Compared | None:
    known = [day.scores for day in days if day.difference(measure.name) is not None]
    if not known:
        return None
    champion = [scores.champion[measure.name] for scores in known]
    variant = [scores.variant[measure.name] for scores in known]
    differences = [math.nan if one is None else one for one in series(days, measure.name)]
    daily = np.array(differences, dtype=np.float64)
    return Compared(
        measure=measure,
        days=len(known),
        champion=float(np.mean(champion)),
        variant=float(np.mean(variant)),
        look=look(daily, alpha, measure.typical),
    )
