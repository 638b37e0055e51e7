"""How a station's observations differ from those of the nearest stations: what is wrong at one of
them shows within two days, as all of them have the same weather."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Hours
from wearcast.forecasting.climatology import Climatology
from wearcast.forecasting.data_coverage import uncovered
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
_ANY_HOURS: Final = 0
"""Harmonics of the day that have to be covered: hours that a station never reports are in no
window."""

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
        """Fit on training hours, (n,), NaN at all others; None where they hold too little, or leave
        out a season: what is usual in it can't be told from the others."""
        if uncovered(valid_at, difference, annual, _ANY_HOURS):
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

    def telling(self, name: str, own: InputHours, other: InputHours, annual: int) -> "Difference":
        """The same; of the temperature with what the other station tells of it."""
        if name != TOLD:
            return self
        return replace(self, told=NeighbourTemperature.fit(own, other, annual))

    def means(self, name: str, own: InputHours, others: Mapping[str, InputHours]) -> list[Floats]:
        """The mean difference of each of the windows, (n,)."""
        other = others[self.other]
        left = self.told.left(own, other) if self.told else difference(name, own, other)
        return self.means_of(own.valid_at, left)

    def means_of(self, valid_at: Hours, difference: Floats) -> list[Floats]:
        """The mean of each of the windows, (n,), of a difference, (n,)."""
        weights = self.weights[_hour_of_day(valid_at)]
        return [window_means(difference, hours, weights) for hours in _WINDOWS_H]

    def apart(self, valid_at: Hours, means: Sequence[Floats]) -> list[Floats]:
        """Of each of the windows, how far the mean difference is from what is usual, (n,)."""
        apart = []
        for window, mean in zip(self.windows, means, strict=True):
            apart.append(window.apart(valid_at, mean))
        return apart

    def scores(self, name: str, valid_at: Hours, means: Sequence[Floats]) -> dict[int, Floats]:
        """By the windows' length, how near the mean differences of each hour are to an alarm:
        (n,)."""
        scores = {}
        for window, mean in zip(self.windows, means, strict=True):
            scores[window.hours] = window.score(valid_at, mean, _LEAST[name])
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
        fitted: list[Difference] = []
        means: list[list[Floats]] = []
        for id, other in others.items():
            if len(fitted) < NEIGHBOURS:
                left = _unseen(name, own, other, annual)
                one = Difference.fit(valid_at, left, id, annual)
                if one:
                    means.append(one.means_of(valid_at, left))
                    fitted.append(one.telling(name, own, other, annual))
        if not fitted:
            return None
        alone = cls(tuple(fitted), ())
        if len(fitted) == 1:
            return alone
        agreeing = []
        for hours, smaller in zip(_WINDOWS_H, alone._agreeing(valid_at, means), strict=True):
            window = WindowReference.fit(valid_at, smaller, hours, annual, _MARGIN)
            if window is None:
                return cls(alone.differences[:1], ())
            agreeing.append(window)
        return cls(alone.differences, tuple(agreeing))

    def scores(
        self, name: str, own: InputHours, others: Mapping[str, InputHours]
    ) -> dict[int, Floats]:
        """By the windows' length, how near each hour is to an alarm: (n,), NaN where no neighbour
        is known. Where two are, the station has to differ from both, and alike.

        Args:
            name: the variable's.
            own: the station's hours.
            others: those of other stations; which aren't there aren't compared.
        """
        near = [one for one in self.differences if one.other in others]
        if not near:
            return {}
        valid_at = own.valid_at
        means = [one.means(name, own, others) for one in near]
        alone = [
            one.scores(name, valid_at, of_one) for one, of_one in zip(near, means, strict=True)
        ]
        if not self.agreeing or len(near) < len(self.differences):
            return alone[0]
        scores = {}
        for window, smaller in zip(self.agreeing, self._agreeing(valid_at, means), strict=True):
            of_both = window.score(valid_at, smaller, _LEAST[name])
            of_known = np.fmax(*(of_one[window.hours] for of_one in alone))
            scores[window.hours] = np.where(np.isfinite(of_both), of_both, of_known)
        return scores

    def _agreeing(self, valid_at: Hours, means: Sequence[Sequence[Floats]]) -> list[Floats]:
        """By window, the smaller of the two differences from what is usual, 0 where they have
        opposite signs, NaN where one isn't known: (n,)."""
        first, second = (
            one.apart(valid_at, of_one) for one, of_one in zip(self.differences, means, strict=True)
        )
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


def _unseen(name: str, own: InputHours, other: InputHours, annual: int) -> Floats:
    """The difference that limits are fitted on, (n,): of the temperature without what the other
    station tells of hours that it wasn't fitted on, as a refresh has none that it was."""
    if name == TOLD:
        return NeighbourTemperature.left_unseen(own, other, annual)
    return difference(name, own, other)


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
