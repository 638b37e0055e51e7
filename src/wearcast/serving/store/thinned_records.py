"""The records of sharded snapshots that a store keeps: all of the last two days, and before them
what the verification of past forecasts reads."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from wearcast.serving.store.snapshot_store import SnapshotRecord

_ALL_FOR: Final = timedelta(days=2)
"""The advice of a day is judged by the last forecast before it, once its last hour has come: that
is a day later, and some hours more where a station's observations come late."""
_SPACING_H: Final = 6
"""Of those before: the verification reads one of every six hours where there are many."""
_LONGEST: Final = timedelta(days=15)
"""The verification looks back for 14 days."""
_VERIFIED: Final = 3
"""The newest, which readers may try: of others nobody asks how forecasts before them fared."""


def thinned(newest_first: Iterable["SnapshotRecord"]) -> tuple["SnapshotRecord", ...]:
    """The records that are kept, in their order; those that aren't sharded all are.

    Of every six hours the one that was issued first stays, which is so whenever it is asked.
    """
    records = tuple(newest_first)
    now = records[0].issued_at
    first_of: dict[tuple[str, int], SnapshotRecord] = {}
    for record in records:
        if record.is_sharded:
            key = _six_hours(record)
            first = first_of.setdefault(key, record)
            if record.issued_at < first.issued_at:
                first_of[key] = record
    kept = []
    for number, record in enumerate(records):
        age = now - record.issued_at
        is_first = first_of.get(_six_hours(record)) is record and age <= _LONGEST
        if not record.is_sharded:
            kept.append(record)
        elif age <= _ALL_FOR or is_first:
            kept.append(record if number < _VERIFIED else record.without_verification())
    return tuple(kept)


def _six_hours(record: "SnapshotRecord") -> tuple[str, int]:
    hour = int(record.issued_at.timestamp()) // 3600
    return record.model, hour // _SPACING_H
