"""The refresh's own cache of observations: a folder of monthly partitions for each station."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd

from wearcast.config import Station
from wearcast.errors import ArtifactError, ObservationsError
from wearcast.forecasting.history import History
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.processed_data import history_of
from wearcast.forecasting.snapshot_creation import HISTORY_H
from wearcast.serving.refresh.observed_hours import hours_as_given, measured_history
from wearcast.weather import quality, raw_data
from wearcast.weather.observations import read_parquet
from wearcast.weather.sources import Source

_LOG: Final = logging.getLogger(__name__)


class Observed(NamedTuple):
    """A station's observations up to its last temperature, after quality control.

    Attributes:
        history: what its forecast is made from.
        measured: the same without what was filled, to verify forecasts against.
        raw: all rows before quality control.
    """

    history: History
    measured: History
    raw: pd.DataFrame

    @property
    def given(self) -> InputHours:
        """All hours before quality control, to see whether the sensors are as they were. They are
        made where they are asked for: no forecast needs them."""
        return hours_as_given(self.raw)


def update(source: Source, station: Station, folder: Path, fill_h: int) -> Observed:
    """Fetch the months that `folder` lacks; the station's observations.

    Raises:
        SourceError: the source can't give the station.
        ObservationsError: what it gives breaks the contract.
        ArtifactError: the folder can't be used.
    """
    try:
        raw = _raw(source, station, folder)
        return _controlled(raw, station, fill_h)
    except OSError as error:
        raise ArtifactError(
            f"{folder} can't be used: {error.strerror or error}. Check the folder and its"
            " permissions."
        ) from error


def read(station: Station, folder: Path, fill_h: int) -> Observed:
    """The station's observations that `folder` has; nothing is fetched.

    Raises:
        ConfigError: it has none.
        ObservationsError: they break the contract.
        OSError: they can't be read.
    """
    raw, _ = raw_data.read_raw(folder)
    return _controlled(raw, station, fill_h)


def _raw(source: Source, station: Station, folder: Path) -> pd.DataFrame:
    """The station's rows from the beginning of the month that lies `HISTORY_H` before its newest
    hour: whole months, so that partitions don't change."""
    _, newest = source.span(station)
    start = (newest - timedelta(hours=HISTORY_H)).date().replace(day=1)
    try:
        raw_data.sync(source, [station], start, None, folder)
    except ObservationsError:
        if not _drop_broken(folder):
            raise
        raw_data.sync(source, [station], start, None, folder)
    return raw_data.read_raw(folder)[0]


def _controlled(raw: pd.DataFrame, station: Station, fill_h: int) -> Observed:
    """Quality control up to the issue time: the last hour whose temperature passes.

    Rows after it are dropped and the rest is controlled again: with them, values at the issue time
    could be interpolated from the future.
    """
    given = raw
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
    return Observed(history, measured_history(observations, station.id), given)


def _drop_broken(folder: Path) -> int:
    """Delete unreadable partitions, so that they are fetched again; how many there were."""
    broken = [path for path in folder.glob("*/*.parquet") if not _readable(path)]
    for path in broken:
        _LOG.warning("%s was broken, and is fetched again", path)
        path.unlink()
    return len(broken)


def _readable(path: Path) -> bool:
    try:
        read_parquet(path)
    except ObservationsError:
        return False
    return True
