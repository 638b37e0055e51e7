"""Raw guidance on disk: one file a station, model and month of the valid hour,
`<folder>/<station>/<model>/<YYYY-MM>.parquet`, and the newest runs (`guidance_runs`).

The rules are those of the observations (`raw_data`): hours that are final are never asked for
again. A run can come late and still replace an older one's value, so the last day is asked for once
more, when time has gone on.

`guidance.json` beside them says whose they are, whom they are owed to, for which hours, and what
could not be had: a model that can't be had stops nothing as long as any is there. It is written
when all partitions are, so a run that breaks off leaves what was there readable, and the next one
goes on from where it stopped.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from wearcast.artifacts import read_json, write_json
from wearcast.config import Station
from wearcast.errors import GuidanceError, SourceError
from wearcast.weather import guidance, guidance_runs, partition_file
from wearcast.weather.fetched_rows import between, require_requested, rows_to_keep
from wearcast.weather.guidance_index import (
    DESCRIPTION,
    Plan,
    describe,
    drop_unwanted,
    kept_run_paths,
    pairs,
    partition_paths,
    require_origin,
)
from wearcast.weather.guidance_runs import Missing, log_missing
from wearcast.weather.partition_file import PartitionMetadata
from wearcast.weather.partition_job import (
    Job,
    Progress,
    Window,
    month_windows,
    origin,
    plan_job,
)
from wearcast.weather.sources import GuidanceSource

SETTLES_H: Final = 24
"""Hours before the archive's end until which its values are final: a run that is a day late is
none any more."""

_NO_OBSERVATIONS: Final = "The station has no observations that it could be fitted to."
_HOUR: Final = pd.Timedelta(hours=1)


def sync(
    source: GuidanceSource,
    stations: Sequence[Station],
    start: date | None,
    end: date | None,
    observed_from: Mapping[str, pd.Timestamp],
    folder: Path,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Bring `folder` to what `source` has of the stations, fetching only what is missing.

    Args:
        start, end: the first day, and the day after the last; None: all there is.
        observed_from: by station, the first hour with observations; nothing before it is asked for.
        progress: shows how many partitions are asked for, and the time left.

    Returns:
        One row a station and model: `station`, `model`, `months`, `fetched` (the months of which
        hours were asked for), `runs` (collected), and `missing`, what could not be had.

    Raises:
        SourceError: nothing at all can be had. What was there before still is.
        GuidanceError: what the source gives breaks the contract.
    """
    _remove_half_written(folder)
    fingerprints = {model: source.fingerprint(model) for model in source.models}
    planned: Plan = {}
    missing: list[Missing] = []
    if source.has_archive:
        days = (start, end)
        planned, missing = _plan(source, fingerprints, stations, days, observed_from, folder)
    missing += _fetch_missing(source, planned, progress)
    for station in stations:
        missing += guidance_runs.keep_newest(source, fingerprints, station, folder)
    described = describe(source, fingerprints, stations, planned, missing, folder)
    _require_any_row(described, missing, folder)
    write_json(folder / DESCRIPTION, described)
    drop_unwanted(folder, described)
    return _summary(described, planned, pairs(source, stations))


def read_raw(folder: Path) -> pd.DataFrame | None:
    """The raw table that `sync` put in `folder`; None where it put none.

    Raises:
        GuidanceError: a file is missing, broken, or another source's.
    """
    if not (folder / DESCRIPTION).is_file():
        return None
    described = read_json(folder / DESCRIPTION)
    paths = list(partition_paths(folder, described))
    absent = [path for path in paths if not path.is_file()]
    if absent:
        raise GuidanceError(
            f"{absent[0]} is missing ({len(absent)} in all). Run the stage ingest again; it fetches"
            " what is missing."
        )
    for path in paths:
        require_origin(path, described)
    paths += kept_run_paths(folder, described)
    rows = guidance.read_parquets(paths)
    # The archive comes first: a newest run that is kept for long is in both.
    once = rows.drop_duplicates(guidance.KEY)
    return guidance.validate_raw(once.reset_index(drop=True))


def clear(folder: Path) -> None:
    """Remove what can be fetched again: a project without guidance has none. Collected runs
    stay."""
    (folder / DESCRIPTION).unlink(missing_ok=True)
    _remove_half_written(folder)
    drop_unwanted(folder, {"partitions": {}, "newest": []})


def _plan(
    source: GuidanceSource,
    fingerprints: Mapping[str, str],
    stations: Sequence[Station],
    days: tuple[date | None, date | None],
    observed_from: Mapping[str, pd.Timestamp],
    folder: Path,
) -> tuple[Plan, list[Missing]]:
    """The partitions to hold, and what the source has nothing of."""
    planned: Plan = {}
    missing = []
    for station, model in pairs(source, stations):
        if station.id not in observed_from:
            missing.append(log_missing(station, model, "archive", _NO_OBSERVATIONS))
            continue
        try:
            span = source.span(station, model)
        except SourceError as error:
            missing.append(log_missing(station, model, "archive", error))
            continue
        first_hour = observed_from[station.id]
        window = _window(span, first_hour, *days)
        place = origin(fingerprints[model], station)
        own = folder / station.id / model
        jobs = _jobs(station, place, window, span[1], own)
        if not jobs:
            reason = _nothing(span, first_hour)
            missing.append(log_missing(station, model, "archive", reason))
        planned[station.id, model] = jobs
    return planned, missing


def _window(
    span: tuple[datetime, datetime],
    observed_from: pd.Timestamp,
    start: date | None,
    end: date | None,
) -> Window:
    """The hours to hold of what a source has; none where it ends before it begins."""
    first, last = (pd.Timestamp(at) for at in span)
    begin = max(first, observed_from)
    until = last + _HOUR
    if start:
        begin = max(begin, pd.Timestamp(start, tz="UTC"))
    if end:
        until = min(until, pd.Timestamp(end, tz="UTC"))
    return begin, until


def _nothing(span: tuple[datetime, datetime], observed_from: pd.Timestamp) -> str:
    first, last = span
    return (
        f"The source has {first:%Y-%m-%d} to {last:%Y-%m-%d}, and the observations begin on"
        f" {observed_from:%Y-%m-%d}; nothing of that is between ingest.guidance.start and"
        " ingest.end."
    )


def _jobs(station: Station, origin: str, window: Window, last: datetime, folder: Path) -> list[Job]:
    begin, until = window
    if begin >= until:
        return []
    after_last = pd.Timestamp(last) + _HOUR
    settled = after_last - pd.Timedelta(hours=SETTLES_H)
    jobs = []
    for month, (start, end) in month_windows(begin, until).items():
        path = folder / f"{month}.parquet"
        wanted = PartitionMetadata(origin, start, end, settled=min(end, settled))
        jobs.append(plan_job(station, path, wanted))
    return jobs


def _fetch_missing(
    source: GuidanceSource, planned: Plan, progress: Progress | None
) -> list[Missing]:
    """Fetch what the partitions lack; of a model that fails, no further month is asked for."""
    jobs = [job for own in planned.values() for job in own]
    for job in jobs:
        if not job.lacks and job.held != job.wanted:
            _write(job, guidance.concatenate([]))
    lacking = [job for job in jobs if job.lacks]
    failed: dict[tuple[str, str], Missing] = {}
    bar = None
    if progress and lacking:
        bar = progress(total=len(lacking), unit="month")
    try:
        for job in lacking:
            station, model = job.station.id, _model(job)
            if bar is not None:
                bar.set_description(f"{job.month}, {station}, {model}")
            if (station, model) not in failed:
                _fetch(source, job, failed)
            if bar is not None:
                bar.update(1)
    finally:
        if bar is not None:
            bar.close()
    return list(failed.values())


def _fetch(source: GuidanceSource, job: Job, failed: dict[tuple[str, str], Missing]) -> None:
    station, model = job.station, _model(job)
    start, end = (at.to_pydatetime() for at in job.window)
    try:
        table = source.fetch(station, model, start, end)
        rows = guidance.validate_raw(guidance.conform(table))
        require_requested(rows, [station.id], start, end)
        _require_model(rows, model)
    except SourceError as error:
        reason = f"{job.month}: {error}"
        failed[station.id, model] = log_missing(station, model, "archive", reason)
        return
    _write(job, rows)


def _require_model(rows: pd.DataFrame, model: str) -> None:
    strange = rows.loc[rows["model"] != model, "model"]
    if len(strange):
        raise SourceError(
            f"asked for model {model}, the source gave {strange.iloc[0]}; nothing of it was kept."
        )


def _write(job: Job, table: pd.DataFrame) -> None:
    """Bring a partition to what it is to hold: what is final of its old rows, and the table's."""
    if job.held:
        old = guidance.read_parquet(job.path)
        wanted = old[between(old["valid_at"], job.wanted.start, job.wanted.end)]
        parts = rows_to_keep(wanted, table, job.ask_from, guidance.KEY, guidance.VALUES)
        table = guidance.concatenate(parts)
    partition_file.write(job.path, table, job.wanted)


def _model(job: Job) -> str:
    return job.path.parent.name


def _require_any_row(described: Mapping[str, Any], missing: list[Missing], folder: Path) -> None:
    if kept_run_paths(folder, described):
        return
    for path in partition_paths(folder, described):
        rows, _, _ = partition_file.extent(path)
        if rows:
            return
    reasons = dict.fromkeys(f"{entry.model}: {entry.reason}" for entry in missing)
    raise SourceError(
        f"no numerical forecasts can be had of {described['source']}. {' '.join(reasons)} Change"
        " ingest.guidance, or leave its source empty to forecast from the stations' past alone."
    )


def _remove_half_written(folder: Path) -> None:
    """Remove files that a killed process was writing."""
    for pattern in (".*.parquet.*", f".{DESCRIPTION}.*"):
        for path in folder.rglob(pattern):
            path.unlink()


def _summary(
    described: Mapping[str, Any], planned: Plan, asked: Iterable[tuple[Station, str]]
) -> pd.DataFrame:
    rows = []
    for station, model in asked:
        jobs = planned.get((station.id, model), [])
        months = described["partitions"].get(station.id, {})
        runs = described["runs"].get(station.id, {})
        row = {
            "station": station.id,
            "model": model,
            "months": len(months.get(model, {})),
            "fetched": sum(job.lacks for job in jobs),
            "runs": len(runs.get(model, [])),
            "missing": _reasons(described, station, model),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _reasons(described: Mapping[str, Any], station: Station, model: str) -> str:
    """Why something of the model is missing, in one line."""
    reasons = []
    for entry in described["missing"]:
        is_of_station = entry["station"] == station.id
        is_of_model = entry["model"] == model
        if is_of_station and is_of_model:
            reasons.append(f"{entry['what']}: {entry['reason']}")
    return " ".join(reasons)
