"""One refresh: the newest observations, a forecast of every station, its checks, and the snapshot
in the store."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final

from wearcast.artifacts import to_json
from wearcast.config import Params, Station
from wearcast.errors import (
    ConfigError,
    ModelError,
    ObservationsError,
    RefusedError,
    SourceError,
    StoreError,
    WearcastError,
)
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.snapshot import PREVIOUS_SCHEMA, SCHEMA, Snapshot, version
from wearcast.forecasting.snapshot_creation import issue_for
from wearcast.serving.refresh import checks, live_verification, observation_cache, replay
from wearcast.serving.refresh.exit_codes import RefreshOutcome
from wearcast.serving.refresh.lock import exclusive_lock
from wearcast.serving.settings import Deployment
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore, StoreState
from wearcast.weather.sources import Source, open_source
from wearcast.weather.stations import resolve

_LOG: Final = logging.getLogger(__name__)
MAX_REPLAY_HOURS: Final = 24
"""So many hours of a replay are tried in one refresh. When all are refused, it is hardly the
weather."""

_NO_OBSERVATIONS: Final = (SourceError, ObservationsError)


@dataclass(frozen=True)
class _StationForecasts:
    """A snapshot of the stations that can be forecast, what it was made from, and why the others
    can't be."""

    snapshot: Snapshot
    histories: Mapping[str, History]
    left_out: Mapping[str, WearcastError]

    @property
    def issued_at(self) -> datetime:
        newest: datetime = self.snapshot.issued_at.max().item()
        return newest.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Refresh:
    """All that a refresh works with.

    Attributes:
        settings: the deployment's.
        params: the experiment's, with the source that is used.
        source: where observations come from.
        forecaster: the tracked model.
        store: where snapshots go.
        now: the clock.
    """

    settings: Deployment
    params: Params
    source: Source
    forecaster: Forecaster
    store: SnapshotStore
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @classmethod
    def open(
        cls, settings: Deployment, params: Params, root: Path, store: SnapshotStore
    ) -> "Refresh":
        """What the settings and params name, as it is now; relative paths of params start at
        `root`.

        Raises:
            ModelError: the model can't be used.
            ConfigError: some reader of the store knows only snapshots that this release can't
                write.
        """
        published_schema(settings)
        ingest = params.ingest.model_copy(
            update={"source": settings.source or params.ingest.source}
        )
        return cls(
            settings=settings,
            params=params.model_copy(update={"ingest": ingest}),
            source=open_source(ingest, root),
            forecaster=Forecaster.load(settings.model),
            store=store,
        )

    def run(self) -> RefreshOutcome:
        """Refresh once; what can't be forecast, or fails its checks, is left out and said.

        Publishing what is the latest already would only renew the time of its publication, which is
        for readers to tell how long ago something new came.

        Raises:
            BusyError: another refresh is running.
            RefusedError: no station's forecast passes its checks.
            SourceError: no station has observations.
            ModelError: the model isn't one for this replay.
            StoreError: the store can't be reached or can't take it, or somebody else published
                meanwhile (ConflictError).
            ArtifactError: the disk can't take it.
        """
        started_s = time.perf_counter()
        with exclusive_lock(self.settings.history):
            state = self.store.read_state()
            forecasts = (
                self._forecast_next_replay_hour(state)
                if self._source_name == "sample"
                else self._forecast_stations(self.source, self.now())
            )
            for station, error in forecasts.left_out.items():
                _LOG.warning("%s is left out: %s", station, error)
            content = forecasts.snapshot.to_bytes(published_schema(self.settings))
            is_new = not self._is_already_published(version(content))
            if is_new:
                self._publish(forecasts, content, state)
        issued_at = zip(forecasts.snapshot.stations, forecasts.snapshot.issued_at, strict=True)
        return RefreshOutcome(
            version=version(content),
            is_new=is_new,
            issued_at={station.id: at.item().replace(tzinfo=UTC) for station, at in issued_at},
            left_out={station: str(error) for station, error in forecasts.left_out.items()},
            seconds=time.perf_counter() - started_s,
        )

    @property
    def _source_name(self) -> str:
        return self.params.ingest.source

    @property
    def _stations(self) -> list[Station]:
        return resolve(self.params.ingest.stations)

    def _forecast_next_replay_hour(self, state: StoreState) -> _StationForecasts:
        """The replay's next hour that can be issued."""
        split = replay.replay_split(self.source, self._stations, self.params)
        replay.require_unseen(self.forecaster.manifest, split, self._source_name)
        candidates = replay.next_issue_times(
            replay.issue_times(split), state.history, self._source_name
        )
        hours = (
            hour for hour in candidates if replay.was_observed(self.source, self._stations, hour)
        )
        last: WearcastError = SourceError(
            "no hour of the replay was observed at any station. Name other stations, or another"
            " source."
        )
        for hour in islice(hours, MAX_REPLAY_HOURS):
            try:
                return self._forecast_replay_hour(hour)
            except (SourceError, RefusedError) as error:
                last = error
                _LOG.warning("the replay goes on without %s: %s", f"{hour:%Y-%m-%dT%HZ}", error)
        raise last

    def _forecast_replay_hour(self, hour: datetime) -> _StationForecasts:
        """The forecasts of the replay at an hour, of which one at least is issued at that hour
        itself."""
        forecasts = self._forecast_stations(replay.SourceAsOf(self.source, hour), hour)
        if forecasts.issued_at != hour:
            raise RefusedError(
                "the newest temperature that quality control leaves is of"
                f" {forecasts.issued_at:%Y-%m-%dT%HZ}"
            )
        return forecasts

    def _forecast_stations(self, source: Source, now: datetime) -> _StationForecasts:
        """The forecasts of all stations that pass.

        Raises:
            SourceError: no station has observations.
            RefusedError: there is none that passes.
        """
        histories: dict[str, History] = {}
        left_out: dict[str, WearcastError] = {}
        for station in self._stations:
            try:
                histories[station.id] = self._checked_history(source, station, now)
            except (SourceError, ObservationsError, ModelError, RefusedError) as error:
                left_out[station.id] = error
        if not histories:
            kind = (
                SourceError
                if all(isinstance(error, _NO_OBSERVATIONS) for error in left_out.values())
                else RefusedError
            )
            raise kind(
                f"no station can be forecast, and nothing was published: {_reasons(left_out)}"
            )
        stations = [station for station in self._stations if station.id in histories]
        return _StationForecasts(self._create_snapshot(stations, histories), histories, left_out)

    def _checked_history(self, source: Source, station: Station, now: datetime) -> History:
        """What is known of a station, if its forecast from it passes the checks."""
        history = observation_cache.update(
            source, station, self.settings.history / station.id, self.params.preprocess.fill_h
        )
        snapshot = self._create_snapshot([station], {station.id: history})
        reported = self.forecaster.manifest.standardization.climatologies[station.id].reported
        failed_checks = checks.failed_checks(
            snapshot, 0, reported, now, self.settings.oldest_observation
        )
        if failed_checks:
            raise RefusedError("; ".join(failed_checks))
        return history

    def _create_snapshot(
        self, stations: list[Station], histories: Mapping[str, History]
    ) -> Snapshot:
        return issue_for(stations, histories, self._source_name, self.forecaster)

    def _is_already_published(self, version: str) -> bool:
        """Whether this is the latest already, and the store whole enough to read it."""
        try:
            pointer = self.store.pointer()
            if pointer is None or pointer.latest.version != version:
                return False
            self.store.snapshot(pointer.latest)
            self.store.live_verification(pointer.latest)
        except StoreError:
            return False
        return True

    def _publish(self, forecasts: _StationForecasts, content: bytes, state: StoreState) -> None:
        past_records = live_verification.records_to_verify(
            state.history, SnapshotRecord.of(content, forecasts.snapshot, self.now())
        )
        verification = to_json(
            live_verification.verify(
                live_verification.read_snapshots(self.store, past_records), forecasts.histories
            )
        )
        self.store.publish(
            content,
            SnapshotRecord.of(content, forecasts.snapshot, self.now(), verification),
            verification,
            state,
        )


def published_schema(settings: Deployment) -> int:
    """The newest schema of snapshots that this release and every reader of the store know.

    Raises:
        ConfigError: a reader knows none that this release can write.
    """
    schema = min(settings.snapshot_schema or SCHEMA, SCHEMA)
    if schema < PREVIOUS_SCHEMA:
        raise ConfigError(
            f"WEARCAST_SNAPSHOT_SCHEMA is {schema}, and this release writes {PREVIOUS_SCHEMA} and"
            f" {SCHEMA}: a release that reads nothing newer still has to read the store. Bring the"
            " releases between to users first."
        )
    return schema


def _reasons(left_out: Mapping[str, WearcastError]) -> str:
    return " · ".join(f"{station}: {error}" for station, error in left_out.items())
