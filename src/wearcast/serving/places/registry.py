"""The places that were added, in a folder beside the refresh's history:

    <history>/.places/<id>/station.json      where it is, its source, and when it was added
    <history>/.places/<id>/archive.parquet   the observations that it is fitted to
    <history>/.places/<id>/guidance.parquet  the numerical forecasts, where there are any
    <history>/.places/<id>/<model>.npz       what was fitted for the model of that version
    <history>/.places/.additions.json        when the additions of the last day began

A place's folder is written whole or not at all, and so is a file that is put into it later. A
process that dies leaves nothing that readers would take for a place.
"""

import io
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd
from filelock import FileLock, Timeout

from wearcast import artifacts
from wearcast.config import Station, checked
from wearcast.errors import ArtifactError, BusyError, ConfigError
from wearcast.weather import guidance
from wearcast.weather.observations import dump, read_parquet

FOLDER: Final = ".places"
"""Beside the folders of the stations' observations, whose names never begin with a dot."""

_STATION: Final = "station.json"
_ARCHIVE: Final = "archive.parquet"
_GUIDANCE: Final = "guidance.parquet"
_ADDITIONS: Final = ".additions.json"
_REMOVED: Final = ".removed-"
_DAY: Final = timedelta(days=1)
_PATIENCE_S: Final = 30.0
"""Nobody holds the lock for longer than it takes to write a place."""

_KEPT_FITS: Final = 6
"""Models whose fits are kept: going back to one of them needs no fitting."""

_BROKEN: Final = (ValueError, KeyError, TypeError, AttributeError)
"""What reading a file that holds something else raises."""


@dataclass(frozen=True)
class AddedPlace:
    """A place as its operator added it.

    Attributes:
        station: where it is.
        source: the source of its observations.
        added_at: when.
    """

    station: Station
    source: str
    added_at: datetime

    def to_json(self) -> dict[str, Any]:
        """The content of station.json."""
        return {
            "station": self.station.model_dump(mode="json"),
            "source": self.source,
            "added_at": self.added_at.isoformat(),
        }

    @classmethod
    def from_json(cls, content: Any, where: str) -> "AddedPlace":
        """The one that `to_json` wrote at `where`."""
        station = checked(Station, content["station"], where=where)
        added_at = datetime.fromisoformat(content["added_at"])
        return cls(station, str(content["source"]), added_at)


@dataclass(frozen=True)
class PlaceLimits:
    """How many places an operator allows.

    Attributes:
        places: in all; 0: none.
        a_day: additions within a day, failed ones too: each asks the source for years of hours.
    """

    places: int
    a_day: int


class PlaceRegistry:
    """The places beside a refresh's history."""

    def __init__(self, history: Path) -> None:
        """Those beside the history in this folder; nothing is read yet."""
        self._folder = history / FOLDER

    def ids(self) -> list[str]:
        """The ids of all places, in order."""
        with self._usable():
            if not self._folder.is_dir():
                return []
            return sorted(path.name for path in self._folder.iterdir() if _is_place(path))

    def place(self, id: str) -> AddedPlace:
        """The place with this id.

        Raises:
            ConfigError: there is none, or its description is broken.
        """
        path = self._existing(id) / _STATION
        try:
            return AddedPlace.from_json(artifacts.read_json(path), where=str(path))
        except (OSError, *_BROKEN) as error:
            raise ConfigError(
                f"{path} can't be read ({error!r}). Remove the place, and add it again:"
                f" `wearcast stations remove {id}`."
            ) from error

    def archive(self, id: str) -> pd.DataFrame:
        """A place's observations, as its source gave them.

        Raises:
            ConfigError: there is no such place.
            ObservationsError: they can't be read.
        """
        return read_parquet(self._existing(id) / _ARCHIVE)

    def guidance(self, id: str) -> pd.DataFrame:
        """A place's numerical forecasts, as their source gave them; no row where it has none.

        Raises:
            ConfigError: there is no such place.
            GuidanceError: they can't be read.
        """
        path = self._existing(id) / _GUIDANCE
        return guidance.read_parquets([path] if path.exists() else [])

    def fit(self, id: str, model: str) -> bytes | None:
        """What was fitted to a place for the model of that version; None where nothing was."""
        path = self._existing(id) / f"{model}.npz"
        with self._usable():
            return path.read_bytes() if path.is_file() else None

    def newest_fit(self, id: str) -> bytes | None:
        """What was fitted to a place last, for whichever model; None where nothing was."""
        with self._usable():
            fits = _fits(self._existing(id))
            return fits[0].read_bytes() if fits else None

    def keep_fit(self, id: str, model: str, content: bytes) -> None:
        """Keep what was fitted to a place for a model, and forget the oldest fits.

        Raises:
            ConfigError: the place was removed meanwhile.
            ArtifactError: it can't be written.
        """
        folder = self._existing(id)
        artifacts.write_bytes(folder / f"{model}.npz", content)
        with self._usable():
            for old in _fits(folder)[_KEPT_FITS:]:
                old.unlink(missing_ok=True)

    def begin_addition(self, id: str, limits: PlaceLimits, now: datetime) -> int:
        """Count an addition that is about to ask its source; how many there were within a day.

        Raises:
            ConfigError: there is a place with this id, or there are as many as may be.
            BusyError: as many additions as may be began within a day.
        """
        with self._locked():
            self._require_room(id, limits)
            recent = [at for at in self._additions() if now - _DAY < at <= now]
            if len(recent) >= limits.a_day:
                again = min(recent, default=now) + _DAY
                raise BusyError(
                    f"{len(recent)} places were asked for within a day, and"
                    f" WEARCAST_PLACES_A_DAY allows {limits.a_day}. Try again after"
                    f" {again:%Y-%m-%d %H:%M} UTC, or allow more."
                )
            told = [at.isoformat() for at in (*recent, now)]
            artifacts.write_json(self._folder / _ADDITIONS, told)
            return len(told)

    def add(
        self,
        place: AddedPlace,
        archive: pd.DataFrame,
        fits: Mapping[str, bytes],
        limits: PlaceLimits,
        said: pd.DataFrame | None = None,
    ) -> None:
        """Put a place into the folder, whole or not at all.

        Args:
            place: where it is.
            archive: its observations, as its source gave them.
            fits: by the version of the model, what was fitted.
            limits: how many there may be.
            said: its numerical forecasts, as their source gave them; None for none.

        Raises:
            ConfigError: there is a place with this id, or there are as many as may be.
            ArtifactError: it can't be written.
        """
        id = place.station.id
        files = {_STATION: artifacts.to_json(place.to_json()), _ARCHIVE: _bytes(archive)}
        if said is not None and len(said):
            files[_GUIDANCE] = _bytes(said)
        for model, content in fits.items():
            files[f"{model}.npz"] = content
        with self._locked():
            self._require_room(id, limits)
            artifacts.write_folder(self._folder / id, files)

    def remove(self, id: str) -> AddedPlace | None:
        """Remove a place with all that is kept of it; what it was, None where its description was
        broken.

        Raises:
            ConfigError: there is none.
            ArtifactError: it can't be removed.
        """
        try:
            removed = self.place(id)
        except ConfigError:
            removed = None
        with self._locked(), self._usable():
            folder = self._existing(id)
            # Gone at once for every reader, however long deleting takes.
            grave = Path(tempfile.mkdtemp(prefix=_REMOVED, dir=self._folder))
            folder.rename(grave / id)
            for leftover in self._folder.glob(f"{_REMOVED}*"):
                shutil.rmtree(leftover)
        return removed

    def _existing(self, id: str) -> Path:
        folder = self._folder / id
        if folder.name != id or not _is_place(folder):
            known = ", ".join(self.ids()) or "none"
            raise ConfigError(
                f"no place {id!r} was added; there are: {known}. `wearcast stations list` shows"
                " them."
            )
        return folder

    def _require_room(self, id: str, limits: PlaceLimits) -> None:
        ids = self.ids()
        if id in ids:
            raise ConfigError(
                f"the place {id} was added already. `wearcast stations remove {id}` removes it;"
                " --id gives this one another id."
            )
        if len(ids) >= limits.places:
            raise ConfigError(
                f"{len(ids)} places were added, and WEARCAST_PLACES allows {limits.places}. Remove"
                " one, or allow more."
            )

    def _additions(self) -> list[datetime]:
        """When the last additions began; none where the file is broken."""
        path = self._folder / _ADDITIONS
        try:
            return [datetime.fromisoformat(text).astimezone(UTC) for text in _listed(path)]
        except _BROKEN:
            return []

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from changing which places there are."""
        with self._usable():
            self._folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self._folder / ".lock", timeout=_PATIENCE_S)
            try:
                lock.acquire()
            except Timeout as error:
                raise BusyError(
                    f"another process holds {lock.lock_file} for long. Find out why, and try again."
                ) from error
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Raise ArtifactError where the system refuses the folder within."""
        try:
            yield
        except OSError as error:
            raise ArtifactError(
                f"{self._folder} can't be used: {error.strerror or error}. Check the folder and its"
                " permissions."
            ) from error


def _bytes(table: pd.DataFrame) -> bytes:
    content = io.BytesIO()
    dump(table, content)
    return content.getvalue()


def _listed(path: Path) -> list[str]:
    content = artifacts.read_json(path) if path.is_file() else []
    return [str(text) for text in content]


def _is_place(folder: Path) -> bool:
    return not folder.name.startswith(".") and (folder / _STATION).is_file()


def _fits(folder: Path) -> list[Path]:
    """The files of what was fitted, the newest first."""
    return sorted(folder.glob("[!.]*.npz"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
