"""The hours of a day, as plain values that plotly draws: importing plotly would take longer than drawing."""

from collections.abc import Sequence
from typing import Any


def day(hours: Sequence[str], temperature: Sequence[float | None]) -> dict[str, Any]:
    """The day's temperature."""
    return {"data": [{"type": "scatter", "x": list(hours), "y": list(temperature)}], "layout": {"height": 320}}
