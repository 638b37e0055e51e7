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
            # of the next 168 of them.
            raise ModelError(
                f"the hours of {self.station} are {self.valid_at.dtype}; give UTC hours as"
                " datetime64[h]."
            )
        steps = np.diff(self.valid_at)
        if len(steps) and not (steps == np.timedelta64(1, "h")).all():
            at = self.valid_at[int(np.argmax(steps != np.timedelta64(1, "h")))]
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
        low, high = VARIABLES[name].low, VARIABLES[name].high
        # A direction of 0 is north, as 360 is: nothing is wrong with the lower end of a range here.
        wrong = np.isinf(values) | (values < low) | (values > high)
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
        return self.values.get(name, np.full(len(self), np.nan))

    def only(self, hours: Flags) -> "History":
        """The same record with nothing known outside the given hours, shape (n,)."""
        return History(
            self.station,
            self.valid_at,
            {name: np.where(hours, values, np.nan) for name, values in self.values.items()},
            self.filled,
        )

    def until(self, issued_at: np.datetime64, hours: int | None = None) -> "History":
        """The part that was known at `issued_at`, at most the last `hours` of it."""
        stop = int(np.searchsorted(self.valid_at, issued_at, side="right"))
        part = slice(0 if hours is None else max(0, stop - hours), stop)
        filled = None if self.filled is None else self.filled[part]
        return History(
            self.station,
            self.valid_at[part],
            {name: values[part] for name, values in self.values.items()},
            filled,
        )
