"""What numerical models said of the temperature, as they gave it, beside what we forecast of the
same hours at the same time.

A pair is one of our forecasts and the newest run that could be had when it was issued, or not more
than `_OLDER_H` before; of hours that have come, a record holds what an archive keeps, runs of one
to seven days before.
"""

from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Floats32, Hours, Positions
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.guidance_record import VARIABLES, GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.verification import rounded
from wearcast.serving.refresh.observed_hours import observed, row_numbers
from wearcast.serving.refresh.realised_scores import (
    DAY_H,
    KEPT_LEVELS,
    PastForecasts,
    added_up,
    range_numbers,
    scored_ranges,
)

SUMS: Final = ("pairs", "model_error", "our_error")
"""What is added up: the number of pairs, and absolute errors in °C."""

_NAME: Final = "temp_c"
_OLDER_H: Final = 12
_DIGITS: Final = 4


def daily_sums(
    past: PastForecasts, history: History, record: GuidanceRecord, days: Hours
) -> dict[str, Floats]:
    """By model the `SUMS` of each day of valid times, (D, ranges, len(SUMS)).

    Args:
        past: our forecasts.
        history: what came.
        record: what the models said.
        days: D days in a row, UTC, datetime64[D].
    """
    _, horizon_h = past.rain_chance.shape
    first_hour = days[0].astype("datetime64[h]")
    hours = first_hour + np.arange(DAY_H * len(days))
    leads = np.arange(1, horizon_h + 1)
    valid_at = past.issued_at[:, None] + leads
    rows = row_numbers(hours, valid_at)
    came = _came(history, hours)[rows]
    ranges = scored_ranges(horizon_h)
    day = rows // DAY_H
    cell = day * len(ranges) + range_numbers(ranges)
    shape = (len(days), len(ranges))
    our_error = np.abs(_medians(past) - came)
    sums = {}
    for number, model in enumerate(record.models):
        said = _said(record, number, valid_at, leads)
        error = np.abs(said - came)
        scores = np.stack([np.ones_like(came), error, our_error])
        sums[model] = added_up(scores, cell, shape)
    return sums


def _came(history: History, hours: Hours) -> Floats:
    """The observed temperature of each hour, and at the end NaN for all others: (H + 1,)."""
    temp_c = observed(history, _NAME)
    rows = row_numbers(history.valid_at, hours)
    return np.append(temp_c[rows], np.nan)


def _medians(past: PastForecasts) -> Floats32:
    """The medians of our temperature, (N, L)."""
    target = TARGETS.index(_NAME)
    level = KEPT_LEVELS.index(MEDIAN)
    return past.quantiles[:, target, :, level]


def figures(sums: Floats, horizon_h: int) -> dict[str, Any]:
    """Mean errors of a model and ours by range of leads, where there are pairs.

    Args:
        sums: (ranges, len(SUMS)).
        horizon_h: how far ahead the forecasts reach.
    """
    told = {}
    for leads, (pairs, model_error, our_error) in zip(scored_ranges(horizon_h), sums, strict=True):
        if pairs:
            told[leads] = {
                "pairs": int(pairs),
                "mae": rounded(model_error / pairs, _DIGITS),
                "our_mae": rounded(our_error / pairs, _DIGITS),
            }
    return told


def _said(record: GuidanceRecord, model: int, valid_at: Hours, leads: Positions) -> Floats:
    """What a model's newest run that could be had said of each hour, (N, L), NaN where nothing."""
    rows = row_numbers(record.valid_at, valid_at)
    hours = len(record.valid_at)
    is_in = rows < hours
    inside = np.where(is_in, rows, 0)
    ages = record.ages_h[model][:, inside]
    older_h = ages - leads
    fits = is_in & (older_h >= 0) & (older_h <= _OLDER_H)
    first = fits.argmax(axis=0)
    temp_c = record.values[model, :, :, VARIABLES.index(_NAME)]
    said = temp_c[first, inside].astype(np.float64)
    known: Floats = np.where(fits.any(axis=0), said, np.nan)
    return known
