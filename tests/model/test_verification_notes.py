"""What is wrong with sensors, and scores that can't be made, are told once of what is published."""

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from model.test_partition_verification import verified, with_neighbours
from model.test_refresh import END, STATIONS, live, weeks
from service.in_process_service import serving
from unit.serving.refresh_fakes import FakeSource
from wearcast.errors import RefusedError
from wearcast.serving.refresh import partition
from wearcast.serving.refresh.run import Refresh

ALARM = "isn't what it was in the training years"


@pytest.fixture(params=[1, 50], ids=["partitions", "together"])
def most_stations(request, monkeypatch) -> int:
    """The most stations of a partition."""
    monkeypatch.setattr(partition, "STATIONS", request.param)
    return request.param


def alarming(folder, given: FakeSource | None = None) -> Refresh:
    """A refresh of weather that the model's training years didn't have."""
    return with_neighbours(live(folder, given))


def old_at(*stations: str) -> FakeSource:
    """A source that has nothing of the last two days at some stations."""
    given = weeks()
    is_old = given.rows["valid_at"] <= END - timedelta(days=2)
    return replace(given, rows=given.rows[is_old | ~given.rows["station"].isin(stations)])


def alarms(caplog) -> set[str]:
    """The alarms in the log, each of them there once."""
    told = [record.getMessage() for record in caplog.records if ALARM in record.getMessage()]
    assert len(told) == len(set(told))
    return set(told)


def stations_of(told: set[str]) -> set[str]:
    return {station.id for station in STATIONS if any(f" {station.id} " in one for one in told)}


@pytest.mark.usefixtures("most_stations")
def test_a_refresh_that_publishes_nothing_new_tells_no_alarm_and_no_failure_again(tmp_path, caplog):
    (tmp_path / "history").mkdir()
    (tmp_path / "history/.verification").write_bytes(b"")
    first = alarming(tmp_path)
    assert first.run().is_new
    assert stations_of(alarms(caplog)) == {"AAA", "BBB"}
    assert caplog.text.count("last_days is left out of the recent verification") == 1
    assert first.score_failures["last_days"] >= 1
    caplog.clear()
    again = alarming(tmp_path)
    assert not again.run().is_new
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []
    assert again.score_failures == {}


@pytest.mark.usefixtures("most_stations")
@pytest.mark.parametrize("refused", ["AAA", "BBB"])
def test_the_drift_of_a_station_is_told_whether_or_not_its_partition_has_a_forecast(
    tmp_path, caplog, refused
):
    made = alarming(tmp_path, old_at(refused))
    assert set(made.run().left_out) == {refused}
    assert stations_of(alarms(caplog)) == {"AAA", "BBB"}
    drift = dict(verified(made))[refused]["input_drift"]
    worst = max(found["score"] for by_check in drift.values() for found in by_check.values())
    assert worst >= 1


@pytest.mark.usefixtures("most_stations")
def test_drift_is_told_where_all_forecasts_are_refused(tmp_path, caplog):
    with pytest.raises(RefusedError):
        alarming(tmp_path, old_at("AAA", "BBB")).run()
    assert stations_of(alarms(caplog)) == {"AAA", "BBB"}


def test_a_refused_partition_is_among_the_metrics_of_the_drift(tmp_path, monkeypatch):
    """All checks but that beside neighbours, which aren't all there in a first refresh."""
    pages = []
    for most in (1, 50):
        monkeypatch.setattr(partition, "STATIONS", most)
        folder = tmp_path / str(most)
        assert alarming(folder, old_at("AAA")).run().is_new
        with serving(folder) as service:
            lines = service.get("/metrics").text.splitlines()
        scores = [line for line in lines if line.startswith("wearcast_input_drift_score{")]
        pages.append([line for line in scores if 'check="neighbours"' not in line])
    assert pages[0] == pages[1]
    assert pages[0]
