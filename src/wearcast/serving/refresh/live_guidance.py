"""The numerical forecasts of a refresh: the newest runs, asked for once for all stations, and those
of the last weeks out of the refresh's own cache.

They never fail a refresh. Whatever can't be had is told in the log, and the forecast goes on with
what there is: an older run, the other models, or the stations' past alone. Nor do they hold it up:
after `MOST_S` seconds it goes on without what hasn't come by then.
"""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
from wearcast.serving.refresh.bounded_questions import Question, answers
from wearcast.serving.refresh.guidance_cache import KEPT_D, GuidanceCache, Window
from wearcast.weather import guidance
from wearcast.weather.guidance_quality import control_live
from wearcast.weather.guidance_values import control_values
from wearcast.weather.sources import BatchGuidanceSource, GuidanceSource, open_guidance_source

_LOG: Final = logging.getLogger(__name__)

MOST_S: Final = 60.0
"""How long the newest runs and the archive may take together."""

REACH: Final = timedelta(days=7)
"""How far ahead a source of files is asked."""

CACHE: Final = ".guidance"
"""The name of the cache's folder among those of the stations, which never begin with a dot."""

_DAY: Final = pd.Timedelta(days=1)

_Archived = tuple[str, str, Window, pd.DataFrame]
"""Station, model, the hours asked for, and what the archive says of them."""


@dataclass(frozen=True)
class LiveGuidance:
    """The numerical forecasts that a refresh uses.

    Attributes:
        source: who gives them.
        name: the source's name.
        folder: of the cache.
        stations: the ids of those whose forecast the model makes from them.
        most_s: after so many seconds the refresh goes on.
        failures: how many questions had no answer, by the error's class.
    """

    source: GuidanceSource
    name: str
    folder: Path
    stations: frozenset[str]
    most_s: float = MOST_S
    failures: Counter[str] = field(default_factory=Counter, compare=False)

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
        return cls(source, name, history / CACHE, stations) if source else None

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
                table = self._of_files(guided, issued_at)
            else:
                table = self._of_service(guided, now)
            return _records(table, issued_at)
        except (WearcastError, OSError) as error:
            _LOG.warning("numerical forecasts are not used: %s", error)
            return {}

    def _of_files(
        self, stations: Sequence[Station], issued_at: Mapping[str, pd.Timestamp]
    ) -> pd.DataFrame:
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
        return guidance.concatenate(answers(questions, self.most_s, self.failures))

    def _of_service(self, stations: Sequence[Station], now: datetime) -> pd.DataFrame:
        """The newest runs, and what the cache holds once they are in it."""
        started_s = time.monotonic()
        cache = GuidanceCache(self.folder, self.name, stations)
        newest = self._newest(stations)
        table = _with_newest(cache, newest, now)
        # A source that gave no run has no archive for us either.
        if newest.empty or not self.source.has_archive:
            return table
        pairs = [(station.id, model) for station in stations for model in self.source.models]
        lacking = cache.lacking(table, pairs, now)
        left_s = self.most_s - (time.monotonic() - started_s)
        archived = answers(
            list(self._questions(stations, lacking)), max(0.0, left_s), self.failures
        )
        if not archived:
            return table
        # Two tables at once would take twice the memory.
        del table
        for station, model, window, rows in archived:
            cache.add_archived(station, model, window, rows)
        return cache.read(now)

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
        return guidance.concatenate(answers(questions, self.most_s, self.failures))

    def _questions(
        self, stations: Sequence[Station], lacking: Mapping[tuple[str, str], Window]
    ) -> Iterator[Question[_Archived]]:
        by_id = {station.id: station for station in stations}
        for (station, model), window in lacking.items():
            what = f"the last weeks of {model} are missing at station {station}"
            yield Question(what, partial(self._archived, by_id[station], model, window))

    def _archived(self, station: Station, model: str, window: Window) -> _Archived:
        start, end = (at.to_pydatetime() for at in window)
        rows = self.source.fetch(station, model, start, end)
        return station.id, model, window, _controlled(guidance.conform(rows))


def _with_newest(cache: GuidanceCache, newest: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """What the cache holds with the newest runs, be it that they can't be kept."""
    if newest.empty:
        return cache.read(now)
    try:
        cache.take(newest, now)
    except (WearcastError, OSError) as error:
        _LOG.warning("the newest runs are used, but can't be kept: %s", error)
        return guidance.concatenate([cache.read(now), newest])
    return cache.read(now)


def _ask_controlled(ask: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """An answer by itself: one that breaks the contract takes no other with it."""
    return _controlled(ask())


def _controlled(raw: pd.DataFrame) -> pd.DataFrame:
    """What a source gave, known to keep the contract, with possible values only."""
    controlled, _ = control_values(guidance.validate_raw(raw))
    return controlled


def _records(
    table: pd.DataFrame, issued_at: Mapping[str, pd.Timestamp]
) -> dict[str, GuidanceRecord]:
    """By station what may be used; of hours that have come only what an archive keeps, which is
    what the model was trained on."""
    by_station = table.groupby("station", sort=False, observed=True).indices
    found = {}
    for id, at in issued_at.items():
        if id not in by_station:
            continue
        rows = table.iloc[by_station[id]]
        is_ahead = rows["valid_at"] > at
        is_archived = rows["valid_at"] - rows["issued_until"] >= _DAY
        usable = control_live(rows[is_ahead | is_archived], at)
        if len(usable):
            found[id] = guidance_record(usable)
    return found
