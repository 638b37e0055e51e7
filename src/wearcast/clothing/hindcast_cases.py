"""Past evenings: the days ahead as each driver of the advice forecast them then, and as they were
observed.

The drivers are our forecast, the last day's weather over again, and the climatology with the
trailing-year anomaly.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

import numpy as np

from wearcast.clothing.outings import outing_dates
from wearcast.clothing.settings import Settings
from wearcast.clothing.weather_input import Weather
from wearcast.config import Station
from wearcast.forecasting.array_types import Flags, Floats, Positions
from wearcast.forecasting.channels import CHANNELS, known_rain
from wearcast.forecasting.climatology import Climatology
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.local_time import hour_of_day, local_time
from wearcast.forecasting.split import Role, Split
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.forecasting.window_dataset import role_positions
from wearcast.variables import FORECAST
from wearcast.vocabulary import WET_MM, reported_days

NETWORK: Final = "network"
SEASONAL_NAIVE: Final = "seasonal_naive"
CLIMATOLOGY_DRIFT: Final = "climatology_drift"
"""The drivers, by the names that the forecasts of the temperature have too."""

ISSUE_HOUR: Final = 23
"""Local: the hours ahead are whole days from there."""

PERSON: Final = Settings()
"""The average one, who strolls, dresses casually and is out during the usual hours."""

_DAY_H = 24


@dataclass(frozen=True)
class EveningHindcast:
    """An evening at a station, and the reported days ahead of it.

    Attributes:
        issued_at: UTC.
        observed: each day's weather, one member.
        forecasts: each day's weather as each driver forecast it.
    """

    issued_at: np.datetime64
    observed: tuple[Weather, ...]
    forecasts: tuple[Mapping[str, Weather], ...]


@dataclass(frozen=True)
class StationHindcasts:
    """A station's whole record with its numerical forecasts, and what forecasts it."""

    station: Station
    history: History
    split: Split
    forecaster: Forecaster
    guidance: GuidanceRecord | None = None

    @property
    def days_ahead(self) -> tuple[int, ...]:
        """The days that are judged, as far as the forecaster reaches."""
        return reported_days(self.forecaster.manifest.standardization.horizon_h)

    def evenings(self, role: Role) -> Iterator[EveningHindcast]:
        """Every evening of the role's hours that a forecast can be made from and that is followed
        by whole days where they are judged."""
        at = self._issued(role)
        at = at[self._are_whole(at)]
        if not len(at):
            return
        standardization = self.forecaster.manifest.standardization
        series = standardization.series(self.history, self.split, role)
        guidance = None
        if self.guidance:
            guidance = self.forecaster.guidance_inputs(self.history, self.guidance)
        marginals = self.forecaster.run(self.station.id, series, at, guidance)
        for i, now in enumerate(at):
            members = self.forecaster.trajectories(marginals, i)
            yield EveningHindcast(
                issued_at=series.valid_at[now],
                observed=tuple(
                    self._weather(series, now, day, self._observed(now + 1 + _leads(day)))
                    for day in self.days_ahead
                ),
                forecasts=tuple(
                    self._forecasts(series, now, day, members) for day in self.days_ahead
                ),
            )

    def passed_over(self, role: Role) -> int:
        """How many evenings aren't among `evenings` only because hours without a temperature lie in
        the last day or in the days judged: an outfit for the rest of a day isn't the day's."""
        at = self._issued(role)
        whole = self._are_whole(at)
        return int(np.sum(~whole))

    def _issued(self, role: Role) -> Positions:
        standardization = self.forecaster.manifest.standardization
        at = role_positions(
            self.history, self.split, role, standardization.history_h, standardization.horizon_h
        )
        local_hour = hour_of_day(local_time(self.history.valid_at[at], self.station))
        evenings: Positions = at[local_hour == ISSUE_HOUR]
        return evenings

    def _are_whole(self, at: Positions) -> Flags:
        """Whether the day up to each of these hours and the days judged after it have all their
        temperatures, shape as given."""
        days = [_leads(day) for day in (0, *self.days_ahead)]
        leads = 1 + np.concatenate(days)
        rows = at[:, None] + leads
        is_known = np.isfinite(self.history.column("temp_c"))
        whole: Flags = is_known[rows].all(axis=1)
        return whole

    def _forecasts(
        self, series: StandardizedSeries, now: int, day: int, members: Mapping[str, Floats]
    ) -> dict[str, Weather]:
        """A day ahead by each driver."""
        leads = _leads(day)
        first = now + 1
        fields = {
            NETWORK: {name: values[:, leads] for name, values in members.items()},
            SEASONAL_NAIVE: self._observed(first + _leads(0)),
            CLIMATOLOGY_DRIFT: self._climatology_drift(series, now, first + leads),
        }
        return {driver: self._weather(series, now, day, fields[driver]) for driver in fields}

    def _weather(
        self, series: StandardizedSeries, now: int, day: int, fields: Mapping[str, Floats]
    ) -> Weather:
        """The weather of a day ahead; where the clocks change before it, its first hour may be one
        of the date before."""
        valid_at = series.valid_at[now + 1 + _leads(day)]
        issued_at = local_time(series.valid_at[[now]], self.station)
        issued_on = issued_at[0].astype("datetime64[D]")
        on: date = (issued_on + day).item()
        return Weather.of(
            self.station,
            valid_at,
            **fields,
            observed_h=0,
            on=on,
            hours=local_time(valid_at, self.station),
        )

    def _observed(self, rows: Positions) -> dict[str, Floats]:
        fields = {name: self.history.column(name)[rows] for name in FORECAST}
        fields["precip_mm"] = self._precip_mm[rows]
        return fields

    def _climatology_drift(
        self, series: StandardizedSeries, now: int, ahead: Positions
    ) -> dict[str, Floats]:
        """The climatology of these hours with the trailing-year anomaly, and how often a day of
        that time of year has a wet hour outdoors."""
        climatology = self._climatology
        fields: dict[str, Floats] = {}
        for name in FORECAST:
            if name in climatology.reported:
                c = CHANNELS.index(name)
                anomaly = series.trailing_anomaly[now, c] * climatology.scale[c]
                fields[name] = series.climatology[ahead, c] + anomaly
        if "wind_ms" in fields:
            fields["wind_ms"] = np.maximum(fields["wind_ms"], 0.0)
        if self._wet_days is not None:
            first_hour = series.valid_at[ahead[:1]]
            chance = self._wet_days.at(first_hour).clip(0, 1)
            fields["rain_chance"] = np.repeat(chance, len(ahead))
        return fields

    @property
    def _climatology(self) -> StationClimatology:
        return self.forecaster.manifest.standardization.climatologies[self.station.id]

    @cached_property
    def _precip_mm(self) -> Floats:
        """The rain of every hour, (n,); that known from a 3-hour sum alone spread over its hours,
        all of them wet if the sum is."""
        known = known_rain(self.history, share=1.0)
        wet_mm = np.maximum(known.amount_mm, WET_MM)
        is_wet = known.wet == 1
        return np.where(is_wet, wet_mm, known.amount_mm)

    @cached_property
    def _wet_days(self) -> Climatology | None:
        """The share of training days with a wet hour outdoors, by the time of year; None where no
        day's rain is known."""
        is_training = self.split.belongs(self.history.valid_at, "train")
        train = np.flatnonzero(is_training)
        local = local_time(self.history.valid_at[train], self.station)
        dates = outing_dates(local, PERSON)
        outdoors = ~np.isnat(dates)
        rows = train[outdoors]
        _, first, day = np.unique(dates[outdoors], return_index=True, return_inverse=True)
        precip_mm = self._precip_mm[rows]
        is_known = np.isfinite(precip_mm)
        is_wet = precip_mm >= WET_MM
        known_h = np.bincount(day, is_known)
        wet_h = np.bincount(day, is_wet)
        is_whole = known_h == PERSON.out_h
        if not is_whole.any():
            return None
        wet = np.where(is_whole, wet_h > 0, np.nan)
        first_hours = self.history.valid_at[rows[first]]
        return Climatology.fit(first_hours, wet, self._climatology.wet.annual, 0)


def _leads(day: int) -> Positions:
    """The hours of the n-th day ahead, the issue day being 0 and the hour after the issue time hour
    0."""
    stop = _DAY_H * day
    return np.arange(stop - _DAY_H, stop)
