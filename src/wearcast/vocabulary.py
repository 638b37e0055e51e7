"""Facts that rooms share, once for all of them. Standard library only: the dashboard's kernel is
small."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Literal, get_args

LeadRanges = dict[str, tuple[int, int]]
"""The first and the last lead of each range, in hours, by the range's name."""

Language = Literal["en", "ko"]
"""Of every text."""

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

LANGUAGE_NAMES: Final[dict[Language, str]] = {"en": "English", "ko": "한국어"}
"""Each in itself."""

Units = Literal["metric", "imperial"]
"""°C and m/s, or °F and mph."""

UNITS: Final[tuple[Units, ...]] = get_args(Units)


class Activity(StrEnum):
    """What a person does outdoors, the least active first."""

    SITTING = "sitting"
    STROLLING = "strolling"
    WALKING = "walking"
    CYCLING = "cycling"
    RUNNING = "running"


class Sensitivity(StrEnum):
    """How easily a person feels cold, the least easily first."""

    VERY_LOW = "very_low"
    LOW = "low"
    AVERAGE = "average"
    HIGH = "high"
    VERY_HIGH = "very_high"


class Exposure(StrEnum):
    """How long a person is out at a stretch, unless their outings say it."""

    ERRANDS = "errands"
    """Errands and commuting: minutes up to an hour or two."""
    HOURS = "hours"
    """Outdoors for hours."""


class Style(StrEnum):
    """How a person likes to dress."""

    CASUAL = "casual"
    BUSINESS = "business"
    SPORTY = "sporty"
    FEMININE = "feminine"
    MINIMAL = "minimal"


class Layer(StrEnum):
    """Where a garment belongs, from the skin outwards and then by part of the body."""

    BASE = "base"
    MID = "mid"
    OUTER = "outer"
    LEGS = "legs"
    FEET = "feet"
    HEAD = "head"
    HANDS = "hands"
    NECK = "neck"


class Precipitation(StrEnum):
    """What falls."""

    RAIN = "rain"
    SNOW = "snow"
    RAIN_OR_SNOW = "rain_or_snow"
    """Either, one after the other, or both as sleet: near the even odds nobody knows."""


MAX_OFFSET_C: Final = 6.0
"""How much colder or warmer than their `Sensitivity` says a person may feel, in °C."""

USUAL_ACTIVITY: Final = Activity.STROLLING
USUAL_SENSITIVITY: Final = Sensitivity.AVERAGE
USUAL_EXPOSURE: Final = Exposure.ERRANDS
USUAL_STYLE: Final = Style.CASUAL
"""Of a person who doesn't say otherwise."""

WET_MM: Final = 0.1
"""An hour is wet from this amount on; a trace is dry."""

UMBRELLA_CHANCE: Final = 0.34
"""From this calibrated chance of rain or snow on an umbrella is advised, and what falls is drawn.

That is right for whoever would carry one on two dry days rather than be without one on a wet day.
Chosen on the next days of Seoul 2018-2021, each year forecast by a model of the others (`make
bench-rain`): the share of wet days with an umbrella exceeds that of dry ones by 34 to 38 points
from 20 to 36 % alike, and from 34 % on about one dry day in six has one.
"""


def umbrella_is_due(chance: float) -> bool:
    """Whether a chance of rain or snow asks for an umbrella; an unknown one (NaN) doesn't."""
    return chance >= UMBRELLA_CHANCE


RAIN_UP_TO, SNOW_FROM = 0.25, 0.75
"""Up to the first share of snow it is called rain, and from the second on snow."""


def precipitation_kind(snow_share: float) -> Precipitation:
    """What falls, by the share of snow in it."""
    if snow_share >= SNOW_FROM:
        return Precipitation.SNOW
    return Precipitation.RAIN if snow_share <= RAIN_UP_TO else Precipitation.RAIN_OR_SNOW


WINDY_MS: Final = 10.0
"""From this wind on a hood does better than an umbrella, and wind is drawn instead of a dry sky."""

GUSTY_MS: Final = 1.4 * WINDY_MS
"""Gusts that turn umbrellas and get through cloth: `WINDY_MS` times an open place's factor."""

MIN_HORIZON_H: Final = 2 * 24
"""The least a forecast may reach ahead: whenever it is issued, it has the whole of tomorrow."""

MAX_HORIZON_H: Final = 14 * 24
"""The furthest a forecast may reach ahead: scores count blocks of 14 days as independent, and two
longer forecasts a block apart would verify against the same weather."""

SCORED_FROM_H: Final = (1, 25, 73)
"""The first lead of each range of leads that scores are reported for."""


def is_horizon(hours: object) -> bool:
    """Whether a forecast may reach that far ahead: whole days, from `MIN_HORIZON_H` to
    `MAX_HORIZON_H`."""
    return isinstance(hours, int) and hours in range(MIN_HORIZON_H, MAX_HORIZON_H + 1, 24)


def lead_ranges(horizon_h: int, first_leads: Sequence[int] = SCORED_FROM_H) -> LeadRanges:
    """Ranges of leads up to a horizon by their names, such as "25-72"; the last one reaches to the
    horizon, and one that would begin beyond it is left out."""
    firsts = [first for first in first_leads if first <= horizon_h]
    lasts = [*(first - 1 for first in firsts[1:]), horizon_h]
    return {f"{first}-{last}": (first, last) for first, last in zip(firsts, lasts, strict=True)}


def reported_days(horizon_h: int) -> tuple[int, ...]:
    """The days ahead whose scores are reported: 1, 3 and 7, as far as the horizon reaches."""
    return tuple(day for day in (1, 3, 7) if 24 * day <= horizon_h)


WAKE_HOURS: Final = range(24)
"""Local hours that may be the first one outdoors."""

SLEEP_HOURS: Final = range(25)
"""Local hours from which a person may be in again; 24 is midnight."""

USUAL_WAKE, USUAL_SLEEP = 7, 22
"""Out from the one to the other unless a person says otherwise."""


def some_hour_outdoors(wake: int, sleep: int) -> bool:
    """Whether there is an hour between going out and being in again, which after midnight is the
    next day's."""
    return wake != sleep
