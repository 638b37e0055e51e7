"""The work on a partition: it fetches its stations' observations, controls them, forecasts, checks,
and keeps the forecasts as a file named by its hash. Of one partition nothing stays in memory when
the next begins."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from wearcast.config import Params, Station
from wearcast.errors import ConfigError, WearcastError
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.refresh import observation_cache
from wearcast.serving.refresh.checked_forecasts import CheckedForecasts, Issued
from wearcast.serving.refresh.inputs import Inputs
from wearcast.serving.refresh.live_guidance import LiveGuidance
from wearcast.serving.refresh.observation_cache import Observed
from wearcast.serving.refresh.partition import LeftOut, PartitionResult, PartitionTask
from wearcast.serving.refresh.replay import SourceAsOf
from wearcast.serving.settings import Deployment
from wearcast.serving.store.refresh_totals import error_name
from wearcast.weather.fetching import Fetcher

PutShard = Callable[[bytes], str]
"""Keeps a file with forecasts; the sha256 that it is named by."""


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
        guidance: the numerical forecasts that it uses; None where it uses none.
        source_failures: by the error's class, how often a station had no observations.
    """

    settings: Deployment
    params: Params
    fetcher: Fetcher
    forecaster: Forecaster
    guidance: LiveGuidance | None = None
    source_failures: Counter[str] = field(default_factory=Counter, compare=False)

    def result(self, task: PartitionTask, put: PutShard) -> PartitionResult:
        """Forecast a partition, and keep its forecasts.

        Raises:
            ConfigError: the task is for another model or source.
            ArtifactError: the disk can't be written.
            StoreError: the store can't take the file.
        """
        self._require_own(task)
        source = self.fetcher.source
        if task.source == "sample":
            source = SourceAsOf(source, task.now)
        of_guidance = self.guidance.failures if self.guidance else Counter[str]()
        guidance_failures_before = of_guidance.copy()
        work = replace(
            self, fetcher=replace(self.fetcher, source=source), source_failures=Counter()
        )
        made = work.forecasts(task.stations, task.now)
        shard = None
        if made.snapshots:
            content = Snapshot.joined(made.snapshots).to_bytes(task.schema)
            Snapshot.from_bytes(content)  # Raises ModelError where no reader would serve it.
            shard = put(content)
        return PartitionResult(
            number=task.number,
            shard=shard,
            issued_at=made.issued_at,
            left_out={id: LeftOut.of(error) for id, error in made.left_out.items()},
            source_failures=dict(work.source_failures),
            guidance_failures=dict(of_guidance - guidance_failures_before),
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
