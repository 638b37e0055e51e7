"""The model's scores on the test period: errors beside those of the baselines, the coverage of its
bands, and the scores of the advice."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wearcast.figures import page_scores
from wearcast.messages import number_word, percent, say, temperature_unit, tenths
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Figure, Panel, figure_slot
from wearcast.serving.dashboard.tables import (
    days_of,
    lead_range_name,
    lead_range_names,
    percent_interval,
    score_table,
    temperature_difference,
    whole_percent,
    without_all,
)
from wearcast.serving.dashboard.words import MISSING
from wearcast.variables import fahrenheit_difference, same
from wearcast.vocabulary import Language

_METHODS: Final = (
    "network",
    "ridge",
    "damped_anomaly",
    "climatology_drift",
    "climatology",
    "seasonal_naive",
    "persistence",
)


def panel(data: PageData, response: JsonObject, title: str) -> Panel:
    """The scores on the test period, in words, tables and figures."""
    language = data.language
    scores = response["verification"]
    if not scores:
        text = say(language, "The scores of this model aren’t at hand here.")
        return Panel(_section("scores", title, tag("p", text, class_="hint")))
    figures: dict[str, Figure] = {}
    if figure := _error_by_lead(data, response["plots"]):
        figures["about-error"] = figure
    if figure := _reliability(data, response["plots"]):
        figures["about-reliability"] = figure
    parts = [
        _error_section(data, scores, title, "about-error" in figures),
        _coverage_section(language, scores, "about-reliability" in figures),
        _clothes_section(language, scores),
    ]
    return Panel(tag("div", parts), figures)


def _error_section(data: PageData, scores: JsonObject, title: str, has_figure: bool) -> Markup:
    language, errors = data.language, scores["temp_c"]["mae"]
    return _section(
        "scores",
        title,
        tag("p", _summary(data, errors), class_="lead"),
        _errors(data, errors),
        figure_slot("about-error", page_scores.HEIGHT) if has_figure else None,
        _against(language, scores.get("network_against", {})),
        tag("p", _test_period(language, scores), class_="hint"),
    )


def _coverage_section(language: Language, scores: JsonObject, has_figure: bool) -> Markup:
    coverage = scores["temp_c"]["coverage_80"]["network"]
    hint = say(
        language, "On the dashed line, a temperature is exceeded as often as the forecast says."
    )
    return _section(
        "honesty",
        say(language, "Are the ranges honest?"),
        tag("p", _coverage_summary(language, coverage), class_="lead"),
        _coverage(language, coverage),
        figure_slot("about-reliability", page_scores.HEIGHT) if has_figure else None,
        tag("p", hint, class_="hint"),
    )


def method(language: Language, name: str) -> str:
    """A forecasting method in words that a layperson understands."""
    return {
        "network": say(language, "Wearcast"),
        "ridge": say(language, "Linear model"),
        "damped_anomaly": say(language, "Today’s deviation, fading"),
        "climatology_drift": say(language, "Usual for the date, plus the past year’s deviation"),
        "climatology": say(language, "Usual for the date and hour"),
        "seasonal_naive": say(language, "As yesterday at this hour"),
        "persistence": say(language, "As it is now"),
    }[name]


def _summary(data: PageData, errors: JsonObject) -> str:
    """A sentence on the error, and one on the skill against climatology."""
    language, imperial = data.language, data.choices.units == "imperial"
    network, climatology = errors["network"], errors["climatology"]
    last = without_all(network)[-1]
    first_day, last_day = days_of(last)
    off = {
        "first": temperature_difference(network["1-24"], imperial),
        "last": temperature_difference(network[last], imperial),
    }
    if first_day == last_day:
        error = say(
            language,
            "On average the temperature is off by {first} on the first day, and by {last} on day"
            " {day}.",
            **off,
            day=str(last_day),
        )
    else:
        error = say(
            language,
            "On average the temperature is off by {first} on the first day, and by {last} on days"
            " {first_day} to {last_day}.",
            **off,
            first_day=str(first_day),
            last_day=str(last_day),
        )
    skill_score = say(
        language,
        "That is {share} less on the first day than from what is usual for the date.",
        share=whole_percent(1 - network["1-24"] / climatology["1-24"]),
    )
    return f"{error} {skill_score}"


def _errors(data: PageData, errors: Mapping[str, Mapping[str, float]]) -> Markup:
    language, imperial = data.language, data.choices.units == "imperial"
    ranges = list(errors["network"])
    rows = []
    for name in _METHODS:
        if name in errors:
            by_lead = errors[name]
            cells = [temperature_difference(by_lead.get(leads), imperial) for leads in ranges]
            rows.append((method(language, name), cells))
    return score_table(
        say(language, "Mean error of the temperature, by how far ahead"),
        lead_range_names(language, ranges),
        rows,
        "about.error",
        "strong",
    )


def _against(
    language: Language, changes: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> Markup | None:
    """The difference of the network's error from each baseline's, with confidence intervals."""
    if not changes:
        return None
    ranges = list(next(iter(changes.values())))
    rows = []
    for name in _METHODS:
        if name in changes:
            by_lead = changes[name]
            cells = [_change(language, by_lead.get(leads)) for leads in ranges]
            rows.append((method(language, name), cells))
    caption = say(
        language, "Wearcast’s error against each other’s, with 95 % intervals: below 0 is better"
    )
    return score_table(caption, lead_range_names(language, ranges), rows, "about.against")


def _change(language: Language, change: Mapping[str, float] | None) -> object:
    if not change:
        return MISSING
    value, low, high = (_signed(change[name]) for name in ("value", "low", "high"))
    return percent_interval(language, value, low, high)


def _signed(value: float) -> str:
    """A whole number with its sign, a real minus; 0 without a sign."""
    whole = round(value)
    if whole == 0:
        return "0"
    return f"{whole:+d}".replace("-", "−")


def _coverage_summary(language: Language, coverage: Mapping[str, float]) -> str:
    _, days = days_of(without_all(coverage)[-1])
    return say(
        language,
        "Of ten temperatures eight ought to lie within the 80 % band. On the first day it was"
        " {first}, over all {n} days {all}.",
        n=number_word(language, days),
        first=tenths(10 * coverage["1-24"]),
        all=tenths(10 * coverage["all"]),
    )


def _coverage(language: Language, coverage: Mapping[str, float]) -> Markup:
    columns = lead_range_names(language, list(coverage))
    cells = [whole_percent(share) for share in coverage.values()]
    rows = [(say(language, "Within the 80 % band"), cells)]
    caption = say(language, "How often it came as the band said")
    return score_table(caption, columns, rows, "about.coverage")


def _clothes_section(language: Language, scores: JsonObject) -> Markup | None:
    """The scores of the advice; None where there are none."""
    bands = scores.get("bands", {}).get("network", {})
    clothing_scores = scores.get("clothing", {}).get("scores", {})
    hours_off = clothing_scores.get("hours_off", {}).get("network", {})
    if not bands or not hours_off:
        return None
    names = {
        "day_1": say(language, "Tomorrow"),
        "day_3": say(language, "In 3 days"),
        "day_7": say(language, "In 7 days"),
    }
    days = [day for day in names if day in hours_off]
    columns = [names[day] for day in days]
    rows = [
        (
            say(language, "Days whose clothes were the right ones"),
            [_share_interval(language, bands.get(day)) for day in days],
        ),
        (
            say(language, "Hours outdoors that were too cold or too warm"),
            [_share_interval(language, hours_off.get(day)) for day in days],
        ),
    ]
    caption = say(language, "What the advice was worth, with 95 % intervals")
    table = score_table(caption, columns, rows, "about.clothes")
    sure = certainty_table(language, scores["clothing"].get("certainty", []))
    return _section("clothes", say(language, "And the clothes?"), table, sure)


def certainty_table(language: Language, bins: Sequence[Mapping[str, float]]) -> Markup | None:
    """How right the advice was where it said to be so sure, a column a bin; None where nobody
    knows."""
    if not bins:
        return None
    columns = [f"{100 * row['said_from']:.0f}–{percent(row['said_to'])}" for row in bins]
    rows = [
        (say(language, "Said to be right"), [whole_percent(row["said"]) for row in bins]),
        (say(language, "Was right"), [whole_percent(row["right"]) for row in bins]),
        (say(language, "Days on which it said so"), [str(row["days"]) for row in bins]),
    ]
    caption = say(language, "Hours outdoors that the advice was right in, by how sure it was")
    return score_table(caption, columns, rows, "about.certainty")


def _share_interval(language: Language, share: Mapping[str, float] | None) -> object:
    if not share:
        return MISSING
    value, low, high = (str(round(100 * share[name])) for name in ("value", "low", "high"))
    return percent_interval(language, value, low, high)


def _test_period(language: Language, scores: JsonObject) -> str:
    return say(
        language,
        "Tested on {forecasts} forecasts from {start} to {until} that the model never saw; "
        "they hold {blocks} independent stretches of weather, so the intervals are wide.",
        forecasts=str(scores["forecasts"]),
        start=str(scores["from"])[:10],
        until=str(scores["until"])[:10],
        blocks=str(scores["independent_blocks"]),
    )


def _error_by_lead(data: PageData, plots: Mapping[str, Any]) -> Figure | None:
    table = _columns(plots.get("error_by_lead"))
    if not table:
        return None
    language, imperial = data.language, data.choices.units == "imperial"
    unit = temperature_unit(data.choices.units)
    in_units = fahrenheit_difference if imperial else same
    errors = {}
    for name, values in table.items():
        if name in _METHODS:
            errors[name] = [
                None if value is None else round(in_units(value), 3) for value in values
            ]
    labels = {
        "x": say(language, "days ahead"),
        "y": say(language, "mean error, {unit}", unit=unit),
        "unit": unit,
    }
    names = {name: method(language, name) for name in errors}
    return page_scores.error_by_lead(table["lead_h"], errors, names, labels)


def _reliability(data: PageData, plots: Mapping[str, Any]) -> Figure | None:
    table = _columns(plots.get("reliability"))
    if not table:
        return None
    language = data.language
    shares = {}
    for column, values in table.items():
        if column.startswith("observed "):
            leads = column.removeprefix("observed ").removesuffix(" h")
            shares[lead_range_name(language, leads)] = values
    labels = {
        "ideal": say(language, "as it ought to be"),
        "x": say(language, "the forecast’s chance of less"),
        "y": say(language, "how often it was less"),
    }
    return page_scores.reliability(table["level"], shares, labels)


def _columns(table: Any) -> dict[str, list[Any]]:
    """A table of the API's by columns; empty where there is none."""
    if not table or not table["rows"]:
        return {}
    columns = [list(column) for column in zip(*table["rows"], strict=True)]
    return dict(zip(table["columns"], columns, strict=True))


def _section(id: str, title: str, *children: object) -> Markup:
    heading_id = f"about-{id}"
    heading = tag("h2", title, id=heading_id)
    return tag("section", heading, *children, class_="card", aria_labelledby=heading_id)
