"""The hours outdoors one after the other: their weather, what is on, and what to put on or take
off."""

import math
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.outfits import Outfit
from wearcast.clothing.wardrobe import Garment
from wearcast.clothing.weather_input import Weather
from wearcast.forecasting.array_types import Flags, Floats
from wearcast.forecasting.local_time import local_time

_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True)
class Span:
    """A run of hours in local time, from the first one's start to the last one's end."""

    start: datetime
    end: datetime


class ChangeKind(StrEnum):
    """What to do with garments."""

    NOT_ON_YET = "not_on_yet"
    GO_WITHOUT = "go_without"
    """Said where a later outing begins: what is off of the whole outfit."""
    TAKE_OFF = "take_off"
    PUT_ON = "put_on"


@dataclass(frozen=True)
class Change:
    """Garments that an hour begins with."""

    kind: ChangeKind
    garments: tuple[Garment, ...]


@dataclass(frozen=True)
class Step:
    """An hour of the timeline; None where the weather isn't known.

    Attributes:
        at: local time.
        valid_at: the same in UTC.
        observed: it has passed; the numbers are measurements, and nothing is advised.
        temp_c: of the air.
        feels_c: feels-like temperature.
        wind_ms: wind speed at 10 m.
        rain_chance: of at least 0.1 mm in the hour, as rain or snow.
        snow_chance: the part of it that is the chance of snow.
        needs_clo: the insulation it asks for.
        wears_clo: the insulation of what is on.
        worn: the ids of what is on.
        change: what to put on or take off; mostly nothing.
    """

    at: datetime
    valid_at: datetime
    observed: bool
    temp_c: float
    feels_c: float
    wind_ms: float | None
    rain_chance: float | None
    snow_chance: float | None
    needs_clo: float
    wears_clo: float
    worn: tuple[str, ...]
    change: Change | None


def timeline(dressed: Dressed) -> tuple[Step, ...]:
    """Every hour outdoors."""
    needs = dressed.needs
    weather = needs.weather
    local = weather.hours.tolist()
    utc = weather.valid_at.tolist()
    worn = _worn_by_state(dressed.outfit)
    snow_chance = weather.rain_chance * weather.snow_share
    steps = []
    for hour, state in enumerate(dressed.states.tolist()):
        step = Step(
            at=local[hour],
            valid_at=utc[hour].replace(tzinfo=UTC),
            observed=bool(weather.observed[hour]),
            temp_c=round(float(needs.hourly["temp_c"][hour]), 2),
            feels_c=round(float(needs.hourly["feels_c"][hour]), 2),
            wind_ms=_known(needs.hourly["wind_ms"], hour),
            rain_chance=_known(weather.rain_chance, hour),
            snow_chance=_known(snow_chance, hour),
            needs_clo=round(float(needs.hourly_clo[hour]), 3),
            wears_clo=round(float(dressed.outfit.clo_by_state[state]), 3),
            worn=worn[state],
            change=_change(dressed, hour),
        )
        steps.append(step)
    return tuple(steps)


def _worn_by_state(outfit: Outfit) -> list[tuple[str, ...]]:
    """The ids of what is on in each of `Outfit.takings_off`."""
    by_state = []
    for off in outfit.takings_off:
        worn = [garment.id for garment in outfit.garments if garment.id not in off]
        by_state.append(tuple(worn))
    return by_state


def spans(weather: Weather, on: Flags) -> tuple[Span, ...]:
    """Runs of hours, (H,); no run bridges hours that aren't there."""
    next_to_each_other = np.diff(weather.valid_at) == _HOUR
    runs_on = on[:-1] & on[1:] & next_to_each_other
    continues = np.append(False, runs_on)
    goes_on = np.append(runs_on, False)
    begins = on & ~continues
    stops = on & ~goes_on
    starts = weather.hours[begins].tolist()
    after_last = weather.valid_at[stops] + _HOUR
    ends = local_time(after_last, weather.station).tolist()
    pairs = zip(starts, ends, strict=True)
    return tuple(Span(start, end) for start, end in pairs)


def _change(dressed: Dressed, hour: int) -> Change | None:
    ahead = dressed.needs.ahead
    if not ahead[hour]:
        return None
    off = _off(dressed, hour)
    if hour == np.argmax(ahead):
        return _change_of(dressed, ChangeKind.NOT_ON_YET, off)
    if dressed.needs.new_outing[hour] and off:
        return _change_of(dressed, ChangeKind.GO_WITHOUT, off)
    off_before = _off(dressed, hour - 1)
    taken_off = off - off_before
    if taken_off:
        return _change_of(dressed, ChangeKind.TAKE_OFF, taken_off)
    return _change_of(dressed, ChangeKind.PUT_ON, off_before - off)


def _off(dressed: Dressed, hour: int) -> AbstractSet[str]:
    """The ids of what is off at an hour."""
    state = int(dressed.states[hour])
    return dressed.outfit.takings_off[state]


def _change_of(dressed: Dressed, kind: ChangeKind, ids: AbstractSet[str]) -> Change | None:
    garments = tuple(garment for garment in dressed.outfit.garments if garment.id in ids)
    if not garments:
        return None
    return Change(kind, garments)


def _known(values: Floats, hour: int) -> float | None:
    value = float(values[hour])
    return round(value, 2) if math.isfinite(value) else None
