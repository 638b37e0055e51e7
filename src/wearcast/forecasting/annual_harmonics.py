"""How many harmonics of the year a record's climatology can hold."""

from collections.abc import Mapping

import numpy as np

from wearcast.config import Train
from wearcast.forecasting.data_coverage import uncovered
from wearcast.forecasting.history import History
from wearcast.forecasting.record_years import (
    EDGE_D,
    YEAR_D,
    Days,
    days_with_temperatures,
    record_years,
)
from wearcast.forecasting.split import Split

_MOST = 3
"""Across four the gaps that blocks leave are bridged badly, and on four years of Seoul a fourth
changes nothing."""


def annual_harmonics(histories: Mapping[str, History], split: Split, settings: Train) -> int:
    """The number that `train.annual_harmonics` gives, or that suits the record: the same for all
    stations.

    `auto` is one a whole year of record, three at most, but one where no more than a year trains:
    one year's weather in two weeks isn't the season's. Nor is it more than bridge the gaps that
    some station's training temperatures leave in the year. Of the climatology in years that it
    wasn't fitted on (Seoul 2018-2021, moving blocks), three do 3 % better than two with three
    years, and no better with two.
    """
    if settings.annual_harmonics != "auto":
        return settings.annual_harmonics
    years = record_years([_days(history) for history in histories.values()])
    in_training = [_in_training(history, split) for history in histories.values()]
    days_trained = [len(_days(history)) for history in in_training]
    if min(days_trained) <= YEAR_D + EDGE_D:
        return 1
    most = min(years.whole, _MOST)
    for harmonics in range(most, 1, -1):
        if all(_covers(history, harmonics, settings) for history in in_training):
            return harmonics
    return 1


def _in_training(history: History, split: Split) -> History:
    return history.only(split.belongs(history.valid_at, "train"))


def _days(history: History) -> Days:
    return days_with_temperatures(history.valid_at, history.column("temp_c"))


def _covers(history: History, harmonics: int, settings: Train) -> bool:
    """Whether the temperatures leave no gap in the year that so many harmonics can't bridge."""
    temp_c = history.column("temp_c")
    if not np.isfinite(temp_c).any():
        return False
    gap = uncovered(history.valid_at, temp_c, harmonics, settings.diurnal_harmonics)
    return gap is None
