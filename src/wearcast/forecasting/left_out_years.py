"""Years left out, one after the other, and forecast by a model that never saw them: what says how
far a model may be trusted on a year to come.

One validation year can't tell a bias of the model from the weather of that year. So where the
record is long enough each year of the training period is left out once: the climatology, the linear
path and the network are fitted on the others, for as many epochs as the validation period chose,
and forecast the year that was left out.
"""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wearcast.config import Train
from wearcast.forecasting import training
from wearcast.forecasting.annual_harmonics import annual_harmonics
from wearcast.forecasting.climatology import YEAR_H
from wearcast.forecasting.model_assembly import covers_the_year, fit_standardization
from wearcast.forecasting.network_forecasts import NetworkForecasts
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.split import Segment, Split
from wearcast.forecasting.window_dataset import build_dataset, role_positions

LEAST_YEARS = 3
"""Of training and validation together: with fewer, those that are left describe no climate."""

_ABOUT = 0.1
"""Years by which a record may be shorter than it should: margins are taken off."""

_HOUR = np.timedelta64(1, "h")


def forecast_left_out_years(
    records: Records, epochs: int, settings: Train
) -> tuple[NetworkForecasts, ...]:
    """The forecasts of every year of the training period by a model that never saw it.

    There are none where the record is shorter than `LEAST_YEARS`. A span is passed over where what
    is left doesn't cover the year at some station, or where no forecast could be issued in it.

    Args:
        records: with their split; no test hour is seen.
        epochs: how long the networks train.
        settings: of the training.
    """
    annual = annual_harmonics(records.histories, records.split, settings)
    settings = settings.model_copy(update={"annual_harmonics": annual})
    left_out: list[Records] = []
    for split in splits(records.split, settings.folds, settings.horizon_h):
        without = replace(records, split=split)
        if covers_the_year(without, settings) and _can_be_forecast(without, settings):
            left_out.append(without)
    most = training.MOST_FORECASTS // (len(left_out) + 1)
    return tuple(_forecast_left_out(one, epochs, settings, most) for one in left_out)


def _can_be_forecast(records: Records, settings: Train) -> bool:
    """Whether a forecast can be issued in the validation period: it may be a hole."""
    for history in records.histories.values():
        at = role_positions(
            history, records.split, "validation", settings.history_h, settings.horizon_h
        )
        if len(at):
            return True
    return False


def splits(split: Split, most: int, margin_h: int) -> tuple[Split, ...]:
    """For each year of the training period a split that validates on it and trains on all else but
    the test period; at most so many, each then of several years.

    Args:
        split: the split of the record.
        most: of the splits.
        margin_h: hours on both sides of the left-out year that don't train.
    """
    known = sorted((*split.train, *split.validation))
    begin, end = _span(known)
    first, stop = _span(split.train)
    count = min(most, round(_years(stop - first)))
    if _years(end - begin) < LEAST_YEARS - _ABOUT or count < 2:
        return ()
    edges = _edges(split.train, count)
    margin = _HOUR * margin_h
    made = []
    for start, after in itertools.pairwise(edges):
        last = start - margin
        next_first = after + margin
        before = _within(known, begin, last)
        later = _within(known, next_first, end)
        left_out = _within(split.train, start, after)
        train = before + later
        made.append(replace(split, train=train, validation=left_out))
    return tuple(made)


def _forecast_left_out(
    records: Records, epochs: int, settings: Train, most: int
) -> NetworkForecasts:
    """The forecasts of a split's validation period by what its training period taught."""
    standardization = fit_standardization(records, settings)
    histories = list(records.histories.values())
    train_set = build_dataset(histories, standardization, records.split, "train")
    left_out = build_dataset(histories, standardization, records.split, "validation")
    network = training.train_for(train_set, epochs, settings)
    return training.forecast(network, left_out, most)


def _edges(segments: Sequence[Segment], count: int) -> list[np.datetime64]:
    """Where to cut the segments into `count` spans with as many of their hours each."""
    hours = np.concatenate([np.arange(start, stop) for start, stop in segments])
    _, end = segments[-1]
    cuts = [hours[i * len(hours) // count] for i in range(count)]
    return [*cuts, end]


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
    inside: list[Segment] = []
    for start, stop in segments:
        later = max(start, first)
        earlier = min(stop, end)
        if later < earlier:
            inside.append((later, earlier))
    return tuple(inside)
