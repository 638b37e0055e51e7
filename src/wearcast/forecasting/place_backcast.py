"""What the network would have forecast in a place's own past, each forecast standardised by a
climatology that never saw its time, and what came."""

import itertools
from collections import ChainMap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

import numpy as np

from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Flags, Floats32, Hours, Positions
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.split import Segment, Split
from wearcast.forecasting.standardized_series import Standardization, StandardizedSeries
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.window_dataset import WindowDataset, role_positions
from wearcast.forecasting.windows import spacing, thinned

FOLDS: Final = 5
"""Parts of the record that are left out, one after the other."""

_EVERY_H: Final = 5
_MOST_WINDOWS: Final = 3600
"""Forecasts of the past: two years of every fifth hour."""

_CHUNK: Final = 32
"""Forecasts at once: eight times as many take 100 MB more, and hardly less time."""

_MARGIN: Final = np.timedelta64(7 * 24, "h")
"""Beside what is left out, hours that its climatology doesn't see either."""


@dataclass(frozen=True)
class Backcast:
    """N forecasts, standardised and uncalibrated, in the order of time within each fold.

    Attributes:
        issued_at: UTC, (N,).
        fold: which part was left out, (N,).
        features: of the linear path, (N, F).
        quantiles: the network's, (N, horizon_h, T, Q).
        observed: (N, horizon_h, T), NaN where missing.
    """

    issued_at: Hours
    fold: Positions
    features: Floats32
    quantiles: Floats32
    observed: Floats32

    def __len__(self) -> int:
        return len(self.issued_at)


def backcast(
    station: Station,
    history: History,
    forecaster: Forecaster,
    climatology: Callable[[History], StationClimatology],
) -> Backcast:
    """Forecast a place's past.

    Args:
        station: the place.
        history: its record.
        forecaster: the model.
        climatology: fits one to a part of the record.

    Raises:
        ModelError: no forecast could have been made and judged in it.
    """
    standardization = forecaster.manifest.standardization
    whole = climatology(history)
    every_h = spacing(len(history), _MOST_WINDOWS, _EVERY_H)
    parts = []
    for fold, span in enumerate(folds(history.valid_at)):
        without = history.only(~_near(history.valid_at, span))
        fitted = climatology(without)
        # What only this span has is nothing that the rest could say the usual of.
        reported = tuple(name for name in whole.reported if name in fitted.reported)
        of_fold = replace(fitted, scale=whole.scale, reported=reported)
        standard = with_station(standardization, station, of_fold)
        split = Split(train=(), validation=(), test=(span,))
        at = role_positions(
            history, split, "test", standardization.history_h, standardization.horizon_h
        )
        chosen = at[thinned(history.valid_at[at], every_h)]
        if len(chosen):
            series = standard.series(history)
            parts.append(_of_fold(forecaster, series, chosen, fold))
    if not parts:
        raise ModelError(
            f"no forecast of {station.id}'s past can be made and judged: no stretch of its record"
            f" has temperatures in {standardization.history_h} hours and in the"
            f" {standardization.horizon_h} that follow. Give a longer record with fewer gaps."
        )
    return _joined(parts)


def folds(valid_at: Hours) -> list[Segment]:
    """The spans of a record that are left out, of equal length."""
    hours = len(valid_at)
    edges = [valid_at[0] + i * hours // FOLDS for i in range(FOLDS + 1)]
    return list(itertools.pairwise(edges))


def with_station(
    standardization: Standardization, station: Station, climatology: StationClimatology
) -> Standardization:
    """The same, for another station too."""
    trained = cast("dict[str, StationClimatology]", standardization.climatologies)
    climatologies = ChainMap({station.id: climatology}, trained)
    longitudes = {**standardization.longitudes, station.id: station.longitude}
    return replace(standardization, climatologies=climatologies, longitudes=longitudes)


def _near(valid_at: Hours, span: Segment) -> Flags:
    """Hours in the span, or beside it."""
    start, stop = span
    near: Flags = (valid_at >= start - _MARGIN) & (valid_at < stop + _MARGIN)
    return near


def _of_fold(
    forecaster: Forecaster, series: StandardizedSeries, at: Positions, fold: int
) -> Backcast:
    history_h = forecaster.manifest.standardization.history_h
    unknown = np.full(len(series.valid_at), np.nan, dtype=np.float32)
    dataset = WindowDataset(series, at, wet=unknown, log_mm=unknown, history_h=history_h)
    quantiles = []
    for begin in range(0, len(at), _CHUNK):
        standardised, _, _ = forecaster.network(series, at[begin : begin + _CHUNK])
        quantiles.append(standardised.astype(np.float32))
    return Backcast(
        issued_at=dataset.issued_at,
        fold=np.full(len(at), fold),
        features=dataset.features(),
        quantiles=np.concatenate(quantiles),
        observed=dataset.targets(at),
    )


def _joined(parts: Sequence[Backcast]) -> Backcast:
    return Backcast(
        issued_at=np.concatenate([part.issued_at for part in parts]),
        fold=np.concatenate([part.fold for part in parts]),
        features=np.concatenate([part.features for part in parts]),
        quantiles=np.concatenate([part.quantiles for part in parts]),
        observed=np.concatenate([part.observed for part in parts]),
    )
