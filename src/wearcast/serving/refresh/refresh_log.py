"""The log of how refreshes ended: kept beside their observations, and put into the store each time,
where the service reads it.

A refresh that cron starts is over before anything could scrape it, and one that fails publishes no
snapshot to tell it with. Failing to keep the log fails no refresh.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout
from pydantic import ValidationError

from wearcast.artifacts import write_bytes
from wearcast.errors import (
    ArtifactError,
    BusyError,
    ConflictError,
    RefusedError,
    StoreError,
)
from wearcast.forecasting.manifest import Manifest
from wearcast.serving.refresh.exit_codes import RefreshOutcome
from wearcast.serving.refresh.run import Refresh
from wearcast.serving.store.refresh_totals import SUCCESSES, ModelInfo, RefreshTotals, error_name
from wearcast.serving.store.snapshot_store import SnapshotStore

_LOG: Final = logging.getLogger(__name__)
_FILE: Final = ".refreshes.json"
_LOCK_S: Final = 30.0


@dataclass(frozen=True)
class RefreshLog:
    """The log.

    Attributes:
        folder: with the refresh's observations; the log is a file in it.
        store: where the service reads it.
        now: returns the current time.
    """

    folder: Path
    store: SnapshotStore
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def run(self, open_refresh: Callable[[], Refresh]) -> RefreshOutcome:
        """Open a refresh, run it, and log how that ended.

        Raises:
            WearcastError: as `Refresh.open` and `Refresh.run`.
        """
        started_s = time.perf_counter()
        refresh = None
        try:
            refresh = open_refresh()
            outcome = refresh.run()
        except Exception as error:
            self._add(_outcome(error), refresh, started_s, error=error_name(error))
            raise
        ended = "published" if outcome.is_new else "unchanged"
        left_out = len(outcome.left_out)
        self._add(ended, refresh, started_s, left_out=left_out)
        return outcome

    def _add(
        self,
        outcome: str,
        refresh: Refresh | None,
        started_s: float,
        error: str = "",
        left_out: int | None = None,
    ) -> None:
        changes: dict[str, Any] = {}
        if outcome != "busy":
            changes["ended_at"] = self.now()
            changes["last_s"] = time.perf_counter() - started_s
        if outcome in SUCCESSES:
            changes["succeeded_at"] = self.now()
            changes["left_out"] = left_out
        failures: Mapping[str, Mapping[str, int]] = {}
        of_guidance: Mapping[str, Mapping[str, int]] = {}
        unscored: Mapping[str, int] = {}
        if refresh:
            unscored = refresh.score_failures
            failures = refresh.source_failures
            if refresh.guidance:
                of_guidance = {refresh.guidance.name: refresh.guidance.failures}
            changes["model"] = _model_info(refresh.forecaster.manifest)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with FileLock(self.folder / f"{_FILE}.lock", timeout=_LOCK_S):
                old = self._read()
                changes["outcomes"] = _sum(old.outcomes, {outcome: 1})
                if error:
                    changes["errors"] = _sum(old.errors, {error: 1})
                changes["source_failures"] = _sum_by_source(old.source_failures, failures)
                changes["guidance_failures"] = _sum_by_source(old.guidance_failures, of_guidance)
                changes["score_failures"] = _sum(old.score_failures, unscored)
                self._write(old.model_copy(update=changes))
        except (OSError, Timeout) as problem:
            _LOG.warning("how this refresh ended can't be kept: %s", problem)

    def _read(self) -> RefreshTotals:
        """The totals so far: the higher of this machine's and the store's, since a counter that
        another machine left higher must not fall."""
        own = RefreshTotals()
        try:
            content = (self.folder / _FILE).read_bytes()
            own = RefreshTotals.model_validate_json(content)
        except FileNotFoundError:
            pass
        except ValidationError as error:
            _LOG.warning("%s can't be read, and is dropped: %s", self.folder / _FILE, error)
        try:
            return own.merged(self.store.refresh_totals() or RefreshTotals())
        except StoreError:
            return own

    def _write(self, totals: RefreshTotals) -> None:
        content = totals.to_bytes()
        try:
            write_bytes(self.folder / _FILE, content)
        except ArtifactError as error:
            _LOG.warning("how this refresh ended can't be kept: %s", error)
        try:
            self.store.put_refresh_totals(content)
        except StoreError as error:
            _LOG.warning("how this refresh ended can't be told: %s", error)


def _model_info(manifest: Manifest) -> ModelInfo:
    trained_on = manifest.origin.get("trained_on", {})
    return ModelInfo(
        version=manifest.version,
        trained_until=trained_on.get("until", ""),
        has_guidance=manifest.guidance is not None,
    )


def _outcome(error: Exception) -> str:
    match error:
        case BusyError():
            return "busy"
        case ConflictError():
            return "conflict"
        case RefusedError():
            return "refused"
        case _:
            return "failed"


def _sum(old: Mapping[str, int], new: Mapping[str, int]) -> dict[str, int]:
    total = dict(old)
    for name, count in new.items():
        total[name] = total.get(name, 0) + count
    return total


def _sum_by_source(
    old: Mapping[str, Mapping[str, int]], new: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    total = {source: dict(counts) for source, counts in old.items()}
    for source, counts in new.items():
        total[source] = _sum(total.get(source, {}), counts)
    return total
