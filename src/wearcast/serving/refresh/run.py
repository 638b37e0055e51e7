"""One refresh: it updates the observations, forecasts every station, checks the forecasts, and
publishes them as a snapshot."""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from wearcast.config import Params, Station
from wearcast.errors import (
    ConfigError,
    ConflictError,
    ModelError,
    ObservationsError,
    RefusedError,
    SourceError,
    StoreError,
    WearcastError,
)
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.snapshot import PREVIOUS_SCHEMA, SCHEMA, Origin, Snapshot
from wearcast.serving.places.fitted_places import FittedPlaces
from wearcast.serving.refresh import forecast_ledger, observation_cache, replay
from wearcast.serving.refresh.exit_codes import RefreshOutcome
from wearcast.serving.refresh.gathered_partitions import RunPartitions, gathered, in_parts
from wearcast.serving.refresh.inputs import Inputs
from wearcast.serving.refresh.live_guidance import LiveGuidance
from wearcast.serving.refresh.lock import exclusive_lock
from wearcast.serving.refresh.origin_in_words import origin_in_words, origins
from wearcast.serving.refresh.partition import PartitionResult, PartitionTask, in_turn, partitions
from wearcast.serving.refresh.partition_work import PartitionForecasts, PartitionWork
from wearcast.serving.refresh.verification_notes import VerificationNotes
from wearcast.serving.settings import Deployment
from wearcast.serving.store.publication import Publication, StoredPublication
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore, StoreState
from wearcast.weather.fetching import Fetcher
from wearcast.weather.sources import Source, open_source
from wearcast.weather.stations import resolve

_LOG: Final = logging.getLogger(__name__)
MAX_REPLAY_HOURS: Final = 24
"""The most hours of a replay that one refresh tries. Where all are refused, the cause is hardly the
weather."""

_NO_OBSERVATIONS: Final = (SourceError, ObservationsError)


@dataclass(frozen=True)
class _StationForecasts:
    """The forecasts of a refresh.

    Attributes:
        publication: of the stations that can be forecast.
        issued_at_by_station: their issue times, UTC.
        left_out: by station, why it can't be forecast.
        inputs: what they were made from; None where each partition forgot its own.
        measured: by station, the observations to verify past forecasts against.
        verified: by station the live verification; None where it is still to be made, or is in the
            store already.
        made_from: what they were made from, in words; empty without numerical forecasts.
        notes: of the live verification, told once it is published.
    """

    publication: Publication | StoredPublication
    issued_at_by_station: Mapping[str, datetime]
    left_out: Mapping[str, WearcastError]
    inputs: Inputs | None = None
    measured: Mapping[str, History] = field(default_factory=dict)
    verified: Mapping[str, Any] | None = None
    made_from: str = ""
    notes: VerificationNotes = field(default_factory=VerificationNotes)

    @property
    def issued_at(self) -> datetime:
        return max(self.issued_at_by_station.values())


@dataclass(frozen=True)
class Refresh:
    """A refresh.

    Attributes:
        settings: the deployment's settings.
        params: the experiment's parameters, with the source that is used.
        source: the source of observations.
        forecaster: the tracked model.
        store: the store to publish to.
        now: returns the current time.
        guidance: the numerical forecasts that it uses; None where it uses none.
        inputs: what another refresh forecast from, to forecast from the same; None to fetch it.
        places: those that are forecast beside the stations of params.yaml; `forecaster` knows them.
        elsewhere: has other processes work on the partitions; None for this one.
        source_failures: by source and the error's class, how often `run` got no observations of a
            station.
        score_failures: by name in the live verification, how often `run` could not make the scores;
            told once of what is published, however often it is made.
    """

    settings: Deployment
    params: Params
    source: Source
    forecaster: Forecaster
    store: SnapshotStore
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    guidance: LiveGuidance | None = None
    inputs: Inputs | None = None
    places: FittedPlaces = field(default_factory=FittedPlaces)
    elsewhere: RunPartitions | None = None
    source_failures: dict[str, Counter[str]] = field(
        default_factory=lambda: defaultdict(Counter), compare=False
    )
    score_failures: Counter[str] = field(default_factory=Counter, compare=False)

    @classmethod
    def open(
        cls, settings: Deployment, params: Params, root: Path, store: SnapshotStore
    ) -> "Refresh":
        """A refresh with the source and the model that the settings and params name; relative paths
        of params start at `root`.

        Raises:
            ModelError: the model can't be used.
            ConfigError: a reader of the store knows only schemas that this release can't write, or
                a source's key is not set.
        """
        published_schema(settings)
        ingest = params.ingest.model_copy(
            update={"source": settings.source or params.ingest.source}
        )
        params = params.model_copy(update={"ingest": ingest})
        trained = Forecaster.load(settings.model)
        places = FittedPlaces.read(settings.history, params, trained)
        forecaster = places.known_to(trained)
        return cls(
            settings=settings,
            params=params,
            source=open_source(ingest, root),
            forecaster=forecaster,
            store=store,
            guidance=LiveGuidance.open(
                ingest, root, settings.history, _guided_stations(settings, forecaster)
            ),
            places=places,
        )

    def run(self) -> RefreshOutcome:
        """Refresh once; a station that can't be forecast, or whose forecast fails its checks, is
        left out with a warning.

        A snapshot that is the latest already isn't published again: `published_at` tells readers
        how long ago there was something new.

        Raises:
            BusyError: another refresh is running.
            RefusedError: no station's forecast passes its checks.
            SourceError: no station has observations.
            ModelError: the model wasn't trained for this replay.
            StoreError: the store can't be reached or can't take it, or somebody else published
                meanwhile (ConflictError).
            ArtifactError: the disk can't be written.
        """
        started_s = time.perf_counter()
        with exclusive_lock(self.settings.history):
            state = self.store.read_state()
            forecasts = self._forecast(state)
            for station, error in forecasts.left_out.items():
                _LOG.warning("%s is left out: %s", station, error)
            version = forecasts.publication.version
            is_new = not self._is_already_published(version)
            if is_new:
                self._publish(forecasts, state)
        return RefreshOutcome(
            version=version,
            is_new=is_new,
            issued_at=forecasts.issued_at_by_station,
            left_out={station: str(error) for station, error in forecasts.left_out.items()},
            made_from=forecasts.made_from,
            seconds=time.perf_counter() - started_s,
            inputs=forecasts.inputs,
        )

    @property
    def _source_name(self) -> str:
        return self.params.ingest.source

    @property
    def _stations(self) -> list[Station]:
        """Those of params.yaml, and the places that were added."""
        fits = self.places.fits
        of_params = resolve(self.params.ingest.stations)
        named = [station for station in of_params if station.id not in fits]
        return [*named, *self.places.stations]

    def _forecast(self, state: StoreState) -> _StationForecasts:
        if self.inputs:
            self._require_unseen_replay()
            work = self.work(self.inputs.source)
            given = [work.issued(some, self.inputs) for some in partitions(self._stations)]
            return self._gathered(given, self.inputs)
        if self._source_name == "sample":
            return self._forecast_next_replay_hour(state)
        return self._forecast_stations(self.source, self.now())

    def _require_unseen_replay(self) -> None:
        if self._source_name == "sample":
            split = replay.replay_split(self.source, self._stations, self.params)
            replay.require_unseen(self.forecaster.manifest, split, self._source_name)

    def _forecast_next_replay_hour(self, state: StoreState) -> _StationForecasts:
        """The forecasts of the replay's next hour that can be issued."""
        split = replay.replay_split(self.source, self._stations, self.params)
        replay.require_unseen(self.forecaster.manifest, split, self._source_name)
        horizon_h = self.forecaster.manifest.standardization.horizon_h
        issue_times = replay.issue_times(split, horizon_h)
        candidates = replay.next_issue_times(issue_times, state.history, self._source_name)
        was_observed = partial(replay.was_observed, self.source, self._stations)
        hours = filter(was_observed, candidates)
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
        """The forecasts of a replayed hour; at least one of them must be issued at that hour."""
        forecasts = self._forecast_stations(replay.SourceAsOf(self.source, hour), hour)
        if forecasts.issued_at != hour:
            raise RefusedError(
                "the newest temperature that quality control leaves is of"
                f" {forecasts.issued_at:%Y-%m-%dT%HZ}"
            )
        return forecasts

    def _forecast_stations(self, source: Source, now: datetime) -> _StationForecasts:
        """The forecasts of all stations that pass the checks.

        Raises:
            SourceError: no station has observations.
            RefusedError: no station's forecast passes.
        """
        if self.elsewhere or self.is_in_partitions:
            return self._forecast_in_partitions(now)
        work = self.work(source)
        fetched = [work.fetched(some, now) for some in partitions(self._stations)]
        inputs = Inputs.joined(self.source, fetched)
        made = [work.issued(some, inputs) for some in partitions(self._stations)]
        if work.source_failures:
            self.source_failures[self._source_name].update(work.source_failures)
        return self._gathered(made, inputs)

    def tasks(self, now: datetime) -> list[PartitionTask]:
        """The partitions, as other processes are told of them.

        Args:
            now: the time that forecasts are checked against; of a replay, the hour shown.
        """
        tasks = []
        for number, stations in enumerate(partitions(self._stations)):
            task = PartitionTask(
                number=number,
                stations=stations,
                now=now,
                source=self._source_name,
                model=self.forecaster.manifest.version,
                schema=published_schema(self.settings),
            )
            tasks.append(task)
        return tasks

    @property
    def is_in_partitions(self) -> bool:
        """Whether each partition is forecast, verified and forgotten before the next. Variants
        have the same inputs."""
        keeps_inputs = self.inputs or self.settings.variants
        return not keeps_inputs and len(list(partitions(self._stations))) > 1

    def _forecast_in_partitions(self, now: datetime) -> _StationForecasts:
        tasks = self.tasks(now)
        run = self.elsewhere or self._here
        results = run(in_turn(tasks, now) if self.guidance else tasks)
        in_order = sorted(results, key=lambda result: result.number)
        found = gathered(tasks, in_order, self.settings.history)
        if self.guidance:
            self.guidance.failures.update(found.guidance_failures)
        if found.source_failures:
            self.source_failures[self._source_name].update(found.source_failures)
        if not found.shards:
            self._tell(found.notes)
            raise _nothing_to_publish(found.left_out)
        is_replay = self._source_name == "sample"
        origin = Origin(self.forecaster.manifest.version, self._source_name, is_replay)
        publication = found.publication(origin, published_schema(self.settings), self.store)
        is_stored = isinstance(publication, StoredPublication)
        return _StationForecasts(
            publication=publication,
            issued_at_by_station=found.issued_at,
            left_out={**self.places.without, **found.left_out},
            inputs=self._kept_inputs(found.issued_at, now),
            verified=None if is_stored else found.verified(self.store),
            made_from=origin_in_words(found.made_from) if self.guidance else "",
            notes=found.notes,
        )

    def _here(self, tasks: Sequence[PartitionTask]) -> list[PartitionResult]:
        work = self.work(self.source)
        return [work.result(task) for task in tasks]

    def _kept_inputs(self, forecast: Collection[str], now: datetime) -> Inputs | None:
        """What other processes have forecast from, for the variants; None where there are none, or
        it can't be read."""
        if not self.settings.variants:
            return None
        try:
            return self._read_inputs(forecast, now)
        except (WearcastError, OSError) as error:
            _LOG.warning("variants are left out of this refresh: %s", error)
            return None

    def _read_inputs(self, forecast: Collection[str], now: datetime) -> Inputs:
        fill_h = self.params.preprocess.fill_h
        observations = {}
        stations = [station for station in self._stations if station.id in forecast]
        for station in stations:
            folder = self.settings.history / station.id
            observations[station.id] = observation_cache.read(station, folder, fill_h)
        inputs = Inputs(self.source, observations, {}, {}, now)
        if not self.guidance:
            return inputs
        kept = self.guidance.kept(stations, inputs.histories, now)
        return replace(inputs, guidance=kept)

    def work(self, source: Source) -> PartitionWork:
        """What partitions are worked on with, their observations from a source."""
        return PartitionWork(
            settings=self.settings,
            params=self.params,
            fetcher=Fetcher(source),
            forecaster=self.forecaster,
            store=self.store,
            guidance=self.guidance and self.guidance.of_run(),
            places=self.places,
            # A variant's refresh has the champion's inputs, of which the log told already.
            notes_alarms=self.inputs is None,
        )

    def _gathered(self, made: Sequence[PartitionForecasts], inputs: Inputs) -> _StationForecasts:
        """The forecasts of all partitions, which were made from the inputs."""
        left_out: dict[str, WearcastError] = {}
        parts: list[Snapshot] = []
        for one in made:
            left_out |= one.left_out
            if one.snapshots:
                parts.append(Snapshot.joined(one.snapshots))
        if not parts:
            self._tell_drift(inputs)
            raise _nothing_to_publish(left_out)
        snapshot = in_parts(parts)
        issued_at: dict[str, datetime] = {}
        for one in made:
            issued_at |= one.issued_at
        return _StationForecasts(
            publication=Publication.of(snapshot, published_schema(self.settings)),
            issued_at_by_station=issued_at,
            left_out={**self.places.without, **left_out},
            inputs=inputs,
            measured={id: one for id, one in inputs.measured.items() if id not in left_out},
            made_from=origin_in_words(origins(snapshot)) if self.guidance else "",
        )

    def _is_already_published(self, version: str) -> bool:
        """Whether this is the latest version already, and can be read from the store."""
        try:
            pointer = self.store.pointer()
            if pointer is None or pointer.latest.version != version:
                return False
            if pointer.latest.is_sharded:
                # One after the other: all at once may take more memory than there is.
                for shard in self.store.shards_of(pointer.latest):
                    self.store.shard(shard)
            else:
                self.store.snapshot(pointer.latest)
            self.store.live_verification(pointer.latest)
        except StoreError:
            return False
        return True

    def _publish(self, forecasts: _StationForecasts, state: StoreState) -> None:
        try:
            self._put(forecasts, state)
        except ConflictError:
            raise
        except StoreError:
            # Who watches has to know it, though nobody can be served it.
            self._tell(forecasts.notes)
            raise
        self._tell(forecasts.notes)
        count = len(list(partitions(self._stations)))
        forecast_ledger.forget_partitions(self.settings.history, count)

    def _put(self, forecasts: _StationForecasts, state: StoreState) -> None:
        publication = forecasts.publication
        if isinstance(publication, StoredPublication):
            publication.publish(self.store, self.now(), state)
        else:
            verified = forecasts.verified
            if verified is None:
                verified = self._verified(forecasts, publication.record(self.now()), state)
            publication.publish(self.store, verified, self.now(), state)

    def _tell_drift(self, inputs: Inputs) -> None:
        """Tell what is wrong with observations that nothing can be forecast from."""
        work = self.work(inputs.source)
        for number, some in enumerate(partitions(self._stations)):
            work.drift(number, some, inputs)
        self._tell(work.notes)

    def _tell(self, notes: VerificationNotes) -> None:
        notes.log()
        self.score_failures.update(notes.failures)

    def _verified(
        self, forecasts: _StationForecasts, now: SnapshotRecord, state: StoreState
    ) -> dict[str, Any]:
        """By station the live verification of the snapshots before this one, partition by
        partition."""
        inputs = forecasts.inputs
        verified: dict[str, Any] = {}
        if inputs is None:
            return verified
        work = replace(self.work(inputs.source), notes=forecasts.notes)
        for number, some in enumerate(partitions(self._stations)):
            measured = forecasts.measured
            verified |= work.verified(number, some, measured, inputs, state.history, now)
        return verified


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


def _guided_stations(settings: Deployment, champion: Forecaster) -> frozenset[str]:
    """The stations whose numerical forecasts the champion or a variant makes something of."""
    guided = set(champion.station_guidance)
    for variant in settings.variants:
        # One that can't be loaded is told of when it is its turn.
        with suppress(ModelError):
            guided |= set(Forecaster.load(variant.model).station_guidance)
    return frozenset(guided)


def _nothing_to_publish(left_out: Mapping[str, WearcastError]) -> WearcastError:
    """The error of a refresh in which no station can be forecast."""
    reasons = " · ".join([f"{station}: {error}" for station, error in left_out.items()])
    message = f"no station can be forecast, and nothing was published: {reasons}"
    if all(isinstance(error, _NO_OBSERVATIONS) for error in left_out.values()):
        return SourceError(message)
    return RefusedError(message)
