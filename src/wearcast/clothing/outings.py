"""Outings: which hours a person is out, and the date that each of these belongs to."""

from typing import Final

import numpy as np

from wearcast.clothing.settings import Settings
from wearcast.forecasting.array_types import Flags, LocalTimes, Positions
from wearcast.forecasting.local_time import hour_of_day
from wearcast.vocabulary import Exposure

FOR_HOURS_H: Final = 3
"""From this length on an outing is one for hours. Ours: errands and commuting take up to two."""

INDOORS: Final = -1


def outings_of(local: LocalTimes, settings: Settings) -> Positions:
    """Which of `settings.outings` each local time is in, shape as given; `INDOORS` where in
    none."""
    of_hour = np.full(24, INDOORS)
    for i, outing in enumerate(settings.outings):
        of_hour[(outing.start + np.arange(outing.length_h)) % 24] = i
    return of_hour[hour_of_day(local)]


def outing_dates(local: LocalTimes, settings: Settings) -> LocalTimes:
    """The date on which the outing of each local time begins, shape as given; NaT where the person
    is in.

    A night out belongs to the date it begins on: from 22 to 6, 05:00 is an hour of the date before.
    """
    outing = outings_of(local, settings)
    starts = np.array([outing.start for outing in settings.outings])
    date = local.astype("datetime64[D]")
    past_midnight = hour_of_day(local) < starts[outing]
    begun_on = np.where(past_midnight, date - 1, date)
    return np.where(outing == INDOORS, np.datetime64("NaT"), begun_on)


def for_hours(local: LocalTimes, settings: Settings) -> Flags:
    """Whether the person is out for hours at a stretch at each local time, shape as given: by the
    length of the outing where outings are given, else by their `exposure`."""
    if not settings.out:
        return np.full(local.shape, settings.exposure is Exposure.HOURS)
    outing = outings_of(local, settings)
    lengths_h = np.array([outing.length_h for outing in settings.outings])
    by_exposure = settings.exposure is Exposure.HOURS
    return np.where(outing == INDOORS, by_exposure, lengths_h[outing] >= FOR_HOURS_H)


def begins_outing(local: LocalTimes, settings: Settings) -> Flags:
    """Whether each of the hours outdoors, (H,), is the first of its outing: the person comes from
    indoors, and what they put on then costs them nothing."""
    outing = outings_of(local, settings)
    other_than_before = np.diff(outing) != 0
    return np.concatenate([[True], other_than_before])
