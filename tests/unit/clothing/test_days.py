"""Days as people know them, and what the average person would wear then, strolling, casually.

Each day is dressed for with its 27 neighbours, a degree or a metre a second off and under other
clouds, of which most must hold: a small change of weather is a small change of clothes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from wearcast.clothing.advice import Advice, advise
from wearcast.clothing.settings import Settings
from wearcast.clothing.wardrobe import builtin
from wearcast.clothing.weather_input import Weather
from wearcast.weather.stations import resolve

SEOUL = resolve(["108"])[0]
AHEAD_OF_UTC_H = 9
HOUR = np.arange(24)
LEAST_THAT_HOLD = 22

SHORT_SLEEVES = {"tank_top", "tshirt", "polo_shirt", "linen_shirt"}
LONG_SLEEVES = {"long_tshirt", "flannel_shirt"}
LIGHT_TROUSERS = {"linen_trousers", "cotton_trousers"}
SHORTS = {"short_shorts", "walking_shorts"}
KNITS = {"thin_cardigan", "thin_knit", "sweatshirt", "knit_sweater", "hoodie", "thick_sweater"}
LIGHT_LAYERS = {"thin_cardigan", "denim_jacket", "windbreaker", "sweatshirt"}
JACKETS = {"denim_jacket", "field_jacket", "leather_jacket", "trench_coat", "windbreaker"}
COATS = {"wool_coat", "short_coat", "down_jacket"}
PADDED = {"padded_coat", "down_jacket"}
THERMAL = {"light_thermal_top", "thermal_top", "leggings", "thermal_bottoms"}
DOWN = {"down_jacket", "padded_coat", "expedition_parka", "light_down"}


@dataclass(frozen=True)
class Worn:
    """What an advice has people wear and carry.

    Attributes:
        all: every garment's id.
        by_hour: what is on at each hour of the day.
        carried: what is carried beside it.
    """

    all: frozenset[str]
    by_hour: dict[int, frozenset[str]]
    carried: frozenset[str]

    @classmethod
    def of(cls, advice: Advice) -> "Worn":
        return cls(
            frozenset(piece.garment.id for piece in advice.pieces),
            {step.at.hour: frozenset(step.worn) for step in advice.timeline},
            frozenset(thing.item for thing in advice.carry),
        )

    def any(self, ids: set[str]) -> bool:
        return bool(self.all & ids)

    def layers_at(self, hour: int) -> frozenset[str]:
        """What is on that comes off."""
        garments = builtin().garments
        return frozenset(id for id in self.by_hour[hour] if garments[id].removable)


def summer(worn: Worn) -> bool:
    light = worn.any(SHORT_SLEEVES) and worn.any(LIGHT_TROUSERS | SHORTS)
    return light and not any(worn.layers_at(hour) for hour in range(10, 19))


def warm_with_cool_ends(worn: Worn) -> bool:
    layers = worn.layers_at(7) | worn.layers_at(21)
    return (
        worn.any(SHORT_SLEEVES)
        and bool(layers & LIGHT_LAYERS)
        and len(layers) == 1
        and not worn.layers_at(14)
    )


def mild_with_cool_ends(worn: Worn) -> bool:
    layers = worn.layers_at(7)
    return (
        worn.any(SHORT_SLEEVES | LONG_SLEEVES)
        and bool(layers)
        and layers <= LIGHT_LAYERS | JACKETS
        and not worn.layers_at(15)
    )


def cool_then_mild(worn: Worn) -> bool:
    jacket = worn.by_hour[7] & JACKETS
    return (
        len(jacket) == 1
        and len(worn.all & KNITS) <= 1
        and not worn.any(DOWN | THERMAL)
        and not worn.by_hour[12] & jacket
    )


def cool(worn: Worn) -> bool:
    return worn.any(JACKETS) and worn.any(KNITS) and not worn.any(DOWN | THERMAL)


def cold(worn: Worn) -> bool:
    return worn.any(COATS) and worn.any(KNITS)


def frosty(worn: Worn) -> bool:
    return (
        worn.any(PADDED | {"wool_coat"})
        and worn.any(KNITS)
        and {"scarf", "gloves"} <= worn.all
        and len(worn.all & THERMAL) <= 1
        and not worn.any({"thermal_top", "thermal_bottoms"})
    )


def bitter(worn: Worn) -> bool:
    return {"padded_coat", "scarf", "gloves"} <= worn.all and worn.any(KNITS) and worn.any(THERMAL)


def waterproof(ids: frozenset[str], layer: str) -> bool:
    garments = builtin().garments
    return any(garments[id].layer == layer and garments[id].water == 2 for id in ids)


def rainy(worn: Worn) -> bool:
    """The rain falls from 14 to 18."""
    return (
        "umbrella" in worn.carried
        and waterproof(worn.all, "feet")
        and not worn.any(DOWN | THERMAL)
        and (not waterproof(worn.all, "outer") or waterproof(worn.by_hour[15], "outer"))
    )


def gusty(worn: Worn) -> bool:
    hooded = all(waterproof(worn.by_hour[hour], "outer") for hour in range(14, 18))
    return hooded and not worn.carried & {"umbrella", "rain_jacket"}


def snowy(worn: Worn) -> bool:
    return (
        worn.any(PADDED | {"wool_coat"})
        and waterproof(worn.all, "feet")
        and {"scarf", "gloves"} <= worn.all
        and "umbrella" in worn.carried
    )


WET_HOURS = range(14, 18)
WET_DAYS = {
    "20/16, rain": (20, 16, 3, np.nan, "2024-05-20", rainy),
    "14/9, rain": (14, 9, 3, np.nan, "2024-04-20", rainy),
    "14/9, rain in gusts": (14, 9, 9, 18.0, "2024-04-20", gusty),
    "22/17, rain in gusts": (22, 17, 9, 18.0, "2024-06-20", gusty),
    "0/-5, snow": (0, -5, 3, np.nan, "2024-01-20", snowy),
}
"""High and low, wind and gusts, a date of that season, and what people would wear."""

DAYS = {
    "34/26": (34, 26, 2, "2024-08-05", summer),
    "31/23": (31, 23, 2, "2024-07-20", summer),
    "28/18": (28, 18, 2, "2024-06-10", warm_with_cool_ends),
    "25/14": (25, 14, 2, "2024-05-15", mild_with_cool_ends),
    "18/6": (18, 6, 2, "2024-10-25", cool_then_mild),
    "14/8 calm": (14, 8, 1, "2024-11-05", cool),
    "14/8 windy": (14, 8, 4, "2024-11-05", cool),
    "10/2": (10, 2, 2, "2024-11-20", cold),
    "5/-3": (5, -3, 2, "2024-12-10", frosty),
    "-1/-10": (-1, -10, 2, "2024-01-15", bitter),
}
"""High and low, wind, a date of that season, and what people would wear."""


def weather(high: float, low: float, wind_ms: float, cloud_pct: float, date: str) -> Weather:
    """A day's course, lowest at 06:00, highest at 15:00."""
    along = np.interp(HOUR, [0, 6, 15, 24], [0.3, 0.0, 1.0, 0.3])
    return Weather.of(
        SEOUL,
        np.datetime64(date, "h") - AHEAD_OF_UTC_H + HOUR,
        low + (high - low) * along,
        wind_ms=np.full(24, wind_ms),
        cloud_pct=np.full(24, cloud_pct),
        precip_mm=np.zeros(24),
    )


@pytest.mark.parametrize("day", DAYS)
def test_a_day_and_its_neighbours_are_dressed_for_as_people_would(day):
    high, low, wind_ms, date, people_would = DAYS[day]
    holds = [
        holding(people_would, weather(high + more, low + more, wind_ms + wind, cloud, date))
        for more, wind, cloud in product((-1, 0, 1), (-1, 0, 1), (20.0, 50.0, 80.0))
    ]
    assert sum(holds) >= LEAST_THAT_HOLD
    assert holding(people_would, weather(high, low, wind_ms, 50.0, date))


@pytest.mark.parametrize("day", WET_DAYS)
def test_a_wet_day_and_its_neighbours_are_dressed_for_as_people_would(day):
    high, low, wind_ms, gust_ms, date, people_would = WET_DAYS[day]
    rain_mm = np.where(np.isin(HOUR, WET_HOURS), 1.5, 0.0)
    holds = []
    for more, wind, cloud in product((-1, 0, 1), (-1, 0, 1), (60.0, 80.0, 100.0)):
        dry = weather(high + more, low + more, wind_ms + wind, cloud, date)
        wet = Weather.of(
            SEOUL,
            dry.valid_at,
            dry.members["temp_c"],
            wind_ms=dry.members["wind_ms"],
            gust_ms=np.full(24, gust_ms),
            cloud_pct=dry.members["cloud_pct"],
            precip_mm=rain_mm,
        )
        holds.append(holding(people_would, wet))
    assert sum(holds) >= LEAST_THAT_HOLD


def holding(people_would: Callable[[Worn], bool], day: Weather) -> bool:
    return people_would(Worn.of(advise(day, Settings())))
