"""Why an outfit, and why each of its garments."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

import numpy as np

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.rain_ahead import rainwear_stays_on
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.timeline import Span, spans
from wearcast.clothing.wardrobe import PROOF, Garment, Place
from wearcast.vocabulary import GUSTY_MS, Layer, Precipitation

HOT_C: Final = 30.0
"""From here on, in the shade, the heat is what decides."""

WIDE_C: Final = 8.0
"""A day whose hours feel this different is told by its two ends."""

WINDY_C, RAINY_C = -2.0, -1.0
STRONG_WIND_MS: Final = 8.0

AIRY_CLO: Final = 0.14
WARM_SOLES_CLO: Final = 0.10
OPEN_CLO: Final = 0.02
HUMID_C: Final = 1.0


class OutfitReason(StrEnum):
    """What decides an outfit."""

    HUMID_HEAT = "humid_heat"
    HEAT = "heat"
    WIDE_RANGE = "wide_range"
    """The hours differ much, and layers come off."""
    OWN_SPEED = "own_speed"
    """Wind in the coldest hour, and the person's own speed."""
    WIND = "wind"
    RAIN = "rain"
    ONE_HOUR = "one_hour"
    """The coldest hour is the warmest, too."""
    COLDEST_AND_WARMEST = "coldest_and_warmest"


class GarmentReason(StrEnum):
    """Why a garment is worn."""

    COLDEST_HOUR = "coldest_hour"
    AT_HAND = "at_hand"
    """It isn't on at any hour, but would be if it turned colder."""
    ALL_THE_TIME = "all_the_time"
    PART_OF_THE_TIME = "part_of_the_time"
    WHILE_WET = "while_wet"
    """It is on in wet hours only."""
    ENOUGH_BY_ITSELF = "enough_by_itself"
    """Nothing is over it in the warmest hour."""
    UNDER_OTHERS = "under_others"
    RIGHT_FOR_THE_RANGE = "right_for_the_range"
    AIRY = "airy"
    DRY_FEET = "dry_feet"
    DRY_FEET_IN_SNOW = "dry_feet_in_snow"
    WARM_SOLES = "warm_soles"
    WARM_BY_MOVING = "warm_by_moving"
    NOTHING_WARMER_NEEDED = "nothing_warmer_needed"


@dataclass(frozen=True)
class Piece:
    """A garment of an outfit, and why it is worn.

    Attributes:
        garment: the garment.
        reason: why.
        worn: when it is on, where that is a part of the time.
        feels_c: how the coldest and the warmest of those hours feel.
        keeps_out: rain or snow, where keeping it out is a reason, too.
        keeps_wind_out: whether that is a reason, too.
        keeps_out_gust_ms: the strongest gust, where keeping gusts out is a reason, too.
    """

    garment: Garment
    reason: GarmentReason
    worn: tuple[Span, ...] = ()
    feels_c: tuple[float, float] | None = None
    keeps_out: Precipitation | None = None
    keeps_wind_out: bool = False
    keeps_out_gust_ms: float | None = None


def outfit_reason(dressed: Dressed) -> OutfitReason:
    """What decides the outfit."""
    needs = dressed.needs
    cold, warm = needs.coldest, needs.warmest
    if needs.hottest_shade_c >= HOT_C:
        return OutfitReason.HUMID_HEAT if _is_humid(needs) else OutfitReason.HEAT
    if warm.feels_c - cold.feels_c >= WIDE_C and _layers_come_off(dressed):
        return OutfitReason.WIDE_RANGE
    if cold.by_wind_c <= min(WINDY_C, cold.by_rain_c):
        return OutfitReason.OWN_SPEED if needs.effort.own_wind_ms else OutfitReason.WIND
    if cold.by_rain_c <= RAINY_C:
        return OutfitReason.RAIN
    if cold.at == warm.at:
        return OutfitReason.ONE_HOUR
    return OutfitReason.COLDEST_AND_WARMEST


def pieces(dressed: Dressed) -> tuple[Piece, ...]:
    """The outfit's garments, the outermost first, each with why it is worn."""
    return tuple(_piece(dressed, garment) for garment in dressed.outfit.garments)


def _is_humid(needs: Needs) -> bool:
    known = np.isfinite(needs.warmest.dewpoint_c)
    return bool(known and needs.hottest_shade_c - needs.warmest.temp_c >= HUMID_C)


def _layers_come_off(dressed: Dressed) -> bool:
    worn = [
        dressed.worn(garment)[dressed.needs.ahead]
        for garment in dressed.outfit.coming_off
        if garment.layer in (Layer.MID, Layer.OUTER)
    ]
    return any(on.any() and not on.all() for on in worn)


def _piece(dressed: Dressed, garment: Garment) -> Piece:
    needs, outer = dressed.needs, garment.layer is Layer.OUTER
    windproof = outer and garment.wind == PROOF
    gust_ms = needs.strongest_gust_ms
    windy, gusty = needs.coldest.wind_ms >= STRONG_WIND_MS, gust_ms >= GUSTY_MS
    piece = (
        _removable_piece(dressed, garment)
        if garment.removable
        else Piece(garment, _reason_kept_on(dressed, garment))
    )
    return replace(
        piece,
        keeps_out=needs.precipitation if _keeps_dry(dressed, garment) else None,
        keeps_wind_out=windproof and windy and not gusty,
        keeps_out_gust_ms=gust_ms if windproof and gusty else None,
    )


def _keeps_dry(dressed: Dressed, garment: Garment) -> bool:
    """Whether it is the rainwear of hours in which rain is likely."""
    needs = dressed.needs
    return garment.is_rainproof and needs.rain_is_likely and rainwear_stays_on(dressed)


def _removable_piece(dressed: Dressed, garment: Garment) -> Piece:
    needs = dressed.needs
    worn = dressed.worn(garment) & needs.ahead
    if not worn.any():
        return Piece(garment, GarmentReason.AT_HAND)
    if needs.ahead.sum() == 1:
        return Piece(garment, GarmentReason.COLDEST_HOUR)
    if worn[needs.ahead].all():
        return Piece(garment, GarmentReason.ALL_THE_TIME)
    feels_c = needs.hourly["feels_c"][worn]
    only_wet = _keeps_dry(dressed, garment) and not (worn & ~needs.told_wet_hours).any()
    return Piece(
        garment,
        GarmentReason.WHILE_WET if only_wet else GarmentReason.PART_OF_THE_TIME,
        worn=spans(needs.weather, worn),
        feels_c=(float(feels_c.min()), float(feels_c.max())),
    )


def _reason_kept_on(dressed: Dressed, garment: Garment) -> GarmentReason:
    match garment.covers[0]:
        case Place.TOP:
            alone = not _a_layer_is_on(dressed)
            return GarmentReason.ENOUGH_BY_ITSELF if alone else GarmentReason.UNDER_OTHERS
        case Place.UNDER_TOP | Place.UNDER_LEGS | Place.OVER_LEGS | Place.SOCKS:
            return GarmentReason.COLDEST_HOUR
        case Place.LEGS:
            airy = garment.clo <= AIRY_CLO
            return GarmentReason.AIRY if airy else GarmentReason.RIGHT_FOR_THE_RANGE
        case _:
            return _reason_on_the_feet(dressed.needs, garment)


def _a_layer_is_on(dressed: Dressed) -> bool:
    """Whether a garment that could come off is on in the warmest hour."""
    return any(
        dressed.worn(garment)[dressed.needs.warmest_hour]
        for garment in dressed.outfit.garments
        if garment.removable
    )


def _reason_on_the_feet(needs: Needs, garment: Garment) -> GarmentReason:
    if garment.water and needs.rain_is_likely:
        rain = needs.precipitation is Precipitation.RAIN
        return GarmentReason.DRY_FEET if rain else GarmentReason.DRY_FEET_IN_SNOW
    if garment.clo >= WARM_SOLES_CLO:
        return GarmentReason.WARM_SOLES
    if garment.clo <= OPEN_CLO:
        return GarmentReason.AIRY
    if needs.effort.vigorous:
        return GarmentReason.WARM_BY_MOVING
    return GarmentReason.NOTHING_WARMER_NEEDED
