"""How many years of a record count: those in which every station measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wearcast.forecasting.array_types import Floats, Hours

Days = NDArray[np.datetime64]
"""Days that have temperatures, UTC, ascending, datetime64[D]."""

YEAR_D = 365
EDGE_D = 7
"""How many days a record may lack at its two ends together and still count as whole years; how far
a period may reach beyond the record."""

_MIN_HOURS_PER_DAY = 3
_WHOLE_SHARE = 0.75
"""The share of a year's days that need temperatures at every station for the year to count."""


@dataclass(frozen=True)
class RecordYears:
    """The years of a record that all its stations share.

    Attributes:
        end: the day after the last one that all stations have.
        span_d: days from the first one that all have to the end; 0 where they share none.
        whole: how many whole years there are in a row, 365 days each, counted back from the end,
            that have temperatures on three of four days at every station. A record that is mostly
            holes has none, however long it spans.
    """

    end: np.datetime64
    span_d: int
    whole: int


def days_with_temperatures(valid_at: Hours, temp_c: Floats) -> Days:
    """The days of a record, (n,), that have at least three hours with a temperature."""
    is_known = np.isfinite(temp_c)
    days = valid_at[is_known].astype("datetime64[D]")
    found, hours = np.unique(days, return_counts=True)
    return found[hours >= _MIN_HOURS_PER_DAY]


def record_years(stations: Sequence[Days]) -> RecordYears:
    """The years that stations share, from the days each has."""
    known = [days for days in stations if len(days)]
    if not known:
        return RecordYears(np.datetime64("NaT", "D"), 0, 0)
    first = max(days[0] for days in known)
    end = min(days[-1] for days in known) + 1
    shared = np.arange(first, end)
    span_d = len(shared)
    whole = 0
    stop = end
    while span_d >= YEAR_D * (whole + 1) - EDGE_D:
        if not _is_whole(known, stop):
            break
        whole += 1
        stop = stop - YEAR_D
    return RecordYears(end, span_d, whole)


def _is_whole(stations: Sequence[Days], stop: np.datetime64) -> bool:
    """Whether every station has enough days of the year that ends before the day `stop`."""
    start = stop - YEAR_D
    for days in stations:
        in_year = (days >= start) & (days < stop)
        if in_year.sum() < _WHOLE_SHARE * YEAR_D:
            return False
    return True
