"""What an advice lacks: garments that a person doesn't own, and hours without a forecast."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from wearcast.clothing import own_wardrobe
from wearcast.clothing.dressing import MARGIN_CLO, Dressed
from wearcast.clothing.ladders import ladder
from wearcast.clothing.swap import MOST_SWAPPED
from wearcast.clothing.timeline import Span
from wearcast.clothing.wardrobe import Garment
from wearcast.forecasting.local_time import local_time


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
    """What a person's own wardrobe lacks for this weather."""
    needed_clo, style = dressed.needs.typical_clo, dressed.needs.settings.style
    between_rungs = 0 < dressed.rung < len(dressed.ladder.dry) - 1
    short_clo = needed_clo - dressed.outfit.clo
    if abs(short_clo) <= MARGIN_CLO:
        return None
    better = ladder(style).at(needed_clo).beyond(dressed.outfit)
    if between_rungs:
        return Lack(LackKind.IN_BETWEEN, better[:MOST_SWAPPED])
    if short_clo < 0:
        return Lack(LackKind.LIGHT_ENOUGH, better)
    missing = own_wardrobe.missing(dressed.ladder, needed_clo, style)
    return Lack(LackKind.WARM_ENOUGH if missing else LackKind.WARMER_THAN_ALL, missing)


def hours_without_forecast(dressed: Dressed) -> Span | None:
    """The hours outdoors that the forecast doesn't reach."""
    weather = dressed.needs.weather
    if not len(weather.beyond):
        return None
    first, last = weather.beyond[0], weather.beyond[-1]
    start, end = local_time(np.array([first, last + 1]), weather.station).tolist()
    return Span(start, end)
