"""How good the forecasts and the advice are, in one sentence or two."""

from typing import Final

from wearcast.messages import say, unbroken
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.tables import temperature_difference

_FIRST_DAY: Final = "1-24"
_TOMORROW: Final = "day_1"
WEAK_UMBRELLA: Final = 0.5
"""An advice that calls for an umbrella on a smaller share of the wet days is weak at it."""


def verdict(data: PageData, scores: JsonObject | None) -> str:
    """What the scores come to; the tab's name where there are none."""
    language = data.language
    if not scores:
        return say(language, "How good it is")
    error = temperature_difference(
        language,
        scores["temp_c"]["mae"]["network"][_FIRST_DAY],
        data.choices.units == "imperial",
    )
    right = score_on(scores.get("bands"), _TOMORROW)
    if right is None:
        first = say(language, "Tomorrow’s temperature is off by {error} on average.", error=error)
    else:
        first = say(
            language,
            "Tomorrow’s temperature is off by {error} on average, and the clothes are right on"
            " {days} days in 10.",
            error=error,
            days=str(round(10 * right)),
        )
    sentences = [first]
    hit = advice_score(scores, "umbrella_hit", _TOMORROW)
    if hit is not None and hit < WEAK_UMBRELLA:
        sentences.append(say(language, "Don’t rely on it for the umbrella yet."))
    return unbroken(" ".join(sentences))


def advice_score(scores: JsonObject, name: str, day: str) -> float | None:
    """A score of the advice so many days ahead; None where nobody knows."""
    of_advice = scores.get("clothing", {})
    by_name = of_advice.get("scores", {})
    return score_on(by_name.get(name), day)


def score_on(by_method: JsonObject | None, day: str) -> float | None:
    """Our own value among those of all methods."""
    ours = (by_method or {}).get("network", {}).get(day)
    value: float | None = ours["value"] if ours else None
    return value
