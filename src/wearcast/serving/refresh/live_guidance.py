"""The numerical forecasts of a refresh: the newest runs, asked for at once for the stations of a
partition, and those of the last weeks out of the refresh's own cache.

They never fail a refresh. Whatever can't be had is told in the log, and the forecast goes on with
what there is: an older run, the other models, or the stations' past alone. Nor do they hold it up:
after `MOST_S` seconds of a process's refresh, be they of its first partition, it goes on without
what hasn't come by then.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import pandas as pd

from wearcast.config import Ingest, Station
from wearcast.errors import SourceError, WearcastError
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.processed_data import guidance_record
from wearcast.serving.refresh.bounded_questions import BoundedQuestions, Question
from wearcast.serving.refresh.guidance_cache import KEPT_D, GuidanceCache
from wearcast.serving.refresh.guidance_files import Archived, Window, by_station
from wearcast.weather import guidance
from wearcast.weather.guidance_quality import control_live
from wearcast.weather.guidance_values import control_values
from wearcast.weather.sources import BatchGuidanceSource, GuidanceSource, open_guidance_source

_LOG: Final = logging.getLogger(__name__)

MOST_S: Final = 60.0
"""How long the newest runs and the archive may take together, in a process's whole refresh."""

_ARCHIVE_SHARE: Final = 1 / 3
"""Of this time, what the archive may take: the newest runs of the partitions that follow are worth
more, and need not wait for it nor fail with it."""

REACH: Final = timedelta(days=7)
"""How far ahead a source of files is asked."""

_DAY: Final = pd.Timedelta(days=1)

_OfStation = tuple[str, Archived]


@dataclass(frozen=True)
class LiveGuidance:
    """The numerical forecasts that a refresh uses.

    Attributes:
        source: who gives them.
        name: the source's name.
        history: the folder with all stations' observations, and their forecasts beside them.
        stations: the ids of those whose forecast the model makes from them.
        most_s: after so many seconds the refresh goes on.
        failures: how many questions had no answer, by the error's class.
        newest, archive: ask for the newest runs and the archive, each within its part of the time
            and as long as its own service can be reached; None before a run.
    """

    source: GuidanceSource
    name: str
    history: Path
    stations: frozenset[str]
    most_s: float = MOST_S
    failures: Counter[str] = field(default_factory=Counter, compare=False)
    newest: BoundedQuestions | None = field(default=None, compare=False)
    archive: BoundedQuestions | None = field(default=None, compare=False)

    @classmethod
    def open(
        cls, ingest: Ingest, root: Path, history: Path, stations: frozenset[str]
    ) -> "LiveGuidance | None":
        """Those that `ingest` names; None where it names none, no model knows any, or the sample is
        replayed.

        Args:
            root: where relative paths start.
            history: the folder with the refresh's observations.
            stations: the ids of those whose forecast a model makes from them.

        Raises:
            ConfigError: a key that the source needs is not set.
        """
        name = ingest.guidance.source
        if name is None or ingest.source == "sample" or not stations:
            return None
        try:
            source = open_guidance_source(ingest, root)
        except SourceError as error:
            _LOG.warning("numerical forecasts are not used: %s", error)
            return None
        return cls(source, name, history, stations) if source else None

    def of_run(self) -> "LiveGuidance":
        """The same for a refresh that begins: it has all of its time, and nothing is known of the
        source."""
        archive_s = _ARCHIVE_SHARE * self.most_s
        newest = BoundedQuestions(self.most_s - archive_s)
        return replace(self, newest=newest, archive=BoundedQuestions(archive_s))

    def records(
        self, stations: Sequence[Station], histories: Mapping[str, History], now: datetime
    ) -> dict[str, GuidanceRecord]:
        """By station its guidance of the last weeks and of the hours ahead; a station without any
        is absent."""
        guided = [station for station in stations if station.id in self.stations]
        issued_at = {}
        for station in guided:
            issued_at[station.id] = pd.Timestamp(histories[station.id].issued_at, tz="UTC")
        if not guided:
            return {}
        try:
            if self.name == "files":
                return self._of_files(guided, issued_at)
            return self._of_service(guided, issued_at, now)
        except (WearcastError, OSError) as error:
            _LOG.warning("numerical forecasts are not used: %s", error)
            return {}

    def kept(
        self, stations: Sequence[Station], histories: Mapping[str, History], now: datetime
    ) -> dict[str, GuidanceRecord]:
        """What `records` of the same time used, as it is kept; nothing is asked."""
        if self.name == "files":
            return self.records(stations, histories, now)
        guided = [station for station in stations if station.id in self.stations]
        cache = GuidanceCache(self.history, self.name, guided, now)
        found = {}
        for station in guided:
            at = pd.Timestamp(histories[station.id].issued_at, tz="UTC")
            if record := _record(cache.read(station.id), at):
                found[station.id] = record
        return found

    def _of_files(
        self, stations: Sequence[Station], issued_at: Mapping[str, pd.Timestamp]
    ) -> dict[str, GuidanceRecord]:
        """What the files say of the weeks before each station's last hour, and of the days after
        it."""
        questions = []
        for station in stations:
            at = issued_at[station.id].to_pydatetime()
            window = (at - timedelta(days=KEPT_D), at + REACH)
            for model in self.source.models:
                what = f"{model} is not used at station {station.id}"
                fetch = partial(self.source.fetch, station, model, *window)
                questions.append(Question(what, partial(_ask_controlled, fetch)))
        table = guidance.concatenate(self._asked(self.newest).answers(questions, self.failures))
        found = {id: _record(rows, issued_at[id]) for id, rows in by_station(table).items()}
        return {id: record for id, record in found.items() if record}

    def _of_service(
        self,
        stations: Sequence[Station],
        issued_at: Mapping[str, pd.Timestamp],
        now: datetime,
    ) -> dict[str, GuidanceRecord]:
        """What the cache holds once the newest runs, and what the archive says of hours that
        nothing is known of, are in it: of one station after the other, since a station has twenty
        thousand rows."""
        cache = GuidanceCache(self.history, self.name, stations, now)
        newest = self._newest(stations)
        beside = _not_kept(cache, newest)
        # A source that gave no run has no archive for us either.
        has_archive = self.source.has_archive and not newest.empty
        found: dict[str, GuidanceRecord | None] = {}
        questions: list[Question[_OfStation]] = []
        for station in stations:
            rows = _with(cache.read(station.id), beside.get(station.id))
            found[station.id] = _record(rows, issued_at[station.id])
            if has_archive:
                lacking = cache.lacking(station.id, self.source.models, rows)
                questions += self._questions(station, lacking)
        archived: dict[str, list[Archived]] = {}
        for id, answer in self._asked(self.archive).answers(questions, self.failures):
            archived.setdefault(id, []).append(answer)
        for id, answers in archived.items():
            cache.add_archived(id, answers)
            rows = _with(cache.read(id), beside.get(id))
            found[id] = _record(rows, issued_at[id])
        return {id: record for id, record in found.items() if record}

    def _asked(self, of_run: BoundedQuestions | None) -> BoundedQuestions:
        return of_run or BoundedQuestions(self.most_s)

    def _newest(self, stations: Sequence[Station]) -> pd.DataFrame:
        """What can be had of the newest runs within the time."""
        source = self.source
        questions = []
        if isinstance(source, BatchGuidanceSource):
            ask = partial(_ask_controlled, partial(source.newest_all, stations))
            questions.append(Question("the newest runs are missing", ask))
        else:
            for station in stations:
                what = f"the newest run is missing at station {station.id}"
                ask = partial(_ask_controlled, partial(source.newest, station))
                questions.append(Question(what, ask))
        return guidance.concatenate(self._asked(self.newest).answers(questions, self.failures))

    def _questions(
        self, station: Station, lacking: Mapping[str, Window]
    ) -> list[Question[_OfStation]]:
        questions = []
        for model, window in lacking.items():
            what = f"the last weeks of {model} are missing at station {station.id}"
            questions.append(Question(what, partial(self._archived, station, model, window)))
        return questions

    def _archived(self, station: Station, model: str, window: Window) -> _OfStation:
        start, end = (at.to_pydatetime() for at in window)
        rows = self.source.fetch(station, model, start, end)
        return station.id, Archived(model, window, _controlled(guidance.conform(rows)))


def _not_kept(cache: GuidanceCache, newest: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Keep the newest runs; by station those that can't be kept, and are used all the same."""
    if newest.empty:
        return {}
    try:
        cache.take(newest)
    except (WearcastError, OSError) as error:
        _LOG.warning("the newest runs are used, but can't be kept: %s", error)
        return by_station(newest)
    return {}


def _with(held: pd.DataFrame, beside: pd.DataFrame | None) -> pd.DataFrame:
    """What is kept, and what is used beside it."""
    return held if beside is None else guidance.concatenate([held, beside])


def _ask_controlled(ask: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """An answer by itself: one that breaks the contract takes no other with it."""
    return _controlled(ask())


def _controlled(raw: pd.DataFrame) -> pd.DataFrame:
    """What a source gave, known to keep the contract, with possible values only."""
    controlled, _ = control_values(guidance.validate_raw(raw))
    return controlled


def _record(rows: pd.DataFrame, at: pd.Timestamp) -> GuidanceRecord | None:
    """What may be used of a station's rows; of hours that have come only what an archive keeps,
    which is what the model was trained on. None where there is nothing.

    Args:
        rows: the station's.
        at: its last observed hour.
    """
    is_ahead = rows["valid_at"] > at
    is_archived = rows["valid_at"] - rows["issued_until"] >= _DAY
    usable = control_live(rows[is_ahead | is_archived], at)
    return guidance_record(usable) if len(usable) else None
