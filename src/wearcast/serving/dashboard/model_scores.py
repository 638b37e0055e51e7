"""The model's scores on the test period: errors beside those of the baselines, the coverage of its
ranges."""

from collections.abc import Mapping
from typing import Any, Final

from wearcast.figures import page_scores
from wearcast.messages import number_word, say, temperature_unit, tenths, unbroken, with_units
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Figure, Panel, figure_slot
from wearcast.serving.dashboard.tables import (
    days_of,
    difference_number,
    folded,
    lead_range_name,
    lead_range_names,
    percent_interval,
    score_table,
    section,
    temperature_difference,
    whole_percent,
    without_all,
)
from wearcast.serving.dashboard.words import MISSING
from wearcast.variables import fahrenheit_difference, same
from wearcast.vocabulary import Language

_METHODS: Final = (
    "network",
    "past",
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
        return Panel(section("scores", title, tag("p", text, class_="hint")))
    figures: dict[str, Figure] = {}
    if figure := _error_by_lead(data, response["plots"]):
        figures["about-error"] = figure
    if figure := _reliability(data, response["plots"]):
        figures["about-reliability"] = figure
    parts = [
        _error_section(data, scores, title, "about-error" in figures),
        _coverage_section(language, scores, "about-reliability" in figures),
    ]
    return Panel(tag("div", parts), figures)


def _error_section(data: PageData, scores: JsonObject, title: str, has_figure: bool) -> Markup:
    language, errors = data.language, scores["temp_c"]["mae"]
    against = _against(language, scores.get("network_against", {}))
    return section(
        "scores",
        title,
        tag("p", _summary(data, errors), class_="lead"),
        figure_slot("about-error", page_scores.HEIGHT) if has_figure else None,
        tag("p", _test_period(language, scores), class_="hint"),
        folded(say(language, "The errors in numbers"), _errors(data, errors)),
        folded(say(language, "Is it better than the others?"), against) if against else None,
    )


def _coverage_section(language: Language, scores: JsonObject, has_figure: bool) -> Markup:
    coverage = scores["temp_c"]["coverage_80"]["network"]
    hint = say(
        language, "On the dashed line, a temperature is exceeded as often as the forecast says."
    )
    return section(
        "honesty",
        say(language, "Are the ranges honest?"),
        tag("p", unbroken(_coverage_summary(language, coverage)), class_="lead"),
        figure_slot("about-reliability", page_scores.HEIGHT) if has_figure else None,
        tag("p", hint, class_="hint") if has_figure else None,
        folded(say(language, "The ranges in numbers"), _coverage(language, coverage)),
    )


def method(language: Language, name: str) -> str:
    """A forecasting method in words that a layperson understands."""
    return {
        "network": say(language, "Wearcast"),
        "past": say(language, "Without numerical models"),
        "ridge": say(language, "Linear model"),
        "damped_anomaly": say(language, "Today’s deviation, fading"),
        "climatology_drift": say(language, "Usual, shifted by the past year"),
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
        "first": temperature_difference(language, network["1-24"], imperial),
        "last": temperature_difference(language, network[last], imperial),
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
        share=whole_percent(language, 1 - network["1-24"] / climatology["1-24"]),
    )
    return unbroken(f"{error} {skill_score}")


def _errors(data: PageData, errors: Mapping[str, Mapping[str, float]]) -> Markup:
    language, imperial = data.language, data.choices.units == "imperial"
    ranges = list(errors["network"])
    rows = []
    for name in _METHODS:
        if name in errors:
            by_lead = errors[name]
            cells = [difference_number(by_lead.get(leads), imperial) for leads in ranges]
            rows.append((method(language, name), cells))
    unit = temperature_unit(data.choices.units)
    return score_table(
        say(language, "Mean error of the temperature in {unit}, by how far ahead", unit=unit),
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
    columns = lead_range_names(language, ranges)
    return score_table(with_units(language, caption), columns, rows, "about.against")


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
        "Of ten temperatures eight ought to lie within the range. On the first day it was"
        " {first}, over all {n} days {all}.",
        n=number_word(language, days),
        first=tenths(10 * coverage["1-24"]),
        all=tenths(10 * coverage["all"]),
    )


def _coverage(language: Language, coverage: Mapping[str, float]) -> Markup:
    columns = lead_range_names(language, list(coverage))
    cells = [whole_percent(language, share) for share in coverage.values()]
    name = with_units(language, say(language, "Within the 80 % range"))
    rows = [(name, cells)]
    caption = say(language, "How often it came within the range")
    return score_table(caption, columns, rows, "about.coverage")


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
