"""What an 80 % interval meant in years that calibrated none of it: each left out of the calibration
in its turn, by range of leads and by season."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours, Positions
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.network_forecasts import NetworkForecasts
from wearcast.forecasting.quantiles import Calibration, calibration_ranges
from wearcast.forecasting.verification import inside_80, known_mean, rounded

SEASONS = {"DJF": (12, 1, 2), "MAM": (3, 4, 5), "JJA": (6, 7, 8), "SON": (9, 10, 11)}
"""By their months."""

_DIGITS = 3
_TEMP = TARGETS.index("temp_c")


def coverage_of_left_out(forecasts: Sequence[NetworkForecasts], share: Floats) -> dict[str, Any]:
    """The share of temperatures within their 80 % interval: of each span by ranges of leads, and of
    all spans together by ranges and by season; empty with fewer than two spans.

    Args:
        forecasts: of each span, by a network that never saw it.
        share: of the network's shift of the median, (horizon_h, T).
    """
    if len(forecasts) < 2:
        return {}
    inside = [_inside(forecasts, i, share) for i in range(len(forecasts))]
    together = np.concatenate(inside)
    season = np.concatenate([_month(part.issued_at, share) for part in forecasts])
    spans = {}
    for part, of_span in zip(forecasts, inside, strict=True):
        first = part.issued_at.min().astype("datetime64[D]")
        spans[str(first)] = _by_range(of_span)
    seasons = {}
    for name, months in SEASONS.items():
        in_season = np.isin(season, months)
        of_season = np.where(in_season, together, np.nan)
        seasons[name] = _mean(of_season)
    return {"spans_from": spans, "all": _by_range(together), "seasons": seasons}


def _inside(forecasts: Sequence[NetworkForecasts], i: int, share: Floats) -> Floats:
    """1 where a temperature of the i-th span lay within its interval, calibrated on the others; (N,
    horizon_h)."""
    others = [part for k, part in enumerate(forecasts) if k != i]
    joined = NetworkForecasts.joined(others)
    raw = joined.with_median_share(share)
    verifying = joined.observed.astype(np.float64)
    calibration = Calibration.fit(raw, verifying)
    quantiles = calibration(forecasts[i].with_median_share(share))
    observed = forecasts[i].observed[..., _TEMP].astype(np.float64)
    return inside_80(quantiles[:, :, _TEMP], observed)


def _month(issued_at: Hours, share: Floats) -> Positions:
    """Of every valid time, 1 to 12: (N, horizon_h)."""
    leads = np.arange(1, len(share) + 1)
    valid_at = issued_at[:, None] + leads
    since_1970: Positions = valid_at.astype("datetime64[M]").astype(np.int64)
    return since_1970 % 12 + 1


def _by_range(inside: Floats) -> dict[str, float | None]:
    ranges = calibration_ranges(inside.shape[1])
    return {name: _mean(inside[:, first - 1 : last]) for name, (first, last) in ranges.items()}


def _mean(inside: Floats) -> float | None:
    return rounded(float(known_mean(inside.ravel())), _DIGITS)
