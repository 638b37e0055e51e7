"""What is computed from a snapshot before it is served, and what of it may keep it from that."""

import asyncio
import logging
from types import SimpleNamespace

import pytest

from service.synthetic_snapshots import many, two_cities
from wearcast.errors import StoreError, UnservableError
from wearcast.serving.api import preparation
from wearcast.serving.api.answer import Answer, Lasting
from wearcast.serving.api.deflated_parts import Part
from wearcast.serving.api.preparation import Preparation
from wearcast.serving.api.problem_details import ProblemError
from wearcast.serving.api.response_cache import AnswerCache, RequestKey

SERVED = SimpleNamespace(snapshot=two_cities(), record=SimpleNamespace(version="f" * 64))
FIRST = {("/forecast/latest", b"")} | {
    ("/recommendation/by_day", b"station=" + station) for station in (b"EWR", b"108")
}
CHOSEN = RequestKey("/recommendation/by_hour", b"hour=3", "ko", gzip=False)


class FakeWorkers:
    """Answers with 200, unless a query is told to do something else."""

    def __init__(self, otherwise):
        self.otherwise = otherwise

    async def hold(self, _snapshot, _content):
        """Nothing to hold."""

    async def compute_from(self, _snapshot, scope):
        """An answer."""
        status = self.otherwise.get(scope["query_string"], 200)
        if status == "slow":
            await asyncio.sleep(60)
        if status == "refused":
            raise ProblemError(503, "no worker")
        return Answer(status, [], (Part.plain(b"body"),), lasting=Lasting((), float("inf"), "tag"))


def prepared(otherwise, served=SERVED, checks=1):
    """What the cache has once the snapshot is served; clients asked for `CHOSEN` before."""
    cache = AnswerCache()
    cache.find(CHOSEN, "old")
    cache.keep(
        CHOSEN, Answer(200, [], (Part.plain(b"old"),), lasting=Lasting((), 9e9, "tag")), "old"
    )
    preparing = Preparation(FakeWorkers(otherwise), cache, lambda _: "new", "")

    async def check():
        preparing.begin()
        for _ in range(checks):
            await asyncio.to_thread(preparing.check, served, b"content")

    asyncio.run(check())
    cache.find(CHOSEN, "new")
    return {(key.path, key.query) for key in cache.answers}


def test_first_answers_and_those_asked_for_last_are_ready():
    assert prepared({}) == {*FIRST, (CHOSEN.path, CHOSEN.query)}


@pytest.mark.parametrize("fault", [500, 503, "refused", "slow"])
def test_what_a_client_chose_keeps_no_snapshot_from_being_served(fault, monkeypatch, caplog):
    monkeypatch.setattr(preparation, "_RECENT_WITHIN_S", 0.1)
    with caplog.at_level(logging.WARNING):
        assert prepared({CHOSEN.query: fault}) == FIRST
    [line] = caplog.messages
    assert "prepared" in line
    assert "hour=3" not in line


@pytest.mark.parametrize(
    ("fault", "error"), [(500, UnservableError), (503, StoreError), ("refused", StoreError)]
)
def test_a_snapshot_whose_first_answers_fail_is_not_served(fault, error):
    with pytest.raises(StoreError, match="snapshot ffffffffffff c") as raised:
        prepared({b"station=108": fault})
    assert type(raised.value) is error


def test_a_check_that_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(preparation, "_WITHIN_S", 0.1)
    with pytest.raises(StoreError, match="in time"):
        prepared({b"station=108": "slow"})


MANY = SimpleNamespace(snapshot=many(130), record=SimpleNamespace(version="f" * 64))
DAY = "/recommendation/by_day"
DEFAULT = {("/forecast/latest", b""), (DAY, b""), (DAY, b"station=P0000")}
SAMPLES = {(DAY, b"station=P0050"), (DAY, b"station=P0100")}


@pytest.mark.parametrize(("checks", "found"), [(1, DEFAULT), (2, DEFAULT | SAMPLES)])
def test_of_very_many_stations_few_are_tried_and_fewer_while_everybody_waits(checks, found):
    assert prepared({}, MANY, checks) == found | {(CHOSEN.path, CHOSEN.query)}


def test_what_can_not_be_computed_of_one_station_in_very_many_keeps_none_from_being_served():
    assert prepared({b"station=P0077": 500}, MANY, 2) > DEFAULT | SAMPLES
    with pytest.raises(UnservableError, match="station=P0100 fails"):
        prepared({b"station=P0100": 500}, MANY, 2)
