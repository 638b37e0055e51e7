"""The network's input channels, its targets, and what is known of each hour's rain."""

from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.history import History
from wearcast.forecasting.missing_values import where_known
from wearcast.variables import VARIABLES
from wearcast.vocabulary import WET_MM

CHANNELS = (
    "temp_c",
    "dewpoint_c",
    "wind_u_ms",
    "wind_v_ms",
    "wind_ms",
    "pressure_hpa",
    "cloud_pct",
    "log_rain",
)
"""The inputs: eastward and northward wind beside its speed, and log(1 + mm) of rain."""

TARGETS = ("temp_c", "dewpoint_c", "wind_ms", "cloud_pct")
"""The variables forecast by quantiles; rain has a probability and an amount of its own."""

_CALM_MS = 0.05
_SHARE_WET_WITHOUT_DATA = 0.6
SUM_H = VARIABLES["precip_3h_mm"].period_h
"""Hours that a winter precipitation sum of a Korean station covers, its own stamp the last of
them."""


def channel_values(history: History) -> Floats:
    """The input channels, shape (n, len(CHANNELS)), NaN where missing.

    A 3-hour sum of rain is known at its stamp only, so it stands there, as its hourly mean, and
    nowhere before.
    """
    derived = _wind_components(history)
    derived["log_rain"] = np.log1p(_hourly_precip_mm(history))
    columns = []
    for name in CHANNELS:
        column = derived[name] if name in derived else history.column(name)
        columns.append(column)
    return np.stack(columns, axis=1)


def _wind_components(history: History) -> dict[str, Floats]:
    """Eastward and northward wind, 0 in calm air, which has no direction."""
    speed = history.column("wind_ms")
    from_rad = np.deg2rad(history.column("wind_dir_deg"))
    calm = speed < _CALM_MS
    eastward = -speed * np.sin(from_rad)
    northward = -speed * np.cos(from_rad)
    return {
        "wind_u_ms": np.where(calm, 0.0, eastward),
        "wind_v_ms": np.where(calm, 0.0, northward),
    }


def _hourly_precip_mm(history: History) -> Floats:
    hourly = history.column("precip_mm")
    sums = history.column("precip_3h_mm")
    hourly_mean = sums / SUM_H
    is_measured = np.isfinite(hourly)
    return np.where(is_measured, hourly, hourly_mean)


@dataclass(frozen=True)
class Rain:
    """What is known of each hour's rain, by the hour or from a 3-hour sum.

    Attributes:
        wet: the chance that the hour was wet: 0 or 1 where it was measured or its sum was dry, in
            between where only the sum was wet, NaN where nothing is known. Shape (n,).
        amount_mm: the amount if it was wet, NaN where nothing is known. Shape (n,).
    """

    wet: Floats
    amount_mm: Floats


def share_wet(history: History) -> float:
    """The share of wet hours within wet 3-hour windows, from the hours measured singly; where there
    are none, `_SHARE_WET_WITHOUT_DATA`."""
    precip_mm = history.column("precip_mm")
    windows = np.lib.stride_tricks.sliding_window_view(precip_mm, SUM_H)
    is_measured = np.isfinite(windows).all(axis=1)
    wet_hours = windows[is_measured] >= WET_MM
    is_rainy = wet_hours.any(axis=1)
    rainy = wet_hours[is_rainy]
    if not len(rainy):
        return _SHARE_WET_WITHOUT_DATA
    return float(rainy.mean())


def known_rain(history: History, share: float) -> Rain:
    """What is known of each hour's rain; `share` as `share_wet` gives it, of training hours."""
    hourly = history.column("precip_mm")
    sums = history.column("precip_3h_mm")
    is_measured = np.isfinite(hourly)
    was_wet = (hourly >= WET_MM).astype(float)
    wet = where_known(is_measured, was_wet)
    amount = hourly.copy()
    for ahead in range(SUM_H):
        total = _moved_back(sums, ahead)
        only_sum = np.isnan(hourly) & np.isfinite(total)
        total_mm = total[only_sum]
        is_wet = total_mm >= WET_MM
        wet[only_sum] = np.where(is_wet, share, 0.0)
        amount[only_sum] = total_mm / (SUM_H * share)
    return Rain(wet, amount)


def _moved_back(values: Floats, by_h: int) -> Floats:
    """What is known so many hours after each one, NaN after the end."""
    moved = np.full_like(values, np.nan)
    later = values[by_h:]
    moved[: len(later)] = later
    return moved
