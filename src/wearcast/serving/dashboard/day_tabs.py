"""The tabs of the days: weather, lowest and highest temperature, and icons of the outfit."""

from datetime import date
from typing import Any

from wearcast.messages import long_date, say, weekday_short
from wearcast.serving.dashboard.icon_markup import garment, sky_of_day
from wearcast.serving.dashboard.markup import Markup, screen_reader_text, tag
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.words import degrees

_TOP_LAYERS = ("outer", "mid", "base")
_WEEK = 7
"""Columns of the tabs; more days go on in another row."""


def day_tabs(data: PageData) -> Markup:
    """A link for each day."""
    days = data.latest["days"]
    items = [tag("li", _day_tab(data, day)) for day in days]
    label = say(data.language, "Days")
    tabs = tag("ol", items, style=_columns(data))
    return tag("nav", tabs, class_="strip", aria_label=label)


def _columns(data: PageData) -> str | None:
    """The style of as many columns as a short forecast has days; style.css has a week's."""
    days = len(data.latest["hours"]) // 24
    if days >= _WEEK:
        return None
    return f"grid-template-columns: repeat({days}, minmax(0, 1fr))"


def _day_tab(data: PageData, day: Any) -> Markup:
    language, letter, on = data.language, data.temperature_suffix, date.fromisoformat(day["date"])
    low, high = day[f"temp_min_{letter}"]["p50"], day[f"temp_max_{letter}"]["p50"]
    # The previous release's API doesn't say which day is today.
    today = day["date"] == data.station.get("today")
    return tag(
        "a",
        tag(
            "span",
            say(language, "Today") if today else weekday_short(language, on),
            class_="weekday",
            aria_hidden="true",
        ),
        screen_reader_text(long_date(language, on)),
        tag("span", f"{on.month}/{on.day}", class_="date", aria_hidden="true"),
        tag("span", sky_of_day(data, day), class_="sky"),
        tag(
            "span",
            tag(
                "span",
                screen_reader_text(say(language, "highest")),
                _value(high, "temp_max", day["date"]),
                class_="high",
            ),
            tag(
                "span",
                screen_reader_text(say(language, "lowest")),
                _value(low, "temp_min", day["date"]),
                class_="low",
            ),
            class_="range",
        ),
        tag("span", _outfit_miniature(data, day["date"]), class_="miniature"),
        href=data.choices.to_query(day=day["date"]),
        id=f"day-{day['date']}",
        aria_current="date" if day["date"] == data.choices.day else None,
    )


def _value(value: float, name: str, on: str) -> Markup:
    text = degrees(value)
    return tag("span", text, data_value=name, data_date=on)


def _outfit_miniature(data: PageData, on: str) -> list[Markup]:
    """The visible pieces of the outfit (outermost top, legs, feet); all of them for screen
    readers."""
    advice = data.week.get(on)
    if advice is None:
        return []
    pieces = advice["outfit"]["pieces"]
    by_layer = {piece["layer"]: piece for piece in reversed(pieces)}
    tops = [layer for layer in _TOP_LAYERS if layer in by_layer]
    visible = [by_layer[layer] for layer in (*tops[:1], "legs", "feet") if layer in by_layer]
    icons = [garment(piece["id"], piece["layer"]) for piece in visible]
    names = [piece["name"] for piece in pieces]
    return [*icons, screen_reader_text(", ".join(names))]
