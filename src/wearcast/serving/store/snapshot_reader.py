"""The reader of a snapshot store: it keeps the last good snapshot in memory, polls for a newer one
in the background, and computes its age."""

import asyncio
import contextlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from wearcast.errors import StoreError, UnservableError
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.daemon_thread import run_in_daemon_thread
from wearcast.serving.store.current_snapshot import CurrentSnapshot, ServedSnapshot
from wearcast.serving.store.last_good import LastGood
from wearcast.serving.store.refresh_totals import RefreshTotals
from wearcast.serving.store.shard_files import ShardFiles
from wearcast.serving.store.snapshot_store import (
    SnapshotRecord,
    SnapshotStore,
    parsed_shards,
    parsed_snapshot,
)
from wearcast.serving.store.verification_by_shard import VerificationByShard

_LOG: Final = logging.getLogger(__name__)
_STARTUP_GRACE_S: Final = 60.0
"""A refresh that started together with this process has published by then; an empty store is an
error from then on."""
_MAX_RECORDS_TRIED: Final = 3
"""How many records are tried, the newest first, where the latest snapshots are broken."""
_MAX_REFUSALS: Final = 16
"""How many records that can't be served are remembered, so that they aren't tried again."""
_PATIENCE_S: Final = 1.0
"""A process that starts serves the last good snapshot after so long without one of the store."""
_WAITING: Final = (
    "Nothing has been published to the store yet: waiting for the first snapshot, which `wearcast"
    " refresh` publishes."
)
_EMPTY: Final = "Nothing has been published to the store. Run `wearcast refresh`."
_GONE: Final = (
    "What was published is gone from the store. The next `wearcast refresh` publishes again."
)
_SLOW: Final = "The store hasn't answered yet since the start."

Check = Callable[[ServedSnapshot, bytes], None]


def accept(_candidate: ServedSnapshot, _content: bytes) -> None:
    """A check that finds nothing wrong."""


class SnapshotReader(CurrentSnapshot):
    """The last good snapshot of a store.

    Args:
        store: the store.
        stale_after: the age from which a forecast is stale.
        now: the current time.
        monotonic_s: a clock in seconds that is never set back.
        check: called with a snapshot and its bytes before it is served, in the thread that polls.
            It may take its time. It raises UnservableError where the snapshot can't be served, and
            another StoreError where that couldn't be found out; older ones are tried then.
        last_good: keeps the snapshot for the next start; None where nothing is to be kept.
        is_shadow: whether nobody is served it, and it is only told of.

    Attributes:
        current: the snapshot that is served; None before the first one.
        last_error: why the last poll failed; empty where it succeeded.
        refresh_totals: how refreshes ended; None where it isn't known.
        polls, failures: how many polls there were, and how many of them failed.
        check: see above.
    """

    def __init__(
        self,
        store: SnapshotStore,
        stale_after: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
        check: Check = accept,
        last_good: LastGood | None = None,
        is_shadow: bool = False,
    ) -> None:
        super().__init__(stale_after, now, monotonic_s)
        self.check = check
        self._store = store
        self._last_good = last_good
        self._files = ShardFiles(last_good.shards if last_good else None)
        self._is_shadow = is_shadow
        self._refusals: OrderedDict[SnapshotRecord, str] = OrderedDict()
        self._switching = threading.Lock()
        self._answered = threading.Event()
        self._started_s = monotonic_s()
        self.refresh_totals: RefreshTotals | None = None
        self.polls = self.failures = 0

    async def watch(self, every: timedelta) -> None:
        """Poll the store for ever, in a thread, so that a slow store delays no request."""
        while True:
            try:
                await run_in_daemon_thread(self.poll, "store-poll")
            except Exception as error:  # noqa: BLE001 - no unforeseen error may end the polling
                self.polls += 1
                self.failures += 1
                self.last_error = (
                    "A look at the store failed in a way that nobody foresaw:"
                    f" {type(error).__name__}. The log has it."
                )
                _LOG.exception("a look at the store failed")
            await asyncio.sleep(self.poll_interval(every).total_seconds())

    def poll(self) -> None:
        """Load the newest good snapshot of the store; where that fails, keep the current one, or
        else the last good one of this machine, and set `last_error`."""
        with self._restoring():
            try:
                problem = self._load_newest()
                self._load_refresh_totals()
            except StoreError as error:
                problem = str(error)
        if self.current and problem in (_WAITING, _EMPTY):
            problem = _GONE
        self.polls += 1
        self.failures += problem not in ("", _WAITING)
        if problem != self.last_error:
            self._log_change(problem)
        self.last_error = problem

    def _load_newest(self) -> str:
        """Load the newest good record; why newer ones were skipped, empty where none was."""
        pointer = self._store.pointer()
        if pointer is None:
            return self._empty_store_message()
        problems = []
        for record in pointer.history[:_MAX_RECORDS_TRIED]:
            if self.current and record.version == self.current.record.version:
                self._update_record(record)
                break
            problem = self._refusals.get(record) or self._load(record)
            if not problem:
                break
            problems.append(problem)
        return problems[0] if problems else ""

    def _load_refresh_totals(self) -> None:
        """Read how refreshes ended; where that fails, what was read last stays."""
        try:
            self.refresh_totals = self._store.refresh_totals()
        except StoreError as error:
            _LOG.debug("how refreshes ended isn't known: %s", error)

    def _load(self, record: SnapshotRecord) -> str:
        """Serve the snapshot of a record from the store; why it can't be, empty where it is."""
        try:
            content = self._store.content(record)
            live_verification = self._live_verification(record)
            self._answered.set()
            candidate = self._checked(record, content, live_verification)
        except StoreError as error:
            return str(error)
        with self._switching:
            before, self.current = self.current, candidate
        self._log_current(candidate)
        self._keep(candidate, content)
        self._delete_old_shards(candidate, before)
        return ""

    def _delete_old_shards(self, current: ServedSnapshot, before: ServedSnapshot | None) -> None:
        """Delete the files of shards that are of neither snapshot, nor of the one that the folder
        has for the next start: an older one, where the disk is full."""
        if self._last_good is None or not self._last_good.shards.is_dir():
            return
        kept = self._last_good.shards_of_kept()
        self._files.delete_old([current.snapshot, before.snapshot if before else None], kept)

    def _checked(
        self, record: SnapshotRecord, content: bytes, live_verification: Mapping[str, Any] | None
    ) -> ServedSnapshot:
        """A snapshot that can be served.

        Raises:
            UnservableError: it can't be; the record is remembered.
            StoreError: it couldn't be checked.
        """
        first_seen_s = self._first_seen_s(record)
        try:
            snapshot = self._parsed(record, content)
            candidate = ServedSnapshot(record, snapshot, live_verification, first_seen_s)
            self.check(candidate, content)
        except UnservableError as error:
            self._refusals[record] = str(error)
            while len(self._refusals) > _MAX_REFUSALS:
                self._refusals.popitem(last=False)
            raise
        return candidate

    def _parsed(self, record: SnapshotRecord, content: bytes) -> Snapshot:
        """The snapshot of a record; what it has in common with the current one isn't read again."""
        if not record.is_sharded:
            return parsed_snapshot(record, content)
        held = self.current.snapshot if self.current else None
        return parsed_shards(record, content, self._files, self._store.shard, held)

    def _first_seen_s(self, record: SnapshotRecord) -> float:
        """When this machine first read a record, a process before this one perhaps, by the
        monotonic clock of this one."""
        known_for_s = 0.0
        kept = self._last_good.read() if self._last_good and not self.current else None
        if kept and kept.note.record == record:
            known_for = self._now() - kept.note.first_seen_at
            known_for_s = known_for.total_seconds()
        return self._monotonic_s() - max(0.0, known_for_s)

    @contextlib.contextmanager
    def _restoring(self) -> Iterator[None]:
        """Serve the last good snapshot where there is none yet, and the store takes long within
        this block, or there is none after it either."""
        if self.current or not self._last_good:
            yield
            return
        self._answered.clear()
        waiting = threading.Thread(target=self._restore_if_slow, name="last-good", daemon=True)
        waiting.start()
        try:
            yield
        finally:
            self._answered.set()
            waiting.join()
            if self.current is None:
                self._restore(self._last_good)

    def _restore_if_slow(self) -> None:
        if self._last_good and not self._answered.wait(_PATIENCE_S):
            self._restore(self._last_good, _SLOW)

    def _restore(self, last_good: LastGood, problem: str = "") -> None:
        """Serve the last good snapshot that this machine kept, unless there is another by then.

        Args:
            last_good: where it is kept.
            problem: set as `last_error`.
        """
        kept = last_good.read()
        if kept is None or kept.note.record in self._refusals:
            return
        note = kept.note
        try:
            candidate = self._checked(note.record, kept.content, note.live_verification)
        except StoreError as error:
            last_good.report(f"can't be served: {error}")
            return
        with self._switching:
            if self.current is None:
                self.current = candidate
                self.last_error = problem
                self._log_current(candidate)

    def _keep(self, served: ServedSnapshot, content: bytes) -> None:
        """Keep the snapshot that is served for the next start."""
        if self._last_good:
            known_for = timedelta(seconds=self.known_for_s(served))
            first_seen_at = self._now() - known_for
            scores = served.live_verification
            if isinstance(scores, VerificationByShard):
                # That of very many stations would be larger than the file may be.
                scores = dict(scores) if scores.is_small else None
            self._last_good.write(served.record, content, scores, first_seen_at)

    def _empty_store_message(self) -> str:
        if self.current:
            return _GONE
        return _WAITING if self._monotonic_s() - self._started_s < _STARTUP_GRACE_S else _EMPTY

    def _log_change(self, problem: str) -> None:
        """Log a problem that is new, or that is over."""
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

    def _log_current(self, served: ServedSnapshot) -> None:
        record = served.record
        _LOG.info(
            "watching shadow snapshot %s" if self._is_shadow else "serving snapshot %s",
            record.version[:12],
            extra={"issued_at": record.issued_at, "model": record.model},
        )

    def _update_record(self, record: SnapshotRecord) -> None:
        """Take over a new record of the snapshot that is served: it was published again."""
        if self.current and record != self.current.record:
            self.current = replace(
                self.current,
                record=record,
                live_verification=self._live_verification(record),
                first_seen_s=self._monotonic_s(),
            )
            if self._last_good:
                self._keep(self.current, self._store.content(record))

    def _live_verification(self, record: SnapshotRecord) -> Mapping[str, Any] | None:
        try:
            return self._store.live_verification(record)
        except StoreError as error:
            _LOG.warning("how past snapshots fared isn't known: %s", error)
            return None
