"""Fetched rows: whether they are what was asked for, and how they revise the rows held before."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.weather.observations import VALUES, conform, in_utc

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
    is_final = old["valid_at"] < ask_from
    open_ = old[~is_final]
    is_known = new[list(VALUES)].notna()
    is_answered = is_known.any(axis=1).to_numpy()
    old_hours = in_utc(open_["valid_at"])
    new_hours = in_utc(new["valid_at"])
    is_kept = ~np.isin(old_hours, new_hours[is_answered])
    is_given = ~np.isin(new_hours, old_hours[is_kept])
    given = new[is_given]
    # All are typed, but an empty frame's columns may not be those of the others.
    parts = [part for part in (old[is_final], open_[is_kept], given) if len(part)]
    together = pd.concat(parts, ignore_index=True) if parts else old
    merged = conform(together)
    return merged, _count_changed(open_, given)


def rows_to_keep(
    old: pd.DataFrame,
    new: pd.DataFrame,
    ask_from: pd.Timestamp,
    key: Sequence[str],
    values: Sequence[str],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The old rows before `ask_from`, those after it that `new` gives no values for, and the new
    rows but for these; `key` tells one row from another."""
    is_final = old["valid_at"] < ask_from
    final = old[is_final]
    open_ = old[~is_final]
    is_known = new[list(values)].notna()
    answered = new[is_known.any(axis=1)]
    kept = open_[~_is_among(open_, answered, key)]
    given = new[~_is_among(new, kept, key)]
    return final, kept, given


def require_requested(
    rows: pd.DataFrame, ids: Sequence[str], start: datetime, end: datetime
) -> pd.DataFrame:
    """`rows`, known to be of the stations `ids` and the hours from `start` to before `end`.

    Raises:
        SourceError: a row is of another station or hour.
    """
    requested = rows["station"].isin(ids) & between(rows["valid_at"], start, end)
    strange = rows[~requested]
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
    started = valid_at >= start
    not_ended = valid_at < end
    return started & not_ended


def _is_among(rows: pd.DataFrame, others: pd.DataFrame, key: Sequence[str]) -> NDArray[np.bool_]:
    """Which of the rows have the key of one of the others."""
    columns = list(key)
    keys = pd.MultiIndex.from_frame(others[columns])
    return pd.MultiIndex.from_frame(rows[columns]).isin(keys)


def _count_changed(old: pd.DataFrame, new: pd.DataFrame) -> int:
    """At how many hours of both any value differs."""
    _, in_old, in_new = np.intersect1d(
        in_utc(old["valid_at"]), in_utc(new["valid_at"]), return_indices=True
    )
    was = old[_COMPARED].to_numpy(dtype=np.float64)[in_old]
    now = new[_COMPARED].to_numpy(dtype=np.float64)[in_new]
    both_missing = np.isnan(was) & np.isnan(now)
    differs = (was != now) & ~both_missing
    return int(differs.any(axis=1).sum())
