"""Local time, where a person reads it."""

from datetime import date, datetime
from typing import Final

import numpy as np

from wearcast.config import Station
from wearcast.forecasting.arrays import Hours

_EPOCH: Final = date(1970, 1, 1).toordinal()


def local_time(valid_at: Hours, station: Station) -> Hours:
    """UTC hours as the station's clocks show them, shape as given; an hour is told twice when summer time ends."""
    seconds = valid_at.astype("datetime64[s]").astype(np.int64)
    zone = station.zone
    shown = (datetime.fromtimestamp(s, zone) for s in seconds.ravel().tolist())
    hours = [24 * (at.toordinal() - _EPOCH) + at.hour for at in shown]
    return np.array(hours, dtype=np.int64).astype("datetime64[h]").reshape(valid_at.shape)
