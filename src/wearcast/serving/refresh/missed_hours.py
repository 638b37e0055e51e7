"""The champion's forecasts of the hours that a variant's ledger keeps and the champion's doesn't.

Ledgers of many stations keep the first forecast of every six hours. A variant that misses that hour
keeps the next one, so the two ledgers would have nothing in common for six hours. The champion's
store has all hours of the last two days: its forecast of the variant's hour is kept beside the
variant's ledger.

<variant>/champion/<origin>/<shard>/forecasts/2013-03-12T07.npz
"""

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from wearcast.artifacts import write_bytes
from wearcast.errors import StoreError
from wearcast.serving.refresh.forecast_files import FOLDER
from wearcast.serving.refresh.forecast_ledger import folder_name
from wearcast.serving.refresh.kept_forecasts import KeptForecasts
from wearcast.serving.refresh.live_verification import PERIOD, first_of_six_hours, latest_by_hour
from wearcast.serving.refresh.past_shards import PastShards
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore, StoreState

_LOG: Final = logging.getLogger(__name__)

_NEW: Final = timedelta(days=2)
"""Older hours are in the store no more, or are kept already."""
_NAME: Final = "%Y-%m-%dT%H"


def missed_hours(
    champion: Sequence[SnapshotRecord], variant: Sequence[SnapshotRecord]
) -> list[SnapshotRecord]:
    """The champion's records of hours with which six hours of the variant's begin, and not those of
    the champion's.

    Args:
        champion, variant: the records of their stores, the newest first.
    """
    now = champion[0]
    own = latest_by_hour(champion, now, PERIOD)
    of_variant = latest_by_hour(variant, variant[0], PERIOD)
    kept = {record.issued_at for record in first_of_six_hours(own)}
    wanted = {record.issued_at for record in first_of_six_hours(of_variant)}
    missed = {at for at in wanted - kept if at >= now.issued_at - _NEW}
    return [record for record in own.values() if record.issued_at in missed]


@dataclass(frozen=True)
class MissedHours:
    """What is kept of a champion for a variant.

    Attributes:
        folder: of the variant.
        store: the champion's.
    """

    folder: Path
    store: SnapshotStore

    def update(self, champion: StoreState, variant: StoreState) -> None:
        """Keep what the champion's ledger will lack, and delete what was scored long ago. What
        can't be read is left out, and tried again by the next refreshes.

        Args:
            champion, variant: what their stores hold.

        Raises:
            ArtifactError: the disk can't be written.
        """
        if champion.latest is None or variant.latest is None:
            return
        for record in missed_hours(champion.history, variant.history):
            try:
                self._keep(record)
            except StoreError as error:
                _LOG.warning(
                    "the champion's forecast of %s is not compared with variant %s's: %s",
                    record.issued_at,
                    self.folder.name,
                    error,
                )
        self._delete_older(champion.latest)

    def folders(self, now: SnapshotRecord) -> list[Path]:
        """The folders of forecasts of the same origin, as those of its ledgers."""
        return sorted((self._all / folder_name(now)).glob("*"))

    @property
    def _all(self) -> Path:
        return self.folder / "champion"

    def _keep(self, record: SnapshotRecord) -> None:
        name = f"{record.issued_at.astimezone(UTC):{_NAME}}.npz"
        of_origin = self._all / folder_name(record)
        shards = self.store.shards_of(record)
        stations = [frozenset(shard.stations) for shard in shards]
        # One after the other: all at once may take more memory than there is.
        for number, some in enumerate(stations or [frozenset()]):
            path = of_origin / str(number) / FOLDER / name
            if path.exists():
                continue
            past = PastShards(self.store, some)
            kept = KeptForecasts.of(past.snapshot(record))
            write_bytes(path, kept.to_bytes())

    def _delete_older(self, now: SnapshotRecord) -> None:
        for origin in self._all.glob("*"):
            if origin.name != folder_name(now):
                shutil.rmtree(origin, ignore_errors=True)
        for path in self._all.glob(f"*/*/{FOLDER}/*.npz"):
            issued_at = datetime.strptime(path.stem, _NAME).replace(tzinfo=UTC)
            if not now.issued_at - PERIOD <= issued_at < now.issued_at:
                path.unlink()
