"""The scores of the advice as tables and sentences, from the metrics as reports/verification.json
holds them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wearcast.clothing.hindcast_cases import CLIMATOLOGY_DRIFT, NETWORK, SEASONAL_NAIVE
from wearcast.clothing.judged_day import COMPARED, KOREAN_TABLE, OBSERVED, PROTOTYPE, RIVALS

DRIVER_LABELS: Final = {
    NETWORK: "our forecast",
    SEASONAL_NAIVE: "persistence (last day)",
    CLIMATOLOGY_DRIFT: "climatology + drift",
    PROTOTYPE: "the prototype's rule",
    KOREAN_TABLE: "the Korean table",
    OBSERVED: "the weather itself",
}

SCORE_LABELS: Final = {
    "clo_error": "clo error",
    "hours_off": "hours off",
    "hours_off_tight": "off by 0.15",
    "hours_too_cold": "too cold",
    "hours_too_warm": "too warm",
    "umbrella_hit": "umbrella hits",
    "umbrella_false_alarm": "false alarms",
}

SHORT: Final = ("clo_error", "hours_off", "umbrella_hit", "umbrella_false_alarm")
"""The scores that there is room for in a terminal."""

MORE_IS_BETTER: Final = frozenset({"umbrella_hit"})

_UNKNOWN: Final = "–"


def table(
    metrics: Mapping[str, Any], scores: Sequence[str] = tuple(SCORE_LABELS)
) -> list[dict[str, str]]:
    """A row a driver: its scores on the days that are judged."""
    return [_row(metrics, driver, scores) for driver in DRIVER_LABELS]


def _row(metrics: Mapping[str, Any], driver: str, scores: Sequence[str]) -> dict[str, str]:
    row = {
        "advice driven by": DRIVER_LABELS[driver],
        "right band": _cell("band", metrics["bands"].get(driver)),
    }
    for score in scores:
        by_driver = metrics["clothing"]["scores"][score]
        row[SCORE_LABELS[score]] = _cell(score, by_driver.get(driver))
    return row


def _cell(score: str, by_day: Mapping[str, Mapping[str, float | None]] | None) -> str:
    """A score on each day, as 0.17/0.24/0.28, or in percent."""
    if by_day is None:
        return _UNKNOWN
    values = [scores["value"] for scores in by_day.values()]
    if all(value is None for value in values):
        return _UNKNOWN
    if score == "clo_error":
        return "/".join(_UNKNOWN if value is None else f"{value:.2f}" for value in values)
    shares = [_UNKNOWN if value is None else f"{100 * value:.0f}" for value in values]
    return f"{'/'.join(shares)} %"


def differences(metrics: Mapping[str, Any], score: str) -> list[dict[str, str]]:
    """A row a rival: by how much our forecast's score differs from its, in the score's unit, with
    95 % intervals."""
    heading = f"{SCORE_LABELS[score]}: our forecast minus …"
    rows = []
    for rival, by_day in metrics["clothing"]["network_minus"][score].items():
        row = {heading: DRIVER_LABELS[rival]}
        for day, difference in by_day.items():
            row[day.replace("_", " ")] = _interval(difference)
        rows.append(row)
    return rows


def _interval(difference: Mapping[str, float | None]) -> str:
    value = difference["value"]
    low = difference["low"]
    high = difference["high"]
    if value is None:
        return _UNKNOWN
    return f"{value:+.2f} ({low:+.2f} … {high:+.2f})"


def certainty(metrics: Mapping[str, Any]) -> list[dict[str, str]]:
    """A row a bin of the share of hours that the advice says to be right: on how many days it said
    so, and the mean shares said and observed."""
    return [
        {
            "said to be right": f"{100 * row['said_from']:.0f}–{100 * row['said_to']:.0f} %",
            "days": str(row["days"]),
            "said": f"{100 * row['said']:.0f} %",
            "was right": f"{100 * row['right']:.0f} %",
        }
        for row in metrics["clothing"]["certainty"]
    ]


def verdict(metrics: Mapping[str, Any]) -> list[str]:
    """A sentence a rival: what our forecast is better and worse at."""
    minus = metrics["clothing"]["network_minus"]
    sentences = []
    for rival in RIVALS:
        compared = [
            _comparison(score, minus[score][rival])
            for score in COMPARED
            if rival in minus.get(score, {})
        ]
        if compared:
            sentences.append(f"Beside {DRIVER_LABELS[rival]}, {'; '.join(compared)}.")
    return sentences


def _comparison(score: str, by_day: Mapping[str, Mapping[str, float | None]]) -> str:
    """As "clo error: better on days 1, 3, worse on day 7"."""
    days: dict[str, list[str]] = {
        "better": [],
        "worse": [],
        "the same within the noise": [],
        "unknown": [],
    }
    for day, difference in by_day.items():
        days[_result(score, difference)].append(day.removeprefix("day_"))
    parts = [
        f"{result} on {'days' if len(on) > 1 else 'day'} {', '.join(on)}"
        for result, on in days.items()
        if on
    ]
    return f"{SCORE_LABELS[score]}: {', '.join(parts)}"


def _result(score: str, difference: Mapping[str, float | None]) -> str:
    low, high = difference["low"], difference["high"]
    if low is None or high is None:
        return "unknown"
    if low <= 0 <= high:
        return "the same within the noise"
    return "better" if (low > 0) == (score in MORE_IS_BETTER) else "worse"
