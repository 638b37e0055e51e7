"""Raw observations on disk: one file a station and month, `<folder>/<station>/<YYYY-MM>.parquet`.

A month whose hours are final is never written again. Of a month that isn't over, or that its source
may still revise, the hours from the first that isn't final are asked for again as time goes on, and
no others.

`stations.json` beside them describes the stations; `source.json` says which source gave them, whom
they are owed to, and for which hours. Both are written when all partitions are there, so a run that
breaks off leaves what was there readable, and the next one goes on from where it stopped.

What is in the folder depends on the source and the settings alone, never on how many runs it took.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pandas as pd

from wearcast.artifacts import read_json, write_json
from wearcast.config import Station
from wearcast.errors import ObservationsError, SourceError
from wearcast.weather import partition_file
from wearcast.weather.attribution import attribution
from wearcast.weather.fetched_rows import between, merge_revised
from wearcast.weather.fetching import checked_tables
from wearcast.weather.observations import (
    concatenate,
    read_parquet,
    read_parquets,
    validate_raw,
)
from wearcast.weather.partition_file import PartitionMetadata
from wearcast.weather.partition_job import (
    MONTHS,
    Job,
    Progress,
    Window,
    as_text,
    month_windows,
    origin,
    plan_job,
)
from wearcast.weather.sources import LiveSource, NotingSource, Source
from wearcast.weather.stations import read_stations, write_stations

_LOG: Final = logging.getLogger(__name__)
_HALF_WRITTEN: Final = ("*/.*.parquet.*", ".source.json.*", ".stations.json.*")


def sync(
    source: Source,
    stations: Sequence[Station],
    start: date | None,
    end: date | None,
    folder: Path,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Bring `folder` to what `source` has of the stations from `start` to the day before `end`,
    fetching only what is missing.

    `progress` shows how many partitions are asked for, and the time left. Returns one row a
    station: `station`, `first` and `last` hour, `hours`, `months`, `fetched` (the months of which
    hours were asked for), and `revised` (hours that were there and for which the source now gives
    other values; a live source does so for some days).

    Raises:
        SourceError: the source can't give a station, or has nothing of it in that time. What was
            there before still is.
        ObservationsError: what it gives breaks the contract, or a partition is broken.
    """
    wanted = {station.id: _windows(source, station, start, end) for station in stations}
    _remove_half_written(folder)
    jobs = []
    for station in stations:
        for month, window in wanted[station.id].items():
            path = folder / station.id / f"{month}.parquet"
            jobs.append(plan_job(station, path, _wanted(source, station, window)))
    revised = _fetch_missing(source, jobs, progress)
    plan = _plan(source.fingerprint(), wanted)
    if isinstance(source, NotingSource):
        plan.update(_notes(source))
    write_stations(folder / "stations.json", stations)
    write_json(folder / "source.json", plan)
    _drop_unwanted(folder, plan)
    rows = []
    for station in stations:
        own = [job for job in jobs if job.station == station]
        rows.append(_summary(station, own, revised))
    return pd.DataFrame(rows)


def read_raw(folder: Path) -> tuple[pd.DataFrame, list[Station]]:
    """The raw table and the stations that `sync` put in `folder`.

    Raises:
        ObservationsError: a partition is missing, broken, or another source's.
    """
    stations = read_stations(folder / "stations.json")
    plan = read_json(folder / "source.json")
    paths = _partition_paths(folder, plan)
    absent = [path for path in paths if not path.is_file()]
    if absent:
        raise ObservationsError(
            f"{absent[0]} is missing ({len(absent)} in all). Run the stage ingest again; it fetches"
            " what is missing."
        )
    strange = [path for path in paths if _is_of_another_source(path, plan["fingerprint"])]
    if strange:
        raise ObservationsError(
            f"{strange[0]} is another source's than source.json says ({len(strange)} in all): a run"
            " broke off while it replaced them. Run the stage ingest again; it goes on from there."
        )
    return validate_raw(read_parquets(paths)), stations


def _partition_paths(folder: Path, plan: Mapping[str, Any]) -> list[Path]:
    paths = []
    for id, months in plan["partitions"].items():
        paths += [folder / id / f"{month}.parquet" for month in months]
    return paths


def _is_of_another_source(path: Path, fingerprint: str) -> bool:
    metadata = partition_file.read_metadata(path)
    return metadata is not None and not metadata.origin.startswith(fingerprint)


def read_fingerprint(folder: Path) -> str:
    """Which source gave what is in `folder`: its name and the hash of what it had."""
    described = read_json(folder / "source.json")
    return str(described["fingerprint"])


def read_notes(folder: Path) -> list[str]:
    """What the source said of its rows that people should know of."""
    described = read_json(folder / "source.json")
    return [str(note) for note in described.get("notes", [])]


def _notes(source: NotingSource) -> dict[str, list[str]]:
    """The source's notes as a part of source.json; nothing where there are none."""
    notes = source.notes()
    for note in notes:
        _LOG.warning("%s", note)
    return {"notes": notes} if notes else {}


def _windows(
    source: Source, station: Station, start: date | None, end: date | None
) -> dict[str, Window]:
    """The months to hold, each with the hours asked for in it: from an hour, with it, to an hour,
    without it."""
    first, last = (pd.Timestamp(at) for at in source.span(station))
    after_last = last + pd.Timedelta(hours=1)
    begin = max(first, _midnight(start)) if start else first
    until = min(after_last, _midnight(end)) if end else after_last
    if begin >= until:
        raise SourceError(
            f"station {station.id}: the source has {first:%Y-%m-%d} to {last:%Y-%m-%d}, nothing"
            f" from {start or 'its start'} to {end or 'its end'}. Change ingest.start or"
            " ingest.end."
        )
    return month_windows(begin, until)


def _plan(fingerprint: str, wanted: dict[str, dict[str, Window]]) -> dict[str, Any]:
    partitions = {}
    for id, windows in wanted.items():
        partitions[id] = {month: as_text(window) for month, window in windows.items()}
    return {
        "fingerprint": fingerprint,
        "attribution": attribution(fingerprint.partition(" ")[0]),
        "partitions": partitions,
    }


def _remove_half_written(folder: Path) -> None:
    """Remove files that a killed process was writing."""
    for pattern in _HALF_WRITTEN:
        for path in folder.glob(pattern):
            path.unlink()


def _wanted(source: Source, station: Station, window: Window) -> PartitionMetadata:
    """What the partition is to hold."""
    start, end = window
    settled = end
    if isinstance(source, LiveSource):
        settled = min(end, pd.Timestamp(source.settled(station)))
    return PartitionMetadata(origin(source.fingerprint(), station), start, end, settled)


def _fetch_missing(source: Source, jobs: list[Job], progress: Progress | None) -> dict[Path, int]:
    """Fetch what the partitions lack, month by month; how many hours of each were revised."""
    revised = {}
    for job in jobs:
        if not job.lacks and job.held != job.wanted:
            revised[job.path] = _write(job, None)
    lacking = sorted((job for job in jobs if job.lacks), key=_month_and_window)
    bar = progress(total=len(lacking), unit="month") if progress and lacking else None
    try:
        for _, group in groupby(lacking, key=_month_and_window):
            for asked, table in _tables(source, list(group), bar):
                for job in asked:
                    revised[job.path] = _write(job, table)
                if bar is not None:
                    bar.update(len(asked))
    finally:
        if bar is not None:
            bar.close()
    return revised


def _month_and_window(job: Job) -> tuple[str, Window]:
    return job.month, job.window


def _tables(source: Source, jobs: list[Job], bar: Any) -> Iterator[tuple[list[Job], pd.DataFrame]]:
    """What the source gives for the jobs, which all lack the same hours: for some of them after the
    other, known to be what was asked."""
    first_job = jobs[0]
    if bar is not None:
        others = " …" if len(jobs) > 1 else ""
        bar.set_description(f"{first_job.month}, {first_job.station.id}{others}")
    yield from checked_tables(source, jobs)


def _write(job: Job, table: pd.DataFrame | None) -> int:
    """Bring a partition to what it is to hold: what is final of its old rows, and the table's; how
    many hours were revised."""
    # A month without a single hour gets its (empty) file too: it was asked for, and need not be
    # asked for again.
    rows = concatenate([]) if table is None else table[table["station"] == job.station.id]
    revised = 0
    if job.held:
        old = read_parquet(job.path)
        still_wanted = old[between(old["valid_at"], job.wanted.start, job.wanted.end)]
        rows, revised = merge_revised(still_wanted, rows, job.ask_from)
    partition_file.write(job.path, rows, job.wanted)
    if revised:
        _LOG.info(
            "station %s, %s: the source has revised %d hours from %s on",
            job.station.id,
            job.month,
            revised,
            f"{job.ask_from:%Y-%m-%d}",
        )
    return revised


def _drop_unwanted(folder: Path, plan: dict[str, Any]) -> None:
    for path in folder.glob(f"*/{MONTHS}"):
        months = plan["partitions"].get(path.parent.name, {})
        if path.stem in months:
            continue
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()


def _summary(station: Station, jobs: list[Job], revised: dict[Path, int]) -> dict[str, object]:
    extents = [partition_file.extent(job.path) for job in jobs]
    with_rows = [extent for extent in extents if extent[0]]
    return {
        "station": station.id,
        "name": station.name_en,
        "first": min((first for _, first, _ in with_rows), default=pd.NaT),
        "last": max((last for _, _, last in with_rows), default=pd.NaT),
        "hours": sum(hours for hours, _, _ in extents),
        "months": len(jobs),
        "fetched": sum(job.lacks for job in jobs),
        "revised": sum(revised.get(job.path, 0) for job in jobs),
    }


def _midnight(day: date) -> pd.Timestamp:
    return pd.Timestamp(day, tz=UTC)
