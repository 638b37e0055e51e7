"""Numerical forecasts at a place nobody trained on: fitted to it as to any station, and intervals
as wide as they need to be there."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.config import Station
from wearcast.forecasting import guided_windows, place_backcast, place_scores
from wearcast.forecasting.array_types import Floats, Hours, Positions
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.guided_windows import GuidedWindows
from wearcast.forecasting.history import History
from wearcast.forecasting.missing_values import where_known
from wearcast.forecasting.place import GuidedPast
from wearcast.forecasting.quantiles import Calibration
from wearcast.forecasting.split import Split
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.station_guidance import LEAST_DAYS, StationGuidance
from wearcast.forecasting.window_dataset import WindowDataset, build_dataset
from wearcast.forecasting.windows import spacing

_EVERY_H: Final = 5
_MOST_WINDOWS: Final = 2000
_CHUNK: Final = 256
_FOLDS: Final = 5


@dataclass(frozen=True)
class PlaceGuidance:
    """What was fitted of numerical forecasts at a place.

    Attributes:
        station: as of any station.
        calibration: of the quantiles of guided hours.
        past: what forecasts of the place's past say of those to come.
    """

    station: StationGuidance
    calibration: Calibration
    past: GuidedPast


def fit(
    station: Station,
    history: History,
    forecaster: Forecaster,
    climatology: StationClimatology,
    record: GuidanceRecord,
) -> PlaceGuidance | None:
    """Fit numerical forecasts to a place; None where the model knows none, or the archive has too
    few days of them.

    Args:
        station: the place.
        history: its record.
        forecaster: the model.
        climatology: the place's.
        record: what the models said of it.
    """
    manifest = forecaster.manifest
    if manifest.guidance is None:
        return None
    dataset = _windows(station, history, forecaster, climatology, record)
    days = guided_windows.archive_days(dataset.guided)
    if not len(dataset) or days[station.id] < LEAST_DAYS:
        return None
    windows = np.arange(len(dataset))
    bases = []
    for some in _chunks(windows):
        at = dataset.at[some]
        bases.append(forecaster.base(dataset.series, at))
    base = np.concatenate(bases)
    fitted, forecasts = guided_windows.fit(
        dataset,
        windows,
        base,
        windows,
        _FOLDS,
        days,
    )
    if station.id not in fitted or not len(forecasts):
        return None
    of_days = days[station.id]
    general = manifest.guidance.calibration
    quantiles, observed = _out_of_fold(forecaster, dataset, forecasts)
    calibration = place_scores.guided_calibration(quantiles, observed, general, of_days)
    issued_at = dataset.issued_at[forecasts.windows]
    spans = _spans(issued_at)
    scale = climatology.scale[CHANNELS.index("temp_c")]
    past = place_scores.guided_past(quantiles, observed, spans, float(scale), general, of_days)
    return PlaceGuidance(fitted[station.id], calibration, past)


def _windows(
    station: Station,
    history: History,
    forecaster: Forecaster,
    climatology: StationClimatology,
    record: GuidanceRecord,
) -> WindowDataset:
    """The windows issued while there was guidance."""
    standardization = place_backcast.with_station(
        forecaster.manifest.standardization, station, climatology
    )
    begin = history.valid_at[0]
    end = history.issued_at + 1
    everything = ((begin, end),)
    split = Split(train=(), validation=(), test=everything)
    hours = min(len(history), len(record))
    every_h = spacing(hours, _MOST_WINDOWS, _EVERY_H)
    guidance = {station.id: record}
    dataset = build_dataset([history], standardization, split, "test", every_h, guidance)
    issued_at = dataset.issued_at
    has_begun = issued_at >= record.valid_at[0]
    goes_on = issued_at < record.valid_at[-1]
    has_guidance = np.flatnonzero(has_begun & goes_on)
    return dataset.only(has_guidance)


def _out_of_fold(
    forecaster: Forecaster, dataset: WindowDataset, guided: GuidedWindows
) -> tuple[Floats, Floats]:
    """The quantiles of forecasts with guidance out of fold, (N, horizon_h, T, Q), and what came,
    NaN where none was guided, (N, horizon_h, T)."""
    at = dataset.at[guided.windows]
    parts = []
    rows = np.arange(len(guided))
    for some in _chunks(rows):
        moved, seen = guided.at(some)
        part = forecaster.guided_network(dataset.series, at[some], moved, seen)
        parts.append(part)
    quantiles = np.concatenate(parts)
    targets = dataset.targets(at)
    is_guided = guided.is_guided[..., None]
    guided_targets = where_known(is_guided, targets)
    observed: Floats = guided_targets.astype(np.float64)
    return quantiles, observed


def _spans(issued_at: Hours) -> Positions:
    """Which of `_FOLDS` spans of equal length each issue time is in."""
    since_h = (issued_at - issued_at.min()).astype(np.int64)
    span_h = since_h.max() // _FOLDS + 1
    spans: Positions = since_h // span_h
    return spans


def _chunks(windows: Positions) -> Iterator[Positions]:
    for first in range(0, len(windows), _CHUNK):
        yield windows[first : first + _CHUNK]
