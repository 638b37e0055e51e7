"""What everybody is told of a place that no model was trained on."""

from collections.abc import Mapping
from typing import Any, Final

from wearcast.forecasting.place import ByRange, GuidedPast, Place
from wearcast.forecasting.station_climatology import StationClimatology

KEY: Final = "place"
"""Of a station's part of the live verification, by which the API learns of it."""

USUAL: Final = "usual"
"""Of the facts, what temperatures are usual."""

_BY_CHANNEL: Final = ("climatology", "scale")
_DIGITS: Final = 4


def place_facts(place: Place) -> dict[str, Any]:
    """How a place was fitted, and what its own past says of its forecasts, for JSON."""
    record = place.record
    return {
        "fitted_from": _hour(record.first),
        "fitted_until": _hour(record.last),
        "days": record.days,
        "borrowed_from": list(record.borrowed_from),
        "nearest_km": round(record.nearest_km, 1),
        "forecasts": record.windows,
        "mae_c": _rounded(record.mae_c),
        "climatology_mae_c": _rounded(record.climatology_mae_c),
        "coverage_80": _rounded(record.coverage_80),
        "guided": _guided(record.guided),
        USUAL: _temperature_alone(place.climatology.to_json()),
    }


def _guided(past: GuidedPast | None) -> dict[str, Any] | None:
    if past is None:
        return None
    coverage = _rounded(past.coverage_80)
    return {"days": past.days, "mae_c": _rounded(past.mae_c), "coverage_80": coverage}


def usual_temperature(facts: Mapping[str, Any]) -> StationClimatology | None:
    """What temperatures are usual at a place, by the facts of it; None where another release tells
    them in another way, or not."""
    try:
        return StationClimatology.from_json(facts[USUAL])
    except (KeyError, TypeError, ValueError):
        return None


def _temperature_alone(climatology: Mapping[str, Any]) -> dict[str, Any]:
    """A climatology as JSON without the channels that no usual day is made from."""
    of_channels = {name: {"temp_c": climatology[name]["temp_c"]} for name in _BY_CHANNEL}
    return {**climatology, **of_channels, "reported": ["temp_c"]}


def _hour(text: str) -> str:
    """An hour of the record, such as 2021-01-01T00, as the API writes it."""
    return f"{text}:00Z"


def _rounded(by_range: ByRange) -> dict[str, float | None]:
    rounded = {}
    for leads, value in by_range.items():
        rounded[leads] = None if value is None else round(value, _DIGITS)
    return rounded
