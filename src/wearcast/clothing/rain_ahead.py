"""Rain or snow in the hours ahead: which of them, how likely, when, and what keeps a person dry."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import numpy as np

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.precipitation import snow_share
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.timeline import Span, spans
from wearcast.clothing.wardrobe import PROOF, Garment, Place
from wearcast.forecasting.array_types import Flags
from wearcast.vocabulary import (
    GUSTY_MS,
    WINDY_MS,
    Layer,
    Precipitation,
    precipitation_kind,
    umbrella_is_due,
)

LIKELY_HOUR: Final = 0.4
"""From this chance on, an hour is told as a wet one."""

NEAR_THE_WETTEST: Final = 0.75
"""Where no hour is likely wet, those are told whose chance is this share of the highest."""

MOST_SPANS: Final = 2
"""More runs of wet hours than this are told as one, in which it is wet at times."""


class When(StrEnum):
    """How the wet hours lie among those ahead."""

    AT_SPANS = "at_spans"
    AT_TIMES = "at_times"
    """In many short runs."""
    AT_ANY_TIME = "at_any_time"
    """Every hour is a wet one."""


class Obstacle(StrEnum):
    """Why an umbrella won't do."""

    NO_FREE_HAND = "no_free_hand"
    GUSTS = "gusts"
    WIND = "wind"


class Protection(StrEnum):
    """What keeps a person dry."""

    UMBRELLA = "umbrella"
    WORN = "worn"
    """A rainproof garment of the outfit that is on in the wet hours."""
    RAIN_JACKET = "rain_jacket"
    """Carried, since the outfit has no such garment."""
    NONE = "none"
    """Nothing has to: what falls is snow, or nothing is likely to."""


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
        garment: the one that is worn against it.
        shoes: those of the outfit, where it may snow and they keep dry.
    """

    kind: Precipitation
    chance: float
    likely: bool
    when: When
    hours: tuple[datetime, ...]
    spans: tuple[Span, ...]
    protection: Protection
    garment: Garment | None = None
    shoes: Garment | None = None


def rain_ahead(dressed: Dressed) -> RainAhead | None:
    """The rain or snow of the hours ahead; None where its chance isn't known."""
    needs = dressed.needs
    chance = needs.wet_chance_outdoors
    if np.isnan(chance):
        return None
    likely = umbrella_is_due(chance)
    wet = wet_hours(needs)
    told = wet & likely
    runs = spans(needs.weather, told)
    hours = needs.weather.valid_at[told].tolist()
    return RainAhead(
        kind=kind_ahead(needs),
        chance=chance,
        likely=likely,
        when=_when(needs, wet, runs),
        hours=tuple(at.replace(tzinfo=UTC) for at in hours),
        spans=runs,
        protection=protection(dressed),
        garment=rainwear(dressed),
        shoes=_shoes_that_keep_dry(dressed),
    )


def kind_ahead(needs: Needs) -> Precipitation:
    """What falls in the hours ahead if anything does."""
    weather, ahead = needs.weather, needs.ahead
    share = snow_share(weather.rain_chance[ahead], weather.snow_share[ahead])
    return precipitation_kind(share)


def wet_hours(needs: Needs) -> Flags:
    """The hours ahead in which rain or snow is likely, or those in which it is likeliest, (H,)."""
    chance = np.where(needs.ahead, np.nan_to_num(needs.weather.rain_chance), 0.0)
    least = min(LIKELY_HOUR, NEAR_THE_WETTEST * float(chance.max()))
    wet: Flags = (chance >= least) & (chance > 0)
    return wet


def obstacle(needs: Needs) -> Obstacle | None:
    """Why an umbrella won't do in the wet hours."""
    if not needs.effort.free_hand:
        return Obstacle.NO_FREE_HAND
    if strongest(needs, "gust_ms") >= GUSTY_MS:
        return Obstacle.GUSTS
    if strongest(needs, "wind_ms") >= WINDY_MS:
        return Obstacle.WIND
    return None


def strongest(needs: Needs, field: str) -> float:
    """The strongest wind or gust of the wet hours in m/s; an unknown one is a calm."""
    speed_ms = np.nan_to_num(needs.hourly[field])
    return float(speed_ms[wet_hours(needs)].max(initial=0.0))


def rainwear(dressed: Dressed) -> Garment | None:
    """The outfit's rainproof outer garment, where it is on in all wet hours."""
    wet = wet_hours(dressed.needs)
    for garment in dressed.outfit.garments:
        proof = garment.layer is Layer.OUTER and garment.water == PROOF
        if proof and dressed.worn(garment)[wet].all():
            return garment
    return None


def protection(dressed: Dressed) -> Protection:
    """What keeps the person dry in the hours ahead."""
    needs = dressed.needs
    if not umbrella_is_due(needs.wet_chance_outdoors):
        return Protection.NONE
    if obstacle(needs) is None:
        return Protection.UMBRELLA
    if kind_ahead(needs) is Precipitation.SNOW:
        return Protection.NONE
    return Protection.WORN if rainwear(dressed) else Protection.RAIN_JACKET


def _when(needs: Needs, wet: Flags, runs: tuple[Span, ...]) -> When:
    hours_ahead = int(needs.ahead.sum())
    if hours_ahead > 1 and wet[needs.ahead].all():
        return When.AT_ANY_TIME
    return When.AT_SPANS if len(runs) <= MOST_SPANS else When.AT_TIMES


def _shoes_that_keep_dry(dressed: Dressed) -> Garment | None:
    shoes = dressed.outfit.at(Place.SHOES)
    snow = kind_ahead(dressed.needs) is not Precipitation.RAIN
    return shoes if shoes and shoes.water and snow else None
