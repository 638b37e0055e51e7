"""What belongs to the raw guidance on disk: `guidance.json`, and the files that it names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from wearcast.artifacts import read_json
from wearcast.config import Station
from wearcast.errors import GuidanceError
from wearcast.weather import partition_file
from wearcast.weather.attribution import guidance_attribution
from wearcast.weather.guidance_runs import (
    NEWEST,
    RUNS,
    Fingerprints,
    Missing,
    newest_path,
    run_paths,
)
from wearcast.weather.partition_job import MONTHS, Job, as_text, origin
from wearcast.weather.sources import GuidanceSource

DESCRIPTION: Final = "guidance.json"
"""The name of the file that says what is there."""

ByModel = dict[str, dict[str, Any]]
"""Something by station and model."""

Plan = dict[tuple[str, str], list[Job]]
"""By station and model, the partitions to hold; those of which the source didn't answer are not in
it."""


def pairs(source: GuidanceSource, stations: Sequence[Station]) -> Iterator[tuple[Station, str]]:
    """Each station with each model."""
    for station in stations:
        for model in source.models:
            yield station, model


def describe(
    source: GuidanceSource,
    fingerprints: Fingerprints,
    stations: Sequence[Station],
    planned: Plan,
    missing: list[Missing],
    folder: Path,
) -> dict[str, Any]:
    """The content of `guidance.json`: whose it is, what is held, and what could not be had."""
    name = fingerprints[source.models[0]].partition(" ")[0]
    newest: list[str] = []
    partitions: ByModel = {}
    runs: ByModel = {}
    for station in stations:
        if source.has_archive:
            partitions[station.id] = _held_partitions(fingerprints, station, planned, folder)
            if newest_path(station.id, folder).is_file():
                newest.append(station.id)
        else:
            runs[station.id] = _held_runs(fingerprints, station, folder)
    return {
        "source": name,
        "attribution": guidance_attribution(name, source.models),
        "fingerprints": dict(fingerprints),
        "partitions": partitions,
        "newest": newest,
        "runs": runs,
        "missing": [asdict(entry) for entry in missing],
    }


def _held_partitions(
    fingerprints: Fingerprints, station: Station, planned: Plan, folder: Path
) -> dict[str, dict[str, list[str]]]:
    """By model and month the hours that are held, from an hour to an hour. Of a model that could
    not be asked now, all that was held."""
    held = {}
    for model, fingerprint in fingerprints.items():
        paths = sorted((folder / station.id / model).glob(MONTHS))
        jobs = planned.get((station.id, model))
        if jobs is not None:
            wanted = {job.path for job in jobs}
            paths = [path for path in paths if path in wanted]
        held[model] = _windows(paths, origin(fingerprint, station))
    return held


def _windows(paths: list[Path], origin: str) -> dict[str, list[str]]:
    """By month the hours that a partition of that origin holds."""
    windows = {}
    for path in paths:
        metadata = partition_file.read_metadata(path)
        if metadata is not None and metadata.origin == origin:
            window = (metadata.start, metadata.end)
            windows[path.stem] = as_text(window)
    return windows


def _held_runs(fingerprints: Fingerprints, station: Station, folder: Path) -> dict[str, list[str]]:
    """By model when its collected runs were issued."""
    held = {}
    for model, fingerprint in fingerprints.items():
        paths = run_paths(fingerprint, station, model, folder)
        held[model] = [path.stem for path in paths]
    return held


def read_description(folder: Path) -> dict[str, Any] | None:
    """Whose the guidance in `folder` is: `source`, `attribution` and `fingerprints`; None where
    there is none."""
    if not (folder / DESCRIPTION).is_file():
        return None
    described = read_json(folder / DESCRIPTION)
    return {name: described[name] for name in ("source", "attribution", "fingerprints")}


def partition_paths(folder: Path, described: Mapping[str, Any]) -> Iterator[Path]:
    """The files of the months."""
    for id, models in described["partitions"].items():
        for model, months in models.items():
            for month in months:
                yield folder / id / model / f"{month}.parquet"


def kept_run_paths(folder: Path, described: Mapping[str, Any]) -> list[Path]:
    """The files of newest runs, and of collected ones."""
    paths = [newest_path(id, folder) for id in described["newest"]]
    for id, models in described["runs"].items():
        for model, runs in models.items():
            kept = folder / id / model / RUNS
            paths += [kept / f"{issued}.parquet" for issued in runs]
    return paths


def require_origin(path: Path, described: Mapping[str, Any]) -> None:
    """Refuse a month of another source, or of another version of this one.

    Raises:
        GuidanceError: it is one.
    """
    metadata = partition_file.read_metadata(path)
    fingerprint = described["fingerprints"][path.parent.name]
    if metadata is not None and not metadata.origin.startswith(fingerprint):
        raise GuidanceError(
            f"{path} is another source's than {DESCRIPTION} says: a run broke off while it"
            " replaced it. Run the stage ingest again; it goes on from there."
        )


def drop_unwanted(folder: Path, described: Mapping[str, Any]) -> None:
    """Remove what another source or other settings put there, but for collected runs."""
    wanted = set(partition_paths(folder, described))
    wanted |= {newest_path(id, folder) for id in described["newest"]}
    months = folder.glob(f"*/*/{MONTHS}")
    newest = folder.glob(f"*/{NEWEST}")
    for path in [*months, *newest]:
        if path not in wanted:
            path.unlink()
    _remove_empty([*folder.glob("*/*"), *folder.glob("*"), folder])


def _remove_empty(folders: list[Path]) -> None:
    """Remove the folders that have nothing in them, in this order."""
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
