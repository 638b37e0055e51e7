"""How good the forecasts are, in one sentence."""

from typing import Any

from wearcast.messages import say
from wearcast.serving.dashboard.api_client import ApiError
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.dashboard.tables import temperature_difference, whole_percent

_FIRST_DAY = "1-24"


def verdict(data: PageData, verification: Any, recent: Any) -> str:
    """The sentence: on the last two weeks, else on the test period, else that nobody knows.

    Args:
        data: of the page.
        verification, recent: the API's answers, or why there is none.
    """
    language = data.language
    imperial = data.choices.units == "imperial"
    lately = _scores(recent).get("leads", {}).get(_FIRST_DAY)
    if lately:
        return say(
            language,
            "In the last two weeks the next day’s temperature was off by {error} on average, and"
            " {share} of the hours came within the range.",
            error=temperature_difference(lately["mae_c"], imperial),
            share=whole_percent(lately["coverage_80"]),
        )
    tested = _scores(verification).get("temp_c", {})
    if tested:
        return say(
            language,
            "In the test the next day’s temperature was off by {error} on average, and {share} of"
            " the hours came within the range.",
            error=temperature_difference(tested["mae"]["network"][_FIRST_DAY], imperial),
            share=whole_percent(tested["coverage_80"]["network"][_FIRST_DAY]),
        )
    return say(language, "How good these forecasts are isn’t known here yet.")


def _scores(response: Any) -> JsonObject:
    if isinstance(response, ApiError):
        return {}
    scores: JsonObject = response["verification"] or {}
    return scores
