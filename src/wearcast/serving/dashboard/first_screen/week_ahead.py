"""The days of the forecast, each with its range and how uncertain it is; faded from the fourth day
on, or after the last one that is made from numerical forecasts."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from wearcast.messages import long_date, say, weekday, weekday_short, whole
from wearcast.serving.dashboard.first_screen.miniature import outfit_miniature
from wearcast.serving.dashboard.forecast_basis import guided_until
from wearcast.serving.dashboard.icon_markup import sky_of_day
from wearcast.serving.dashboard.markup import Markup, screen_reader_text, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.words import degrees, percent_or_missing
from wearcast.vocabulary import Units, umbrella_is_due

_FADED_FROM: Final = 3
"""The index of the first day that is faded where the station's past alone forecasts it."""

_ABOUT_USUAL: Final[Mapping[Units, float]] = {"metric": 2.0, "imperial": 3.6}
"""A mean at most so far from what is usual on the date is about usual."""


def week_ahead(data: PageData) -> Markup:
    """The section with the days."""
    days = data.latest["days"]
    scale = _scale(data)
    faded_from = _faded_from(data)
    items = []
    for index, day in enumerate(days):
        item = _day(data, day, scale, index >= faded_from)
        items.append(item)
    return tag(
        "section",
        tag("h2", say(data.language, "The week"), id="week"),
        tag("ol", items),
        _note(data, faded_from),
        class_="week",
        aria_labelledby="week",
    )


def _faded_from(data: PageData) -> int:
    """The index of the first day that is faded."""
    until = guided_until(data)
    if until is None:
        return _FADED_FROM
    guided = [day for day in data.latest["days"] if day["date"] <= str(until)]
    return max(_FADED_FROM, len(guided))


def _note(data: PageData, faded_from: int) -> Markup | None:
    days = data.latest["days"]
    if len(days) <= faded_from:
        return None
    first = weekday(data.language, date.fromisoformat(days[faded_from]["date"]))
    text = say(data.language, "From {day} on only roughly: look at the range.", day=first)
    return tag("p", text, class_="hint")


def _scale(data: PageData) -> tuple[float, float]:
    """The lowest and the highest temperature of the week's ranges."""
    suffix = data.temperature_suffix
    lows, highs = [], []
    for day in data.latest["days"]:
        low = day[f"temp_min_{suffix}"]
        high = day[f"temp_max_{suffix}"]
        lows.append(low["p10"])
        highs.append(high["p90"])
    lowest = min(lows)
    return lowest, max(*highs, lowest + 1)


def _day(data: PageData, day: JsonObject, scale: tuple[float, float], faded: bool) -> Markup:
    language, on = data.language, date.fromisoformat(day["date"])
    today = day["date"] == data.station.get("today")
    name = say(language, "Today") if today else weekday_short(language, on)
    content = [
        tag("span", name, class_="weekday", aria_hidden="true"),
        screen_reader_text(long_date(language, on)),
        tag("span", sky_of_day(data, day), _chance(data, day), class_="sky"),
        _extreme(data, day, "min", faded),
        _bar(data, day, scale),
        _extreme(data, day, "max", faded),
        outfit_miniature(data, day["date"]),
        _usual_name(data, day) if faded else None,
    ]
    link = tag(
        "a",
        content,
        href=data.query(day=day["date"]),
        id=f"day-{day['date']}",
        aria_current="date" if day["date"] == data.choices.day else None,
    )
    return tag("li", link, class_="faded" if faded else None)


def _chance(data: PageData, day: JsonObject) -> Markup | None:
    chance = day["rain_chance"]
    if chance is None or not umbrella_is_due(chance):
        return None
    text = percent_or_missing(data.language, chance)
    return tag("span", text, class_="wet", data_value="week.rain_chance", data_date=day["date"])


def _extreme(data: PageData, day: JsonObject, name: str, faded: bool) -> Markup:
    """The lowest or highest temperature, on faded days as its range; the range of the others is
    read, too."""
    language = data.language
    values = day[f"temp_{name}_{data.temperature_suffix}"]
    labels = {"min": say(language, "lowest"), "max": say(language, "highest")}
    low = degrees(values["p10"])
    high = degrees(values["p90"])
    number = degrees(values["p50"])
    if faded and low != high:
        number = f"{whole(values['p10'])}…{high}"
    shown = tag(
        "b",
        number,
        data_value=f"week.{name}",
        data_date=day["date"],
        title=say(language, "{low} to {high}", low=low, high=high),
    )
    return tag("span", screen_reader_text(labels[name]), shown, class_=name)


def _bar(data: PageData, day: JsonObject, scale: tuple[float, float]) -> Markup:
    """The range of the day: dark between the medians of its extremes, light up to where 8 of 10
    lowest and highest temperatures lie."""
    suffix = data.temperature_suffix
    low, high = day[f"temp_min_{suffix}"], day[f"temp_max_{suffix}"]
    return tag(
        "span",
        tag("i", style=_position(low["p10"], high["p90"], scale), class_="possible"),
        tag("i", style=_position(low["p50"], high["p50"], scale), class_="likely"),
        class_="bar",
        aria_hidden="true",
    )


def _position(start: float, end: float, scale: tuple[float, float]) -> str:
    lowest, highest = scale
    per_cent = 100 / (highest - lowest)
    left = per_cent * (start - lowest)
    width = per_cent * (end - start)
    width = max(width, 2)
    return f"left:{left:.0f}%;width:{width:.0f}%"


def _usual_name(data: PageData, day: JsonObject) -> Markup | None:
    """That the day's mean is about usual for the season, where it is; the API of the release before
    doesn't know. Extremes can't be compared: most days' are beyond those of the usual course."""
    usual = day.get("usual")
    if not usual:
        return None
    name = f"temp_mean_{data.temperature_suffix}"
    apart = abs(day[name]["p50"] - usual[name])
    if apart > _ABOUT_USUAL[data.choices.units]:
        return None
    text = say(data.language, "about usual for the season")
    return tag("span", text, class_="usual")
