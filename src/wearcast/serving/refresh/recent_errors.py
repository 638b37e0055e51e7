"""How far a model's forecasts of the last months would have been off, from the observations that a
refresh keeps: what a rollout compares two releases by.

The forecasts are made anew, each from what was observed by its issue time, and from a station's
past alone: numerical forecasts as they were then aren't kept. Nothing is fetched or published.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from wearcast.config import Params, Station
from wearcast.errors import ModelError, WearcastError
from wearcast.forecasting.array_types import Positions
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.windows import enough_present
from wearcast.serving.refresh import observation_cache
from wearcast.serving.refresh.observed_hours import observed, row_numbers
from wearcast.weather.stations import resolve

FORMAT: Final = 1
"""Of what `recent_errors` tells: a reader leaves another one alone."""

PERIOD_D: Final = 180
EVERY_H: Final = 12
LEADS_H: Final = 72
MAX_STATIONS: Final = 20
"""Of more stations as many are taken, evenly: a rollout waits for this."""

_DIGITS: Final = 4


def recent_errors(forecaster: Forecaster, params: Params, history: Path) -> dict[str, Any]:
    """By station and issue time how many hours of the forecast were observed, and the mean absolute
    error of the temperature's median over these, °C; and the last hour that the model has seen.

    Args:
        forecaster: the model.
        params: the stations, and how their observations are controlled.
        history: the folder of the refresh's observations.

    Raises:
        ModelError: nothing is kept that it can forecast from.
    """
    known = forecaster.manifest.standardization.climatologies
    stations = [station for station in resolve(params.ingest.stations) if station.id in known]
    found = {}
    for station in _some(stations):
        folder = history / station.id
        try:
            kept = observation_cache.read(station, folder, params.preprocess.fill_h)
        except (WearcastError, OSError):
            continue
        found[station.id] = _of_station(forecaster, kept)
    if not any(found.values()):
        raise ModelError(
            f"{history} holds no observations from which the last months can be forecast. They come"
            " with `wearcast refresh`."
        )
    origin = forecaster.manifest.origin
    return {
        "format": FORMAT,
        "model": forecaster.manifest.version,
        "seen_until": origin.get("seen_until", origin["trained_on"]["until"]),
        "stations": found,
    }


def _some(stations: Sequence[Station]) -> list[Station]:
    step = max(1, -(-len(stations) // MAX_STATIONS))
    return list(stations[::step])


def _of_station(
    forecaster: Forecaster, kept: observation_cache.Observed
) -> dict[str, tuple[int, float]]:
    """By issue time the hours observed and the mean absolute error."""
    history = kept.history
    at = issue_positions(kept, forecaster.manifest.standardization.history_h)
    if not len(at):
        return {}
    series = forecaster.manifest.standardization.series(history)
    marginals = forecaster.run(history.station, series, at)
    median_c = marginals.quantiles["temp_c"][:, :LEADS_H, MEDIAN]
    issued_at = history.valid_at[at]
    valid_at = issued_at[:, None] + np.arange(1, median_c.shape[1] + 1)
    rows = row_numbers(kept.measured.valid_at, valid_at)
    came_c = observed(kept.measured, "temp_c")[rows]
    error_c = np.abs(median_c - came_c)
    told = {}
    for time, errors in zip(issued_at, error_c, strict=True):
        known = errors[np.isfinite(errors)]
        if len(known):
            error = float(known.mean())
            told[str(time)] = (len(known), round(error, _DIGITS))
    return told


def issue_positions(kept: observation_cache.Observed, history_h: int) -> Positions:
    """Where forecasts are issued: every `EVERY_H` hours of the period that have what a forecast
    needs before them, a temperature that was measured and not filled, and some hour after them."""
    present = np.isfinite(kept.history.column("temp_c"))
    is_usable = enough_present(present, history_h)
    is_measured = np.isfinite(kept.measured.column("temp_c"))
    hours = kept.history.valid_at.astype(np.int64)
    is_recent = hours > hours[-1] - 24 * PERIOD_D
    is_issued = is_usable & is_measured & is_recent & (hours % EVERY_H == 0)
    is_issued[-1] = False
    return np.flatnonzero(is_issued)
