"""What a place's past says of its forecasts: the margins that make the intervals right, and what
to expect of those to come."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Floats32, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.place import ByRange
from wearcast.forecasting.place_backcast import Backcast
from wearcast.forecasting.quantiles import MEDIAN, Calibration, calibration_ranges
from wearcast.forecasting.record_years import YEAR_D
from wearcast.forecasting.verification import (
    inside_80,
    known_mean,
    mae,
    mean_by_lead_range,
    rounded,
)

_MOST_CALIBRATED: Final = 1500
"""Forecasts that calibrate: more are nearly the same, and need memory."""

INDEPENDENT_D: Final = 14
"""Days of a record that say as much of the intervals as one independent value, as of a score's
(`verification.BLOCK_H`)."""

_DIGITS: Final = 3
_TEMP: Final = TARGETS.index("temp_c")


@dataclass(frozen=True)
class PlaceScores:
    """What a backcast says.

    Attributes:
        calibration: from all of it.
        mae_c, climatology_mae_c, coverage_80: as of `PlaceRecord`.
    """

    calibration: Calibration
    mae_c: ByRange
    climatology_mae_c: ByRange
    coverage_80: ByRange


def scores(
    past: Backcast, added: Floats32, scale: Floats, general: Calibration, days: int
) -> PlaceScores:
    """Calibrate a backcast, and judge it by what the other folds would have calibrated.

    Args:
        past: the forecasts.
        added: what the correction adds to them, out of fold, (N, horizon_h, T).
        scale: of the channels, (C,).
        general: the model's own calibration.
        days: of the record.
    """
    temp_scale = float(scale[CHANNELS.index("temp_c")])
    observed_c = temp_scale * past.observed[:, :, _TEMP].astype(np.float64)
    median = past.quantiles[:, :, _TEMP, MEDIAN] + added[:, :, _TEMP]
    median_c = temp_scale * median.astype(np.float64)
    chosen = _evenly(len(past))
    few = past.quantiles[chosen].astype(np.float64) + added[chosen][..., None]
    came = past.observed[chosen].astype(np.float64)
    fold = past.fold[chosen]
    inside = np.full(came.shape[:2], np.nan)
    for held in np.unique(fold):
        is_held: Flags = np.equal(fold, held)
        others = _margins(few[~is_held], came[~is_held], general, days)
        intervals = others(few[is_held])
        inside[is_held] = inside_80(intervals[:, :, _TEMP], came[is_held][:, :, _TEMP])
    return PlaceScores(
        calibration=_margins(few, came, general, days),
        mae_c=_by_range(mae(median_c, observed_c)),
        climatology_mae_c=_by_range(known_mean(np.abs(observed_c))),
        coverage_80=_coverage(inside),
    )


def _margins(quantiles: Floats, observed: Floats, general: Calibration, days: int) -> Calibration:
    """A place's own margins; of less than a year, partly the model's, and where nothing is
    observed the model's alone."""
    if not len(quantiles):
        return general
    own = Calibration.fit(quantiles, observed, days / INDEPENDENT_D)
    share = min(1.0, days / YEAR_D)
    mixed = share * own.margins + (1 - share) * general.margins
    known = np.isfinite(observed).sum(axis=(0, 1))
    margins = np.where(known[:, None] > 0, mixed, general.margins)
    return Calibration(margins, own.ranges)


def _evenly(count: int) -> Positions:
    """Which of the forecasts calibrate, `_MOST_CALIBRATED` at most."""
    most = min(count, _MOST_CALIBRATED)
    return np.linspace(0, count - 1, most).round().astype(np.int64)


def _by_range(by_lead: Floats) -> dict[str, float | None]:
    means = mean_by_lead_range(by_lead)
    return {name: rounded(mean, _DIGITS) for name, mean in means.items()}


def _coverage(inside: Floats) -> dict[str, float | None]:
    """Of 1 where a temperature lay within its interval, (N, horizon_h)."""
    ranges = {**calibration_ranges(inside.shape[1]), "all": (1, inside.shape[1])}
    shares = {}
    for name, (first, last) in ranges.items():
        of_range = inside[:, first - 1 : last]
        shares[name] = rounded(float(known_mean(of_range.ravel())), _DIGITS)
    return shares
