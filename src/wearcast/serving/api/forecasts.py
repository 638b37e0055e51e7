"""A station's forecast as the API tells it: by hours and days, as CSV, and as the prototype's list."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np

from wearcast.clothing.settings import Units
from wearcast.config import HORIZON_H
from wearcast.forecasting import days as daily
from wearcast.forecasting.arrays import Floats, Hours
from wearcast.forecasting.forecast import Snapshot
from wearcast.forecasting.quantiles import LEVELS, MEDIAN
from wearcast.serving.api import schemas
from wearcast.serving.api.units import Quantity, quantities

NAMES: Final = tuple(f"p{round(100 * level):02}" for level in LEVELS)
"""The fields of `schemas.Quantiles`."""

_Times = tuple[datetime, datetime]
"""An hour in UTC, and by the station's clocks."""


@dataclass(frozen=True)
class Told:
    """A station of a snapshot, in the units asked for."""

    snapshot: Snapshot
    station: int
    units: Units

    def forecast(self, provenance: schemas.Provenance) -> schemas.Forecast | schemas.ForecastImperial:
        """All of it."""
        kind = schemas.ForecastImperial if self.units == "imperial" else schemas.Forecast
        # Hours as plain rows, made into models in one go: a thousand models one by one take four times as long.
        return kind.model_validate(
            {
                "forecast": provenance,
                "station": place(self.snapshot, self.station),
                "drift_h": self.snapshot.drift_h[self.station],
                "filled": self.snapshot.filled[self.station],
                "days": self.days,
                "observed": list(self._observed_hours()),
                "hours": list(self._hours()),
            }
        )

    def csv(self) -> str:
        """A row an hour, a column a quantity and quantile."""
        shown = {self._shown[n].name: self._shown[n](q[self.station]) for n, q in self.snapshot.quantiles.items()}
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["valid_at", "local_time", "lead_h", *(f"{n}_{level}" for n in shown for level in NAMES), "rain_chance"])
        chances = self.snapshot.rain_chance[self.station].astype(float).round(3).tolist()
        for lead, (at, local) in enumerate(self._ahead):
            values = [value for quantity in shown.values() for value in quantity[lead].tolist()]
            cells = ["" if np.isnan(value) else value for value in (*values, chances[lead])]
            table.writerow([f"{at:%Y-%m-%dT%H:%MZ}", local.isoformat(), lead + 1, *cells])
        return text.getvalue()

    def plain(self) -> list[schemas.PlainHour]:
        """The list that the prototype's clients read: local time, °C."""
        temp_c = quantities("metric")["temp_c"](self.snapshot.quantiles["temp_c"][self.station, :, MEDIAN]).tolist()
        return [_plain(local, value) for (_, local), value in zip(self._ahead, temp_c, strict=True)]

    @cached_property
    def days(self) -> list[Any]:
        """The seven days, from trajectories."""
        kind, unit = (schemas.DayImperial, "f") if self.units == "imperial" else (schemas.Day, "c")
        shown = self._shown["temp_c"]
        return [
            kind.model_validate(
                {
                    "date": day.date,
                    "observed_h": day.observed_h,
                    "rain_chance": None if np.isnan(day.rain_chance) else round(day.rain_chance, 3),
                    **{f"temp_{name}_{unit}": _quantiles(shown(values).tolist()) for name, values in day.temp_c.items()},
                }
            )
            for day in daily.days(self.snapshot, self.snapshot.stations[self.station].id)
        ]

    def day(self, on: date) -> Any:
        """One of the seven days.

        Raises:
            KeyError: it isn't one of them.
        """
        return {day.date: day for day in self.days}[on]

    def summary(self, on: date) -> schemas.WeatherSummary:
        """A day by its hours: those observed, and the medians of those ahead, as `forecast` tells them."""
        shown = self._shown["temp_c"]
        told = [*shown(self.snapshot.observed["temp_c"][self.station]), *shown(self.snapshot.quantiles["temp_c"][self.station, :, MEDIAN])]
        temps = [float(t) for (_, local), t in zip((*self._past, *self._ahead), told, strict=True) if local.date() == on and t == t]
        low, high = min(temps), max(temps)
        mean = round(sum(temps) / len(temps), 1) + 0.0
        return schemas.WeatherSummary(avg_temp=mean, min_temp=low, max_temp=high, temp_difference=round(high - low, 1))

    @property
    def _shown(self) -> Any:
        return quantities(self.units)

    @cached_property
    def _ahead(self) -> Sequence[_Times]:
        return self._times(self.snapshot.valid_at(self.station))

    @cached_property
    def _past(self) -> Sequence[_Times]:
        return self._times(self.snapshot.observed_at(self.station))

    def _times(self, hours: Hours) -> Sequence[_Times]:
        zone = self.snapshot.stations[self.station].zone
        in_utc = [at.replace(tzinfo=UTC) for at in hours.astype("datetime64[s]").tolist()]
        return [(at, at.astimezone(zone)) for at in in_utc]

    def _hours(self) -> Iterator[dict[str, Any]]:
        columns = {self._shown[name].name: _column(self._shown[name], q[self.station]) for name, q in self.snapshot.quantiles.items()}
        chances = [None if np.isnan(chance) else round(chance, 3) for chance in self.snapshot.rain_chance[self.station].tolist()]
        for lead, (at, local) in enumerate(self._ahead):
            row = {name: values[lead] for name, values in columns.items()}
            yield {"valid_at": at, "local_time": local, "lead_h": lead + 1, "rain_chance": chances[lead], **row}

    def _observed_hours(self) -> Iterator[dict[str, Any]]:
        columns = {self._shown[n].name: self._shown[n](values[self.station]).tolist() for n, values in self.snapshot.observed.items()}
        for hour, (at, local) in enumerate(self._past):
            row = {name: None if np.isnan(values[hour]) else values[hour] for name, values in columns.items()}
            yield {"valid_at": at, "local_time": local, **row}


def place(snapshot: Snapshot, station: int) -> schemas.Station:
    """A station of a snapshot."""
    return schemas.Station(**snapshot.stations[station].model_dump())


def _column(quantity: Quantity, quantiles: Floats) -> Sequence[dict[str, float] | None]:
    """A forecast quantity hour by hour; None where the station doesn't report it."""
    if np.isnan(quantiles).any():
        return [None] * HORIZON_H
    return [_quantiles(row) for row in quantity(quantiles).tolist()]


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    return dict(zip(NAMES, values, strict=True))


def _plain(at: datetime, temp_c: float) -> schemas.PlainHour:
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
