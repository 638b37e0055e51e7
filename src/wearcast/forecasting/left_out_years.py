"""Spans of time left out, one after the other, and forecast by a model that never saw them: what
says how far a model may be trusted on a year to come.

One validation year can't tell a bias of the model from the weather of that year. So where the
record is long enough each year of the training period is left out once: the climatology, the linear
path and the network are fitted on the others, for as many epochs as the validation period chose,
and forecast the year that was left out.

An archive of numerical forecasts is rarely as long. So with guidance spans of the archive are left
out as well, which together hold all its seasons.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from wearcast.config import Train
from wearcast.forecasting import guided_windows, held_out_forecasts, training
from wearcast.forecasting.annual_harmonics import annual_harmonics
from wearcast.forecasting.climatology import YEAR_H
from wearcast.forecasting.model_assembly import covers_the_year, fit_standardization
from wearcast.forecasting.network_forecasts import NetworkForecasts
from wearcast.forecasting.processed_data import Records
from wearcast.forecasting.split import Role, Segment, Split
from wearcast.forecasting.station_guidance import LEAST_DAYS
from wearcast.forecasting.window_dataset import WindowDataset, build_dataset, role_positions

LEAST_YEARS = 3
"""Of training and validation together: with fewer, those that are left describe no climate."""

_ABOUT = 0.1
"""Years by which a record may be shorter than it should: margins are taken off."""

_MOST_ARCHIVE_SPANS = 4
_LEAST_ARCHIVE_SPAN_H = 72
"""Spans of the archive of guidance that are left out, and the hours that one has more than a
forecast is long."""

_ARCHIVE_BLOCK_H = 14 * 24
"""The shortest blocks that are left out in turns."""

_TRAIN_AND_VALIDATION: tuple[Role, Role] = ("train", "validation")
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
        if _can_be_left_out(without, settings):
            left_out.append(without)
    parts = len(left_out) + 1
    most = held_out_forecasts.MOST_FORECASTS // parts
    forecasts = []
    for without in left_out:
        forecasts.append(_forecast_left_out(without, epochs, settings, most))
    return tuple(forecasts)


def _can_be_forecast(records: Records, settings: Train) -> bool:
    """Whether a forecast can be issued in the validation period: it may be a hole."""
    for history in records.histories.values():
        at = role_positions(
            history,
            records.split,
            "validation",
            settings.history_h,
            settings.horizon_h,
        )
        if len(at):
            return True
    return False


def forecast_left_out_guidance(
    records: Records, epochs: int, settings: Train
) -> tuple[NetworkForecasts, ...]:
    """The forecasts with guidance of every span of its archive by a model that never saw it; none
    without guidance. Arguments as of `forecast_left_out_years`."""
    if not records.guidance:
        return ()
    annual = annual_harmonics(records.histories, records.split, settings)
    settings = settings.model_copy(update={"annual_harmonics": annual})
    days = archive_days(records, settings)
    splits_of_archive = archive_splits(records, settings)
    parts = max(1, len(splits_of_archive))
    most = held_out_forecasts.MOST_FORECASTS // parts
    forecasts = []
    for split in splits_of_archive:
        without = replace(records, split=split)
        fitted, dataset = _fit_without(without, epochs, settings, days)
        guided = held_out_forecasts.forecast_guided(fitted, dataset, most)
        if guided is not None:
            forecasts.append(guided)
    return tuple(forecasts)


def with_usable_guidance(records: Records, settings: Train) -> Records:
    """The same records with the guidance of stations whose archive, as far as training and
    validation see it, is long enough to be used; without any, if no span of it can be left out."""
    if not records.guidance:
        return records
    days = archive_days(records, settings)
    usable = {}
    for id, record in records.guidance.items():
        if days.get(id, 0) >= LEAST_DAYS:
            usable[id] = record
    chosen = replace(records, guidance=usable)
    if not usable or not archive_splits(chosen, settings):
        return replace(records, guidance={})
    return chosen


def archive_days(records: Records, settings: Train) -> dict[str, int]:
    """Days of each station's archive of guidance that training and validation may see."""
    known = _known(records.split)
    everything = replace(records.split, train=known, validation=())
    on_everything = replace(records, split=everything)
    standardization = fit_standardization(on_everything, settings)
    dataset = build_dataset(
        list(records.histories.values()),
        standardization,
        everything,
        "train",
        guidance=records.guidance,
    )
    return guided_windows.archive_days(dataset.guided)


def archive_splits(records: Records, settings: Train) -> tuple[Split, ...]:
    """Splits each of which validates on a part of the archive of guidance and trains on all else
    but the test period; together they validate on all of it.

    A part is a span; where what is left without one doesn't cover the year, blocks that
    are taken in turns.
    """
    horizon_h = settings.horizon_h
    archive = _archive(records)
    span_h = horizon_h + _LEAST_ARCHIVE_SPAN_H
    count = min(_MOST_ARCHIVE_SPANS, _hours_in(archive) // span_h)
    if count < 2:
        return ()
    edges = _edges(archive, count)
    spans = [[span] for span in itertools.pairwise(edges)]
    blocks = _archive_blocks(edges[0], edges[-1], horizon_h)
    in_turns = [blocks[i::count] for i in range(count)]
    for parts in (spans, in_turns):
        made = [_without(records.split, archive, part, horizon_h) for part in parts]
        left_out = [replace(records, split=split) for split in made]
        if all(_can_be_left_out(one, settings) for one in left_out):
            return tuple(made)
    return ()


def _archive_blocks(
    first: np.datetime64, end: np.datetime64, horizon_h: int
) -> list[tuple[np.datetime64, np.datetime64]]:
    """The archive in blocks of at least two forecasts' length each."""
    block_h = max(_ARCHIVE_BLOCK_H, 2 * horizon_h)
    block = _HOUR * block_h
    steps = np.arange(first, end + block, block)
    return list(itertools.pairwise(steps))


def _hours_in(segments: Sequence[Segment]) -> int:
    lengths = [stop - start for start, stop in segments]
    hours = [int(length / _HOUR) for length in lengths]
    return sum(hours)


def _archive(records: Records) -> tuple[Segment, ...]:
    """The hours of training and validation between the first and the last of the guidance."""
    of_stations = records.guidance.values()
    first = min(record.valid_at[0] for record in of_stations)
    last = max(record.valid_at[-1] for record in of_stations)
    known = _known(records.split)
    return _within(known, first, last + _HOUR)


def _without(
    split: Split, archive: Sequence[Segment], left_out: Sequence[Segment], margin_h: int
) -> Split:
    """A split that validates on what of the archive is left out, and trains on the rest."""
    margin = _HOUR * margin_h
    train = _known(split)
    begin, end = _span(train)
    held: list[Segment] = []
    for start, after in left_out:
        before = _within(train, begin, start - margin)
        later = _within(train, after + margin, end)
        train = before + later
        held += _within(archive, start, after)
    return replace(split, train=train, validation=tuple(held))


def _can_be_left_out(records: Records, settings: Train) -> bool:
    return covers_the_year(records, settings) and _can_be_forecast(records, settings)


def _known(split: Split) -> tuple[Segment, ...]:
    """The hours of training and validation, in order."""
    return tuple(sorted((*split.train, *split.validation)))


def splits(split: Split, most: int, margin_h: int) -> tuple[Split, ...]:
    """For each year of the training period a split that validates on it and trains on all else but
    the test period; at most so many, each then of several years.

    Args:
        split: the split of the record.
        most: of the splits.
        margin_h: hours on both sides of the left-out year that don't train.
    """
    known = _known(split)
    begin, end = _span(known)
    first, stop = _span(split.train)
    years = _years(end - begin)
    training_years = _years(stop - first)
    count = min(most, round(training_years))
    if years < LEAST_YEARS - _ABOUT or count < 2:
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
    without_guidance = replace(records, guidance={})
    fitted, left_out = _fit_without(without_guidance, epochs, settings, {})
    return held_out_forecasts.forecast(fitted, left_out, most)


def _fit_without(
    records: Records, epochs: int, settings: Train, days: Mapping[str, int]
) -> tuple[held_out_forecasts.Fitted, WindowDataset]:
    """What the training period of a split teaches, and the windows of its validation period."""
    standardization = fit_standardization(records, settings)
    datasets = []
    for role in _TRAIN_AND_VALIDATION:
        dataset = build_dataset(
            list(records.histories.values()),
            standardization,
            records.split,
            role,
            guidance=records.guidance,
        )
        datasets.append(dataset)
    train_set, left_out = datasets
    fitted = training.train_for(train_set, epochs, settings, days)
    return fitted, left_out


def _edges(segments: Sequence[Segment], count: int) -> list[np.datetime64]:
    """Where to cut the segments into `count` spans with as many of their hours each."""
    hours = np.concatenate([np.arange(start, stop) for start, stop in segments])
    rows = [i * len(hours) // count for i in range(count)]
    cuts = [hours[row] for row in rows]
    _, end = segments[-1]
    return [*cuts, end]


def _span(segments: Sequence[Segment]) -> Segment:
    first = min(start for start, _ in segments)
    end = max(stop for _, stop in segments)
    return first, end


def _years(span: np.timedelta64) -> float:
    hours = float(span / _HOUR)
    return hours / YEAR_H


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
