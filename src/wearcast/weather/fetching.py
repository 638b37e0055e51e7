"""Asking a source for the hours of many stations: several at once in a request, or in requests side
by side, as far as the source takes them; and what can't be had takes nothing else with it."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import TypeVar

import pandas as pd

from wearcast.config import Station
from wearcast.errors import PassingError, QuotaError, WearcastError
from wearcast.weather.fetched_rows import require_requested
from wearcast.weather.observations import conform, validate_raw
from wearcast.weather.partition_job import Job, Window
from wearcast.weather.reachability import Reachability
from wearcast.weather.sources import BatchSource, ConcurrentSource, Source

A = TypeVar("A")
Q = TypeVar("Q")
Answer = pd.DataFrame | WearcastError
"""A station's rows, or why there are none."""


@dataclass(frozen=True)
class Fetcher:
    """Asks a source for as long as it can be reached.

    Attributes:
        source: the source.
        reach: whether it can be reached.
    """

    source: Source
    reach: Reachability = field(default_factory=Reachability)

    @property
    def gave_up(self) -> WearcastError | None:
        """Why the source isn't asked any more; None while it is."""
        return self.reach.gave_up

    def answers(self, ask: Callable[[Q], A], questions: Sequence[Q]) -> Iterator[A]:
        """The answers in the order of the questions, as many asked side by side as the source
        takes."""
        side_by_side = min(self._side_by_side, len(questions))
        if side_by_side <= 1:
            yield from map(ask, questions)
            return
        with ThreadPoolExecutor(side_by_side, thread_name_prefix="source") as pool:
            yield from pool.map(ask, questions)

    def rows(self, jobs: Iterable[Job]) -> Iterator[tuple[str, Answer]]:
        """By station the rows of the hours that the jobs lack, as they come: known to be what was
        asked for, or why they can't be had.

        Args:
            jobs: of one station each, all of which lack some hours.
        """
        portions = list(self._portions(jobs))
        if self._side_by_side == 1:
            for portion in portions:
                yield from self._answered(portion)
            return
        for answers in self.answers(lambda portion: list(self._answered(portion)), portions):
            yield from answers

    @property
    def _side_by_side(self) -> int:
        if isinstance(self.source, ConcurrentSource):
            return self.source.requests_at_once
        return 1

    def _portions(self, jobs: Iterable[Job]) -> Iterator[list[Job]]:
        """Jobs that lack the same hours, in portions to ask for side by side: of a source that
        answers for several stations, as few as keep it busy; of another, one by one."""
        for _, group in groupby(sorted(jobs, key=_window), key=_window):
            alike = list(group)
            size = 1
            if isinstance(self.source, BatchSource):
                size = -(-len(alike) // self._side_by_side)
            for first in range(0, len(alike), size):
                yield alike[first : first + size]

    def _answered(self, jobs: Sequence[Job]) -> Iterator[tuple[str, Answer]]:
        """The rows of jobs that lack the same hours; where a station's are refused among others,
        each is asked for alone."""
        left = {job.station.id: job for job in jobs}
        if error := self.gave_up:
            yield from dict.fromkeys(left, error).items()
            return
        try:
            for asked, rows in checked_tables(self.source, jobs):
                self.reach.was_reached()
                for id, own in _by_station(asked, rows).items():
                    del left[id]
                    yield id, own
        except (PassingError, QuotaError) as passing:
            self.reach.failed(passing)
            yield from dict.fromkeys(left, passing).items()
        except WearcastError as refusal:
            if len(left) == 1:
                yield from dict.fromkeys(left, refusal).items()
                return
            for job in left.values():
                yield from self._answered([job])


def checked_tables(source: Source, jobs: Sequence[Job]) -> Iterator[tuple[list[Job], pd.DataFrame]]:
    """What the source gives for the jobs, which all lack the same hours: for some of them after the
    other, known to be what was asked.

    Raises:
        SourceError: the source can't give it, or gave something else.
        ObservationsError: it breaks the contract.
    """
    first, last = jobs[0].window
    start = first.to_pydatetime()
    end = last.to_pydatetime()
    by_id = {job.station.id: job for job in jobs}
    stations = [job.station for job in jobs]
    for group, table in _tables(source, stations, start, end):
        ids = [station.id for station in group]
        conformed = conform(table)
        checked = validate_raw(conformed)
        rows = require_requested(checked, ids, start, end)
        asked = [by_id[id] for id in ids]
        yield asked, rows


def _tables(
    source: Source, stations: Sequence[Station], start: datetime, end: datetime
) -> Iterator[tuple[Sequence[Station], pd.DataFrame]]:
    """Groups of stations and their tables: as many at once as the source can."""
    if isinstance(source, BatchSource):
        yield from source.fetch_all(stations, start, end)
        return
    for station in stations:
        yield [station], source.fetch(station, start, end)


def _by_station(jobs: Sequence[Job], rows: pd.DataFrame) -> Mapping[str, pd.DataFrame]:
    """The rows of each job; none of one that has none."""
    parts = dict(iter(rows.groupby("station", sort=False)))
    nothing = rows.iloc[:0]
    return {job.station.id: parts.get(job.station.id, nothing) for job in jobs}


def _window(job: Job) -> Window:
    return job.window
