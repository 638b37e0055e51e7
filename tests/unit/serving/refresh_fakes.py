"""Fakes for refresh: a source, a failing storage, snapshots without a model, and a project."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from horizon import HORIZON_H
from pipeline.projects import REPOSITORY
from unit.forecasting.synthetic import BLOCKS, built, place, two_stations
from wearcast.config import Params, Station, checked, read_groups
from wearcast.errors import SourceError, StoreError
from wearcast.forecasting.history import History
from wearcast.forecasting.quantiles import LEVELS
from wearcast.forecasting.snapshot import OBSERVED_H, Origin, Snapshot
from wearcast.serving.refresh.run import Refresh
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import FolderStorage, ListedObject
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore
from wearcast.variables import FORECAST
from wearcast.weather.observations import concatenate, conform

MEMBERS = 12


def hour(text: str) -> datetime:
    """An hour in UTC, such as 2013-03-11T23."""
    return datetime.fromisoformat(f"{text}:00").replace(tzinfo=UTC)


def snapshot(
    issued_at: str = "2013-03-11T23",
    stations: Sequence[Station] = (place("AAA"),),
    model: str = "made-up",
    source: str = "sample",
    temp_c: float = 10.0,
    horizon_h: int = HORIZON_H,
) -> Snapshot:
    """A forecast of the same plausible weather at every hour."""
    values = {
        "temp_c": temp_c,
        "dewpoint_c": temp_c - 5,
        "wind_ms": 3.0,
        "gust_ms": 4.5,
        "cloud_pct": 50.0,
        "precip_mm": 0.2,
    }
    s = len(stations)

    def spread(shape: tuple[int, ...], name: str) -> np.ndarray:
        return np.full(shape, values[name], dtype=np.float32)

    return Snapshot(
        stations=tuple(stations),
        issued_at=np.full(s, np.datetime64(issued_at, "h")),
        quantiles={
            name: spread((s, horizon_h, 1), name) + (LEVELS - 0.5).astype(np.float32) / 5
            for name in FORECAST
        },
        hourly_rain_chance=np.full((s, horizon_h), 0.25, dtype=np.float32),
        trajectories={name: spread((s, MEMBERS, horizon_h), name) for name in FORECAST},
        observed={name: spread((s, OBSERVED_H), name) for name in FORECAST},
        filled=(0.0,) * s,
        trailing_year_h=(1000,) * s,
        origin=Origin(model, source, replay=source == "sample"),
        guidance=(None,) * s,
    )


def record(
    made: Snapshot, published_at: str = "2026-01-01T00", recent: bytes | None = None
) -> SnapshotRecord:
    """The pointer's record of a snapshot."""
    return SnapshotRecord.of(made.to_bytes(), made, hour(published_at), recent)


def publish(
    store: SnapshotStore,
    made: Snapshot,
    published_at: str = "2026-01-01T00",
    recent: bytes | None = None,
) -> SnapshotRecord:
    """Put a snapshot into a store."""
    of = record(made, published_at, recent)
    store.publish(made.to_bytes(), of, recent, store.read_state())
    return of


class FailingStorage(FolderStorage):
    """A folder whose n-th and later writes fail, as if the publisher had died."""

    def __init__(self, root: Path, fails_at: int) -> None:
        super().__init__(root)
        self.left = fails_at

    def put(self, name: str, content: bytes) -> None:
        self._step()
        super().put(name, content)

    def swap(self, name: str, content: bytes, tag: str | None) -> None:
        self._step()
        super().swap(name, content, tag)

    def listing(self, folder: str) -> list[ListedObject]:
        self._step()
        return super().listing(folder)

    def delete(self, name: str) -> None:
        self._step()
        super().delete(name)

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise StoreError("the store is gone")


def raw(history: History) -> pd.DataFrame:
    """A record as a source gives it: a row for every hour in which anything was observed."""
    columns = {name: values for name, values in history.values.items() if np.isfinite(values).any()}
    rows = pd.DataFrame(
        {"valid_at": pd.to_datetime(history.valid_at.astype("datetime64[ns]"), utc=True), **columns}
    )
    return conform(rows.dropna(how="all", subset=list(columns)).assign(station=history.station))


@dataclass
class FakeSource:
    """A source of synthetic observations, with the errors that a test sets."""

    rows: pd.DataFrame
    fails: dict[str, Exception] = field(default_factory=dict)
    asked: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    def fetch(self, station: Station, start: datetime, end: datetime) -> pd.DataFrame:
        self.asked.append((station.id, start, end))
        return self._of(station).query("@start <= valid_at < @end").reset_index(drop=True)

    def span(self, station: Station) -> tuple[datetime, datetime]:
        valid_at = self._of(station)["valid_at"]
        return valid_at.min().to_pydatetime(), valid_at.max().to_pydatetime()

    def fingerprint(self) -> str:
        return f"made-up {pd.util.hash_pandas_object(self.rows).sum()}"

    def _of(self, station: Station) -> pd.DataFrame:
        if station.id in self.fails:
            raise self.fails[station.id]
        rows = self.rows[self.rows["station"] == station.id]
        if rows.empty:
            raise SourceError(f"there is no station {station.id}")
        return rows


def source() -> FakeSource:
    """The observations that the tracked model of the tests was trained on."""
    return FakeSource(concatenate(raw(history) for history in two_stations().histories.values()))


def params(name: str = "sample", stations: Sequence[Station] | None = None) -> Params:
    """The project's params.yaml, for the made-up stations."""
    content = read_groups(REPOSITORY / "params.yaml")
    content["ingest"] |= {
        "source": name,
        "start": "2024-01-01" if name == "open_meteo" else None,
        "stations": [s.model_dump() for s in stations or two_stations().stations],
    }
    return checked(Params, content | {"preprocess": BLOCKS.model_dump()}, where="the test")


def refresh(
    folder: Path,
    given: FakeSource | None = None,
    name: str = "sample",
    now: datetime | None = None,
    keep: int = 5_000,
) -> Refresh:
    """A refresh of the made-up stations into a folder."""
    settings = Deployment(
        store=str(folder / "store"),
        history=folder / "history",
        oldest_observation=timedelta(hours=12),
    )
    return Refresh(
        settings=settings,
        params=params(name),
        source=given or source(),
        forecaster=built().forecaster,
        store=SnapshotStore(FolderStorage(folder / "store"), keep),
        now=lambda: now or hour("2026-01-01T00"),
    )


def without(made: Snapshot, kind: str, name: str, value: float, lead: int = 1) -> Snapshot:
    """The same forecast with one value in the place of all of a lead's."""
    arrays = {**getattr(made, kind)}
    arrays[name] = arrays[name].copy()
    at = (slice(None), lead - 1) if kind == "quantiles" else (slice(None), slice(None), lead - 1)
    arrays[name][at] = value
    return replace(made, **{kind: arrays})
