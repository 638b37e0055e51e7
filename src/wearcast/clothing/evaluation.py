"""How good the advice is, in the users' terms: for past evenings, what was advised beside what the
weather then asked for.

Every driver drives the same advice for the same days, and the prototype's rule reads our forecast's
daily mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.clothing.comfort import required_clo
from wearcast.clothing.dressing import Dressed
from wearcast.clothing.hindcast_cases import (
    CLIMATOLOGY_DRIFT,
    NETWORK,
    PERSON,
    SEASONAL_NAIVE,
    EveningHindcast,
    StationHindcasts,
)
from wearcast.clothing.ladders import ladder
from wearcast.clothing.outfits import Outfit
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.weather_input import Weather
from wearcast.config import Evaluate, Station
from wearcast.errors import ModelError
from wearcast.forecasting import verification as v
from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.split import Role, Split
from wearcast.vocabulary import WET_MM, reported_days, umbrella_is_due

PROTOTYPE: Final = "prototype"
OBSERVED: Final = "observed"
"""Driven by the weather itself: what even perfect forecasts leave, since not everything comes off
outdoors."""

RIVALS: Final = (SEASONAL_NAIVE, CLIMATOLOGY_DRIFT, PROTOTYPE)
"""What our forecast is compared with."""

SCORES: Final = (
    "clo_error",
    "hours_off",
    "hours_too_cold",
    "hours_too_warm",
    "umbrella_hit",
    "umbrella_false_alarm",
)
"""In clo; shares of hours outdoors, too cold or too warm together and apart; of wet days; of dry
ones."""

OFF_CLO: Final = 0.3
"""An hour in clothes further than this from what it asks for is too cold or too warm: 7 °C."""

RULE_EDGES_C: Final = (5.0, 10.0, 20.0, 28.0)
"""The prototype's bands of the daily mean; an edge belongs to the colder one."""

RULE_CENTRES_C: Final = (0.0, 7.5, 15.0, 24.0, 30.0)
_DIGITS = 3

Scores = dict[str, float]
"""By score."""

ScoresByDriver = dict[str, Scores]


@dataclass(frozen=True)
class Judged:
    """Scores of N evenings' advice.

    Attributes:
        issued_at: UTC, (N,).
        days: how many days ahead are judged, D of them.
        scores: by score and driver, (N, D), NaN where an evening tells nothing of it.
    """

    issued_at: Hours
    days: tuple[int, ...]
    scores: Mapping[str, Mapping[str, Floats]]

    def metrics(self, settings: Evaluate) -> dict[str, Any]:
        """Every score by driver and day ahead, and by how much our forecast's differs from each
        rival's, with intervals."""
        scores: dict[str, dict[str, Any]] = {}
        network_minus: dict[str, dict[str, Any]] = {}
        for score, by_driver in self.scores.items():
            scores[score] = {
                driver: self._by_day(values, settings) for driver, values in by_driver.items()
            }
            network_minus[score] = {
                rival: self._by_day(by_driver[NETWORK] - by_driver[rival], settings)
                for rival in RIVALS
                if rival in by_driver
            }
        return {
            "evenings": len(self.issued_at),
            "scores": scores,
            "network_minus": network_minus,
        }

    def _by_day(self, values: Floats, settings: Evaluate) -> dict[str, dict[str, float | None]]:
        by_day = {}
        for day, of_day in zip(self.days, values.T, strict=True):
            mean = v.mean_with_interval(of_day, self.issued_at, settings.bootstrap, settings.seed)
            by_day[f"day_{day}"] = mean.to_json(_DIGITS)
        return by_day


def judge(
    stations: Sequence[Station],
    histories: Mapping[str, History],
    split: Split,
    forecaster: Forecaster,
    role: Role,
) -> Judged:
    """Judge the advice of every evening of the role's hours; `histories` holds each station's whole
    record by its id.

    Raises:
        ModelError: no evening has a whole past and all hours of a forecast after it.
    """
    issued_at: list[np.datetime64] = []
    scores: list[list[ScoresByDriver]] = []
    for station in stations:
        hindcasts = StationHindcasts(station, histories[station.id], split, forecaster)
        for evening in hindcasts.evenings(role):
            issued_at.append(evening.issued_at)
            scores.append(_scores_by_day(evening))
    horizon_h = forecaster.manifest.standardization.horizon_h
    if not issued_at:
        raise ModelError(
            f"no {role} evening has a whole past and all {horizon_h} hours of a forecast after it."
            " Give a longer record or another split."
        )
    days = reported_days(horizon_h)
    return Judged(np.array(issued_at), days, _stacked(scores))


def _scores_by_day(evening: EveningHindcast) -> list[ScoresByDriver]:
    days = zip(evening.observed, evening.forecasts, strict=True)
    return [scored(observed, forecasts) for observed, forecasts in days]


def _stacked(evenings: Sequence[Sequence[ScoresByDriver]]) -> dict[str, dict[str, Floats]]:
    """By score and driver, (evenings, days)."""
    stacked: dict[str, dict[str, Floats]] = {score: {} for score in SCORES}
    for driver, scores in evenings[0][0].items():
        for score in scores:
            values = [[day[driver][score] for day in days] for days in evenings]
            stacked[score][driver] = np.array(values)
    return stacked


def scored(observed: Weather, forecasts: Mapping[str, Weather]) -> ScoresByDriver:
    """The scores of one day's advice by driver.

    Args:
        observed: the day's weather as it was, one member.
        forecasts: the weather that each driver forecast; `network` is one of them.
    """
    truth = _dressed(observed)
    advised = {driver: _dressed(weather) for driver, weather in forecasts.items()}
    scores = {driver: _scores(truth, dressed) for driver, dressed in advised.items()}
    scores[PROTOTYPE] = _rule_scores(truth, advised[NETWORK], forecasts[NETWORK])
    scores[OBSERVED] = _hours_off(truth, truth, _worn_clo(truth))
    return scores


def _scores(truth: Dressed, advised: Dressed) -> Scores:
    scores = {"clo_error": _clo_error(truth, advised.outfit)}
    scores |= _hours_off(truth, advised, _worn_clo(advised))
    scores |= _umbrella(_wet(truth.needs.weather), advised.needs.wet_chance_outdoors)
    return scores


def _rule_scores(truth: Dressed, ours: Dressed, forecast: Weather) -> Scores:
    outfit = _outfit_by_the_rule(forecast)
    scores = {"clo_error": _clo_error(truth, outfit)}
    scores |= _hours_off(truth, ours, _nearest_clo(outfit, ours.needs.hourly_clo))
    return scores


def _dressed(weather: Weather) -> Dressed:
    return Dressed.of(Needs.of(weather, PERSON), ladder(PERSON.style))


def _outfit_by_the_rule(forecast: Weather) -> Outfit:
    """Our outfit for a calm, dry hour in the middle of the prototype's band."""
    mean_c = np.median(forecast.members["temp_c"].mean(axis=1))
    band = int(np.searchsorted(RULE_EDGES_C, mean_c, side="left"))
    centre_c = RULE_CENTRES_C[band]
    needed_clo = required_clo(
        np.asarray(centre_c), PERSON.activity, PERSON.sensitivity, for_hours=False
    )
    return ladder(PERSON.style).at(float(needed_clo))


def _worn_clo(dressed: Dressed) -> Floats:
    """The insulation of what is on hour by hour, as the timeline says, (H,)."""
    worn: Floats = dressed.outfit.clo_by_state[dressed.states]
    return worn


def _nearest_clo(outfit: Outfit, needed_clo: Floats) -> Floats:
    """The same where layers come off whenever that is nearer to what our forecast asks for: the
    prototype told nobody so much."""
    distance = np.abs(outfit.clo_by_state[:, None] - needed_clo)
    nearest: Floats = outfit.clo_by_state[distance.argmin(axis=0)]
    return nearest


def _clo_error(truth: Dressed, outfit: Outfit) -> float:
    return abs(outfit.clo - truth.outfit.clo)


def _hours_off(truth: Dressed, advised: Dressed, worn_clo: Floats) -> Scores:
    """The shares of hours outdoors in clothes that were wrong by more than `OFF_CLO`; NaN where
    they share no hour."""
    _, observed, forecast = np.intersect1d(
        truth.needs.weather.valid_at, advised.needs.weather.valid_at, return_indices=True
    )
    more_clo = worn_clo[forecast] - truth.needs.hourly_clo[observed]
    too_cold = _share(more_clo < -OFF_CLO)
    too_warm = _share(more_clo > OFF_CLO)
    return {
        "hours_off": too_cold + too_warm,
        "hours_too_cold": too_cold,
        "hours_too_warm": too_warm,
    }


def _share(hours: np.ndarray) -> float:
    return float(hours.mean()) if len(hours) else np.nan


def _wet(observed: Weather) -> float:
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
