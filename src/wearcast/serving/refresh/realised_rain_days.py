"""What past chances of a wet day were worth once the day had come, beside persistence and the
climatology of wet days on the same days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.config import Station
from wearcast.forecasting.history import History
from wearcast.forecasting.rain_days import RainDays, UsualRain
from wearcast.forecasting.verification import rounded
from wearcast.vocabulary import lead_ranges

PERIODS_D: Final = (2, 14)
"""The scores told are of so many whole local days, yesterday the last of them."""

_FIRST_LEADS_D: Final = (1, 2, 4)
_MOST_LEAD_D: Final = 7
_RANGES: Final = lead_ranges(_MOST_LEAD_D, _FIRST_LEADS_D)
_ALL: Final = "all"
_DIGITS: Final = 4
_DAY: Final = np.timedelta64(1, "D")

Chances = Mapping[np.datetime64, float]
"""By local date, of a wet hour in it."""


@dataclass(frozen=True)
class PastRainDays:
    """The chances of wet days in past forecasts, and what came.

    Attributes:
        measured: by station, the observations.
        usual: by station, how often its days are wet.
        chances: by station and the local date of issue, of the days after it.
    """

    measured: Mapping[str, History]
    usual: UsualRain
    chances: Mapping[str, Mapping[np.datetime64, Chances]]

    def told(self, stations: Iterable[Station]) -> dict[str, Any]:
        """By station, number of days and range of leads in days, the mean scores of the days for
        which all is known; a range without any is left out."""
        told = {}
        for station in stations:
            if station.id in self.measured and station.id in self.usual:
                told[station.id] = {"last_days_rain": self._of_station(station)}
        return told

    def _of_station(self, station: Station) -> dict[str, Any]:
        measured = self.measured[station.id]
        newest = measured.until(measured.issued_at, (_longest_d() + 2) * 24)
        came = RainDays.of(newest, station)
        today = came.dates[-1]
        dates = np.arange(today - max(PERIODS_D) * _DAY, today)
        usual = self.usual[station.id]
        usual_chances = {date: usual.chance(date) for date in dates}
        told: dict[str, Any] = {}
        for period_d in PERIODS_D:
            newest_dates = dict(list(usual_chances.items())[-period_d:])
            told[str(period_d)] = self._figures(station.id, came, newest_dates)
        return told

    def _figures(self, station: str, came: RainDays, usual: Chances) -> dict[str, Any]:
        """The scores of the dates whose usual chances these are."""
        by_range: dict[str, list[list[float]]] = {}
        of_station = self.chances.get(station, {})
        for date in usual:
            for issued_on, chances in of_station.items():
                lead_d = int((date - issued_on).astype(np.int64))
                if not 1 <= lead_d <= _MOST_LEAD_D:
                    continue
                scores = _scores(
                    came,
                    date,
                    issued_on,
                    chances,
                    usual,
                )
                if scores:
                    for leads in (_range_of(lead_d), _ALL):
                        by_range.setdefault(leads, []).append(scores)
        return {leads: _means(rows) for leads, rows in sorted(by_range.items())}


def _scores(
    came: RainDays,
    date: np.datetime64,
    issued_on: np.datetime64,
    chances: Chances,
    usual: Chances,
) -> list[float]:
    """The squared errors of the forecast, persistence and the climatology, and forecast minus what
    came; empty where one of them isn't known."""
    wet = came.was_wet(date)
    said = chances.get(date, float("nan"))
    before = came.was_wet(issued_on - _DAY)
    scores = [
        (said - wet) ** 2,
        (before - wet) ** 2,
        (usual[date] - wet) ** 2,
        said - wet,
    ]
    return scores if np.isfinite(scores).all() else []


def _means(rows: list[list[float]]) -> dict[str, Any]:
    brier, persistence, climatology, bias = np.mean(rows, axis=0).tolist()
    return {
        "days": len(rows),
        "brier": rounded(brier, _DIGITS),
        "persistence_brier": rounded(persistence, _DIGITS),
        "climatology_brier": rounded(climatology, _DIGITS),
        "bias": rounded(bias, _DIGITS),
    }


def _range_of(lead_d: int) -> str:
    """The name of the range that a lead is in: "1", "2-3", "4-7"."""
    for first, last in _RANGES.values():
        if first <= lead_d <= last:
            return f"{first}-{last}" if last > first else f"{first}"
    raise ValueError(f"{lead_d} days are in no range")


def _longest_d() -> int:
    """The days whose rain has to be known: those judged, and those before the first forecasts."""
    return max(PERIODS_D) + _MOST_LEAD_D
