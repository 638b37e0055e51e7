"""A station's temperature as that of one other station tells it.

Between two stations of one city the temperature differs by where the sea breeze is, how dry the air
is, and which of them the sun reaches first. What the other station's own hours, wind and dew point
tell of that is taken off.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats
from wearcast.forecasting.climatology import Climatology
from wearcast.forecasting.input_series import InputHours, comparable
from wearcast.forecasting.input_windows import window_means
from wearcast.forecasting.seasonal_slopes import (
    SeasonalSlopes,
    climatologies_as_json,
    climatologies_from_json,
    rounded,
)

_EARLIER_H: Final = (1, 3)
_MEAN_H: Final = (6, 24)
_DIURNAL: Final = 2
_SLOPE_HARMONICS: Final = 1
"""Of the year and of the day."""

_PARTS: Final = 4
_PART_D: Final = 30
"""What is left of training hours is told in so many parts: of one part's months by the others'."""

_Range = tuple[float, float]
_ANY_RANGE: Final[_Range] = (-1e6, 1e6)
"""Of a manifest that doesn't say what was seen."""


@dataclass(frozen=True)
class NeighbourTemperature:
    """What is told.

    Attributes:
        usual: what the station's temperature, and the other's temperature, wind and dew point
            depression usually are, by the season and the hour of the day.
        slopes: of the station's anomaly on the other's.
        seen: the least and the most that the anomalies of the other's wind and dew point depression
            were. What is beyond is no weather that the slopes know, rather a sensor of the other's.
    """

    usual: tuple[Climatology, ...]
    slopes: SeasonalSlopes
    seen: tuple[_Range, _Range]

    @classmethod
    def fit(cls, own: InputHours, other: InputHours, annual: int) -> "NeighbourTemperature":
        """Fit on training hours, NaN at all others.

        Args:
            own: the station's record.
            other: that of the other one.
            annual: harmonics of the year.
        """
        return cls._fit(own, other, annual, np.ones(len(own.valid_at), dtype=bool))

    @classmethod
    def left_unseen(cls, own: InputHours, other: InputHours, annual: int) -> Floats:
        """`left` of the training hours themselves, each by what is fitted on other months: (n,)."""
        days = own.valid_at.astype("datetime64[D]").astype(np.int64)
        part = days // _PART_D % _PARTS
        left = np.full(len(part), np.nan)
        for number in range(_PARTS):
            unseen = part == number
            fitted = cls._fit(own, other, annual, ~unseen)
            left[unseen] = fitted.left(own, other)[unseen]
        return left

    @classmethod
    def _fit(
        cls, own: InputHours, other: InputHours, annual: int, known: Flags
    ) -> "NeighbourTemperature":
        """Fit on those of the hours that are known, (n,)."""
        valid_at = own.valid_at[known]
        usual = []
        for column in _columns(own, other):
            usual.append(rounded(Climatology.fit(valid_at, column[known], annual, _DIURNAL)))
        *_, wind, depression = _anomalies(own, other, usual)
        seen = (_range(wind[known]), _range(depression[known]))
        temp_c, others = _told_by(own, other, usual, seen)
        slopes = SeasonalSlopes.fit(
            valid_at,
            [column[known] for column in others],
            temp_c[known],
            _SLOPE_HARMONICS,
            _SLOPE_HARMONICS,
        )
        return cls(tuple(usual), slopes, seen)

    def left(self, own: InputHours, other: InputHours) -> Floats:
        """The temperature of each hour without what is usual and what the other station tells of
        it, NaN where one of the temperatures isn't known: (n,)."""
        temp_c, others = _told_by(own, other, self.usual, self.seen)
        return temp_c - self.slopes.told(own.valid_at, others)

    def to_json(self) -> dict[str, Any]:
        """All of it, for the manifest."""
        return {
            "usual": climatologies_as_json(self.usual),
            "slopes": climatologies_as_json(self.slopes.slopes),
            "seen": self.seen,
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "NeighbourTemperature":
        """The one that `to_json` wrote."""
        slopes = SeasonalSlopes(climatologies_from_json(content["slopes"]))
        wind, depression = content.get("seen", (_ANY_RANGE, _ANY_RANGE))
        seen = (tuple(wind), tuple(depression))
        return cls(climatologies_from_json(content["usual"]), slopes, seen)


def _columns(own: InputHours, other: InputHours) -> list[Floats]:
    """The station's temperature, and the other's temperature, wind and dew point depression at its
    hours: (n,) each."""
    temp_c, dewpoint_c, wind_ms = (
        other.at(name, own.valid_at) for name in ("temp_c", "dewpoint_c", "wind_ms")
    )
    return [own.column("temp_c"), temp_c, comparable("wind_ms", wind_ms), temp_c - dewpoint_c]


def _anomalies(own: InputHours, other: InputHours, usual: Sequence[Climatology]) -> list[Floats]:
    """The columns without what is usual: (n,) each."""
    anomalies = []
    for column, normal in zip(_columns(own, other), usual, strict=True):
        anomalies.append(column - normal.at(own.valid_at))
    return anomalies


def _told_by(
    own: InputHours, other: InputHours, usual: Sequence[Climatology], seen: Sequence[_Range]
) -> tuple[Floats, list[Floats]]:
    """The station's anomaly, and what tells of it: the other's temperature, a little earlier and
    over the last hours as well, its wind and its dew point depression; these two are taken to be
    usual where they aren't known, or are such as they never were."""
    temp_c, of_other, *more = _anomalies(own, other, usual)
    earlier = [_earlier(of_other, hours) for hours in _EARLIER_H]
    means = [window_means(of_other, hours) for hours in _MEAN_H]
    within = [_within(one, values) for one, values in zip(seen, more, strict=True)]
    return temp_c, [of_other, *earlier, *means, *within]


def _range(values: Floats) -> _Range:
    """The least and the most, in whole numbers; what is usual where none is known."""
    known = values[np.isfinite(values)]
    if not len(known):
        return (0.0, 0.0)
    low, high = np.floor(known.min()), np.ceil(known.max())
    return (float(low), float(high))


def _within(seen: _Range, values: Floats) -> Floats:
    """The values, 0 where they aren't known or are beyond what was seen: (n,)."""
    low, high = seen
    return np.where((values >= low) & (values <= high), values, 0.0)


def _earlier(values: Floats, hours: int) -> Floats:
    """The value so many hours before each hour, its own where that isn't known: (n,)."""
    moved = np.full(len(values), np.nan)
    moved[hours:] = values[:-hours]
    return np.where(np.isfinite(moved), moved, values)
