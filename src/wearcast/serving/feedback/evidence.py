"""What a vote is worth: whom the clothes would have suited in the weather as it came.

It is worked out here, from the snapshots: a client can't make up what it was advised.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from wearcast.clothing.settings import Settings
from wearcast.clothing.snapshot_weather import weather_of_day, weather_since
from wearcast.clothing.wardrobe import Garment
from wearcast.clothing.weather_input import Weather
from wearcast.clothing.worn_day import WornDay, advised_day, own_day
from wearcast.errors import ModelError, VoteError
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.store.current_snapshot import ServedSnapshot
from wearcast.serving.store.shard_manifest import Shard
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

_MAX_HELD: Final = 4
"""How many snapshots of earlier advice are held, of about 0.5 MB a station."""

_LONGEST_AHEAD: Final = timedelta(days=2)
"""Advice older than this at the day's first hour isn't what anybody dressed by."""


@dataclass(frozen=True)
class Evidence:
    """What a vote is worth.

    Attributes:
        day: what was worn, and whom it suited.
        record: of the snapshot that the advice was from.
    """

    day: WornDay
    record: SnapshotRecord


class PastAdvice:
    """The snapshots by which people dressed.

    Args:
        store: of the snapshots.
    """

    def __init__(self, store: SnapshotStore) -> None:
        self._store = store
        self._held: OrderedDict[str, Snapshot] = OrderedDict()

    def before(
        self, hour: datetime, current: ServedSnapshot, station: str
    ) -> tuple[SnapshotRecord, Snapshot]:
        """The newest snapshot that stood when an hour began; of one in shards that with a station.

        Args:
            hour: with its zone.
            current: the snapshot that is served.
            station: its id.

        Raises:
            StoreError: the store can't be reached, or the snapshot is broken.
            VoteError: none is kept.
        """
        pointer = self._store.pointer()
        for record in pointer.history if pointer else ():
            if timedelta(0) <= hour - _stood_since(record) <= _LONGEST_AHEAD:
                return record, self._snapshot(record, current, station)
        raise VoteError(
            f"no advice that stood at {hour:%Y-%m-%d %H:%M} UTC, when the day's first hour outdoors"
            " began, is kept; tell of a later day, or of what you wore with `worn`"
        )

    def _snapshot(self, record: SnapshotRecord, current: ServedSnapshot, station: str) -> Snapshot:
        if record.version == current.record.version:
            return current.snapshot
        shard = self._shard(record, station)
        key = shard.version if shard else record.version
        found = self._held.pop(key, None)
        if found is None:
            found = self._store.read_shard(shard) if shard else self._store.snapshot(record)
        self._held[key] = found
        while len(self._held) > _MAX_HELD:
            self._held.popitem(last=False)
        return found

    def _shard(self, record: SnapshotRecord, station: str) -> Shard | None:
        """The shard that has a station, or any where none has; None of a single file."""
        shards = self._store.shards_of(record)
        with_station = [shard for shard in shards if station in shard.stations]
        return next(iter(with_station or shards), None)


def _stood_since(record: SnapshotRecord) -> datetime:
    """When people could first see it; a replay's clock stands at its issue time."""
    return record.issued_at if record.replay else record.published_at


@dataclass(frozen=True)
class ToldDay:
    """A day that a person tells of.

    Attributes:
        station: the station's id.
        on: the local date.
        settings: the person's, as they were advised.
        now: when they tell of it, with its zone; a replay has a clock of its own.
    """

    station: str
    on: date
    settings: Settings
    now: datetime

    def weather_since(self, snapshot: Snapshot) -> Weather:
        """The weather of its hours outdoors that have begun.

        Raises:
            ModelError: the station isn't in the snapshot.
            VoteError: none has, or they are too long ago.
        """
        came = weather_since(snapshot, self.station, self.on, self.settings, self.now)
        if came is None:
            raise VoteError(
                f"no hour outdoors of {self.on} at {self.station} has begun that the weather is"
                " still known of; tell of today or yesterday"
            )
        return came


def of_advice(past: PastAdvice, current: ServedSnapshot, told: ToldDay) -> Evidence:
    """Of a day's advice, as it stood when the day's first hour outdoors began.

    Args:
        past: where that advice is.
        current: the snapshot that is served; it knows the weather since.
        told: the day.

    Raises:
        ModelError: the station isn't in the snapshot that is served.
        StoreError: the snapshots can't be reached.
        VoteError: the day hasn't begun, is too long ago, or no advice stood when it began.
    """
    came = told.weather_since(current.snapshot)
    first_hour = came.valid_at[0].astype("datetime64[s]").item()
    record, snapshot = past.before(first_hour.replace(tzinfo=UTC), current, told.station)
    try:
        forecast = weather_of_day(snapshot, told.station, told.on, told.settings)
    except ModelError:
        day = None
    else:
        day = advised_day(forecast, came, told.settings)
    if day is None:
        raise VoteError(f"no advice for {told.on} at {told.station} is kept any more")
    return Evidence(day, record)


def of_own_clothes(current: ServedSnapshot, told: ToldDay, worn: Sequence[Garment]) -> Evidence:
    """Of what a person wore by their own choice, in the hours outdoors of their settings.

    Raises:
        ModelError: the station isn't in the snapshot.
        VoteError: the hours haven't begun, or are too long ago.
    """
    came = told.weather_since(current.snapshot)
    return Evidence(own_day(came, worn, told.settings), current.record)
