"""What is usual on a date at a station: its climatology, as a day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.station_climatology import StationClimatology

_TEMPERATURE: Final = CHANNELS.index("temp_c")
_HOUR: Final = np.timedelta64(1, "h")


@dataclass(frozen=True)
class UsualDay:
    """The lowest, mean and highest of the temperatures that are usual in the hours of a date.

    The mean is that of many such days. Most days are colder at their coldest and warmer at their
    warmest than the usual course, because they don't follow it: by 1 °C each at Newark.

    Attributes:
        low_c: of the coldest hour.
        mean_c: of all hours.
        high_c: of the warmest hour.
    """

    low_c: float
    mean_c: float
    high_c: float


def usual_day(climate: StationClimatology, zone: tzinfo, on: date) -> UsualDay:
    """What is usual on a local date of the station that a climatology is of."""
    hours = hours_of_date(zone, on)
    temp_c: Floats = climate.at(hours)[:, _TEMPERATURE]
    return UsualDay(float(temp_c.min()), float(temp_c.mean()), float(temp_c.max()))


def hours_of_date(zone: tzinfo, on: date) -> Hours:
    """The whole hours of a local date, UTC: 23 to 25 of them."""
    start = _first_hour(zone, on)
    end = _first_hour(zone, on + timedelta(days=1))
    return np.arange(start, end, _HOUR)


def _first_hour(zone: tzinfo, on: date) -> np.datetime64:
    """The first whole hour, UTC, at or after a date's midnight."""
    midnight = datetime.combine(on, time.min, zone)
    in_utc = midnight.astimezone(UTC).replace(tzinfo=None)
    hour = np.datetime64(in_utc, "h")
    if in_utc.minute:
        return hour + _HOUR
    return hour
