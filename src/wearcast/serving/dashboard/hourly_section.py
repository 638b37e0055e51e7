"""The hours of the day: a chart, and a table of all its numbers."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from wearcast.figures import page_hours
from wearcast.messages import (
    clock,
    long_date,
    precipitation,
    say,
    speed_unit,
    temperature_unit,
    whole,
)
from wearcast.serving.dashboard.icon_markup import precipitation_of_day, sky
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData, median
from wearcast.serving.dashboard.panel import Figure, figure_slot
from wearcast.serving.dashboard.words import MISSING, degrees, percent_or_missing
from wearcast.variables import VARIABLES, inches
from wearcast.vocabulary import WET_MM

_COLUMNS: Final = 7


def hours(data: PageData) -> Markup:
    """The section with the chart and the table."""
    language = data.language
    return tag(
        "section",
        tag("h2", say(language, "Hour by hour"), id="hours"),
        tag(
            "div",
            figure_slot("hours", page_hours.HEIGHT),
            role="img",
            aria_label=_chart_description(data),
        ),
        tag(
            "details",
            tag("summary", say(language, "All hours as a table")),
            _table(data),
            id="table",
        ),
        class_="hourly card",
        aria_labelledby="hours",
    )


def hourly_figure(data: PageData) -> Figure:
    """The chart of the day's hours."""
    language, hours = data.language, data.shown_hours
    feels_like = _feels_like(data)
    labels = {
        "temperature": say(language, "Temperature"),
        "feels": say(language, "Feels like"),
        "rain": _precipitation_title(data),
        "wind": say(language, "Wind"),
        "wide": say(language, "possible range"),
        "narrow": say(language, "likely range"),
        "low": say(language, "lowest"),
        "high": say(language, "highest"),
        "temperature_unit": temperature_unit(data.choices.units),
        "wind_unit": speed_unit(data.choices.units),
    }
    return page_hours.day(
        at=[hour["local_time"][:16] for hour in hours],
        temperature=[_quantiles(hour[f"temp_{data.temperature_suffix}"]) for hour in hours],
        feels=[feels_like.get(hour["local_time"]) for hour in hours],
        rain=[_rain_chance(hour) for hour in hours],
        wind=[median(hour[data.wind_key]) for hour in hours],
        labels=labels,
    )


def _chart_description(data: PageData) -> str:
    """The chart in words, for screen readers."""
    language = data.language
    low, high = extremes(data, data.shown_hours)
    return say(
        language,
        "Chart of the day's hours: coldest at {low_at} with {low}, warmest at {high_at} with"
        " {high}. The table below has every hour.",
        low_at=clock(low["local_time"]),
        low=degrees(_extreme(data, low, "min")),
        high_at=clock(high["local_time"]),
        high=degrees(_extreme(data, high, "max")),
    )


def _extreme(data: PageData, hour: JsonObject, name: str) -> float | None:
    """The day's lowest or highest temperature; of an hour after midnight, its own temperature."""
    day = data.choices.day or ""
    if _date(hour) != day:
        return data.temperature(hour)
    quantiles = data.day(day)[f"temp_{name}_{data.temperature_suffix}"]
    extreme: float = quantiles["p50"]
    return extreme


def extremes(data: PageData, hours: Sequence[JsonObject]) -> tuple[JsonObject, JsonObject]:
    """The coldest and the warmest hour, by observations and medians of the forecast."""
    known = []
    for hour in hours:
        temperature = data.temperature(hour)
        if temperature is not None:
            known.append((temperature, hour))
    _, coldest = min(known, key=itemgetter(0))
    _, warmest = max(known, key=itemgetter(0))
    return coldest, warmest


def _table(data: PageData) -> Markup:
    language, units = data.language, data.choices.units
    columns = (
        say(language, "Hour"),
        say(language, "Sky"),
        f"{say(language, 'Temperature')} {temperature_unit(units)}",
        say(language, "possible range"),
        say(language, "Feels like"),
        _precipitation_title(data),
        f"{_wind_title(data)} {speed_unit(units)}",
    )
    caption = say(language, "Every hour of the day; grey hours have passed and were measured.")
    headers = [tag("th", column, scope="col") for column in columns]
    feels_like = _feels_like(data)
    bodies = []
    for on, hours in groupby(data.shown_hours, key=_date):
        bodies.append(_rows_of_date(data, on, list(hours), feels_like))
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", headers)), bodies)
    return tag(
        "div",
        table,
        class_="scrolls",
        tabindex="0",
        role="region",
        aria_label=say(language, "All hours as a table"),
    )


def _rows_of_date(
    data: PageData, on: str, hours: Sequence[JsonObject], feels_like: Mapping[str, float]
) -> Markup:
    """The hours of a date; hours outdoors after midnight follow a header with their date."""
    rows = [_row(data, hour, feels_like) for hour in hours]
    if on == data.choices.day:
        return tag("tbody", rows)
    name = long_date(data.language, date.fromisoformat(on))
    header = tag("th", name, scope="rowgroup", colspan=_COLUMNS)
    return tag("tbody", tag("tr", header), rows)


def _date(hour: JsonObject) -> str:
    local: str = hour["local_time"]
    return local[:10]


def _row(data: PageData, hour: JsonObject, feels_like: Mapping[str, float]) -> Markup:
    local_time = hour["local_time"]
    values = {
        "temp": degrees(data.temperature(hour)),
        "band": _band_text(data, hour),
        "feels": degrees(feels_like.get(local_time)),
        "rain": _rain_text(data, hour),
        "wind": _wind_text(data, hour),
    }
    cells = [
        tag("td", text, data_value=f"hour.{name}", data_at=local_time[:16])
        for name, text in values.items()
    ]
    return tag(
        "tr",
        tag("th", tag("time", clock(local_time), datetime=local_time), scope="row"),
        tag("td", sky(data, hour), class_="sky"),
        cells,
        class_=None if "lead_h" in hour else "past",
    )


def _band_text(data: PageData, hour: JsonObject) -> str:
    if "lead_h" not in hour:
        return say(data.language, "measured")
    quantiles = hour[f"temp_{data.temperature_suffix}"]
    low, high = whole(quantiles["p10"]), whole(quantiles["p90"])
    return f"{low} … {high}"


def _precipitation_title(data: PageData) -> str:
    return precipitation(data.language, precipitation_of_day(data.day(data.choices.day or "")))


def _wind_title(data: PageData) -> str:
    if any(_stronger_gust(data, hour) is not None for hour in data.shown_hours):
        return say(data.language, "Wind (gusts)")
    return say(data.language, "Wind")


def _wind_text(data: PageData, hour: JsonObject) -> str:
    """The wind, and behind it its gusts where they are stronger."""
    wind, gust = median(hour[data.wind_key]), _stronger_gust(data, hour)
    if wind is None:
        return MISSING
    return whole(wind) if gust is None else f"{whole(wind)} ({whole(gust)})"


def _stronger_gust(data: PageData, hour: JsonObject) -> float | None:
    """The gust where it is stronger than the wind as shown; the API of the release before has
    none."""
    gust_key = VARIABLES["gust_ms"].scale(data.choices.units).name
    wind, gust = median(hour[data.wind_key]), median(hour.get(gust_key))
    if wind is None or gust is None or round(gust) <= round(wind):
        return None
    return gust


def _feels_like(data: PageData) -> dict[str, float]:
    """The feels-like temperature of the hours outdoors, by local time with its UTC offset, which
    tells the two hours apart that have the same local time when clocks go back."""
    name = f"feels_{data.temperature_suffix}"
    return {step["at"]: step[name] for step in data.advice["timeline"]}


def _rain_chance(hour: JsonObject) -> float | None:
    """The chance of rain; 0 or 1 of an observed hour."""
    if "lead_h" in hour:
        chance: float | None = hour["rain_chance"]
        return chance
    wet = _was_wet(hour)
    return None if wet is None else float(wet)


def _rain_text(data: PageData, hour: JsonObject) -> str:
    if "lead_h" in hour:
        return percent_or_missing(data.language, hour["rain_chance"])
    wet = _was_wet(hour)
    if wet is None:
        return MISSING
    return say(data.language, "wet") if wet else say(data.language, "dry")


def _was_wet(hour: JsonObject) -> bool | None:
    imperial = "precip_in" in hour
    amount = hour["precip_in"] if imperial else hour["precip_mm"]
    if amount is None:
        return None
    threshold = inches(WET_MM) if imperial else WET_MM
    return bool(amount >= threshold)


def _quantiles(value: Any) -> tuple[float | None, ...]:
    """p10, p25, p50, p75 and p90; five times the same for an observed value."""
    if isinstance(value, dict):
        return tuple(value[level] for level in ("p10", "p25", "p50", "p75", "p90"))
    return (value,) * 5
