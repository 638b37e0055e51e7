"""The refresh's own cache of observations: a file for each station (`history_file`)."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd

from wearcast.config import Station
from wearcast.errors import ConfigError, ObservationsError, SourceError, WearcastError
from wearcast.forecasting.history import History
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.processed_data import history_of
from wearcast.forecasting.snapshot_creation import HISTORY_H
from wearcast.serving.refresh import history_file
from wearcast.serving.refresh.ledger_files import in_usable_folder
from wearcast.serving.refresh.observed_hours import GIVEN, hours_as_given, measured_history
from wearcast.weather import quality
from wearcast.weather.fetching import Fetcher
from wearcast.weather.partition_file import PartitionMetadata
from wearcast.weather.partition_job import Job, origin, planned
from wearcast.weather.sources import LiveSource, Source

_HOUR: Final = timedelta(hours=1)


class Observed(NamedTuple):
    """A station's observations up to its last temperature, after quality control.

    Attributes:
        history: what its forecast is made from.
        measured: the same without what was filled, to verify forecasts against.
        raw: all rows before quality control, the columns of `GIVEN`.
    """

    history: History
    measured: History
    raw: pd.DataFrame

    @property
    def given(self) -> InputHours:
        """All hours before quality control, to see whether the sensors are as they were. They are
        made where they are asked for: no forecast needs them."""
        return hours_as_given(self.raw)


def forget(history: Path, id: str) -> None:
    """Delete what is kept of a station that is forecast no more.

    Args:
        history: the folder with all stations'.
        id: the station's.

    Raises:
        ArtifactError: it can't be deleted.
    """
    with in_usable_folder(history), suppress(FileNotFoundError):
        shutil.rmtree(history / id)


class _BrokenFileError(Exception):
    """A station's file holds something else than it said."""


def update(
    fetcher: Fetcher, stations: Sequence[Station], history: Path, fill_h: int
) -> Iterator[tuple[str, Observed | WearcastError]]:
    """By station its observations, or why there are none: a SourceError where the source can't give
    them, an ObservationsError where what it gives breaks the contract. In the order in which they
    come; each is in its file by then.

    Args:
        fetcher: asks the source; only for hours that the files lack.
        stations: some stations.
        history: the folder with theirs.
        fill_h: as in `quality.control`.

    Raises:
        ArtifactError: the folder can't be used.
    """
    with in_usable_folder(history):
        broken = []
        for id, answer in _answers(fetcher, stations, history):
            if isinstance(answer, WearcastError):
                yield id, answer
                continue
            job, rows = answer
            try:
                yield id, _updated(job, rows, fill_h)
            except _BrokenFileError:
                job.path.unlink(missing_ok=True)
                broken.append(job.station)
        if broken:
            yield from update(fetcher, broken, history, fill_h)


def _answers(
    fetcher: Fetcher, stations: Sequence[Station], history: Path
) -> Iterator[tuple[str, tuple[Job, pd.DataFrame | None] | WearcastError]]:
    """By station what to do about its file and what the source gave of the hours that it lacks,
    None where it lacks none; or why it can't be done. In the order in which they come."""
    jobs: dict[str, Job] = {}
    wanted = fetcher.answers(lambda station: _wanted(fetcher, station), stations)
    for station, found in zip(stations, wanted, strict=True):
        if isinstance(found, WearcastError):
            yield station.id, found
        else:
            jobs[station.id] = _job(station, found, history / station.id)
    lacking = [job for job in jobs.values() if job.lacks]
    for id, answer in fetcher.rows(lacking):
        job = jobs.pop(id)
        yield id, answer if isinstance(answer, WearcastError) else (job, answer)
    for id, job in jobs.items():
        yield id, (job, None)


def read(station: Station, folder: Path, fill_h: int) -> Observed:
    """The station's observations that `folder` has; nothing is fetched.

    Raises:
        ConfigError: it has none.
        ObservationsError: they break the contract.
        OSError: they can't be read.
    """
    kept = history_file.read(folder)
    if kept is None:
        raise ConfigError(
            f"{folder} holds no observations of station {station.id}. They come with `wearcast"
            " refresh`."
        )
    return controlled(kept.rows, station, fill_h)


def _wanted(fetcher: Fetcher, station: Station) -> PartitionMetadata | WearcastError:
    """What a station's file is to hold, or why that can't be known."""
    if error := fetcher.gave_up:
        return error
    try:
        return _whole_months(fetcher.source, station)
    except (SourceError, ObservationsError) as error:
        return error


def _whole_months(source: Source, station: Station) -> PartitionMetadata:
    """The hours from the beginning of the month that lies `HISTORY_H` before the source's newest
    hour: a file's first hour changes once a month."""
    first, newest = source.span(station)
    reaching = pd.Timestamp(newest - timedelta(hours=HISTORY_H)).tz_convert("UTC")
    month = reaching.normalize().replace(day=1)
    start = max(pd.Timestamp(first), month)
    end = pd.Timestamp(newest + _HOUR)
    settled = end
    if isinstance(source, LiveSource):
        settled = min(end, pd.Timestamp(source.settled(station)))
    return PartitionMetadata(origin(source.fingerprint(), station), start, end, settled)


def _job(station: Station, wanted: PartitionMetadata, folder: Path) -> Job:
    held = history_file.read_metadata(folder)
    return planned(station, folder / history_file.FILE, wanted, held)


def _updated(job: Job, answer: pd.DataFrame | None, fill_h: int) -> Observed | WearcastError:
    """The station's observations once its file holds them.

    Raises:
        _BrokenFileError: what was planned from can't be read.
    """
    kept = history_file.read(job.path.parent)
    if job.held and (kept is None or kept.metadata != job.held):
        raise _BrokenFileError
    rows = history_file.write(job, kept, answer)
    try:
        return controlled(rows, job.station, fill_h)
    except ObservationsError as error:
        return error


def controlled(raw: pd.DataFrame, station: Station, fill_h: int) -> Observed:
    """Quality control up to the issue time: the last hour whose temperature passes.

    Rows after it are dropped and the rest is controlled again: with them, values at the issue time
    could be interpolated from the future.
    """
    given = raw[list(GIVEN)]
    while True:
        observations, _ = quality.control(raw, [station], fill_h)
        has_temperature = observations["temp_c"].notna()
        known = observations.loc[has_temperature, "valid_at"]
        if known.empty:
            break
        issued_at = known.iloc[-1]
        if issued_at == raw["valid_at"].iloc[-1]:
            break
        raw = raw[raw["valid_at"] <= issued_at]
    history = history_of(observations, station.id)
    return Observed(history, measured_history(observations, history), given)
