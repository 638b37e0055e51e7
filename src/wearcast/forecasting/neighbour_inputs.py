"""How a station's observations differ from those of the nearest stations: what is wrong at one of
them shows within two days, as all of them have the same weather."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.climatology import Climatology
from wearcast.forecasting.input_series import InputHours, comparable
from wearcast.forecasting.input_windows import MARGIN_OF_PART, WindowReference, window_means
from wearcast.forecasting.neighbour_temperature import NeighbourTemperature

NEIGHBOURS: Final = 2
"""A station is compared with so many others at most, the nearest."""

TOLD: Final = "temp_c"
"""The variable of which another station's record tells more than its difference."""

COMPARED: Final = ("temp_c", "dewpoint_c", "wind_ms", "pressure_hpa")

_DAY_H: Final = 24
_WINDOWS_H: Final = (24, 48, 14 * 24)
_LEAST: Final = {
    "temp_c": 1.5,
    "dewpoint_c": 4.0,
    "wind_ms": float(np.log(2)),
    "pressure_hpa": 2.5,
}
"""The least differences that are an alarm, in the variable's unit; of the wind's logarithm."""

_MARGIN: Final = 1.0
_HOURLY_VARIANCES: Final = (0.2, 5.0)
"""What the variance of an hour of the day may be of that of the day."""


@dataclass(frozen=True)
class Difference:
    """How a variable of a station differs from that of one other station.

    Attributes:
        other: its id, or whatever it is that tells the same hours.
        weights: of the 24 hours of the day, UTC: a sea breeze that reaches only one of two stations
            makes its hours worth little.
        windows: of the mean difference.
        told: of the temperature, what the other station tells of it; None for the plain difference.
    """

    other: str
    weights: Floats
    windows: tuple[WindowReference, ...]
    told: NeighbourTemperature | None = None

    @classmethod
    def fit(
        cls,
        valid_at: Hours,
        difference: Floats,
        other: str,
        annual: int,
        of_part: float = MARGIN_OF_PART,
    ) -> "Difference | None":
        """Fit on training hours, (n,), NaN at all others; None where they hold too little."""
        if not np.isfinite(difference).any():
            return None
        weights = _hourly_weights(valid_at, difference, annual)
        fitted = []
        for hours in _WINDOWS_H:
            means = window_means(difference, hours, weights[_hour_of_day(valid_at)])
            window = WindowReference.fit(valid_at, means, hours, annual, _MARGIN, of_part)
            if window is None:
                return None
            fitted.append(window)
        return cls(other, weights, tuple(fitted))

    @classmethod
    def fit_told(
        cls, own: InputHours, other: InputHours, id: str, annual: int
    ) -> "Difference | None":
        """Fit that of the temperature to what the other station tells of it."""
        told = NeighbourTemperature.fit(own, other, annual)
        if told is None:
            return None
        fitted = cls.fit(own.valid_at, told.left(own, other), id, annual)
        return replace(fitted, told=told) if fitted else None

    def means(self, name: str, own: InputHours, other: InputHours) -> list[Floats]:
        """The mean difference of each of the windows, (n,)."""
        left = self.told.left(own, other) if self.told else difference(name, own, other)
        weights = self.weights[_hour_of_day(own.valid_at)]
        return [window_means(left, hours, weights) for hours in _WINDOWS_H]

    def apart(self, name: str, own: InputHours, others: Mapping[str, InputHours]) -> list[Floats]:
        """Of each of the windows, how far the mean difference is from what is usual, (n,)."""
        means = self.means(name, own, others[self.other])
        apart = []
        for window, mean in zip(self.windows, means, strict=True):
            apart.append(window.apart(own.valid_at, mean))
        return apart

    def scores(self, name: str, own: InputHours, other: InputHours) -> dict[int, Floats]:
        """By the windows' length, how near each hour is to an alarm: (n,)."""
        scores = {}
        for window, means in zip(self.windows, self.means(name, own, other), strict=True):
            scores[window.hours] = window.score(own.valid_at, means, _LEAST[name])
        return scores

    def to_json(self) -> dict[str, Any]:
        """All of it, for the manifest."""
        told = {"told": self.told.to_json()} if self.told else {}
        return {
            "other": self.other,
            "weights": self.weights.tolist(),
            "windows": [window.to_json() for window in self.windows],
            **told,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Difference":
        """The one that `to_json` wrote."""
        windows = [WindowReference.from_json(one) for one in content["windows"]]
        told = None
        if "told" in content:
            told = NeighbourTemperature.from_json(content["told"])
        return cls(content["other"], np.array(content["weights"]), tuple(windows), told)


@dataclass(frozen=True)
class NeighbourInputs:
    """How a variable of a station differs from that of its neighbours.

    Attributes:
        differences: from each of them.
        agreeing: of windows in which it differs from both in the same direction, the smaller
            difference; empty where there is one neighbour. A neighbour that is wrong itself makes
            the one difference large and not the other.
    """

    differences: tuple[Difference, ...]
    agreeing: tuple[WindowReference, ...]

    @classmethod
    def fit(
        cls, name: str, own: InputHours, others: Mapping[str, InputHours], annual: int
    ) -> "NeighbourInputs | None":
        """Fit on training hours, NaN at all others; None where there is nothing to compare.

        Args:
            name: the variable's.
            own: the station's record.
            others: those of its neighbours, the nearest first.
            annual: harmonics of the year.
        """
        valid_at = own.valid_at
        fitted = []
        for id, other in others.items():
            if name == TOLD:
                fitted.append(Difference.fit_told(own, other, id, annual))
            else:
                left = difference(name, own, other)
                fitted.append(Difference.fit(valid_at, left, id, annual))
        differences = tuple(one for one in fitted if one)[:NEIGHBOURS]
        if not differences:
            return None
        alone = cls(differences, ())
        if len(differences) == 1:
            return alone
        agreeing = []
        for hours, smaller in zip(_WINDOWS_H, alone._agreeing(name, own, others), strict=True):
            window = WindowReference.fit(valid_at, smaller, hours, annual, _MARGIN)
            if window is None:
                return cls(differences[:1], ())
            agreeing.append(window)
        return cls(differences, tuple(agreeing))

    def scores(
        self, name: str, own: InputHours, others: Mapping[str, InputHours]
    ) -> dict[int, Floats]:
        """By the windows' length, how near each hour is to an alarm: (n,), NaN where a neighbour
        isn't known. Where two are at hand, the station has to differ from both, and alike.

        Args:
            name: the variable's.
            own: the station's hours.
            others: those of other stations; which aren't there aren't compared.
        """
        near = [one for one in self.differences if one.other in others]
        if not near:
            return {}
        if not self.agreeing or len(near) < len(self.differences):
            return near[0].scores(name, own, others[near[0].other])
        scores = {}
        for window, statistic in zip(self.agreeing, self._agreeing(name, own, others), strict=True):
            scores[window.hours] = window.score(own.valid_at, statistic, _LEAST[name])
        return scores

    def _agreeing(
        self, name: str, own: InputHours, others: Mapping[str, InputHours]
    ) -> list[Floats]:
        """By window, the smaller of the two differences from what is usual, 0 where they have
        opposite signs, NaN where one isn't known: (n,)."""
        first, second = (one.apart(name, own, others) for one in self.differences)
        return [_smaller(a, b) for a, b in zip(first, second, strict=True)]

    def to_json(self) -> dict[str, Any]:
        """All of it, for the manifest."""
        return {
            "differences": [one.to_json() for one in self.differences],
            "agreeing": [window.to_json() for window in self.agreeing],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "NeighbourInputs":
        """The one that `to_json` wrote."""
        differences = [Difference.from_json(one) for one in content["differences"]]
        agreeing = [WindowReference.from_json(one) for one in content["agreeing"]]
        return cls(tuple(differences), tuple(agreeing))


def difference(name: str, own: InputHours, other: InputHours) -> Floats:
    """Hour by hour, (n,)."""
    values = comparable(name, own.column(name))
    return values - comparable(name, other.at(name, own.valid_at))


def _smaller(first: Floats, second: Floats) -> Floats:
    agree = np.sign(first) == np.sign(second)
    smaller = np.where(np.abs(first) < np.abs(second), first, second)
    either = np.where(agree, smaller, 0.0)
    return np.where(np.isfinite(first + second), either, np.nan)


def _hour_of_day(valid_at: Hours) -> Any:
    return valid_at.astype(np.int64) % _DAY_H


def _hourly_weights(valid_at: Hours, difference: Floats, annual: int) -> Floats:
    """The inverse variance of the difference at each hour of the day, 1 on average: (24,)."""
    usual = Climatology.fit(valid_at, difference, annual, 3)
    squared = (difference - usual.at(valid_at)) ** 2
    known = np.isfinite(squared)
    hour = _hour_of_day(valid_at)[known]
    total = np.bincount(hour, squared[known], _DAY_H)
    count = np.bincount(hour, minlength=_DAY_H)
    overall = float(squared[known].mean())
    variance = total / np.maximum(count, 1)
    lowest, highest = (share * overall for share in _HOURLY_VARIANCES)
    weights = 1 / np.clip(variance, max(lowest, 1e-9), max(highest, 1e-9))
    on_average_1: Floats = weights / weights.mean()
    return on_average_1.round(3)
