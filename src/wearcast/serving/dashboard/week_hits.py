"""Last week's hours that came within the range forecast about a day before, day by day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from wearcast.messages import say, unbroken, weekday_short
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.words import degrees
from wearcast.variables import fahrenheit

_FEWEST_HOURS: Final = 12
"""Of a day that is shown."""
_WARMEST_HOURS: Final = range(12, 18)
"""Without one of them, the highest of the other hours may not be the day's high."""


@dataclass(frozen=True)
class DayHits:
    """A local day's hours that have both a forecast and an observation.

    Attributes:
        on: the day.
        hours: how many hours there are.
        hits: how many of them came within the 80 % range.
        forecast_high_c: the highest median; None where not all of the warmest hours are known.
        observed_high_c: the highest observation, likewise.
    """

    on: date
    hours: int
    hits: int
    forecast_high_c: float | None
    observed_high_c: float | None


def daily_hits(series: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> list[DayHits]:
    """The days of a series of hours, the oldest first, without days of few hours."""
    compared = [hour for hour in series if _is_compared(hour)]
    days = []
    for on, group in groupby(compared, lambda hour: _local_date(hour, zone)):
        hours = list(group)
        if len(hours) >= _FEWEST_HOURS:
            days.append(_hits_of(on, hours, zone))
    return days


def summary(data: PageData, days: Sequence[DayHits], station: str) -> str:
    """How many of all hours were hits, and how many ought to be."""
    text = say(
        data.language,
        "Last week in {station}, {hits} of {hours} hours came within the range forecast the day"
        " before. It is made to hold 8 in 10.",
        station=station,
        hits=str(sum(day.hits for day in days)),
        hours=str(sum(day.hours for day in days)),
    )
    return unbroken(text)


def hits_table(data: PageData, days: Sequence[DayHits]) -> Markup:
    """A row a day, the newest first: the high as forecast and as it came, and the hits."""
    language = data.language
    headers = (
        say(language, "Day"),
        say(language, "Forecast high"),
        say(language, "What came"),
        say(language, "Hours within the range"),
    )
    return tag(
        "table",
        tag("caption", say(language, "Day by day"), class_="sr"),
        tag("thead", tag("tr", [tag("th", header, scope="col") for header in headers])),
        tag("tbody", [_row(data, row, day) for row, day in enumerate(reversed(days))]),
        class_="hits",
    )


def _row(data: PageData, row: int, day: DayHits) -> Markup:
    language = data.language
    weekday = weekday_short(language, day.on)
    name = say(language, "{weekday} {day}", weekday=weekday, day=str(day.on.day))
    share = say(
        language,
        "{hits} of {hours}",
        hits=str(day.hits),
        hours=str(day.hours),
    )
    filled = tag("span", style=f"width:{100 * day.hits / day.hours:.0f}%")
    bar = tag("span", filled, class_="bar", aria_hidden="true")
    highs = [_shown(data, high_c) for high_c in (day.forecast_high_c, day.observed_high_c)]
    cells = [*highs, [share, bar]]
    return tag(
        "tr",
        tag("th", name, scope="row"),
        [tag("td", cell, data_value=f"about.hits.{row}.{n}") for n, cell in enumerate(cells)],
    )


def _shown(data: PageData, temp_c: float | None) -> str:
    if temp_c is not None and data.choices.units == "imperial":
        return degrees(fahrenheit(temp_c))
    return degrees(temp_c)


def _is_compared(hour: Mapping[str, Any]) -> bool:
    return hour["observed_c"] is not None and hour["p50_c"] is not None


def _local_date(hour: Mapping[str, Any], zone: ZoneInfo) -> date:
    return datetime.fromisoformat(hour["valid_at"]).astimezone(zone).date()


def _local_hour(hour: Mapping[str, Any], zone: ZoneInfo) -> int:
    return datetime.fromisoformat(hour["valid_at"]).astimezone(zone).hour


def _hits_of(on: date, hours: Sequence[Mapping[str, Any]], zone: ZoneInfo) -> DayHits:
    hits = 0
    for hour in hours:
        if hour["p10_c"] <= hour["observed_c"] <= hour["p90_c"]:
            hits += 1
    forecast_high_c = None
    observed_high_c = None
    known = {_local_hour(hour, zone) for hour in hours}
    if known.issuperset(_WARMEST_HOURS):
        forecast_high_c = max(hour["p50_c"] for hour in hours)
        observed_high_c = max(hour["observed_c"] for hour in hours)
    return DayHits(on, len(hours), hits, forecast_high_c, observed_high_c)
