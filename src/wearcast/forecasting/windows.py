"""Windows on a record: where they can be issued, the calendar of their hours, and the features of
the linear path."""

import math

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Floats32, Hours, Positions
from wearcast.forecasting.climatology import harmonics, phases

PRESENT_SHARE = 0.75
"""The share of the past that must have a temperature for a forecast to be made, in training as in
service."""

CALENDAR = 8
"""Columns of `calendar`: two harmonics of the year, two of the solar day."""

SOLAR_HOUR_SLACK = 1e-3
"""Hours that a solar hour begins early: a phase in single precision lies a little beside the full
hour."""

_LAGS = np.concatenate([np.arange(13), np.arange(15, 49, 3), np.arange(60, 337, 12)])
"""Edges, in hours before the issue time, of the means that the linear path sees: hourly, then 3 h,
then 12 h wide."""


def calendar(valid_at: Hours, longitude: float) -> Floats32:
    """Where each UTC hour stands in the year and in the solar day at a longitude: shape (n,
    CALENDAR)."""
    year, day = phases(valid_at, longitude)
    # Without their first column, which is 1.
    of_year = harmonics(year, 2)[:, 1:]
    of_day = harmonics(day, 2)[:, 1:]
    columns = np.concatenate([of_year, of_day], axis=1)
    return columns.astype(np.float32)


def solar_hour(calendar: Floats32) -> Positions:
    """The hour of the solar day, 0-23, that rows of `calendar` lie in: shape (n,)."""
    cos = calendar[:, 4]
    sin = calendar[:, 5]
    phase = np.arctan2(sin, cos)
    of_day = phase * 24 / (2 * np.pi)
    whole = np.floor(of_day + SOLAR_HOUR_SLACK)
    hour: Positions = whole.astype(np.int64) % 24
    return hour


def complete(present: Flags, hours: int) -> Flags:
    """Whether each hour ends a run of `hours` hours that are all present, shape (n,)."""
    whole = np.zeros(len(present), dtype=bool)
    if len(present) >= hours:
        missing_so_far = np.cumsum(~present)
        missing = np.concatenate([[0], missing_so_far])
        whole[hours - 1 :] = missing[hours:] == missing[:-hours]
    return whole


def enough_present(present: Flags, hours: int) -> Flags:
    """Whether a forecast can be made from each hour: it is present, and so is `PRESENT_SHARE` of
    the `hours` that end with it; shape (n,)."""
    enough = np.zeros(len(present), dtype=bool)
    if len(present) >= hours:
        present_so_far = np.cumsum(present)
        present_before = np.concatenate([[0], present_so_far])
        count = present_before[hours:] - present_before[:-hours]
        enough[hours - 1 :] = count >= PRESENT_SHARE * hours
    return enough & present


def issue_positions(
    present: Flags, looked_back_on: Flags, forecast: Flags, history_h: int, horizon_h: int
) -> Positions:
    """Where windows can be issued: where a forecast can be made, some of it can be verified, and
    neither its past nor its future reaches into hours that are not its own.

    Args:
        present: hours that have a temperature, shape (n,).
        looked_back_on: hours the window's past may hold.
        forecast: hours the window's forecast may be about.
        history_h: the length of the past; the last hour of it is the issue time.
        horizon_h: the length of the forecast.
    """
    enough = enough_present(present, history_h)
    past = complete(looked_back_on, history_h)
    issued = enough & past
    nothing_known = complete(~present, horizon_h)
    own = complete(forecast, horizon_h)
    future = own & ~nothing_known
    issued[-horizon_h:] = False
    issued[:-horizon_h] &= future[horizon_h:]
    return np.flatnonzero(issued)


def thinned(issued_at: Hours, every_h: int) -> Flags:
    """Every `every_h`-th of the issue times of a record, shape (n,), so that each hour of the day
    keeps its share.

    On an unbroken stretch they are `every_h` hours apart. Each hour of the day is counted by
    itself, so that gaps, which may come at the same hours again and again, leave no hour with less
    than its share, rounded down.

    Args:
        issued_at: UTC, oldest first, shape (n,).
        every_h: without a divisor in common with 24.
    """
    since_first = issued_at - issued_at[:1]
    hour = since_first.astype(np.int64) % 24
    kept = np.zeros(len(issued_at), dtype=bool)
    for h in range(24):
        # 24 day + h is a multiple of every_h first on this day.
        inverse = pow(24, -1, every_h)
        first_day = -h * inverse % every_h
        rows = np.flatnonzero(hour == h)
        kept[rows[first_day::every_h]] = True
    return kept


def spacing(windows: int, most: int, least: int) -> int:
    """The fewest hours between windows, `least` or more and without a divisor in common with 24,
    that leave `most` of so many."""
    hours = least
    while math.gcd(hours, 24) > 1 or windows > most * hours:
        hours += 1
    return hours


def linear_features(past: Floats32, now: Floats32) -> Floats32:
    """The inputs of the linear path, shape (B, F).

    Means over ever longer lags of every channel; the last hour once more for each phase of the day
    and the year, since a cold night predicts less of the afternoon than a cold noon; the calendar.
    The trailing-year anomaly itself is not among them: a sensor that was replaced gives one that no
    training year has seen, and a linear model would follow it anywhere.

    Args:
        past: as `StandardizedSeries.past` gives it, shape (B, H, C).
        now: the calendar of the issue time, shape (B, CALENDAR).
    """
    means = _lagged_means(past)
    last = past[:, -1]
    of_year_and_day = now[:, [0, 1, 4, 5, 6, 7]]
    modulated = last[:, None, :] * of_year_and_day[:, :, None]
    size = len(past)
    flat_means = means.reshape(size, -1)
    flat_modulated = modulated.reshape(size, -1)
    features = np.concatenate([flat_means, flat_modulated, now], axis=1)
    return features.astype(np.float32)


def _lagged_means(past: Floats32) -> Floats:
    """The means between neighbouring edges of `_LAGS`, the latest first: shape (B, lags, C)."""
    hours = past.shape[1]
    starts = _LAGS[hours >= _LAGS][:-1]
    latest_first = past[:, ::-1]
    totals = np.add.reduceat(latest_first, starts, axis=1)
    edges = np.append(starts, hours)
    widths = np.diff(edges)
    means: Floats = totals / widths[None, :, None]
    return means
