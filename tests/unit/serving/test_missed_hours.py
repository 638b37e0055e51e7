"""A variant that misses an hour loses no more than that hour's forecasts."""

from collections.abc import Sequence
from datetime import UTC, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from unit.serving.refresh_fakes import hour, publish, snapshot
from wearcast.serving.refresh.live_verification import PERIOD, records_of_ledger
from wearcast.serving.refresh.missed_hours import MissedHours, missed_hours
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore
from wearcast.serving.store.thinned_records import thinned

FIRST = hour("2013-03-10T00")
HOURS = 60
MANY = 50


def record(at: int, model: str) -> SnapshotRecord:
    issued_at = FIRST + timedelta(hours=at)
    return SnapshotRecord(
        version=f"{at:064x}",
        issued_at=issued_at,
        published_at=issued_at,
        model=model,
        source="files",
        replay=False,
        is_sharded=True,
    )


def newest_first(held: tuple[SnapshotRecord, ...], at: int, model: str):
    """What a store holds once it has a snapshot more."""
    return thinned([record(at, model), *held])


@given(st.sets(st.integers(0, HOURS - 1)))
def test_every_six_hours_have_a_forecast_of_both_models_where_both_forecast_in_them(missed):
    champion: tuple[SnapshotRecord, ...] = ()
    variant: tuple[SnapshotRecord, ...] = ()
    ledger, of_variant, beside = set(), set(), set()
    for at in range(HOURS):
        champion = newest_first(champion, at, "champion")
        ledger |= {one.issued_at for one in records_of_ledger(champion, champion[0], PERIOD, MANY)}
        if at in missed:
            continue
        variant = newest_first(variant, at, "variant")
        of_variant |= {
            one.issued_at for one in records_of_ledger(variant, variant[0], PERIOD, MANY)
        }
        beside |= {one.issued_at for one in missed_hours(champion, variant)}
    in_common = (ledger | beside) & of_variant
    assert in_common == of_variant
    newest = max((at for at in range(HOURS) if at not in missed), default=0)
    sixes = {at // 6 for at in range(newest) if at not in missed}
    assert len(in_common) == len(sixes)


@given(st.sets(st.integers(0, HOURS - 1)))
def test_nothing_is_kept_twice_where_no_hour_was_missed(ran):
    hours = sorted(ran | {HOURS})
    champion: tuple[SnapshotRecord, ...] = ()
    variant: tuple[SnapshotRecord, ...] = ()
    for at in hours:
        champion = newest_first(champion, at, "champion")
        variant = newest_first(variant, at, "variant")
        assert missed_hours(champion, variant) == []


def published(folder: Path, hours: Sequence[int]) -> SnapshotStore:
    """A store with the snapshots of these hours."""
    store = SnapshotStore(FolderStorage(folder), keep=MANY)
    for at in hours:
        issued_at = FIRST + timedelta(hours=at)
        publish(store, snapshot(f"{issued_at:%Y-%m-%dT%H}"))
    return store


def test_a_forecast_that_cannot_be_read_is_left_out_until_it_can(tmp_path, caplog):
    champion = published(tmp_path / "champion", range(15))
    variant = published(tmp_path / "variant", [0, 1, 7, 13, 14])
    missed = missed_hours(champion.read_state().history, variant.read_state().history)
    hours = sorted(one.issued_at.astimezone(UTC) for one in missed)
    assert hours == [FIRST + timedelta(hours=7), FIRST + timedelta(hours=13)]
    last = max(missed, key=lambda one: one.issued_at)
    [broken] = (tmp_path / "champion").rglob(f"*{last.version}.npz")
    whole = broken.read_bytes()
    broken.write_bytes(whole[:-1])
    beside = MissedHours(tmp_path / "b", champion)
    beside.update(champion.read_state(), variant.read_state())
    assert names(beside) == ["2013-03-10T07"]
    assert "2013-03-10 13:00:00+00:00 is not compared with variant b's" in caplog.text
    broken.write_bytes(whole)
    beside.update(champion.read_state(), variant.read_state())
    assert names(beside) == ["2013-03-10T07", "2013-03-10T13"]


def names(beside: MissedHours) -> list[str]:
    """The hours of what is kept."""
    return sorted(path.stem for path in beside.folder.rglob("*.npz"))
