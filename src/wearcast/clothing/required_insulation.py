"""What hours of weather ask of clothes: how they feel to a person, and the insulation that asks
for, in every member."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np

from wearcast.clothing.comfort import (
    EFFORT,
    Effort,
    feels_like_c,
    in_the_shade_c,
    required_clo,
    sun_c,
    wet_c,
)
from wearcast.clothing.settings import Settings
from wearcast.clothing.sun import elevation_deg, sunshine_wm2
from wearcast.clothing.weather_input import Weather
from wearcast.forecasting.array_types import Flags, Floats
from wearcast.vocabulary import WET_MM, Activity

BRIGHT_WM2, HALF_PCT = 200.0, 50.0
"""Sunshine and cloud cover from which the sun dazzles."""

RAINPROOF_CHANCE, WARM_RAIN_C = 0.5, 20.0
"""From this chance of rain on, garments that keep it out; warmer rain is an umbrella's."""

BURNING_WM2, HOT_C = 500.0, 27.0
"""Sunshine, and feels-like temperature in the shade, from which the head wants a hat."""


@dataclass(frozen=True)
class Moment:
    """What is expected at an hour, the medians over members; NaN where unknown.

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

    at: datetime
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
        out = weather.at(weather.outdoors(settings))
        known = out.members
        wind = np.hypot(np.nan_to_num(known["wind_ms"]), EFFORT[settings.activity].own_wind_ms)
        height = elevation_deg(out.valid_at, out.station.latitude, out.station.longitude)
        sunshine = np.nan_to_num(sunshine_wm2(height, known["cloud_pct"]))
        shade = in_the_shade_c(known["temp_c"], wind, known["dewpoint_c"])
        rain = np.nan_to_num(known["precip_mm"])
        feels = shade + sun_c(sunshine, wind) - wet_c(known["temp_c"], rain)
        ahead = ~out.observed if not out.observed.all() else np.ones_like(out.observed)
        return cls(
            out,
            settings,
            sunshine,
            shade,
            feels,
            required_clo(feels, settings.activity, settings.sensitivity),
            ahead,
        )

    @property
    def effort(self) -> Effort:
        """What the person's activity does to the body."""
        return EFFORT[self.settings.activity]

    @cached_property
    def most_clo(self) -> Floats:
        """What the coldest hour ahead asks for in each member, (M,)."""
        most: Floats = self.clo[:, self.ahead].max(axis=1)
        return most

    @cached_property
    def most_clo_at_rest(self) -> Floats:
        """What it would ask for on a stroll at least, (M,): hands, ears and neck are no warmer for
        the legs' work."""
        stroll = required_clo(
            self.feels_c[:, self.ahead], Activity.STROLLING, self.settings.sensitivity
        ).max(axis=1)
        most: Floats = np.maximum(self.most_clo, stroll)
        return most

    @cached_property
    def typical_clo(self) -> float:
        """The median over members of `most_clo`."""
        return float(np.median(self.most_clo))

    @cached_property
    def hourly_clo(self) -> Floats:
        """The median over members of what each hour asks for, (H,)."""
        return np.median(self.clo, axis=0)

    @cached_property
    def hourly(self) -> dict[str, Floats]:
        """The medians over members of each hour's weather by its field, and of how it feels as
        `feels_c`, (H,)."""
        fields = {
            **self.weather.members,
            "feels_c": self.feels_c,
            "sunshine_wm2": self.sunshine_wm2,
        }
        return dict(zip(fields, np.median(np.stack(list(fields.values())), axis=1), strict=True))

    @cached_property
    def _effects(self) -> tuple[Floats, Floats, Floats]:
        """What wind, rain and sun do to each hour's feeling, °C, (H,)."""
        temp, dewpoint = self.hourly["temp_c"], self.hourly["dewpoint_c"]
        wind = np.hypot(np.nan_to_num(self.hourly["wind_ms"]), self.effort.own_wind_ms)
        by_wind = in_the_shade_c(temp, wind, dewpoint) - in_the_shade_c(
            temp, np.zeros_like(wind), dewpoint
        )
        by_rain = -wet_c(temp, np.nan_to_num(self.weather.members["precip_mm"]).mean(axis=0))
        return by_wind, by_rain, sun_c(self.hourly["sunshine_wm2"], wind)

    @cached_property
    def coldest(self) -> Moment:
        """The hour ahead that asks for most."""
        return self.moment(self._coldest_row)

    @cached_property
    def _coldest_row(self) -> int:
        return int(np.argmax(np.where(self.ahead, self.hourly_clo, -np.inf)))

    @cached_property
    def warmest(self) -> Moment:
        """The hour ahead that feels warmest."""
        return self.moment(int(np.argmax(np.where(self.ahead, self.hourly["feels_c"], -np.inf))))

    @cached_property
    def wet_chance_outdoors(self) -> float:
        """The chance of a wet hour among those ahead; NaN where unknown. From single hours'
        chances alone, the largest of them."""
        rain = self.weather.members["precip_mm"][:, self.ahead]
        if np.isfinite(rain).any():
            return float((rain >= WET_MM).any(axis=1).mean())
        chances = self.weather.rain_chance[self.ahead]
        return float(np.nanmax(chances)) if np.isfinite(chances).any() else np.nan

    @property
    def rain_is_likely(self) -> bool:
        """Whether what is worn should keep the rain out."""
        return self.wet_chance_outdoors >= RAINPROOF_CHANCE

    @cached_property
    def rainy(self) -> Flags:
        """In which hours rain is likely and cold enough to keep a rain jacket on, (H,)."""
        flags: Flags = (self.weather.rain_chance >= RAINPROOF_CHANCE) & (
            self.hourly["feels_c"] < WARM_RAIN_C
        )
        return flags

    def moment(self, hour: int) -> Moment:
        """One of the H hours."""
        known = (self.hourly[key][hour] for key in ("temp_c", "feels_c", "wind_ms", "dewpoint_c"))
        chance, effects = self.weather.rain_chance[hour], (effect[hour] for effect in self._effects)
        return Moment(
            self.weather.hours.tolist()[hour],
            *(float(value) for value in (*known, chance, *effects)),
        )

    @cached_property
    def other_activity(self) -> Activity:
        """What the person might do instead for a while: stop, or if they sit, walk."""
        return self.effort.instead

    @cached_property
    def other_clo(self) -> float:
        """What the coldest hour would ask for, doing that."""
        at = {key: values[[self._coldest_row]] for key, values in self.hourly.items()}
        wind = np.hypot(np.nan_to_num(at["wind_ms"]), EFFORT[self.other_activity].own_wind_ms)
        feels = feels_like_c(
            at["temp_c"], wind, at["dewpoint_c"], at["sunshine_wm2"], at["precip_mm"]
        )
        return float(required_clo(feels, self.other_activity, self.settings.sensitivity)[0])

    @cached_property
    def hottest_c(self) -> Floats:
        """How the hottest hour ahead feels in the shade in each member, (M,)."""
        hottest: Floats = self.shade_c[:, self.ahead].max(axis=1)
        return hottest

    @cached_property
    def hottest_shade_c(self) -> float:
        """The median over members of `hottest_c`."""
        return float(np.median(self.hottest_c))

    @cached_property
    def bright_chance(self) -> float:
        """Of two hours ahead, or all if fewer, with a high sun and at most half the sky covered; 0
        where that is unknown."""
        bright = (self.sunshine_wm2 >= BRIGHT_WM2) & (self.weather.members["cloud_pct"] <= HALF_PCT)
        hours = bright[:, self.ahead].sum(axis=1)
        return float((hours >= min(2, int(self.ahead.sum()))).mean())

    @cached_property
    def hot_sun_chance(self) -> float:
        """Of an hour ahead of burning sun while it is hot in the shade."""
        burning = (self.sunshine_wm2 >= BURNING_WM2) & (self.shade_c >= HOT_C)
        return float(burning[:, self.ahead].any(axis=1).mean())
