"""What the network sees of the weather each hour, and what it is asked to forecast."""

from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.history import History

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

WET_MM = 0.1
"""An hour is wet from this amount on; a trace is dry."""

SUM_H = 3
"""Hours that a winter precipitation sum of a Korean station covers, its own stamp the last of
them."""


def channel_values(history: History) -> Floats:
    """The input channels, shape (n, len(CHANNELS)), NaN where missing.

    A 3-hour sum of rain is known at its stamp only, so it stands there, as its hourly mean, and
    nowhere before.
    """
    speed, towards = history.column("wind_ms"), np.deg2rad(history.column("wind_dir_deg"))
    calm = speed < 0.05
    known_rain = np.where(
        np.isfinite(history.column("precip_mm")),
        history.column("precip_mm"),
        history.column("precip_3h_mm") / SUM_H,
    )
    columns = {
        "wind_u_ms": np.where(calm, 0.0, -speed * np.sin(towards)),
        "wind_v_ms": np.where(calm, 0.0, -speed * np.cos(towards)),
        "log_rain": np.log1p(known_rain),
    }
    return np.stack(
        [columns[name] if name in columns else history.column(name) for name in CHANNELS], axis=1
    )


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
    """The share of wet hours within wet 3-hour windows, from the hours measured singly; 0.6 where
    there are none."""
    wet = history.column("precip_mm")
    windows = np.lib.stride_tricks.sliding_window_view(wet, SUM_H)
    wet_hours = windows[np.isfinite(windows).all(axis=1)] >= WET_MM
    rainy = wet_hours[wet_hours.any(axis=1)]
    return float(rainy.mean()) if len(rainy) else 0.6


def known_rain(history: History, share: float) -> Rain:
    """What the history tells of each hour's rain; `share` as `share_wet` gives it, of training
    hours."""
    hourly, sums = history.column("precip_mm"), history.column("precip_3h_mm")
    wet = np.where(np.isfinite(hourly), (hourly >= WET_MM).astype(float), np.nan)
    amount = hourly.copy()
    for ahead in range(SUM_H):
        total = np.concatenate([sums[ahead:], np.full(min(ahead, len(sums)), np.nan)])
        only_sum = np.isnan(hourly) & np.isfinite(total)
        wet[only_sum] = np.where(total[only_sum] >= WET_MM, share, 0.0)
        amount[only_sum] = total[only_sum] / (SUM_H * share)
    return Rain(wet, amount)
