"""What is looked at in a station's observations to see whether a sensor still measures what it
did: statistics of windows, and runs of equal values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.history import History
from wearcast.forecasting.input_windows import window_means
from wearcast.variables import VARIABLES

WATCHED: Final = (
    "temp_c",
    "dewpoint_c",
    "wind_ms",
    "pressure_hpa",
    "cloud_pct",
    "precip_mm",
)
"""The variables that are watched."""

_CALM_MS: Final = 1.0
_LEAST_STEP: Final = 0.02
_LEAST_RAIN: Final = 0.02

_NATURAL: Final[dict[str, tuple[float, ...]]] = {
    "wind_ms": (0.0,),
    "cloud_pct": (0.0, 100.0),
    "precip_mm": (0.0,),
}
"""Values that last for days by nature: calm air, a clear or an overcast sky, no rain."""


@dataclass(frozen=True)
class InputHours:
    """A station's observations as they came, hour by hour.

    Attributes:
        valid_at: UTC hours without a gap, (n,), datetime64[h].
        values: by variable, (n,), NaN where missing; they need not be possible.
    """

    valid_at: Hours
    values: Mapping[str, Floats]

    @classmethod
    def of(cls, history: History) -> "InputHours":
        """Those of a record after quality control."""
        return cls(history.valid_at, history.values)

    def column(self, name: str) -> Floats:
        """A variable's values, none of them beyond its range, NaN where they are missing."""
        if name not in self.values:
            return np.full(len(self.valid_at), np.nan)
        variable = VARIABLES[name]
        return np.clip(self.values[name], variable.low, variable.high)

    def last(self, hours: int) -> "InputHours":
        """The last so many hours."""
        newest = {name: values[-hours:] for name, values in self.values.items()}
        return InputHours(self.valid_at[-hours:], newest)

    def at(self, name: str, valid_at: Hours) -> Floats:
        """A variable's values at other hours, NaN outside these: (len(valid_at),)."""
        rows = (valid_at - self.valid_at[0]).astype(np.int64)
        inside = (rows >= 0) & (rows < len(self.valid_at))
        values = np.full(len(valid_at), np.nan)
        values[inside] = self.column(name)[rows[inside]]
        return values


def comparable(name: str, values: Floats) -> Floats:
    """Values whose differences mean the same wherever they lie: of the wind, whose errors and
    whose exposure are factors, its logarithm."""
    if name == "wind_ms":
        return np.log(_CALM_MS + values)
    return values


def level(name: str, values: Floats, hours: int) -> Floats:
    """The mean over windows, in the variable's unit; of wind and rain a logarithm: (n,)."""
    if name == "precip_mm":
        means = window_means(np.sqrt(values), hours)
        return np.log(_LEAST_RAIN + means)
    return window_means(comparable(name, values), hours)


def spread(name: str, values: Floats, hours: int) -> Floats:
    """The logarithm of the mean change from hour to hour over windows: (n,).

    Unlike a standard deviation it doesn't ask whether a front came by, so it says within two days
    that a value is in another unit. A factor moves the mean of the wind as well, so that is added.
    """
    steps = window_means(hourly_steps(values), hours)
    logarithm = np.log(_LEAST_STEP + steps)
    if name == "wind_ms":
        return logarithm + level(name, values, hours)
    return logarithm


def hourly_steps(values: Floats) -> Floats:
    """How far each value is from that of the hour before: (n,)."""
    steps = np.full(len(values), np.nan)
    steps[1:] = np.abs(np.diff(values))
    return steps


def run_lengths(name: str, values: Floats) -> Floats:
    """How many hours each value has been the same, over hours without a value; 0 where it is one
    that lasts by nature, NaN where there is none: (n,)."""
    known = np.flatnonzero(np.isfinite(values))
    lengths = np.full(len(values), np.nan)
    if not len(known):
        return lengths
    seen = values[known]
    begins = np.ones(len(seen), dtype=bool)
    begins[1:] = seen[1:] != seen[:-1]
    first = np.flatnonzero(begins)
    number = np.cumsum(begins) - 1
    since = known[first][number]
    hours = known - since + 1.0
    is_natural = np.isin(seen, _NATURAL.get(name, ()))
    lengths[known] = np.where(is_natural, 0.0, hours)
    return lengths
