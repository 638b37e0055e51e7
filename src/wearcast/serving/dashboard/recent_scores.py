"""How the last forecasts of the chosen station fared: what was said a day ahead against what
came."""

from datetime import datetime
from zoneinfo import ZoneInfo

from wearcast.figures import page_scores
from wearcast.messages import say, temperature_unit
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Figure, Panel, figure_slot
from wearcast.serving.dashboard.tables import (
    lead_range_name,
    score_table,
    temperature_difference,
    whole_percent,
)
from wearcast.serving.dashboard.words import named
from wearcast.variables import fahrenheit
from wearcast.vocabulary import SCORE_RANGES


def panel(data: PageData, found: JsonObject, title: str) -> Panel:
    """The last week's hours, and the scores of the last two weeks' forecasts."""
    language = data.language
    past = found["verification"]
    if not past or not past["forecasts"]:
        text = say(
            language,
            "There is nothing to compare yet: it takes a day of forecasts whose hours have come.",
        )
        return Panel(_section(title, tag("p", text, class_="hint")))
    figure = _week(data, past["series"])
    told = say(
        language,
        "{n} forecasts for {station} since {start} can be compared with what came.",
        n=str(past["forecasts"]),
        station=named(language, data.station),
        start=str(past["from"])[:10],
    )
    parts = [
        tag("p", told, class_="lead"),
        figure_slot("about-week", page_scores.HEIGHT) if figure else None,
        _scores(data, past["leads"]),
    ]
    return Panel(_section(title, *parts), {"about-week": figure} if figure else {})


def _scores(data: PageData, leads: JsonObject) -> Markup:
    language, imperial = data.language, data.choices.units == "imperial"
    rows = [
        (
            say(language, "Mean error"),
            [temperature_difference(leads[name]["mae_c"], imperial) for name in SCORE_RANGES],
        ),
        (
            say(language, "Mean error of “as it is now”"),
            [
                temperature_difference(leads[name]["persistence_mae_c"], imperial)
                for name in SCORE_RANGES
            ],
        ),
        (
            say(language, "Too warm on average by"),
            [temperature_difference(leads[name]["bias_c"], imperial) for name in SCORE_RANGES],
        ),
        (
            say(language, "Within the 80 % band"),
            [whole_percent(leads[name]["coverage_80"]) for name in SCORE_RANGES],
        ),
        (say(language, "Hours compared"), [str(leads[name]["hours"]) for name in SCORE_RANGES]),
    ]
    caption = say(language, "The forecasts of the last two weeks, by how far ahead")
    return score_table(
        caption, [lead_range_name(language, name) for name in SCORE_RANGES], rows, "about.lately"
    )


def _week(data: PageData, series: list[JsonObject]) -> Figure | None:
    if not any(hour["p50_c"] is not None for hour in series):
        return None
    language, zone = data.language, ZoneInfo(data.station["time_zone"])
    at = [
        f"{datetime.fromisoformat(hour['valid_at']).astimezone(zone):%Y-%m-%dT%H:%M}"
        for hour in series
    ]
    shown = {
        name: [_shown(data, hour[name]) for hour in series]
        for name in ("observed_c", "p10_c", "p50_c", "p90_c")
    }
    unit = temperature_unit(data.choices.units)
    labels = {
        "band": say(language, "80 % band"),
        "forecast": say(language, "forecast a day ahead"),
        "observed": say(language, "what came"),
        "y": say(language, "temperature, {unit}", unit=unit),
        "unit": unit,
    }
    return page_scores.week(
        at, shown["observed_c"], [shown["p10_c"], shown["p50_c"], shown["p90_c"]], labels
    )


def _shown(data: PageData, temp_c: float | None) -> float | None:
    if temp_c is None or data.choices.units != "imperial":
        return temp_c
    return round(fahrenheit(temp_c), 2)


def _section(title: str, *children: object) -> Markup:
    return tag(
        "section",
        tag("h2", title, id="about-lately"),
        *children,
        class_="card",
        aria_labelledby="about-lately",
    )
