"""What the champion's and a variant's forecasts were worth, day by day, on the same pairs.

<folder>/pairs/<pair>/2013-03-12.json   a day, written once

A pair of models has a folder of its own, so that a new model begins anew. A file is never changed;
days older than a year are deleted, and so are those that are to come again in a replay.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import ConfigDict, Field, ValidationError

from wearcast.artifacts import write_bytes
from wearcast.config import Group
from wearcast.serving.experiment.variants import FOLDER

_LOG: Final = logging.getLogger(__name__)
_KEPT: Final = timedelta(days=366)
_PAIRS: Final = "pairs"

Value = Annotated[float, Field(allow_inf_nan=False)]
Scores = dict[str, Value]


class Pair(Group):
    """Two models that forecast side by side.

    Attributes:
        champion, variant: the versions of the models.
        source: the weather source.
        replay: whether it replays the past.
    """

    champion: str
    variant: str
    source: str
    replay: bool

    @property
    def folder_name(self) -> str:
        """The name of the pair's folder."""
        told = json.dumps([self.champion, self.variant, self.source, self.replay])
        return hashlib.sha256(told.encode()).hexdigest()[:16]


class PairedScores(Group):
    """The scores of both models, by name; of stations, the means over all of them."""

    model_config = ConfigDict(extra="ignore")

    champion: Scores
    variant: Scores


class PairedDay(Group):
    """A day.

    Attributes:
        pair: the models.
        on: the day.
        pairs: how many pairs of a forecast and an observation the scores are of.
        scores: the mean scores of the forecasts for its hours, UTC, and of the advice for its date.
    """

    model_config = ConfigDict(extra="ignore")

    format: int = 1
    pair: Pair
    on: date
    pairs: int
    scores: PairedScores

    def difference(self, name: str) -> float | None:
        """The champion's score minus the variant's; None where one isn't known."""
        champion, variant = self.scores.champion.get(name), self.scores.variant.get(name)
        if champion is None or variant is None:
            return None
        return champion - variant


class PairedDays:
    """The days of a variant.

    Args:
        folder: the variant's, with the refresh's observations.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / _PAIRS

    def has(self, pair: Pair, on: date) -> bool:
        """Whether a day is there."""
        return self._path(pair, on).exists()

    def add(self, day: PairedDay) -> None:
        """Write a day, unless it is there.

        Raises:
            ArtifactError: the folder can't be written.
        """
        if not self.has(day.pair, day.on):
            content = day.model_dump_json(indent=1).encode()
            write_bytes(self._path(day.pair, day.on), content + b"\n")

    def forget(self, pair: Pair, today: date) -> None:
        """Delete days of any pair that are older than a year, and this pair's that a replay has
        still before it."""
        for path in self._folder.glob("*/*.json"):
            on = _date_of(path)
            comes_again = path.parent.name == pair.folder_name and on and on >= today
            if on is None or comes_again or on < today - _KEPT:
                path.unlink(missing_ok=True)

    def read(self) -> list[PairedDay]:
        """The days of the pair of models that forecast last, the first day first; one that can't be
        read is left out, with a warning."""
        by_pair: dict[str, list[PairedDay]] = {}
        for path in sorted(self._folder.glob("*/*.json")):
            day = _read(path)
            if day is not None:
                by_pair.setdefault(path.parent.name, []).append(day)
        return max(by_pair.values(), key=lambda days: days[-1].on, default=[])

    def _path(self, pair: Pair, on: date) -> Path:
        return self._folder / pair.folder_name / f"{on}.json"


def variant_folder(folder: Path, name: str) -> Path:
    """The folder of a variant beside the refresh's observations, whose folders never begin with a
    dot."""
    return folder / f".{FOLDER}" / name


def variant_url(store: str, name: str) -> str:
    """The URL of a variant's snapshots, in the champion's store."""
    return f"{store}/{FOLDER}/{name}"


def series(days: Sequence[PairedDay], name: str) -> list[float | None]:
    """A score's differences of days in a row, from the first to the last one; None where one isn't
    known."""
    if not days:
        return []
    known: Mapping[date, float | None] = {day.on: day.difference(name) for day in days}
    first = days[0].on
    last = days[-1].on
    count = (last - first).days + 1
    differences = []
    for after in range(count):
        on = first + timedelta(days=after)
        differences.append(known.get(on))
    return differences


def _read(path: Path) -> PairedDay | None:
    try:
        return PairedDay.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        _LOG.warning("%s can't be read, and is left out: %s", path, error)
        return None


def _date_of(path: Path) -> date | None:
    try:
        return date.fromisoformat(path.stem)
    except ValueError:
        return None
