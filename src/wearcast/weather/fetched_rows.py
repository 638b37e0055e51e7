"""Rows that were held, and what the source gives for their hours now."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd

from wearcast.errors import SourceError
from wearcast.weather.observations import VALUES, concatenate

_COMPARED = [*VALUES, "trace"]


def merge_revised(
    old: pd.DataFrame, new: pd.DataFrame, ask_from: pd.Timestamp
) -> tuple[pd.DataFrame, int]:
    """A station's old rows before `ask_from`, and from there on the new ones; and how many held
    hours have other values now.

    An hour of which the source has nothing any more keeps its old row: nothing that was observed is
    lost by asking again. Where it has something, the new row stands as it is, for quality control
    may have taken a value back.
    """
    final, open_ = old[old["valid_at"] < ask_from], old[old["valid_at"] >= ask_from]
    told = new.loc[new[list(VALUES)].notna().any(axis=1), "valid_at"]
    kept = open_[~open_["valid_at"].isin(told)]
    given = new[~new["valid_at"].isin(kept["valid_at"])]
    return concatenate([final, kept, given]), _changed(open_, given)


def require_requested(
    rows: pd.DataFrame, ids: Sequence[str], start: datetime, end: datetime
) -> pd.DataFrame:
    """`rows`, known to be of the stations `ids` and the hours from `start` to before `end`.

    Raises:
        SourceError: a row is of another station or hour.
    """
    strange = rows[~rows["station"].isin(ids) | ~between(rows["valid_at"], start, end)]
    if len(strange):
        row = strange.iloc[0]
        raise SourceError(
            f"asked for station {', '.join(ids)} from {start:%Y-%m-%dT%HZ} to {end:%Y-%m-%dT%HZ},"
            f" the source gave {row['station']} at {row['valid_at']:%Y-%m-%dT%HZ}; nothing of it"
            " was kept."
        )
    return rows


def between(valid_at: pd.Series, start: datetime, end: datetime) -> pd.Series:
    """Where start <= valid_at < end."""
    return (valid_at >= start) & (valid_at < end)


def _changed(old: pd.DataFrame, new: pd.DataFrame) -> int:
    """At how many hours of both any value differs."""
    was, now = (frame.set_index("valid_at")[_COMPARED] for frame in (old, new))
    common = was.index.intersection(now.index)
    was, now = was.loc[common], now.loc[common]
    differs = (was != now) & ~(was.isna() & now.isna())
    return int(differs.any(axis=1).sum())
