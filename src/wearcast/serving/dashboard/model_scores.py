"""How the model did on a period that it never saw: its error by lead against simpler rules, and
whether its bands keep their word."""

from collections.abc import Mapping
from typing import Any, Final

from wearcast.figures import page_scores
from wearcast.messages import say, temperature_unit, tenths
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Figure, Panel, figure_slot
from wearcast.serving.dashboard.tables import (
    lead_range_name,
    percent_interval,
    score_table,
    temperature_difference,
    whole_percent,
)
from wearcast.serving.dashboard.words import MISSING
from wearcast.variables import fahrenheit_difference, same
from wearcast.vocabulary import SCORE_RANGES, Language

_METHODS: Final = (
    "network",
    "ridge",
    "damped_anomaly",
    "climatology_drift",
    "climatology",
    "seasonal_naive",
    "persistence",
)


def panel(data: PageData, found: JsonObject, title: str) -> Panel:
    """The scores on the test period, in words, tables and figures."""
    language = data.language
    tested = found["verification"]
    if not tested:
        html = tag(
            "p", say(language, "The scores of this model aren’t at hand here."), class_="hint"
        )
        return Panel(_section("scores", title, html))
    errors, bands = tested["temp_c"]["mae"], tested["temp_c"]["coverage_80"]["network"]
    figures: dict[str, Figure] = {}
    drawn = {
        "about-error": _error_by_lead(data, found["plots"]),
        "about-reliability": _reliability(data, found["plots"]),
    }
    figures |= {name: figure for name, figure in drawn.items() if figure}
    parts = [
        _section(
            "scores",
            title,
            tag("p", _summary(data, errors), class_="lead"),
            _errors(data, errors),
            figure_slot("about-error", page_scores.HEIGHT) if drawn["about-error"] else None,
            _against(language, tested.get("network_against", {})),
            tag("p", _tested_on(language, tested), class_="hint"),
        ),
        _section(
            "honesty",
            say(language, "Do the bands keep their word?"),
            tag("p", _honesty(language, bands), class_="lead"),
            _coverage(language, bands),
            figure_slot("about-reliability", page_scores.HEIGHT)
            if drawn["about-reliability"]
            else None,
            tag(
                "p",
                say(
                    language,
                    "On the dashed line, a temperature is exceeded as often as the forecast says.",
                ),
                class_="hint",
            ),
        ),
        _clothes(language, tested),
    ]
    return Panel(tag("div", parts), figures)


def method(language: Language, name: str) -> str:
    """What a way of forecasting is called, so that one who has never heard of it knows what it
    does."""
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
    """One sentence on the error, and one on what it is worth."""
    language, imperial = data.language, data.choices.units == "imperial"
    first, last = (
        temperature_difference(errors["network"][leads], imperial) for leads in ("1-24", "73-168")
    )
    usual = whole_percent(1 - errors["network"]["1-24"] / errors["climatology"]["1-24"])
    told = say(
        language,
        "On average the temperature is off by {first} on the first day, and by {last} on days 4"
        " to 7.",
        first=first,
        last=last,
    )
    worth = say(
        language,
        "That is {share} less on the first day than from what is usual for the date.",
        share=usual,
    )
    return f"{told} {worth}"


def _errors(data: PageData, errors: Mapping[str, Mapping[str, float]]) -> Markup:
    language, imperial = data.language, data.choices.units == "imperial"
    columns = [lead_range_name(language, leads) for leads in (*SCORE_RANGES, "all")]
    rows = [
        (
            method(language, name),
            [
                temperature_difference(errors[name].get(leads), imperial)
                for leads in (*SCORE_RANGES, "all")
            ],
        )
        for name in _METHODS
        if name in errors
    ]
    return score_table(
        say(language, "Mean error of the temperature, by how far ahead"),
        columns,
        rows,
        "about.error",
        "strong",
    )


def _against(
    language: Language, changes: Mapping[str, Mapping[str, Mapping[str, float]]]
) -> Markup | None:
    """By how much its error differs from each other method's, with the interval that chance
    leaves."""
    if not changes:
        return None
    rows = [
        (
            method(language, name),
            [_change(language, changes[name].get(leads)) for leads in (*SCORE_RANGES, "all")],
        )
        for name in _METHODS
        if name in changes
    ]
    caption = say(
        language, "Wearcast’s error against each other’s, with 95 % intervals: below 0 is better"
    )
    return score_table(
        caption,
        [lead_range_name(language, leads) for leads in (*SCORE_RANGES, "all")],
        rows,
        "about.against",
    )


def _change(language: Language, found: Mapping[str, float] | None) -> object:
    return (
        percent_interval(language, *(_signed(found[name]) for name in ("value", "low", "high")))
        if found
        else MISSING
    )


def _signed(value: float) -> str:
    return f"{round(value):+d}".replace("-", "−") if round(value) else "0"


def _honesty(language: Language, bands: Mapping[str, float]) -> str:
    return say(
        language,
        "Of ten temperatures eight ought to lie within the 80 % band. On the first day it was"
        " {first}, over all seven days {all}.",
        first=tenths(10 * bands["1-24"]),
        all=tenths(10 * bands["all"]),
    )


def _coverage(language: Language, bands: Mapping[str, float]) -> Markup:
    columns = [lead_range_name(language, leads) for leads in (*SCORE_RANGES, "all")]
    rows = [
        (
            say(language, "Within the 80 % band"),
            [whole_percent(bands.get(leads)) for leads in (*SCORE_RANGES, "all")],
        )
    ]
    return score_table(
        say(language, "How often it came as the band said"), columns, rows, "about.coverage"
    )


def _clothes(language: Language, tested: JsonObject) -> Markup | None:
    """What the forecasts were worth to one who dresses by them."""
    right = tested.get("bands", {}).get("network", {})
    hours = tested.get("clothing", {}).get("scores", {}).get("hours_off", {}).get("network", {})
    if not right or not hours:
        return None
    columns = [say(language, "Tomorrow"), say(language, "In 3 days"), say(language, "In 7 days")]
    days = ("day_1", "day_3", "day_7")
    rows = [
        (
            say(language, "Days whose clothes were the right ones"),
            [_interval(language, right.get(day)) for day in days],
        ),
        (
            say(language, "Hours outdoors that were too cold or too warm"),
            [_interval(language, hours.get(day)) for day in days],
        ),
    ]
    return _section(
        "clothes",
        say(language, "And the clothes?"),
        score_table(
            say(language, "What the advice was worth, with 95 % intervals"),
            columns,
            rows,
            "about.clothes",
        ),
    )


def _interval(language: Language, found: Mapping[str, float] | None) -> object:
    return (
        percent_interval(
            language, *(str(round(100 * found[name])) for name in ("value", "low", "high"))
        )
        if found
        else MISSING
    )


def _tested_on(language: Language, tested: JsonObject) -> str:
    return say(
        language,
        "Tested on {forecasts} forecasts from {start} to {until} that the model never saw; "
        "they hold {blocks} independent stretches of weather, so the intervals are wide.",
        forecasts=str(tested["forecasts"]),
        start=str(tested["from"])[:10],
        until=str(tested["until"])[:10],
        blocks=str(tested["independent_blocks"]),
    )


def _error_by_lead(data: PageData, plots: Mapping[str, Any]) -> Figure | None:
    table = _columns(plots.get("error_by_lead"))
    if not table:
        return None
    language, imperial = data.language, data.choices.units == "imperial"
    unit = temperature_unit(data.choices.units)
    shown = fahrenheit_difference if imperial else same
    errors = {
        name: [None if value is None else round(shown(value), 3) for value in values]
        for name, values in table.items()
        if name in _METHODS
    }
    labels = {
        "x": say(language, "days ahead"),
        "y": say(language, "mean error, {unit}", unit=unit),
        "unit": unit,
    }
    return page_scores.error_by_lead(
        table["lead_h"], errors, {name: method(language, name) for name in errors}, labels
    )


def _reliability(data: PageData, plots: Mapping[str, Any]) -> Figure | None:
    table = _columns(plots.get("reliability"))
    if not table:
        return None
    language = data.language
    shares = {
        lead_range_name(language, leads): table[name]
        for leads in SCORE_RANGES
        if (name := f"observed {leads} h") in table
    }
    labels = {
        "ideal": say(language, "as it ought to be"),
        "x": say(language, "the forecast’s chance of less"),
        "y": say(language, "how often it was less"),
    }
    return page_scores.reliability(table["level"], shares, labels)


def _columns(table: Any) -> dict[str, list[Any]]:
    if not table or not table["rows"]:
        return {}
    return dict(zip(table["columns"], map(list, zip(*table["rows"], strict=True)), strict=True))


def _section(id: str, title: str, *children: object) -> Markup:
    name = f"about-{id}"
    return tag("section", tag("h2", title, id=name), *children, class_="card", aria_labelledby=name)
