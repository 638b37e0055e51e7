"""What to carry, and the chance behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.wardrobe import Place, builtin
from wearcast.messages import name, percent, say, speed, temperature
from wearcast.vocabulary import SNOW_C, UMBRELLA_CHANCE, WINDY_MS

ACCESSORY_CHANCE: Final = 0.3
LIKELY: Final = 0.5


@dataclass(frozen=True)
class Carry:
    """Something to carry.

    Attributes:
        item: umbrella, sunglasses, hat, gloves, scarf or water.
        name: in the language asked for.
        chance: that it will be wanted.
        reason: why, in the language asked for.
    """

    item: str
    name: str
    chance: float
    reason: str


def carried(dressed: Dressed) -> tuple[Carry, ...]:
    """What to carry beside the outfit."""
    offers = (
        _umbrella,
        _sunglasses,
        _sun_hat,
        _warm("hat", Place.HEAD),
        _warm("gloves", Place.HANDS),
        _warm("scarf", Place.NECK),
        _water,
    )
    found = [offer(dressed) for offer in offers]
    return tuple(carry for carry in found if carry is not None)


def _carry(dressed: Dressed, item: str, chance: float, reason: str) -> Carry:
    return Carry(item, name(dressed.needs.settings.language, builtin().carry[item]), chance, reason)


def _umbrella(dressed: Dressed) -> Carry | None:
    needs, chance = dressed.needs, dressed.needs.wet_chance_outdoors
    if not chance >= UMBRELLA_CHANCE:
        return None
    wettest = int(np.argmax(np.where(needs.ahead, np.nan_to_num(needs.weather.rain_chance), -1.0)))
    return _carry(dressed, "umbrella", chance, _wet_reason(needs, wettest, percent(chance)))


def _wet_reason(needs: Needs, wettest: int, chance: str) -> str:
    language = needs.settings.language
    if needs.hourly["temp_c"][wettest] <= SNOW_C:
        return say(language, "snow {chance}", chance=chance)
    wind_ms = float(np.nan_to_num(needs.hourly["wind_ms"][wettest]))
    if wind_ms >= WINDY_MS:
        wind = speed(wind_ms, needs.settings.units)
        return say(
            language,
            "rain {chance}; in {wind} of wind a hood does better",
            chance=chance,
            wind=wind,
        )
    return say(language, "rain {chance}", chance=chance)


def _sunglasses(dressed: Dressed) -> Carry | None:
    chance = dressed.needs.bright_chance
    if chance < LIKELY:
        return None
    return _carry(
        dressed,
        "sunglasses",
        chance,
        say(dressed.needs.settings.language, "bright sun {chance}", chance=percent(chance)),
    )


def _sun_hat(dressed: Dressed) -> Carry | None:
    chance = dressed.needs.hot_sun_chance
    if chance < LIKELY or dressed.outfit.at(Place.HEAD):
        return None
    return _carry(
        dressed,
        "hat",
        chance,
        say(dressed.needs.settings.language, "hot sun {chance}", chance=percent(chance)),
    )


def _warm(item: str, place: Place) -> Callable[[Dressed], Carry | None]:
    def offer(dressed: Dressed) -> Carry | None:
        chance = float(
            dressed.ladder.covers(place)[
                dressed.ladder.rungs(dressed.needs.most_clo_at_rest)
            ].mean()
        )
        if chance < ACCESSORY_CHANCE or dressed.outfit.at(place):
            return None
        low = temperature(dressed.needs.coldest.feels_c, dressed.needs.settings.units)
        reason = say(
            dressed.needs.settings.language,
            "feels like {low} or less: wanted at {chance}",
            low=low,
            chance=percent(chance),
        )
        return _carry(dressed, item, chance, reason)

    return offer


def _water(dressed: Dressed) -> Carry | None:
    needs = dressed.needs
    chance = float((needs.hottest_c >= needs.effort.thirsty_c).mean())
    if chance < LIKELY:
        return None
    return _carry(
        dressed,
        "water",
        chance,
        say(needs.settings.language, "feels like {shade} in the shade", **needs.numbers),
    )
