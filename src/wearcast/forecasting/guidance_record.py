"""A station's guidance as arrays: what each numerical model said of each hour, by how long before
it could be had."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Flags, Floats, Floats32, Hours, Minutes, Positions

VARIABLES = (
    "temp_c",
    "dewpoint_c",
    "wind_ms",
    "gust_ms",
    "cloud_pct",
    "pressure_hpa",
    "log_rain",
)
"""What the forecast sees of a model; log(1 + mm) of rain in the hour before."""

STALE_H = 24
"""A forecast that could be had so many hours before it was needed isn't used: it is of an older run
than is usual, since a run was missed."""

_HOUR = np.timedelta64(1, "h")


@dataclass(frozen=True)
class GuidanceRecord:
    """Numerical forecasts for the place of a station, on a complete hourly axis of n hours.

    Attributes:
        models: their names, M of them.
        valid_at: UTC hours, (n,).
        ages_h: for each model and hour its forecasts of that hour, by how many hours before it each
            could be had, in ascending order; infinite where there is none: (M, K, n).
        values: what they say, NaN where nothing, (M, K, n, len(VARIABLES)).
        run: which of the runs each is of, -1 where there is none, (M, K, n).
        runs: bounds of when each started, UTC, in the order of the later one, (R, 2).
        source: who gave them.
    """

    models: tuple[str, ...]
    valid_at: Hours
    ages_h: Floats32
    values: Floats32
    run: NDArray[np.int32]
    runs: Minutes
    source: str

    @classmethod
    def of_rows(
        cls,
        models: tuple[str, ...],
        model: Positions,
        valid_at: Hours,
        age_h: Floats,
        values: Mapping[str, Floats],
        issued: Minutes,
        source: str,
    ) -> "GuidanceRecord":
        """The record of rows in any order.

        Args:
            models: the names of the models.
            model: which of them each row is of, (rows,).
            valid_at: UTC, (rows,).
            age_h: how many hours before it each could be had, (rows,).
            values: by variable, precip_mm for log_rain, (rows,) each; NaN where missing.
            issued: bounds of when each row's run started, UTC, (rows, 2).
            source: who gave them.

        Raises:
            ModelError: there is no row, or one could be had only at its own hour or later.
        """
        _require_forecasts(valid_at, age_h)
        # Leads are whole hours, so minutes decide nothing and would only make more ages.
        age_h = np.floor(age_h)
        some = age_h >= 1
        model = model[some]
        valid_at = valid_at[some]
        age_h = age_h[some]
        values = {name: column[some] for name, column in values.items()}
        runs, run = _runs(issued[some])
        first = valid_at.min()
        hours = np.arange(first, valid_at.max() + _HOUR)
        since = (valid_at - first) / _HOUR
        hour = since.astype(np.int64)
        order = np.lexsort((age_h, hour, model))
        model = model[order]
        hour = hour[order]
        slot = _slots(model, hour)
        shape = (len(models), int(slot.max()) + 1, len(hours))
        where = (model, slot, hour)
        ages = np.full(shape, np.inf, dtype=np.float32)
        ages[where] = age_h[order]
        table = np.full((*shape, len(VARIABLES)), np.nan, dtype=np.float32)
        for v, name in enumerate(VARIABLES):
            column = _column(values, name)
            table[(*where, v)] = column[order]
        run_of = np.full(shape, -1, dtype=np.int32)
        run_of[where] = run[order]
        return cls(models, hours, ages, table, run_of, runs, source)

    def __len__(self) -> int:
        return len(self.valid_at)

    def visible(self, hours: Flags) -> "GuidanceRecord":
        """The same record without what is said of the other hours, (n,)."""
        ages = np.where(hours, self.ages_h, np.float32(np.inf))
        values = np.where(hours[:, None], self.values, np.float32(np.nan))
        return replace(self, ages_h=ages, values=values)

    def only(self, models: tuple[str, ...]) -> "GuidanceRecord":
        """The record of these models, in this order; one that it lacks says nothing."""
        _, slots, hours = self.ages_h.shape
        shape = (len(models), slots, hours)
        ages = np.full(shape, np.inf, dtype=np.float32)
        values = np.full((*shape, len(VARIABLES)), np.nan, dtype=np.float32)
        run = np.full(shape, -1, dtype=np.int32)
        for m, name in enumerate(models):
            if name not in self.models:
                continue
            of_model = self.models.index(name)
            ages[m] = self.ages_h[of_model]
            values[m] = self.values[of_model]
            run[m] = self.run[of_model]
        return replace(self, models=models, ages_h=ages, values=values, run=run)

    def made_later(self, issued_at: np.datetime64) -> "GuidanceRecord":
        """The same record for a forecast from the last hour observed, `issued_at`, that is made
        only now: whatever the record holds of the hours after it can be had, though some of it
        could not be had at that hour yet."""
        lead_h = (self.valid_at - issued_at) / _HOUR
        known = np.isfinite(self.ages_h)
        ahead = lead_h > 0
        ages = np.where(known & ahead, np.maximum(self.ages_h, lead_h), self.ages_h)
        return replace(self, ages_h=ages.astype(np.float32))

    def known_before(self, lead_h: float) -> Floats32:
        """What the newest forecast that could be had `lead_h` hours before each hour says of it,
        where it isn't older by `STALE_H`; NaN elsewhere: (M, n, V)."""
        rows = np.arange(len(self))[:, None]
        found = self.known_at(rows, np.array([lead_h]))
        return found[:, :, 0]

    def known_at(self, rows: Positions, lead_h: Floats | Positions) -> Floats32:
        """The same of the hours in rows (B, L), each with its lead (L,): (M, B, L, V)."""
        slot, fresh = self._slots_at(rows, lead_h)
        found = self.values[self._numbers(), slot, rows]
        return np.where(fresh[..., None], found, np.float32(np.nan))

    def runs_at(self, rows: Positions, lead_h: Positions) -> NDArray[np.int32]:
        """Which run says it, -1 where none says anything: (M, B, L)."""
        slot, fresh = self._slots_at(rows, lead_h)
        values = self.values[self._numbers(), slot, rows]
        says_something = fresh & np.isfinite(values).any(axis=-1)
        found = self.run[self._numbers(), slot, rows]
        return np.where(says_something, found, np.int32(-1))

    def _slots_at(
        self, rows: Positions, lead_h: Floats | Positions
    ) -> tuple[NDArray[np.intp], Flags]:
        """The newest forecast of each hour that could be had by then, and whether it is fresh."""
        usable = self.ages_h[:, :, rows] >= lead_h
        slot = usable.argmax(axis=1)
        age = self.ages_h[self._numbers(), slot, rows]
        is_new = age - lead_h < STALE_H
        return slot, usable.any(axis=1) & is_new

    def _numbers(self) -> Positions:
        """The models' numbers, (M, 1, 1)."""
        numbers = np.arange(len(self.models))
        return numbers[:, None, None]


def _require_forecasts(valid_at: Hours, age_h: Floats) -> None:
    if not len(valid_at):
        raise ModelError("the guidance has no row.")
    if (age_h <= 0).any():
        hour = valid_at[int(np.argmax(age_h <= 0))]
        raise ModelError(
            f"a numerical forecast of {hour} UTC could be had only at that hour or later: it is no"
            " forecast. Run the stage preprocess again."
        )


def _runs(issued: Minutes) -> tuple[Minutes, Positions]:
    """The runs among bounds (rows, 2), in the order of the later one, and which each row is of."""
    minutes = issued.astype("datetime64[m]")
    until_first = minutes[:, ::-1].astype(np.int64)
    runs, run = np.unique(until_first, axis=0, return_inverse=True)
    bounds = runs[:, ::-1].astype("datetime64[m]")
    return bounds, run.reshape(-1)


def _slots(model: Positions, hour: Positions) -> Positions:
    """The number of each row among those of its model and hour, of rows in their order."""
    first = np.ones(len(model), dtype=bool)
    first[1:] = (np.diff(model) != 0) | (np.diff(hour) != 0)
    rows = np.arange(len(model))
    begin = np.maximum.accumulate(np.where(first, rows, 0))
    slots: Positions = rows - begin
    return slots


def _column(values: Mapping[str, Floats], name: str) -> Floats:
    if name == "log_rain":
        return np.log1p(np.maximum(values["precip_mm"], 0.0))
    return values[name]
