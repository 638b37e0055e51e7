"""Made-up forecasts of two models whose skill is known."""

from dataclasses import replace

import numpy as np

from unit.forecasting.synthetic import lasting
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.quantiles import LEVELS, normal_quantiles
from wearcast.retraining.paired_forecasts import PairedForecasts

HORIZON_H = 168
DAYS = 84
_Z = normal_quantiles(LEVELS)


def of_error(observed: np.ndarray, error: np.ndarray, spread: float) -> np.ndarray:
    """Quantiles around medians with that error, as sure as `spread` says."""
    return (observed + error)[..., None] + spread * _Z


def equal_pair(seed: int = 0, spread: float = 2.0) -> PairedForecasts:
    """Two calibrated models of the same skill that err in the same weather and a little apart."""
    rng = np.random.default_rng(seed)
    issued_at = np.datetime64("2021-01-01T00", "h") + np.arange(0, 24 * DAYS, 5)
    shape = len(issued_at), HORIZON_H
    weather = np.stack([lasting(rng, HORIZON_H, 24) for _ in issued_at])
    observed = dict.fromkeys(TARGETS, np.zeros(shape))
    errors = [0.98 * weather + 0.2 * rng.normal(size=shape) for _ in range(2)]
    champion, challenger = (of_error(np.zeros(shape), spread * each, spread) for each in errors)
    wet = (rng.uniform(size=shape) < 0.1).astype(float)
    return PairedForecasts(
        issued_at=issued_at,
        observed=observed,
        wet=wet,
        climatology=3 * weather,
        champion=dict.fromkeys(TARGETS, champion),
        challenger=dict.fromkeys(TARGETS, challenger),
        champion_rain=np.full(shape, 0.1),
        challenger_rain=np.full(shape, 0.11),
    )


def changed(pair: PairedForecasts, by: float, hours: slice = slice(None)) -> PairedForecasts:
    """The challenger's errors and how sure it is, as a multiple of the champion's over some leads,
    and a little noise."""
    rng = np.random.default_rng(7)
    quantiles = pair.champion["temp_c"].copy()
    noise = 0.02 * rng.normal(size=quantiles.shape[:2])
    quantiles[:, hours] = by * quantiles[:, hours]
    quantiles += noise[..., None]
    return replace(pair, challenger={**pair.challenger, "temp_c": quantiles})
