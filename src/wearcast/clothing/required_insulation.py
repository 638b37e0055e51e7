"""What hours of weather ask of clothes: how they feel to a person, and the insulation that asks
for, in every member."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

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
from wearcast.clothing.discomfort import Discomfort
from wearcast.clothing.outings import begins_outing, for_hours
from wearcast.clothing.precipitation import snow_share
from wearcast.clothing.settings import Settings
from wearcast.clothing.sun import sunshine_wm2
from wearcast.clothing.wardrobe import Ground, Place
from wearcast.clothing.weather_input import Weather
from wearcast.forecasting.array_types import Flags, Floats
from wearcast.vocabulary import WET_MM, Activity, Precipitation, precipitation_kind

BRIGHT_WM2, HALF_PCT = 200.0, 50.0
"""Sunshine and cloud cover from which the sun dazzles."""

RAINPROOF_CHANCE, RAINWEAR_CLO = 0.5, 0.6
"""From this chance of rain on, garments that keep it out; rain that asks for less is an umbrella's.
"""

COVERED_FROM_C: Final = {Place.HANDS: -4.0, Place.NECK: -4.0, Place.HEAD: -10.0}
"""Feels-like temperatures from which on down nobody leaves these bare; ours."""

LEAST_ON_H: Final = 2
"""A layer that isn't on for that many hours stays at home."""

LIKELY_HOUR: Final = 0.4
"""From this chance of rain or snow on, an hour is told as a wet one."""

NEAR_THE_WETTEST: Final = 0.75
"""Where no hour is likely wet, those are told whose chance is this share of the highest."""

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
        by_wind_c: what wind does to the feeling; the person's own speed is a wind too.
        by_rain_c: what rain does.
    """

    at: datetime
    temp_c: float
    feels_c: float
    wind_ms: float
    dewpoint_c: float
    by_wind_c: float
    by_rain_c: float


@dataclass(frozen=True)
class Needs:
    """What the hours outdoors ask for; H of them in M members.

    Attributes:
        weather: of the hours outdoors.
        settings: the person's.
        sunshine_wm2: on level ground, 0 where the cloud cover or the place is unknown, (M, H).
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
        wind = _air_speed_ms(known["wind_ms"], settings.activity)
        sunshine = np.nan_to_num(sunshine_wm2(out.sun_elevation_deg, known["cloud_pct"]))
        shade = in_the_shade_c(known["temp_c"], wind, known["dewpoint_c"])
        by_rain = wet_c(known["temp_c"], np.nan_to_num(known["precip_mm"]))
        feels = shade + sun_c(sunshine, wind) - by_rain
        all_passed = out.observed.all()
        return cls(
            weather=out,
            settings=settings,
            sunshine_wm2=sunshine,
            shade_c=shade,
            feels_c=feels,
            clo=required_clo(
                feels - settings.offset_c,
                settings.activity,
                settings.sensitivity,
                for_hours(out.hours, settings),
            ),
            ahead=np.ones_like(out.observed) if all_passed else ~out.observed,
        )

    @property
    def effort(self) -> Effort:
        """What the person's activity does to the body."""
        return EFFORT[self.settings.activity]

    @cached_property
    def least_on_h(self) -> int:
        """For how many of the hours ahead a layer has to be on to be worth having: for no more than
        half of few, or than the shortest outing takes."""
        outings = np.cumsum(self.new_outing)[self.ahead]
        shortest_h = int(np.unique(outings, return_counts=True)[1].min())
        return max(1, min(LEAST_ON_H, shortest_h, len(outings) // 2))

    @cached_property
    def for_hours(self) -> Flags:
        """In which hours they are out for hours at a stretch, (H,)."""
        return for_hours(self.weather.hours, self.settings)

    @cached_property
    def new_outing(self) -> Flags:
        """Which hours begin an outing, (H,)."""
        return begins_outing(self.weather.hours, self.settings)

    @cached_property
    def most_clo(self) -> Floats:
        """What the coldest hour ahead asks for in each member, (M,)."""
        most: Floats = self.clo[:, self.ahead].max(axis=1)
        return most

    @cached_property
    def typical_clo(self) -> float:
        """The median over members of `most_clo`."""
        return float(np.median(self.most_clo))

    @cached_property
    def discomfort(self) -> Discomfort:
        """What it costs to wear too little or too much."""
        return Discomfort(self.clo)

    @cached_property
    def bare_in_frost(self) -> Mapping[Place, Flags]:
        """In which hours head, hands and neck are too cold to be bare, however warm the rest is,
        (H,)."""
        feels_c = self.hourly["feels_c"]
        return {place: feels_c <= from_c for place, from_c in COVERED_FROM_C.items()}

    @cached_property
    def peak_clo(self) -> float:
        """The most that any member asks for."""
        return float(self.clo.max())

    @cached_property
    def hourly_clo(self) -> Floats:
        """The median over members of what each hour asks for, (H,)."""
        return np.median(self.clo, axis=0)

    @cached_property
    def hourly(self) -> dict[str, Floats]:
        """The medians over members of each hour's weather by its field, and of how it feels as
        `feels_c`, (H,)."""
        fields = dict(self.weather.members)
        fields["feels_c"] = self.feels_c
        fields["sunshine_wm2"] = self.sunshine_wm2
        medians = np.median(np.stack(list(fields.values())), axis=1)
        return dict(zip(fields, medians, strict=True))

    @cached_property
    def _by_wind_c(self) -> Floats:
        """What wind does to each hour's feeling, (H,)."""
        temp, dewpoint = self.hourly["temp_c"], self.hourly["dewpoint_c"]
        wind = _air_speed_ms(self.hourly["wind_ms"], self.settings.activity)
        in_a_calm = in_the_shade_c(temp, np.zeros_like(wind), dewpoint)
        return in_the_shade_c(temp, wind, dewpoint) - in_a_calm

    @cached_property
    def _by_rain_c(self) -> Floats:
        """What rain does to each hour's feeling, (H,)."""
        mean_mm = np.nan_to_num(self.weather.members["precip_mm"]).mean(axis=0)
        return -wet_c(self.hourly["temp_c"], mean_mm)

    @cached_property
    def coldest(self) -> Moment:
        """The hour ahead that asks for most."""
        return self.moment(self._coldest_hour)

    @cached_property
    def _coldest_hour(self) -> int:
        return int(np.argmax(np.where(self.ahead, self.hourly_clo, -np.inf)))

    @cached_property
    def warmest(self) -> Moment:
        """The hour ahead that feels warmest."""
        return self.moment(self.warmest_hour)

    @cached_property
    def warmest_hour(self) -> int:
        """Which of the H hours that is."""
        feels_c = np.where(self.ahead, self.hourly["feels_c"], -np.inf)
        return int(np.argmax(feels_c))

    @cached_property
    def wet_chance_outdoors(self) -> float:
        """The chance of a wet hour among those ahead, of rain or snow; NaN where unknown. From
        single hours' chances, as a plain forecast of one member gives them, the largest.

        All that asks for a day's chance asks here: what is worn, carried and said.
        """
        rain = self.weather.members["precip_mm"][:, self.ahead]
        if len(rain) > 1 and np.isfinite(rain).any():
            return float((rain >= WET_MM).any(axis=1).mean())
        chances = self.weather.rain_chance[self.ahead]
        return float(np.nanmax(chances)) if np.isfinite(chances).any() else np.nan

    @cached_property
    def strongest_gust_ms(self) -> float:
        """The strongest gust ahead in the medians over members, 0 where none is known."""
        return float(np.nan_to_num(self.hourly["gust_ms"][self.ahead]).max())

    @cached_property
    def precipitation(self) -> Precipitation:
        """What falls in the hours ahead if anything does."""
        weather = self.weather
        share = snow_share(weather.rain_chance[self.ahead], weather.snow_share[self.ahead])
        return precipitation_kind(share)

    @cached_property
    def told_wet_hours(self) -> Flags:
        """The hours ahead that are told as wet ones: in which rain or snow is likely, or likeliest,
        (H,)."""
        chance = np.where(self.ahead, np.nan_to_num(self.weather.rain_chance), 0.0)
        least = min(LIKELY_HOUR, NEAR_THE_WETTEST * float(chance.max()))
        wet: Flags = (chance >= least) & (chance > 0)
        return wet

    @property
    def rain_is_likely(self) -> bool:
        """Whether what is worn should keep the rain out."""
        return self.wet_chance_outdoors >= RAINPROOF_CHANCE

    @cached_property
    def wet_hours(self) -> Flags:
        """In which hours rainwear stays on, (H,): in which rain is likely, and where the outfit is
        for rain, all that are told as wet."""
        likely: Flags = self.weather.rain_chance >= RAINPROOF_CHANCE
        return likely | self.told_wet_hours if self.rain_is_likely else likely

    @cached_property
    def rainy(self) -> Flags:
        """In which hours rain is likely and cold enough to want a rain jacket, (H,)."""
        rainy: Flags = self.wet_hours & (self.hourly_clo >= RAINWEAR_CLO)
        return rainy

    @cached_property
    def ground(self) -> Ground:
        """What lies in the way of feet and clothes."""
        if not self.rain_is_likely:
            return Ground.DRY
        snowy = self.precipitation is Precipitation.SNOW
        return Ground.SNOWY if snowy else Ground.WET

    def moment(self, hour: int) -> Moment:
        """One of the H hours."""
        return Moment(
            at=self.weather.hours.tolist()[hour],
            temp_c=float(self.hourly["temp_c"][hour]),
            feels_c=float(self.hourly["feels_c"][hour]),
            wind_ms=float(self.hourly["wind_ms"][hour]),
            dewpoint_c=float(self.hourly["dewpoint_c"][hour]),
            by_wind_c=float(self._by_wind_c[hour]),
            by_rain_c=float(self._by_rain_c[hour]),
        )

    @cached_property
    def other_activity(self) -> Activity:
        """What the person might do instead for a while: stop, or if they sit, walk."""
        return self.effort.instead

    @cached_property
    def other_clo(self) -> float:
        """What the coldest hour would ask for, doing that."""
        at = {key: values[[self._coldest_hour]] for key, values in self.hourly.items()}
        wind = _air_speed_ms(at["wind_ms"], self.other_activity)
        feels = feels_like_c(
            at["temp_c"], wind, at["dewpoint_c"], at["sunshine_wm2"], at["precip_mm"]
        )
        clo = required_clo(
            feels - self.settings.offset_c,
            self.other_activity,
            self.settings.sensitivity,
            self.for_hours[[self._coldest_hour]],
        )
        return float(clo[0])

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
        clear = self.weather.members["cloud_pct"] <= HALF_PCT
        bright = (self.sunshine_wm2 >= BRIGHT_WM2) & clear
        hours = bright[:, self.ahead].sum(axis=1)
        enough = min(2, int(self.ahead.sum()))
        return float((hours >= enough).mean())

    @cached_property
    def hot_sun_chance(self) -> float:
        """Of an hour ahead of burning sun while it is hot in the shade."""
        burning = (self.sunshine_wm2 >= BURNING_WM2) & (self.shade_c >= HOT_C)
        return float(burning[:, self.ahead].any(axis=1).mean())


def _air_speed_ms(wind_ms: Floats, activity: Activity) -> Floats:
    """The wind with the person's own speed, shape as given; an unknown wind is a calm."""
    speed: Floats = np.hypot(np.nan_to_num(wind_ms), EFFORT[activity].own_wind_ms)
    return speed
