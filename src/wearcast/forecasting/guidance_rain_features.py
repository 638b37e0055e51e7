"""What the chance of rain is made from: the amounts of all models around an hour or over a day,
humidity, cloud and pressure, what the station's past says, the time of year and of day."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Floats32
from wearcast.forecasting.guidance_inputs import known_mean
from wearcast.forecasting.guidance_record import VARIABLES, GuidanceRecord, hours_since
from wearcast.forecasting.guidance_regression import PastForecasts
from wearcast.forecasting.logistic_regression import logit_of
from wearcast.forecasting.missing_values import where_known
from wearcast.forecasting.span_means import Spans, mean_around
from wearcast.forecasting.windows import solar_hour
from wearcast.vocabulary import USUAL_SLEEP, USUAL_WAKE

DAY_H = 24
_WAKING_H = USUAL_SLEEP - USUAL_WAKE
_LEAST_WAKING_H = 8
"""A waking day of which fewer hours are ahead has no chance of its own."""

_LEAST_KNOWN = 0.75
"""The share of a waking day's hours of which a model has to say something."""

_AROUND_H = (0, 1, 3, 6, 12)
"""Hours on both sides of an hour over which the models' rain is averaged."""

_LARGEST_AROUND_H = (1, 3)
"""Those over which the wettest model and the share of wet models count as well."""

_AROUND_DAY_H = 6
"""Hours on both sides of a waking day whose rain counts as well: models are early and late."""

_DEPRESSION_AROUND_H = 3

_DAY_STEPS_MM = (0.2, 1.0, 5.0)
"""Amounts of a waking day that the share of models is counted of."""

_TRACE_MM = 0.05
_DAY_TRACE_MM = 2 * _TRACE_MM
"""What is added to an hour's and to a day's amount before its logarithm is taken."""

_USUAL_DEPRESSION_C = 6.0
_USUAL_CLOUD_PCT = 50.0
_USUAL_PRESSURE_HPA = 1013.0
_CHANCE_BOUNDS = (0.005, 0.95)
"""Of the chance that the station's past gives: its linear model has none."""

_OF_YEAR = 4
"""Columns of the calendar that tell the time of year."""


@dataclass(frozen=True)
class RainSeen:
    """What is seen of rain by guidance, NaN where nothing is said.

    Attributes:
        rain_mm: of each model, (M, B, L).
        dewpoint_depression_c, cloud_pct, pressure_hpa: the models' mean, (B, L).
    """

    rain_mm: Floats
    dewpoint_depression_c: Floats
    cloud_pct: Floats
    pressure_hpa: Floats

    @classmethod
    def of(cls, record: GuidanceRecord, past: PastForecasts, stale_h: int = 0) -> "RainSeen":
        """What could be had at the issue times of every hour ahead, no newer than `stale_h` hours
        before."""
        horizon_h = past.wet_chance.shape[1]
        leads = np.arange(1, horizon_h + 1)
        issued = hours_since(record.valid_at[0], past.issued_at)
        rows = issued[:, None] + leads
        found = record.known_at(rows, leads + stale_h)
        said = found.astype(np.float64)
        log_rain = said[..., VARIABLES.index("log_rain")]
        temp_c = _mean(said, "temp_c")
        dewpoint_c = _mean(said, "dewpoint_c")
        return cls(
            rain_mm=np.expm1(log_rain),
            dewpoint_depression_c=temp_c - dewpoint_c,
            cloud_pct=_mean(said, "cloud_pct"),
            pressure_hpa=_mean(said, "pressure_hpa"),
        )

    @property
    def says_rain(self) -> Flags:
        """Whether any model gives rain, (B, L)."""
        is_given = np.isfinite(self.rain_mm)
        count = is_given.sum(axis=0)
        is_said: Flags = count > 0
        return is_said

    def weather(self, over: Callable[[Floats], Floats]) -> list[Floats]:
        """Means over some hours of dew point depression, cloud and pressure, about what is usual;
        0 where no model gives it."""
        centred = (
            self.dewpoint_depression_c - _USUAL_DEPRESSION_C,
            self.cloud_pct - _USUAL_CLOUD_PCT,
            self.pressure_hpa - _USUAL_PRESSURE_HPA,
        )
        return [np.nan_to_num(over(values)) for values in centred]


def hour_features(seen: RainSeen, past: PastForecasts) -> Floats:
    """What the chance of each hour is made from, (B, L, F), NaN where no model gives rain."""
    columns = []
    for around_h in _AROUND_H:
        rain_mm = mean_around(seen.rain_mm, around_h)
        mean_mm = known_mean(rain_mm)
        columns.append(np.log(_TRACE_MM + mean_mm))
        if around_h in _LARGEST_AROUND_H:
            largest_mm = _largest(rain_mm)
            columns.append(np.log(_TRACE_MM + largest_mm))
            columns.append(_share_from(rain_mm, _TRACE_MM))
    columns += seen.weather(lambda values: mean_around(values, 0))
    depression_c = mean_around(seen.dewpoint_depression_c, _DEPRESSION_AROUND_H)
    above_usual_c = depression_c - _USUAL_DEPRESSION_C
    columns.append(np.nan_to_num(above_usual_c))
    columns.append(_logit_of_past(past))
    features = np.stack(columns, axis=-1)
    is_said = seen.says_rain
    known = where_known(is_said[..., None], features)
    return np.concatenate([known, past.calendar], axis=-1)


def day_features(seen: RainSeen, past: PastForecasts, days: Spans) -> Floats:
    """What the chance of each waking day is made from, (B, D, G), NaN where the models say too
    little of it."""
    horizon_h = past.wet_chance.shape[1]
    around = days.widened(_AROUND_DAY_H, horizon_h)
    sum_mm = days.mean(seen.rain_mm) * days.hours
    around_mm = around.mean(seen.rain_mm) * around.hours
    smallest_mm = -_largest(-sum_mm)
    amounts = (
        known_mean(sum_mm),
        _largest(sum_mm),
        smallest_mm,
        known_mean(around_mm),
    )
    columns = [np.log(_DAY_TRACE_MM + amount_mm) for amount_mm in amounts]
    columns += [_share_from(sum_mm, step_mm) for step_mm in _DAY_STEPS_MM]
    columns += seen.weather(days.mean)
    columns.append(days.mean(_logit_of_past(past)))
    columns.append(days.hours)
    of_rain = np.stack(columns, axis=-1)
    time_of_year = _time_of_year(past.calendar, days)
    features = np.concatenate([of_rain, time_of_year], axis=-1)
    says_rain = seen.says_rain.astype(np.float64)
    is_known = days.mean(says_rain) >= _LEAST_KNOWN
    is_long = days.hours >= _LEAST_WAKING_H
    is_usable = is_known & is_long
    return where_known(is_usable[..., None], features)


def waking_days(calendar: Floats32) -> Spans:
    """The waking days ahead by the sun, for each issue time the hours of every day, cut at the
    ends: (B, D)."""
    horizon_h = calendar.shape[1]
    hour_now = solar_hour(calendar[:, 0])
    midnights = np.arange(0, horizon_h + DAY_H, DAY_H)
    wake = midnights + USUAL_WAKE - hour_now[:, None]
    sleep = wake + _WAKING_H
    return Spans(
        first=np.clip(wake, 0, horizon_h),
        stop=np.clip(sleep, 0, horizon_h),
    )


def bounded(chance: Floats | Floats32) -> Floats:
    """The chance that the station's past gives, as one that can be believed."""
    low, high = _CHANCE_BOUNDS
    return np.clip(chance.astype(np.float64), low, high)


def _logit_of_past(past: PastForecasts) -> Floats:
    return logit_of(bounded(past.wet_chance))


def _time_of_year(calendar: Floats32, days: Spans) -> Floats32:
    """That of the middle of each day, (B, D, _OF_YEAR)."""
    horizon_h = calendar.shape[1]
    middle = (days.first + days.stop) // 2
    within = np.clip(middle, 0, horizon_h - 1)
    of_middle = np.take_along_axis(calendar, within[..., None], axis=1)
    return of_middle[..., :_OF_YEAR]


def _mean(said: Floats, name: str) -> Floats:
    column = VARIABLES.index(name)
    mean = known_mean(said[..., column])
    return mean.astype(np.float64)


def _largest(rain_mm: Floats) -> Floats:
    """The largest over models (M, …) of what is known; NaN where nothing is."""
    is_known = np.isfinite(rain_mm)
    known_or_least = np.where(is_known, rain_mm, -np.inf)
    largest = known_or_least.max(axis=0)
    is_any_known: Flags = np.any(is_known, axis=0)
    return where_known(is_any_known, largest)


def _share_from(rain_mm: Floats, least_mm: float) -> Floats32:
    """The share of the models (M, …) that give so much."""
    is_known = np.isfinite(rain_mm)
    gives = rain_mm >= least_mm
    share = np.where(is_known, gives, np.nan)
    return known_mean(share)
