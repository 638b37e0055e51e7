"""The linear path: from the history straight to the forecast, by ridge regressions in closed form.

One regression gives every lead. On the first day a second one follows it, for each hour of the day
of the issue time: what the last hours say of the next ones depends on whether the sun rises or sets
in them.
"""

from dataclasses import dataclass

import numpy as np

from wearcast.config import Train
from wearcast.forecasting import ridge_regression
from wearcast.forecasting.array_types import Flags, Floats32, Hours, Positions
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.ridge_regression import LinearModel
from wearcast.forecasting.window_dataset import WindowDataset
from wearcast.forecasting.windows import CALENDAR, solar_hour, spacing

FIRST_DAY_H = 24
"""Leads that the regression of the hour of the day corrects."""

HOURS_OF_DAY = 24

LAST_H = 6
"""Hours of the past that the correction sees, beside the last hour in each phase."""

RECENT_H = ((0, 3), (3, 9))
"""Hours before the issue time whose means are told once more for each phase of the day."""

DAY_COLUMNS = slice(4, 8)
"""Of `calendar`: the two harmonics of the solar day."""

_PHASES = 6
"""How often `linear_features` tells the last hour once more."""

_MOST_WINDOWS = 40_000
"""With more windows than this the linear path learns from so many at most: the memory is bounded,
and neighbours are nearly the same."""

_THINNED_H = 5
"""Hours between windows then at least, more where there are many stations: without a divisor in
common with 24, so that every hour of the day keeps its share."""

_LEAST_DAYS = 500
"""The fewest days that the correction of an hour of the day is fitted on; with fewer there is none.

In Seoul two years gain 0.2 % on the first day and three 0.5 %; one year gains or loses a little,
and the 160 days of the sample's training blocks lose 7 % on its validation blocks.
"""


@dataclass(frozen=True)
class LinearPath:
    """The fitted regressions.

    Attributes:
        regression: from `with_interactions` to every lead and output.
        corrections: for each hour of the solar day from `of_last_hours` to what is added to the
            leads of the first day.
        horizon_h: the length of a forecast.
    """

    regression: LinearModel
    corrections: tuple[LinearModel, ...]
    horizon_h: int

    @property
    def features(self) -> int:
        """How many `linear_features` there are."""
        interactions = len(RECENT_H) * len(CHANNELS) * (DAY_COLUMNS.stop - DAY_COLUMNS.start)
        return len(self.regression.mean) - interactions

    def __call__(self, features: Floats32) -> Floats32:
        """The forecasts for features as `linear_features` gives them, (B, F): shape (B, horizon_h,
        outputs)."""
        flat = self.regression(with_interactions(features))
        hour = _hour(features)
        recent = of_last_hours(features)
        forecast = flat.reshape(len(features), self.horizon_h, -1)
        for h, correction in enumerate(self.corrections):
            rows = np.flatnonzero(hour == h)
            if not len(rows):
                continue
            added = correction(recent[rows])
            forecast[rows, :FIRST_DAY_H] += added.reshape(len(rows), FIRST_DAY_H, -1)
        return forecast


@dataclass(frozen=True)
class FittedLinearPath:
    """A linear path, and its forecasts of the windows it was fitted on by coefficients that never
    saw their time.

    Attributes:
        path: the regressions on all windows.
        windows: which windows of the data set they were fitted on, (n,).
        out_of_fold: their forecasts, (n, horizon_h, outputs).
    """

    path: LinearPath
    windows: Positions
    out_of_fold: Floats32

    def every(self, dataset: WindowDataset, every_h: int) -> tuple[Positions, Floats32]:
        """About every `every_h`-th window of the data set among those fitted on, and their
        out-of-fold forecasts, (B, horizon_h, outputs)."""
        if len(self.windows) == len(dataset):
            chosen = dataset.every(every_h)
            return chosen, self.out_of_fold[chosen]
        share = len(self.windows) / len(dataset)
        further = spacing(0, 1, round(every_h * share))
        among = dataset.only(self.windows).every(further)
        return self.windows[among], self.out_of_fold[among]


def fit(dataset: WindowDataset, settings: Train) -> FittedLinearPath:
    """Fit the regression of all leads, and on what it leaves out of fold those of the first day.

    Args:
        dataset: training windows, issued every hour where the record allows it.
        settings: of the training.

    Raises:
        ModelError: the windows span too little time for the folds.
    """
    windows = _learned_from(dataset)
    learned = dataset.only(windows)
    features = learned.features()
    targets = learned.linear_targets()
    purge_h = settings.history_h + dataset.horizon_h
    regression, out_of_fold = ridge_regression.fit(
        with_interactions(features), targets, learned.issued_at, settings.folds, purge_h
    )
    outputs = targets.shape[1] // dataset.horizon_h
    first_day = slice(0, FIRST_DAY_H * outputs)
    left = targets[:, first_day] - out_of_fold[:, first_day]
    corrections, added = _fit_corrections(
        features, left, learned.issued_at, settings.folds, purge_h
    )
    out_of_fold[:, first_day] += added
    return FittedLinearPath(
        path=LinearPath(regression, corrections, dataset.horizon_h),
        windows=windows,
        out_of_fold=out_of_fold.reshape(len(windows), dataset.horizon_h, outputs),
    )


def with_interactions(features: Floats32) -> Floats32:
    """The features, and the means of `RECENT_H` of every channel times the harmonics of the solar
    day: shape (N, F + interactions)."""
    count = len(features)
    size = len(CHANNELS)
    calendar = features[:, -CALENDAR:]
    day = calendar[:, DAY_COLUMNS]
    columns = [features]
    for first, stop in RECENT_H:
        hours = features[:, first * size : stop * size]
        by_hour = hours.reshape(count, stop - first, size)
        mean = by_hour.mean(axis=1)
        products = mean[:, :, None] * day[:, None, :]
        columns.append(products.reshape(count, -1))
    return np.concatenate(columns, axis=1)


def of_last_hours(features: Floats32) -> Floats32:
    """What the correction of the first day sees of the features: the last hours, the last one for
    each phase, the calendar; shape (N, inputs)."""
    last, phases_and_calendar = last_hours_columns()
    parts = [features[:, last], features[:, phases_and_calendar]]
    return np.concatenate(parts, axis=1)


def last_hours_columns() -> tuple[slice, slice]:
    """Where those stand among the features."""
    last = LAST_H * len(CHANNELS)
    phases_and_calendar = _PHASES * len(CHANNELS) + CALENDAR
    return slice(0, last), slice(-phases_and_calendar, None)


def _learned_from(dataset: WindowDataset) -> Positions:
    if len(dataset) <= _MOST_WINDOWS:
        return np.arange(len(dataset))
    return dataset.every(spacing(len(dataset), _MOST_WINDOWS, _THINNED_H))


def _hour(features: Floats32) -> Positions:
    return solar_hour(features[:, -CALENDAR:])


def _fit_corrections(
    features: Floats32, left: Floats32, issued_at: Hours, folds: int, purge_h: int
) -> tuple[tuple[LinearModel, ...], Floats32]:
    """A regression for each hour of the day on the windows issued within an hour of it, and what
    they add to each window out of fold, shape as `left`."""
    hour = _hour(features)
    recent = of_last_hours(features)
    added = np.zeros_like(left)
    corrections = []
    for h in range(HOURS_OF_DAY):
        near = _is_near(hour, h)
        times = issued_at[near]
        days = np.unique(times.astype("datetime64[D]"))
        if len(days) < _LEAST_DAYS or not ridge_regression.can_hold_out(times, folds, purge_h):
            corrections.append(LinearModel.zero(recent.shape[1], left.shape[1]))
            continue
        correction, out_of_fold = ridge_regression.fit(
            recent[near], left[near], times, folds, purge_h
        )
        own = hour == h
        added[own] = out_of_fold[own[near]]
        corrections.append(correction)
    return tuple(corrections), added


def _is_near(hour: Positions, h: int) -> Flags:
    """Which hours of the day are h or a neighbour of it, on the circle."""
    later = (hour - h) % HOURS_OF_DAY
    near: Flags = (later <= 1) | (later == HOURS_OF_DAY - 1)
    return near
