"""Outings: which hours a person is out, and the date that each of these belongs to."""

import numpy as np

from wearcast.clothing.settings import Settings
from wearcast.forecasting.array_types import Flags, LocalTimes
from wearcast.forecasting.local_time import hour_of_day
from wearcast.vocabulary import Exposure


def outing_dates(local: LocalTimes, settings: Settings) -> LocalTimes:
    """The date on which the outing of each local time begins, shape as given; NaT where the person
    is in.

    A night out belongs to the date it begins on: from 22 to 6, 05:00 is an hour of the date before.
    """
    date = local.astype("datetime64[D]")
    hour = hour_of_day(local)
    nowhere = np.datetime64("NaT")
    woken = hour >= settings.wake
    not_back = hour < settings.sleep
    if not settings.through_the_night:
        return np.where(woken & not_back, date, nowhere)
    of_the_night_before = np.where(not_back, date - 1, nowhere)
    return np.where(woken, date, of_the_night_before)


def for_hours(local: LocalTimes, settings: Settings) -> Flags:
    """Whether the person is out for hours at a stretch at each local time, shape as given."""
    return np.full(local.shape, settings.exposure is Exposure.HOURS)
