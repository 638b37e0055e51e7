"""How old forecasts are: whole days from when they could be had to the hour they are about."""

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.weather.guidance import DELAY_H

OLDEST_D: Final = 7
"""The oldest class of age; older forecasts are in it too."""

_HOUR: Final = pd.Timedelta(hours=1)


def age_days(frame: pd.DataFrame) -> NDArray[np.int64]:
    """The class of age N of each row: the largest of 1 to 7 with `available_at` at most `valid_at`
    - (24 N - 6) h, and 0 where it could be had less than 18 h ahead.

    A value of Open-Meteo's `previous_dayN` is N days old.
    """
    ahead = frame["valid_at"] - frame["available_at"] + DELAY_H * _HOUR
    whole_days = pd.TimedeltaIndex(ahead).days
    return np.clip(whole_days.to_numpy(dtype=np.int64), 0, OLDEST_D)


def by_model(frame: pd.DataFrame) -> pd.DataFrame:
    """What there is of each station and model: first and last valid hour, the classes of age,
    rows."""
    aged = frame.assign(age=age_days(frame))
    groups = aged.groupby(["station", "model"], sort=False)
    return groups.agg(
        first=("valid_at", "min"),
        last=("valid_at", "max"),
        youngest_d=("age", "min"),
        oldest_d=("age", "max"),
        rows=("valid_at", "size"),
    )
