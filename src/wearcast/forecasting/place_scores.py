"""What a place's past says of its forecasts: the margins that make the intervals right, and what
to expect of those to come."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Floats32, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.place import ByRange, GuidedPast
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
    temp = CHANNELS.index("temp_c")
    scale_c = float(scale[temp])
    observed = past.observed[:, :, _TEMP]
    observed_c = scale_c * observed.astype(np.float64)
    median = past.quantiles[:, :, _TEMP, MEDIAN]
    corrected = median + added[:, :, _TEMP]
    median_c = scale_c * corrected.astype(np.float64)
    chosen = _evenly(len(past))
    own = []
    for target in range(len(TARGETS)):
        # One after the other: all at once would take most of what a refresh has.
        quantiles, came = _of_target(past, added, chosen, target)
        of_general = _only(general, target)
        own.append(_margins(quantiles, came, of_general, days))
        if target == _TEMP:
            calibrated = partial(_margins, general=of_general, days=days)
            inside = _inside(quantiles, came, past.fold[chosen], calibrated)
    margins = [calibration.margins for calibration in own]
    calibration = Calibration(np.concatenate(margins, axis=1), general.ranges)
    by_lead = mae(median_c, observed_c)
    usual = np.zeros_like(observed_c)
    usual_by_lead = mae(usual, observed_c)
    return PlaceScores(
        calibration=calibration,
        mae_c=_by_range(by_lead),
        climatology_mae_c=_by_range(usual_by_lead),
        coverage_80=_coverage(inside),
    )


def guided_past(
    quantiles: Floats,
    observed: Floats,
    spans: Positions,
    scale_c: float,
    general: Calibration,
    days: int,
) -> GuidedPast:
    """Judge forecasts with guidance out of fold, each by what the other spans would have
    calibrated.

    Args:
        quantiles: standardised and uncalibrated, (N, horizon_h, T, Q).
        observed: NaN at hours that aren't guided, (N, horizon_h, T).
        spans: of time, which each forecast is in, (N,).
        scale_c: of the temperature.
        general: the model's own calibration of guided hours.
        days: of the archive of numerical forecasts.
    """
    came = observed[:, :, _TEMP]
    median = quantiles[:, :, _TEMP, MEDIAN]
    by_lead = mae(scale_c * median, scale_c * came)
    of_temp = slice(_TEMP, _TEMP + 1)
    of_general = _only(general, _TEMP)
    calibrated = partial(guided_calibration, general=of_general, days=days)
    inside = _inside(
        quantiles[:, :, of_temp],
        observed[:, :, of_temp],
        spans,
        calibrated,
    )
    return GuidedPast(
        days=days,
        mae_c=_by_range(by_lead),
        coverage_80=_coverage(inside),
    )


def guided_calibration(
    quantiles: Floats, observed: Floats, general: Calibration, days: int
) -> Calibration:
    """From forecasts with guidance, as `guided_past` takes them; the model's own where none was
    guided."""
    own = Calibration.fit(quantiles, observed, days / INDEPENDENT_D)
    margins = general.margins.copy()
    for i, (first, last) in enumerate(own.ranges.values()):
        of_range = np.isfinite(observed[:, first - 1 : last])
        came = of_range.sum(axis=(0, 1)) > 0
        margins[i, came] = own.margins[i, came]
    return Calibration(margins, own.ranges)


def _of_target(
    past: Backcast, added: Floats32, chosen: Positions, target: int
) -> tuple[Floats, Floats]:
    """The chosen forecasts of one target, (N, horizon_h, 1, Q), and what came, (N, horizon_h,
    1)."""
    alone = slice(target, target + 1)
    quantiles = past.quantiles[chosen, :, alone].astype(np.float64)
    quantiles += added[chosen, :, alone, None]
    return quantiles, past.observed[chosen, :, alone].astype(np.float64)


def _only(calibration: Calibration, target: int) -> Calibration:
    """That of one target."""
    return Calibration(calibration.margins[:, target : target + 1], calibration.ranges)


def _inside(
    quantiles: Floats,
    observed: Floats,
    fold: Positions,
    calibrated: Callable[[Floats, Floats], Calibration],
) -> Floats:
    """1 where a value of one target lay within its interval, as the other folds calibrate it, (N,
    horizon_h)."""
    inside = np.full(observed.shape[:2], np.nan)
    for held in np.unique(fold):
        is_held: Flags = np.equal(fold, held)
        others = ~is_held
        calibration = calibrated(quantiles[others], observed[others])
        intervals = calibration(quantiles[is_held])
        came = observed[is_held]
        inside[is_held] = inside_80(intervals[:, :, 0], came[:, :, 0])
    return inside


def _margins(quantiles: Floats, observed: Floats, general: Calibration, days: int) -> Calibration:
    """A place's own margins; of less than a year, partly the model's, and where nothing is
    observed the model's alone."""
    if not len(quantiles):
        return general
    independent = days / INDEPENDENT_D
    own = Calibration.fit(quantiles, observed, independent)
    share = min(1.0, days / YEAR_D)
    others_share = 1 - share
    mixed = share * own.margins + others_share * general.margins
    is_known = np.isfinite(observed)
    known = is_known.sum(axis=(0, 1))
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
    horizon_h = inside.shape[1]
    ranges = calibration_ranges(horizon_h)
    ranges["all"] = (1, horizon_h)
    shares = {}
    for name, (first, last) in ranges.items():
        of_range = inside[:, first - 1 : last]
        share = known_mean(of_range.ravel())
        shares[name] = rounded(float(share), _DIGITS)
    return shares
