"""The page of how the last two weeks' forecasts and advice have done at a station: a document of
its own, which takes no kernel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from wearcast.messages import say, temperature_unit, unbroken, weekday_short, with_units
from wearcast.serving.dashboard.advice_record import certainty_table
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.attribution_markup import attribution_markup
from wearcast.serving.dashboard.markup import Markup, joined, tag
from wearcast.serving.dashboard.model_scores import method
from wearcast.serving.dashboard.page_data import JsonObject, resolve_choices
from wearcast.serving.dashboard.page_query import Choices
from wearcast.serving.dashboard.station_search import offered_stations
from wearcast.serving.dashboard.tables import (
    ALL,
    difference_number,
    score_table,
    section,
    temperature_difference,
    whole_percent,
    without_all,
)
from wearcast.serving.dashboard.words import named
from wearcast.serving.made_from import models_in_words
from wearcast.vocabulary import Language

RECORD: Final = "record"
"""The page's path below the dashboard's."""

_PERIOD: Final = "14"
_METHODS: Final = {"network": "", "persistence": "persistence_", "climatology": "climatology_"}
"""What is compared, and how the names of its scores begin."""

_BIN: Final = 0.1
"""How wide a range of "how sure" is."""


@dataclass(frozen=True)
class RecordData:
    """What the page is made from.

    Attributes:
        choices: the viewer's, with a station and a language.
        station: of the API's list.
        recent: the live verification of the station; None where there is none yet.
        provenance: which forecast it was published with.
    """

    choices: Choices
    station: JsonObject
    recent: JsonObject | None
    provenance: JsonObject

    @property
    def language(self) -> Language:
        """The language of the page."""
        return self.choices.lang or "en"

    @property
    def imperial(self) -> bool:
        """Whether temperatures are in °F."""
        return self.choices.units == "imperial"


async def fetch_record_data(client: ApiClient, choices: Choices) -> RecordData:
    """The data of the page.

    Raises:
        ApiError: the API has no response.
    """
    stations = (await offered_stations(client, choices.station, find="")).listed
    resolved, _ = resolve_choices(choices, stations)
    answer = await client.get("/verification/recent", station=resolved.station)
    (station,) = [one for one in stations if one["id"] == resolved.station]
    return RecordData(resolved, station, answer["verification"], answer["forecast"])


def record_title(data: RecordData) -> str:
    """The page's heading, and its window's title."""
    place = named(data.language, data.station)
    return say(data.language, "{place}: how the last two weeks went", place=place)


def record_markup(data: RecordData) -> Markup:
    """The whole page."""
    heading = tag("h1", record_title(data), class_="verdict")
    content = tag("div", _way_back(data), heading, _sections(data), class_="about")
    return tag(
        "div",
        tag("main", content, id="content"),
        tag("footer", tag("p", attribution_markup(data.language, data.provenance))),
        id="wearcast",
        class_="alone",
        lang=data.language,
    )


def _way_back(data: RecordData) -> Markup:
    language = data.language
    query = data.choices.to_query(day=None, tab="about", lang=language)
    link = tag("a", say(language, "Back to the forecast"), href=f"./{query}", id="back")
    return tag("nav", link)


def _sections(data: RecordData) -> list[Markup | None]:
    recent = data.recent or {}
    by_variable = recent.get("last_days", {}).get(_PERIOD, {})
    advice_days = recent.get("advice_by_day", [])
    if not by_variable and not advice_days:
        text = say(
            data.language,
            "There is nothing to compare yet: it takes a day of forecasts whose hours have come.",
        )
        return [tag("p", text, class_="hint")]
    return [
        _replay_hint(data),
        _temperature(
            data,
            by_variable.get("temp_c"),
            recent.get("forecast_by_day", []),
            recent.get("numerical_models", {}),
        ),
        _range(data, by_variable.get("temp_c")),
        _rain(data, by_variable.get("rain")),
        _clothes(data, recent.get("last_days_advice", {}).get(_PERIOD), advice_days),
    ]


def _replay_hint(data: RecordData) -> Markup | None:
    if not data.provenance["replay"]:
        return None
    text = say(
        data.language,
        "Past weather is being replayed here, of a time that the model was never trained on.",
    )
    return tag("p", text, class_="hint")


def _temperature(
    data: RecordData,
    by_leads: JsonObject | None,
    days: Sequence[JsonObject],
    models: JsonObject,
) -> Markup | None:
    """The errors beside those of simple methods and of numerical models on the same hours, by lead
    and by day."""
    if not by_leads:
        return None
    language = data.language
    return section(
        "temperature",
        say(language, "How far off was the temperature?"),
        _temperature_lead(data, days),
        _errors_by_lead(data, by_leads),
        _models(data, models),
        _errors_by_day(data, days) if days else None,
    )


def _temperature_lead(data: RecordData, days: Sequence[JsonObject]) -> Markup | None:
    """The mean error of the first day ahead, in a sentence."""
    if not days:
        return None
    ours, usual = (_mean(days, f"{prefix}mae", "pairs") for prefix in ("", "climatology_"))
    text = say(
        data.language,
        "For the next 24 hours, our temperature was off by {ours} on average. What is usual for the"
        " date was off by {usual}.",
        ours=temperature_difference(data.language, ours, data.imperial),
        usual=temperature_difference(data.language, usual, data.imperial),
    )
    return tag("p", unbroken(text), class_="lead")


def _errors_by_lead(data: RecordData, by_leads: JsonObject) -> Markup:
    language = data.language
    ranges = without_all(by_leads)
    rows = []
    for name, prefix in _METHODS.items():
        errors = [by_leads[leads][f"{prefix}mae"] for leads in ranges]
        cells = [difference_number(error, data.imperial) for error in errors]
        rows.append((method(language, name), cells))
    pairs = [f"{by_leads[leads]['pairs']:,}" for leads in ranges]
    rows.append((say(language, "Forecasts compared"), pairs))
    caption = say(
        language,
        "Mean error of the last 14 days in {unit}, by how many hours ahead",
        unit=temperature_unit(data.choices.units),
    )
    return score_table(caption, _hour_ranges(ranges), rows, "record.error", "strong")


def _errors_by_day(data: RecordData, days: Sequence[JsonObject]) -> Markup:
    """A row a day, the newest first, the bars' length beside the worst error of all."""
    language = data.language
    worst = max(max(day["mae"], day["climatology_mae"]) for day in days)
    rows = []
    for row, day in enumerate(reversed(days)):
        cells = []
        for name in ("mae", "climatology_mae"):
            share = day[name] / worst if worst else 0.0
            cells.append([difference_number(day[name], data.imperial), _bar(share, "bar error")])
        rows.append(_day_row(data, day["on"], cells, f"record.day.{row}"))
    caption = say(
        language,
        "Mean error of each day (UTC) in {unit}, as forecast up to 24 hours ahead",
        unit=temperature_unit(data.choices.units),
    )
    headers = (
        say(language, "Day"),
        method(language, "network"),
        method(language, "climatology"),
    )
    return _day_table(caption, headers, rows)


def _models(data: RecordData, by_model: JsonObject) -> Markup | None:
    """The numerical models as they are, beside ours of the same hours and the same time before."""
    language = data.language
    rows = []
    for model, by_leads in by_model.items():
        ranges = list(by_leads.values())
        cells = []
        for name in ("mae", "our_mae"):
            cells.append(difference_number(_mean(ranges, name, "pairs"), data.imperial))
        pairs = sum(of_range["pairs"] for of_range in ranges)
        rows.append((models_in_words(language, [model]), [*cells, f"{pairs:,}"]))
    if not rows:
        return None
    columns = [
        say(language, "As it is"),
        say(language, "Wearcast, same hours"),
        say(language, "Forecasts compared"),
    ]
    caption = say(
        language,
        "Mean error of each numerical model in {unit}, beside ours of the same hours",
        unit=temperature_unit(data.choices.units),
    )
    return score_table(caption, columns, rows, "record.models")


def _range(data: RecordData, by_leads: JsonObject | None) -> Markup | None:
    """How often the range held what came."""
    if not by_leads:
        return None
    language = data.language
    ranges = without_all(by_leads)
    text = say(
        language,
        "The range is made to hold 80 % of what comes. In these two weeks it held {share}.",
        share=whole_percent(language, by_leads[ALL]["coverage_80"]),
    )
    shares = [whole_percent(language, by_leads[leads]["coverage_80"]) for leads in ranges]
    name = with_units(language, say(language, "Within the 80 % range"))
    caption = say(language, "How often it came within the range, by how many hours ahead")
    return section(
        "range",
        say(language, "Are the ranges honest?"),
        tag("p", unbroken(with_units(language, text)), class_="lead"),
        score_table(caption, _hour_ranges(ranges), [(name, shares)], "record.range"),
    )


def _rain(data: RecordData, by_leads: JsonObject | None) -> Markup | None:
    """What the chance of rain was worth."""
    if not by_leads:
        return None
    language = data.language
    ranges = without_all(by_leads)
    rows = []
    for name, prefix in _METHODS.items():
        cells = [f"{by_leads[leads][f'{prefix}brier']:.3f}" for leads in ranges]
        rows.append((method(language, name), cells))
    return section(
        "rain",
        say(language, "And the chance of rain?"),
        tag("p", unbroken(_rain_lead(language, by_leads[ALL])), class_="lead"),
        score_table(
            say(
                language,
                "Brier score of an hour’s chance of rain (0 is best), by how many hours ahead",
            ),
            _hour_ranges(ranges),
            rows,
            "record.rain",
            "strong",
        ),
    )


def _rain_lead(language: Language, scores: JsonObject) -> str:
    if scores["brier"] < scores["climatology_brier"]:
        return say(
            language,
            "The chances of rain were closer to what came than what is usual for the date.",
        )
    return say(
        language, "The chances of rain were no closer to what came than what is usual for the date."
    )


def _clothes(
    data: RecordData, means: JsonObject | None, days: Sequence[JsonObject]
) -> Markup | None:
    """What "how sure" has meant: the share of hours that was said to be right, and that was."""
    if not means or not days:
        return None
    language = data.language
    text = say(
        language,
        "The evening before, the advice said that the clothes would be right for {said} of the"
        " hours outdoors. They were right for {right}.",
        said=whole_percent(language, means["right_said"]),
        right=whole_percent(language, means["right"]),
    )
    note = say(
        language,
        "Judged for an average person who is out from 7 to 22, by the weather as it came.",
    )
    return section(
        "clothes",
        say(language, "What has “how sure” meant?"),
        tag("p", unbroken(text), class_="lead"),
        certainty_table(language, _bins(days)),
        _advice_by_day(data, days),
        tag("p", note, class_="hint"),
    )


def _advice_by_day(data: RecordData, days: Sequence[JsonObject]) -> Markup:
    language = data.language
    rows = []
    for row, day in enumerate(reversed(days)):
        cells = []
        for name in ("right_said", "right"):
            cells.append([whole_percent(language, day[name]), _bar(day[name], "bar")])
        rows.append(_day_row(data, day["on"], cells, f"record.advice.{row}"))
    headers = (
        say(language, "Day"),
        say(language, "Said to be right"),
        say(language, "Was right"),
    )
    return _day_table(say(language, "Hours outdoors in the right clothes"), headers, rows)


def _bins(days: Sequence[JsonObject]) -> list[Mapping[str, Any]]:
    """The days by how sure the advice was, in ranges of `_BIN`; none without days."""
    by_bin: dict[int, list[JsonObject]] = {}
    last = round(1 / _BIN) - 1
    for day in days:
        number = min(int(day["right_said"] / _BIN + 1e-9), last)
        by_bin.setdefault(number, []).append(day)
    bins: list[Mapping[str, Any]] = []
    for number in sorted(by_bin):
        of_bin = by_bin[number]
        bins.append(
            {
                "said_from": number * _BIN,
                "said_to": (number + 1) * _BIN,
                "said": _mean(of_bin, "right_said"),
                "right": _mean(of_bin, "right"),
                "days": len(of_bin),
            }
        )
    return bins


def _mean(days: Sequence[JsonObject], name: str, weight: str = "") -> float:
    """The mean of a score, weighted by another value where one is named."""
    weights = [day[weight] if weight else 1 for day in days]
    total = sum(day[name] * times for day, times in zip(days, weights, strict=True))
    mean: float = total / sum(weights)
    return mean


def _hour_ranges(ranges: Sequence[str]) -> list[str]:
    """Ranges of leads such as "7-24" as they stand in a table's head."""
    return [leads.replace("-", "–") for leads in ranges]


def _day_row(data: RecordData, on: str, cells: Sequence[object], id: str) -> Markup:
    language = data.language
    day = date.fromisoformat(on)
    name = say(
        language,
        "{weekday} {day}",
        weekday=weekday_short(language, day),
        day=str(day.day),
    )
    columns = [tag("td", cell, data_value=f"{id}.{n}") for n, cell in enumerate(cells)]
    return tag("tr", tag("th", name, scope="row"), columns)


def _day_table(caption: str, headers: Sequence[str], rows: Sequence[Markup]) -> Markup:
    heads = [tag("th", header, scope="col") for header in headers]
    return tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", heads)),
        tag("tbody", joined(rows)),
        class_="hits",
    )


def _bar(share: float, kind: str) -> Markup:
    filled = tag("span", style=f"width:{100 * share:.0f}%")
    return tag("span", filled, class_=kind, aria_hidden="true")
