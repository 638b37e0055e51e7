"""The hours of the day: the chart, and the table that says all of it in numbers."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Final

from wearcast.figures import page_hours
from wearcast.messages import clock, long_date, say, speed_unit, temperature_unit, whole
from wearcast.serving.dashboard.icon_markup import sky
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Figure, figure_slot
from wearcast.serving.dashboard.words import MISSING, degrees, percent_or_missing
from wearcast.variables import inches
from wearcast.vocabulary import WET_MM

_COLUMNS: Final = 7


def hours(data: PageData) -> Markup:
    """The chart and the table."""
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
    """The chart."""
    language, hours = data.language, data.shown_hours
    feels_like = _feels_like(data)
    labels = {
        "temperature": say(language, "Temperature"),
        "feels": say(language, "Feels like"),
        "rain": say(language, "Rain"),
        "wind": say(language, "Wind"),
        "wide": say(language, "4 times in 5"),
        "narrow": say(language, "1 time in 2"),
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
        wind=[_median(hour[data.wind_key]) for hour in hours],
        labels=labels,
    )


def _chart_description(data: PageData) -> str:
    """What the chart shows, for those who don't see it."""
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
    """The day's lowest or highest temperature if that is at an hour of the day; after midnight the
    hour's own."""
    day = data.choices.day or ""
    if _date(hour) != day:
        return data.temperature(hour)
    of_day: float = data.day(day)[f"temp_{name}_{data.temperature_suffix}"]["p50"]
    return of_day


def extremes(data: PageData, hours: Sequence[JsonObject]) -> tuple[JsonObject, JsonObject]:
    """The coldest and the warmest hour, by what was observed and the medians of what is ahead."""
    known = [hour for hour in hours if data.temperature(hour) is not None]

    def warmth(hour: JsonObject) -> float:
        found = data.temperature(hour)
        return 0.0 if found is None else found

    return min(known, key=warmth), max(known, key=warmth)


def _table(data: PageData) -> Markup:
    language, units = data.language, data.choices.units
    feels_like = _feels_like(data)
    columns = (
        say(language, "Hour"),
        say(language, "Sky"),
        f"{say(language, 'Temperature')} {temperature_unit(units)}",
        say(language, "4 times in 5"),
        say(language, "Feels like"),
        say(language, "Rain"),
        f"{say(language, 'Wind')} {speed_unit(units)}",
    )
    return tag(
        "div",
        tag(
            "table",
            tag(
                "caption",
                say(language, "Every hour of the day; grey hours have passed and were measured."),
            ),
            tag("thead", tag("tr", [tag("th", column, scope="col") for column in columns])),
            [
                _rows_of_date(data, on, list(shown), feels_like)
                for on, shown in groupby(data.shown_hours, key=_date)
            ],
        ),
        class_="scrolls",
        tabindex="0",
        role="region",
        aria_label=say(language, "All hours as a table"),
    )


def _rows_of_date(
    data: PageData, on: str, shown: Sequence[JsonObject], feels_like: Mapping[str, float]
) -> Markup:
    """The hours of a date; those of a night out after midnight stand below the name of theirs."""
    rows = [_row(data, hour, feels_like) for hour in shown]
    if on == data.choices.day:
        return tag("tbody", rows)
    name = long_date(data.language, date.fromisoformat(on))
    return tag("tbody", tag("tr", tag("th", name, scope="rowgroup", colspan=_COLUMNS)), rows)


def _date(hour: JsonObject) -> str:
    local: str = hour["local_time"]
    return local[:10]


def _row(data: PageData, hour: JsonObject, feels_like: Mapping[str, float]) -> Markup:
    language, at, ahead = data.language, hour["local_time"][:16], "lead_h" in hour
    temp = hour[f"temp_{data.temperature_suffix}"]
    band = f"{whole(temp['p10'])} … {whole(temp['p90'])}" if ahead else say(language, "measured")
    wind = _median(hour[data.wind_key])
    values = (
        ("temp", degrees(data.temperature(hour))),
        ("band", band),
        ("feels", degrees(feels_like.get(hour["local_time"]))),
        ("rain", _rain_text(data, hour)),
        ("wind", MISSING if wind is None else whole(wind)),
    )
    return tag(
        "tr",
        tag("th", tag("time", clock(hour["local_time"]), datetime=hour["local_time"]), scope="row"),
        tag("td", sky(data, hour), class_="sky"),
        [tag("td", text, data_value=f"hour.{name}", data_at=at) for name, text in values],
        class_=None if ahead else "past",
    )


def _feels_like(data: PageData) -> dict[str, float]:
    """How the hours outdoors feel, by their local time with its offset: an hour that comes twice
    has two feelings."""
    return {
        step["at"]: step[f"feels_{data.temperature_suffix}"] for step in data.advice["timeline"]
    }


def _rain_chance(hour: JsonObject) -> float | None:
    """The chance of rain; of an hour that has passed, none or all of it."""
    if "lead_h" in hour:
        chance: float | None = hour["rain_chance"]
        return chance
    wet = _was_wet(hour)
    return None if wet is None else float(wet)


def _rain_text(data: PageData, hour: JsonObject) -> str:
    if "lead_h" in hour:
        return percent_or_missing(hour["rain_chance"])
    wet = _was_wet(hour)
    if wet is None:
        return MISSING
    return say(data.language, "wet") if wet else say(data.language, "dry")


def _was_wet(hour: JsonObject) -> bool | None:
    if "precip_in" in hour:
        return None if hour["precip_in"] is None else bool(hour["precip_in"] >= inches(WET_MM))
    return None if hour["precip_mm"] is None else bool(hour["precip_mm"] >= WET_MM)


def _median(value: Any) -> float | None:
    found: float | None = value["p50"] if isinstance(value, dict) else value
    return found


def _quantiles(value: Any) -> tuple[float | None, ...]:
    """p10, p25, p50, p75 and p90; what was observed has but one value."""
    if isinstance(value, dict):
        return tuple(value[level] for level in ("p10", "p25", "p50", "p75", "p90"))
    return (value,) * 5
