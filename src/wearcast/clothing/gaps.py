"""What an advice lacks: garments that a person doesn't own, and hours without a forecast."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from wearcast.clothing import own_wardrobe
from wearcast.clothing.dressing import MARGIN_CLO, Dressed
from wearcast.clothing.ladders import ladder
from wearcast.clothing.swap import MOST_SWAPPED
from wearcast.clothing.timeline import Span
from wearcast.clothing.wardrobe import Garment
from wearcast.forecasting.local_time import local_time

BETTER_CLO: Final = 0.05
"""By how much the style's wardrobe has to suit better."""


class LackKind(StrEnum):
    """What a wardrobe has nothing of."""

    IN_BETWEEN = "in_between"
    LIGHT_ENOUGH = "light_enough"
    WARM_ENOUGH = "warm_enough"
    WARMER_THAN_ALL = "warmer_than_all"
    """No garment of the style would help."""


@dataclass(frozen=True)
class Lack:
    """What a person's own wardrobe has nothing of, and the garments that would help."""

    kind: LackKind
    garments: tuple[Garment, ...]


def lack(dressed: Dressed) -> Lack | None:
    """What a person's own wardrobe lacks for this weather: where some hours are too cold or too
    warm, and the style's whole wardrobe would do better."""
    settings = dressed.needs.settings
    whole_wardrobe = ladder(settings.style, settings.activity)
    better = Dressed.of(dressed.needs, whole_wardrobe)
    missed_clo = _most_missed_clo(dressed)
    gained_clo = abs(missed_clo) - abs(_most_missed_clo(better))
    if abs(missed_clo) <= MARGIN_CLO or gained_clo < BETTER_CLO:
        return None
    others = better.outfit.beyond(dressed.outfit)
    is_too_warm = missed_clo < 0
    if is_too_warm and dressed.rung == 0:
        return Lack(LackKind.LIGHT_ENOUGH, others)
    warmest_clo = dressed.ladder.clo[-1]
    if is_too_warm or dressed.outfit.clo < warmest_clo - BETTER_CLO:
        return Lack(LackKind.IN_BETWEEN, others[:MOST_SWAPPED])
    return _lack_of_warm_ones(dressed)


def _lack_of_warm_ones(dressed: Dressed) -> Lack:
    """What a wardrobe lacks whose warmest outfit is too cold."""
    needs = dressed.needs
    missing = own_wardrobe.missing(
        dressed.ladder,
        needs.typical_clo,
        needs.settings.style,
        needs.settings.activity,
    )
    if not missing:
        return Lack(LackKind.WARMER_THAN_ALL, missing)
    return Lack(LackKind.WARM_ENOUGH, missing)


def _most_missed_clo(dressed: Dressed) -> float:
    """By how much what is on is below what the hour ahead asks for that it suits least; negative
    where it is above."""
    missed_clo = dressed.needs.hourly_clo - dressed.worn_clo
    ahead = missed_clo[dressed.needs.ahead]
    most = np.argmax(np.abs(ahead))
    return float(ahead[most])


def hours_without_forecast(dressed: Dressed) -> Span | None:
    """The hours outdoors that the forecast doesn't reach."""
    weather = dressed.needs.weather
    if not len(weather.beyond):
        return None
    first = weather.beyond[0]
    after_last = weather.beyond[-1] + 1
    ends = local_time(np.array([first, after_last]), weather.station)
    start, end = ends.tolist()
    return Span(start, end)
