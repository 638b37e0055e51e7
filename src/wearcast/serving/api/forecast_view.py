"""A station's forecast as the API tells it: by hours and days, as CSV, and as the prototype's
list."""

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

from wearcast.clothing.sun import daylight
from wearcast.forecasting import daily as daily
from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.quantiles import LEVELS, MEDIAN
from wearcast.forecasting.snapshot import Snapshot
from wearcast.serving.api import schemas
from wearcast.serving.api.units import Quantity, quantities
from wearcast.vocabulary import HORIZON_H, Units

QUANTILE_NAMES: Final = tuple(f"p{round(100 * level):02}" for level in LEVELS)
"""The fields of `schemas.Quantiles`."""

_Times = Mapping[str, Sequence[datetime]]
"""Hours in UTC as `valid_at`, and by the station's clocks as `local_time`."""


@dataclass(frozen=True)
class StationForecastView:
    """A station of a snapshot, in the units asked for."""

    snapshot: Snapshot
    station: int
    units: Units
    today: date
    """The reader's, by the station's clocks."""

    def as_json(self, provenance: schemas.Provenance) -> dict[str, Any]:
        """All of it, as `schemas.Forecast` or, in imperial units, `schemas.ForecastImperial` has
        it.

        Plain rows: to make a thousand models of them takes longer than all the rest.
        """
        return {
            "forecast": provenance,
            "station": station_schema(self.snapshot, self.station),
            "drift_h": self.snapshot.trailing_year_h[self.station],
            "filled": self.snapshot.filled[self.station],
            "units": self.units,
            "days": self.days,
            "observed": self._observed_hours(),
            "hours": self._forecast_hours(),
        }

    def csv(self) -> str:
        """A row an hour, a column a quantity and quantile."""
        shown = {
            self._quantities[n].name: self._quantities[n](q[self.station])
            for n, q in self.snapshot.quantiles.items()
        }
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(
            [
                "valid_at",
                "local_time",
                "lead_h",
                *(f"{n}_{level}" for n in shown for level in QUANTILE_NAMES),
                "rain_chance",
            ]
        )
        chances = self.snapshot.hourly_rain_chance[self.station].astype(float).round(3).tolist()
        for lead, (at, local) in enumerate(zip(*self._forecast_times.values(), strict=True)):
            values = [value for quantity in shown.values() for value in quantity[lead].tolist()]
            cells = ["" if np.isnan(value) else value for value in (*values, chances[lead])]
            table.writerow([f"{at:%Y-%m-%dT%H:%MZ}", local.isoformat(), lead + 1, *cells])
        return text.getvalue()

    def legacy_records(self) -> list[schemas.PlainHour]:
        """The list that the prototype's clients read: local time, °C."""
        temp_c = quantities("metric")["temp_c"](
            self.snapshot.quantiles["temp_c"][self.station, :, MEDIAN]
        ).tolist()
        return [
            _legacy_record(local, value)
            for local, value in zip(self._forecast_times["local_time"], temp_c, strict=True)
        ]

    @cached_property
    def days(self) -> list[Any]:
        """Today and the next six days, from trajectories."""
        kind, unit = (schemas.DayImperial, "f") if self.units == "imperial" else (schemas.Day, "c")
        shown = self._quantities["temp_c"]
        return [
            kind.model_validate(
                {
                    "date": day.date,
                    "observed_h": day.observed_h,
                    "rain_chance": None
                    if np.isnan(day.daily_rain_chance)
                    else round(day.daily_rain_chance, 3),
                    **{
                        f"temp_{name}_{unit}": _quantiles(shown(values).tolist())
                        for name, values in day.temp_c.items()
                    },
                }
            )
            for day in daily.days(
                self.snapshot, self.snapshot.stations[self.station].id, self.today
            )
        ]

    def day(self, on: date) -> Any:
        """One of the days.

        Raises:
            KeyError: it isn't one of them.
        """
        return {day.date: day for day in self.days}[on]

    def summary(self, on: date) -> schemas.WeatherSummary:
        """A day by its hours: those observed, and the medians of those ahead, as `forecast` tells
        them."""
        shown = self._quantities["temp_c"]
        temperatures = [
            *shown(self.snapshot.observed["temp_c"][self.station]),
            *shown(self.snapshot.quantiles["temp_c"][self.station, :, MEDIAN]),
        ]
        hours = (*self._observed_times["local_time"], *self._forecast_times["local_time"])
        temps = [
            float(t)
            for local, t in zip(hours, temperatures, strict=True)
            if local.date() == on and t == t
        ]
        low, high = min(temps), max(temps)
        mean = round(sum(temps) / len(temps), 1) + 0.0
        return schemas.WeatherSummary(
            avg_temp=mean, min_temp=low, max_temp=high, temp_difference=round(high - low, 1)
        )

    @property
    def _quantities(self) -> Any:
        return quantities(self.units)

    @cached_property
    def _forecast_times(self) -> _Times:
        return self._times(self.snapshot.valid_at(self.station))

    @cached_property
    def _observed_times(self) -> _Times:
        return self._times(self.snapshot.observed_at(self.station))

    def _times(self, hours: Hours) -> _Times:
        zone = self.snapshot.stations[self.station].zone
        in_utc = [at.replace(tzinfo=UTC) for at in hours.astype("datetime64[s]").tolist()]
        return {"valid_at": in_utc, "local_time": [at.astimezone(zone) for at in in_utc]}

    def _daylight(self, hours: Hours) -> list[bool]:
        station = self.snapshot.stations[self.station]
        light: list[bool] = daylight(hours, station.latitude, station.longitude).tolist()
        return light

    def _forecast_hours(self) -> Sequence[dict[str, Any]]:
        kind = schemas.HourImperial if self.units == "imperial" else schemas.Hour
        shown = {
            self._quantities[name]: quantiles[self.station]
            for name, quantiles in self.snapshot.quantiles.items()
        }
        chances = self.snapshot.hourly_rain_chance[self.station].tolist()
        columns = {
            **self._forecast_times,
            "daylight": self._daylight(self.snapshot.valid_at(self.station)),
            "lead_h": range(1, HORIZON_H + 1),
            "rain_chance": [None if math.isnan(chance) else round(chance, 3) for chance in chances],
            **{
                quantity.name: _column(quantity, quantiles) for quantity, quantiles in shown.items()
            },
        }
        return _rows(kind, columns)

    def _observed_hours(self) -> Sequence[dict[str, Any]]:
        kind = schemas.ObservedImperial if self.units == "imperial" else schemas.Observed
        shown = {
            self._quantities[name]: values[self.station]
            for name, values in self.snapshot.observed.items()
        }
        columns = {
            **self._observed_times,
            "daylight": self._daylight(self.snapshot.observed_at(self.station)),
            **{
                quantity.name: [None if math.isnan(v) else v for v in quantity(values).tolist()]
                for quantity, values in shown.items()
            },
        }
        return _rows(kind, columns)


def station_schema(snapshot: Snapshot, station: int) -> schemas.Station:
    """A station of a snapshot."""
    return schemas.Station(**snapshot.stations[station].model_dump())


def _rows(kind: type[BaseModel], columns: Mapping[str, Iterable[Any]]) -> Sequence[dict[str, Any]]:
    """Rows with the fields of a schema, in its order."""
    names = tuple(kind.model_fields)
    return [
        dict(zip(names, row, strict=True))
        for row in zip(*(columns[name] for name in names), strict=True)
    ]


def _column(quantity: Quantity, quantiles: Floats) -> Sequence[dict[str, float] | None]:
    """A forecast quantity hour by hour; None where the station doesn't report it."""
    if np.isnan(quantiles).any():
        return [None] * HORIZON_H
    return [_quantiles(row) for row in quantity(quantiles).tolist()]


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    # Spelt out: there are nearly a thousand of them in an answer, and any loop over the names takes
    # twice as long.
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
