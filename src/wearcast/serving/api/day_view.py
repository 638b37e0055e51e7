"""The days of a forecast as the API returns them."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from wearcast.clothing.precipitation import Snow
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.daily import Day
from wearcast.forecasting.usual_day import UsualDay
from wearcast.serving.api import schemas
from wearcast.serving.api.derived_hours import quantiles
from wearcast.serving.api.selection import quantile_fields
from wearcast.serving.api.units import quantities
from wearcast.vocabulary import Precipitation, Units, precipitation_kind


def day_schemas(
    days: Sequence[Day],
    snow: Sequence[Snow],
    units: Units,
    usual: Sequence[UsualDay] = (),
) -> list[Any]:
    """Days in the client's units.

    Args:
        days: one at least.
        snow: how much of what falls is snow in the hours of each.
        units: the client's.
        usual: what is usual on the date of each, or of none.
    """
    is_imperial = units == "imperial"
    kind = schemas.DayImperial if is_imperial else schemas.Day
    unit = "f" if is_imperial else "c"
    in_units = quantities(units)
    temp = in_units["temp_c"]
    gust = in_units["gust_ms"]
    precip = in_units["precip_mm"]
    columns = {}
    for name in ("min", "mean", "max"):
        levels_c = np.stack([day.temp_c[name] for day in days])
        levels = temp(levels_c)
        columns[f"temp_{name}_{unit}"] = _fields(levels)
    strongest_ms = np.stack([_strongest_ms(day) for day in days], axis=1)
    strongest = gust(quantiles(strongest_ms))
    columns[gust.name] = _fields(strongest)
    amount_mm = np.stack([_amount_mm(day) for day in days], axis=1)
    amount = precip(quantiles(amount_mm))
    columns[precip.name] = _fields(amount)
    found = []
    for i, day in enumerate(days):
        of_day: dict[str, Any] = {}
        for name, column in columns.items():
            of_day[name] = column[i]
        of_day["usual"] = None
        if usual:
            of_day["usual"] = _usual(usual[i], units)
        fields = _alone(day, snow[i]) | of_day
        found.append(kind.model_validate(fields))
    return found


def _usual(day: UsualDay, units: Units) -> dict[str, float]:
    """The fields of what is usual."""
    unit = "f" if units == "imperial" else "c"
    temp = quantities(units)["temp_c"]
    levels_c = np.array([day.low_c, day.mean_c, day.high_c])
    levels = temp(levels_c).tolist()
    fields = {}
    for name, level in zip(("min", "mean", "max"), levels, strict=True):
        fields[f"temp_{name}_{unit}"] = level
    return fields


def _fields(levels: Floats) -> list[dict[str, float] | None]:
    """The fields of each day's quantiles, (D, Q); None where they are unknown."""
    fields = quantile_fields(levels)
    for unknown in np.flatnonzero(np.isnan(levels[:, 0])):
        fields[unknown] = None
    return fields


def _strongest_ms(day: Day) -> Floats:
    """The strongest gust of a day in each member, (M,); NaN where nothing is known of those to
    come. An hour that has passed without one is blank."""
    gusts_ms = day.members["gust_ms"]
    ahead_ms = gusts_ms[:, day.observed_h :]
    is_known = ~np.isnan(ahead_ms).any(axis=1)
    strongest_ms = np.fmax.reduce(gusts_ms, axis=1)
    return np.where(is_known, strongest_ms, np.nan)


def _amount_mm(day: Day) -> Floats:
    """The rain and melted snow of a day in each member, (M,), with the hours that have passed as
    far as they were observed; NaN where nothing is known of those to come."""
    precip_mm = day.members["precip_mm"]
    is_known = ~np.isnan(precip_mm)
    known_mm = np.where(is_known, precip_mm, 0.0)
    amount_mm = known_mm.sum(axis=1)
    some_known = is_known.any(axis=1)
    all_ahead_known = is_known[:, day.observed_h :].all(axis=1)
    return np.where(some_known & all_ahead_known, amount_mm, np.nan)


def _alone(day: Day, snow: Snow) -> dict[str, Any]:
    """The fields of a day that aren't quantiles; of the hours ahead, None where the chance of rain
    or snow isn't known."""
    chance = day.daily_rain_chance
    fields = {"date": day.date, "observed_h": day.observed_h}
    if math.isnan(chance):
        return {**fields, "rain_chance": None, "snow_chance": None, "precipitation": None}
    return {**fields, "rain_chance": round(chance, 3), **_snow_ahead(day, snow)}


def _snow_ahead(day: Day, snow: Snow) -> dict[str, float | Precipitation]:
    """Of the hours ahead, or of all where all have passed, the chance of snow and what falls."""
    first = day.observed_h if day.observed_h < len(day.hours) else 0
    ahead = snow.within(slice(first, None))
    share = ahead.share
    is_single = len(ahead.probability) == 1
    chance = share * day.daily_rain_chance if is_single else ahead.chance
    return {
        "snow_chance": round(min(chance, day.daily_rain_chance), 3),
        "precipitation": precipitation_kind(share),
    }
