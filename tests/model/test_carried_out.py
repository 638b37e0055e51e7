"""What a refresh does with places that people asked for, with a made-up Open-Meteo over HTTP."""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from unit.forecasting.synthetic import place
from unit.serving.refresh_fakes import params
from wearcast.config import Params
from wearcast.forecasting import model_assembly
from wearcast.serving.places import carried_out
from wearcast.serving.places.carried_out import MOST_AT_ONCE, carry_out
from wearcast.serving.places.place_requests import (
    MOST_ATTEMPTS,
    PlaceQueue,
    PlaceRequest,
    RequestLimits,
)
from wearcast.serving.places.registry import PlaceRegistry
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.weather.sources.http_client import RetryPolicy

ALLOWED = RequestLimits(places=100, a_day=100)
Run = Callable[..., None]


HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime(2026, 8, 20, 9, 30, tzinfo=UTC)


@pytest.fixture
def fake() -> FakeOpenMeteo:
    return FakeOpenMeteo(now=now)


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "forecaster"
    model_assembly.save(folder, model.onnx, model.manifest)
    return folder


@pytest.fixture
def project(fake) -> Iterator[Params]:
    """Parameters whose source is the made-up Open-Meteo."""
    usual = params("open_meteo")
    with served(fake) as url:
        addresses = {
            "archive_url": f"{url}/v1/archive",
            "forecast_url": f"{url}/v1/forecast",
        }
        open_meteo = usual.ingest.open_meteo.model_copy(update=addresses)
        ingest = usual.ingest.model_copy(update={"open_meteo": open_meteo})
        yield usual.model_copy(update={"ingest": ingest})


@pytest.fixture
def run(project, folder, tmp_path, monkeypatch) -> Run:
    """Carries out what the queue in this test's folder has, an hour after the time before."""
    hours = itertools.count()
    short = RetryPolicy(attempts=1, total_s=1.0)
    monkeypatch.setattr(carried_out, "_NOW_OR_LATER", short)

    def carried(later: timedelta = HOUR, **settings: object) -> None:
        at = now() + next(hours) * later
        usual = {
            "place_requests": "anyone",
            "place_queue": str(tmp_path / "queue"),
            "history": tmp_path / "history",
            "model": folder,
        }
        carry_out(Deployment.model_validate({**usual, **settings}), project, lambda: at)

    return carried


@pytest.fixture
def queue(tmp_path) -> PlaceQueue:
    return PlaceQueue(FolderStorage(tmp_path / "queue"), now)


def ask(queue: PlaceQueue, id: str = "near", longitude: float = -73.0, **fields: object) -> None:
    asked = {"has_elevation": True, "asked_at": now(), **fields}
    request = PlaceRequest(station=place(id, longitude=longitude), **asked)
    assert queue.ask(request, ALLOWED, "other")[0] == "new"


def outcome(queue: PlaceQueue, id: str = "near") -> tuple[str, str | None]:
    [request] = [one for one in queue.read().requests if one.station.id == id]
    return request.state, request.reason


def test_what_was_asked_for_is_added_and_counted(queue, run, tmp_path, fake):
    ask(queue, has_elevation=False)
    run()
    assert outcome(queue) == ("added", None)
    assert queue.read().places == 1
    kept = PlaceRegistry(tmp_path / "history").place("near").station
    [looked_up] = [one for one in fake.log if one.query.get("timezone") == "auto"]
    assert kept.elevation_m != place("near").elevation_m
    assert looked_up.query["longitude"] == "-73.0"
    # A refresh that ended before it could tell what it had done tells it the next time.
    waiting = {"state": "waiting", "ended_at": None}
    queue.change(lambda requests: requests.with_changed("near", **waiting))
    asked = len(fake.log)
    run()
    assert outcome(queue) == ("added", None)
    assert len(fake.log) == asked


def short_record(_: float, hours: np.ndarray) -> np.ndarray:
    return hours < now().timestamp() / 3600 - 100 * 24


def test_a_place_with_too_short_a_record_is_refused(queue, run, fake):
    fake.archive_lacks = short_record
    ask(queue)
    run()
    assert outcome(queue) == ("refused", "model")


def test_a_source_that_fails_is_asked_by_the_next_refreshes_and_then_no_more(queue, run, fake):
    ask(queue)
    for _ in range(MOST_ATTEMPTS - 1):
        fake.faults.append("503")
        run()
        assert outcome(queue) == ("waiting", None)
    fake.faults.append("503")
    run()
    assert outcome(queue) == ("refused", "source")
    assert len(fake.log) == MOST_ATTEMPTS


def test_a_refresh_that_is_repeated_at_once_tries_no_place_again(queue, run, fake):
    ask(queue)
    for _ in range(MOST_ATTEMPTS):
        fake.faults.append("503")
        run(later=timedelta(minutes=9))
    assert outcome(queue) == ("waiting", None)
    assert len(fake.log) == 1
    fake.faults.clear()
    run(later=timedelta(minutes=10))
    assert outcome(queue) == ("added", None)


def test_a_place_that_ends_the_process_is_tried_so_often_and_no_more(queue, run, monkeypatch):
    def end(*_: object) -> None:
        raise SystemExit

    ask(queue)
    monkeypatch.setattr(carried_out._Carrying, "_add", end)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(SystemExit):
            run()
    run()
    assert outcome(queue) == ("refused", "source")


def test_an_error_of_our_own_stops_no_refresh(queue, run, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    ask(queue)
    monkeypatch.setattr(carried_out._Carrying, "_add", fail)
    run()
    assert outcome(queue) == ("waiting", None)
    assert "have to wait" in caplog.text


def test_a_day_has_so_many_and_the_others_wait(queue, run, fake):
    ask(queue)
    for _ in range(MOST_ATTEMPTS + 1):
        run(places_a_day=0)
    assert outcome(queue) == ("waiting", None)
    assert fake.log == []


def test_where_there_is_no_room_it_is_refused(queue, run, fake):
    ask(queue)
    run(places=0)
    assert outcome(queue) == ("refused", "full")
    assert fake.log == []


def test_a_source_of_its_own_stations_refuses(queue, run, fake):
    ask(queue)
    run(source="sample")
    assert outcome(queue) == ("refused", "operator")
    assert fake.log == []


def test_one_refresh_adds_so_many_and_those_that_were_tried_least(queue, run, fake):
    fake.archive_lacks = short_record
    for number in range(MOST_AT_ONCE + 1):
        ask(queue, f"at{number}", longitude=float(number))
    run()
    states = [outcome(queue, f"at{number}")[0] for number in range(MOST_AT_ONCE + 1)]
    assert states == ["refused"] * MOST_AT_ONCE + ["waiting"]


def test_where_it_is_off_nothing_is_looked_at(queue, run):
    ask(queue)
    run(place_requests="off")
    assert outcome(queue) == ("waiting", None)


def test_a_queue_that_can_not_be_read_stops_no_refresh(run, tmp_path, caplog):
    (tmp_path / "queue").write_text("no folder")
    run()
    assert "have to wait" in caplog.text
