"""Several reports of one station at one time, as NOAA's files have them: a routine one (FM-15), a
synoptic one (FM-12), a special one (FM-16), a day's or a month's summary (SOD, SOM)."""

from typing import Final

import pandas as pd

from wearcast.weather.observations import VALUES
from wearcast.weather.sources.notes import Note
from wearcast.weather.sources.sheets import Sheet

_HEADING: Final = "REPORT_TYPE"


def one_a_moment(sheet: Sheet, frame: pd.DataFrame, notes: list[Note]) -> pd.DataFrame:
    """The rows of `frame` (station, valid_at, quantities), one a station and time where the sheet
    says the type of report: of those that have a value the commonest type's. What is left out is
    told in `notes`."""
    if _HEADING not in sheet.columns:
        return frame
    given = [name for name in VALUES if name in frame]
    has_value = frame[given].notna().any(axis="columns")
    types = sheet.text(_HEADING)
    counts = types[has_value].value_counts()
    reports = types.map(counts)
    order = frame[["station", "valid_at"]].copy()
    order["is_blank"] = ~has_value
    order["rarity"] = -reports.fillna(0)
    order = order.sort_values(["is_blank", "rarity"], kind="stable")
    is_again = order.duplicated(["station", "valid_at"])
    is_again = is_again.sort_index()
    lost = is_again & has_value
    left_out = int(lost.sum())
    if left_out:
        what = f"of several reports at one time those of type {counts.index[0]} are taken"
        notes.append(Note(sheet.path.name, _HEADING, what, left_out))
    return frame[~is_again]
