"""Requests for places in one object: each counts once, as many as are allowed, whoever writes."""

import multiprocessing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.forecasting.synthetic import place
from unit.serving.refresh_fakes import hour
from wearcast.errors import BusyError, ConflictError
from wearcast.serving.places.place_requests import (
    PlaceQueue,
    PlaceRequest,
    RequestLimits,
    is_same_place,
)
from wearcast.serving.store.object_storage import FolderStorage

NOW = hour("2026-08-20T09")
LIMITS = RequestLimits(places=5, a_day=3)
DAY = timedelta(days=1)


@dataclass
class Clock:
    """A clock that a test sets."""

    time: object = field(default=NOW)

    def __call__(self):
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def queue(tmp_path, clock) -> PlaceQueue:
    return PlaceQueue(FolderStorage(tmp_path), clock)


def asked(id: str, longitude: float, at=NOW) -> PlaceRequest:
    return PlaceRequest(station=place(id, longitude=longitude), has_elevation=True, asked_at=at)


def ask(queue: PlaceQueue, longitude: float, limits: RequestLimits = LIMITS) -> str:
    answer, _ = queue.ask(
        asked(f"at{abs(longitude):.0f}", longitude, queue.now()), limits, "place-1"
    )
    return answer


def ids(queue: PlaceQueue) -> list[str]:
    return [request.station.id for request in queue.read().requests]


def test_a_place_is_asked_for_once_whatever_its_name(queue):
    assert ask(queue, -70) == "new"
    assert queue.ask(asked("other", -70.03), LIMITS, "place-1")[0] == "known"
    assert ids(queue) == ["at70"]


def test_no_more_are_asked_for_within_a_day_than_are_allowed(queue, clock):
    assert [ask(queue, longitude) for longitude in (-1, -2, -3, -4)] == ["new"] * 3 + ["today"]
    clock.time = NOW + DAY
    assert ask(queue, -4) == "new"


def test_no_more_wait_than_there_may_be_places(queue):
    queue.change(lambda requests: requests.model_copy(update={"places": 4}))
    assert [ask(queue, longitude) for longitude in (-1, -2)] == ["new", "full"]
    queue.change(lambda requests: requests.with_changed("at1", state="refused", ended_at=NOW))
    assert ask(queue, -2) == "new"


def test_what_was_decided_is_forgotten_after_a_week(queue, clock):
    ask(queue, -1)
    decided = {"state": "refused", "reason": "model", "ended_at": NOW}
    queue.change(lambda requests: requests.with_changed("at1", **decided))
    clock.time = NOW + 6 * DAY
    assert ask(queue, -1) == "known"
    clock.time = NOW + 8 * DAY
    assert ask(queue, -1) == "new"
    assert queue.read().requests[0].state == "waiting"


def test_another_place_of_the_same_name_has_an_id_of_its_own(queue):
    for longitude in (-1, -2):
        assert queue.ask(asked("springfield", longitude), LIMITS, f"place{longitude}")[0] == "new"
    assert ids(queue) == ["springfield", "place-2"]


def test_what_was_tried_least_waits_first(queue):
    for longitude in (-1, -2, -3):
        ask(queue, longitude)
    queue.change(lambda requests: requests.with_changed("at1", attempts=1))
    assert [one.station.id for one in queue.read().waiting] == ["at2", "at3", "at1"]


@pytest.mark.parametrize("content", [b"", b"{}x", b'{"format": 2}', b'{"requests": [1]}'])
def test_a_broken_file_is_begun_anew(queue, tmp_path, content):
    (tmp_path / "requests.json").write_bytes(content)
    assert ids(queue) == []
    assert ask(queue, -1) == "new"
    assert ids(queue) == ["at1"]


def test_fields_of_a_later_release_are_passed_over(queue, tmp_path):
    ask(queue, -1)
    path = tmp_path / "requests.json"
    path.write_text(path.read_text().replace('"attempts"', '"later":1,"attempts"'))
    assert ids(queue) == ["at1"]


def test_a_request_that_only_a_later_release_knows_takes_no_other_with_it(queue, tmp_path, caplog):
    for longitude in (-1, -2):
        ask(queue, longitude)
    path = tmp_path / "requests.json"
    path.write_text(path.read_text().replace('"waiting"', '"postponed"', 1))
    assert ids(queue) == ["at2"]
    assert "a request in requests.json is left out" in caplog.text


def ask_for_many(folder: Path, first: int) -> None:
    queue = PlaceQueue(FolderStorage(folder), lambda: NOW)
    limits = RequestLimits(places=100, a_day=100)
    for longitude in range(first, first + 10):
        answer = None
        while answer is None:
            try:
                answer = queue.ask(asked(f"at{longitude}", longitude), limits, "place-1")[0]
            except BusyError:
                continue


def test_processes_that_ask_at_once_lose_nothing(queue, tmp_path):
    context = multiprocessing.get_context("fork")
    asking = [context.Process(target=ask_for_many, args=(tmp_path, 20 * n)) for n in range(3)]
    for process in asking:
        process.start()
    for process in asking:
        process.join()
    assert [process.exitcode for process in asking] == [0, 0, 0]
    expected = {f"at{20 * n + k}" for n in range(3) for k in range(10)}
    assert set(ids(queue)) == expected
    assert len(ids(queue)) == 30


def test_whoever_never_gets_a_turn_is_told(tmp_path):
    class AlwaysChanged(FolderStorage):
        def swap(self, *_: object) -> None:
            raise ConflictError("others")

    with pytest.raises(BusyError, match="others ask for places"):
        ask(PlaceQueue(AlwaysChanged(tmp_path), lambda: NOW), -1)


@given(st.floats(-89, 89), st.floats(-180, 180), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_being_one_place_is_mutual(latitude, longitude, north, east):
    one = place("one").model_copy(update={"latitude": latitude, "longitude": longitude})
    changes = {
        "latitude": max(-90, min(90, latitude + north)),
        "longitude": max(-180, min(180, longitude + east)),
    }
    other = one.model_copy(update=changes)
    assert is_same_place(one, other) == is_same_place(other, one)
    assert is_same_place(one, one)
