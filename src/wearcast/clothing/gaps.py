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
    needs, owned = dressed.needs, dressed.ladder
    settings = needs.settings
    better = Dressed.of(needs, ladder(settings.style, settings.activity))
    missed_clo, missed_by_better_clo = _most_missed_clo(dressed), _most_missed_clo(better)
    if abs(missed_clo) <= MARGIN_CLO or abs(missed_clo) - abs(missed_by_better_clo) < BETTER_CLO:
        return None
    others = better.outfit.beyond(dressed.outfit)
    if missed_clo < 0:
        kind = LackKind.LIGHT_ENOUGH if dressed.rung == 0 else LackKind.IN_BETWEEN
        return Lack(kind, others if dressed.rung == 0 else others[:MOST_SWAPPED])
    if dressed.outfit.clo < owned.clo[-1] - BETTER_CLO:
        return Lack(LackKind.IN_BETWEEN, others[:MOST_SWAPPED])
    missing = own_wardrobe.missing(owned, needs.typical_clo, settings.style, settings.activity)
    return Lack(LackKind.WARM_ENOUGH if missing else LackKind.WARMER_THAN_ALL, missing)


def _most_missed_clo(dressed: Dressed) -> float:
    """By how much what is on is below what the hour ahead asks for that it suits least; negative
    where it is above."""
    missed = (dressed.needs.hourly_clo - dressed.worn_clo)[dressed.needs.ahead]
    return float(missed[np.argmax(np.abs(missed))])


def hours_without_forecast(dressed: Dressed) -> Span | None:
    """The hours outdoors that the forecast doesn't reach."""
    weather = dressed.needs.weather
    if not len(weather.beyond):
        return None
    first, last = weather.beyond[0], weather.beyond[-1]
    start, end = local_time(np.array([first, last + 1]), weather.station).tolist()
    return Span(start, end)
