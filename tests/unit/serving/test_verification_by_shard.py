"""Scores of thousands of stations, read where they are asked for."""

import gzip
import json
import logging

import pytest

from wearcast.serving.store import verification_by_shard
from wearcast.serving.store.verification_by_shard import VerificationByShard

SHARDS = ({"A": {"mae": 1}, "B": {"mae": 2}}, {"C": {"mae": 3}, "left": {"mae": 4}})
STATIONS = (("A", "B"), ("C",))


def compressed(content):
    return gzip.compress(json.dumps(content).encode())


def of_shards(*contents):
    return VerificationByShard(STATIONS, contents)


@pytest.fixture
def read(monkeypatch):
    """The lengths of the JSON texts that were parsed."""
    lengths = []
    usual = json.loads

    def loads(text, **how):
        lengths.append(len(text))
        return usual(text, **how)

    monkeypatch.setattr(verification_by_shard.json, "loads", loads)
    return lengths


def test_it_has_what_is_known_of_each_station():
    told = of_shards(*map(compressed, SHARDS))
    assert dict(told) == SHARDS[0] | SHARDS[1]
    assert told.get("nowhere") is None
    assert len(told) == 4


def test_a_shard_is_read_when_one_of_its_stations_is_asked_for(read):
    told = of_shards(*map(compressed, SHARDS))
    assert told
    assert read == []
    assert told["B"] == {"mae": 2}
    assert told["A"] == {"mae": 1}
    assert len(read) == 1
    assert told["left"] == {"mae": 4}
    assert len(read) == 2


def test_all_of_them_are_read_once_and_none_stays(read):
    told = of_shards(*map(compressed, SHARDS))
    assert [station["mae"] for station in told.values()] == [1, 2, 3, 4]
    assert len(read) == 2
    assert told["A"] == {"mae": 1}
    assert len(read) == 3


@pytest.mark.parametrize("broken", [b"", b"no gzip", compressed([1]), gzip.compress(b"{")])
def test_of_a_shard_that_is_broken_nothing_is_known(broken, caplog):
    with caplog.at_level(logging.WARNING):
        assert dict(of_shards(broken, compressed(SHARDS[1]))) == SHARDS[1]
