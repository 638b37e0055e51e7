"""What a station's forecast sees of guidance: what the models say of an hour and of those around
it, and how wrong they were lately.

A model that says nothing of an hour while another does is taken to differ from the others as it
usually does at that hour of the day, so that one missing model doesn't shift what is said.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wearcast.forecasting.array_types import Floats, Floats32, Hours, Positions
from wearcast.forecasting.channels import CHANNELS, TARGETS
from wearcast.forecasting.guidance_record import VARIABLES, GuidanceRecord, hours_since
from wearcast.forecasting.missing_values import where_known

AROUND_H = (-3, -1, 0, 1, 3)
"""The hours around a valid hour of which the models' values are seen."""

BIAS_DAYS = 30
"""Days over which the error at the same hour of the day is averaged."""

LEAST_BIAS_DAYS = 5
"""With fewer of them the bias isn't known."""

RECENT_H = (1, 3, 6, 24, 168, 720)
"""Hours up to the issue time over which the latest errors are averaged."""

_OF_TARGETS = [VARIABLES.index(name) for name in TARGETS]
_TEMPERATURE = VARIABLES.index("temp_c")
_SAME_HOUR = AROUND_H.index(0)
_DIFFERENCES = ("temp_c", "dewpoint_c")
"""Variables of which the models' values are seen relative to their mean."""


@dataclass(frozen=True)
class LeadInputs:
    """What is seen of guidance for B issue times and L leads.

    Attributes:
        around: the models' values around each valid hour, (B, L, F).
        mean: of the models, by target, NaN where none says anything, (B, L, T).
        bias: the mean error of that mean at the same hour of the last days, (B, L, T); NaN where
            unknown.
        recent: its latest errors, (B, L, T, len(RECENT_H) + 1).
        values: the mean of the models of every variable at the hour itself, (B, L, V).
        spread_c: the standard deviation of the models' temperatures, (B, L).
    """

    around: Floats32
    mean: Floats32
    bias: Floats32
    recent: Floats32
    values: Floats32
    spread_c: Floats32


@dataclass(frozen=True)
class GuidanceInputs:
    """A station's guidance beside what was observed.

    Attributes:
        record: the guidance, of the models and in the order that were fitted.
        observed: of each target at each of the record's hours, NaN where unknown, (n, T).
        offsets: by how much each model differs from their mean, by the hour of the day (UTC), (M,
            24, V).
    """

    record: GuidanceRecord
    observed: Floats32
    offsets: Floats32

    def rows(self, issued_at: Hours) -> Positions:
        """Where the issue times stand on the record's axis; beyond its ends for times outside of
        it."""
        first = self.record.valid_at[0]
        return hours_since(first, issued_at)

    def at(self, issued_at: Hours, leads: Positions, stale_h: int = 0) -> LeadInputs:
        """What is seen for leads (L,) at issue times (B,), if nothing newer than `stale_h` hours
        before could be had."""
        issued = self.rows(issued_at)
        around = self._around(issued, leads, stale_h)
        now = around[:, :, _SAME_HOUR]
        values = _mean_of_models(now)
        temp_c = now[..., _TEMPERATURE]
        spread_c = temp_c.std(axis=2)
        seen = around.copy()
        for name in _DIFFERENCES:
            v = VARIABLES.index(name)
            mean = values[..., v]
            seen[..., v] -= mean[:, :, None, None]
        bias, recent = self._errors_at(issued, leads, stale_h)
        return LeadInputs(
            around=seen.reshape(len(issued), len(leads), -1),
            mean=values[..., _OF_TARGETS],
            bias=bias,
            recent=recent,
            values=values,
            spread_c=spread_c,
        )

    def _around(self, issued: Positions, leads: Positions, stale_h: int) -> Floats32:
        """The models' values at and around each valid hour, (B, L, offsets, M, V), NaN where no
        model says anything."""
        parts = []
        for offset in AROUND_H:
            lead_h = leads + offset
            rows = issued[:, None] + lead_h
            age_h = np.maximum(lead_h, 1) + stale_h
            parts.append(self._known(rows, age_h))
        return np.stack(parts, axis=2)

    def _known(self, rows: Positions, age_h: Positions) -> Floats32:
        """The models' values of the hours in rows (B, L), as they could be had so long before each,
        (L,): (B, L, M, V)."""
        said = self.record.known_at(rows, age_h)
        first = self.record.valid_at[[0]]
        hour = (_hour_of_day(first) + rows) % 24
        filled = _filled(said, self.offsets, hour)
        return np.moveaxis(filled, 0, 2)

    @cached_property
    def _ages_h(self) -> Floats32:
        """The ages that forecasts of observed hours have: leads between two of them have the same
        errors behind them."""
        known = np.isfinite(self.observed).any(axis=1)
        ages = np.unique(self.record.ages_h[:, :, known])
        finite: Floats32 = ages[np.isfinite(ages)]
        return finite

    @cached_property
    def _errors(self) -> Floats32:
        """Errors of the models' mean by the age, (ages + 1, n, T): the last one, of no age, is
        unknown."""
        hour = _hour_of_day(self.record.valid_at)
        shape = (len(self._ages_h) + 1, *self.observed.shape)
        errors = np.full(shape, np.nan, dtype=np.float32)
        for a, age in enumerate(self._ages_h):
            said = self.record.known_before(float(age))
            filled = _filled(said, self.offsets, hour)
            mean = known_mean(filled)
            errors[a] = mean[:, _OF_TARGETS] - self.observed
        return errors

    @cached_property
    def _biases(self) -> Floats32:
        """The mean error at the same hour of up to `BIAS_DAYS` days, the hour itself the last:
        (ages + 1, n, T)."""
        return np.stack([_same_hour_mean(errors) for errors in self._errors])

    @cached_property
    def _recent(self) -> Floats32:
        """The mean of the errors of the last hours, 0 where none is known, (ages + 1, n, T,
        len(RECENT_H))."""
        parts = []
        for errors in self._errors:
            means = [_trailing_mean(errors, hours) for hours in RECENT_H]
            parts.append(np.stack(means, axis=-1))
        return np.stack(parts)

    def _errors_at(
        self, issued: Positions, leads: Positions, stale_h: int
    ) -> tuple[Floats32, Floats32]:
        """The bias (B, L, T) and the latest errors (B, L, T, …) that were known at the issue
        times."""
        age = np.searchsorted(self._ages_h, leads + stale_h)
        days = np.ceil(leads / 24).astype(np.int64)
        hours_back = 24 * days - leads
        same_hour = issued[:, None] - hours_back
        last = len(self.record) - 1
        within = np.clip(same_hour, 0, last)
        is_inside = within == same_hour
        bias = self._biases[age, within]
        known_bias = where_known(is_inside[..., None], bias)
        now = np.clip(issued, 0, last)
        of_last_hours = self._recent[age, now[:, None]]
        of_same_hour = self._errors[age, within]
        yesterday = np.nan_to_num(of_same_hour)
        parts = [of_last_hours, yesterday[..., None]]
        recent = np.concatenate(parts, axis=-1)
        return known_bias, recent


def usual_offsets(record: GuidanceRecord) -> Floats32:
    """By how much each model differs from the mean of all of them at each hour of the day (UTC),
    where all say something; 0 where they never do: (M, 24, V)."""
    values = record.known_before(1.0)
    difference = values - values.mean(axis=0)
    hour = _hour_of_day(record.valid_at)
    means = []
    for h in range(24):
        at_hour = difference[:, hour == h]
        means.append(known_mean(at_hour, axis=1))
    by_hour = np.stack(means, axis=1)
    offsets: Floats32 = np.nan_to_num(by_hour)
    return offsets


def newest_mean(record: GuidanceRecord, offsets: Floats32) -> Floats32:
    """What the newest forecast of each hour that an archive keeps says of it, on average over the
    models; NaN where none says anything: (n, V).

    Args:
        record: n hours of the models that the offsets are of.
        offsets: as `usual_offsets` gives them, (M, 24, V).
    """
    said = record.known_before(1.0)
    hour = _hour_of_day(record.valid_at)
    return known_mean(_filled(said, offsets, hour))


def observed_targets(valid_at: Hours, columns: Floats, wanted: Hours) -> Floats32:
    """The columns of `CHANNELS` that are `TARGETS`, (m, C) at hours (m,) of a complete axis, at
    other hours (n,): NaN where there is none, (n, T)."""
    rows = hours_since(valid_at[0], wanted)
    inside = (rows >= 0) & (rows < len(valid_at))
    within = np.where(inside, rows, 0)
    numbers = [CHANNELS.index(name) for name in TARGETS]
    of_targets = columns[:, numbers]
    found = of_targets[within]
    known = where_known(inside[:, None], found)
    return known.astype(np.float32)


def _filled(values: Floats32, offsets: Floats32, hour: Positions) -> Floats32:
    """The models' values, (M, …, V), with those of missing models put in; `hour` of the day,
    (…)."""
    usual = offsets[:, hour]
    agreed = known_mean(values - usual)
    missing = np.isnan(values)
    return np.where(missing, agreed + usual, values)


def _hour_of_day(valid_at: Hours) -> Positions:
    since_1970 = valid_at.astype("datetime64[h]").astype(np.int64)
    hours: Positions = since_1970 % 24
    return hours


def _mean_of_models(values: Floats32) -> Floats32:
    """(B, L, M, V) to (B, L, V); missing models were put in before."""
    mean: Floats32 = values.mean(axis=2)
    return mean


def known_mean(values: Floats | Floats32, axis: int = 0) -> Floats32:
    """The mean over an axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    value_or_0 = np.where(known, values, 0)
    total = value_or_0.sum(axis=axis)
    mean = total / np.maximum(count, 1)
    known_or_nan = np.where(count > 0, mean, np.nan)
    return known_or_nan.astype(np.float32)


def _same_hour_mean(errors: Floats32) -> Floats32:
    """For each hour the mean of the last `BIAS_DAYS` errors at its hour of the day, its own the
    last; NaN with fewer than `LEAST_BIAS_DAYS`: (n, T)."""
    n, targets = errors.shape
    days = -(-n // 24)
    padded = np.full((days * 24, targets), np.nan)
    padded[:n] = errors
    by_day = padded.reshape(days, 24 * targets)
    known = np.isfinite(by_day)
    of_known = np.where(known, by_day, 0.0)
    total = _windowed_sum(of_known, BIAS_DAYS)
    count = _windowed_sum(known.astype(np.float64), BIAS_DAYS)
    mean = total / np.maximum(count, 1)
    is_known = count >= LEAST_BIAS_DAYS
    biases = where_known(is_known, mean)
    by_hour = biases.reshape(days * 24, targets)
    return by_hour[:n].astype(np.float32)


def _trailing_mean(errors: Floats32, hours: int) -> Floats32:
    """The mean of the known errors of the last hours, 0 where none is, (n, T)."""
    known = np.isfinite(errors)
    error_or_0 = np.where(known, errors, 0.0)
    total = _windowed_sum(error_or_0, hours)
    count = _windowed_sum(known.astype(np.float64), hours)
    mean = total / np.maximum(count, 1)
    return mean.astype(np.float32)


def _windowed_sum(values: Floats, length: int) -> Floats:
    """The sum over the last `length` rows, fewer at the beginning."""
    running = values.astype(np.float64).cumsum(axis=0)
    windowed: Floats = running.copy()
    windowed[length:] -= running[:-length]
    return windowed
