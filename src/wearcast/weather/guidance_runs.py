"""The newest runs on disk: the last of each model, or every one where nobody else keeps them.

Of a source with an archive, what its newest runs say is `<folder>/<station>/newest.parquet`, which
the next ingest replaces. A source without one is collected: each run is
`<folder>/<station>/<model>/runs/<issued>.parquet`, and is never overwritten and never deleted.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from wearcast.config import Station
from wearcast.errors import SourceError
from wearcast.weather import guidance, partition_file
from wearcast.weather.partition_file import PartitionMetadata
from wearcast.weather.partition_job import origin
from wearcast.weather.sources import GuidanceSource

Fingerprints = Mapping[str, str]
"""By model the source's."""

NEWEST: Final = "newest.parquet"
RUNS: Final = "runs"
_LOG: Final = logging.getLogger(__name__)
_HOUR: Final = pd.Timedelta(hours=1)


@dataclass(frozen=True)
class Missing:
    """What could not be had.

    Attributes:
        station: its id.
        model: its name.
        what: the archive of past forecasts, or the newest run.
        reason: what the source said.
    """

    station: str
    model: str
    what: str
    reason: str


def log_missing(station: Station, model: str, what: str, reason: object) -> Missing:
    """Say in the log that something could not be had."""
    _LOG.warning("station %s, %s: no %s. %s", station.id, model, what, reason)
    return Missing(station.id, model, what, str(reason))


def keep_newest(
    source: GuidanceSource, fingerprints: Fingerprints, station: Station, folder: Path
) -> list[Missing]:
    """Keep what the newest runs say of the station; what could not be had of them.

    Where the source can't give any, what was kept before stays.
    """
    try:
        table = _newest(source, station)
    except SourceError as error:
        _drop_newest_of_others(_newest_origin(fingerprints, station), station, folder)
        return [log_missing(station, model, "newest run", error) for model in source.models]
    if source.has_archive:
        _replace_newest(_newest_origin(fingerprints, station), station, table, folder)
    else:
        _add_runs(fingerprints, station, table, folder)
    if table.empty:
        return []
    given = set(table["model"])
    absent = []
    for model in source.models:
        if model not in given:
            absent.append(log_missing(station, model, "newest run", "It was not given."))
    return absent


def newest_path(station: str, folder: Path) -> Path:
    """Where the newest runs of a source with an archive are kept."""
    return folder / station / NEWEST


def run_paths(fingerprint: str, station: Station, model: str, folder: Path) -> list[Path]:
    """The collected runs of a model that are this source's, and of the place where the station is
    now; the oldest first."""
    wanted = origin(fingerprint, station)
    paths = (folder / station.id / model / RUNS).glob("*.parquet")
    return [path for path in sorted(paths) if _is_alike(path, wanted)]


def _newest(source: GuidanceSource, station: Station) -> pd.DataFrame:
    table = guidance.validate_raw(guidance.conform(source.newest(station)))
    is_station = table["station"] == station.id
    is_model = table["model"].isin(source.models)
    strange = table[~(is_station & is_model)]
    if len(strange):
        row = strange.iloc[0]
        raise SourceError(
            f"asked for the newest runs of station {station.id}, the source gave"
            f" {row['station']}, {row['model']}; nothing of it was kept."
        )
    return table


def _replace_newest(origin: str, station: Station, table: pd.DataFrame, folder: Path) -> None:
    path = newest_path(station.id, folder)
    if table.empty:
        path.unlink(missing_ok=True)
        return
    partition_file.write(path, table, _metadata(origin, table))


def _drop_newest_of_others(origin: str, station: Station, folder: Path) -> None:
    """Remove the newest runs that another source gave, or that were of another place."""
    path = newest_path(station.id, folder)
    held = partition_file.read_metadata(path)
    if held is None or held.origin != origin:
        path.unlink(missing_ok=True)


def _add_runs(
    fingerprints: Fingerprints, station: Station, table: pd.DataFrame, folder: Path
) -> None:
    by_run = table.groupby(["model", "issued_until"])
    for (model, issued_at), rows in by_run:
        name = str(model)
        runs = folder / station.id / name / RUNS
        path = runs / f"{issued_at:%Y%m%dT%H%M}.parquet"
        # A run that can't be read is no run yet.
        if partition_file.read_metadata(path) is None:
            run_origin = origin(fingerprints[name], station)
            partition_file.write(path, rows, _metadata(run_origin, rows))


def _metadata(origin: str, rows: pd.DataFrame) -> PartitionMetadata:
    valid_at = rows["valid_at"]
    end = valid_at.max() + _HOUR
    return PartitionMetadata(origin, valid_at.min(), end, settled=end)


def _newest_origin(fingerprints: Fingerprints, station: Station) -> str:
    return origin(", ".join(fingerprints.values()), station)


def _is_alike(path: Path, wanted: str) -> bool:
    """Whether a run's origin has the same source's name and the same place; how the source read it
    may have changed since."""
    metadata = partition_file.read_metadata(path)
    if metadata is None:
        _LOG.warning("%s can't be read, and its run is not used", path)
        return False
    return _name_and_place(metadata.origin) == _name_and_place(wanted)


def _name_and_place(origin: str) -> tuple[str, str]:
    fingerprint, _, place = origin.rpartition(" @ ")
    return fingerprint.partition(" ")[0], place
