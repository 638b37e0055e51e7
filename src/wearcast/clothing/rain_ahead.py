"""Rain or snow in the hours ahead: which of them, how likely, when, and what keeps a person dry."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import numpy as np

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.timeline import Span, spans
from wearcast.clothing.umbrella import Obstacle, obstacle
from wearcast.clothing.wardrobe import Garment, Place
from wearcast.clothing.weather_input import Weather
from wearcast.vocabulary import Activity, Precipitation, umbrella_is_due

UNDER_A_RAIN_JACKET_CLO: Final = 0.5
"""No jacket goes over a warmer coat."""

SEASONAL_FROM_H: Final = 25
"""From this lead on a station's own past says next to nothing of rain that its season doesn't."""

MOST_SPANS: Final = 2
"""More runs of wet hours than this are told as one, in which it is wet at times."""


class When(StrEnum):
    """How the wet hours lie among those ahead."""

    AT_SPANS = "at_spans"
    AT_TIMES = "at_times"
    """In many short runs."""
    AT_ANY_TIME = "at_any_time"
    """Every hour is a wet one."""


class Seasonal(StrEnum):
    """Why the chance of rain is mostly what is usual for the season."""

    AFTER_A_DAY = "after_a_day"
    """The station's past alone forecasts, and it says nothing more so far ahead."""
    AFTER_GUIDANCE = "after_guidance"
    """Numerical forecasts, which say more, reach to an hour before."""


class Protection(StrEnum):
    """What keeps a person dry."""

    UMBRELLA = "umbrella"
    WORN = "worn"
    """A rainproof garment of the outfit."""
    RAIN_JACKET = "rain_jacket"
    """Carried, since the outfit has no such garment."""
    NONE = "none"
    """Nothing has to: what falls is snow, or nothing is likely to, a thick coat is on, or who runs
    gets wet rather than hot."""


@dataclass(frozen=True)
class RainAhead:
    """The rain or snow of the hours ahead.

    Attributes:
        kind: what falls if anything does.
        chance: of a wet hour.
        likely: whether it is told: it asks for an umbrella.
        when: how the wet hours lie.
        hours: in which it is likely, UTC; none where it isn't. `spans` are the same by the clocks.
        protection: what keeps the person dry.
        too_windy: for an umbrella.
        garment: of the outfit, where that is rainwear.
        shoes: those of the outfit, where it may snow and they keep dry.
        seasonal: why the chance told is mostly what is usual for the season, where it is.
    """

    kind: Precipitation
    chance: float
    likely: bool
    when: When
    hours: tuple[datetime, ...]
    spans: tuple[Span, ...]
    protection: Protection
    too_windy: bool = False
    garment: Garment | None = None
    shoes: Garment | None = None
    seasonal: Seasonal | None = None


def rain_ahead(dressed: Dressed) -> RainAhead | None:
    """The rain or snow of the hours ahead; None where its chance isn't known."""
    needs = dressed.needs
    chance = needs.wet_chance_outdoors
    if np.isnan(chance):
        return None
    likely = umbrella_is_due(chance)
    chosen = protection(dressed)
    told = needs.told_wet_hours & likely
    runs = spans(needs.weather, told)
    hours = needs.weather.valid_at[told].tolist()
    return RainAhead(
        kind=needs.precipitation,
        chance=chance,
        likely=likely,
        when=_when(needs, runs),
        hours=tuple(at.replace(tzinfo=UTC) for at in hours),
        spans=runs,
        protection=chosen,
        too_windy=likely and obstacle(needs) in (Obstacle.GUSTS, Obstacle.WIND),
        garment=rainwear(dressed) if chosen is Protection.WORN else None,
        shoes=_shoes_that_keep_dry(dressed) if likely else None,
        seasonal=_seasonal(needs.weather) if likely else None,
    )


def rainwear(dressed: Dressed) -> Garment | None:
    """The outfit's rainproof outer garment."""
    return next((garment for garment in dressed.outfit.garments if garment.is_rainproof), None)


def rainwear_stays_on(dressed: Dressed) -> bool:
    """Whether it is on in all hours ahead in which rain is likely or told."""
    garment, needs = rainwear(dressed), dressed.needs
    wet = needs.told_wet_hours | (needs.wet_hours & needs.ahead)
    return garment is not None and bool(dressed.worn(garment)[wet].all())


def protection(dressed: Dressed) -> Protection:
    """What keeps the person dry in the hours ahead."""
    needs = dressed.needs
    if not umbrella_is_due(needs.wet_chance_outdoors):
        return Protection.NONE
    if obstacle(needs) is None:
        return Protection.UMBRELLA
    if needs.precipitation is Precipitation.SNOW:
        return Protection.NONE
    if rainwear(dressed):
        return Protection.WORN
    rather_wet = needs.settings.activity is Activity.RUNNING
    coat = dressed.outfit.at(Place.COAT)
    too_thick = coat is not None and coat.clo > UNDER_A_RAIN_JACKET_CLO
    return Protection.NONE if rather_wet or too_thick else Protection.RAIN_JACKET


def _seasonal(weather: Weather) -> Seasonal | None:
    if weather.lead_h < SEASONAL_FROM_H or weather.lead_h <= weather.rain_reach_h:
        return None
    is_guided_till_then = weather.rain_reach_h >= SEASONAL_FROM_H
    return Seasonal.AFTER_GUIDANCE if is_guided_till_then else Seasonal.AFTER_A_DAY


def _when(needs: Needs, runs: tuple[Span, ...]) -> When:
    hours_ahead = int(needs.ahead.sum())
    unknown = not runs
    if unknown or (hours_ahead > 1 and needs.told_wet_hours[needs.ahead].all()):
        return When.AT_ANY_TIME
    return When.AT_SPANS if len(runs) <= MOST_SPANS else When.AT_TIMES


def _shoes_that_keep_dry(dressed: Dressed) -> Garment | None:
    shoes = dressed.outfit.at(Place.SHOES)
    snow = dressed.needs.precipitation is not Precipitation.RAIN
    return shoes if shoes and shoes.water and snow else None
