"""The hours of a station as past forecasts are verified against them, and as its sensors gave
them."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from wearcast.forecasting.array_types import Flags, Floats, Hours, Positions
from wearcast.forecasting.history import History
from wearcast.forecasting.input_series import WATCHED, InputHours
from wearcast.variables import HISTORY
from wearcast.vocabulary import WET_MM
from wearcast.weather import humidity

GIVEN: Final = ("valid_at", *WATCHED, "rh_pct")
"""The columns of the rows of a source that its hours as given are made of."""


def measured_history(observations: pd.DataFrame, whole: History) -> History:
    """A station's record without the values that quality control filled; a dew point that it
    derived from its own hour's temperature and humidity stays. Where nothing was filled, both have
    the same arrays.

    Args:
        observations: the station's, after quality control.
        whole: the record made of them.
    """
    was_filled = _flags_by_name(observations["filled"], (*HISTORY, "rh_pct"))
    is_rh_known = observations["rh_pct"].notna().to_numpy()
    is_rh_measured = is_rh_known & ~was_filled["rh_pct"]
    is_derived = was_filled["dewpoint_c"] & is_rh_measured & ~was_filled["temp_c"]
    was_filled["dewpoint_c"] &= ~is_derived
    values = {}
    for name in HISTORY:
        filled = was_filled[name]
        known = whole.values[name]
        values[name] = np.where(filled, np.nan, known) if filled.any() else known
    return History(whole.station, whole.valid_at, values)


def hours_as_given(raw: pd.DataFrame) -> InputHours:
    """A station's hours as its source gave them, with all that quality control would remove: a
    stuck sensor is to be told of, not to be forgotten. A dew point comes from the humidity where
    that is all there is.

    Args:
        raw: rows of one station in order, before quality control; the columns of `GIVEN`.
    """
    once = raw.drop_duplicates("valid_at").set_index("valid_at")
    axis = pd.date_range(once.index[0], once.index[-1], freq="h")
    hourly = once.reindex(axis)
    values = {}
    for name in (*WATCHED, "rh_pct"):
        values[name] = hourly[name].to_numpy(dtype=np.float64)
    rh_pct = np.clip(values.pop("rh_pct"), 0.0, 100.0)
    derived = humidity.dewpoint_c(values["temp_c"], rh_pct)
    is_given = np.isfinite(values["dewpoint_c"])
    values["dewpoint_c"] = np.where(is_given, values["dewpoint_c"], derived)
    without_zone = axis.tz_localize(None).to_numpy()
    valid_at = without_zone.astype("datetime64[h]")
    return InputHours(valid_at, values)


def _flags_by_name(filled: pd.Series, names: Sequence[str]) -> dict[str, Flags]:
    """By column whether each hour's list of columns has it, (n,)."""
    # Of thousands of hours only a few lists differ.
    numbers, lists = pd.factorize(filled.astype(str))
    flags = {}
    for name in names:
        is_in = np.array([name in one.split(",") for one in lists], dtype=bool)
        flags[name] = is_in[numbers]
    return flags


def observed(history: History, name: str) -> Floats:
    """A variable as it was observed, NaN where it is missing or quality control filled the hour,
    and a last NaN that stands for all hours outside the history: (n + 1,)."""
    values = history.column(name)
    if history.filled is not None:
        values = np.where(history.filled, np.nan, values)
    return np.append(values, np.nan)


def rained(history: History) -> Floats:
    """Whether each hour was wet, 0 or 1, NaN where nobody measured it, and a last NaN as in
    `observed`: (n + 1,)."""
    wet = was_wet(history.column("precip_mm"))
    return np.append(wet, np.nan)


def was_wet(rain_mm: Floats) -> Floats:
    """Whether it rained, 0 or 1, by the amount in an hour; NaN where that is unknown. Shape as
    given."""
    is_known = np.isfinite(rain_mm)
    is_wet = rain_mm >= WET_MM
    return np.where(is_known, is_wet, np.nan)


def row_numbers(hours: Hours, valid_at: Hours) -> Positions:
    """Where valid times stand among hours in a row; the number of these for times outside them."""
    length = len(hours)
    since_first = valid_at - hours[0]
    rows: Positions = since_first.astype(np.int64)
    not_before = rows >= 0
    inside = not_before & (rows < length)
    return np.where(inside, rows, length)
