"""The record of the advice on the test period: what it was worth, and where it is weak."""

from collections.abc import Mapping, Sequence
from typing import Final

from wearcast.messages import percent, say
from wearcast.serving.dashboard.markup import Markup, tag
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.panel import Panel
from wearcast.serving.dashboard.tables import (
    folded,
    percent_interval,
    score_table,
    whole_percent,
)
from wearcast.serving.dashboard.words import MISSING
from wearcast.vocabulary import Language

_TOMORROW: Final = "day_1"
_FEW_HITS: Final = 0.5
"""An umbrella that is advised on a smaller share of the wet days is a weak point."""

Scores = Mapping[str, Mapping[str, Mapping[str, Mapping[str, float]]]]
"""By score, method and day, the value with its interval."""


def panel(data: PageData, response: JsonObject, title: str) -> Panel:
    """What the advice was worth in sentences, its weak points, and the tables behind them; nothing
    where there are no scores."""
    language = data.language
    verification = response["verification"] or {}
    right = verification.get("bands", {}).get("network", {})
    scores: Scores = verification.get("clothing", {}).get("scores", {})
    hours_off = scores.get("hours_off", {}).get("network", {})
    if not right or not hours_off:
        return Panel(tag("div"))
    weak_points = [tag("li", text) for text in _weak_points(language, scores)]
    return Panel(
        tag(
            "section",
            tag("h2", title, id="about-clothes"),
            tag("p", _worth(language, right, hours_off), class_="lead"),
            tag("ul", weak_points, class_="weak") if weak_points else None,
            folded(
                say(language, "In numbers"),
                _worth_table(language, right, hours_off),
                _umbrella_table(language, scores),
                certainty_table(language, verification["clothing"].get("certainty", [])),
            ),
            class_="card",
            aria_labelledby="about-clothes",
        )
    )


def _worth(language: Language, right: JsonObject, hours_off: JsonObject) -> str:
    return say(
        language,
        "The clothes for the next day were the right ones on {right} of the days; {off} of the"
        " hours outdoors were too cold or too warm in them.",
        right=_share(right, _TOMORROW),
        off=_share(hours_off, _TOMORROW),
    )


def _share(by_day: JsonObject, day: str) -> str:
    return whole_percent(by_day.get(day, {}).get("value"))


def _weak_points(language: Language, scores: Scores) -> list[str]:
    """The weaknesses to know of, in sentences."""
    points = []
    hits = scores.get("umbrella_hit", {}).get("network", {}).get(_TOMORROW)
    if hits and hits["value"] < _FEW_HITS:
        points.append(
            say(
                language,
                "Its weak point is the umbrella: a day ahead it advised one on {hits} of the days"
                " with rain or snow. Look at the sky, too.",
                hits=whole_percent(hits["value"]),
            )
        )
    cold = scores.get("hours_too_cold", {}).get("network", {}).get("day_7")
    warm = scores.get("hours_too_warm", {}).get("network", {}).get("day_7")
    if cold and warm:
        points.append(
            say(
                language,
                "A week ahead, {cold} of the hours outdoors were too cold in its clothes and {warm}"
                " too warm.",
                cold=whole_percent(cold["value"]),
                warm=whole_percent(warm["value"]),
            )
        )
    return points


def _day_names(language: Language) -> dict[str, str]:
    return {
        "day_1": say(language, "Tomorrow"),
        "day_3": say(language, "In 3 days"),
        "day_7": say(language, "In 7 days"),
    }


def _worth_table(language: Language, right: JsonObject, hours_off: JsonObject) -> Markup:
    names = _day_names(language)
    days = [day for day in names if day in hours_off]
    rows = [
        (
            say(language, "Days whose clothes were the right ones"),
            [_share_interval(language, right.get(day)) for day in days],
        ),
        (
            say(language, "Hours outdoors that were too cold or too warm"),
            [_share_interval(language, hours_off.get(day)) for day in days],
        ),
    ]
    caption = say(language, "What the advice was worth, with 95 % intervals")
    columns = [names[day] for day in days]
    return score_table(caption, columns, rows, "about.clothes")


def _umbrella_table(language: Language, scores: Scores) -> Markup | None:
    hits = scores.get("umbrella_hit", {}).get("network", {})
    false_alarms = scores.get("umbrella_false_alarm", {}).get("network", {})
    if not hits:
        return None
    names = _day_names(language)
    days = [day for day in names if day in hits]
    rows = [
        (
            say(language, "Wet days with an umbrella"),
            [_share_interval(language, hits.get(day)) for day in days],
        ),
        (
            say(language, "Dry days with an umbrella"),
            [_share_interval(language, false_alarms.get(day)) for day in days],
        ),
    ]
    caption = say(language, "The umbrella, with 95 % intervals")
    columns = [names[day] for day in days]
    return score_table(caption, columns, rows, "about.umbrella")


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
