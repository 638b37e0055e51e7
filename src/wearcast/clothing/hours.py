"""Hours of weather at a place, as the advice takes them: from a day of a snapshot, or from plain arrays."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from wearcast.clothing.settings import Settings
from wearcast.config import Station
from wearcast.errors import ModelError
from wearcast.forecasting.arrays import Floats, Hours, LocalTimes, Positions
from wearcast.forecasting.channels import WET_MM
from wearcast.forecasting.days import Day
from wearcast.forecasting.local_time import hour_of_day, local_time

FIELDS: Final = ("temp_c", "dewpoint_c", "wind_ms", "cloud_pct", "precip_mm")


@dataclass(frozen=True)
class Weather:
    """H hours of weather in M members; a weather that is known, or a plain forecast, is one member.

    Attributes:
        station: where.
        valid_at: UTC, (H,).
        temp_c: (M, H), known in every member and hour.
        dewpoint_c: (M, H), NaN where unknown; so are the rest.
        wind_ms: at 10 m.
        cloud_pct: of the sky.
        precip_mm: in the hour.
        observed: whether the hour has passed, (H,).
        rain_chance: of at least 0.1 mm in the hour, (H,), NaN where unknown.
    """

    station: Station
    valid_at: Hours
    temp_c: Floats
    dewpoint_c: Floats
    wind_ms: Floats
    cloud_pct: Floats
    precip_mm: Floats
    observed: np.ndarray
    rain_chance: Floats

    @classmethod
    def of(
        cls,
        station: Station,
        valid_at: Hours,
        temp_c: ArrayLike,
        *,
        dewpoint_c: ArrayLike | None = None,
        wind_ms: ArrayLike | None = None,
        cloud_pct: ArrayLike | None = None,
        precip_mm: ArrayLike | None = None,
        rain_chance: ArrayLike | None = None,
        observed_h: int = 0,
    ) -> "Weather":
        """From plain arrays, (H,) or (M, H); what isn't given is unknown. Hours without a temperature are left out.

        Args:
            station: where.
            valid_at: UTC hours, (H,).
            temp_c: the temperature.
            dewpoint_c: the dew point.
            wind_ms: the wind at 10 m.
            cloud_pct: the cloud cover.
            precip_mm: the rain of each hour.
            rain_chance: of a wet hour, (H,); else the share of members with one.
            observed_h: how many of the hours, from the first, have passed.

        Raises:
            ModelError: no hour has a temperature.
        """
        given = {"temp_c": temp_c, "dewpoint_c": dewpoint_c, "wind_ms": wind_ms, "cloud_pct": cloud_pct, "precip_mm": precip_mm}
        rows = {key: np.atleast_2d(np.asarray(np.nan if value is None else value, dtype=np.float64)) for key, value in given.items()}
        shape = (max(len(row) for row in rows.values()), len(valid_at))
        arrays = {key: np.broadcast_to(np.where(np.isfinite(row), row, np.nan), shape) for key, row in rows.items()}
        kept = np.flatnonzero(np.isfinite(arrays["temp_c"]).all(axis=0))
        if not len(kept):
            raise ModelError(f"no hour of {station.id} has a temperature; there is nothing to dress for. Choose another day.")
        chance = _share_wet(arrays["precip_mm"]) if rain_chance is None else np.broadcast_to(np.asarray(rain_chance, float), shape[1:])
        return cls(
            station=station,
            valid_at=valid_at[kept],
            **{key: values[:, kept] for key, values in arrays.items()},
            observed=kept < observed_h,
            rain_chance=chance[kept],
        )

    @classmethod
    def of_day(cls, day: Day, station: Station) -> "Weather":
        """A day of a snapshot."""
        fields = {key: day.members[key] for key in FIELDS if key != "temp_c"}
        return cls.of(station, day.valid_at, day.members["temp_c"], **fields, observed_h=day.observed_h)

    def at(self, hours: Positions) -> "Weather":
        """These hours alone."""
        return Weather(
            self.station,
            self.valid_at[hours],
            **{key: getattr(self, key)[:, hours] for key in FIELDS},
            observed=self.observed[hours],
            rain_chance=self.rain_chance[hours],
        )

    @cached_property
    def hours(self) -> LocalTimes:
        """The same as the station's clocks show them, (H,)."""
        return local_time(self.valid_at, self.station)

    def waking(self, settings: Settings) -> Positions:
        """The hours outdoors, or all where none of those is known."""
        awake = np.flatnonzero([settings.awake(hour) for hour in hour_of_day(self.hours).tolist()])
        return awake if len(awake) else np.arange(len(self.hours))


def _share_wet(precip_mm: Floats) -> Floats:
    wet = (precip_mm >= WET_MM).mean(axis=0)
    return np.where(np.isfinite(precip_mm).all(axis=0), wet, np.nan)
