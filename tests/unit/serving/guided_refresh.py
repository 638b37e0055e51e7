"""A refresh with numerical forecasts, asked over real HTTP of the fake Open-Meteo, by a small model
that uses them: the network of the made-up stations, and at each the models' mean without its bias
of the last days."""

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from fakes.open_meteo import FakeOpenMeteo
from horizon import HORIZON_H
from unit.forecasting.synthetic import HISTORY_H, built, place
from unit.serving.refresh_fakes import params
from wearcast.config import OpenMeteo, Params, Station
from wearcast.forecasting import guidance_file, onnx_export
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.guidance_file import ModelGuidance
from wearcast.forecasting.guidance_inputs import AROUND_H, RECENT_H
from wearcast.forecasting.guidance_record import VARIABLES
from wearcast.forecasting.guidance_regression import Combination, LinearMaps
from wearcast.forecasting.guidance_tail import Tail
from wearcast.forecasting.median_share import MedianShare
from wearcast.forecasting.network import GuidedDecoder, GuidedNetwork
from wearcast.forecasting.station_guidance import StationGuidance
from wearcast.forecasting.windows import CALENDAR
from wearcast.serving.refresh.live_guidance import LiveGuidance
from wearcast.serving.refresh.run import Refresh
from wearcast.serving.settings import Deployment
from wearcast.serving.store.object_storage import FolderStorage
from wearcast.serving.store.snapshot_store import SnapshotStore
from wearcast.weather.sources.http_client import RetryPolicy
from wearcast.weather.sources.open_meteo import OpenMeteoGuidance, OpenMeteoSource

MODELS = ("ecmwf_ifs025", "gfs_seamless", "icon_seamless")
REACH_H = 162
"""Later the bias isn't known: the archive keeps nothing older."""

HASTY = RetryPolicy(
    silence_s=2.0,
    answer_s=2.0,
    attempts=2,
    total_s=5,
    first_pause_s=0.01,
    longest_pause_s=0.02,
    jitter_s=0.01,
)


def of_mean_without_bias(models: Sequence[str] = MODELS) -> StationGuidance:
    """A station whose temperature and dew point are the models' mean without its bias, and all else
    as its past says."""
    targets = len(TARGETS)
    shares = np.zeros((HORIZON_H, targets, 3), dtype=np.float32)
    for target, name in enumerate(TARGETS):
        way = 1 if name in ("temp_c", "dewpoint_c") else 0
        shares[:REACH_H, target, way] = 1
    around = len(AROUND_H) * len(models) * len(VARIABLES)
    width = 4 * targets + around + targets * (len(RECENT_H) + 1) + 1 + CALENDAR
    nothing = LinearMaps(
        centre=np.zeros((HORIZON_H, width), dtype=np.float32),
        scale=np.ones((HORIZON_H, width), dtype=np.float32),
        weights=np.zeros((HORIZON_H, width, targets), dtype=np.float32),
        intercept=np.zeros((HORIZON_H, targets), dtype=np.float32),
    )
    combination = Combination(shares, nothing)
    return StationGuidance(
        models=tuple(models),
        offsets=np.zeros((len(models), 24, len(VARIABLES)), dtype=np.float32),
        fresh=combination,
        stale=combination,
        tail=Tail.none(targets),
        usual_reach_h=REACH_H,
    )


@functools.cache
def guided_network() -> bytes:
    """The network of the made-up stations, which sees guidance and makes nothing of it."""
    network = built().trained.network
    plain = network.decoder
    decoder = GuidedDecoder(
        plain.shape,
        plain.get_buffer("spread"),
        plain.get_buffer("wet_amount"),
        plain.get_buffer("spread"),
    )
    decoder.load_state_dict(plain.state_dict(), strict=False)
    return onnx_export.export(GuidedNetwork(network.linear_path, decoder), HISTORY_H)


@functools.cache
def guided_forecaster(count: int) -> Forecaster:
    """The model of `places`, which are all like the first of the made-up stations."""
    stations = places(count)
    onnx = guided_network()
    manifest = built().manifest
    fitted = {station.id: of_mean_without_bias() for station in stations}
    file = guidance_file.to_bytes(fitted)
    climate = manifest.standardization.climatologies["AAA"]
    standardization = replace(
        manifest.standardization,
        climatologies={station.id: climate for station in stations},
        longitudes={station.id: station.longitude for station in stations},
    )
    guidance = ModelGuidance(
        file=f"sha256:{hashlib.sha256(file).hexdigest()}",
        stations=guidance_file.described(fitted),
        calibration=manifest.calibration,
        median=MedianShare.none(HORIZON_H).to_json(),
    )
    guided = replace(
        manifest,
        onnx=f"sha256:{hashlib.sha256(onnx).hexdigest()}",
        stations=tuple(stations),
        standardization=standardization,
        guidance=guidance,
    )
    return Forecaster(guided, onnx, file)


def places(count: int) -> list[Station]:
    """Stations along a parallel."""
    return [place(f"S{i:02}", longitude=-74.0 - i / 4) for i in range(count)]


@dataclass
class GuidedRefresh:
    """A refresh that is run hour by hour, as its service's clock goes on.

    Attributes:
        fake: the service.
        url: where it answers.
        folder: where store and caches are.
        stations: of the refresh.
        uses_guidance: whether it asks for numerical forecasts.
        most_s: how long it waits for them.
    """

    fake: FakeOpenMeteo
    url: str
    folder: Path
    stations: Sequence[Station]
    uses_guidance: bool = True
    most_s: float = 20.0

    def made(self) -> Refresh:
        """The refresh of now, as a new process would make it."""
        forecaster = guided_forecaster(len(self.stations))
        store = SnapshotStore(FolderStorage(self.folder / "store"), 100)
        settings = Deployment(
            store=str(self.folder / "store"),
            history=self.folder / "history",
            oldest_observation=timedelta(hours=12),
        )
        addresses = self._addresses()
        guidance = None
        if self.uses_guidance:
            asked = OpenMeteoGuidance(addresses, MODELS, {}, now=self._now, retry_policy=HASTY)
            fitted = frozenset(station.id for station in self.stations)
            guidance = LiveGuidance(asked, "open_meteo", settings.history, fitted, self.most_s)
        return Refresh(
            settings=settings,
            params=self._params(),
            source=OpenMeteoSource(addresses, {}, now=self._now),
            forecaster=forecaster,
            store=store,
            now=self._now,
            guidance=guidance,
        )

    def _now(self) -> datetime:
        return self.fake.now()

    def _addresses(self) -> OpenMeteo:
        return OpenMeteo(
            archive_url=f"{self.url}/v1/archive",
            forecast_url=f"{self.url}/v1/forecast",
            previous_runs_url=f"{self.url}/v1/previous-runs",
            metadata_url=f"{self.url}/data",
        )

    def _params(self) -> Params:
        return params("open_meteo", self.stations)
