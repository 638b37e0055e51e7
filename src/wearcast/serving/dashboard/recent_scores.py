"""How the last forecasts of the chosen station fared: what was said a day ahead against what
came."""

from datetime import datetime
from zoneinfo import ZoneInfo

from wearcast.figures import page_scores
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import Answer, Answers
from wearcast.serving.dashboard.panel import Figure, Panel, slot
from wearcast.serving.dashboard.tables import RANGES, difference, grid, range_of, share
from wearcast.serving.dashboard.words import named, say, unit_of_temperature


def panel(answers: Answers, found: Answer, title: str) -> Panel:
    """The last week's hours, and the scores of the last two weeks' forecasts."""
    language = answers.language
    past = found["verification"]
    if not past or not past["forecasts"]:
        text = say(
            language,
            "There is nothing to compare yet: it takes a day of forecasts whose hours have come.",
        )
        return Panel(_section(title, tag("p", text, class_="hint")))
    figure = _week(answers, past["series"])
    told = say(
        language,
        "{n} forecasts for {station} since {start} can be compared with what came.",
        n=str(past["forecasts"]),
        station=named(language, answers.station),
        start=str(past["from"])[:10],
    )
    parts = [
        tag("p", told, class_="lead"),
        slot("about-week", page_scores.HEIGHT) if figure else None,
        _scores(answers, past["leads"]),
    ]
    return Panel(_section(title, *parts), {"about-week": figure} if figure else {})


def _scores(answers: Answers, leads: Answer) -> Markup:
    language, imperial = answers.language, answers.choices.units == "imperial"
    rows = [
        (
            say(language, "Mean error"),
            [difference(leads[name]["mae_c"], imperial) for name in RANGES],
        ),
        (
            say(language, "Mean error of “as it is now”"),
            [difference(leads[name]["persistence_mae_c"], imperial) for name in RANGES],
        ),
        (
            say(language, "Too warm on average by"),
            [difference(leads[name]["bias_c"], imperial) for name in RANGES],
        ),
        (
            say(language, "Within the 80 % band"),
            [share(leads[name]["coverage_80"]) for name in RANGES],
        ),
        (say(language, "Hours compared"), [str(leads[name]["hours"]) for name in RANGES]),
    ]
    caption = say(language, "The forecasts of the last two weeks, by how far ahead")
    return grid(caption, [range_of(language, name) for name in RANGES], rows, "about.lately")


def _week(answers: Answers, series: list[Answer]) -> Figure | None:
    if not any(hour["p50_c"] is not None for hour in series):
        return None
    language, zone = answers.language, ZoneInfo(answers.station["time_zone"])
    at = [
        f"{datetime.fromisoformat(hour['valid_at']).astimezone(zone):%Y-%m-%dT%H:%M}"
        for hour in series
    ]
    shown = {
        name: [_shown(answers, hour[name]) for hour in series]
        for name in ("observed_c", "p10_c", "p50_c", "p90_c")
    }
    unit = unit_of_temperature(answers.choices.units)
    labels = {
        "band": say(language, "80 % band"),
        "forecast": say(language, "forecast a day ahead"),
        "came": say(language, "what came"),
        "y": say(language, "temperature, {unit}", unit=unit),
        "unit": unit,
    }
    return page_scores.week(
        at, shown["observed_c"], [shown["p10_c"], shown["p50_c"], shown["p90_c"]], labels
    )


def _shown(answers: Answers, temp_c: float | None) -> float | None:
    if temp_c is None or answers.choices.units != "imperial":
        return temp_c
    return round(temp_c * 1.8 + 32, 2)


def _section(title: str, *children: object) -> Markup:
    return tag(
        "section",
        tag("h2", title, id="about-lately"),
        *children,
        class_="card",
        aria_labelledby="about-lately",
    )
