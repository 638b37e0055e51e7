"""What to carry, and the chance behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.reasons import GUSTY_MS
from wearcast.clothing.wardrobe import Place
from wearcast.vocabulary import SNOW_C, UMBRELLA_CHANCE, WINDY_MS

ACCESSORY_CHANCE: Final = 0.3
LIKELY: Final = 0.5


class CarryReason(StrEnum):
    """Why something is carried."""

    SNOW = "snow"
    RAIN = "rain"
    RAIN_IN_WIND = "rain_in_wind"
    """In which a hood does better than an umbrella."""
    RAIN_IN_GUSTS = "rain_in_gusts"
    BRIGHT_SUN = "bright_sun"
    HOT_SUN = "hot_sun"
    COLD = "cold"
    HEAT = "heat"


@dataclass(frozen=True)
class Carry:
    """Something to carry.

    Attributes:
        item: umbrella, sunglasses, hat, gloves, scarf or water.
        chance: that it will be wanted.
        reason: why.
        wind_ms: in the wettest hour, where that is a part of the reason; `gust_ms` likewise.
    """

    item: str
    chance: float
    reason: CarryReason
    wind_ms: float | None = None
    gust_ms: float | None = None


def carried(dressed: Dressed) -> tuple[Carry, ...]:
    """What to carry beside the outfit."""
    offers = (
        _umbrella,
        _sunglasses,
        _sun_hat,
        _accessory("hat", Place.HEAD),
        _accessory("gloves", Place.HANDS),
        _accessory("scarf", Place.NECK),
        _water,
    )
    found = [offer(dressed) for offer in offers]
    return tuple(carry for carry in found if carry is not None)


def _umbrella(dressed: Dressed) -> Carry | None:
    needs, chance = dressed.needs, dressed.needs.wet_chance_outdoors
    if not chance >= UMBRELLA_CHANCE:
        return None
    hourly_chance = np.nan_to_num(needs.weather.rain_chance)
    wettest = int(np.argmax(np.where(needs.ahead, hourly_chance, -1.0)))
    if needs.hourly["temp_c"][wettest] <= SNOW_C:
        return Carry("umbrella", chance, CarryReason.SNOW)
    gust_ms = float(np.nan_to_num(needs.hourly["gust_ms"][wettest]))
    if gust_ms >= GUSTY_MS:
        return Carry("umbrella", chance, CarryReason.RAIN_IN_GUSTS, gust_ms=gust_ms)
    wind_ms = float(np.nan_to_num(needs.hourly["wind_ms"][wettest]))
    if wind_ms >= WINDY_MS:
        return Carry("umbrella", chance, CarryReason.RAIN_IN_WIND, wind_ms)
    return Carry("umbrella", chance, CarryReason.RAIN)


def _sunglasses(dressed: Dressed) -> Carry | None:
    chance = dressed.needs.bright_chance
    return Carry("sunglasses", chance, CarryReason.BRIGHT_SUN) if chance >= LIKELY else None


def _sun_hat(dressed: Dressed) -> Carry | None:
    chance = dressed.needs.hot_sun_chance
    if chance < LIKELY or dressed.outfit.at(Place.HEAD):
        return None
    return Carry("hat", chance, CarryReason.HOT_SUN)


def _accessory(item: str, place: Place) -> Callable[[Dressed], Carry | None]:
    """What keeps head, hands or neck warm, where the outfit leaves them bare."""

    def offer(dressed: Dressed) -> Carry | None:
        chance = dressed.chances_wanted[place]
        if chance < ACCESSORY_CHANCE or dressed.outfit.at(place):
            return None
        return Carry(item, chance, CarryReason.COLD)

    return offer


def _water(dressed: Dressed) -> Carry | None:
    needs = dressed.needs
    chance = float((needs.hottest_c >= needs.effort.thirsty_c).mean())
    return Carry("water", chance, CarryReason.HEAT) if chance >= LIKELY else None
