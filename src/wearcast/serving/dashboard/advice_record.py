"""The record of the advice on the test period: how often the clothes were right, where it is weak,
and how sure it says to be."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wearcast.messages import percent, say, unbroken, with_units
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.tables import (
    folded,
    percent_interval,
    score_table,
    section,
    temperature_difference,
    whole_percent,
)
from wearcast.serving.dashboard.verdict import WEAK_UMBRELLA, advice_score, score_on
from wearcast.serving.dashboard.words import MISSING
from wearcast.vocabulary import Language

_WEAK_BIAS_C: Final = 0.5
"""A forecast that is too warm or too cold by more on average has a weak point."""
_LATE: Final = 2.0
"""So many times the next day's hours off make a day further ahead a weak point."""


def advice_section(data: PageData, scores: JsonObject) -> Markup | None:
    """The card about the clothes; None where there are no scores of them."""
    language = data.language
    right = score_on(scores.get("bands"), "day_1")
    off = advice_score(scores, "hours_off", "day_1")
    if right is None or off is None:
        return None
    lead = say(
        language,
        "The evening before, the clothes were the right ones on {days} days in 10. {off} of the"
        " hours outdoors turned out too cold or too warm.",
        days=str(round(10 * right)),
        off=whole_percent(language, off),
    )
    sure = certainty_table(language, scores["clothing"].get("certainty", []))
    return section(
        "clothes",
        say(language, "And the clothes?"),
        tag("p", unbroken(lead), class_="lead"),
        _weak_list(language, weak_points(data, scores)),
        folded(say(language, "The advice by day"), _table(language, scores)),
        folded(say(language, "Was it as sure as it should be?"), sure) if sure else None,
    )


def weak_points(data: PageData, scores: JsonObject) -> list[str]:
    """Where the advice and the forecast behind it fall short, a sentence each."""
    points = (
        _umbrella(data.language, scores),
        _far_ahead(data.language, scores),
        _bias(data, scores),
    )
    return [unbroken(point) for point in points if point]


def _weak_list(language: Language, points: Sequence[str]) -> Markup | None:
    if not points:
        return None
    heading = tag("h3", say(language, "Where it is weak"))
    return tag(
        "div",
        heading,
        tag("ul", [tag("li", point) for point in points]),
        class_="weak",
    )


def _umbrella(language: Language, scores: JsonObject) -> str | None:
    hit = advice_score(scores, "umbrella_hit", "day_1")
    if hit is None or hit >= WEAK_UMBRELLA:
        return None
    if round(100 * hit) == 0:
        return say(
            language,
            "Umbrella: the evening before, it called for none on any of the days that turned out"
            " wet. Look at the sky before you go.",
        )
    return say(
        language,
        "Umbrella: the evening before, it called for one on {hit} of the days that turned out wet."
        " Look at the sky before you go.",
        hit=whole_percent(language, hit),
    )


def _far_ahead(language: Language, scores: JsonObject) -> str | None:
    near, far = (advice_score(scores, "hours_off", day) for day in ("day_1", "day_7"))
    if near is None or far is None or far < _LATE * near:
        return None
    return say(
        language,
        "A week ahead: {far} of the hours outdoors turn out too cold or too warm. Look again the"
        " evening before.",
        far=whole_percent(language, far),
    )


def _bias(data: PageData, scores: JsonObject) -> str | None:
    """The mean error where it is large, over all days ahead."""
    bias_c = scores["temp_c"].get("bias", {}).get("network", {}).get("all")
    if bias_c is None or abs(bias_c) < _WEAK_BIAS_C:
        return None
    language = data.language
    off = temperature_difference(language, abs(bias_c), data.choices.units == "imperial")
    if bias_c > 0:
        return say(language, "Temperature: over all days it says {off} too warm.", off=off)
    return say(language, "Temperature: over all days it says {off} too cold.", off=off)


def _table(language: Language, scores: JsonObject) -> Markup:
    advice = scores["clothing"]["scores"]
    names = {
        "day_1": say(language, "Tomorrow"),
        "day_3": say(language, "In 3 days"),
        "day_7": say(language, "In 7 days"),
    }
    days = [day for day in names if day in advice["hours_off"]["network"]]
    shares = {
        say(language, "Days whose clothes were the right ones"): scores["bands"],
        say(language, "Hours outdoors that were too cold or too warm"): advice["hours_off"],
        say(language, "Wet days with an umbrella advised"): advice.get("umbrella_hit"),
        say(language, "Dry days with an umbrella advised"): advice.get("umbrella_false_alarm"),
    }
    rows = []
    for name, by_method in shares.items():
        if by_method:
            ours = by_method["network"]
            rows.append((name, [_share_interval(language, ours.get(day)) for day in days]))
    caption = say(language, "What the advice was worth, with 95 % intervals")
    columns = [names[day] for day in days]
    return score_table(with_units(language, caption), columns, rows, "about.clothes")


def certainty_table(language: Language, bins: Sequence[Mapping[str, float]]) -> Markup | None:
    """How right the advice was where it said to be so sure, a row a bin; None where nobody
    knows."""
    if not bins:
        return None
    columns = [
        say(language, "Was right"),
        say(language, "Said to be right"),
        say(language, "Days"),
    ]
    rows = [(_bin_name(language, row), _bin_cells(language, row)) for row in bins]
    caption = say(language, "Hours outdoors that the advice was right in, by how sure it was")
    return score_table(caption, columns, rows, "about.certainty")


def _bin_name(language: Language, row: Mapping[str, float]) -> str:
    start = 100 * row["said_from"]
    end = percent(row["said_to"])
    return with_units(language, f"{start:.0f}–{end}")


def _bin_cells(language: Language, row: Mapping[str, float]) -> list[str]:
    right, said = (whole_percent(language, row[name]) for name in ("right", "said"))
    return [right, said, str(row["days"])]


def _share_interval(language: Language, share: Mapping[str, Any] | None) -> object:
    if not share or share["value"] is None:
        return MISSING
    value, low, high = (
        MISSING if share[name] is None else str(round(100 * share[name]))
        for name in ("value", "low", "high")
    )
    return percent_interval(language, value, low, high)
