"""A place's observations up to now: those that it was added with, and those that refreshes have
fetched of it since."""

from datetime import timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from wearcast.config import Station
from wearcast.serving.refresh import history_file
from wearcast.weather.fetched_rows import merge_revised
from wearcast.weather.partition_job import origin

ARCHIVE_D: Final = 3 * 365
"""Days of observations that are asked for. A correction of the network wants two years; a third
one costs the source little, and shows how good it is."""

_NAMED: Final = ("kma", "open_meteo", "sample")
"""Sources whose origins begin with their names; that of files is a hash."""


def with_newer(archive: pd.DataFrame, station: Station, source: str, folder: Path) -> pd.DataFrame:
    """The last `ARCHIVE_D` days of both; the archive alone where nothing else can be read, or it is
    another source's, or of another place.

    Args:
        archive: what the place was added with, at the raw level of the contract.
        station: the place.
        source: the name of its source.
        folder: of the refresh's observations of the station.
    """
    kept = history_file.read(folder)
    if kept is None or kept.rows.empty or not _is_of(kept.metadata.origin, station, source):
        return archive
    first = kept.rows["valid_at"].iloc[0]
    merged, _ = merge_revised(archive, kept.rows, first)
    merged = merged.sort_values("valid_at", ignore_index=True)
    since = merged["valid_at"].iloc[-1] - timedelta(days=ARCHIVE_D)
    newest: pd.DataFrame = merged[merged["valid_at"] > since]
    return newest.reset_index(drop=True)


def _is_of(found: str, station: Station, source: str) -> bool:
    """Whether an origin is of the source, and of the place where the station is."""
    name, _, _ = found.partition(" ")
    of_source = name if name in _NAMED else "files"
    return of_source == source and found.endswith(origin("", station))
