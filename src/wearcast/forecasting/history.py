"""A station's recent past as plain arrays: what a forecast is made from."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Flags, Floats, Hours
from wearcast.variables import HISTORY, VARIABLES


@dataclass(frozen=True)
class History:
    """Hourly observations of one station, oldest first, up to the issue time.

    Attributes:
        station: its id in the model's manifest.
        valid_at: UTC hours without a gap, shape (n,), datetime64[h].
        values: per variable of `HISTORY` an array of shape (n,), NaN where missing; temp_c is
            required.
        filled: hours with a value that quality control interpolated, shape (n,); None where there
            are none. Interpolation knows the hours after it, so no forecast of the past is issued
            there.
    """

    station: str
    valid_at: Hours
    values: Mapping[str, Floats]
    filled: Flags | None = None

    def __post_init__(self) -> None:
        """Refuse what no model could use, saying where it is wrong."""
        if "temp_c" not in self.values:
            raise ModelError(
                f"the history of {self.station} has no temp_c. Give hourly temperatures in °C."
            )
        if self.valid_at.dtype != np.dtype("datetime64[h]"):
            # The hours ahead are counted in the type's own unit: nanoseconds would give a forecast
            # of the next nanoseconds.
            raise ModelError(
                f"the hours of {self.station} are {self.valid_at.dtype}; give UTC hours as"
                " datetime64[h]."
            )
        steps = np.diff(self.valid_at)
        is_wrong = steps != np.timedelta64(1, "h")
        if is_wrong.any():
            last_right = int(np.argmax(is_wrong))
            at = self.valid_at[last_right]
            raise ModelError(
                f"the history of {self.station} is not hourly after {at} UTC. Give every hour once,"
                " NaN where missing."
            )
        for name, values in self.values.items():
            self._check(name, values)

    def _check(self, name: str, values: Floats) -> None:
        if name not in HISTORY:
            raise ModelError(
                f"the history of {self.station} has an unknown variable {name}. Known:"
                f" {', '.join(HISTORY)}."
            )
        if values.shape != self.valid_at.shape:
            raise ModelError(
                f"{name} of {self.station} has {values.shape} values for {self.valid_at.shape}"
                " hours."
            )
        variable = VARIABLES[name]
        low = variable.low
        high = variable.high
        # A direction of 0 is north, as 360 is: nothing is wrong with the lower end of a range here.
        wrong = (values < low) | (values > high)
        if wrong.any():
            at = int(np.argmax(wrong))
            raise ModelError(
                f"{name} of {self.station} at {self.valid_at[at]} UTC is {values[at]}; it must lie"
                f" in {low:g} … {high:g}."
            )

    def __len__(self) -> int:
        return len(self.valid_at)

    @property
    def issued_at(self) -> np.datetime64:
        """The issue time: the hour of the last observation."""
        last: np.datetime64 = self.valid_at[-1]
        return last

    def column(self, name: str) -> Floats:
        """A variable's values, all NaN where the history doesn't hold it."""
        if name in self.values:
            return self.values[name]
        return np.full(len(self), np.nan)

    def only(self, hours: Flags) -> "History":
        """The same record with nothing known outside the given hours, shape (n,)."""
        kept = {}
        for name, values in self.values.items():
            kept[name] = np.where(hours, values, np.nan)
        return History(self.station, self.valid_at, kept, self.filled)

    def until(self, issued_at: np.datetime64, hours: int | None = None) -> "History":
        """The part that was known at `issued_at`, at most the last `hours` of it."""
        stop = int(np.searchsorted(self.valid_at, issued_at, side="right"))
        start = 0 if hours is None else max(0, stop - hours)
        part = slice(start, stop)
        filled = None if self.filled is None else self.filled[part]
        valid_at = self.valid_at[part]
        kept = {name: values[part] for name, values in self.values.items()}
        return History(self.station, valid_at, kept, filled)
