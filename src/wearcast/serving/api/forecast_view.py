"""A station's forecast as the API returns it: JSON, CSV, and the prototype's list."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
from pydantic import BaseModel

from wearcast.clothing.precipitation import hourly_snow_share, snow_chance, snow_share
from wearcast.clothing.sun import daylight
from wearcast.config import Station
from wearcast.forecasting import daily
from wearcast.forecasting.array_types import Floats, Floats32, Hours
from wearcast.forecasting.quantiles import LEVELS, MEDIAN
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.api import schemas
from wearcast.serving.api.units import Quantity, quantities
from wearcast.vocabulary import WET_MM, Precipitation, Units, precipitation_kind

QUANTILE_NAMES: Final = tuple(f"p{round(100 * level):02}" for level in LEVELS)
"""The fields of `schemas.Quantiles`."""

_Times = Mapping[str, Sequence[datetime]]
"""Hours in UTC as `valid_at`, and in the station's time zone as `local_time`."""


@dataclass(frozen=True)
class StationForecastView:
    """The forecast of one station of a snapshot, in the client's units.

    Attributes:
        snapshot: the snapshot.
        index: the station's index in it.
        units: the client's units.
        today: the current date in the station's time zone.
    """

    snapshot: Snapshot
    index: int
    units: Units
    today: date

    @property
    def station(self) -> Station:
        """The station."""
        return self.snapshot.stations[self.index]

    def as_json(self, provenance: schemas.Provenance) -> dict[str, Any]:
        """The body of `schemas.Forecast`, or of `schemas.ForecastImperial` in imperial units.

        Its rows are plain dicts: a thousand Pydantic models would take longer than all the rest.
        """
        return {
            "forecast": provenance,
            "station": schemas.Station(**self.station.model_dump()),
            "drift_h": self.snapshot.trailing_year_h[self.index],
            "filled": self.snapshot.filled[self.index],
            "units": self.units,
            "days": self.days,
            "observed": self._observed_hours(),
            "hours": self._forecast_hours(),
        }

    def csv(self) -> str:
        """The forecast as CSV: a row an hour, a column a quantity and quantile."""
        values_by_name = {}
        for name, quantiles in self.snapshot.quantiles.items():
            quantity = self._quantities[name]
            values_by_name[quantity.name] = quantity(quantiles[self.index])
        names = []
        for name in values_by_name:
            names += [f"{name}_{level}" for level in QUANTILE_NAMES]
        chances = [self._rain_chance.round(3), self._snow_chance.round(3)]
        values = np.column_stack([*values_by_name.values(), *chances])

        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["valid_at", "local_time", "lead_h", *names, "rain_chance", "snow_chance"])
        times = zip(*self._forecast_times.values(), strict=True)
        for lead_h, (at, local) in enumerate(times, start=1):
            row = values[lead_h - 1].tolist()
            cells = ["" if math.isnan(value) else value for value in row]
            valid_at = f"{at:%Y-%m-%dT%H:%MZ}"
            table.writerow([valid_at, local.isoformat(), lead_h, *cells])
        return text.getvalue()

    def legacy_records(self) -> list[schemas.PlainHour]:
        """The list that the prototype's clients read, in local time and °C."""
        quantity = quantities("metric")["temp_c"]
        medians = self.snapshot.quantiles["temp_c"][self.index, :, MEDIAN]
        temp_c = quantity(medians).tolist()
        local_times = self._forecast_times["local_time"]
        return list(map(_legacy_record, local_times, temp_c))

    @cached_property
    def days(self) -> list[Any]:
        """Today and the days after it, from trajectories."""
        days = daily.days(self.snapshot, self.station.id, self.today)
        return [day_schema(day, self.units) for day in days]

    def day(self, on: date) -> Any:
        """One of the days.

        Raises:
            KeyError: it isn't one of them.
        """
        for day in self.days:
            if day.date == on:
                return day
        raise KeyError(on)

    def summary(self, on: date) -> schemas.WeatherSummary:
        """A day's temperatures from its observed hours and the medians of its forecast hours."""
        quantity = self._quantities["temp_c"]
        observed = quantity(self.snapshot.observed["temp_c"][self.index])
        medians = quantity(self.snapshot.quantiles["temp_c"][self.index, :, MEDIAN])
        temperatures = [*observed.tolist(), *medians.tolist()]
        hours = (*self._observed_times["local_time"], *self._forecast_times["local_time"])
        of_day = [
            temperature
            for at, temperature in zip(hours, temperatures, strict=True)
            if at.date() == on and not math.isnan(temperature)
        ]
        return weather_summary(of_day)

    @property
    def _quantities(self) -> Any:
        return quantities(self.units)

    @cached_property
    def _forecast_times(self) -> _Times:
        valid_at = self.snapshot.valid_at(self.index)
        return self._times(valid_at)

    @cached_property
    def _observed_times(self) -> _Times:
        observed_at = self.snapshot.observed_at(self.index)
        return self._times(observed_at)

    def _times(self, hours: Hours) -> _Times:
        zone = self.station.zone
        naive = hours.astype("datetime64[s]").tolist()
        in_utc = [at.replace(tzinfo=UTC) for at in naive]
        local = [at.astimezone(zone) for at in in_utc]
        return {"valid_at": in_utc, "local_time": local}

    @cached_property
    def _rain_chance(self) -> Floats:
        """Of rain or snow in each hour ahead."""
        chance: Floats = self.snapshot.hourly_rain_chance[self.index].astype(float)
        return chance

    @cached_property
    def _snow_chance(self) -> Floats:
        """Of snow in each hour ahead."""
        members = self._members(self.snapshot.trajectories)
        chance: Floats = self._rain_chance * hourly_snow_share(members)
        return chance

    def _members(self, variables: Mapping[str, Floats32]) -> Mapping[str, Floats]:
        """The station's own part of some variables of the snapshot."""
        own = {name: values[self.index] for name, values in variables.items()}
        return {name: values.astype(float) for name, values in own.items()}

    def _daylight(self, hours: Hours) -> list[bool]:
        station = self.station
        is_light = daylight(hours, station.latitude, station.longitude)
        light: list[bool] = is_light.tolist()
        return light

    def _forecast_hours(self) -> Sequence[dict[str, Any]]:
        columns: dict[str, Iterable[Any]] = dict(self._forecast_times)
        valid_at = self.snapshot.valid_at(self.index)
        columns["daylight"] = self._daylight(valid_at)
        columns["lead_h"] = range(1, self.snapshot.horizon_h + 1)
        columns["rain_chance"] = [_rounded_chance(chance) for chance in self._rain_chance.tolist()]
        columns["snow_chance"] = [_rounded_chance(chance) for chance in self._snow_chance.tolist()]
        for name, quantiles in self.snapshot.quantiles.items():
            quantity = self._quantities[name]
            columns[quantity.name] = _column(quantity, quantiles[self.index])
        is_imperial = self.units == "imperial"
        kind = schemas.HourImperial if is_imperial else schemas.Hour
        return _rows(kind, columns)

    def _observed_hours(self) -> Sequence[dict[str, Any]]:
        columns: dict[str, Iterable[Any]] = dict(self._observed_times)
        observed_at = self.snapshot.observed_at(self.index)
        columns["daylight"] = self._daylight(observed_at)
        for name, observed in self.snapshot.observed.items():
            quantity = self._quantities[name]
            shown = quantity(observed[self.index])
            values = shown.tolist()
            columns[quantity.name] = [None if math.isnan(value) else value for value in values]
        known = self._members(self.snapshot.observed)
        one_member = {name: values[None] for name, values in known.items()}
        snow_chance = hourly_snow_share(one_member) * _was_wet(known["precip_mm"])
        columns["snow_chance"] = [_rounded_chance(chance) for chance in snow_chance.tolist()]
        is_imperial = self.units == "imperial"
        kind = schemas.ObservedImperial if is_imperial else schemas.Observed
        return _rows(kind, columns)


def day_schema(day: daily.Day, units: Units) -> Any:
    """A day in the client's units."""
    kind, unit = (schemas.DayImperial, "f") if units == "imperial" else (schemas.Day, "c")
    quantity = quantities(units)["temp_c"]
    fields: dict[str, Any] = {
        "date": day.date,
        "observed_h": day.observed_h,
        "rain_chance": _rounded_chance(day.daily_rain_chance),
        **_snow_of_day(day),
    }
    for name, values in day.temp_c.items():
        fields[f"temp_{name}_{unit}"] = _quantiles(quantity(values).tolist())
    gust = quantities(units)["gust_ms"]
    fields[gust.name] = _strongest(gust, day)
    return kind.model_validate(fields)


def weather_summary(temperatures: Sequence[float]) -> schemas.WeatherSummary:
    """A day's temperatures from those of its hours, as they are shown."""
    low, high = min(temperatures), max(temperatures)
    mean = sum(temperatures) / len(temperatures)
    return schemas.WeatherSummary(
        avg_temp=round(mean, 1) + 0.0,
        min_temp=low,
        max_temp=high,
        temp_difference=round(high - low, 1),
    )


def _rows(kind: type[BaseModel], columns: Mapping[str, Iterable[Any]]) -> Sequence[dict[str, Any]]:
    """Rows with the fields of a schema, in its order."""
    names = tuple(kind.model_fields)
    ordered = [columns[name] for name in names]
    rows = zip(*ordered, strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _strongest(gust: Quantity, day: daily.Day) -> dict[str, float] | None:
    """The strongest gust of a day, from trajectories; None where nothing is known of those to
    come. An hour that has passed without one is blank."""
    gusts = day.members["gust_ms"]
    if not np.isfinite(gusts).any():
        return None
    to_come = gusts[:, day.observed_h :]
    if np.isnan(to_come).any():
        return None
    strongest_ms = np.nanmax(gusts, axis=1)
    levels_ms = np.quantile(strongest_ms, LEVELS)
    shown = gust(levels_ms)
    return _quantiles(shown.tolist())


def _snow_of_day(day: daily.Day) -> dict[str, float | Precipitation | None]:
    """Of the hours ahead, the chance of snow and what falls; None where the chance of either isn't
    known."""
    if math.isnan(day.daily_rain_chance):
        return {"snow_chance": None, "precipitation": None}
    first = day.observed_h if day.observed_h < len(day.hours) else 0
    ahead = {name: values[:, first:] for name, values in day.members.items()}
    wet = (ahead["precip_mm"] >= WET_MM).mean(axis=0)
    share = snow_share(wet, hourly_snow_share(ahead))
    of_members = len(ahead["temp_c"]) > 1
    chance = snow_chance(ahead) if of_members else share * day.daily_rain_chance
    return {
        "snow_chance": _rounded_chance(min(chance, day.daily_rain_chance)),
        "precipitation": precipitation_kind(share),
    }


def _was_wet(precip_mm: Floats) -> Floats:
    """1 of a wet hour, 0 of a dry one, NaN where that isn't known; shape as given."""
    return np.where(np.isnan(precip_mm), np.nan, precip_mm >= WET_MM)


def _column(quantity: Quantity, quantiles: Floats) -> Sequence[dict[str, float] | None]:
    """A forecast quantity hour by hour; None where the station doesn't report it."""
    if np.isnan(quantiles).any():
        return [None] * len(quantiles)
    rows = quantity(quantiles).tolist()
    return [_quantiles(row) for row in rows]


def _rounded_chance(chance: float) -> float | None:
    if math.isnan(chance):
        return None
    return round(chance, 3)


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    # Written out: a response has nearly a thousand of them, and a loop over the names takes twice
    # as long.
    p05, p10, p25, p40, p50, p60, p75, p90, p95 = values
    return {
        "p05": p05,
        "p10": p10,
        "p25": p25,
        "p40": p40,
        "p50": p50,
        "p60": p60,
        "p75": p75,
        "p90": p90,
        "p95": p95,
    }


def _legacy_record(at: datetime, temp_c: float) -> schemas.PlainHour:
    return schemas.PlainHour(
        year=at.year,
        month=at.month,
        day=at.day,
        hour=at.hour,
        day_of_week=at.weekday(),
        pred_Temperature=temp_c,
        datetime=f"{at:%Y-%m-%d %H:%M:%S}",
        date=f"{at:%Y-%m-%d}",
    )
