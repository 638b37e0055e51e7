"""Past forecasts of some stations as far as they are verified: a file of each published snapshot,
which is read from the store once.

<origin>/forecasts/<when>-<version>.npz
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Final

from wearcast.artifacts import write_bytes
from wearcast.serving.refresh.kept_forecasts import KeptForecasts
from wearcast.serving.refresh.ledger_files import drop_broken
from wearcast.serving.refresh.past_shards import PastShards, read_records
from wearcast.serving.store.snapshot_store import SnapshotRecord

FOLDER: Final = "forecasts"


@dataclass(frozen=True)
class ForecastFiles:
    """The files of the forecasts of one origin.

    Attributes:
        folder: of the origin.
        store: where the snapshots are published.
        horizon_h: how far ahead the forecasts reach; of others nothing is read.
        known: by file what was read; None of another horizon.
    """

    folder: Path
    store: PastShards
    horizon_h: int
    known: dict[Path, KeptForecasts | None] = field(default_factory=dict)

    def path(self, record: SnapshotRecord) -> Path:
        """The file of a published snapshot."""
        published_at = record.published_at.astimezone(UTC)
        name = f"{published_at:%Y%m%dT%H%M%S.%f}-{record.version[:16]}.npz"
        return self.folder / FOLDER / name

    def read(
        self, records: Iterable[SnapshotRecord]
    ) -> Iterator[tuple[SnapshotRecord, KeptForecasts | None]]:
        """What was forecast, in the order of the records, each with its own: from the files, or
        else from the store. None of another horizon; what can't be read is left out, with a
        warning."""
        asked = list(records)
        lacking = [record for record in asked if not self._is_there(record)]
        for record, snapshot in read_records(self.store, lacking):
            fits = snapshot.horizon_h == self.horizon_h
            self.known[self.path(record)] = KeptForecasts.of(snapshot) if fits else None
        for record in asked:
            path = self.path(record)
            if path in self.known:
                yield record, self.known[path]

    def keep(self, record: SnapshotRecord, forecasts: KeptForecasts) -> None:
        """Write the file of a published snapshot.

        Raises:
            ArtifactError: it can't be written.
        """
        path = self.path(record)
        write_bytes(path, forecasts.to_bytes())
        self.known[path] = forecasts

    def all(self) -> dict[Path, KeptForecasts]:
        """What all files hold, by file."""
        found = {}
        for path in (self.folder / FOLDER).glob("*.npz"):
            forecasts = self._of_file(path)
            if forecasts:
                found[path] = forecasts
        return found

    def _is_there(self, record: SnapshotRecord) -> bool:
        """Whether a snapshot's file has all its stations: once others were added or removed, it may
        have those of another partition, and is dropped."""
        path = self.path(record)
        forecasts = self._of_file(path)
        if forecasts is None:
            return path in self.known
        if self.store.stations_of(record).issubset(forecasts.stations):
            return True
        path.unlink(missing_ok=True)
        del self.known[path]
        return False

    def _of_file(self, path: Path) -> KeptForecasts | None:
        """What a file holds; None where it isn't there. A broken one is dropped."""
        if path in self.known:
            return self.known[path]
        try:
            forecasts = KeptForecasts.from_bytes(path.read_bytes(), self.horizon_h)
        except OSError:
            return None
        except ValueError as error:
            drop_broken(path, error)
            return None
        self.known[path] = forecasts
        return forecasts
