"""The scores of a day for two models, on the pairs of a forecast and an observation that both have.

They are made from what both models' ledgers keep, on the second day after it: by then its
observations are in, and the forecasts are still there. A day on whose second morrow no refresh ran
is left out, whatever its scores.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np

from wearcast.artifacts import read_json
from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.history import History
from wearcast.forecasting.station_climatology import StationClimatology
from wearcast.serving.experiment.paired_days import PairedScores
from wearcast.serving.refresh import forecast_files
from wearcast.serving.refresh.kept_forecasts import KeptForecasts, past_of_station
from wearcast.serving.refresh.realised_scores import (
    RAIN,
    SUMS,
    VARIABLES,
    PastForecasts,
    daily_sums,
)

AFTER_D: Final = 2
"""A day is scored so many days after it."""

_PAIRS: Final = SUMS.index("pairs")
_ERROR: Final = SUMS.index("error")
_INSIDE: Final = SUMS.index("inside_80")
_ADVICE: Final = ("clo_error", "right_said", "off")


@dataclass(frozen=True)
class Ledgers:
    """What two models' ledgers keep of forecasts of the same origin.

    Attributes:
        champion, variant: the folders of the origin in them, one a partition.
        climates: the champion's climatology of every station, which decides for both models alike
            which pairs count.
        horizon_h: how far ahead both models reach.
    """

    champion: Sequence[Path]
    variant: Sequence[Path]
    climates: Mapping[str, StationClimatology]
    horizon_h: int

    def scores(self, on: date, histories: Mapping[str, History]) -> tuple[int, PairedScores]:
        """How many pairs a day has, and both models' mean scores: of each variable's error, of rain
        the Brier score, of the 80 % interval's coverage, and of the advice.

        Args:
            on: the day.
            histories: by station what came.
        """
        kept = [_kept(folders, self.horizon_h) for folders in (self.champion, self.variant)]
        known: list[str] = []
        if all(kept):
            known = [id for id in histories if id in self.climates]
        count = 0
        both: list[list[dict[str, float]]] = [[], []]
        for station in known:
            history = histories[station]
            of_station = [past_of_station(parts, station) for parts in kept]
            pasts = _in_common(of_station)
            for scores, past in zip(both, pasts, strict=True):
                sums = self._sums(past, history, station, on)
                pairs = sums[0, _PAIRS]
                count += int(pairs)
                means = _means(sums)
                scores.append(means)
        told = [_mean(scores) for scores in both]
        advice = self._advice(on, histories)
        return count // 2, PairedScores(
            champion=told[0] | advice[0],
            variant=told[1] | advice[1],
        )

    def _sums(self, past: PastForecasts, history: History, station: str, on: date) -> Floats:
        """The day's sums over all leads, (V + 1, len(SUMS))."""
        days = np.array([np.datetime64(on, "D")])
        [sums] = daily_sums(past, history, self.climates[station], days)
        over_all_leads: Floats = sums.sum(axis=1)
        return over_all_leads

    def _advice(self, on: date, stations: Iterable[str]) -> list[dict[str, float]]:
        """Both models' mean scores of the advice for a date, at the stations where both have it."""
        files = [_judged(folders, on) for folders in (self.champion, self.variant)]
        both = [id for id in stations if all(file.get(id) for file in files)]
        told = []
        for file in files:
            scores = []
            for id in both:
                of_station = file[id]
                scores.append({name: of_station[name] for name in _ADVICE})
            told.append(_mean(scores))
        return told


def _kept(folders: Iterable[Path], horizon_h: int) -> list[KeptForecasts]:
    """The forecasts in a ledger, of each partition in the order of publication."""
    kept = []
    for folder in folders:
        for path in sorted((folder / forecast_files.FOLDER).glob("*.npz")):
            kept.append(KeptForecasts.from_bytes(path.read_bytes(), horizon_h))
    return kept


def _in_common(pasts: Sequence[PastForecasts]) -> list[PastForecasts]:
    """Two models' forecasts of a station, of the issue times that both have."""
    common = np.intersect1d(pasts[0].issued_at, pasts[1].issued_at)
    told = []
    for past in pasts:
        rows = np.searchsorted(past.issued_at, common)
        told.append(
            PastForecasts(
                issued_at=common,
                quantiles=past.quantiles[rows],
                rain_chance=past.rain_chance[rows],
                last=past.last[rows],
            )
        )
    return told


def _means(sums: Floats) -> dict[str, float]:
    """The mean scores of the variables that have pairs."""
    means = {}
    for name, of_variable in zip(VARIABLES, sums, strict=True):
        pairs = of_variable[_PAIRS]
        if not pairs:
            continue
        means[name] = of_variable[_ERROR] / pairs
        if name != RAIN:
            means[f"{name}_inside_80"] = of_variable[_INSIDE] / pairs
    return means


def _mean(scores: list[dict[str, float]]) -> dict[str, float]:
    """The mean over stations, of what any of them has."""
    names = {name for one in scores for name in one}
    told = {}
    for name in sorted(names):
        values = [one[name] for one in scores if name in one]
        told[name] = float(np.mean(values))
    return told


def _judged(folders: Iterable[Path], on: date) -> dict[str, Any]:
    judged: dict[str, Any] = {}
    for folder in folders:
        path = folder / "advice" / f"{on}.json"
        if path.exists():
            judged |= read_json(path)
    return judged
