"""The ledger says what past forecasts were worth: every hour that came counts once in its day,
however often refresh runs, is killed or begins again, and it doesn't grow."""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from unit.forecasting.synthetic import place
from unit.serving.refresh_fakes import publish, record, snapshot
from wearcast.errors import ArtifactError
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.climatology import Climatology
from wearcast.forecasting.history import History
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.serving.refresh import forecast_ledger
from wearcast.serving.refresh.forecast_ledger import ForecastLedger
from wearcast.serving.refresh.past_shards import PastShards
from wearcast.serving.refresh.realised_scores import SUMS, VARIABLES, scored_ranges
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import OBJECTS, SnapshotStore

HORIZON_H = 48


def always(value: float) -> Climatology:
    """A climatology that expects the same at every hour."""
    return Climatology(0, 0, np.array([value]))


CLIMATE = StationClimatology(
    channels=tuple(always({"temp_c": 13.0, "wind_ms": 4.0}.get(name, 0.0)) for name in CHANNELS),
    scale=np.ones(len(CHANNELS)),
    wet=always(0.1),
    reported=CHANNELS,
)


def came(start: str, until: str, **columns: float) -> History:
    """The same weather observed at every hour of a time, both ends included."""
    valid_at = np.arange(np.datetime64(start, "h"), np.datetime64(until, "h") + 1)
    values = {"temp_c": 11.0, "precip_mm": 0.0, **columns}
    return History("AAA", valid_at, {k: np.full(len(valid_at), v) for k, v in values.items()})


def made(issued_at: str | np.datetime64, temp_c: float = 10.0, **more: object) -> Snapshot:
    """A forecast of 10 °C, its 80 % interval 9.92 … 10.08 °C, and 25 % rain."""
    return snapshot(str(issued_at), temp_c=temp_c, horizon_h=HORIZON_H, **more)


@dataclass
class Place:
    """A store, and the ledger beside it."""

    folder: Path

    @property
    def store(self) -> SnapshotStore:
        return SnapshotStore(FolderStorage(self.folder / "store"), keep=1_000)

    def publish(self, *snapshots: Snapshot) -> None:
        for i, one in enumerate(snapshots):
            before = len(self.store.read_state().history)
            publish(self.store, one, f"2026-01-{1 + before // 24 + i // 24:02}T{before % 24:02}")

    def told(self, now: Snapshot | str, *histories: History) -> dict:
        """What the ledger says of the stations."""
        latest = made(now) if isinstance(now, str) else now
        past = PastShards(self.store, frozenset(["AAA", "BBB"]))
        climates = {"AAA": CLIMATE, "BBB": CLIMATE}
        ledger = ForecastLedger(self.folder / "ledger", past, climates, HORIZON_H)
        by_station = {history.station: history for history in histories}
        return ledger.update(self.store.read_state().history, record(latest), by_station)

    def of(self, now: str, history: History, days: str = "2") -> dict:
        return self.told(now, history)["AAA"]["last_days"][days]

    @property
    def files(self) -> dict[str, bytes]:
        paths = [path for path in (self.folder / "ledger").rglob("*") if path.is_file()]
        return {path.name: path.read_bytes() for path in paths}


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_errors_stand_beside_those_of_persistence_and_climatology_on_the_same_pairs(here):
    before = made("2013-03-12T00")
    last = {**before.observed, "temp_c": before.observed["temp_c"] - 4}
    here.publish(replace(before, observed=last))
    observed = came("2013-03-10T00", "2013-03-12T09")
    observed.values["temp_c"][-3:] = [10.0, np.nan, 12.0]
    told = here.of("2013-03-12T09", observed)
    assert told["temp_c"]["1-6"] == {
        "pairs": 6,
        "mae": 1.0,
        "persistence_mae": 5.0,
        "climatology_mae": 2.0,
        "bias": -1.0,
        "coverage_80": 0.0,
    }
    assert told["temp_c"]["7-24"] == {
        "pairs": 2,
        "mae": 1.0,
        "persistence_mae": 5.0,
        "climatology_mae": 2.0,
        "bias": -1.0,
        "coverage_80": 0.5,
    }
    assert told["temp_c"]["all"]["pairs"] == 8
    assert set(told["temp_c"]) == {"1-6", "7-24", "all"}


def test_each_day_of_the_first_day_ahead_is_told(here):
    here.publish(made("2013-03-11T00"), made("2013-03-12T00"))
    observed = came("2013-03-10T00", "2013-03-12T02")
    observed.values["temp_c"][-2:] = [10.0, 12.0]
    first, second = here.told("2013-03-12T02", observed)["AAA"]["forecast_by_day"]
    assert (first["on"], first["pairs"]) == ("2013-03-11", 23)
    # Of its hours, leads of 24, 1 and 2; those of 25 and 26 are left out.
    assert second == {
        "on": "2013-03-12",
        "pairs": 3,
        "mae": 1.0,
        "persistence_mae": 1.0,
        "climatology_mae": 2.0,
        "bias": -1.0,
        "coverage_80": 0.3333,
    }


def test_the_chance_of_rain_is_scored_by_squared_errors(here):
    here.publish(made("2013-03-12T00"))
    observed = came("2013-03-10T00", "2013-03-12T03")
    observed.values["precip_mm"][-3:] = [0.0, np.nan, 0.1]
    # It rained when the forecast was issued: 0.2 mm.
    assert here.of("2013-03-12T03", observed)["rain"]["1-6"] == {
        "pairs": 2,
        "brier": round((0.25**2 + 0.75**2) / 2, 4),
        "persistence_brier": 0.5,
        "climatology_brier": round((0.1**2 + 0.9**2) / 2, 4),
        "bias": -0.25,
    }


def test_a_variable_that_nobody_observed_is_left_out(here):
    here.publish(made("2013-03-12T00"))
    assert set(here.of("2013-03-12T03", came("2013-03-10T00", "2013-03-12T03"))) == {
        "temp_c",
        "rain",
    }


def test_hours_that_quality_control_filled_do_not_count(here):
    here.publish(made("2013-03-12T00"))
    observed = came("2013-03-10T00", "2013-03-12T06")
    filled = np.arange(len(observed)) == len(observed) - 2
    told = here.of("2013-03-12T06", replace(observed, filled=filled))
    assert told["temp_c"]["1-6"]["pairs"] == 5


def test_an_hour_counts_once_however_often_it_is_verified(here):
    here.publish(made("2013-03-12T00"), made("2013-03-12T01"))
    observed = came("2013-03-10T00", "2013-03-12T04")
    first = here.told("2013-03-12T04", observed)
    files = here.files
    assert here.told("2013-03-12T04", observed) == first
    assert here.files == files
    assert first["AAA"]["last_days"]["2"]["temp_c"]["all"]["pairs"] == 4 + 3


def test_the_forecast_published_last_counts_where_two_have_the_same_issue_time(here):
    here.publish(made("2013-03-12T00"), made("2013-03-12T00", temp_c=20.0))
    told = here.of("2013-03-12T04", came("2013-03-10T00", "2013-03-12T04"))
    assert (told["temp_c"]["all"]["pairs"], told["temp_c"]["all"]["bias"]) == (4, 9.0)


def test_observations_that_come_two_days_late_count(here):
    here.publish(made("2013-03-12T00"))
    observed = came("2013-03-10T00", "2013-03-14T05")
    late = observed.valid_at > np.datetime64("2013-03-12T03")
    values = {**observed.values, "temp_c": np.where(late, np.nan, 11.0)}
    known = replace(observed, values=values)
    assert (
        here.of("2013-03-12T06", known.until(np.datetime64("2013-03-12T06")), "14")["temp_c"][
            "all"
        ]["pairs"]
        == 3
    )
    assert here.of("2013-03-14T05", observed, "14")["temp_c"]["all"]["pairs"] == 48


def test_after_an_outage_of_days_all_hours_since_are_verified(here):
    here.publish(*[made(f"2013-03-12T{hour:02}") for hour in range(6)])
    until = np.datetime64("2013-03-12T06")
    observed = came("2013-03-10T00", "2013-03-20T00")
    here.told("2013-03-12T06", observed.until(until))
    assert here.of("2013-03-20T00", observed, "14")["temp_c"]["all"]["pairs"] == 6 * 48


def test_a_station_without_observations_keeps_what_it_had(here):
    two = (place("AAA"), place("BBB"))
    here.publish(made("2013-03-12T00", stations=two))
    first = came("2013-03-10T00", "2013-03-12T04")
    other = replace(first, station="BBB")
    here.told("2013-03-12T04", first, other)
    assert list(here.told("2013-03-12T05", came("2013-03-10T00", "2013-03-12T05"))) == ["AAA"]
    told = here.told("2013-03-12T06", came("2013-03-10T00", "2013-03-12T06"), other)
    assert told["AAA"]["last_days"]["2"]["temp_c"]["all"]["pairs"] == 6
    assert told["BBB"]["last_days"]["2"]["temp_c"]["all"]["pairs"] == 4


def test_periods_are_of_whole_days_up_to_the_newest_issue_time(here):
    history = came("2013-03-01T00", "2013-03-20T23")
    for day in range(5, 21):
        here.publish(made(f"2013-03-{day:02}T00"))
        now = f"2013-03-{day:02}T23"
        told = here.told(now, history.until(np.datetime64(now)))
    # Of each day, midnight is forecast by the two days before, the other hours by it and one.
    a_day = 2 + 2 * 23
    assert told["AAA"]["last_days"]["2"]["temp_c"]["all"]["pairs"] == 2 * a_day
    assert told["AAA"]["last_days"]["14"]["temp_c"]["all"]["pairs"] == 14 * a_day


def test_a_station_that_another_ledger_had_is_verified_for_all_days_and_changes_no_other(here):
    both = (place("AAA"), place("BBB"))
    histories = came("2013-03-01T00", "2013-03-12T00")
    other = replace(histories, station="BBB")
    start = np.datetime64("2013-03-05T00")
    for issued_at in start + np.arange(0, 7 * 24, 12):
        one = made(issued_at, stations=both)
        alone = here.told(one, histories.until(issued_at + 1))
        here.publish(one)
    days = {name: content for name, content in here.files.items() if name < "2013-03-10"}
    assert "BBB" not in json.loads(days["2013-03-06.json"])
    together = here.told("2013-03-12T00", histories, other)
    assert together["BBB"]["last_days"] == together["AAA"]["last_days"]
    assert together["AAA"]["forecast_by_day"][:4] == alone["AAA"]["forecast_by_day"][:4]
    for name, content in days.items():
        if name.endswith(".json"):
            now = json.loads(here.files[name])
            assert now["AAA"] == json.loads(content)["AAA"]
            assert now["BBB"] == now["AAA"]


def test_it_does_not_grow(here):
    start = np.datetime64("2013-03-01T00")
    history = came("2013-03-01T00", "2013-04-01T00")
    sizes = []
    for issued_at in start + np.arange(0, 30 * 24, 12):
        one = made(issued_at)
        here.told(one, history.until(issued_at + 1))
        here.publish(one)
        sizes.append((len(here.files), sum(map(len, here.files.values()))))
    (files, size), (later_files, later_size) = max(sizes[:40]), max(sizes[40:])
    assert later_files <= files <= 14 + 14 * 24 // 12 + 1
    assert later_size < 1.1 * size


def test_forecasts_of_another_model_begin_a_ledger_of_their_own(here):
    here.publish(made("2013-03-12T00"), made("2013-03-12T01", model="another"))
    observed = came("2013-03-10T00", "2013-03-12T04")
    assert (
        here.told("2013-03-12T04", observed)["AAA"]["last_days"]["2"]["temp_c"]["all"]["pairs"] == 4
    )
    another = made("2013-03-12T04", model="another")
    assert here.told(another, observed)["AAA"]["last_days"]["2"]["temp_c"]["all"]["pairs"] == 3
    assert len(list((here.folder / "ledger").iterdir())) == 1
    assert (
        here.told("2013-03-12T04", observed)["AAA"]["last_days"]["2"]["temp_c"]["all"]["pairs"] == 4
    )


def test_a_replay_that_begins_again_forgets_what_is_to_come(here):
    observed = came("2013-03-10T00", "2013-03-20T00")
    here.publish(*[made(f"2013-03-{day}T00") for day in (12, 14, 16)])
    here.told("2013-03-17T00", observed)
    begun = observed.until(np.datetime64("2013-03-12T02"))
    assert here.of("2013-03-12T02", begun, "14")["temp_c"]["all"]["pairs"] == 2
    assert "2013-03-17.json" not in here.files


NOT_FINITE = np.full((len(VARIABLES), len(scored_ranges(HORIZON_H)), len(SUMS)), np.inf)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[[1]]",
        b'{"AAA": [[1]]}',
        b'{"AAA": [[1%s]]}' % (b"0" * 400),
        json.dumps({"AAA": NOT_FINITE.tolist()}).encode(),
        b"PK\x03\x04",
    ],
)
def test_a_broken_file_is_dropped_and_made_again(here, caplog, content):
    here.publish(made("2013-03-12T00"), made("2013-03-12T01"))
    observed = came("2013-03-10T00", "2013-03-12T04")
    told, files = here.told("2013-03-12T04", observed), here.files
    for path in (here.folder / "ledger").rglob("*.*"):
        path.write_bytes(content)
    assert here.told("2013-03-12T04", observed) == told
    assert here.files == files
    assert "can't be read, and is dropped" in caplog.text


def test_a_snapshot_that_the_store_lost_is_left_out_and_told(here, caplog):
    here.publish(made("2013-03-12T00"), made("2013-03-12T01"))
    lost = here.store.read_state().latest
    (here.folder / f"store/{OBJECTS}/{lost.version}.npz").unlink()
    told = here.of("2013-03-12T04", came("2013-03-10T00", "2013-03-12T04"))
    assert told["temp_c"]["all"]["pairs"] == 4
    assert "is not in the store" in caplog.text


class Killed(BaseException):
    """No error that code could handle: the process is gone."""


def killed_at(n: int, call: Callable) -> Callable:
    """The same call, whose n-th and later calls don't happen."""
    left = n

    def dies(*given, **more):
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return call(*given, **more)

    return dies


@pytest.mark.parametrize("n", range(10))
def test_killed_at_any_write_it_goes_on_as_if_nothing_had_been(here, tmp_path, monkeypatch, n):
    undisturbed = Place(tmp_path / "undisturbed")
    history = came("2013-03-10T00", "2013-03-20T00")
    hours = [np.datetime64("2013-03-12T00"), *np.datetime64("2013-03-16T22") + np.arange(6)]
    for issued_at in hours:
        one = made(issued_at)
        known = history.until(issued_at)
        expected = undisturbed.told(one, known)
        with monkeypatch.context() as patched:
            for name in ("fsync", "replace", "rename", "unlink"):
                patched.setattr(os, name, killed_at(n, getattr(os, name)))
            with suppress(Killed):
                here.told(one, known)
        assert here.told(one, known) == expected
        for place_ in (here, undisturbed):
            place_.publish(one)
    days = [name for name in here.files if name.endswith("json")]
    assert {name: here.files[name] for name in days} == {
        name: undisturbed.files[name] for name in days
    }
    assert set(here.files) == set(undisturbed.files)


def test_a_folder_that_can_not_be_used_is_told(here):
    (here.folder / "ledger").write_bytes(b"")
    with pytest.raises(ArtifactError, match="ledger"):
        here.told("2013-03-12T04", came("2013-03-10T00", "2013-03-12T04"))


def test_no_more_than_so_many_snapshots_are_read_at_once(here, monkeypatch):
    monkeypatch.setattr(forecast_ledger, "_MOST_READ", 2)
    here.publish(*[made(f"2013-03-12T{hour:02}") for hour in range(5)])
    observed = came("2013-03-10T00", "2013-03-12T06")
    pairs = [here.of("2013-03-12T06", observed)["temp_c"]["all"]["pairs"] for _ in range(3)]
    assert pairs == [2 + 3, 2 + 3 + 4 + 5, 2 + 3 + 4 + 5 + 6]


def test_a_ledger_that_begins_in_a_full_store_comes_to_all_pairs(here, tmp_path, monkeypatch):
    unlimited = Place(tmp_path / "unlimited")
    hours = np.datetime64("2013-03-02T00") + np.arange(0, 12 * 24, 6)
    for place_ in (here, unlimited):
        place_.publish(*[made(issued_at) for issued_at in hours])
    observed = came("2013-03-01T00", "2013-03-15T00")
    now = np.datetime64("2013-03-14T00")
    monkeypatch.setattr(forecast_ledger, "_MOST_READ", 10)
    pairs = []
    for later in now + np.arange(5):
        told = here.told(made(later), observed.until(later))
        pairs.append(told["AAA"]["last_days"]["14"]["temp_c"]["all"]["pairs"])
    assert pairs == sorted(pairs)
    assert pairs[0] < pairs[-1]
    monkeypatch.undo()
    assert told == unlimited.told(made(later), observed.until(later))
    assert here.files == unlimited.files


def test_days_stay_open_for_a_snapshot_that_the_store_can_not_give_for_a_while(here):
    here.publish(made("2013-03-02T00"), made("2013-03-02T01"))
    observed = came("2013-03-01T00", "2013-03-10T00")
    away = here.folder / "away.npz"
    path = here.folder / f"store/{OBJECTS}/{here.store.read_state().latest.version}.npz"
    path.rename(away)
    assert here.of("2013-03-10T00", observed, "14")["temp_c"]["all"]["pairs"] == 48
    away.rename(path)
    assert here.of("2013-03-10T00", observed, "14")["temp_c"]["all"]["pairs"] == 2 * 48
