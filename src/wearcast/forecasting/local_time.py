"""Local time, where a person reads it."""

from datetime import datetime, tzinfo
from typing import Protocol

import numpy as np

from wearcast.forecasting.array_types import Hours, LocalTimes, Positions


class HasZone(Protocol):
    """A station, or anything else whose clocks are known."""

    @property
    def zone(self) -> tzinfo:
        """The time zone in which its days begin."""
        ...


def local_time(valid_at: Hours, station: HasZone) -> LocalTimes:
    """UTC hours as the station's clocks show them, shape as given; an hour comes twice when
    summer time ends.

    With minutes: clocks in Delhi show 04:30 at 23:00 UTC.
    """
    seconds = valid_at.astype("datetime64[s]").astype(np.int64)
    zone, shown = station.zone, []
    for second in seconds.ravel().tolist():
        local = datetime.fromtimestamp(second, zone)
        shown.append(local.replace(tzinfo=None))
    return np.array(shown, dtype="datetime64[s]").reshape(valid_at.shape)


def hour_of_day(local: LocalTimes) -> Positions:
    """The hour that clocks show before the minutes, 0 to 23, shape as given: 4 at 04:30."""
    since_midnight = local - local.astype("datetime64[D]")
    hours: Positions = since_midnight // np.timedelta64(1, "h")
    return hours
