"""What belongs to the raw guidance on disk: `guidance.json`, and the files that it names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from wearcast.artifacts import read_json
from wearcast.config import Station
from wearcast.errors import GuidanceError
from wearcast.weather import partition_file
from wearcast.weather.attribution import attribution
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

Plan = dict[tuple[str, str], list[Job]]
"""By station and model, the partitions to hold; those of which the source didn't answer are not in
it."""


def pairs(source: GuidanceSource, stations: Sequence[Station]) -> Iterator[tuple[Station, str]]:
    """Each station with each model."""
    return ((station, model) for station in stations for model in source.models)


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
    runs: dict[str, dict[str, list[str]]] = {}
    for station, model in () if source.has_archive else pairs(source, stations):
        paths = run_paths(fingerprints[model], station, model, folder)
        runs.setdefault(station.id, {})[model] = [path.stem for path in paths]
    return {
        "source": name,
        "attribution": attribution(name),
        "fingerprints": dict(fingerprints),
        "partitions": _held_partitions(source, fingerprints, stations, planned, folder),
        "newest": [
            station.id
            for station in stations
            if source.has_archive and newest_path(station.id, folder).is_file()
        ],
        "runs": runs,
        "missing": [asdict(entry) for entry in missing],
    }


def _held_partitions(
    source: GuidanceSource,
    fingerprints: Fingerprints,
    stations: Sequence[Station],
    planned: Plan,
    folder: Path,
) -> dict[str, dict[str, dict[str, list[str]]]]:
    """By station, model and month the hours that are held, from an hour to an hour. Of a model
    that could not be asked now, all that was held."""
    partitions: dict[str, dict[str, dict[str, list[str]]]] = {}
    for station, model in pairs(source, stations) if source.has_archive else ():
        place = origin(fingerprints[model], station)
        months = partitions.setdefault(station.id, {}).setdefault(model, {})
        jobs = planned.get((station.id, model))
        for path in sorted((folder / station.id / model).glob(MONTHS)):
            held = partition_file.read_metadata(path)
            is_wanted = jobs is None or any(job.path == path for job in jobs)
            if held is not None and held.origin == place and is_wanted:
                months[path.stem] = as_text((held.start, held.end))
    return partitions


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
            yield from (folder / id / model / f"{month}.parquet" for month in months)


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
    for pattern in (f"*/*/{MONTHS}", f"*/{NEWEST}"):
        for path in folder.glob(pattern):
            if path not in wanted:
                path.unlink()
    for path in [*folder.glob("*/*"), *folder.glob("*"), folder]:
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
