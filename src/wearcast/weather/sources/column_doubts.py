"""What the values of columns leave open, for a person to look at: a room's temperature, the height
of a pressure."""

import re
from collections.abc import Mapping
from typing import Final

import pandas as pd

from wearcast.weather.sources.headings import fold

_ENOUGH_HOURS: Final = 7 * 24
_ROOM_C: Final = (15.0, 28.0)
_ROOM_SPREAD_C: Final = 6.0
"""A week outdoors spans more but for the tropics, fog and polar nights, which is why it is only
asked about."""

_BARE: Final = ("pressure", "pres", "press", "p", "bar", "luftdruck", "기압", "presion", "pression")

_SEA_LEVEL: Final = re.compile(r"msl|sea|qff|해면", re.IGNORECASE)


def of(rows: pd.DataFrame, columns: Mapping[str, str]) -> list[str]:
    """Questions about a station's hourly `rows`, under our names; `columns` are the headings."""
    doubts = []
    temps = rows["temp_c"].dropna()
    if _is_like_a_room(temps):
        name = columns.get("temp_c", "temp_c")
        doubts.append(
            f"column {name!r} stays between {temps.min():.1f} and {temps.max():.1f} °C: is it a"
            " room's? A forecast needs the air outdoors."
        )
    pressure = columns.get("pressure_hpa", "")
    bare, _, _ = fold(pressure).partition("(")
    if bare.strip() in _BARE and not _SEA_LEVEL.search(pressure):
        doubts.append(
            f"column {pressure!r} doesn't say at which height its pressure is. If it isn't reduced"
            " to sea level, remove pressure_hpa from the columns."
        )
    return doubts


def _is_like_a_room(temps: pd.Series) -> bool:
    low, high = _ROOM_C
    is_enough = len(temps) >= _ENOUGH_HOURS
    is_mild = is_enough and temps.min() >= low and temps.max() <= high
    return bool(is_mild and temps.max() - temps.min() <= _ROOM_SPREAD_C)
