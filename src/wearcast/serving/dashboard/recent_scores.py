"""The live verification of the chosen station's recent forecasts."""

from datetime import datetime
from zoneinfo import ZoneInfo

from wearcast.figures import page_scores
from wearcast.messages import say, temperature_unit, with_units
from wearcast.serving.dashboard import week_hits
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Figure, Panel, figure_slot
from wearcast.serving.dashboard.tables import (
    difference_number,
    folded,
    lead_range_name,
    score_table,
    section,
    whole_percent,
    without_all,
)
from wearcast.serving.dashboard.words import named
from wearcast.variables import fahrenheit


def panel(data: PageData, response: JsonObject, title: str) -> Panel:
    """The last week's hits day by day and its hours; folded, the scores of two weeks."""
    language = data.language
    scores = response["verification"]
    if not scores or not scores["forecasts"]:
        text = say(
            language,
            "There is nothing to compare yet: it takes a day of forecasts whose hours have come.",
        )
        return Panel(section("lately", title, tag("p", text, class_="hint")))
    figure = _week(data, scores["series"])
    compared = say(
        language,
        "{n} forecasts for {station} since {start} can be compared with what came.",
        n=str(scores["forecasts"]),
        station=named(language, data.station),
        start=str(scores["from"])[:10],
    )
    parts = [
        *_hits(data, scores["series"]),
        figure_slot("about-week", page_scores.HEIGHT) if figure else None,
        tag("p", compared, class_="hint"),
        folded(say(language, "The errors in numbers"), _scores(data, scores["leads"])),
    ]
    figures = {"about-week": figure} if figure else {}
    return Panel(section("lately", title, *parts), figures)


def _hits(data: PageData, series: list[JsonObject]) -> list[Markup]:
    """How many hours came as forecast, and day by day; nothing where no day has enough hours."""
    days = week_hits.daily_hits(series, ZoneInfo(data.station["time_zone"]))
    if not days:
        return []
    summary = week_hits.summary(data, days, named(data.language, data.station))
    return [tag("p", summary, class_="lead"), week_hits.hits_table(data, days)]


def _scores(data: PageData, by_leads: JsonObject) -> Markup:
    language = data.language
    imperial = data.choices.units == "imperial"
    ranges = without_all(by_leads)
    scores = [by_leads[leads] for leads in ranges]

    def differences(name: str) -> list[str]:
        return [difference_number(score[name], imperial) for score in scores]

    rows = [
        (say(language, "Mean error"), differences("mae_c")),
        (say(language, "Mean error of “as it is now”"), differences("persistence_mae_c")),
        (say(language, "Too warm on average by"), differences("bias_c")),
        (
            with_units(language, say(language, "Within the 80 % range")),
            [whole_percent(language, score["coverage_80"]) for score in scores],
        ),
        (say(language, "Hours compared"), [str(score["hours"]) for score in scores]),
    ]
    caption = say(
        language,
        "The forecasts of the last two weeks in {unit}, by how far ahead",
        unit=temperature_unit(data.choices.units),
    )
    columns = [lead_range_name(language, leads) for leads in ranges]
    return score_table(caption, columns, rows, "about.lately")


def _week(data: PageData, series: list[JsonObject]) -> Figure | None:
    if not any(hour["p50_c"] is not None for hour in series):
        return None
    language = data.language
    zone = ZoneInfo(data.station["time_zone"])
    at = []
    for hour in series:
        valid_at = datetime.fromisoformat(hour["valid_at"])
        local = valid_at.astimezone(zone)
        at.append(f"{local:%Y-%m-%dT%H:%M}")

    def temperatures(name: str) -> list[float | None]:
        return [_in_units(data, hour[name]) for hour in series]

    unit = temperature_unit(data.choices.units)
    labels = {
        "band": with_units(language, say(language, "80 % range")),
        "forecast": say(language, "forecast a day ahead"),
        "observed": say(language, "what came"),
        "y": say(language, "temperature, {unit}", unit=unit),
        "unit": unit,
    }
    quantiles = [temperatures("p10_c"), temperatures("p50_c"), temperatures("p90_c")]
    observed = temperatures("observed_c")
    return page_scores.week(at, observed, quantiles, labels)


def _in_units(data: PageData, temp_c: float | None) -> float | None:
    if temp_c is None or data.choices.units != "imperial":
        return temp_c
    return round(fahrenheit(temp_c), 2)
