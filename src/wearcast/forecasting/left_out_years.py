"""Years left out, one after the other, and forecast by a model that never saw them: what says how
far a model may be trusted on a year to come.

One validation year can't tell a bias of the model from the weather of that year. So where the record
is long enough each year of the training period is left out once: the climatology, the linear path and
the network are fitted on the others, for as many epochs as the validation period chose, and forecast
the year that was left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wearcast.config import Train
from wearcast.forecasting import training
from wearcast.forecasting.array_types import Flags, Floats32, Hours
from wearcast.forecasting.climatology import YEAR_H
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.split import Segment, Split
from wearcast.forecasting.standardization_fit import covers_the_year, fit_standardization
from wearcast.forecasting.training import NetworkForecasts
from wearcast.forecasting.window_dataset import build_dataset

LEAST_YEARS = 3
"""Of training and validation together: with fewer, those that are left describe no climate."""

_HOUR = np.timedelta64(1, "h")


def forecast_left_out_years(
    records: Records, epochs: int, settings: Train
) -> tuple[NetworkForecasts, ...]:
    """The forecasts of every year of the training period by a model that never saw it; none where
    the record is shorter than `LEAST_YEARS`, or where the rest doesn't cover the year.

    Args:
        records: with their split; no test hour is seen.
        epochs: how long the networks train.
        settings: of the training.
    """
    forecasts = []
    for split in splits(records.split, settings.folds, settings.horizon_h):
        without = replace(records, split=split)
        if not covers_the_year(without, settings):
            return ()
        forecasts.append(_forecast_left_out(without, epochs, settings))
    return tuple(forecasts)


def splits(split: Split, most: int, margin_h: int) -> tuple[Split, ...]:
    """For each year of the training period a split that validates on it and trains on all else but
    the test period; at most so many, each then of several years.

    Args:
        split: the split of the record.
        most: of the splits.
        margin_h: hours on both sides of the left-out year that don't train.
    """
    known = sorted((*split.train, *split.validation))
    first, end = _span(known)
    if _years(end - first) < LEAST_YEARS - 0.05:
        return ()
    first, end = _span(split.train)
    count = min(most, round(_years(end - first)))
    if count < 2:
        return ()
    edges = [first + _HOUR * round(i * _years(end - first) * YEAR_H / count) for i in range(count)]
    made = []
    for start, stop in zip(edges, [*edges[1:], end], strict=True):
        margin = _HOUR * margin_h
        held = _within(split.train, start, stop)
        before = _within(known, first - margin, start - margin)
        after = _within(known, stop + margin, max(end, known[-1][1]))
        made.append(Split(train=(*before, *after), validation=held, test=split.test))
    return tuple(made)


def _forecast_left_out(records: Records, epochs: int, settings: Train) -> NetworkForecasts:
    """The forecasts of a split's validation period by what its training period taught."""
    standardization = fit_standardization(records, settings)
    histories = list(records.histories.values())
    train_set = build_dataset(histories, standardization, records.split, "train")
    left_out = build_dataset(histories, standardization, records.split, "validation")
    network = training.train_for(train_set, epochs, settings)
    return training.forecast(network, left_out)


def _span(segments: Sequence[Segment]) -> Segment:
    first = min(start for start, _ in segments)
    end = max(stop for _, stop in segments)
    return first, end


def _years(span: np.timedelta64) -> float:
    return float(span / _HOUR) / YEAR_H


def _within(
    segments: Sequence[Segment], first: np.datetime64, end: np.datetime64
) -> tuple[Segment, ...]:
    """What of the segments lies between two hours."""
    inside = [(max(start, first), min(stop, end)) for start, stop in segments]
    return tuple((start, stop) for start, stop in inside if start < stop)
