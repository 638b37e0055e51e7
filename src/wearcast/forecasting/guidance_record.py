"""A station's guidance as arrays: what each numerical model said of each hour, by how long before
it could be had."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Flags, Floats, Floats32, Hours, Minutes, Positions
from wearcast.forecasting.missing_values import where_known

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
        is_ahead = age_h >= 1
        first = valid_at[is_ahead].min()
        last = valid_at[is_ahead].max()
        hours = np.arange(first, last + _HOUR)
        hour = hours_since(first, valid_at)
        ascending = np.lexsort((age_h, hour, model))
        order = ascending[is_ahead[ascending]]
        model = model[order]
        hour = hour[order]
        slot = _slots(model, hour)
        slots = int(slot.max()) + 1
        where = (model, slot, hour)
        runs, run = _runs(issued[order])
        record = cls.empty(models, hours, slots, runs, source)
        record.ages_h[where] = age_h[order]
        record.run[where] = run
        for v, name in enumerate(VARIABLES):
            column = _column(values, name)
            record.values[(*where, v)] = column[order]
        return record

    @classmethod
    def empty(
        cls, models: tuple[str, ...], valid_at: Hours, slots: int, runs: Minutes, source: str
    ) -> "GuidanceRecord":
        """A record that says nothing yet, with room for so many forecasts of each hour."""
        shape = (len(models), slots, len(valid_at))
        of_variables = (*shape, len(VARIABLES))
        return cls(
            models=models,
            valid_at=valid_at,
            ages_h=np.full(shape, np.inf, dtype=np.float32),
            values=np.full(of_variables, np.nan, dtype=np.float32),
            run=np.full(shape, -1, dtype=np.int32),
            runs=runs,
            source=source,
        )

    def __len__(self) -> int:
        return len(self.valid_at)

    @property
    def says_something(self) -> Flags:
        """Whether there is a forecast of each hour, (n,)."""
        is_there = np.isfinite(self.ages_h)
        says_something: Flags = np.any(is_there, axis=(0, 1))
        return says_something

    def visible(self, hours: Flags) -> "GuidanceRecord":
        """The same record without what is said of the other hours, (n,)."""
        ages = np.where(hours, self.ages_h, np.float32(np.inf))
        values = where_known(hours[:, None], self.values)
        return replace(self, ages_h=ages, values=values)

    def only(self, models: tuple[str, ...]) -> "GuidanceRecord":
        """The record of these models, in this order; one that it lacks says nothing."""
        slots = self.ages_h.shape[1]
        chosen = self.empty(models, self.valid_at, slots, self.runs, self.source)
        for m, name in enumerate(models):
            if name not in self.models:
                continue
            of_model = self.models.index(name)
            chosen.ages_h[m] = self.ages_h[of_model]
            chosen.values[m] = self.values[of_model]
            chosen.run[m] = self.run[of_model]
        return chosen

    def made_later(self, issued_at: np.datetime64) -> "GuidanceRecord":
        """The same record for a forecast from the last hour observed, `issued_at`, that is made
        only now: whatever the record holds of the hours after it can be had, though some of it
        could not be had at that hour yet."""
        lead_h = (self.valid_at - issued_at) / _HOUR
        is_known = np.isfinite(self.ages_h)
        is_ahead = lead_h > 0
        at_issue = np.maximum(self.ages_h, lead_h)
        ages = np.where(is_known & is_ahead, at_issue, self.ages_h)
        return replace(self, ages_h=ages.astype(np.float32))

    def known_before(self, lead_h: float) -> Floats32:
        """What the newest forecast that could be had `lead_h` hours before each hour says of it,
        where it isn't older by `STALE_H`; NaN elsewhere: (M, n, V)."""
        rows = np.arange(len(self))
        leads = np.array([lead_h])
        found = self.known_at(rows[:, None], leads)
        return found[:, :, 0]

    def known_at(self, rows: Positions, lead_h: Floats | Positions) -> Floats32:
        """The same of the hours in rows (B, L), each with its lead (L,), NaN of rows beyond the
        record's ends: (M, B, L, V)."""
        where, is_known = self._newest_at(rows, lead_h)
        return where_known(is_known[..., None], self.values[where])

    def runs_at(self, rows: Positions, lead_h: Positions) -> NDArray[np.int32]:
        """Which run says it, -1 where none says anything: (M, B, L)."""
        where, is_known = self._newest_at(rows, lead_h)
        says_something = np.isfinite(self.values[where]).any(axis=-1)
        return np.where(is_known & says_something, self.run[where], np.int32(-1))

    def _newest_at(
        self, rows: Positions, lead_h: Floats | Positions
    ) -> tuple[tuple[Positions, NDArray[np.intp], Positions], Flags]:
        """Where the newest forecast of each hour is that could be had by then, and whether there is
        one that is new enough."""
        is_inside = (rows >= 0) & (rows < len(self))
        within = np.where(is_inside, rows, 0)
        is_usable = self.ages_h[:, :, within] >= lead_h
        slot = is_usable.argmax(axis=1)
        numbers = np.arange(len(self.models))
        where = (numbers[:, None, None], slot, within)
        older_by_h = self.ages_h[where] - lead_h
        is_new = older_by_h < STALE_H
        is_fresh = is_usable.any(axis=1) & is_new
        return where, is_fresh & is_inside


def hours_since(first: np.datetime64, valid_at: Hours) -> Positions:
    """How many whole hours each is after the first one."""
    hours = (valid_at - first) / _HOUR
    return hours.astype(np.int64)


def _require_forecasts(valid_at: Hours, age_h: Floats) -> None:
    if not len(valid_at):
        raise ModelError("the guidance has no row.")
    is_too_late = age_h <= 0
    if is_too_late.any():
        row = int(is_too_late.argmax())
        hour = valid_at[row]
        raise ModelError(
            f"a numerical forecast of {hour} UTC could be had only at that hour or later: it is no"
            " forecast. Run the stage preprocess again."
        )


def _runs(issued: Minutes) -> tuple[Minutes, Positions]:
    """The runs among bounds (rows, 2), in the order of the later one, and which each row is of."""
    minutes = issued.astype("datetime64[m]").astype(np.int64)
    until = minutes[:, 1]
    width = until - minutes[:, 0]
    # One number a run, since rows of two take ten times as long to sort.
    most = int(width.max(initial=0)) + 1
    numbers, run = np.unique(until * most - width, return_inverse=True)
    last = -(-numbers // most)
    bounds = np.stack([last - (last * most - numbers), last], axis=1)
    return bounds.astype("datetime64[m]"), run


def _slots(model: Positions, hour: Positions) -> Positions:
    """The number of each row among those of its model and hour, of rows in their order."""
    is_other_model = np.diff(model) != 0
    is_other_hour = np.diff(hour) != 0
    first = np.ones(len(model), dtype=bool)
    first[1:] = is_other_model | is_other_hour
    rows = np.arange(len(model))
    begin = np.maximum.accumulate(np.where(first, rows, 0))
    slots: Positions = rows - begin
    return slots


def _column(values: Mapping[str, Floats], name: str) -> Floats:
    if name == "log_rain":
        precip_mm = np.maximum(values["precip_mm"], 0.0)
        return np.log1p(precip_mm)
    return values[name]
