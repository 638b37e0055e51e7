"""What to do about a partition: what it is to hold, what it holds, and which hours must be asked
for."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from wearcast.config import Station
from wearcast.weather import partition_file
from wearcast.weather.partition_file import PartitionMetadata

Window = tuple[pd.Timestamp, pd.Timestamp]
"""From an hour, with it, to an hour, without it."""
Progress = Callable[..., Any]
"""`tqdm.tqdm`, or what works like it: called with `total` and `unit`, it is closed at the end."""

MONTHS: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9].parquet"
"""The names of partitions, for `glob`."""

_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """A partition, what it is to hold, what it holds, and the first hour that must be asked for."""

    station: Station
    path: Path
    wanted: PartitionMetadata
    held: PartitionMetadata | None
    ask_from: pd.Timestamp

    @property
    def month(self) -> str:
        """The month as the file's name has it."""
        return self.path.stem

    @property
    def lacks(self) -> bool:
        """Whether any hour must be asked for."""
        return bool(self.ask_from < self.wanted.end)

    @property
    def window(self) -> Window:
        """The hours that must be asked for."""
        return self.ask_from, self.wanted.end


def plan_job(station: Station, path: Path, wanted: PartitionMetadata) -> Job:
    """What to do about the partition at `path`, as `planned` says it; one that is broken is fetched
    as a whole."""
    held = partition_file.read_metadata(path)
    if held is None and path.exists():
        _LOG.warning("%s was broken, and is fetched again", path)
    return planned(station, path, wanted, held)


def planned(
    station: Station, path: Path, wanted: PartitionMetadata, held: PartitionMetadata | None
) -> Job:
    """What to do about a partition that holds this.

    Hours that were final are never asked for again; a partition of another origin is fetched as a
    whole.
    """
    # Hours before what is held can't be put in front of it, so all are asked for.
    if held is None:
        return Job(station, path, wanted, held=None, ask_from=wanted.start)
    is_another = held.origin != wanted.origin
    starts_later = held.start > wanted.start
    if is_another or starts_later:
        return Job(station, path, wanted, held=None, ask_from=wanted.start)
    final = min(held.end, held.settled)
    # Hours that were final stay so, whatever the clock says now.
    final_from_now_on = max(wanted.settled, final)
    settled = min(wanted.end, final_from_now_on)
    wanted = replace(wanted, settled=settled)
    # Whether hours were revised is asked when time has made some final, or when new ones are asked
    # for anyway.
    has_all = held.end >= wanted.end
    up_to_date = has_all and final >= wanted.settled
    ask_from = max(wanted.start, final)
    if up_to_date:
        ask_from = wanted.end
    return Job(station, path, wanted, held, ask_from)


def origin(fingerprint: str, station: Station) -> str:
    """Where a partition's rows come from: the source's fingerprint and the station's place."""
    place = f"{station.latitude} {station.longitude} {station.elevation_m}"
    return f"{fingerprint} @ {place}"


def month_windows(begin: pd.Timestamp, until: pd.Timestamp) -> dict[str, Window]:
    """The months from `begin` to before `until`, each with the hours to hold of it."""
    windows = {}
    first_month = begin.normalize().replace(day=1)
    for month in pd.date_range(first_month, until, freq="MS", inclusive="left"):
        next_month = month + pd.offsets.MonthBegin()
        start = max(begin, month)
        end = min(until, next_month)
        windows[f"{month:%Y-%m}"] = (start, end)
    return windows


def as_text(window: Window) -> list[str]:
    """Both ends, as the JSON beside the partitions has them."""
    return [f"{at:%Y-%m-%dT%HZ}" for at in window]
