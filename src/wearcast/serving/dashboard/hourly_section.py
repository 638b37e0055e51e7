"""The hours of the day: a chart, and a table of all its numbers."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Final

from wearcast.figures import page_hours
from wearcast.messages import long_date, say, speed_unit, temperature_unit
from wearcast.serving.dashboard.hour_values import (
    band_text,
    falling,
    feels_like,
    is_forecast,
    is_told,
    kinds_falling,
    precipitation_title,
    rain_text,
    stronger_gust,
    wind_text,
)
from wearcast.serving.dashboard.hourly_chart import day_hours, extreme_text, extremes
from wearcast.serving.dashboard.hours_drawing import hours_drawing
from wearcast.serving.dashboard.icon_markup import sky
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Figure, figure_slot
from wearcast.serving.dashboard.words import degrees

_COLUMNS: Final = 6


def hours(data: PageData) -> Markup:
    """The section with the chart and the table."""
    language = data.language
    drawing = hours_drawing(day_hours(data))
    return tag(
        "section",
        tag("h2", say(language, "Hour by hour"), id="hours"),
        tag(
            "div",
            figure_slot("hours", page_hours.HEIGHT, drawing),
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
    return page_hours.day(day_hours(data))


def _chart_description(data: PageData) -> str:
    """The chart in words, for screen readers."""
    coldest, warmest = extremes(data)
    return say(
        data.language,
        "Chart of the day's hours: coldest at {low_at} with {low}, warmest at {high_at} with"
        " {high}. The table below has every hour.",
        low_at=data.clock(coldest["local_time"]),
        low=extreme_text(data, "min"),
        high_at=data.clock(warmest["local_time"]),
        high=extreme_text(data, "max"),
    )


def _table(data: PageData) -> Markup:
    language = data.language
    units = data.choices.units
    columns = (
        say(language, "Hour"),
        say(language, "Sky"),
        _temperature_header(data),
        say(language, "Feels like"),
        precipitation_title(data),
        f"{_wind_title(data)} {speed_unit(units)}",
    )
    headers = [tag("th", column, scope="col") for column in columns]
    felt = feels_like(data)
    bodies = []
    for on, hours in groupby(data.shown_hours, key=_date):
        bodies.append(_rows_of_date(data, on, list(hours), felt))
    table = tag(
        "table",
        tag("caption", _caption(data)),
        tag("thead", tag("tr", headers)),
        bodies,
    )
    return tag(
        "div",
        table,
        class_="scrolls",
        tabindex="0",
        role="region",
        aria_label=say(language, "All hours as a table"),
    )


def _temperature_header(data: PageData) -> list[Markup]:
    """The unit, and that the range stands beside the temperature."""
    language = data.language
    unit = temperature_unit(data.choices.units)
    title = tag("span", f"{say(language, 'Temperature')} {unit}")
    return [title, tag("small", say(language, "possible range"))]


def _caption(data: PageData) -> str:
    """What the table is; and where no hour's median reaches the day's extremes, why."""
    language = data.language
    caption = say(language, "Every hour of the day; grey hours have passed and were measured.")
    coldest, warmest = extremes(data)
    shown = [degrees(data.temperature(coldest)), degrees(data.temperature(warmest))]
    if shown == [extreme_text(data, "min"), extreme_text(data, "max")]:
        return caption
    note = say(
        language,
        "Nobody knows at which hour the day is coldest and warmest, so its lowest ({low}) and"
        " highest ({high}) can be a bit beyond those of the hours.",
        low=extreme_text(data, "min"),
        high=extreme_text(data, "max"),
    )
    return f"{caption} {note}"


def _rows_of_date(
    data: PageData, on: str, hours: Sequence[JsonObject], felt: Mapping[str, float]
) -> Markup:
    """The hours of a date; hours outdoors after midnight follow a header with their date."""
    rows = [_row(data, hour, felt) for hour in hours]
    if on == data.choices.day:
        return tag("tbody", rows)
    name = long_date(data.language, date.fromisoformat(on))
    header = tag("th", name, scope="rowgroup", colspan=_COLUMNS)
    return tag("tbody", tag("tr", header), rows)


def _date(hour: JsonObject) -> str:
    local: str = hour["local_time"]
    return local[:10]


def _row(data: PageData, hour: JsonObject, felt: Mapping[str, float]) -> Markup:
    local_time = hour["local_time"]

    def value(element: str, name: str, text: str) -> Markup:
        return tag(element, text, data_value=f"hour.{name}", data_at=local_time[:16])

    temperature = value("b", "temp", degrees(data.temperature(hour)))
    band = value("small", "band", band_text(data, hour))
    rain = value("span", "rain", rain_text(data, hour))
    feels = degrees(felt.get(local_time))
    clock = tag("time", data.clock(local_time), datetime=local_time)
    return tag(
        "tr",
        tag("th", clock, scope="row"),
        tag("td", sky(data, hour), class_="sky"),
        tag("td", temperature, " ", band, class_="temperature"),
        value("td", "feels", feels),
        tag("td", rain, _kind(data, hour), class_="rain"),
        value("td", "wind", wind_text(data, hour)),
        class_=None if is_forecast(hour) else "past",
    )


def _kind(data: PageData, hour: JsonObject) -> Markup | None:
    """What would fall in an hour, where it isn't the same in all hours."""
    if not is_forecast(hour) or not is_told(hour) or len(kinds_falling(data)) < 2:
        return None
    return tag("small", f" {falling(data.language, hour)}")


def _wind_title(data: PageData) -> str:
    if any(stronger_gust(data, hour) is not None for hour in data.shown_hours):
        return say(data.language, "Wind (gusts)")
    return say(data.language, "Wind")
