"""How good the advice is, in the users' terms: for past evenings, what was advised beside what the
weather then asked for, and beside what people wear."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.clothing.bands import band_with_frost, names_with_frost
from wearcast.clothing.garment_groups import GROUPS
from wearcast.clothing.hindcast_cases import CLIMATOLOGY_DRIFT, NETWORK, StationHindcasts
from wearcast.clothing.judged_day import (
    COMPARED,
    OBSERVED,
    RIVALS,
    SCORES,
    JudgedDay,
    ScoresByDriver,
    WornHours,
)
from wearcast.config import Evaluate, Station
from wearcast.errors import ModelError
from wearcast.forecasting import verification as v
from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.guidance_record import GuidanceRecord
from wearcast.forecasting.history import History
from wearcast.forecasting.split import Role, Split
from wearcast.vocabulary import reported_days

_DIGITS = 3

SAID_BINS: Final = 10
"""Of the share of hours that the advice says to be right."""

_ROUNDING: Final = 1e-9


@dataclass(frozen=True)
class Judged:
    """Scores of N evenings' advice.

    Attributes:
        issued_at: UTC, (N,).
        days: how many days ahead are judged, D of them.
        scores: by score and driver, (N, D), NaN where an evening tells nothing of it.
        mean_c: the observed mean air temperature of each day, (N, D).
        worn: the hours outdoors of the first day ahead, as our forecast's advice has them.
        was_wet: 1 where an hour outdoors was wet, 0 where none was, NaN where nobody knows, (N, D).
        rain_chance: of a wet hour outdoors by driver, NaN where it isn't known, (N, D).
        passed_over: how many evenings more a forecast could be made on, but not be judged, since
            hours are missing on the days.
    """

    issued_at: Hours
    days: tuple[int, ...]
    scores: Mapping[str, Mapping[str, Floats]]
    mean_c: Floats
    worn: WornHours
    was_wet: Floats
    rain_chance: Mapping[str, Floats]
    passed_over: int = 0

    def metrics(self, settings: Evaluate) -> dict[str, Any]:
        """Every score by driver and day ahead, and by how much our forecast's differs from each
        rival's, with intervals; how sure against how right; beside what people wear."""
        scores: dict[str, dict[str, Any]] = {}
        network_minus: dict[str, dict[str, Any]] = {}
        for score, by_driver in self.scores.items():
            scores[score] = {
                driver: self._by_day(values, settings) for driver, values in by_driver.items()
            }
            if score in COMPARED:
                network_minus[score] = {
                    rival: self._by_day(by_driver[NETWORK] - by_driver[rival], settings)
                    for rival in RIVALS
                    if rival in by_driver
                }
        return {
            "evenings": len(self.issued_at),
            "evenings_passed_over": self.passed_over,
            "scores": scores,
            "network_minus": network_minus,
            "certainty": self.certainty(),
            "beside_people": self.beside_people(),
            "garments": self.garments(),
        }

    def _by_day(self, values: Floats, settings: Evaluate) -> dict[str, dict[str, float | None]]:
        by_day = {}
        for day, of_day in zip(self.days, values.T, strict=True):
            mean = v.mean_with_interval(of_day, self.issued_at, settings.bootstrap, settings.seed)
            by_day[f"day_{day}"] = mean.to_json(_DIGITS)
        return by_day

    def rain(self) -> dict[str, Any]:
        """The chance of a wet hour outdoors by day ahead, over the days whose rain is known: how
        often there was one, and of our forecast and what is usual for the time of year the mean
        chance and the Brier score."""
        said = {}
        brier = {}
        for driver in (NETWORK, CLIMATOLOGY_DRIFT):
            chance = self.rain_chance[driver]
            known = np.where(np.isnan(self.was_wet), np.nan, chance)
            said[driver] = self._mean_by_day(known)
            brier[driver] = self._mean_by_day((known - self.was_wet) ** 2, digits=4)
        return {"observed": self._mean_by_day(self.was_wet), "said": said, "brier": brier}

    def _mean_by_day(self, values: Floats, digits: int = _DIGITS) -> dict[str, float | None]:
        means = v.known_mean(values)
        return {
            f"day_{day}": v.rounded(float(mean), digits)
            for day, mean in zip(self.days, means, strict=True)
        }

    def certainty(self) -> list[dict[str, Any]]:
        """How right our advice was where it said to be so sure: a row a bin of the share of hours
        said to be right, with how many days fall into it, and of these the mean shares said and
        observed."""
        said = self.scores["hours_right_said"][NETWORK].ravel()
        right = 1 - self.scores["hours_off_tight"][NETWORK].ravel()
        known = np.isfinite(said) & np.isfinite(right)
        bins = np.minimum(np.floor(said * SAID_BINS + _ROUNDING), SAID_BINS - 1)
        rows = []
        for i in np.unique(bins[known]).astype(int).tolist():
            chosen = known & (bins == i)
            rows.append(
                {
                    "said_from": round(i / SAID_BINS, _DIGITS),
                    "said_to": round((i + 1) / SAID_BINS, _DIGITS),
                    "days": int(chosen.sum()),
                    "said": v.rounded(said[chosen].mean(), _DIGITS),
                    "right": v.rounded(right[chosen].mean(), _DIGITS),
                }
            )
        return rows

    def beside_people(self) -> dict[str, dict[str, dict[str, float | None]]]:
        """By driver and band of the observed daily mean, how many first days ahead there are, and
        the mean of the outfit minus the Korean table and minus UTCI's clothing, in clo."""
        bands = band_with_frost(self.mean_c[:, 0])
        by_driver = {}
        for driver in (NETWORK, OBSERVED):
            by_band = {}
            for band in np.unique(bands).tolist():
                chosen = bands == band
                by_band[names_with_frost()[band]] = {
                    "days": int(chosen.sum()),
                    "minus_table_clo": self._first_day_mean("above_table_clo", driver, chosen),
                    "minus_utci_clo": self._first_day_mean("above_utci_clo", driver, chosen),
                }
            by_driver[driver] = by_band
        return by_driver

    def _first_day_mean(self, score: str, driver: str, chosen: np.ndarray) -> float | None:
        values = self.scores[score][driver][chosen, 0]
        return v.rounded(float(values.mean()), _DIGITS)

    def garments(self) -> dict[str, dict[str, float | None]]:
        """Of each kind of garment, the share of hours outdoors in which our advice for the next day
        has it on, and the 10, 50 and 90 % quantiles of how these hours felt, in °C."""
        by_group = {}
        for group in GROUPS:
            on = self.worn.on[group]
            feels_c = self.worn.feels_c[on]
            quantiles = np.quantile(feels_c, (0.1, 0.5, 0.9)) if len(feels_c) else [np.nan] * 3
            p10, p50, p90 = (v.rounded(float(value), 1) for value in quantiles)
            share = v.rounded(float(on.mean()) if len(on) else np.nan, _DIGITS)
            by_group[group] = {"share": share, "p10_c": p10, "p50_c": p50, "p90_c": p90}
        return by_group


def judge(
    stations: Sequence[Station],
    histories: Mapping[str, History],
    split: Split,
    forecaster: Forecaster,
    role: Role,
    guidance: Mapping[str, GuidanceRecord] | None = None,
) -> Judged:
    """Judge the advice of every evening of the role's hours; `histories` holds each station's whole
    record by its id, `guidance` the numerical forecasts of those that have any.

    Raises:
        ModelError: there is no evening that a forecast can be made from and whole days follow.
    """
    issued_at: list[np.datetime64] = []
    scores: list[list[ScoresByDriver]] = []
    mean_c: list[list[float]] = []
    worn: list[WornHours] = []
    was_wet: list[list[float]] = []
    rain_chance: list[list[Mapping[str, float]]] = []
    passed_over = 0
    for station in stations:
        hindcasts = StationHindcasts(
            station=station,
            history=histories[station.id],
            split=split,
            forecaster=forecaster,
            guidance=guidance.get(station.id) if guidance else None,
        )
        passed_over += hindcasts.passed_over(role)
        for evening in hindcasts.evenings(role):
            issued_at.append(evening.issued_at)
            days = zip(evening.observed, evening.forecasts, strict=True)
            judged = [JudgedDay.of(observed, forecasts) for observed, forecasts in days]
            scores.append([day.scores for day in judged])
            mean_c.append([day.mean_c for day in judged])
            worn.append(judged[0].worn)
            was_wet.append([day.was_wet for day in judged])
            rain_chance.append([day.rain_chance for day in judged])
    horizon_h = forecaster.manifest.standardization.horizon_h
    if not issued_at:
        raise ModelError(
            f"no {role} evening can be judged: none has enough of its past, all {horizon_h} hours"
            " of a forecast in its own part of the split, and days without a missing temperature"
            f" ({passed_over} lack only these). Give a longer record or another split."
        )
    return Judged(
        issued_at=np.array(issued_at),
        days=reported_days(horizon_h),
        scores=_stacked(scores),
        mean_c=np.array(mean_c),
        worn=_joined(worn),
        was_wet=np.array(was_wet),
        rain_chance={
            driver: np.array([[day[driver] for day in days] for days in rain_chance])
            for driver in rain_chance[0][0]
        },
        passed_over=passed_over,
    )


def _stacked(evenings: Sequence[Sequence[ScoresByDriver]]) -> dict[str, dict[str, Floats]]:
    """By score and driver, (evenings, days)."""
    stacked: dict[str, dict[str, Floats]] = {score: {} for score in SCORES}
    for driver, scores in evenings[0][0].items():
        for score in scores:
            values = [[day[driver][score] for day in days] for days in evenings]
            stacked[score][driver] = np.array(values)
    return stacked


def _joined(worn: Sequence[WornHours]) -> WornHours:
    return WornHours(
        feels_c=np.concatenate([hours.feels_c for hours in worn]),
        on={group: np.concatenate([hours.on[group] for hours in worn]) for group in GROUPS},
    )
