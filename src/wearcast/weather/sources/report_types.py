"""Several reports of one station at one time, as NOAA's files have them: a routine one (FM-15), a
synoptic one (FM-12), a special one (FM-16), a day's or a month's summary (SOD, SOM)."""

from typing import Final

import pandas as pd

from wearcast.weather.observations import VALUES
from wearcast.weather.sources.notes import Note
from wearcast.weather.sources.sheets import Sheet

_HEADING: Final = "REPORT_TYPE"
_MOMENT: Final = ["station", "valid_at"]

_OF_THE_WIND: Final = ("wind_dir_deg", "gust_ms")
"""Quantities that belong to the wind of their own report, and may be blank beside it."""


def one_a_moment(sheet: Sheet, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of `frame` (station, valid_at, quantities), one a station and time where the sheet
    says the type of report: of those that have a value the commonest type's, with what it lacks out
    of the others. What is left out is noted."""
    if _HEADING not in sheet.columns:
        return frame
    given = [name for name in VALUES if name in frame]
    has_value = frame[given].notna().any(axis="columns")
    types = sheet.text(_HEADING)
    counts = types[has_value].value_counts()
    reports = types.map(counts)
    order = frame[_MOMENT].copy()
    order["is_blank"] = ~has_value
    order["rarity"] = -reports.fillna(0)
    order = order.sort_values(["is_blank", "rarity"], kind="stable")
    is_again = order.duplicated(_MOMENT)
    is_again = is_again.sort_index()
    lost = is_again & has_value
    if not lost.any():
        return frame[~is_again]
    what = f"of several reports at one time those of type {counts.index[0]} are taken"
    sheet.notes.append(Note(sheet.path.name, _HEADING, what, int(lost.sum())))
    completed = [name for name in given if name not in _OF_THE_WIND]
    ordered = frame.loc[order.index]
    at_one_time = ordered.groupby(_MOMENT, sort=False)
    known = at_one_time[completed].transform("first")
    kept = frame[~is_again].copy()
    kept[completed] = known.loc[kept.index]
    return kept
