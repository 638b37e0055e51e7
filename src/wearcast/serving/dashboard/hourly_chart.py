"""The values of the chart of the day's hours, for plotly's figure and for the drawing that is there
before it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from wearcast.figures.page_hours import DayHours, Mark
from wearcast.messages import has_twelve_hours, say, speed_unit, temperature_unit
from wearcast.serving.dashboard.hour_values import (
    all_values,
    feels_like,
    precipitation_title,
    rain_chance,
)
from wearcast.serving.dashboard.icon_markup import is_light
from wearcast.serving.dashboard.page_data import JsonObject, PageData, median
from wearcast.serving.dashboard.words import degrees


def day_hours(data: PageData) -> DayHours:
    """The values of the hours that are shown."""
    hours = data.shown_hours
    felt = feels_like(data)
    temperature_key = f"temp_{data.temperature_suffix}"
    at = [datetime.fromisoformat(hour["local_time"]) for hour in hours]
    return DayHours(
        at=at,
        names=[_hour_name(data, time) for time in at],
        clock=[data.clock(hour["local_time"]) for hour in hours],
        texts=[all_values(data, hour) for hour in hours],
        temperature=[_quantiles(hour[temperature_key]) for hour in hours],
        feels=[felt.get(hour["local_time"]) for hour in hours],
        rain=[rain_chance(hour) for hour in hours],
        wind=[median(hour[data.wind_key]) for hour in hours],
        night=[not is_light(hour) for hour in hours],
        marks=_marks(data, hours),
        now=_now(data, at),
        labels=_labels(data),
    )


def extremes(data: PageData) -> tuple[JsonObject, JsonObject]:
    """The coldest and the warmest hour of the day, by observations and medians of the forecast."""
    known = []
    for hour in data.hours(data.choices.day or ""):
        temperature = data.temperature(hour)
        if temperature is not None:
            known.append((temperature, hour))
    _, coldest = min(known, key=itemgetter(0))
    _, warmest = max(known, key=itemgetter(0))
    return coldest, warmest


def extreme_text(data: PageData, name: str) -> str:
    """The day's lowest or highest temperature, "min" or "max", as everywhere on the page."""
    day = data.day(data.choices.day or "")
    quantiles = day[f"temp_{name}_{data.temperature_suffix}"]
    return degrees(quantiles["p50"])


def _marks(data: PageData, hours: Sequence[JsonObject]) -> list[Mark]:
    """Where it is lowest and highest, with the day's values: its extremes are those of whole
    trajectories, a bit beyond those of the hours' medians."""
    language = data.language
    coldest, warmest = extremes(data)
    lowest = say(language, "lowest")
    highest = say(language, "highest")
    low = extreme_text(data, "min")
    high = extreme_text(data, "max")
    at_coldest = hours.index(coldest)
    at_warmest = hours.index(warmest)
    return [
        Mark(at_coldest, f"{lowest} {low}", above=False),
        Mark(at_warmest, f"{highest} {high}", above=True),
    ]


def _hour_name(data: PageData, at: datetime) -> str:
    """The hour below the axis: "15" or "3 pm"."""
    if at.minute or has_twelve_hours(data.language, data.choices.units):
        return data.clock(at.isoformat())
    return f"{at.hour:02}"


def _now(data: PageData, at: Sequence[datetime]) -> datetime | None:
    """The time at which the answer was given, where it is within the hours that are shown."""
    last_observed = data.latest["observed"][-1]
    issued_at = datetime.fromisoformat(last_observed["local_time"])
    age = timedelta(seconds=data.provenance["age_s"])
    now = issued_at + age
    if at[0] <= now <= at[-1]:
        return now
    return None


def _labels(data: PageData) -> dict[str, str]:
    language = data.language
    units = data.choices.units
    return {
        "temperature": say(language, "Temperature"),
        "feels": say(language, "Feels like"),
        "rain": precipitation_title(data),
        "wind": say(language, "Wind"),
        "wide": say(language, "possible range"),
        "narrow": say(language, "likely range"),
        "now": say(language, "Now"),
        "temperature_unit": temperature_unit(units),
        "wind_unit": speed_unit(units),
    }


def _quantiles(value: Any) -> tuple[float | None, ...]:
    """p10, p25, p50, p75 and p90; five times the same for an observed value."""
    if isinstance(value, dict):
        return tuple(value[level] for level in ("p10", "p25", "p50", "p75", "p90"))
    return (value,) * 5
