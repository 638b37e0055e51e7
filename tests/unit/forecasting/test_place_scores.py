"""Judging a place's past takes little memory: a refresh that adds places has 576 MB in all."""

import tracemalloc

import numpy as np

from wearcast.forecasting import place_scores
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.place_backcast import FOLDS, Backcast
from wearcast.forecasting.quantiles import LEVELS, Calibration

COUNT, HORIZON_H = 400, 168


def past() -> Backcast:
    drawn = np.random.default_rng(1)
    shape = (COUNT, HORIZON_H, len(TARGETS))
    spread = (LEVELS - 0.5).astype(np.float32)
    return Backcast(
        issued_at=np.datetime64("2024-01-01T00", "h") + np.arange(COUNT) * 5,
        fold=np.arange(COUNT) * FOLDS // COUNT,
        features=np.zeros((COUNT, 1), dtype=np.float32),
        quantiles=np.broadcast_to(spread, (*shape, len(LEVELS))).copy(),
        observed=drawn.normal(size=shape).astype(np.float32),
    )


def test_it_takes_little_more_memory_than_the_forecasts_of_one_target():
    forecasts = past()
    none = np.zeros(forecasts.observed.shape, dtype=np.float32)
    scale = np.ones(len(CHANNELS))
    general = Calibration.none(len(TARGETS), HORIZON_H)
    tracemalloc.start()
    scores = place_scores.scores(forecasts, none, scale, general, 900)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    of_one = 2 * forecasts.quantiles.nbytes / len(TARGETS)
    assert peak < 5 * of_one
    assert scores.calibration.margins.shape == general.margins.shape
    assert 0.7 < scores.coverage_80["all"] < 0.9
