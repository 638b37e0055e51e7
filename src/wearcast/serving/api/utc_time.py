"""Times as all answers write them."""

import re
from datetime import datetime
from typing import Any, Final

_HOUR: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}(:00)?Z?")
"""An hour of UTC in a report of the pipeline or of a refresh."""


def iso_utc(at: datetime) -> str:
    """A time in UTC with its zone, to the second, such as 2013-12-30T23:00:00Z."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def with_whole_times(value: Any) -> Any:
    """A report's JSON in which every hour of UTC is written as `iso_utc` does."""
    if isinstance(value, dict):
        return {name: with_whole_times(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [with_whole_times(inner) for inner in value]
    if isinstance(value, str) and _HOUR.fullmatch(value):
        return f"{value[:13]}:00:00Z"
    return value
