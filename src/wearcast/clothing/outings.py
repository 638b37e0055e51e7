"""Outings: which hours a person is out, and the date that each of these belongs to."""

import numpy as np

from wearcast.clothing.settings import Settings
from wearcast.forecasting.array_types import LocalTimes
from wearcast.forecasting.local_time import hour_of_day


def outing_dates(local: LocalTimes, settings: Settings) -> LocalTimes:
    """The date on which the outing of each local time begins, shape as given; NaT where the person
    is in.

    A night out belongs to the date it begins on: from 22 to 6, 05:00 is an hour of the date before.
    """
    dates, hour = local.astype("datetime64[D]"), hour_of_day(local)
    if not settings.through_the_night:
        out = (hour >= settings.wake) & (hour < settings.sleep)
        return np.where(out, dates, np.datetime64("NaT"))
    evening, morning = hour >= settings.wake, hour < settings.sleep
    return np.where(evening, dates, np.where(morning, dates - 1, np.datetime64("NaT")))
