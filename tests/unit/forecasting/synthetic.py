"""Made-up stations, plausible enough to learn from: seasons, days, weather that lasts, rain that
comes in spells."""

import functools
from dataclasses import dataclass, replace

import numpy as np

from horizon import HORIZON_H
from wearcast.config import Blocks, Periods, Preprocess, Station, Train
from wearcast.forecasting import held_out_forecasts, model_assembly, onnx_export, training
from wearcast.forecasting.channels import Rain
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.left_out_years import forecast_left_out_years
from wearcast.forecasting.manifest import Manifest
from wearcast.forecasting.median_share import MedianShare
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.split import Split, plan
from wearcast.forecasting.standardized_series import Standardization
from wearcast.forecasting.station_climatology import StationClimatology, TrailingWindow
from wearcast.forecasting.training import Trained
from wearcast.forecasting.window_dataset import WindowDataset, build_dataset

START = np.datetime64("2012-07-25T05", "h")
HISTORY_H = 48

TINY = Train(
    history_h=HISTORY_H,
    every_h=5,
    annual_harmonics=1,
    diurnal_harmonics=2,
    drift_days=60,
    drift_shrink_h=500,
    folds=3,
    hidden=4,
    dropout=0.1,
    input_noise=0.1,
    weight_decay=0.01,
    learning_rate=0.01,
    batch=64,
    epochs=3,
    patience=2,
    members=12,
    seed=7,
)
"""Settings as small as they may be."""

BLOCKS = Preprocess(
    fill_h=3,
    scheme="blocks",
    margin_h=HORIZON_H,
    blocks=Blocks(cycle_d=63, validation_d=9, test_d=9),
    periods=Periods(),
)


def place(
    name: str = "AAA", time_zone: str = "America/New_York", longitude: float = -74.0
) -> Station:
    """A station somewhere."""
    return Station(
        id=name,
        name_en=name,
        name_ko=name,
        latitude=40.7,
        longitude=longitude,
        elevation_m=5,
        time_zone=time_zone,
    )


def lasting(rng: np.random.Generator, n: int, hours: float) -> np.ndarray:
    """AR(1) noise of variance 1 that forgets itself in `hours`, shape (n,)."""
    keep = np.exp(-1 / hours)
    noise = rng.normal(size=n) * np.sqrt(1 - keep**2)
    series = np.empty(n)
    series[0] = rng.normal()
    for hour in range(1, n):
        series[hour] = keep * series[hour - 1] + noise[hour]
    return series


def weather(valid_at: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Every variable a station may report, without a gap."""
    rng, n = np.random.default_rng(seed), len(valid_at)
    hours = valid_at.astype(np.int64).astype(float)
    front, moist, wind = (lasting(rng, n, last) for last in (48.0, 12.0, 18.0))
    temp_c = (
        12
        - 10 * np.cos(2 * np.pi * hours / (365.25 * 24))
        - 4 * np.cos(2 * np.pi * (hours - 9) / 24)
        + 3 * front
        + rng.normal(0, 0.3, n)
    )
    return {
        "temp_c": temp_c,
        "dewpoint_c": temp_c - 4 * np.exp(0.5 * moist),
        "wind_ms": np.abs(3 + 2 * wind),
        "wind_dir_deg": 1 + (180 + 60 * front) % 359,
        "pressure_hpa": 1013 - 6 * front,
        "cloud_pct": np.clip(50 - 35 * moist, 0, 100),
        "precip_mm": np.where(moist < -0.8, np.round(np.exp(rng.normal(size=n)), 1), 0.0),
        "precip_3h_mm": np.full(n, np.nan),
    }


def history(
    name: str = "AAA", days: int = 360, seed: int = 0, start: np.datetime64 = START
) -> History:
    """A station's record, with two gaps in its temperature."""
    valid_at = start + np.arange(24 * days)
    values = weather(valid_at, seed)
    for gap in (slice(500, 506), slice(24 * days // 2, 24 * days // 2 + 30)):
        values["temp_c"][gap] = np.nan
    return History(name, valid_at, values)


def with_values(record: History, **values: np.ndarray) -> History:
    """The same record with other values."""
    return replace(record, values={**record.values, **values})


def records(*histories: History, split: Split | None = None) -> Records:
    """Records of stations, split into blocks."""
    first = min(h.valid_at[0] for h in histories)
    last = max(h.valid_at[-1] for h in histories)
    return Records(
        stations=tuple(place(h.station, longitude=-74.0 - i) for i, h in enumerate(histories)),
        histories={h.station: h for h in histories},
        split=split or plan(first, last, BLOCKS),
        source="sample",
        sha256="sha256:made-up",
    )


@functools.cache
def two_stations() -> Records:
    """AAA reports everything; BBB neither cloud nor rain."""
    second = history("BBB", seed=1)
    nothing = np.full(len(second), np.nan)
    return records(history("AAA"), with_values(second, cloud_pct=nothing, precip_mm=nothing))


@functools.cache
def standardization() -> Standardization:
    """What standardises the two stations."""
    return model_assembly.fit_standardization(two_stations(), TINY)


def windows(
    known: Records, standard: Standardization, role: str, every_h: int = 1
) -> WindowDataset:
    """All windows of a role."""
    return build_dataset(list(known.histories.values()), standard, known.split, role, every_h)


@dataclass(frozen=True)
class Built:
    """A tracked model and all it was made of."""

    records: Records
    train_set: WindowDataset
    validation_set: WindowDataset
    trained: Trained
    onnx: bytes
    manifest: Manifest

    @property
    def forecaster(self) -> Forecaster:
        """The model at work."""
        return Forecaster(self.manifest, self.onnx)


def build(known: Records, settings: Train = TINY) -> Built:
    """The stage `train`, as its notebook runs it."""
    standard = model_assembly.fit_standardization(known, settings)
    train_set, validation_set = (
        windows(known, standard, "train"),
        windows(known, standard, "validation"),
    )
    trained = training.train(train_set, validation_set, settings)
    left_out = forecast_left_out_years(known, max(1, trained.curve.best), settings)
    median = MedianShare.decide(left_out, settings.horizon_h, settings.seed)
    onnx = onnx_export.export(
        trained.network.with_median_share(median.by_lead()), settings.history_h
    )
    manifest = model_assembly.build(
        onnx,
        known,
        standard,
        held_out_forecasts.forecast(trained, validation_set),
        left_out,
        median,
        settings,
        model_assembly.origin(known, []),
    )
    return Built(known, train_set, validation_set, trained, onnx, manifest)


@functools.cache
def built() -> Built:
    """The tracked model of the two stations, made once for all tests."""
    return build(two_stations())


def plain_climate(hours: np.ndarray, values: np.ndarray) -> StationClimatology:
    """Normals of channels (n, C) whose rain was never wet."""
    return StationClimatology.fit(
        hours, values, Rain(np.zeros(len(hours)), np.zeros(len(hours))), 1, 1
    )


NO_TRAILING_ANOMALY = TrailingWindow(365, 1e12)
"""A trailing-year anomaly shrunk to nothing."""
