"""What a model's forecasts of the last months would have been worth at every station, from the
observations that a refresh keeps: `recent_errors` of thousands of stations, a partition at a time.

The forecasts are made anew, each from what was observed by its issue time and from a station's past
alone. Nothing is fetched or published. A partition is a pure function of a task of plain values and
of the files that the task names, so any engine runs it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from wearcast.config import Params, Station
from wearcast.errors import ModelError, WearcastError
from wearcast.forecasting import verification
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.serving.cluster.engine import Engine, results
from wearcast.serving.refresh import observation_cache
from wearcast.serving.refresh.observed_hours import observed, rained, row_numbers
from wearcast.serving.refresh.recent_errors import issue_positions
from wearcast.serving.refresh.tracked_model import tracked_model
from wearcast.serving.settings import Deployment
from wearcast.weather.stations import resolve

PARTITION_STATIONS: Final = 50
_DIGITS: Final = 4
_TEMP: Final = CHANNELS.index("temp_c")


@dataclass(frozen=True)
class BackcastTask:
    """A partition of stations, and what it takes to forecast them.

    Attributes:
        model: the folder of the model, the same on every machine.
        version: of the model.
        history: the folder of the refresh's observations, the same on every machine.
        fill_h: how long a gap quality control fills.
        stations: those of the partition.
    """

    model: str
    version: str
    history: str
    fill_h: int
    stations: tuple[Station, ...]

    def to_json(self) -> str:
        """The task as it goes to a worker."""
        stations = [station.model_dump() for station in self.stations]
        return json.dumps(asdict(self) | {"stations": stations}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "BackcastTask":
        """The task that `to_json` wrote."""
        content = json.loads(text)
        stations = tuple(Station.model_validate(one) for one in content.pop("stations"))
        return cls(**content, stations=stations)


def backcast(settings: Deployment, params: Params, engine: Engine) -> dict[str, Any]:
    """By station the scores of its forecasts of the last months, and why a station has none.

    Raises:
        ModelError: the model can't be used, or no station has observations to forecast from.
        ClusterError: the engine's.
    """
    manifest = Forecaster.load(settings.model).manifest
    known = manifest.standardization.climatologies
    stations = [station for station in resolve(params.ingest.stations) if station.id in known]
    tasks = []
    for first in range(0, len(stations), PARTITION_STATIONS):
        task = BackcastTask(
            model=str(settings.model),
            version=manifest.version,
            history=str(settings.history),
            fill_h=params.preprocess.fill_h,
            stations=tuple(stations[first : first + PARTITION_STATIONS]),
        )
        tasks.append(task.to_json())
    scores: dict[str, Any] = {}
    left_out: dict[str, str] = {}
    for result in results(engine, backcast_partition, tasks):
        partition = json.loads(result)
        scores |= partition["stations"]
        left_out |= partition["left_out"]
    if not scores:
        raise _nothing_kept(settings.history, left_out)
    return {"model": manifest.version, "stations": scores, "left_out": left_out}


def backcast_partition(task_text: str) -> str:
    """The scores of a partition's stations, and why a station has none; a `PartitionFunction`."""
    task = BackcastTask.from_json(task_text)
    forecaster = tracked_model(task.model, task.version)
    scores = {}
    left_out = {}
    for station in task.stations:
        folder = Path(task.history) / station.id
        try:
            kept = observation_cache.read(station, folder, task.fill_h)
            scores[station.id] = station_scores(forecaster, kept)
        except (WearcastError, OSError) as error:
            left_out[station.id] = str(error)
    return json.dumps({"stations": scores, "left_out": left_out}, sort_keys=True)


def station_scores(forecaster: Forecaster, kept: observation_cache.Observed) -> dict[str, Any]:
    """How many forecasts a station's last months have, of how many hours that were observed, and
    their scores by range of leads; unknown numbers are None.

    Raises:
        ModelError: nothing can be forecast from what is kept.
    """
    history, measured = kept.history, kept.measured
    standardization = forecaster.manifest.standardization
    at = issue_positions(kept, standardization.history_h)
    if not len(at):
        raise ModelError("its last months hold no hour to forecast from")
    series = standardization.series(history)
    marginals = forecaster.run(history.station, series, at)
    quantiles = marginals.quantiles["temp_c"]
    issued_at = history.valid_at[at]
    valid_at = issued_at[:, None] + np.arange(1, series.horizon_h + 1)
    rows = row_numbers(measured.valid_at, valid_at)
    came_c = observed(measured, "temp_c")[rows]
    wet = rained(measured)[rows]
    median_c = quantiles[..., MEDIAN]
    climatology_c = series.climatology[series.ahead(at), _TEMP]
    by_lead = {
        "mae_c": verification.mae(median_c, came_c),
        "bias_c": verification.bias(median_c, came_c),
        "coverage_80": verification.interval_coverage(quantiles, came_c),
        "climatology_mae_c": verification.mae(climatology_c, came_c),
        "rain_brier": verification.brier(marginals.hourly_rain_chance, wet),
    }
    return {
        "forecasts": len(at),
        "from": f"{issued_at[0]}:00Z",
        "until": f"{issued_at[-1]}:00Z",
        "hours": int(np.isfinite(came_c).sum()),
        **{name: _by_range(values) for name, values in by_lead.items()},
    }


def _by_range(by_lead: Floats) -> dict[str, float | None]:
    means = verification.mean_by_lead_range(by_lead)
    return {label: verification.rounded(mean, _DIGITS) for label, mean in means.items()}


def _nothing_kept(history: Path, left_out: Mapping[str, str]) -> ModelError:
    reasons: Sequence[str] = [f"{station}: {reason}" for station, reason in left_out.items()]
    first = f" The first of {len(reasons)}: {reasons[0]}" if reasons else ""
    return ModelError(
        f"{history} holds no observations from which the last months can be forecast. They come"
        f" with `wearcast refresh`.{first}"
    )
