"""What the forecast of a snapshot's station is made from, in words."""

from datetime import UTC, datetime

from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.made_from import made_from
from wearcast.vocabulary import Language


def snapshot_basis(language: Language, snapshot: Snapshot, index: int) -> str:
    """In one to four sentences; `index` is the station's in the snapshot."""
    at: datetime = snapshot.issued_at[index].item()
    zone = snapshot.stations[index].zone
    issued_at = at.replace(tzinfo=UTC).astimezone(zone)
    return made_from(language, snapshot.guidance[index], issued_at, snapshot.horizon_h)
