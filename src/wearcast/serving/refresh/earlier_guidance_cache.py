"""The cache of numerical forecasts of the releases before this one, `<history>/.guidance/`: all
stations' in one.

newest.parquet                             of each station, model and hour the newest forecast taken
past/<when>.parquet                        what a newer run replaced then, of leads of whole days
archive/<station>/<model>/<hours>.parquet  what the source's archive said of hours from … to …

What it holds is taken over station by station, and again where a release that was gone back to has
added to it. It is deleted once all of it is too old to be used.
"""

import logging
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from wearcast.artifacts import read_json
from wearcast.config import Station
from wearcast.serving.refresh.guidance_files import (
    Archived,
    GuidanceFiles,
    as_frame,
    by_station,
    place_of,
)
from wearcast.weather import guidance
from wearcast.weather.guidance_ages import OLDEST_D

_LOG: Final = logging.getLogger(__name__)

_FOLDER: Final = ".guidance"
_STAMP: Final = "%Y%m%dT%H%M%S"
_DAY_S: Final = 86_400


@dataclass(frozen=True)
class EarlierGuidanceCache:
    """The cache of releases before.

    Attributes:
        folder: its own.
    """

    folder: Path

    @classmethod
    def of(cls, history: Path) -> "EarlierGuidanceCache":
        """The one in the folder of all stations' observations."""
        return cls(history / _FOLDER)

    @property
    def state(self) -> str:
        """A text that changes when the cache does; empty where there is none."""
        try:
            return str((self.folder / "newest.parquet").stat().st_mtime_ns)
        except FileNotFoundError:
            return ""

    def holds(self, source: str, station: Station) -> bool:
        """Whether it has a source's forecasts for a station's place.

        Raises:
            OSError: the system refuses to read it; as of all that read.
        """
        try:
            described = read_json(self.folder / "guidance.json")
            is_of_source: bool = described["source"] == source
            return is_of_source and described["places"][station.id] == place_of(station)
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return False

    def newest(self, stations: Sequence[str]) -> pd.DataFrame:
        """Of some stations, each model and hour the newest forecast."""
        return guidance.conform(as_frame([self.folder / "newest.parquet"], None, stations))

    def copy_to(self, folders: Mapping[str, GuidanceFiles], since: pd.Timestamp) -> None:
        """Bring what it holds of some stations' past into their own files.

        Args:
            folders: by the station's id.
            since: of hours before it nothing is copied.

        Raises:
            ArtifactError: a file can't be written.
        """
        ids = list(folders)
        past = by_station(as_frame(sorted(self.folder.glob("past/*.parquet")), since, ids))
        for id, files in folders.items():
            files.add_archived(self._archived(id), since)
            if id in past:
                files.add_past(past[id], since)
        _LOG.info(
            "numerical forecasts of %d stations are taken over from %s", len(ids), self.folder
        )

    def drop_if_old(self, kept_d: int) -> None:
        """Delete it where nothing of it is used any more."""
        state = self.state
        oldest_s = time.time() - (kept_d + OLDEST_D) * _DAY_S
        if state and int(state) / 1e9 < oldest_s:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _archived(self, station: str) -> Iterator[Archived]:
        for path in sorted((self.folder / "archive" / station).glob("*/*.parquet")):
            start, _, end = path.stem.partition("-")
            window = _stamped(start), _stamped(end)
            if not pd.isna(window[0]) and not pd.isna(window[1]):
                yield Archived(path.parent.name, window, as_frame([path]))


def _stamped(text: str) -> pd.Timestamp:
    """The time that a file's name says; NaT of another one."""
    at: Any = pd.to_datetime(text, format=_STAMP, utc=True, errors="coerce")
    stamped: pd.Timestamp = at
    return stamped
