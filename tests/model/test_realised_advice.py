"""What past advice was worth is what the evaluation of the advice finds of the same evenings; a day
is judged once, when it has come as a whole."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from unit.forecasting.synthetic import built, two_stations
from unit.serving.refresh_fakes import publish, record, snapshot
from wearcast.clothing.hindcast_cases import (
    NETWORK,
    SEASONAL_NAIVE,
    EveningHindcast,
    StationHindcasts,
)
from wearcast.clothing.judged_day import JudgedDay
from wearcast.forecasting.history import History
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.snapshot_creation import issue_each
from wearcast.serving.refresh.advice_ledger import AdviceLedger
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import SnapshotStore

STATION = two_stations().stations[0]
HISTORY = two_stations().histories[STATION.id]
DAY = np.timedelta64(24, "h")


@functools.cache
def evening() -> EveningHindcast:
    """An evening of the test period, 23 hours local, as the evaluation has it."""
    known = two_stations()
    hindcasts = StationHindcasts(STATION, HISTORY, known.split, built().forecaster)
    return next(hindcasts.evenings("test"))


def issued(at: np.datetime64) -> Snapshot:
    histories = {STATION.id: HISTORY}
    [made] = issue_each([STATION], histories, "sample", built().forecaster, at.item())
    return made


def all_told(folder: Path, now: np.datetime64, measured: History = HISTORY) -> dict:
    """What the ledger says at an hour."""
    latest = snapshot(str(now), stations=(STATION,), model=built().forecaster.manifest.version)
    store = SnapshotStore(FolderStorage(folder / "store"), keep=1_000)
    climates = built().forecaster.manifest.standardization.climatologies
    ledger = AdviceLedger(folder / "ledger", store, [STATION], climates)
    known = replace(measured.until(now), filled=None)
    by_station = ledger.update(store.read_state().history, record(latest), {STATION.id: known})
    return by_station["AAA"]


def told(folder: Path, now: np.datetime64, measured: History = HISTORY) -> dict:
    """What it says of the last days."""
    return all_told(folder, now, measured)["last_days_advice"]


def put(folder: Path, *snapshots: Snapshot) -> None:
    store = SnapshotStore(FolderStorage(folder / "store"), keep=1_000)
    for one in snapshots:
        publish(store, one)


def test_its_scores_are_those_of_the_evaluation(tmp_path):
    at = evening().issued_at
    put(tmp_path, issued(at))
    found = told(tmp_path, at + DAY + 5)
    expected = JudgedDay.of(evening().observed[0], evening().forecasts[0]).scores
    assert found["2"] == found["14"]
    assert found["2"]["days"] == 1
    assert found["2"]["clo_error"] == pytest.approx(expected[NETWORK]["clo_error"], abs=1e-4)
    assert found["2"]["persistence_clo_error"] == pytest.approx(
        expected[SEASONAL_NAIVE]["clo_error"], abs=1e-4
    )
    assert found["2"]["right_said"] == pytest.approx(
        expected[NETWORK]["hours_right_said"], abs=1e-4
    )
    assert found["2"]["right"] == pytest.approx(1 - expected[NETWORK]["hours_off_tight"], abs=1e-4)
    assert 0 <= found["2"]["climatology_clo_error"] < 2


def test_a_day_is_judged_once_its_last_hour_has_come(tmp_path):
    at = evening().issued_at
    put(tmp_path, issued(at))
    assert told(tmp_path, at + DAY) == {"2": {}, "14": {}}
    assert told(tmp_path, at + DAY + 1)["2"]["days"] == 1


def test_each_day_is_told_with_its_date(tmp_path):
    at = evening().issued_at
    put(tmp_path, issued(at))
    found = all_told(tmp_path, at + DAY + 5)
    (day,) = found["advice_by_day"]
    assert day.pop("on") == str((at + 12).astype("datetime64[D]"))
    assert {"days": 1, **day} == found["last_days_advice"]["2"]


def test_a_day_with_a_missing_hour_waits_for_it(tmp_path):
    at = evening().issued_at
    put(tmp_path, issued(at))
    missing = HISTORY.valid_at == at + 12
    values = {**HISTORY.values, "temp_c": np.where(missing, np.nan, HISTORY.column("temp_c"))}
    assert told(tmp_path, at + DAY + 5, replace(HISTORY, values=values))["14"] == {}
    assert told(tmp_path, at + DAY + 5)["14"]["days"] == 1


def test_a_judged_day_is_read_from_the_ledger_and_counts_once(tmp_path):
    at = evening().issued_at
    put(tmp_path, issued(at))
    first = told(tmp_path, at + DAY + 5)
    for path in (tmp_path / "store/objects").iterdir():
        path.unlink()
    assert told(tmp_path, at + DAY + 6) == first
    later = told(tmp_path, at + 3 * DAY + 5)
    assert (later["2"], later["14"]["days"]) == ({}, 1)


def test_the_last_snapshot_of_the_evening_before_counts(tmp_path):
    at = evening().issued_at
    put(tmp_path, issued(at - 7))
    assert told(tmp_path, at + DAY + 5)["2"] == {}
    put(tmp_path, issued(at - 3))
    before = told(tmp_path, at + DAY + 5)
    assert before["2"]["days"] == 1
    other = tmp_path / "other"
    put(other, issued(at - 3), issued(at))
    assert told(other, at + DAY + 5)["2"]["right_said"] != before["2"]["right_said"]


def test_a_replay_that_begins_again_judges_again(tmp_path):
    at = evening().issued_at
    put(tmp_path, issued(at))
    told(tmp_path, at + DAY + 5)
    assert told(tmp_path, at - DAY)["14"] == {}
    assert not list((tmp_path / "ledger").rglob("*.json"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[1]",
        b"\xff",
        b'{"AAA": 5}',
        b'{"AAA": {"clo_error": 0.1}}',
        b'{"AAA": {"clo_error": NaN, "persistence_clo_error": 0, "climatology_clo_error": 0,'
        b' "right_said": 1, "off": 0}}',
    ],
)
def test_a_broken_file_is_dropped_and_made_again(tmp_path, content, caplog):
    at = evening().issued_at
    put(tmp_path, issued(at))
    first = told(tmp_path, at + DAY + 5)
    for path in (tmp_path / "ledger").rglob("*.json"):
        path.write_bytes(content)
    assert told(tmp_path, at + DAY + 5) == first
    assert "can't be read, and is dropped" in caplog.text
