"""What past forecasts were worth once their hours came, beside persistence and climatology on the
same pairs of a forecast and an observation.

Scores are added up by day, variable and range of leads: sums of several days and stations may be
added again.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Floats32, Hours, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.history import History
from wearcast.forecasting.quantiles import LEVELS, MEDIAN, P10, P90
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.verification import inside_80, rounded
from wearcast.serving.refresh.observed_hours import observed, rained, row_numbers
from wearcast.vocabulary import LeadRanges, lead_ranges

RAIN: Final = "rain"
VARIABLES: Final = (*TARGETS, RAIN)
"""What is verified: the variables forecast by quantiles, and whether it rains."""

KEPT_LEVELS: Final = (P10, MEDIAN, P90)
"""The quantiles that are verified, as positions in `LEVELS`."""

SUMS: Final = ("pairs", "error", "persistence_error", "climatology_error", "bias", "inside_80")
"""What is added up: the number of pairs; absolute errors, of rain squared ones of its chance;
forecast minus observation; and how often the 80 % interval held the observation, which rain has
none of."""

_FIRST_LEADS_H: Final = (1, 7, 25, 49, 97)
DAY_H: Final = 24
_DIGITS: Final = 4


@dataclass(frozen=True)
class PastForecasts:
    """Past forecasts of one station, N of them, each issue time once.

    Attributes:
        issued_at: UTC, (N,).
        quantiles: of each of `TARGETS` those of `KEPT_LEVELS`, (N, V, horizon_h, 3), NaN where the
            station doesn't report it.
        rain_chance: (N, horizon_h).
        last: the value of each of `TARGETS` at the issue time, and whether it rained, 0 or 1:
            (N, V + 1), NaN where unknown.
    """

    issued_at: Hours
    quantiles: Floats32
    rain_chance: Floats32
    last: Floats32


@dataclass(frozen=True)
class _Weather:
    """What came, and what the climatology expects, in the hours of some days, and a last NaN for
    all others: of each of `VARIABLES`, (hours + 1,)."""

    observed: list[Floats]
    expected: list[Floats]


def scored_ranges(horizon_h: int) -> LeadRanges:
    """The ranges of leads that scores are added up for, in hours, both ends included."""
    return lead_ranges(horizon_h, _FIRST_LEADS_H)


def daily_sums(
    past: PastForecasts, history: History, climate: StationClimatology, days: Hours
) -> Floats:
    """The `SUMS` of each day of valid times, (D, V + 1, ranges, len(SUMS)).

    A pair counts where the forecast, persistence, the climatology and the observation are known;
    hours that quality control filled aren't observed.

    Args:
        past: the forecasts.
        history: what came.
        climate: the station's climatology.
        days: D days in a row, UTC, datetime64[D].
    """
    _, horizon_h = past.rain_chance.shape
    first_hour = days[0].astype("datetime64[h]")
    hours = first_hour + np.arange(DAY_H * len(days))
    weather = _weather(history, climate, hours)
    leads = np.arange(1, horizon_h + 1)
    valid_at = past.issued_at[:, None] + leads
    rows = row_numbers(hours, valid_at)
    ranges = scored_ranges(horizon_h)
    day = rows // DAY_H
    cell = day * len(ranges) + range_numbers(ranges)
    shape = (len(days), len(ranges))
    sums = np.zeros((len(days), len(VARIABLES), len(ranges), len(SUMS)))
    for v in range(len(VARIABLES)):
        came = weather.observed[v][rows]
        expected = weather.expected[v][rows]
        last = past.last[:, [v]]
        if v < len(TARGETS):
            scores = _of_quantiles(past.quantiles[:, v], came, last, expected)
        else:
            scores = _of_chance(past.rain_chance, came, last, expected)
        sums[:, v] = added_up(scores, cell, shape)
    return sums


def figures(sums: Floats, horizon_h: int) -> dict[str, Any]:
    """Mean scores by variable and range of leads, and over all leads; a variable without pairs is
    left out.

    Args:
        sums: (V + 1, ranges, len(SUMS)).
        horizon_h: how far ahead the forecasts reach.
    """
    ranges = scored_ranges(horizon_h)
    told: dict[str, Any] = {}
    for name, of_variable in zip(VARIABLES, sums, strict=True):
        over_all = of_variable.sum(axis=0)
        if not over_all[0]:
            continue
        told[name] = {}
        by_range = zip(ranges, of_variable, strict=True)
        for leads, of_range in by_range:
            if of_range[0]:
                told[name][leads] = _means(name, of_range)
        told[name]["all"] = _means(name, over_all)
    return told


def temperature_figures(sums: Floats, horizon_h: int, until_h: int) -> dict[str, Any]:
    """Mean scores of the temperature over the ranges of leads that end by `until_h`; empty where
    there is no pair.

    Args:
        sums: (V + 1, ranges, len(SUMS)).
        horizon_h: how far ahead the forecasts reach.
        until_h: the last lead.
    """
    name = VARIABLES[0]
    total = np.zeros(len(SUMS))
    for (_, last), of_range in zip(scored_ranges(horizon_h).values(), sums[0], strict=True):
        if last <= until_h:
            total += of_range
    return _means(name, total) if total[0] else {}


def _means(name: str, sums: Floats) -> dict[str, float | None]:
    pairs = sums[0]
    mean = dict(zip(SUMS, sums / pairs, strict=True))
    error = "brier" if name == RAIN else "mae"
    means = {
        error: mean["error"],
        f"persistence_{error}": mean["persistence_error"],
        f"climatology_{error}": mean["climatology_error"],
        "bias": mean["bias"],
    }
    if name != RAIN:
        means["coverage_80"] = mean["inside_80"]
    told = {key: rounded(value, _DIGITS) for key, value in means.items()}
    return {"pairs": int(pairs), **told}


def _weather(history: History, climate: StationClimatology, hours: Hours) -> _Weather:
    rows = row_numbers(history.valid_at, hours)
    expected = climate.at(hours)
    came = []
    usual = []
    for name in TARGETS:
        values = observed(history, name)
        came.append(_with_nan(values[rows]))
        usual.append(_with_nan(expected[:, CHANNELS.index(name)]))
    wet = rained(history)
    came.append(_with_nan(wet[rows]))
    usual.append(_with_nan(climate.wet_chance_at(hours)))
    return _Weather(came, usual)


def _with_nan(values: Floats) -> Floats:
    return np.append(values, np.nan)


def range_numbers(ranges: LeadRanges) -> Positions:
    """Which range each lead belongs to, (horizon_h,)."""
    lengths = [last - first + 1 for first, last in ranges.values()]
    numbers = np.arange(len(ranges))
    return np.repeat(numbers, lengths)


def _of_quantiles(quantiles: Floats32, came: Floats, last: Floats32, expected: Floats) -> Floats:
    """The `SUMS` of each pair, (len(SUMS), N, horizon_h)."""
    levels = np.full((*came.shape, len(LEVELS)), np.nan)
    levels[..., list(KEPT_LEVELS)] = quantiles
    error = levels[..., MEDIAN] - came
    return np.stack(
        [
            np.ones_like(came),
            np.abs(error),
            np.abs(last - came),
            np.abs(expected - came),
            error,
            inside_80(levels, came),
        ]
    )


def _of_chance(chance: Floats32, wet: Floats, last: Floats32, expected: Floats) -> Floats:
    """The same of the chance of rain."""
    error = chance - wet
    return np.stack(
        [
            np.ones_like(wet),
            error**2,
            (last - wet) ** 2,
            (expected - wet) ** 2,
            error,
            np.zeros_like(wet),
        ]
    )


def added_up(scores: Floats, cell: Positions, shape: tuple[int, int]) -> Floats:
    """The sums of each cell, (*shape, S); pairs of which anything is unknown don't count.

    Args:
        scores: S scores of each pair, (S, N, horizon_h).
        cell: which cell each pair belongs to, (N, horizon_h).
        shape: of the cells.
    """
    known = np.logical_and.reduce(np.isfinite(scores))
    cells = cell[known]
    size = shape[0] * shape[1]
    columns = []
    for score in scores:
        column = np.bincount(cells, score[known], size)
        columns.append(column.reshape(shape))
    return np.stack(columns, axis=-1)
