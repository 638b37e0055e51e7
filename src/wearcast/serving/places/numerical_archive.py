"""The numerical forecasts that a place is fitted to: what their source's archive has of its last
months, as a raw table, and what may be used of it."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Final

import pandas as pd

from wearcast.config import Ingest, Station
from wearcast.errors import SourceError, WearcastError
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.processed_data import guidance_record
from wearcast.serving.refresh.bounded_questions import BoundedQuestions, Question
from wearcast.weather import guidance, quality
from wearcast.weather.fetched_rows import require_requested
from wearcast.weather.guidance_quality import control_guidance
from wearcast.weather.partition_job import Window, month_windows
from wearcast.weather.sources import GuidanceSource

DAYS: Final = 330
"""Of the archive that are asked for, nearly a year. Of three of Open-Meteo's models they weigh 510,
which with the observations is less than the 600 that it gives away within a minute."""

MOST_S: Final = 300.0
"""How long that may take."""

_HOUR: Final = pd.Timedelta(hours=1)
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class Archived:
    """What an archive gave of a place.

    Attributes:
        rows: a raw table, which may be empty.
        missing: why something is missing; empty where nothing is.
    """

    rows: pd.DataFrame = field(default_factory=lambda: guidance.concatenate([]))
    missing: str = ""


@dataclass(frozen=True)
class NumericalArchive:
    """An archive of numerical forecasts that places are fitted to.

    Attributes:
        source: who keeps it.
        start: the first day that is asked for; None: as far back as `days` say.
        days: up to now that are asked for.
        most_s: after so many seconds a place is fitted to what has come by then.
    """

    source: GuidanceSource
    start: date | None
    days: int = DAYS
    most_s: float = MOST_S

    @classmethod
    def of(
        cls, source: GuidanceSource | None, ingest: Ingest, forecaster: Forecaster
    ) -> "NumericalArchive | None":
        """The one of a source; None without one, or where the model makes nothing of any."""
        if source is None or forecaster.manifest.guidance is None:
            return None
        return cls(source, ingest.guidance.start)

    def fetch(self, station: Station, observed_from: pd.Timestamp) -> Archived:
        """What it has of a place since it was observed: month by month, the newest first, so that
        those that don't come in time are the oldest of all models. Nothing is raised."""
        if not self.source.has_archive:
            return Archived(missing="their source keeps no archive of them.")
        asking = _Asking(self.source, station)
        questions = list(asking.questions(self._windows(asking, observed_from)))
        tables = BoundedQuestions(self.most_s).answers(questions, asking.counts)
        missing = list(asking.failed.values())
        if asking.counts:
            missing.append(f"not all of their archive came within {self.most_s:g} s.")
        return Archived(guidance.concatenate(tables), " ".join(dict.fromkeys(missing)))

    def _windows(
        self, asking: "_Asking", observed_from: pd.Timestamp
    ) -> dict[str, dict[str, Window]]:
        """By model its months, each with the hours to ask for."""
        found = {}
        for model in asking.models():
            span = asking.span(model)
            if span is None:
                continue
            first, last = span
            begin = max(first, observed_from, last - pd.Timedelta(days=self.days))
            if self.start:
                begin = max(begin, pd.Timestamp(self.start, tz="UTC"))
            found[model] = month_windows(begin, last + _HOUR)
        return found


class _Asking:
    """Asks an archive for one place; of a model that fails, no further month is asked for."""

    def __init__(self, source: GuidanceSource, station: Station) -> None:
        self.failed: dict[str, str] = {}
        self.counts: Counter[str] = Counter()
        self._source = source
        self._station = station

    def models(self) -> tuple[str, ...]:
        """The source's; none where it can't say."""
        try:
            return self._source.models
        except SourceError as error:
            self.failed[""] = str(error)
            return ()

    def span(self, model: str) -> Window | None:
        """The hours that there are of a model."""
        try:
            first, last = self._source.span(self._station, model)
        except SourceError as error:
            self.failed[model] = f"{model}: {error}"
            return None
        return pd.Timestamp(first), pd.Timestamp(last)

    def questions(self, windows: dict[str, dict[str, Window]]) -> Iterator[Question[pd.DataFrame]]:
        """One for each month and model, the newest month first."""
        months = {month for own in windows.values() for month in own}
        for month in sorted(months, reverse=True):
            for model, own in windows.items():
                if month in own:
                    what = f"{model} of {month} is missing at {self._station.id}"
                    yield Question(what, partial(self._month, model, own[month]))

    def _month(self, model: str, window: Window) -> pd.DataFrame:
        nothing = guidance.concatenate([])
        if model in self.failed:
            return nothing
        start, end = (at.to_pydatetime() for at in window)
        try:
            given = self._source.fetch(self._station, model, start, end)
            rows = guidance.validate_raw(guidance.conform(given))
            return require_requested(rows, [self._station.id], start, end)
        except WearcastError as error:
            self.failed[model] = f"{model}: {error}"
            _LOG.warning("numerical forecasts of %s at %s: %s", model, self._station.id, error)
            return nothing


def usable(
    raw: pd.DataFrame, archive: pd.DataFrame, station: Station, fill_h: int
) -> GuidanceRecord | None:
    """What may be used of a place's numerical forecasts, as preprocessing controls them; None where
    nothing may.

    Args:
        raw: the numerical forecasts.
        archive: the place's observations, as its source gave them.
        station: the place.
        fill_h: as quality control takes it.
    """
    if raw.empty:
        return None
    observed, _ = quality.control(archive, [station], fill_h)
    try:
        controlled, _ = control_guidance(raw, observed, [station.id])
        return guidance_record(controlled) if len(controlled) else None
    except WearcastError as error:
        _LOG.warning("numerical forecasts of %s are not used: %s", station.id, error)
        return None
