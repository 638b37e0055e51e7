"""Old snapshots in shards are thinned: all of the last day stay, and of those before it what the
verification of past forecasts reads."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from wearcast.serving.refresh.live_verification import PERIOD, records_to_verify
from wearcast.serving.store.snapshot_store import SnapshotRecord
from wearcast.serving.store.thinned_records import thinned

START = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def record(hour: int, is_sharded: bool = True) -> SnapshotRecord:
    issued_at = START + hour * HOUR
    return SnapshotRecord(
        version=f"{hour:064x}",
        published_at=issued_at + timedelta(minutes=10),
        issued_at=issued_at,
        model="m",
        source="kma",
        replay=False,
        recent=f"{hour + 1:064x}",
        is_sharded=is_sharded,
    )


def published(hours: list[int], is_sharded: bool = True) -> tuple[SnapshotRecord, ...]:
    """What is kept after one snapshot after the other, each thinned as it is published."""
    kept: tuple[SnapshotRecord, ...] = ()
    for hour in hours:
        kept = thinned((record(hour, is_sharded), *kept))
    return kept


def issue_hours(records: tuple[SnapshotRecord, ...]) -> list[int]:
    return [(one.issued_at - START) // HOUR for one in records]


def test_of_a_week_two_days_are_whole_and_the_rest_every_sixth_hour():
    week = published(list(range(7 * 24)))
    hours = issue_hours(week)
    assert hours == [*range(167, 118, -1), *range(114, -1, -6)]
    assert [bool(one.recent) for one in week] == [True] * 3 + [False] * (len(week) - 3)


def test_nothing_is_kept_that_is_too_old_to_be_read():
    month = published(list(range(30 * 24)))
    oldest = START + min(issue_hours(month)) * HOUR
    assert PERIOD < month[0].issued_at - oldest <= timedelta(days=15)


def test_single_files_of_few_stations_are_all_kept():
    assert len(published(list(range(400)), is_sharded=False)) == 400


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, 499), min_size=1))
def test_the_verification_reads_the_same_as_if_all_were_kept(left_out):
    """Once there is more than two weeks of hours, whichever refreshes failed."""
    hours = [hour for hour in range(500) if hour not in left_out or hour % 97 == 0]
    every = tuple(record(hour) for hour in reversed(hours))
    now = record(501)
    expected = records_to_verify(every, now)
    if len(expected) < 50:
        return
    found = records_to_verify(published(hours), now)
    assert {one.version for one in found} <= {one.version for one in every}
    assert len(found) >= len(expected) - 1
