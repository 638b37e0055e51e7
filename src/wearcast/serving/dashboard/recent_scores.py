"""The live verification of the chosen station's recent forecasts."""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from wearcast.figures import page_scores
from wearcast.messages import say, temperature_unit, weekday_short
from wearcast.serving.dashboard.icon_markup import glyph
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Figure, Panel, figure_slot
from wearcast.serving.dashboard.tables import (
    folded,
    lead_range_name,
    score_table,
    temperature_difference,
    whole_percent,
    without_all,
)
from wearcast.serving.dashboard.words import named
from wearcast.variables import fahrenheit
from wearcast.vocabulary import Language


def panel(data: PageData, response: JsonObject, title: str) -> Panel:
    """The last week's hours, and the scores of the last two weeks' forecasts."""
    language = data.language
    scores = response["verification"]
    if not scores or not scores["forecasts"]:
        text = say(
            language,
            "There is nothing to compare yet: it takes a day of forecasts whose hours have come.",
        )
        return Panel(_section(title, tag("p", text, class_="hint")))
    figure = _week(data, scores["series"])
    summary = say(
        language,
        "{n} forecasts for {station} since {start} can be compared with what came.",
        n=str(scores["forecasts"]),
        station=named(language, data.station),
        start=str(scores["from"])[:10],
    )
    parts = [
        hits_by_day(data, scores["series"]),
        figure_slot("about-week", page_scores.HEIGHT) if figure else None,
        folded(
            say(language, "In numbers"),
            tag("p", summary, class_="hint"),
            _scores(data, scores["leads"]),
        ),
    ]
    figures = {"about-week": figure} if figure else {}
    return Panel(_section(title, *parts), figures)


def hits_by_day(data: PageData, series: Sequence[JsonObject]) -> Markup | None:
    """How many hours of each of the last days came within the band that was forecast a day ahead;
    None where nothing can be compared."""
    counts = _hits(data, series)
    if not counts:
        return None
    items = [_hits_of(data.language, on, hits, hours) for on, (hits, hours) in counts.items()]
    text = say(
        data.language, "Hours that came within the range forecast a day ahead; 8 in 10 ought to."
    )
    return tag("div", tag("p", text), tag("ol", items, class_="hits"))


def _hits(data: PageData, series: Sequence[JsonObject]) -> dict[date, tuple[int, int]]:
    """By local date, the hours within the band, and the hours that can be compared."""
    zone = ZoneInfo(data.station["time_zone"])
    counts: dict[date, tuple[int, int]] = {}
    for hour in series:
        low, high, came = hour["p10_c"], hour["p90_c"], hour["observed_c"]
        if low is None or high is None or came is None:
            continue
        on = datetime.fromisoformat(hour["valid_at"]).astimezone(zone).date()
        hits, hours = counts.get(on, (0, 0))
        counts[on] = (hits + (low <= came <= high), hours + 1)
    return counts


def _hits_of(language: Language, on: date, hits: int, hours: int) -> Markup:
    good = 5 * hits >= 4 * hours
    return tag(
        "li",
        tag("span", weekday_short(language, on), class_="weekday"),
        glyph("check") if good else None,
        tag("b", f"{hits}/{hours}", data_value="about.hits", data_date=on.isoformat()),
        class_="good" if good else None,
    )


def _scores(data: PageData, by_leads: JsonObject) -> Markup:
    language, imperial = data.language, data.choices.units == "imperial"
    ranges = without_all(by_leads)
    scores = [by_leads[leads] for leads in ranges]

    def differences(name: str) -> list[str]:
        return [temperature_difference(score[name], imperial) for score in scores]

    rows = [
        (say(language, "Mean error"), differences("mae_c")),
        (say(language, "Mean error of “as it is now”"), differences("persistence_mae_c")),
        (say(language, "Too warm on average by"), differences("bias_c")),
        (
            say(language, "Within the 80 % band"),
            [whole_percent(score["coverage_80"]) for score in scores],
        ),
        (say(language, "Hours compared"), [str(score["hours"]) for score in scores]),
    ]
    caption = say(language, "The forecasts of the last two weeks, by how far ahead")
    columns = [lead_range_name(language, leads) for leads in ranges]
    return score_table(caption, columns, rows, "about.lately")


def _week(data: PageData, series: list[JsonObject]) -> Figure | None:
    if not any(hour["p50_c"] is not None for hour in series):
        return None
    language, zone = data.language, ZoneInfo(data.station["time_zone"])
    valid_at = [datetime.fromisoformat(hour["valid_at"]).astimezone(zone) for hour in series]
    at = [f"{local:%Y-%m-%dT%H:%M}" for local in valid_at]

    def temperatures(name: str) -> list[float | None]:
        return [_in_units(data, hour[name]) for hour in series]

    unit = temperature_unit(data.choices.units)
    labels = {
        "band": say(language, "80 % band"),
        "forecast": say(language, "forecast a day ahead"),
        "observed": say(language, "what came"),
        "y": say(language, "temperature, {unit}", unit=unit),
        "unit": unit,
    }
    quantiles = [temperatures("p10_c"), temperatures("p50_c"), temperatures("p90_c")]
    return page_scores.week(at, temperatures("observed_c"), quantiles, labels)


def _in_units(data: PageData, temp_c: float | None) -> float | None:
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
