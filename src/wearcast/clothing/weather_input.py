"""Hours of weather at a place, as the advice takes them: from a snapshot, or from plain arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timezone
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from wearcast.clothing.outings import outing_dates
from wearcast.clothing.precipitation import Snow
from wearcast.clothing.settings import Settings
from wearcast.clothing.sun import elevation_deg
from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting.array_types import Floats, Hours, LocalTimes, Positions
from wearcast.forecasting.daily import StationHours
from wearcast.forecasting.local_time import local_time
from wearcast.forecasting.snapshot import OBSERVED_H
from wearcast.variables import FORECAST
from wearcast.vocabulary import WET_MM


@dataclass(frozen=True)
class UnknownPlace:
    """Where weather is whose clocks are known, but not the place: advice for it leaves out the
    sun.

    Attributes:
        zone: a fixed offset from UTC.
        id: empty, where a station has one.
    """

    zone: timezone
    id: str = ""

    @property
    def name_en(self) -> str:
        """Such as UTC+09:00, in every language."""
        return str(self.zone)


@dataclass(frozen=True)
class Weather:
    """H hours of weather in M members; a weather that is known, or a plain forecast, is one member.

    Attributes:
        station: where, a station if that is known.
        on: the local date that they are for; a night's hours go on after it.
        valid_at: UTC, (H,).
        hours: the same as the station's clocks show them, (H,).
        members: per variable of `FORECAST` (M, H), NaN where unknown; the temperature is known in
            every member and hour.
        observed: whether the hour has passed, (H,).
        rain_chance: of at least 0.1 mm in the hour, as rain or snow, (H,), NaN where unknown.
        beyond: hours in which the person is out, UTC, that the forecast doesn't reach; mostly none.
        lead_h: of the first hour, from the issue time of the snapshot that it is of, else 0.
        rain_reach_h: the last lead whose rain that snapshot has from numerical forecasts, else 0.
    """

    station: Station | UnknownPlace
    on: date
    valid_at: Hours
    hours: LocalTimes
    members: Mapping[str, Floats]
    observed: np.ndarray
    rain_chance: Floats
    beyond: Hours = field(default_factory=lambda: np.array([], dtype="datetime64[h]"))
    lead_h: int = 0
    rain_reach_h: int = 0

    @classmethod
    def of(
        cls,
        station: Station | UnknownPlace,
        valid_at: Hours,
        temp_c: ArrayLike,
        *,
        rain_chance: ArrayLike | None = None,
        observed_h: int = 0,
        on: date | None = None,
        hours: LocalTimes | None = None,
        **others: ArrayLike | None,
    ) -> "Weather":
        """From plain arrays, (H,) or (M, H); what isn't given is unknown. Hours without a
        temperature are left out.

        Args:
            station: where.
            valid_at: UTC hours, (H,).
            temp_c: the temperature.
            rain_chance: of a wet hour, (H,); else the share of members with one.
            observed_h: how many of the hours, from the first, have passed.
            on: the local date that they are for, else the first hour's.
            hours: their local times, where these are at hand.
            others: the other variables of `FORECAST`.

        Raises:
            ModelError: no hour has a temperature.
        """
        members = _members({**others, "temp_c": temp_c}, len(valid_at))
        kept = np.flatnonzero(np.isfinite(members["temp_c"]).all(axis=0))
        if not len(kept):
            raise ModelError(
                f"no hour of {station.id or station.name_en} has a temperature; there is nothing to"
                " dress for. Choose another day."
            )
        local = local_time(valid_at, station) if hours is None else hours
        chance = (
            _share_wet(members["precip_mm"])
            if rain_chance is None
            else np.broadcast_to(np.asarray(rain_chance, float), len(valid_at))
        )
        return cls(
            station=station,
            on=local[0].item().date() if on is None else on,
            valid_at=valid_at[kept],
            hours=local[kept],
            members=_columns(members, kept),
            observed=kept < observed_h,
            rain_chance=chance[kept],
        )

    @classmethod
    def of_series(cls, known: StationHours, rows: Positions, on: date) -> "Weather":
        """Some hours of a snapshot."""
        observed_h = int((rows < OBSERVED_H).sum())
        weather = cls.of(
            known.station,
            known.valid_at[rows],
            **_columns(known.members, rows),
            observed_h=observed_h,
            on=on,
            hours=known.hours[rows],
        )
        lead_h = int(rows[0]) - OBSERVED_H + 1
        return replace(weather, lead_h=lead_h, rain_reach_h=known.rain_reach_h)

    @classmethod
    def of_outing(cls, known: StationHours, on: date, settings: Settings) -> "Weather":
        """The hours outdoors of a snapshot that belong to a date, or all hours of that date where
        none of them is known."""
        outdoors = outing_dates(known.hours, settings) == np.datetime64(on)
        out = np.flatnonzero(outdoors & known.known)
        if not len(out):
            out = np.flatnonzero(known.hours.astype("datetime64[D]") == np.datetime64(on))
        return replace(cls.of_series(known, out, on), beyond=_beyond(known, on, settings))

    @property
    def dates(self) -> Sequence[date]:
        """The local dates of its hours, in order."""
        dates: Sequence[date] = np.unique(self.hours.astype("datetime64[D]")).tolist()
        return dates

    @property
    def sun_elevation_deg(self) -> Floats:
        """The sun's height above the horizon, (H,); NaN where the place is unknown."""
        if isinstance(self.station, UnknownPlace):
            return np.full(len(self.valid_at), np.nan)
        return elevation_deg(self.valid_at, self.station.latitude, self.station.longitude)

    def on_date(self, on: date) -> "Weather":
        """The hours of a local date."""
        of_the_date = self.hours.astype("datetime64[D]") == np.datetime64(on)
        return replace(self.at(np.flatnonzero(of_the_date)), on=on)

    def outing_on(self, on: date, settings: Settings) -> "Weather":
        """The hours outdoors that belong to a local date, or all hours of that date where none of
        them is outdoors."""
        outdoors = outing_dates(self.hours, settings) == np.datetime64(on)
        if not outdoors.any():
            return self.on_date(on)
        return replace(self.at(np.flatnonzero(outdoors)), on=on)

    @cached_property
    def snow_share(self) -> Floats:
        """The share of snow in what falls in each hour, (H,)."""
        return Snow.of(self.members).hourly_share

    def at(self, hours: Positions) -> "Weather":
        """These hours alone."""
        return replace(
            self,
            valid_at=self.valid_at[hours],
            hours=self.hours[hours],
            members=_columns(self.members, hours),
            observed=self.observed[hours],
            rain_chance=self.rain_chance[hours],
        )

    def outdoors(self, settings: Settings) -> Positions:
        """The hours outdoors that belong to its date, or all where none of those is known."""
        of_the_date = outing_dates(self.hours, settings) == np.datetime64(self.on)
        out = np.flatnonzero(of_the_date)
        return out if len(out) else np.arange(len(self.valid_at))


def _members(given: Mapping[str, ArrayLike | None], hours: int) -> dict[str, Floats]:
    """Every variable of `FORECAST` as (M, hours): what is given for all members alike is repeated,
    what isn't given is NaN."""
    rows = {name: _finite_rows(given.get(name)) for name in FORECAST}
    most_members = max(len(row) for row in rows.values())
    shape = (most_members, hours)
    return {name: np.broadcast_to(row, shape) for name, row in rows.items()}


def _finite_rows(values: ArrayLike | None) -> Floats:
    """(1 or M, 1 or H), NaN where there is no finite number."""
    given = np.nan if values is None else values
    rows = np.atleast_2d(np.asarray(given, dtype=np.float64))
    return np.where(np.isfinite(rows), rows, np.nan)


def _columns(members: Mapping[str, Floats], hours: Positions) -> dict[str, Floats]:
    return {name: values[:, hours] for name, values in members.items()}


def _beyond(known: StationHours, on: date, settings: Settings) -> Hours:
    """The hours after the last one known that belong to the outing of a date."""
    later: Hours = known.valid_at[-1] + np.arange(1, 25)
    dates = outing_dates(local_time(later, known.station), settings)
    beyond: Hours = later[dates == np.datetime64(on)]
    return beyond


def _share_wet(precip_mm: Floats) -> Floats:
    wet = (precip_mm >= WET_MM).mean(axis=0)
    return np.where(np.isfinite(precip_mm).all(axis=0), wet, np.nan)
