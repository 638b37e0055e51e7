"""The days of a forecast as rows of a table for people: temperatures and the chance of rain."""

from collections.abc import Sequence

import numpy as np

from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.daily import Day, days
from wearcast.forecasting.quantiles import MEDIAN, P10, P90
from wearcast.forecasting.snapshot import Snapshot


def outlook(snapshot: Snapshot, station: str) -> Sequence[dict[str, str]]:
    """A row a day: its date, and in words its lowest and highest temperature and chance of rain."""
    return [_row(day) for day in days(snapshot, station)]


def _row(day: Day) -> dict[str, str]:
    chance = day.daily_rain_chance
    return {
        "day": f"{day.date:%a %Y-%m-%d}",
        "low °C": _median_and_interval(day.temp_c["min"]),
        "high °C": _median_and_interval(day.temp_c["max"]),
        "rain": "–" if np.isnan(chance) else f"{chance:.0%}",
    }


def _median_and_interval(quantiles: Floats) -> str:
    """As 12 (9 … 15): the median and the 80 % interval, rounded."""
    median = round(float(quantiles[MEDIAN]))
    low = round(float(quantiles[P10]))
    high = round(float(quantiles[P90]))
    return f"{median} ({low} … {high})"
