"""The hours that a refresh keeps of a station, `<history>/<station>/observations.parquet`.

The file says of itself where its rows come from, which hours were asked for, and up to where they
are final (`weather.partition_file`). It is replaced as a whole, so a refresh that is killed leaves
the old one or the new one.

Releases before this form kept a file a month, in `<history>/<station>/<station>/`. Their hours are
taken over, and nothing is asked for again. The months stay for `MONTHS_KEPT` after the last of
them: a release that is gone back to goes on from there, and what it adds is taken over in its turn.
"""

import logging
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from wearcast.errors import ObservationsError
from wearcast.weather import partition_file
from wearcast.weather.fetched_rows import merge_revised
from wearcast.weather.observations import concatenate, read_parquets
from wearcast.weather.partition_file import PartitionMetadata
from wearcast.weather.partition_job import MONTHS, Job

_LOG: Final = logging.getLogger(__name__)
FILE: Final = "observations.parquet"
MONTHS_KEPT: Final = timedelta(days=30)
_BESIDE_MONTHS: Final = ("source.json", "stations.json")
_HALF_WRITTEN: Final = f".{FILE}.*"
_ABANDONED_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Kept:
    """What is kept of a station.

    Attributes:
        rows: its hours in order, at the raw level of the contract.
        metadata: what they are.
        is_in_file: whether the file holds just this; not where months were taken over.
    """

    rows: pd.DataFrame
    metadata: PartitionMetadata
    is_in_file: bool

    def with_answer(self, job: Job, answer: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """The rows that the job wants of these and of those fetched, and how many hours the source
        has revised."""
        wanted = job.wanted
        hours = self.rows["valid_at"]
        first, final, stop = hours.searchsorted([wanted.start, job.ask_from, wanted.end])
        if not job.lacks:
            held = self.rows.iloc[first:stop]
            return held.reset_index(drop=True), 0
        # Only the hours that aren't final are compared, which are few.
        is_final = self.rows.iloc[first:final]
        not_final = self.rows.iloc[final:stop]
        merged, revised = merge_revised(not_final, answer, job.ask_from)
        rows = pd.concat([is_final, merged], ignore_index=True)
        return rows, revised


def read_metadata(folder: Path) -> PartitionMetadata | None:
    """What `read` would say of its rows, which are seldom read for it; None where nothing is kept.
    The rows of a broken file may turn out not to be readable."""
    in_file = partition_file.read_metadata(folder / FILE)
    newest = next(_metadata_newest_first(folder / folder.name), None)
    if newest is None or (in_file and newest[1].end <= in_file.end):
        return in_file
    kept = read(folder)
    return kept.metadata if kept else None


def read(folder: Path) -> Kept | None:
    """What is kept in a station's folder; None where nothing of it can be read."""
    in_file = _read_file(folder / FILE)
    months = folder / folder.name
    newest = next(_metadata_newest_first(months), None)
    if newest is None or (in_file and newest[1].end <= in_file.metadata.end):
        return in_file
    of_months = _read_months(months)
    if in_file is None or of_months is None:
        return of_months or in_file
    return _taken_over(in_file, of_months)


def write(job: Job, kept: Kept | None, answer: pd.DataFrame | None) -> pd.DataFrame:
    """Bring a station's file to what the job wants; its rows. What killed processes left half
    written is deleted, and so are months that no release goes back to any more.

    Args:
        job: of the file.
        kept: what its folder holds.
        answer: what the source gave of the hours that the job lacks; None where it lacks none.

    Raises:
        ArtifactError: the file can't be written.
    """
    rows = concatenate([]) if answer is None else answer
    revised = 0
    if kept and job.held:
        rows, revised = kept.with_answer(job, rows)
    is_as_wanted = kept is not None and kept.is_in_file and job.held == job.wanted
    if job.lacks or not is_as_wanted:
        _remove_half_written(job.path.parent)
        partition_file.write(job.path, rows, job.wanted)
    if is_as_wanted or (kept and kept.is_in_file):
        _forget_months(job.path.parent, job.wanted.end)
    if revised:
        since = f"{job.ask_from:%Y-%m-%d}"
        id = job.station.id
        _LOG.info("station %s: the source has revised %d hours from %s on", id, revised, since)
    return rows


def _remove_half_written(folder: Path) -> None:
    """Remove what killed processes were writing; what is younger may be another's, at work."""
    oldest_s = time.time() - _ABANDONED_AFTER.total_seconds()
    for path in folder.glob(_HALF_WRITTEN):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest_s:
                path.unlink()


def _forget_months(folder: Path, held_until: pd.Timestamp) -> None:
    """Delete months that no release goes back to any more; the file holds their hours."""
    months = folder / folder.name
    newest = next(_metadata_newest_first(months), None)
    if newest and held_until - newest[1].end > MONTHS_KEPT:
        shutil.rmtree(months)
        for name in _BESIDE_MONTHS:
            (folder / name).unlink(missing_ok=True)


def _read_file(path: Path) -> Kept | None:
    metadata = partition_file.read_metadata(path)
    kept = _read_rows([path], metadata) if metadata else None
    if kept is None and path.exists():
        _LOG.warning("%s was broken, and is fetched again", path)
    return replace(kept, is_in_file=True) if kept else None


def _read_months(folder: Path) -> Kept | None:
    """The newest months that follow each other and have one origin."""
    paths: list[Path] = []
    parts: list[PartitionMetadata] = []
    for path, metadata in _metadata_newest_first(folder):
        follows = not parts or (metadata.end, metadata.origin) == (parts[0].start, parts[0].origin)
        if not follows:
            break
        paths.insert(0, path)
        parts.insert(0, metadata)
    if not parts:
        return None
    open_from = [part.settled for part in parts if part.settled < part.end]
    end = parts[-1].end
    whole = replace(parts[0], end=end, settled=min(open_from, default=end))
    return _read_rows(paths, whole)


def _metadata_newest_first(folder: Path) -> Iterator[tuple[Path, PartitionMetadata]]:
    """The months that can be read, with what they say of themselves."""
    for path in sorted(folder.glob(MONTHS), reverse=True):
        metadata = partition_file.read_metadata(path)
        if metadata:
            yield path, metadata


def _read_rows(paths: Sequence[Path], metadata: PartitionMetadata) -> Kept | None:
    try:
        return Kept(read_parquets(paths), metadata, is_in_file=False)
    except ObservationsError:
        return None


def _taken_over(in_file: Kept, of_months: Kept) -> Kept:
    """What the file holds, and what the months have of the hours that aren't final in it; the file
    alone where these don't go on from it."""
    held = in_file.metadata
    added = of_months.metadata
    final = min(held.end, held.settled)
    if added.origin != held.origin or not added.start <= final:
        return in_file
    newer = of_months.rows[of_months.rows["valid_at"] >= final]
    rows, _ = merge_revised(in_file.rows, newer, final)
    settled = max(final, added.settled)
    metadata = replace(held, end=added.end, settled=settled)
    return Kept(rows, metadata, is_in_file=False)
