"""Windows on the record: the past a forecast is made from, and the hours it is about."""

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats32, Hours, Positions
from wearcast.forecasting.climatology import harmonics, phases
from wearcast.vocabulary import HORIZON_H

CALENDAR = 8
"""Columns of `calendar`: two harmonics of the year, two of the solar day."""

_LAGS = np.concatenate([np.arange(13), np.arange(15, 49, 3), np.arange(60, 337, 12)])
"""Edges, in hours before the issue time, of the means that the linear path sees: hourly, then 3 h,
then 12 h wide."""


def calendar(valid_at: Hours, longitude: float) -> Floats32:
    """Where each UTC hour stands in the year and in the solar day at a longitude: shape (n,
    CALENDAR)."""
    year, day = phases(valid_at, longitude)
    return np.concatenate([harmonics(year, 2)[:, 1:], harmonics(day, 2)[:, 1:]], axis=1).astype(
        np.float32
    )


def solar_hour(calendar: Floats32) -> Positions:
    """The hour of the solar day, 0-23, that rows of `calendar` lie in: shape (n,)."""
    of_day = np.arctan2(calendar[:, 5], calendar[:, 4]) * 24 / (2 * np.pi)
    # A phase in single precision lies a little beside the full hour.
    hour: Positions = np.floor(of_day + 1e-3).astype(np.int64) % 24
    return hour


def complete(present: Flags, hours: int) -> Flags:
    """Whether each hour ends a run of `hours` hours that are all present, shape (n,)."""
    missing = np.concatenate([[0], np.cumsum(~present)])
    whole = np.zeros(len(present), dtype=bool)
    whole[hours - 1 :] = missing[hours:] == missing[:-hours] if len(present) >= hours else False
    return whole


def issue_positions(
    present: Flags, looked_back_on: Flags, forecast: Flags, history_h: int
) -> Positions:
    """Where windows can be issued: nowhere across a gap, nowhere into hours that are not theirs.

    Args:
        present: hours that have a temperature, shape (n,).
        looked_back_on: hours the window's past may hold.
        forecast: hours the window's forecast may be about.
        history_h: the length of the past; the last hour of it is the issue time.
    """
    past = complete(present & looked_back_on, history_h)
    future = complete(present & forecast, HORIZON_H)
    issued = past.copy()
    issued[-HORIZON_H:] = False
    issued[:-HORIZON_H] &= future[HORIZON_H:]
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
    hour = (issued_at - issued_at[:1]).astype(np.int64) % 24
    kept = np.zeros(len(issued_at), dtype=bool)
    for h in range(24):
        # 24 day + h is a multiple of every_h first on this day.
        first_day = -h * pow(24, -1, every_h) % every_h
        kept[np.flatnonzero(hour == h)[first_day::every_h]] = True
    return kept


def linear_features(past: Floats32, now: Floats32) -> Floats32:
    """What the linear path sees of windows, shape (B, F).

    Means over ever longer lags of every channel; the last hour once more for each phase of the day
    and the year, since a cold night says less about the afternoon than a cold noon; the calendar.
    The trailing-year anomaly itself is not among them: a sensor that was replaced gives one that no
    training year has seen, and a linear model would follow it anywhere.

    Args:
        past: as `StandardizedSeries.past` gives it, shape (B, H, C).
        now: the calendar of the issue time, shape (B, CALENDAR).
    """
    size, hours, _ = past.shape
    edges = _LAGS[hours >= _LAGS]
    means = (
        np.add.reduceat(past[:, ::-1], edges[:-1], axis=1)
        / np.diff(np.append(edges[:-1], hours))[None, :, None]
    )
    last = past[:, -1]
    of_day_and_year = now[:, [0, 1, 4, 5, 6, 7]]
    turned = last[:, None, :] * of_day_and_year[:, :, None]
    return np.concatenate([means.reshape(size, -1), turned.reshape(size, -1), now], axis=1).astype(
        np.float32
    )
