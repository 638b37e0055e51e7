"""A variant that misses an hour loses no more than that hour's forecasts."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from unit.serving.refresh_fakes import hour
from wearcast.serving.refresh.live_verification import PERIOD, records_of_ledger
from wearcast.serving.refresh.missed_hours import missed_hours
from wearcast.serving.store.snapshot_store import SnapshotRecord
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
