"""Many stations are asked for in few requests, no more of them side by side than the source takes,
and one that can't be had takes no other with it."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from unit.forecasting.synthetic import place
from wearcast.config import Station
from wearcast.errors import PassingError, QuotaError, SourceError
from wearcast.weather.fetching import Fetcher
from wearcast.weather.observations import conform
from wearcast.weather.partition_file import PartitionMetadata
from wearcast.weather.partition_job import Job, planned

START, END = pd.Timestamp("2026-08-01", tz="UTC"), pd.Timestamp("2026-08-02", tz="UTC")


def job(id: str, start: pd.Timestamp = START) -> Job:
    wanted = PartitionMetadata("somewhere", start, END, END)
    return planned(place(id), Path(id), wanted, None)


def table(stations: Sequence[Station], start: datetime, end: datetime) -> pd.DataFrame:
    hours = pd.date_range(start, end, freq="h", inclusive="left")
    parts = []
    for one in stations:
        parts.append(pd.DataFrame({"station": one.id, "valid_at": hours, "temp_c": 1.0}))
    return conform(pd.concat(parts))


@dataclass
class OneByOne:
    """A source that answers for one station, with the errors that a test sets.

    Attributes:
        requests_at_once: as the protocol has it; it notes if there are ever more.
    """

    fails: dict[str, Exception] = field(default_factory=dict)
    requests_at_once: int = 1
    asked: list[list[str]] = field(default_factory=list)
    most: int = 0
    meet: threading.Barrier | None = None

    def __post_init__(self) -> None:
        self._inside = 0
        self._lock = threading.Lock()

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        return self._answer([station], start, end)

    def span(self, station: Station) -> tuple[datetime, datetime]:
        raise NotImplementedError(station)

    def fingerprint(self) -> str:
        return "made up"

    def _answer(self, stations: Sequence[Station], start: datetime, end: datetime) -> pd.DataFrame:
        with self._lock:
            self.asked.append([one.id for one in stations])
            self._inside += 1
            self.most = max(self.most, self._inside)
        try:
            if self.meet:
                self.meet.wait(timeout=30)
            for one in stations:
                if one.id in self.fails:
                    raise self.fails[one.id]
            return table(stations, start, end)
        finally:
            with self._lock:
                self._inside -= 1


@dataclass
class InLists(OneByOne):
    """The same for lists of at most three."""

    def fetch_all(
        self, stations: Sequence[Station], start: datetime, end: datetime
    ) -> Iterator[tuple[Sequence[Station], pd.DataFrame]]:
        for first in range(0, len(stations), 3):
            group = stations[first : first + 3]
            yield group, self._answer(group, start, end)


IDS = [f"S{i}" for i in range(7)]


def found(source: OneByOne, ids: Sequence[str] = IDS) -> dict[str, object]:
    fetcher = Fetcher(source)
    return {
        id: answer if isinstance(answer, Exception) else len(answer)
        for id, answer in fetcher.rows(job(id) for id in ids)
    }


def test_a_source_of_lists_is_asked_for_lists() -> None:
    source = InLists()
    assert found(source) == dict.fromkeys(IDS, 24)
    assert source.asked == [IDS[:3], IDS[3:6], IDS[6:]]


def test_hours_that_differ_are_asked_for_apart() -> None:
    source = InLists()
    late = pd.Timestamp("2026-08-01T20", tz="UTC")
    rows = dict(Fetcher(source).rows([job("S0"), job("S1", late), job("S2")]))
    assert source.asked == [["S0", "S2"], ["S1"]]
    assert len(rows["S1"]) == 4


@pytest.mark.parametrize("kind", [OneByOne, InLists])
def test_a_station_that_is_refused_takes_no_other_with_it(kind: type[OneByOne]) -> None:
    refusal = SourceError("no data is available for this location")
    source = kind(fails={"S1": refusal})
    assert found(source) == {**dict.fromkeys(IDS, 24), "S1": refusal}


def test_after_a_quota_is_used_up_nothing_more_is_asked() -> None:
    used_up = QuotaError("used up")
    source = OneByOne(fails={"S2": used_up})
    assert found(source) == {"S0": 24, "S1": 24, **dict.fromkeys(IDS[2:], used_up)}
    assert source.asked == [["S0"], ["S1"], ["S2"]]


def test_a_service_that_is_down_is_not_asked_for_every_station() -> None:
    source = OneByOne(fails={id: PassingError(f"down at {id}") for id in IDS})
    answers = found(source)
    assert [str(answers[id]) for id in IDS] == ["down at S0", *["down at S1"] * 6]
    assert source.asked == [["S0"], ["S1"]]


def test_a_request_that_fails_once_stops_no_other() -> None:
    source = OneByOne(fails={"S1": PassingError("busy")})
    assert [isinstance(answer, int) for answer in found(source).values()] == [
        id != "S1" for id in IDS
    ]


@pytest.mark.parametrize(("kind", "ids"), [(OneByOne, 6), (InLists, 9)])
def test_as_many_requests_are_under_way_as_the_source_takes_and_no_more(
    kind: type[OneByOne], ids: int
) -> None:
    # Each request waits until three are there, so all of them end only if three come together.
    source = kind(requests_at_once=3, meet=threading.Barrier(3))
    names = [f"S{i}" for i in range(ids)]
    assert found(source, names) == dict.fromkeys(names, 24)
    assert source.most == 3


def test_rows_of_a_station_that_was_not_asked_for_are_refused() -> None:
    class Strange(OneByOne):
        def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
            return super().fetch(station, start, end).assign(station="ZZZ")

    answer = found(Strange(), ["S0"])["S0"]
    assert str(answer).startswith("asked for station S0 from 2026-08-01T00Z")


def test_what_comes_is_there_before_the_rest_is_asked_for() -> None:
    source = InLists()
    rows = Fetcher(source).rows(job(id) for id in IDS)
    next(rows)
    assert source.asked == [IDS[:3]]
