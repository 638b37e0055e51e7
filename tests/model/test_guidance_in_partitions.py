"""A refresh with numerical forecasts in partitions is the refresh of all stations, asks no longer
than that, and goes on from what a release before has kept."""

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from fakes.open_meteo import FakeOpenMeteo
from fakes.serving import served
from unit.serving.guided_refresh import MODELS, GuidedRefresh, places
from wearcast.artifacts import write_json
from wearcast.errors import PassingError
from wearcast.serving.refresh import partition
from wearcast.serving.refresh.guidance_files import FOLDER, GuidanceFiles, as_frame
from wearcast.serving.refresh.partition import PartitionResult, in_turn
from wearcast.serving.refresh.refresh_on_engine import in_processes
from wearcast.serving.store.snapshot_store import SnapshotRecord
from wearcast.weather import guidance

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
STATIONS = places(3)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[FakeOpenMeteo, str]]:
    fake = FakeOpenMeteo(now=lambda: NOW)
    with served(fake) as url:
        yield fake, url


@pytest.fixture(scope="module")
def whole(server, tmp_path_factory) -> GuidedRefresh:
    """A refresh of all stations at once, an hour after its first."""
    fake, url = server
    one = GuidedRefresh(fake, url, tmp_path_factory.mktemp("whole"), STATIONS)
    one.made().run()
    shutil.copytree(one.folder / "history", one.folder / "first")
    fake.now = lambda: NOW + timedelta(hours=1)
    one.made().run()
    return one


@pytest.fixture
def live(server, whole, tmp_path, monkeypatch) -> GuidedRefresh:
    """The same in partitions of one station."""
    monkeypatch.setattr(partition, "STATIONS", 1)
    fake, url = server
    fake.log.clear()
    shutil.copytree(whole.folder / "first", tmp_path / "history")
    return GuidedRefresh(fake, url, tmp_path, STATIONS)


def content(live: GuidedRefresh) -> tuple[SnapshotRecord, bytes]:
    """What is published last."""
    made = live.made()
    record = made.store.pointer().latest
    return record, made.store.snapshot(record).to_bytes()


def test_it_publishes_the_same_and_tells_what_it_is_made_from(live, whole):
    assert live.made().is_in_partitions
    outcome = live.made().run()
    record, found = content(live)
    assert record.is_sharded
    assert found == content(whole)[1]
    assert outcome.made_from == "ECMWF, GFS and ICON, runs of 00 UTC on August 20"
    assert not live.fake.asked_of("previous-runs")
    asked = [one for one in live.fake.asked_of("forecast") if "models" in one.query]
    assert len(asked) == len(MODELS) * len(STATIONS)


def test_whoever_works_on_them_in_whatever_order_publishes_the_same(live, whole):
    def elsewhere(tasks):
        """Each by a process of its own, as messages carry tasks and results."""
        numbers.append([task.number for task in tasks])
        results = [live.made().work(live.made().source).result(task) for task in tasks]
        texts = [json.dumps(result.to_json(), sort_keys=True) for result in results]
        return [PartitionResult.from_json(json.loads(text)) for text in texts]

    numbers: list[list[int]] = []
    outcome = replace(live.made(), elsewhere=elsewhere).run()
    assert content(live)[1] == content(whole)[1]
    assert outcome.made_from == "ECMWF, GFS and ICON, runs of 00 UTC on August 20"
    live.fake.now, before = (lambda: NOW + timedelta(hours=2)), live.fake.now
    replace(live.made(), elsewhere=elsewhere).run()
    live.fake.now = before
    first, second = numbers
    assert sorted(first) == [0, 1, 2]
    assert second == in_turn([0, 1, 2], NOW + timedelta(hours=2))


def test_every_partition_is_the_first_in_some_hour():
    hours = [NOW + timedelta(hours=2 * hour) for hour in range(48)]
    orders = [in_turn(range(4), hour) for hour in hours]
    assert {order[0] for order in orders} == set(range(4))
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)
    assert orders == [in_turn(range(4), hour) for hour in hours]
    assert in_turn([], NOW) == []


def test_a_service_that_is_silent_holds_up_one_partition_only(live, monkeypatch, caplog):
    live.most_s = 0.5
    made = live.made()
    end, asked = threading.Event(), []

    def silent(stations):
        asked.append(stations)
        end.wait(60)

    monkeypatch.setattr(made.guidance.source, "newest_all", silent)
    outcome = made.run()
    end.set()
    assert len(asked) == 1
    assert made.guidance.failures == {"late": 3}
    assert outcome.made_from.startswith("ECMWF, GFS and ICON, runs of 00 UTC")
    assert caplog.text.count("the newest runs are missing") == 3


def test_a_service_that_cannot_be_reached_is_asked_twice_a_run(live, monkeypatch):
    made = live.made()
    asked = []

    def gone(stations):
        asked.append(stations)
        raise PassingError("gone")

    monkeypatch.setattr(made.guidance.source, "newest_all", gone)
    made.run()
    assert len(asked) == 2
    assert made.guidance.failures == {"PassingError": 3}


def test_an_archive_that_is_slow_leaves_the_newest_runs_to_the_others(live, monkeypatch):
    for folder in (live.folder / "history").glob(f"*/{FOLDER}"):
        shutil.rmtree(folder)
    live.most_s = 3.0
    made = live.made()
    source, asked, end = made.guidance.source, [], threading.Event()
    newest_all = source.newest_all
    monkeypatch.setattr(source, "newest_all", lambda some: asked.append(some) or newest_all(some))
    monkeypatch.setattr(source, "fetch", lambda *_: end.wait(60))
    made.run()
    end.set()
    assert len(asked) == 3
    assert set(made.guidance.failures) == {"late"}


def test_several_processes_share_it_where_the_service_takes_several_requests(live, monkeypatch):
    made = live.made()
    two = replace(made, settings=made.settings.model_copy(update={"refresh_processes": 2}))
    assert in_processes(two).elsewhere
    one_by_one = property(lambda _: 1)
    monkeypatch.setattr(type(made.guidance.source), "requests_at_once", one_by_one)
    assert in_processes(two).elsewhere is None


def as_before(history: Path) -> None:
    """Bring the cache into the form of the releases before."""
    earlier = history / ".guidance"
    newest, past = [], []
    for station in STATIONS:
        files = GuidanceFiles.of(history, station.id)
        newest.append(as_frame([files.newest]))
        past.append(as_frame([files.folder / "past.parquet"]))
        rows = as_frame([files.folder / "archive.parquet"])
        for model, window in files.asked():
            start, end = (f"{at:%Y%m%dT%H%M%S}" for at in window)
            path = earlier / "archive" / station.id / model / f"{start}-{end}.parquet"
            own = rows[rows["model"] == model]
            guidance.write_parquet(path, guidance.conform(own))
        files.drop()
    guidance.write_parquet(earlier / "newest.parquet", guidance.concatenate(newest))
    guidance.write_parquet(earlier / "past/20260820T093000.parquet", guidance.concatenate(past))
    described = {}
    for one in STATIONS:
        described[one.id] = [one.latitude, one.longitude, one.elevation_m]
    write_json(earlier / "guidance.json", {"source": "open_meteo", "places": described})


def test_what_a_release_before_has_kept_is_taken_over_and_not_asked_again(live, whole):
    history = live.folder / "history"
    as_before(history)
    before = {path: path.read_bytes() for path in (history / ".guidance").rglob("*.*")}
    live.made().run()
    assert not live.fake.asked_of("previous-runs")
    assert content(live)[1] == content(whole)[1]
    # The release before finds what it left.
    assert {path: path.read_bytes() for path in before} == before


def test_what_a_release_that_was_gone_back_to_adds_is_taken_over_too(live):
    history = live.folder / "history"
    files = GuidanceFiles.of(history, "S00")
    held = guidance.conform(as_frame([files.newest]))
    as_before(history)
    live.made().run()
    later = pd.Timedelta(hours=6)
    newer = held.assign(
        issued_from=held["issued_from"] + later,
        issued_until=held["issued_until"] + later,
        available_at=held["available_at"] + later,
    )
    kept = newer[newer["available_at"] < newer["valid_at"]]
    guidance.write_parquet(history / ".guidance/newest.parquet", kept)
    for model in MODELS:
        live.fake.gone[model] = NOW - timedelta(days=1)
    try:
        outcome = live.made().run()
    finally:
        live.fake.gone.clear()
    assert "runs of 06 UTC on August 20 (1 station)" in outcome.made_from
    assert "runs of 00 UTC on August 20 (2 stations)" in outcome.made_from
