"""Local time, where a person reads it."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

import numpy as np

from wearcast.forecasting.array_types import Hours, LocalTimes, Positions


class HasZone(Protocol):
    """A station, or anything else whose clocks are known."""

    @property
    def zone(self) -> tzinfo:
        """The time zone in which its days begin."""
        ...


def in_zone(valid_at: Hours, zone: tzinfo) -> list[datetime]:
    """UTC hours (H,) as times in a time zone."""
    seconds = valid_at.astype("datetime64[s]").astype(np.int64)
    return [datetime.fromtimestamp(second, zone) for second in seconds.tolist()]


def local_time(valid_at: Hours, station: HasZone) -> LocalTimes:
    """UTC hours as the station's clocks show them, shape as given; an hour comes twice when
    summer time ends.

    With minutes: clocks in Delhi show 04:30 at 23:00 UTC.
    """
    hours = valid_at.ravel()
    return as_shown(hours, in_zone(hours, station.zone)).reshape(valid_at.shape)


def as_shown(valid_at: Hours, local: Sequence[datetime]) -> LocalTimes:
    """The same of hours (H,) that are known as times in the station's zone, too."""
    # Their offsets take a third of the time to convert that they would take themselves.
    ahead_of_utc = np.array([_utc_offset_s(at) for at in local], dtype="timedelta64[s]")
    shown: LocalTimes = valid_at.astype("datetime64[s]") + ahead_of_utc
    return shown


def _utc_offset_s(at: datetime) -> int:
    offset = at.utcoffset() or timedelta(0)
    return offset.days * 86_400 + offset.seconds


def hour_of_day(local: LocalTimes) -> Positions:
    """The hour that clocks show before the minutes, 0 to 23, shape as given: 4 at 04:30."""
    since_midnight = local - local.astype("datetime64[D]")
    hours: Positions = since_midnight // np.timedelta64(1, "h")
    return hours
