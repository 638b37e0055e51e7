"""What the shown forecast is made from, in words."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from wearcast.forecasting.guidance_used import GuidanceRun, GuidanceUsed
from wearcast.serving.dashboard.page_data import JsonObject, PageData
from wearcast.serving.made_from import last_guided_day, made_from, made_from_briefly
from wearcast.vocabulary import Language

_KEY: Final = "guidance"
"""Of what an answer says of its forecast."""


def forecast_basis(data: PageData) -> str:
    """All of it; empty where the API of the release before answers, which doesn't say."""
    return _in_words(data, made_from)


def forecast_basis_briefly(data: PageData) -> str:
    """The models alone; empty as above."""
    return _in_words(data, made_from_briefly)


def guided_until(data: PageData) -> date | None:
    """The last local date that is made from numerical forecasts; None where none is."""
    used = guidance_used(data.provenance)
    return last_guided_day(used, _issued_at(data)) if used else None


def guidance_used(provenance: JsonObject) -> GuidanceUsed | None:
    """The numerical forecasts that a forecast is made from."""
    guidance = provenance.get(_KEY)
    if guidance is None:
        return None
    return GuidanceUsed(
        source=guidance["source"],
        runs=tuple(map(_run, guidance["runs"])),
        missing=tuple(guidance["missing"]),
        reach_h=guidance["reach_h"],
        rain_reach_h=guidance["rain_reach_h"],
    )


def _run(run: JsonObject) -> GuidanceRun:
    return GuidanceRun(
        model=run["model"],
        issued_from=datetime.fromisoformat(run["issued_from"]),
        issued_until=datetime.fromisoformat(run["issued_until"]),
    )


def _in_words(
    data: PageData, words: Callable[[Language, GuidanceUsed | None, datetime, int], str]
) -> str:
    if _KEY not in data.provenance:
        return ""
    used = guidance_used(data.provenance)
    horizon_h = len(data.latest["hours"])
    return words(data.language, used, _issued_at(data), horizon_h)


def _issued_at(data: PageData) -> datetime:
    last_observed = data.latest["observed"][-1]
    return datetime.fromisoformat(last_observed["local_time"])
