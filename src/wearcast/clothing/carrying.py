"""What to carry, and the chance behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.rain_ahead import Protection, protection
from wearcast.clothing.umbrella import Obstacle, obstacle, strongest
from wearcast.clothing.wardrobe import Place
from wearcast.vocabulary import Precipitation

ACCESSORY_CHANCE: Final = 0.3
LIKELY: Final = 0.5


class CarryReason(StrEnum):
    """Why something is carried."""

    SNOW = "snow"
    RAIN = "rain"
    RAIN_OR_SNOW = "rain_or_snow"
    BRIGHT_SUN = "bright_sun"
    HOT_SUN = "hot_sun"
    COLD = "cold"
    PERHAPS_COLD = "perhaps_cold"
    """It is wanted only if it turns colder than expected."""
    HEAT = "heat"


@dataclass(frozen=True)
class Carry:
    """Something to carry.

    Attributes:
        item: umbrella, rain_jacket, sunglasses, hat, gloves, scarf or water.
        chance: that it will be wanted.
        reason: why.
        obstacle: why a rain jacket rather than an umbrella.
        speed_ms: of the wind or of the gusts, where these are the obstacle.
    """

    item: str
    chance: float
    reason: CarryReason
    obstacle: Obstacle | None = None
    speed_ms: float | None = None


def carried(dressed: Dressed) -> tuple[Carry, ...]:
    """What to carry beside the outfit."""
    offers = (
        _against_rain,
        _sunglasses,
        _sun_hat,
        _accessory("hat", Place.HEAD),
        _accessory("gloves", Place.HANDS),
        _accessory("scarf", Place.NECK),
        _water,
    )
    found = [offer(dressed) for offer in offers]
    return tuple(carry for carry in found if carry is not None)


_REASON: Final = {
    Precipitation.RAIN: CarryReason.RAIN,
    Precipitation.SNOW: CarryReason.SNOW,
    Precipitation.RAIN_OR_SNOW: CarryReason.RAIN_OR_SNOW,
}

_FIELD: Final = {Obstacle.GUSTS: "gust_ms", Obstacle.WIND: "wind_ms"}
"""The field of the weather that is the obstacle."""


def _against_rain(dressed: Dressed) -> Carry | None:
    """An umbrella, or where none will do and no rainwear is worn, a rain jacket."""
    needs, chance = dressed.needs, dressed.needs.wet_chance_outdoors
    chosen, reason = protection(dressed), _REASON[needs.precipitation]
    if chosen is Protection.UMBRELLA:
        return Carry("umbrella", chance, reason)
    against = obstacle(needs)
    if chosen is not Protection.RAIN_JACKET or against is None:
        return None
    field = _FIELD.get(against)
    return Carry("rain_jacket", chance, reason, against, strongest(needs, field) if field else None)


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
        reason = CarryReason.COLD if chance >= LIKELY else CarryReason.PERHAPS_COLD
        return Carry(item, chance, reason)

    return offer


def _water(dressed: Dressed) -> Carry | None:
    needs = dressed.needs
    chance = float((needs.hottest_c >= needs.effort.thirsty_c).mean())
    return Carry("water", chance, CarryReason.HEAT) if chance >= LIKELY else None
