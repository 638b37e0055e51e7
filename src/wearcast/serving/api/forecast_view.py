"""A station's forecast as the API returns it: JSON, CSV, and the prototype's list."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
from pydantic import BaseModel

from wearcast.clothing.precipitation import Snow
from wearcast.clothing.sun import elevation_deg, is_daylight
from wearcast.config import Station
from wearcast.forecasting import daily
from wearcast.forecasting.array_types import Floats, Floats32
from wearcast.forecasting.local_time import in_zone
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.forecasting.snapshot import OBSERVED_H, Snapshot
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.usual_day import usual_day
from wearcast.serving.api import schemas
from wearcast.serving.api.day_view import day_schemas
from wearcast.serving.api.derived_hours import derived, quantiles
from wearcast.serving.api.selection import EVERYTHING, QUANTILE_NAMES, Selection
from wearcast.serving.api.units import DERIVED, quantities
from wearcast.serving.api.utc_time import iso_utc
from wearcast.serving.snapshot_basis import snapshot_basis
from wearcast.variables import FORECAST
from wearcast.vocabulary import WET_MM, Language, Units

_OBSERVED: Final = slice(OBSERVED_H)
_AHEAD: Final = slice(OBSERVED_H, None)
"""Of all hours of a station."""

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
        climatology: the station's, where the service's model has one.
    """

    snapshot: Snapshot
    index: int
    units: Units
    today: date
    climatology: StationClimatology | None = None

    @property
    def station(self) -> Station:
        """The station."""
        return self.snapshot.stations[self.index]

    def made_from(self, language: Language) -> str:
        """What it is made from, in words."""
        return snapshot_basis(language, self.snapshot, self.index)

    def as_json(
        self, provenance: schemas.Provenance, selection: Selection = EVERYTHING
    ) -> dict[str, Any]:
        """The body of `schemas.Forecast`, or of `schemas.ForecastImperial` in imperial units.

        Its rows are plain dicts: a thousand Pydantic models would take longer than all the rest.
        """
        return {
            "forecast": provenance,
            "station": schemas.Station(**self.station.model_dump()),
            "drift_h": self.snapshot.trailing_year_h[self.index],
            "filled": self.snapshot.filled[self.index],
            "units": self.units,
            "days": [selection.of_day(day) for day in self.days],
            "observed": self._observed_hours(selection),
            "hours": self._forecast_hours(selection),
        }

    def csv(
        self,
        provenance: schemas.Provenance,
        selection: Selection = EVERYTHING,
        has_header: bool = True,
    ) -> str:
        """The forecast as CSV: a row an hour, a column a quantity and quantile; at the end what
        all rows have in common, which is lost where only a header has it."""
        columns: dict[str, Floats] = {}
        for name in FORECAST:
            columns |= self._csv_columns(name, selection)
        chances = {"rain_chance": self._rain_chance, "snow_chance": self._snow_chance}
        for name, chance in chances.items():
            if selection.has(name):
                columns[name] = chance.round(3)
        for name in DERIVED:
            columns |= self._csv_columns(name, selection)
        shape = (len(columns), self.snapshot.horizon_h)
        values = np.reshape([*columns.values()], shape).T
        cells = values.astype(object)
        cells[np.isnan(values)] = ""

        common = {
            "station": self.station.id,
            "issued_at": iso_utc(provenance.issued_at),
            "attribution": provenance.attribution,
        }
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        if has_header:
            table.writerow(["valid_at", "local_time", "lead_h", *columns, *common])
        times_ahead = self._times_of(_AHEAD)
        times = list(zip(*times_ahead.values(), strict=True))
        shown_times = times[: selection.hours]
        rows = zip(shown_times, cells.tolist(), strict=False)
        for lead_h, (hour, row) in enumerate(rows, start=1):
            at, local = hour
            first_cells = [iso_utc(at), local.isoformat(), lead_h]
            table.writerow([*first_cells, *row, *common.values()])
        return text.getvalue()

    def _csv_columns(self, name: str, selection: Selection) -> dict[str, Floats]:
        """The columns of a quantity by their names; none where it isn't asked for."""
        if not selection.has(name):
            return {}
        quantity = self._quantities[name]
        values = quantity(self._quantiles[name])
        every_level = zip(QUANTILE_NAMES, values.T, strict=True)
        return {
            f"{quantity.name}_{level}": column
            for level, column in every_level
            if level in selection.levels
        }

    def legacy_records(self) -> list[schemas.PlainHour]:
        """The list that the prototype's clients read, in local time and °C."""
        quantity = quantities("metric")["temp_c"]
        medians = self.snapshot.quantiles["temp_c"][self.index, :, MEDIAN]
        temp_c = quantity(medians).tolist()
        local_times = self._times["local_time"][_AHEAD]
        return list(map(_legacy_record, local_times, temp_c))

    @cached_property
    def days(self) -> list[Any]:
        """Today and the days after it, from trajectories."""
        days = daily.days(self.snapshot, self.station.id, self.today)
        snow = [self._snow_of(day) for day in days]
        usual = []
        if self.climatology is not None:
            zone = self.station.zone
            for day in days:
                usual.append(usual_day(self.climatology, zone, day.date))
        return day_schemas(days, snow, self.units, usual)

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
        observed_c = self.snapshot.observed["temp_c"][self.index]
        medians_c = self.snapshot.quantiles["temp_c"][self.index, :, MEDIAN]
        observed = quantity(observed_c)
        medians = quantity(medians_c)
        temperatures = [*observed.tolist(), *medians.tolist()]
        local_times = self._times["local_time"]
        of_day = []
        for at, temperature in zip(local_times, temperatures, strict=True):
            is_known = not math.isnan(temperature)
            if at.date() == on and is_known:
                of_day.append(temperature)
        return weather_summary(of_day)

    @property
    def _quantities(self) -> Any:
        return quantities(self.units)

    @property
    def _station_hours(self) -> daily.StationHours:
        """All hours, the observed ones first."""
        return daily.station_hours(self.snapshot, self.station.id)

    @cached_property
    def _times(self) -> _Times:
        """Of all hours."""
        hours = self._station_hours
        return {"valid_at": in_zone(hours.valid_at, UTC), "local_time": hours.local_times}

    def _times_of(self, hours: slice) -> dict[str, Sequence[datetime]]:
        """Of some of the hours."""
        return {name: times[hours] for name, times in self._times.items()}

    @cached_property
    def _sun_deg(self) -> Floats:
        """The sun's height in all hours."""
        hours = self._station_hours.valid_at
        return elevation_deg(hours, self.station.latitude, self.station.longitude)

    @cached_property
    def _snow(self) -> Snow:
        """How much of what falls is snow, in all hours."""
        return Snow.of(self._station_hours.members)

    def _snow_of(self, day: daily.Day) -> Snow:
        """The same in the hours of a day."""
        first = day.valid_at[0]
        start = int(np.searchsorted(self._station_hours.valid_at, first))
        end = start + len(day.valid_at)
        return self._snow.within(slice(start, end))

    @cached_property
    def _rain_chance(self) -> Floats:
        """Of rain or snow in each hour ahead."""
        chance: Floats = self.snapshot.hourly_rain_chance[self.index].astype(float)
        return chance

    @cached_property
    def _snow_chance(self) -> Floats:
        """Of snow in each hour ahead."""
        chance: Floats = self._rain_chance * self._snow.hourly_share[_AHEAD]
        return chance

    @cached_property
    def _trajectories(self) -> Mapping[str, Floats]:
        """Of each variable, the hours ahead in every member, (M, horizon_h)."""
        own = self.snapshot.trajectories_of(self.index)
        return {name: values.astype(float) for name, values in own.items()}

    @cached_property
    def _quantiles(self) -> Mapping[str, Floats | Floats32]:
        """The quantiles of each quantity in its own unit, (horizon_h, Q)."""
        found: dict[str, Floats | Floats32] = {}
        for name, of_stations in self.snapshot.quantiles.items():
            found[name] = of_stations[self.index]
        sun_deg = self._sun_deg[_AHEAD]
        for name, members in derived(self._trajectories, sun_deg).items():
            found[name] = quantiles(members)
        return found

    @cached_property
    def _observed(self) -> Mapping[str, Floats]:
        """The observed hours of each quantity in its own unit, (OBSERVED_H,)."""
        known: dict[str, Floats] = {}
        for name, of_stations in self.snapshot.observed.items():
            known[name] = of_stations[self.index].astype(float)
        return {**known, **derived(known, self._sun_deg[_OBSERVED])}

    def _forecast_hours(self, selection: Selection) -> Sequence[dict[str, Any]]:
        columns: dict[str, Sequence[Any]] = {**self._times_of(_AHEAD)}
        sun_deg = self._sun_deg[_AHEAD]
        columns["daylight"] = is_daylight(sun_deg).tolist()
        last_lead_h = self.snapshot.horizon_h
        columns["lead_h"] = range(1, last_lead_h + 1)
        rain_chance = self._rain_chance.round(3)
        columns["rain_chance"] = _known(rain_chance)
        snow_chance = self._snow_chance.round(3)
        columns["snow_chance"] = _known(snow_chance)
        for name, values in self._quantiles.items():
            if selection.has(name):
                quantity = self._quantities[name]
                shown = quantity(values[: selection.hours])
                columns[quantity.name] = selection.of_quantiles(shown)
        is_imperial = self.units == "imperial"
        kind = schemas.HourImperial if is_imperial else schemas.Hour
        return _rows(kind, selection.of_columns(columns))

    def _observed_hours(self, selection: Selection) -> Sequence[dict[str, Any]]:
        columns: dict[str, Sequence[Any]] = {**self._times_of(_OBSERVED)}
        sun_deg = self._sun_deg[_OBSERVED]
        columns["daylight"] = is_daylight(sun_deg).tolist()
        for name, observed in self._observed.items():
            quantity = self._quantities[name]
            shown = quantity(observed)
            columns[quantity.name] = _known(shown)
        # What was observed is the same in all members.
        snow_probability = self._snow.probability[0, _OBSERVED]
        was_wet = _was_wet(self._observed["precip_mm"])
        snow_chance = snow_probability * was_wet
        rounded = snow_chance.round(3)
        columns["snow_chance"] = _known(rounded)
        is_imperial = self.units == "imperial"
        kind = schemas.ObservedImperial if is_imperial else schemas.Observed
        return _rows(kind, selection.of_columns(columns))


def guidance_of(snapshot: Snapshot, index: int) -> schemas.Guidance | None:
    """The numerical forecasts that the forecast of a snapshot's station is made from."""
    used = snapshot.guidance[index]
    return schemas.Guidance.model_validate(used) if used else None


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


def _rows(kind: type[BaseModel], columns: Mapping[str, Sequence[Any]]) -> Sequence[dict[str, Any]]:
    """Rows with those fields of a schema that there are columns of, in its order, as many as the
    shortest column has."""
    names = tuple(name for name in kind.model_fields if name in columns)
    ordered = [columns[name] for name in names]
    rows = zip(*ordered, strict=False)
    return [dict(zip(names, row, strict=True)) for row in rows]


def _was_wet(precip_mm: Floats) -> Floats:
    """1 of a wet hour, 0 of a dry one, NaN where that isn't known; shape as given."""
    is_wet = precip_mm >= WET_MM
    is_unknown = np.isnan(precip_mm)
    return np.where(is_unknown, np.nan, is_wet)


def _known(values: Floats) -> list[float | None]:
    """The values, None where one is NaN."""
    known: list[float | None] = values.tolist()
    for unknown in np.flatnonzero(np.isnan(values)):
        known[unknown] = None
    return known


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
