"""The hours of the day: the chart, and the table that says all of it in numbers."""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, Final

from wearcast.figures import page_hours
from wearcast.serving.dashboard.icon_markup import sky
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import Answer, Answers
from wearcast.serving.dashboard.panel import Figure, slot
from wearcast.serving.dashboard.words import (
    MISSING,
    clock,
    degrees,
    long_date,
    percent,
    say,
    unit_of_speed,
    unit_of_temperature,
    whole,
)

_WET_MM, _WET_IN = 0.1, 0.004
_COLUMNS: Final = 7


def hours(answers: Answers) -> Markup:
    """The chart and the table."""
    language = answers.language
    return tag(
        "section",
        tag("h2", say(language, "Hour by hour"), id="hours"),
        tag("div", slot("hours", page_hours.HEIGHT), role="img", aria_label=_described(answers)),
        tag(
            "details",
            tag("summary", say(language, "All hours as a table")),
            _table(answers),
            id="table",
        ),
        class_="hourly card",
        aria_labelledby="hours",
    )


def figure(answers: Answers) -> Figure:
    """The chart."""
    language, hours = answers.language, answers.shown_hours
    felt = _felt(answers)
    labels = {
        "temperature": say(language, "Temperature"),
        "feels": say(language, "Feels like"),
        "rain": say(language, "Rain"),
        "wind": say(language, "Wind"),
        "wide": say(language, "4 times in 5"),
        "narrow": say(language, "1 time in 2"),
        "low": say(language, "lowest"),
        "high": say(language, "highest"),
        "temperature_unit": unit_of_temperature(answers.choices.units),
        "wind_unit": unit_of_speed(answers.choices.units),
    }
    return page_hours.day(
        at=[hour["local_time"][:16] for hour in hours],
        temperature=[_quantiles(hour[f"temp_{answers.letter}"]) for hour in hours],
        feels=[felt.get(hour["local_time"]) for hour in hours],
        rain=[_rain(hour) for hour in hours],
        wind=[_median(hour[answers.wind]) for hour in hours],
        labels=labels,
    )


def _described(answers: Answers) -> str:
    """What the chart shows, for those who don't see it."""
    language = answers.language
    low, high = extremes(answers, answers.shown_hours)
    return say(
        language,
        "Chart of the day's hours: coldest at {low_at} with {low}, warmest at {high_at} with"
        " {high}. The table below has every hour.",
        low_at=clock(low["local_time"]),
        low=degrees(_extreme(answers, low, "min")),
        high_at=clock(high["local_time"]),
        high=degrees(_extreme(answers, high, "max")),
    )


def _extreme(answers: Answers, hour: Answer, name: str) -> float | None:
    """The day's lowest or highest temperature if that is at an hour of the day; after midnight the
    hour's own."""
    day = answers.choices.day or ""
    if _date(hour) != day:
        return answers.temperature(hour)
    of_day: float = answers.day(day)[f"temp_{name}_{answers.letter}"]["p50"]
    return of_day


def extremes(answers: Answers, hours: Sequence[Answer]) -> tuple[Answer, Answer]:
    """The coldest and the warmest hour, by what was observed and the medians of what is ahead."""
    known = [hour for hour in hours if answers.temperature(hour) is not None]

    def warmth(hour: Answer) -> float:
        found = answers.temperature(hour)
        return 0.0 if found is None else found

    return min(known, key=warmth), max(known, key=warmth)


def _table(answers: Answers) -> Markup:
    language, units = answers.language, answers.choices.units
    felt = _felt(answers)
    columns = (
        say(language, "Hour"),
        say(language, "Sky"),
        f"{say(language, 'Temperature')} {unit_of_temperature(units)}",
        say(language, "4 times in 5"),
        say(language, "Feels like"),
        say(language, "Rain"),
        f"{say(language, 'Wind')} {unit_of_speed(units)}",
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
                _of_date(answers, on, list(shown), felt)
                for on, shown in groupby(answers.shown_hours, key=_date)
            ],
        ),
        class_="scrolls",
        tabindex="0",
        role="region",
        aria_label=say(language, "All hours as a table"),
    )


def _of_date(
    answers: Answers, on: str, shown: Sequence[Answer], felt: Mapping[str, float]
) -> Markup:
    """The hours of a date; those of a night out after midnight stand below the name of theirs."""
    rows = [_row(answers, hour, felt) for hour in shown]
    if on == answers.choices.day:
        return tag("tbody", rows)
    name = long_date(answers.language, date.fromisoformat(on))
    return tag("tbody", tag("tr", tag("th", name, scope="rowgroup", colspan=_COLUMNS)), rows)


def _date(hour: Answer) -> str:
    local: str = hour["local_time"]
    return local[:10]


def _row(answers: Answers, hour: Answer, felt: Mapping[str, float]) -> Markup:
    language, at, ahead = answers.language, hour["local_time"][:16], "lead_h" in hour
    temp = hour[f"temp_{answers.letter}"]
    band = f"{whole(temp['p10'])} … {whole(temp['p90'])}" if ahead else say(language, "measured")
    wind = _median(hour[answers.wind])
    values = (
        ("temp", degrees(answers.temperature(hour))),
        ("band", band),
        ("feels", degrees(felt.get(hour["local_time"]))),
        ("rain", _rain_told(answers, hour)),
        ("wind", MISSING if wind is None else whole(wind)),
    )
    return tag(
        "tr",
        tag("th", tag("time", clock(hour["local_time"]), datetime=hour["local_time"]), scope="row"),
        tag("td", sky(answers, hour), class_="sky"),
        [tag("td", text, data_value=f"hour.{name}", data_at=at) for name, text in values],
        class_=None if ahead else "past",
    )


def _felt(answers: Answers) -> dict[str, float]:
    """How the hours outdoors feel, by their local time with its offset: an hour that comes twice
    has two feelings."""
    return {step["at"]: step[f"feels_{answers.letter}"] for step in answers.advice["timeline"]}


def _rain(hour: Answer) -> float | None:
    """The chance of rain; of an hour that has passed, none or all of it."""
    if "lead_h" in hour:
        chance: float | None = hour["rain_chance"]
        return chance
    wet = _wet(hour)
    return None if wet is None else float(wet)


def _rain_told(answers: Answers, hour: Answer) -> str:
    if "lead_h" in hour:
        return percent(hour["rain_chance"])
    wet = _wet(hour)
    if wet is None:
        return MISSING
    return say(answers.language, "wet") if wet else say(answers.language, "dry")


def _wet(hour: Answer) -> bool | None:
    if "precip_in" in hour:
        return None if hour["precip_in"] is None else bool(hour["precip_in"] >= _WET_IN)
    return None if hour["precip_mm"] is None else bool(hour["precip_mm"] >= _WET_MM)


def _median(value: Any) -> float | None:
    found: float | None = value["p50"] if isinstance(value, dict) else value
    return found


def _quantiles(value: Any) -> tuple[float | None, ...]:
    """p10, p25, p50, p75 and p90; what was observed has but one value."""
    if isinstance(value, dict):
        return tuple(value[level] for level in ("p10", "p25", "p50", "p75", "p90"))
    return (value,) * 5
