"""Rain by guidance: from what the models give, the chance of a wet hour and of a wet waking day,
and the amount of a wet hour.

No model keeps a chance of rain, and no raw amount is believed: regressions turn what is seen
(`guidance_rain_features`) into chances and amounts. There is one for each day ahead, since a
model's rain loses its hour long before it loses its day; `guidance_rain_fit` fits them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Floats32, Positions
from wearcast.forecasting.guidance_rain_features import (
    DAY_H,
    RainSeen,
    day_features,
    hour_features,
    waking_days,
)
from wearcast.forecasting.guidance_record import STALE_H, GuidanceRecord
from wearcast.forecasting.guidance_regression import PastForecasts
from wearcast.forecasting.logistic_regression import chance_of
from wearcast.forecasting.wet_days import WetDays

_KINDS = ("hours", "days", "amounts")


@dataclass(frozen=True)
class RainForecasts:
    """The forecasts of rain by guidance for B issue times.

    Attributes:
        hourly_chance: NaN where guidance says nothing, (B, L).
        log_mm: quantiles of log mm of a wet hour, NaN where it says nothing, (B, L, Q).
        days: the waking days ahead.
    """

    hourly_chance: Floats
    log_mm: Floats
    days: WetDays

    @property
    def said(self) -> Flags:
        """Where guidance says both a chance and an amount, (B, L)."""
        chance_is_known = np.isfinite(self.hourly_chance)
        amount_is_known = np.isfinite(self.log_mm).all(axis=-1)
        is_said: Flags = chance_is_known & amount_is_known
        return is_said


@dataclass(frozen=True)
class LinearMap:
    """A linear map of standardised features: shapes (F,), (F,), (F,) and a number."""

    mean: Floats
    scale: Floats
    weights: Floats
    intercept: float


@dataclass(frozen=True)
class DailyMaps:
    """A linear map for each of K days ahead: shapes (K, F), (K, F), (K, F) and (K,); the intercept
    is NaN where there is none."""

    mean: Floats32
    scale: Floats32
    weights: Floats32
    intercept: Floats32

    def __call__(self, features: Floats, day: Positions) -> Floats:
        """For features (…, F), each of a day ahead (…): (…); NaN where a feature is, and beyond the
        last day."""
        last = len(self.intercept) - 1
        within = np.minimum(day, last)
        standardised = (features - self.mean[within]) / self.scale[within]
        weighted = standardised * self.weights[within]
        mapped: Floats = weighted.sum(axis=-1) + self.intercept[within]
        return np.where(day <= last, mapped, np.nan)

    @classmethod
    def of(cls, maps: Sequence[LinearMap | None], size: int) -> "DailyMaps":
        """Those of each day ahead, each of so many features."""
        zeros = np.zeros(size)
        nothing = LinearMap(zeros, np.ones(size), zeros, np.nan)
        rows = [nothing if one is None else one for one in maps]
        columns = {}
        for field in fields(cls):
            values = [getattr(row, field.name) for row in rows]
            columns[field.name] = np.array(values, dtype=np.float32)
        return cls(**columns)


@dataclass(frozen=True)
class GuidanceRain:
    """What was fitted of a station's rain by guidance, for each of K days ahead.

    Attributes:
        hours: the logit of a wet hour's chance.
        days: that of a waking day with a wet hour.
        amounts: the mean log mm of a wet hour.
        residuals: quantiles of what is left of it, (K, Q).
    """

    hours: DailyMaps
    days: DailyMaps
    amounts: DailyMaps
    residuals: Floats32

    def __call__(self, record: GuidanceRecord, past: PastForecasts) -> RainForecasts:
        """The forecasts, each hour from the newest run that could be had, and where that says
        nothing from one that is a day older as a forecast of a day later."""
        newest = self._by_run(record, past, days_older=0)
        known = np.isfinite(newest.hourly_chance)
        if known.all():
            return newest
        older = self._by_run(record, past, days_older=1)
        day_is_known = np.isfinite(newest.days.chance)
        day_chance = np.where(day_is_known, newest.days.chance, older.days.chance)
        return RainForecasts(
            hourly_chance=np.where(known, newest.hourly_chance, older.hourly_chance),
            log_mm=np.where(known[..., None], newest.log_mm, older.log_mm),
            days=replace(newest.days, chance=day_chance),
        )

    def _by_run(
        self, record: GuidanceRecord, past: PastForecasts, days_older: int
    ) -> RainForecasts:
        """The forecasts by the newest runs, or by those that are at least so many days older."""
        seen = RainSeen.of(record, past, days_older * STALE_H)
        days = waking_days(past.calendar)
        of_hours = hour_features(seen, past)
        of_days = day_features(seen, past, days)
        horizon_h = of_hours.shape[1]
        day_of_lead = np.arange(horizon_h) // DAY_H + days_older
        day = np.broadcast_to(day_of_lead, of_hours.shape[:2])
        last = len(self.residuals) - 1
        residuals = self.residuals[np.minimum(day, last)]
        log_mm = self.amounts(of_hours, day)
        hour_logit = self.hours(of_hours, day)
        day_logit = self.days(of_days, days.first // DAY_H + days_older)
        return RainForecasts(
            hourly_chance=chance_of(hour_logit),
            log_mm=log_mm[..., None] + residuals,
            days=WetDays(days.first, days.stop, chance_of(day_logit)),
        )

    def arrays(self) -> dict[str, Floats32]:
        """All that was fitted as arrays by name, for a file."""
        found = {"residuals": self.residuals}
        for kind in _KINDS:
            maps = getattr(self, kind)
            for field in fields(DailyMaps):
                found[f"{kind}.{field.name}"] = getattr(maps, field.name)
        return found

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, Floats32]) -> "GuidanceRain":
        """The one whose `arrays` these are."""
        maps = {}
        for kind in _KINDS:
            columns = [arrays[f"{kind}.{field.name}"] for field in fields(DailyMaps)]
            maps[kind] = DailyMaps(*columns)
        return cls(residuals=arrays["residuals"], **maps)
