"""Local time, where a person reads it."""

from datetime import datetime

import numpy as np

from wearcast.config import Station
from wearcast.forecasting.arrays import Hours


def local_time(valid_at: Hours, station: Station) -> Hours:
    """UTC hours as the station's clocks show them, shape as given; an hour is told twice when summer time ends."""
    seconds = valid_at.astype("datetime64[s]").astype(np.int64)
    zone = station.zone
    shown = [datetime.fromtimestamp(s, zone).replace(tzinfo=None) for s in seconds.ravel().tolist()]
    return np.array(shown, dtype="datetime64[h]").reshape(valid_at.shape)
