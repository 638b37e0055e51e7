"""What hours of weather ask of clothes: how they feel to a person, and the insulation that asks for, in every member."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from wearcast.clothing.comfort import OWN_WIND_MS, Activity, feels_like_c, in_the_shade_c, required_clo, sun_c, wet_c
from wearcast.clothing.hours import Weather
from wearcast.clothing.settings import Settings
from wearcast.clothing.sun import elevation_deg, sunshine_wm2
from wearcast.forecasting.arrays import Floats
from wearcast.forecasting.channels import WET_MM


@dataclass(frozen=True)
class Moment:
    """The middle of what is expected at an hour; NaN where unknown.

    Attributes:
        at: local time.
        temp_c: of the air.
        feels_c: with wind, humidity, sun and rain.
        wind_ms: at 10 m.
        dewpoint_c: the dew point.
        rain_chance: of at least 0.1 mm in the hour.
        by_wind_c: what wind does to the feeling; the person's own speed is a wind too.
        by_rain_c: what rain does.
        by_sun_c: what the sun does.
    """

    at: np.datetime64
    temp_c: float
    feels_c: float
    wind_ms: float
    dewpoint_c: float
    rain_chance: float
    by_wind_c: float
    by_rain_c: float
    by_sun_c: float


@dataclass(frozen=True)
class Needs:
    """What the hours outdoors ask for; H of them in M members.

    Attributes:
        weather: of the hours outdoors.
        settings: the person's.
        sunshine_wm2: on level ground, 0 where the cloud cover is unknown, (M, H).
        shade_c: feels-like temperature without sun and rain, (M, H).
        feels_c: with them, (M, H).
        clo: the insulation required, (M, H).
        ahead: which hours the outfit is for: those to come, or all where all have passed, (H,).
    """

    weather: Weather
    settings: Settings
    sunshine_wm2: Floats
    shade_c: Floats
    feels_c: Floats
    clo: Floats
    ahead: np.ndarray

    @classmethod
    def of(cls, weather: Weather, settings: Settings) -> "Needs":
        """What a weather asks of a person during the hours they are out."""
        out = weather.at(weather.waking(settings))
        wind = np.hypot(np.nan_to_num(out.wind_ms), OWN_WIND_MS[settings.activity])
        height = elevation_deg(out.valid_at, out.station.latitude, out.station.longitude)
        sunshine = np.nan_to_num(sunshine_wm2(height, out.cloud_pct))
        shade = in_the_shade_c(out.temp_c, wind, out.dewpoint_c)
        feels = shade + sun_c(sunshine, wind) - wet_c(out.temp_c, np.nan_to_num(out.precip_mm))
        ahead = ~out.observed if not out.observed.all() else np.ones_like(out.observed)
        return cls(out, settings, sunshine, shade, feels, required_clo(feels, settings.activity, settings.sensitivity), ahead)

    @cached_property
    def most_clo(self) -> Floats:
        """What the coldest hour ahead asks for in each member, (M,)."""
        most: Floats = self.clo[:, self.ahead].max(axis=1)
        return most

    @cached_property
    def typical_clo(self) -> float:
        """The middle of that."""
        return float(np.median(self.most_clo))

    @cached_property
    def hourly_clo(self) -> Floats:
        """The middle of what each hour asks for, (H,)."""
        return np.median(self.clo, axis=0)

    @cached_property
    def hourly(self) -> dict[str, Floats]:
        """The middle of each hour's weather by its field, and of how it feels as `feels_c`, (H,)."""
        fields = {key: getattr(self.weather, key) for key in ("temp_c", "wind_ms", "dewpoint_c", "precip_mm")}
        return {key: np.median(values, axis=0) for key, values in (fields | {"feels_c": self.feels_c, "shade_c": self.shade_c}).items()}

    @cached_property
    def coldest(self) -> Moment:
        """The hour ahead that asks for most."""
        return self.moment(int(np.argmax(np.where(self.ahead, self.hourly_clo, -np.inf))))

    @cached_property
    def warmest(self) -> Moment:
        """The hour ahead that feels warmest."""
        return self.moment(int(np.argmax(np.where(self.ahead, self.hourly["feels_c"], -np.inf))))

    @cached_property
    def rain_chance(self) -> float:
        """Of a wet hour among those ahead; NaN where unknown. From single hours' chances alone, the largest of them."""
        rain = self.weather.precip_mm[:, self.ahead]
        if np.isfinite(rain).any():
            return float((rain >= WET_MM).any(axis=1).mean())
        chances = self.weather.rain_chance[self.ahead]
        return float(np.nanmax(chances)) if np.isfinite(chances).any() else np.nan

    def moment(self, hour: int) -> Moment:
        """One of the H hours."""
        temp, wind, dewpoint = (self.hourly[key][[hour]] for key in ("temp_c", "wind_ms", "dewpoint_c"))
        felt_wind = np.hypot(np.nan_to_num(wind), OWN_WIND_MS[self.settings.activity])
        by_wind = in_the_shade_c(temp, felt_wind, dewpoint) - in_the_shade_c(temp, np.zeros(1), dewpoint)
        by_rain = -wet_c(temp, np.nan_to_num(self.weather.precip_mm[:, hour]).mean(keepdims=True))
        by_sun = sun_c(np.median(self.sunshine_wm2[:, [hour]], axis=0), felt_wind)
        chance, feels = self.weather.rain_chance[[hour]], self.hourly["feels_c"][[hour]]
        values = (float(value[0]) for value in (temp, feels, wind, dewpoint, chance, by_wind, by_rain, by_sun))
        return Moment(self.weather.hours[hour], *values)

    def clo_when(self, activity: Activity) -> float:
        """What the coldest hour would ask for, doing something else."""
        hour = [int(np.flatnonzero(self.weather.hours == self.coldest.at)[0])]
        wind = np.hypot(np.nan_to_num(self.hourly["wind_ms"][hour]), OWN_WIND_MS[activity])
        sunshine = np.median(self.sunshine_wm2[:, hour], axis=0)
        feels = feels_like_c(self.hourly["temp_c"][hour], wind, self.hourly["dewpoint_c"][hour], sunshine, self.hourly["precip_mm"][hour])
        return float(required_clo(feels, activity, self.settings.sensitivity)[0])
