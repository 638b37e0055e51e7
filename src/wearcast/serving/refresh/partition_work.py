"""The work on a partition: it fetches its stations' observations, controls them, forecasts, checks,
verifies what was forecast before, and keeps both as files named by their hashes. Of one partition
nothing stays in memory when the next begins."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from wearcast.config import Params, Station
from wearcast.errors import ConfigError, WearcastError
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.places import place_facts
from wearcast.serving.places.fitted_places import FittedPlaces
from wearcast.serving.refresh import forecast_ledger, observation_cache
from wearcast.serving.refresh.checked_forecasts import CheckedForecasts, Issued
from wearcast.serving.refresh.inputs import Inputs
from wearcast.serving.refresh.live_guidance import LiveGuidance
from wearcast.serving.refresh.observation_cache import Observed
from wearcast.serving.refresh.origin_in_words import origins
from wearcast.serving.refresh.partition import LeftOut, PartitionResult, PartitionTask
from wearcast.serving.refresh.partition_verification import PartitionVerification
from wearcast.serving.refresh.replay import SourceAsOf
from wearcast.serving.refresh.verification_notes import VerificationNotes
from wearcast.serving.settings import Deployment
from wearcast.serving.store.publication import compact
from wearcast.serving.store.refresh_totals import error_name
from wearcast.serving.store.snapshot_store import SnapshotRecord, SnapshotStore
from wearcast.weather.fetching import Fetcher


@dataclass(frozen=True)
class PartitionForecasts:
    """The forecasts of a partition.

    Attributes:
        inputs: what they were made from.
        issued: by station with observations its forecast, or why there is none.
    """

    inputs: Inputs
    issued: Issued

    @property
    def snapshots(self) -> list[Snapshot]:
        """The forecasts, one of each station."""
        return [found for found in self.issued.values() if isinstance(found, Snapshot)]

    @property
    def issued_at(self) -> dict[str, datetime]:
        """By station with a forecast its issue time, UTC."""
        by_station = {}
        for snapshot in self.snapshots:
            [station] = snapshot.stations
            by_station[station.id] = snapshot.issued_at[0].item().replace(tzinfo=UTC)
        return by_station

    @property
    def measured(self) -> dict[str, History]:
        """By station with a forecast, the hours to verify past forecasts against."""
        return {id: self.inputs.observations[id].measured for id in self.issued_at}

    @property
    def made_from(self) -> dict[str, int]:
        """By what forecasts were made from, in words, of how many stations that is true."""
        return origins(Snapshot.joined(self.snapshots)) if self.snapshots else {}

    @property
    def left_out(self) -> dict[str, WearcastError]:
        """By station why it has none."""
        left_out = dict(self.inputs.without)
        for id, found in self.issued.items():
            if not isinstance(found, Snapshot):
                left_out[id] = found
        return left_out


@dataclass(frozen=True)
class PartitionWork:
    """What a process works on partitions with.

    Attributes:
        settings: the deployment's settings.
        params: the experiment's parameters, with the source that is used.
        fetcher: asks the source of observations.
        forecaster: the model.
        store: where forecasts are published.
        guidance: the numerical forecasts that it uses; None where it uses none.
        places: those that are forecast beside the stations of params.yaml.
        notes_alarms, notes: as in `PartitionVerification`.
        source_failures: by the error's class, how often a station had no observations.
    """

    settings: Deployment
    params: Params
    fetcher: Fetcher
    forecaster: Forecaster
    store: SnapshotStore
    guidance: LiveGuidance | None = None
    places: FittedPlaces = field(default_factory=FittedPlaces)
    notes_alarms: bool = True
    notes: VerificationNotes = field(default_factory=VerificationNotes, compare=False)
    source_failures: Counter[str] = field(default_factory=Counter, compare=False)

    def result(self, task: PartitionTask) -> PartitionResult:
        """Forecast a partition, verify what was forecast before, and put both into the store.

        Raises:
            ConfigError: the task is for another model or source.
            ArtifactError: the disk can't be written.
            StoreError: the store can't be reached, or can't take the files.
        """
        self._require_own(task)
        source = self.fetcher.source
        guidance = self.guidance and replace(self.guidance, failures=Counter())
        if task.source == "sample":
            source = SourceAsOf(source, task.now)
        fetcher = replace(self.fetcher, source=source)
        work = replace(
            self,
            fetcher=fetcher,
            guidance=guidance,
            source_failures=Counter(),
            notes=VerificationNotes(),
        )
        made = work.forecasts(task.stations, task.now)
        shard, verification = work.kept(task, made)
        return PartitionResult(
            number=task.number,
            shard=shard,
            verification=verification,
            issued_at=made.issued_at,
            left_out={id: LeftOut.of(error) for id, error in made.left_out.items()},
            source_failures=dict(work.source_failures),
            guidance_failures=dict(guidance.failures) if guidance else {},
            made_from=made.made_from if guidance else {},
            score_failures=dict(work.notes.failures),
            log=tuple(work.notes.lines),
        )

    def kept(self, task: PartitionTask, made: PartitionForecasts) -> tuple[str | None, str | None]:
        """Put a partition's forecasts into the store, and its live verification; what both are
        named by. Without forecasts, the drift of its observations alone.

        Raises:
            StoreError: the store can't be reached, or can't take them.
        """
        if not made.snapshots:
            drift = self.drift(task.number, task.stations, made.inputs)
            return None, self.store.put_verification(compact(drift)) if drift else None
        snapshot = Snapshot.joined(made.snapshots)
        content = snapshot.to_bytes(task.schema)
        Snapshot.from_bytes(content)  # Raises ModelError where no reader would serve it.
        shard = self.store.put_shard(content)
        now = SnapshotRecord.of(content, snapshot, task.now)
        history = self.store.read_state().history
        verified = self.verified(
            task.number, task.stations, made.measured, made.inputs, history, now
        )
        return shard, self.store.put_verification(compact(verified))

    def verified(
        self,
        number: int,
        stations: Sequence[Station],
        measured: Mapping[str, History],
        inputs: Inputs,
        published: Sequence[SnapshotRecord],
        now: SnapshotRecord,
    ) -> dict[str, Any]:
        """By station of a partition the live verification of what was published before, and what
        everybody is told of a place.

        Args:
            number: the partition's.
            stations: its stations.
            measured, inputs, published, now: as `PartitionVerification.verified` takes them.

        Raises:
            StoreError: the store can't be reached.
        """
        verification = self._verification(number, stations)
        verified = verification.verified(published, now, measured, inputs)
        for station in stations:
            place = self.places.place(station.id)
            if place and station.id in verified:
                verified[station.id][place_facts.KEY] = place_facts.place_facts(place)
        return verified

    def drift(self, number: int, stations: Sequence[Station], inputs: Inputs) -> dict[str, Any]:
        """By station of a partition how far its newest observations are from those of the training
        hours; arguments as of `verified`."""
        return self._verification(number, stations).drift(inputs)

    def _verification(self, number: int, stations: Sequence[Station]) -> PartitionVerification:
        history = self.settings.history
        return PartitionVerification(
            folder=forecast_ledger.folder_of_partition(history, number),
            stations=stations,
            store=self.store,
            forecaster=self.forecaster,
            history=history,
            notes_alarms=self.notes_alarms,
            notes=self.notes,
        )

    def forecasts(self, stations: Sequence[Station], now: datetime) -> PartitionForecasts:
        """The forecasts of some stations from the newest that can be had of them.

        Args:
            stations: the stations.
            now: the time that they are checked against; of a replay, the hour shown.
        """
        return self.issued(stations, self.fetched(stations, now))

    def issued(self, stations: Sequence[Station], inputs: Inputs) -> PartitionForecasts:
        """The forecasts of some stations from inputs that are there already."""
        ids = {station.id for station in stations}
        observed = [station for station in stations if station.id in inputs.observations]
        forecasts = CheckedForecasts(
            forecaster=self.forecaster,
            source=self.params.ingest.source,
            oldest=self.settings.oldest_observation,
        )
        issued = forecasts.issue(observed, inputs.histories, inputs.guidance, inputs.now)
        without = {id: error for id, error in inputs.without.items() if id in ids}
        return PartitionForecasts(replace(inputs, without=without), issued)

    def fetched(self, stations: Sequence[Station], now: datetime) -> Inputs:
        """What the forecasts of some stations are made from, the newest that can be had."""
        observations: dict[str, Observed] = {}
        without: dict[str, WearcastError] = {}
        folder, fill_h = self.settings.history, self.params.preprocess.fill_h
        for id, found in observation_cache.update(self.fetcher, stations, folder, fill_h):
            if isinstance(found, Observed):
                observations[id] = found
            else:
                without[id] = found
                self.source_failures[error_name(found)] += 1
        in_order = [station for station in stations if station.id in observations]
        lacking = [station for station in stations if station.id in without]
        inputs = Inputs(
            source=self.fetcher.source,
            observations={station.id: observations[station.id] for station in in_order},
            without={station.id: without[station.id] for station in lacking},
            guidance={},
            now=now,
        )
        if not self.guidance:
            return inputs
        guidance = self.guidance.records(in_order, inputs.histories, now)
        return replace(inputs, guidance=guidance)

    def _require_own(self, task: PartitionTask) -> None:
        own = self.forecaster.manifest.version, self.params.ingest.source
        if (task.model, task.source) != own:
            raise ConfigError(
                f"partition {task.number} is to be forecast by model {task.model} from"
                f" {task.source}; this process has {own[0]} and {own[1]}. Bring all machines to the"
                " same release, model and settings."
            )
