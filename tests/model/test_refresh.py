"""A refresh publishes what the model forecasts from the newest observations, and nothing that can't
be true."""

from dataclasses import replace
from datetime import UTC, timedelta

import numpy as np
import pandas as pd
import pytest

from horizon import HORIZON_H
from unit.forecasting.synthetic import built, two_stations
from unit.serving.refresh_fakes import FailingStorage, hour, refresh, source
from unit.serving.test_object_storage import files_up_to
from wearcast.errors import (
    ArtifactError,
    BusyError,
    ConfigError,
    ConflictError,
    ModelError,
    ObservationsError,
    RefusedError,
    SourceError,
    StoreError,
)
from wearcast.forecasting.processed_data import history_of
from wearcast.forecasting.snapshot import Snapshot
from wearcast.forecasting.snapshot_creation import issue_for
from wearcast.serving.refresh import partition, replay
from wearcast.serving.refresh import run as module
from wearcast.serving.refresh.exit_codes import ExitCode, RefreshOutcome
from wearcast.serving.refresh.lock import exclusive_lock
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import OBJECTS, POINTER, SnapshotRecord, SnapshotStore
from wearcast.weather import quality

HOURS = replay.issue_times(two_stations().split, HORIZON_H)
STATIONS = two_stations().stations
END = hour("2013-07-20T04")


def utc(at: np.datetime64):
    return at.item().replace(tzinfo=UTC)


def latest(made) -> Snapshot:
    return made.store.snapshot(made.store.pointer().latest)


def expected(given, until, name="sample", stations=STATIONS) -> Snapshot:
    """What issuing gives of the same observations, by another way than the refresh's."""
    raw = given.rows[given.rows["valid_at"] <= until]
    raw = raw[raw["station"].isin([station.id for station in stations])]
    observations, _ = quality.control(raw, list(stations), 3)
    return issue_for(
        stations, {s.id: history_of(observations, s.id) for s in stations}, name, built().forecaster
    )


def weeks():
    """The observations of the last weeks."""
    given = source()
    return replace(given, rows=given.rows[given.rows["valid_at"] >= hour("2013-06-20T00")].copy())


def live(folder, given=None, late=timedelta(hours=1)):
    """A refresh of observations that go on to now."""
    return refresh(folder, given or weeks(), name="files", now=END + late)


def test_what_is_published_is_what_issuing_gives(tmp_path):
    made = live(tmp_path)
    outcome = made.run()
    assert latest(made).to_bytes() == expected(weeks(), END, "files").to_bytes()
    assert made.store.pointer().latest.version == outcome.version
    assert (outcome.is_new, outcome.left_out, outcome.exit) == (True, {}, ExitCode.DONE)
    assert outcome.issued_at == {"AAA": END, "BBB": END}


def in_form(made, schema: int | None):
    """The same refresh where every reader of the store can read this schema."""
    return replace(made, settings=made.settings.model_copy(update={"snapshot_schema": schema}))


@pytest.mark.parametrize(("readers", "written"), [(None, 2), (1, 1), (2, 2), (3, 2)])
def test_it_publishes_the_newest_form_that_every_reader_can_read(tmp_path, readers, written):
    made = in_form(live(tmp_path), readers)
    made.run()
    record = made.store.pointer().latest
    content = (tmp_path / f"store/objects/{record.version}.npz").read_bytes()
    assert content == made.store.snapshot(record).to_bytes(schema=written)


def test_once_the_last_old_reader_is_gone_the_same_forecast_is_published_in_the_new_form(tmp_path):
    made = live(tmp_path)
    in_form(made, 1).run()
    again = made.run()
    assert again.is_new
    assert len(made.store.pointer().history) == 2
    assert not made.run().is_new


def test_readers_too_old_for_any_form_it_can_write_are_refused_at_the_start(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PREVIOUS_SCHEMA", 2)
    made = in_form(live(tmp_path), 1)
    with pytest.raises(
        ConfigError, match="WEARCAST_SNAPSHOT_SCHEMA is 1, and this release writes 2 and 2"
    ):
        module.Refresh.open(made.settings, made.params, tmp_path, made.store)


def test_many_stations_are_published_in_shards_and_verified_like_few(tmp_path, monkeypatch):
    verified = {}
    for folder, most in ((tmp_path / "shards", 1), (tmp_path / "one file", 50)):
        monkeypatch.setattr(partition, "STATIONS", most)
        monkeypatch.setattr(module, "MAX_STATIONS", most, raising=False)
        for _ in range(2):
            refresh(folder).run()
        store = refresh(folder).store
        record = store.pointer().latest
        assert record.is_sharded == (most == 1)
        assert len(store.shards_of(record)) == 2 * record.is_sharded
        verified[folder] = store.live_verification(record), store.snapshot(record).to_bytes()
    in_shards, in_one_file = verified.values()
    assert in_shards == in_one_file
    assert in_shards[0]["BBB"]["forecasts"] == 1


def test_a_replay_begins_at_the_first_hour_of_the_test_period_and_goes_on_by_an_hour(tmp_path):
    issued = [refresh(tmp_path).run().issued_at["AAA"] for _ in range(3)]
    assert issued == [utc(at) for at in HOURS[:3]]


def test_a_replay_uses_no_later_hour(tmp_path):
    made = refresh(tmp_path)
    made.run()
    assert latest(made).to_bytes() == expected(source(), utc(HOURS[0])).to_bytes()
    assert latest(made).origin.replay


def begin_at(folder, i: int) -> None:
    """Let the replay's next hour be the i-th."""
    made = refresh(folder)
    snapshot = replace(expected(source(), utc(HOURS[i - 1])), trailing_year_h=(0, 0))
    of = SnapshotRecord.of(snapshot.to_bytes(), snapshot, hour("2026-01-01T00"))
    made.store.publish(snapshot.to_bytes(), of, None, made.store.read_state())


def test_after_its_last_hour_a_replay_begins_again(tmp_path):
    begin_at(tmp_path, len(HOURS) - 1)
    issued = [refresh(tmp_path).run().issued_at["AAA"] for _ in range(2)]
    assert issued == [utc(HOURS[-1]), utc(HOURS[0])]


def test_an_hour_that_nobody_observed_does_not_stop_a_replay(tmp_path):
    given = source()
    gap = given.rows["valid_at"].isin(pd.DatetimeIndex([utc(at) for at in HOURS[[1, 2]]]))
    given.rows.loc[gap, "temp_c"] = np.nan
    assert [refresh(tmp_path, given).run().issued_at["BBB"] for _ in range(2)] == [
        utc(HOURS[0]),
        utc(HOURS[3]),
    ]


def test_an_hour_whose_every_temperature_is_impossible_does_not_stop_a_replay(tmp_path, caplog):
    given = source()
    given.rows.loc[given.rows["valid_at"] == utc(HOURS[1]), "temp_c"] = 999.0
    assert [refresh(tmp_path, given).run().issued_at["AAA"] for _ in range(2)] == [
        utc(HOURS[0]),
        utc(HOURS[2]),
    ]
    assert f"the replay goes on without {HOURS[1]}Z" in caplog.text


def test_a_replay_that_can_not_go_on_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_REPLAY_HOURS", 1)
    given = source()
    given.rows.loc[given.rows["valid_at"] == utc(HOURS[0]), "temp_c"] -= 40
    with pytest.raises(RefusedError, match="AAA: the temperature jumps from"):
        refresh(tmp_path, given).run()


def test_a_model_of_another_split_is_not_replayed(tmp_path):
    given = source()
    given.rows = given.rows[given.rows["valid_at"] > hour("2013-01-10T00")]
    with pytest.raises(ModelError, match="may not be new to it"):
        refresh(tmp_path, given).run()
    assert refresh(tmp_path).store.pointer() is None


def test_finding_nothing_new_publishes_nothing(tmp_path):
    first = live(tmp_path).run()
    before = {path: path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()}
    again = live(tmp_path, late=timedelta(hours=2)).run()
    assert (again.version, again.is_new, again.exit) == (first.version, False, ExitCode.DONE)
    assert again.summary.startswith(
        f"nothing new: the latest still is {first.version[:12]}, issued AAA 2013-07-20T04Z, BBB"
    )
    assert {
        path: path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file()
    } == before


@pytest.mark.parametrize("name", [POINTER, "npz", "json"])
def test_nothing_new_is_published_again_where_the_store_has_lost_it(tmp_path, name):
    made = live(tmp_path)
    of = made.run()
    pointer = made.store.pointer()
    lost = {
        POINTER: POINTER,
        "npz": f"{OBJECTS}/{of.version}.npz",
        "json": f"{OBJECTS}/{pointer.latest.recent}.json",
    }[name]
    (tmp_path / "store" / lost).write_bytes(b"broken")
    assert live(tmp_path).run().is_new
    assert made.store.pointer().latest.version == of.version
    assert made.store.snapshot(made.store.pointer().latest)
    assert made.store.live_verification(made.store.pointer().latest)


def test_new_observations_of_one_station_are_something_new(tmp_path):
    given = weeks()
    early = (given.rows["valid_at"] > END - timedelta(hours=1)) & (given.rows["station"] == "AAA")
    assert live(tmp_path, replace(given, rows=given.rows[~early])).run().issued_at == {
        "AAA": END - timedelta(hours=1),
        "BBB": END,
    }
    assert live(tmp_path, given).run().issued_at == {"AAA": END, "BBB": END}


@pytest.mark.parametrize(
    "trouble", [SourceError("the line is down"), ObservationsError("the hour is there twice")]
)
def test_a_station_without_observations_is_left_out_and_the_other_is_forecast(
    tmp_path, trouble, caplog
):
    made = live(tmp_path, replace(weeks(), fails={"AAA": trouble}))
    outcome = made.run()
    assert (outcome.left_out, outcome.exit) == ({"AAA": str(trouble)}, ExitCode.PARTLY)
    assert "; without AAA, in" in outcome.summary
    assert f"AAA is left out: {trouble}" in caplog.text
    assert latest(made).to_bytes() == expected(weeks(), END, "files", STATIONS[1:]).to_bytes()


def test_a_station_with_too_short_a_history_is_left_out(tmp_path):
    given = weeks()
    short = (given.rows["station"] == "BBB") & (given.rows["valid_at"] < END - timedelta(hours=20))
    outcome = live(tmp_path, replace(given, rows=given.rows[~short])).run()
    assert outcome.left_out == {
        "BBB": "the history of BBB has 21 hours; the model needs the last 48."
    }


def test_a_station_whose_forecast_fails_its_checks_is_left_out(tmp_path):
    given = weeks()
    given.rows.loc[
        (given.rows["station"] == "BBB") & (given.rows["valid_at"] == END), "temp_c"
    ] -= 30
    outcome = live(tmp_path, given).run()
    assert list(outcome.issued_at) == ["AAA"]
    assert outcome.left_out["BBB"].startswith("the temperature jumps from")


def test_a_station_that_fell_behind_is_left_out_of_a_replay_as_it_would_have_been(tmp_path):
    given = source()
    silent = (given.rows["station"] == "BBB") & given.rows["valid_at"].between(
        utc(HOURS[0]) - timedelta(hours=12), utc(HOURS[0])
    )
    outcome = refresh(tmp_path, replace(given, rows=given.rows[~silent])).run()
    assert list(outcome.issued_at) == ["AAA"]
    assert "13.0 h ago; at most 12.0 h are allowed" in outcome.left_out["BBB"]


def test_old_observations_are_refused_and_the_latest_stays(tmp_path):
    first = live(tmp_path).run()
    given = weeks()
    given.rows.loc[given.rows["valid_at"] == END, "temp_c"] += 0.1
    made = live(tmp_path, given, late=timedelta(hours=13))
    with pytest.raises(
        RefusedError,
        match=r"nothing was published: AAA: the last observation is of 2013-07-20T04Z, 13\.0 h ago",
    ) as refused:
        made.run()
    assert ExitCode.of(refused.value) == 65
    assert made.store.pointer().latest.version == first.version


def test_a_source_that_gives_nothing_is_not_a_bad_forecast(tmp_path):
    made = live(
        tmp_path,
        replace(weeks(), fails={"AAA": SourceError("down"), "BBB": ObservationsError("rubbish")}),
    )
    with pytest.raises(
        SourceError,
        match="no station can be forecast, and nothing was published: AAA: down · BBB: rubbish",
    ) as failed:
        made.run()
    assert ExitCode.of(failed.value) == 69


def test_while_another_refresh_runs_none_begins(tmp_path):
    with exclusive_lock(tmp_path / "history"), pytest.raises(BusyError) as busy:
        live(tmp_path).run()
    assert ExitCode.of(busy.value) == 75
    assert not (tmp_path / "store").exists()


def test_whoever_published_meanwhile_stands(tmp_path):
    made = live(tmp_path)
    state = made.store.read_state()
    live(tmp_path).run()
    stood = made.store.pointer()

    class Earlier(SnapshotStore):
        def read_state(self):
            return state

    given = weeks()
    given.rows.loc[given.rows["valid_at"] == END, "temp_c"] += 0.1
    with pytest.raises(ConflictError) as conflict:
        replace(live(tmp_path, given), store=Earlier(FolderStorage(tmp_path / "store"), 10)).run()
    assert ExitCode.of(conflict.value) == 75
    assert made.store.pointer() == stood


def test_on_a_full_disk_the_latest_stays_as_it_was(tmp_path):
    given = weeks()
    early = replace(given, rows=given.rows[given.rows["valid_at"] < END])
    first = live(tmp_path, early).run()
    before = live(tmp_path).store.pointer()
    for limit, error, where in (
        (1000, ArtifactError, "history/AAA/"),
        (60_000, StoreError, "store/objects/"),
    ):
        with (
            files_up_to(limit),
            pytest.raises(
                error, match=f"could not write {tmp_path}/{where}.*File too large"
            ) as full,
        ):
            live(tmp_path).run()
        assert ExitCode.of(full.value) == 73
        assert live(tmp_path).store.pointer() == before
    assert latest(live(tmp_path)).to_bytes()
    second = live(tmp_path).run()
    assert (second.issued_at["AAA"] - first.issued_at["AAA"]) == timedelta(hours=1)


@pytest.mark.parametrize("n", range(4))
def test_killed_between_any_two_writes_it_leaves_the_old_state_or_the_new_and_the_next_one_goes_on(
    tmp_path, n
):
    old = refresh(tmp_path).run()
    dying = replace(
        refresh(tmp_path), store=SnapshotStore(FailingStorage(tmp_path / "store", n), 10)
    )
    if n < 3:
        with pytest.raises(StoreError, match="the store is gone"):
            dying.run()
    else:
        dying.run()
    after = refresh(tmp_path)
    found = utc(latest(after).issued_at.max())
    assert found == old.issued_at["AAA"] + timedelta(hours=n >= 3)
    assert after.store.live_verification(after.store.pointer().latest)["AAA"]["forecasts"] == int(
        n >= 3
    )
    assert after.run().issued_at["AAA"] == found + timedelta(hours=1)


def test_how_the_last_ones_fared_is_published_beside_them(tmp_path):
    for _ in range(3):
        refresh(tmp_path).run()
    made = refresh(tmp_path)
    scores = made.store.live_verification(made.store.pointer().latest)
    assert list(scores) == ["AAA", "BBB"]
    assert (scores["AAA"]["forecasts"], scores["AAA"]["from"]) == (2, f"{HOURS[0]}:00Z")
    assert scores["AAA"]["leads"]["1-24"]["hours"] == 3
    assert scores["AAA"]["series"][-1]["valid_at"] == f"{HOURS[2]}:00Z"
    assert scores["BBB"]["leads"]["1-24"]["rain_hours"] == 0


def test_the_same_refresh_into_another_store_is_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        for _ in range(2):
            refresh(tmp_path / name).run()
    files = [
        {p.name: p.read_bytes() for p in (tmp_path / name / "store" / OBJECTS).iterdir()}
        for name in ("one", "two")
    ]
    assert files[0] == files[1]


def test_observations_against_the_contract_are_the_sources_fault_for_cron_too():
    assert ExitCode.of(ObservationsError()) == ExitCode.of(SourceError()) == 69


def test_an_outcome_is_one_line():
    outcome = RefreshOutcome(
        "0123456789abcdef",
        True,
        {"AAA": END, "BBB": END - timedelta(hours=1)},
        {"CCC": "why"},
        4.25,
    )
    assert (
        outcome.summary
        == "published 0123456789ab, issued AAA 2013-07-20T04Z, BBB 2013-07-20T03Z; without CCC, in"
        " 4.2 s"
    )
