"""A refresh in partitions is the refresh of all stations, whoever works on them."""

import gzip
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from model.test_refresh import END, STATIONS, latest, live, weeks
from unit.serving.refresh_fakes import FakeSource, refresh
from wearcast.errors import ConfigError, QuotaError, SourceError
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.refresh import partition, partition_worker
from wearcast.serving.refresh.partition import (
    LeftOut,
    PartitionResult,
    PartitionTask,
    partitions,
)
from wearcast.serving.refresh.partition_worker import forecast_partition
from wearcast.serving.refresh.refresh_on_engine import in_processes
from wearcast.serving.refresh.run import Refresh, published_schema
from wearcast.serving.store.shard_manifest import Shard


def tasks(made: Refresh) -> list[PartitionTask]:
    """Its partitions, as a message carries them."""
    found = []
    for number, stations in enumerate(partitions(STATIONS)):
        task = PartitionTask(
            number=number,
            stations=stations,
            now=made.now(),
            source=made.params.ingest.source,
            model=made.forecaster.manifest.version,
            schema=published_schema(made.settings),
        )
        message = json.dumps(task.to_json())
        found.append(PartitionTask.from_json(json.loads(message)))
        assert found[-1] == task
    return found


@pytest.fixture
def one_each(monkeypatch):
    """Partitions of one station."""
    monkeypatch.setattr(partition, "STATIONS", 1)


def results(made: Refresh) -> list[PartitionResult]:
    """What came of the partitions, each worked on by a process of its own."""
    found = []
    for task in tasks(made):
        result = made.work(made.source).result(task)
        message = json.dumps(result.to_json())
        assert PartitionResult.from_json(json.loads(message)) == result
        found.append(result)
    return found


def shard(made: Refresh, result: PartitionResult) -> bytes:
    """The file of a partition's forecasts."""
    assert result.shard
    return made.store.shard(Shard(version=result.shard, stations=tuple(result.issued_at)))


@pytest.mark.usefixtures("one_each")
def test_partitions_together_are_what_one_refresh_publishes(tmp_path):
    whole = live(tmp_path / "whole")
    whole.run()
    made = live(tmp_path / "parts")
    found = results(made)
    assert [result.number for result in found] == [0, 1]
    joined = Snapshot.joined([Snapshot.from_bytes(shard(made, one)) for one in found])
    assert joined.to_bytes() == latest(whole).to_bytes()
    assert [one.issued_at for one in found] == [{"AAA": END}, {"BBB": END}]


def test_a_refresh_of_several_partitions_publishes_the_same(tmp_path, monkeypatch):
    once = live(tmp_path / "once")
    once.run()
    monkeypatch.setattr(partition, "STATIONS", 1)
    parts = live(tmp_path / "parts")
    parts.run()
    assert parts.store.pointer().latest.is_sharded
    assert latest(parts).to_bytes() == latest(once).to_bytes()


def test_why_stations_are_left_out_is_told_and_a_partition_of_none_has_no_file(tmp_path):
    trouble = SourceError("the line is down")
    made = live(tmp_path, replace(weeks(), fails={"AAA": trouble, "BBB": trouble}))
    [result] = results(made)
    assert (result.shard, result.verification) == (None, None)
    assert result.left_out == {id: LeftOut("SourceError", str(trouble)) for id in ("AAA", "BBB")}
    assert result.source_failures == {"SourceError": 2}


def test_a_replayed_hour_has_nothing_of_later_hours(tmp_path):
    made = refresh(tmp_path / "once")
    made.run()
    at = made.store.pointer().latest.issued_at
    shown = replace(made, now=lambda: at)
    [result] = results(shown)
    assert shard(shown, result) == latest(made).to_bytes()


def test_a_task_for_another_model_is_refused(tmp_path):
    made = live(tmp_path)
    [task] = tasks(made)
    with pytest.raises(ConfigError, match=r"partition 0 is to be forecast by model abc from files"):
        made.work(made.source).result(replace(task, model="abc"))


def copied(given: FakeSource, kind: type[FakeSource]) -> FakeSource:
    """A source of another kind with the same observations."""
    return kind(given.rows)


class UsedUpAtAAA(FakeSource):
    """A source whose quota is used up when it is asked for AAA."""

    def fetch(self, station, start, end):
        if station.id == "AAA":
            raise QuotaError("that was all for today")
        return super().fetch(station, start, end)


class OneAtATime(FakeSource):
    """A source that wants to be asked one thing after the other."""

    requests_at_once = 1


@pytest.mark.usefixtures("one_each")
def test_a_process_asks_a_source_whose_quota_is_used_up_once_a_run(tmp_path, monkeypatch):
    source = copied(weeks(), UsedUpAtAAA)
    made = live(tmp_path, source)
    monkeypatch.setattr(partition_worker, "_opened", lambda _: made)
    first, second = tasks(made)
    assert list(forecast_partition(first).left_out) == ["AAA"]
    assert list(forecast_partition(second).left_out) == ["BBB"]
    assert source.asked == []
    later = replace(second, now=second.now + timedelta(hours=1))
    assert forecast_partition(later).left_out == {}


@pytest.mark.usefixtures("one_each")
def test_processes_share_the_work_unless_the_source_is_asked_one_thing_after_the_other(tmp_path):
    made = live(tmp_path)
    two = replace(made, settings=made.settings.model_copy(update={"refresh_processes": 2}))
    assert in_processes(made).elsewhere is None
    assert in_processes(two).elsewhere is not None
    careful = replace(two, source=copied(weeks(), OneAtATime))
    assert in_processes(careful).elsewhere is None


def test_what_is_put_into_the_store_can_be_read_and_stays_until_an_hour_is_over(tmp_path):
    made = live(tmp_path)
    [task] = tasks(made)
    result = made.work(made.source).result(task)
    path = tmp_path / f"store/objects/{result.shard}.npz.gz"
    content = gzip.decompress(path.read_bytes())
    assert Snapshot.from_bytes(content).stations == tuple(STATIONS)
    assert live(tmp_path, late=timedelta(hours=1)).run().version == result.shard
