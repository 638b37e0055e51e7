"""The reader of a snapshot store: it keeps the last good snapshot in memory, polls for a newer one
in the background, and computes its age."""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from wearcast.errors import StoreError
from wearcast.serving.store.current_snapshot import CurrentSnapshot, ServedSnapshot
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore

_LOG: Final = logging.getLogger(__name__)
_STARTUP_GRACE_S: Final = 60.0
"""A refresh that started together with this process has published by then; an empty store is an
error from then on."""
_MAX_RECORDS_TRIED: Final = 3
"""How many records are tried, the newest first, where the latest snapshots are broken."""
_WAITING: Final = (
    "Nothing has been published to the store yet: waiting for the first snapshot, which `wearcast"
    " refresh` publishes."
)
_EMPTY: Final = "Nothing has been published to the store. Run `wearcast refresh`."
_GONE: Final = (
    "What was published is gone from the store. The next `wearcast refresh` publishes again."
)


class SnapshotReader(CurrentSnapshot):
    """The last good snapshot of a store.

    Attributes:
        current: the snapshot that is served; None before the first one.
        last_error: why the last poll failed; empty where it succeeded.
        polls, failures: how many polls there were, and how many of them failed.
    """

    def __init__(
        self,
        store: SnapshotStore,
        stale_after: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(stale_after, now, monotonic_s)
        self._store = store
        self._started_s = monotonic_s()
        self.check: Callable[[ServedSnapshot, bytes], None] = lambda _snapshot, _content: None
        self.polls = self.failures = 0

    async def watch(self, every: timedelta) -> None:
        """Poll the store for ever, in a thread, so that a slow store delays no request."""
        while True:
            try:
                await run_in_daemon_thread(self.poll)
            except Exception as error:  # noqa: BLE001 - no unforeseen error may end the polling
                self.failures += 1
                self.last_error = (
                    "A look at the store failed in a way that nobody foresaw:"
                    f" {type(error).__name__}. The log has it."
                )
                _LOG.exception("a look at the store failed")
            await asyncio.sleep(self.poll_interval(every).total_seconds())

    def poll(self) -> None:
        """Load the newest good snapshot of the store; where that fails, keep the current one and
        set `last_error`."""
        try:
            problem = self._load_newest()
        except StoreError as error:
            problem = str(error)
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
            try:
                self._serve(record)
            except StoreError as error:
                problems.append(str(error))
            else:
                break
        return problems[0] if problems else ""

    def _serve(self, record: SnapshotRecord) -> None:
        snapshot = self._store.snapshot(record)
        live_verification = self._live_verification(record)
        candidate = ServedSnapshot(record, snapshot, live_verification, self._monotonic_s())
        self.check(candidate, snapshot.to_bytes())
        self.current = candidate
        _LOG.info(
            "serving snapshot %s",
            record.version[:12],
            extra={"issued_at": record.issued_at, "model": record.model},
        )

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

    def _update_record(self, record: SnapshotRecord) -> None:
        """Take over a new record of the snapshot that is served: it was published again."""
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
    """Run the work in a daemon thread and wait for it; the process can end while it hangs."""
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
        except Exception as error:  # noqa: BLE001 - raised again in the coroutine that waits
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(finish, failed)

    threading.Thread(target=run, name="store-poll", daemon=True).start()
    await done
