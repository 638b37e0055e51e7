"""A past day judged: what was advised for it beside what its weather then asked for.

Every driver drives the same advice for the same day; the prototype's rule and the Korean table read
our forecast's daily mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from wearcast.clothing.bands import table_clo
from wearcast.clothing.comfort import people_clo, required_clo
from wearcast.clothing.dressing import MARGIN_CLO, Dressed
from wearcast.clothing.garment_groups import GROUPS, ids_of
from wearcast.clothing.hindcast_cases import (
    CLIMATOLOGY_DRIFT,
    NETWORK,
    PERSON,
    SEASONAL_NAIVE,
)
from wearcast.clothing.ladders import ladder
from wearcast.clothing.outfits import Outfit
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.weather_input import Weather
from wearcast.forecasting.array_types import Flags, Floats
from wearcast.vocabulary import WET_MM, umbrella_is_due

PROTOTYPE: Final = "prototype"
KOREAN_TABLE: Final = "korean_table"
OBSERVED: Final = "observed"
"""Driven by the weather itself: what even perfect forecasts leave, since not everything comes off
outdoors."""

RIVALS: Final = (SEASONAL_NAIVE, CLIMATOLOGY_DRIFT, PROTOTYPE, KOREAN_TABLE)
"""What our forecast is compared with."""

OFF_CLO: Final = 0.3
"""An hour in clothes further than this from what it asks for is too cold or too warm: 7 °C."""

MARGINS_CLO: Final = {"": OFF_CLO, "_tight": MARGIN_CLO}
"""The margins of an hour's scores by the end of their names; the tight one is that of how sure an
advice says to be."""

SCORES: Final = (
    "clo_error",
    *(
        f"{score}{end}"
        for end in MARGINS_CLO
        for score in ("hours_off", "hours_too_cold", "hours_too_warm")
    ),
    "hours_right_said",
    "above_table_clo",
    "above_utci_clo",
    "umbrella_hit",
    "umbrella_false_alarm",
)
"""How far the outfit is from the one that the observed weather asks for, in clo; shares of hours
outdoors that are too cold or too warm, together and apart, by more than 0.3 clo and, tight, by more
than 0.15; the share of hours that our advice says to be right by the tight margin; the outfit minus
the Korean table and minus UTCI's clothing at the day's observed mean air temperature, in clo;
umbrellas advised, of wet days and of dry ones."""

COMPARED: Final = (
    "clo_error",
    "hours_off",
    "hours_off_tight",
    "umbrella_hit",
    "umbrella_false_alarm",
)
"""The scores of the verdict: by these our forecast is compared with its rivals."""

RULE_EDGES_C: Final = (5.0, 10.0, 20.0, 28.0)
"""The prototype's bands of the daily mean; an edge belongs to the colder one."""

RULE_CENTRES_C: Final = (0.0, 7.5, 15.0, 24.0, 30.0)

Scores = dict[str, float]
"""By score."""

ScoresByDriver = dict[str, Scores]


@dataclass(frozen=True)
class WornHours:
    """Hours outdoors, N of them.

    Attributes:
        feels_c: feels-like temperature as observed, (N,).
        on: whether a garment of each group is on as advised, (N,).
    """

    feels_c: Floats
    on: Mapping[str, Flags]


@dataclass(frozen=True)
class JudgedDay:
    """A day as it was, and the advice that each driver gave for it.

    Attributes:
        mean_c: of the air as observed, over the day's known hours.
        truth: dressed for what was observed.
        advised: dressed for what each driver forecast; `network` is one of them.
        forecast_mean_c: of the air as our forecast has it, over all 24 hours.
    """

    mean_c: float
    truth: Dressed
    advised: Mapping[str, Dressed]
    forecast_mean_c: float

    @classmethod
    def of(cls, observed: Weather, forecasts: Mapping[str, Weather]) -> "JudgedDay":
        """Dress for all of them.

        Args:
            observed: the day's weather as it was, one member.
            forecasts: the weather that each driver forecast; `network` is one of them.
        """
        observed_c = observed.members["temp_c"]
        forecast_c = forecasts[NETWORK].members["temp_c"]
        means_c = forecast_c.mean(axis=1)
        return cls(
            mean_c=float(observed_c.mean()),
            truth=_dressed(observed),
            advised={driver: _dressed(weather) for driver, weather in forecasts.items()},
            forecast_mean_c=float(np.median(means_c)),
        )

    @cached_property
    def scores(self) -> ScoresByDriver:
        """Of each driver."""
        scores = {driver: self._scores(dressed) for driver, dressed in self.advised.items()}
        ours = self.advised[NETWORK]
        scores[NETWORK]["hours_right_said"] = 1 - ours.too_cold - ours.too_warm
        by_the_rule = _outfit_by_the_rule(self.forecast_mean_c)
        by_the_table = _outfit_by_the_table(self.forecast_mean_c)
        scores[PROTOTYPE] = self._rule_scores(by_the_rule)
        scores[KOREAN_TABLE] = self._rule_scores(by_the_table)
        hours_off = self._hours_off(self.truth, self.truth.worn_clo)
        scores[OBSERVED] = hours_off | self._beside_people(self.truth.outfit)
        return scores

    @property
    def was_wet(self) -> float:
        """1 where an hour outdoors was wet, 0 where none was, NaN where nobody knows."""
        return observed_wet(self.truth.needs.weather)

    @property
    def rain_chance(self) -> Mapping[str, float]:
        """The chance of a wet hour outdoors by driver, NaN where it isn't known."""
        return {driver: each.needs.wet_chance_outdoors for driver, each in self.advised.items()}

    @property
    def worn(self) -> WornHours:
        """What is on as our advice says, in hours that were observed."""
        ours = self.advised[NETWORK]
        observed, forecast = self._shared_hours(ours)
        on = {}
        for group in GROUPS:
            is_on = np.zeros(len(forecast), dtype=bool)
            for garment in ours.outfit.garments:
                if garment.id in ids_of(group):
                    is_on |= ours.worn(garment)[forecast]
            on[group] = is_on
        feels_c = self.truth.needs.hourly["feels_c"]
        return WornHours(feels_c[observed], on)

    def _scores(self, advised: Dressed) -> Scores:
        scores = self._outfit_scores(advised.outfit)
        scores |= self._hours_off(advised, advised.worn_clo)
        scores |= _umbrella(self.was_wet, advised.needs.wet_chance_outdoors)
        return scores

    def _rule_scores(self, outfit: Outfit) -> Scores:
        ours = self.advised[NETWORK]
        worn_clo = _nearest_clo(outfit, ours.needs.hourly_clo)
        return self._outfit_scores(outfit) | self._hours_off(ours, worn_clo)

    def _outfit_scores(self, outfit: Outfit) -> Scores:
        clo_error = abs(outfit.clo - self.truth.outfit.clo)
        return {"clo_error": clo_error} | self._beside_people(outfit)

    def _beside_people(self, outfit: Outfit) -> Scores:
        mean_c = np.asarray(self.mean_c)
        by_table = float(table_clo(mean_c))
        by_utci = float(people_clo(mean_c))
        return {
            "above_table_clo": outfit.clo - by_table,
            "above_utci_clo": outfit.clo - by_utci,
        }

    def _hours_off(self, advised: Dressed, worn_clo: Floats) -> Scores:
        """The shares of hours outdoors in clothes that were wrong by more than each margin; NaN
        where they share no hour."""
        observed, forecast = self._shared_hours(advised)
        more_clo = worn_clo[forecast] - self.truth.needs.hourly_clo[observed]
        scores = {}
        for end, margin_clo in MARGINS_CLO.items():
            too_cold = _share(more_clo < -margin_clo)
            too_warm = _share(more_clo > margin_clo)
            scores[f"hours_off{end}"] = too_cold + too_warm
            scores[f"hours_too_cold{end}"] = too_cold
            scores[f"hours_too_warm{end}"] = too_warm
        return scores

    def _shared_hours(self, advised: Dressed) -> tuple[np.ndarray, np.ndarray]:
        """The positions of the hours that were observed and advised for, in either."""
        _, observed, forecast = np.intersect1d(
            self.truth.needs.weather.valid_at, advised.needs.weather.valid_at, return_indices=True
        )
        return observed, forecast


def _dressed(weather: Weather) -> Dressed:
    return Dressed.of(Needs.of(weather, PERSON), ladder(PERSON.style))


def _outfit_by_the_rule(mean_c: float) -> Outfit:
    """Our outfit for a calm, dry hour in the middle of the prototype's band."""
    band = int(np.searchsorted(RULE_EDGES_C, mean_c, side="left"))
    centre_c = RULE_CENTRES_C[band]
    needed_clo = required_clo(
        np.asarray(centre_c), PERSON.activity, PERSON.sensitivity, for_hours=False
    )
    return ladder(PERSON.style).at(float(needed_clo))


def _outfit_by_the_table(mean_c: float) -> Outfit:
    """Our outfit that insulates as the Korean table's does."""
    return ladder(PERSON.style).at(float(table_clo(np.asarray(mean_c))))


def _nearest_clo(outfit: Outfit, needed_clo: Floats) -> Floats:
    """What is on where layers come off whenever that is nearer to what our forecast asks for,
    (H,): neither the prototype nor the table told anybody so much."""
    distance = np.abs(outfit.clo_by_state[:, None] - needed_clo)
    nearest: Floats = outfit.clo_by_state[distance.argmin(axis=0)]
    return nearest


def _share(hours: np.ndarray) -> float:
    return float(hours.mean()) if len(hours) else np.nan


def observed_wet(observed: Weather) -> float:
    """1 where an hour was wet, 0 where none was, NaN where nobody knows."""
    if (observed.members["precip_mm"] >= WET_MM).any():
        return 1.0
    return 0.0 if np.isfinite(observed.members["precip_mm"]).all() else np.nan


def _umbrella(wet: float, chance: float) -> Scores:
    """Whether an umbrella is advised, told of wet days (a hit) and of dry ones (a false alarm), NaN
    of the others."""
    advised = np.nan if np.isnan(chance) else float(umbrella_is_due(chance))
    return {
        "umbrella_hit": advised if wet == 1 else np.nan,
        "umbrella_false_alarm": advised if wet == 0 else np.nan,
    }
