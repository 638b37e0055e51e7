"""The reader of a store: keeps the last good snapshot in memory, looks for a newer one in the
background, and knows its age."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from wearcast.errors import StoreError
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

_LOG: Final = logging.getLogger(__name__)
_INTERVAL_WHILE_EMPTY: Final = timedelta(seconds=1)
"""How often the store is looked at while there is nothing to serve: such a look is cheap, and
everybody waits for it."""
_STARTUP_GRACE_S: Final = 60.0
"""A first refresh that began with this process has published by then; where nothing has come,
somebody must be told."""
_MAX_RECORDS_TRIED: Final = 3
"""Where the latest snapshots are broken, so many records are tried, the newest first."""
_WAITING: Final = (
    "Nothing has been published to the store yet: waiting for the first snapshot, which `wearcast"
    " refresh` publishes."
)
_EMPTY: Final = "Nothing has been published to the store. Run `wearcast refresh`."
_GONE: Final = (
    "What was published is gone from the store. The next `wearcast refresh` publishes again."
)


@dataclass(frozen=True)
class ServedSnapshot:
    """The snapshot that is served.

    Attributes:
        record: what the store says of it.
        snapshot: itself.
        recent: how the ones before it fared; None where that isn't known.
        first_seen_s: when this process first saw the record, by a clock that only goes forward.
    """

    record: SnapshotRecord
    snapshot: Snapshot
    live_verification: Mapping[str, Any] | None
    first_seen_s: float


class SnapshotReader:
    """The last good snapshot of a store.

    Attributes:
        current: it, or None before the first one.
        trouble: why the last look at the store brought nothing new and good; empty where all is
            well.
        looks, failures: how many looks there were, and how many of them found trouble.
    """

    def __init__(
        self,
        store: SnapshotStore,
        stale_after: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._stale_after = stale_after
        self._now = now
        self._monotonic_s = monotonic_s
        self._started_s = monotonic_s()
        self.current: ServedSnapshot | None = None
        self.last_error = ""
        self.polls = self.failures = 0

    def now(self) -> datetime:
        """The time of day by the clock that it reads."""
        return self._now()

    async def watch(self, every: timedelta) -> None:
        """Look again and again, in a thread, so that a slow store slows nobody who asks."""
        while True:
            try:
                await run_in_daemon_thread(self.poll)
            except Exception as error:  # noqa: BLE001 - whatever it is that nobody foresaw, it must not end the service
                self.failures += 1
                self.last_error = (
                    "A look at the store failed in a way that nobody foresaw:"
                    f" {type(error).__name__}. The log has it."
                )
                _LOG.exception("a look at the store failed")
            await asyncio.sleep(self.poll_interval(every).total_seconds())

    def poll_interval(self, every: timedelta) -> timedelta:
        """The time between two looks: `every`, or less as long as there is nothing to serve."""
        return every if self.current else min(every, _INTERVAL_WHILE_EMPTY)

    def poll(self) -> None:
        """Take the newest good snapshot of the store; where there is none, keep what is there and
        remember why."""
        try:
            problem = self._load_newest()
        except StoreError as error:
            problem = str(error)
        self.polls += 1
        self.failures += problem not in ("", _WAITING)
        if problem != self.last_error:
            self._log_change(problem)
        self.last_error = problem

    def age(self, current: ServedSnapshot, station: int | None = None) -> timedelta:
        """How old a forecast is: since its issue time, or of a replay, since it was published.

        Whatever the clocks of this machine and of the publisher's say, it is never younger than the
        time this process has known it.

        Args:
            current: what is served.
            station: the station's index; None for the newest of all.
        """
        known_for = timedelta(seconds=self._monotonic_s() - current.first_seen_s)
        return max(self._now() - _reference_time(current, station), known_for, timedelta(0))

    def stale(self, current: ServedSnapshot, station: int | None = None) -> bool:
        """Whether it is too old to be called fresh."""
        return self.age(current, station) > self._stale_after

    def _load_newest(self) -> str:
        """What was wrong with the newest records, on the way to one that is good."""
        pointer = self._store.pointer()
        if pointer is None:
            return self._empty_store_message()
        problems = []
        for record in pointer.history[:_MAX_RECORDS_TRIED]:
            if self.current and record.version == self.current.record.version:
                self._update_record(record)
                break
            try:
                self.current = ServedSnapshot(
                    record,
                    self._store.snapshot(record),
                    self._live_verification(record),
                    self._monotonic_s(),
                )
            except StoreError as error:
                problems.append(str(error))
            else:
                _LOG.info(
                    "serving snapshot %s",
                    record.version[:12],
                    extra={"issued_at": record.issued_at, "model": record.model},
                )
                break
        return problems[0] if problems else ""

    def _empty_store_message(self) -> str:
        if self.current:
            return _GONE
        return _WAITING if self._monotonic_s() - self._started_s < _STARTUP_GRACE_S else _EMPTY

    def _log_change(self, problem: str) -> None:
        """Log a trouble that is new, or over."""
        if problem == _WAITING:
            _LOG.info("%s", problem)
        elif problem and self.current:
            _LOG.warning(
                "%s Snapshot %s is still served.", problem, self.current.record.version[:12]
            )
        elif problem:
            _LOG.warning("%s There is nothing to serve yet.", problem)
        elif self.last_error != _WAITING:
            _LOG.info("the store is well again")

    def _update_record(self, record: SnapshotRecord) -> None:
        if self.current and record != self.current.record:
            self.current = replace(
                self.current,
                record=record,
                live_verification=self._live_verification(record),
                first_seen_s=self._monotonic_s(),
            )

    def _live_verification(self, record: SnapshotRecord) -> Mapping[str, Any] | None:
        try:
            return self._store.live_verification(record)
        except StoreError as error:
            _LOG.warning("how past snapshots fared isn't known: %s", error)
            return None


async def run_in_daemon_thread(work: Callable[[], None]) -> None:
    """Do the work in a thread that nobody waits for when the process ends: a store that hangs gives
    up late."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def finish(error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        failed: Exception | None = None
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            failed = error
        with contextlib.suppress(RuntimeError):  # where the loop is closed already
            loop.call_soon_threadsafe(finish, failed)

    threading.Thread(target=run, name="look", daemon=True).start()
    await done


def _reference_time(current: ServedSnapshot, station: int | None) -> datetime:
    if current.record.replay:
        return current.record.published_at
    if station is None:
        return current.record.issued_at
    issued_at: datetime = current.snapshot.issued_at[station].item().replace(tzinfo=UTC)
    return issued_at
