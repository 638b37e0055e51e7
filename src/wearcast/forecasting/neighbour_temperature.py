"""A station's temperature as that of one other station tells it.

Between two stations of one city the temperature differs by where the sea breeze is, how dry the air
is, and which of them the sun reaches first. What the other station's own hours, wind and dew point
tell of that is taken off.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats
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

_FEWEST_H: Final = 60 * 24


@dataclass(frozen=True)
class NeighbourTemperature:
    """What is told.

    Attributes:
        usual: what the station's temperature, and the other's temperature, wind and dew point
            depression usually are, by the season and the hour of the day.
        slopes: of the station's anomaly on the other's.
    """

    usual: tuple[Climatology, ...]
    slopes: SeasonalSlopes

    @classmethod
    def fit(cls, own: InputHours, other: InputHours, annual: int) -> "NeighbourTemperature | None":
        """Fit on training hours, NaN at all others; None where too few have both temperatures.

        Args:
            own: the station's record.
            other: that of the other one.
            annual: harmonics of the year.
        """
        valid_at = own.valid_at
        columns = _columns(own, other)
        if np.isfinite(columns[0] + columns[1]).sum() < _FEWEST_H:
            return None
        usual = []
        for column in columns:
            usual.append(rounded(Climatology.fit(valid_at, column, annual, _DIURNAL)))
        temp_c, others = _anomalies(own, other, usual)
        slopes = SeasonalSlopes.fit(valid_at, others, temp_c, _SLOPE_HARMONICS, _SLOPE_HARMONICS)
        return cls(tuple(usual), slopes)

    def left(self, own: InputHours, other: InputHours) -> Floats:
        """The temperature of each hour without what is usual and what the other station tells of
        it, NaN where one of the temperatures isn't known: (n,)."""
        temp_c, others = _anomalies(own, other, self.usual)
        return temp_c - self.slopes.told(own.valid_at, others)

    def to_json(self) -> dict[str, Any]:
        """All of it, for the manifest."""
        return {
            "usual": climatologies_as_json(self.usual),
            "slopes": climatologies_as_json(self.slopes.slopes),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "NeighbourTemperature":
        """The one that `to_json` wrote."""
        slopes = SeasonalSlopes(climatologies_from_json(content["slopes"]))
        return cls(climatologies_from_json(content["usual"]), slopes)


def _columns(own: InputHours, other: InputHours) -> list[Floats]:
    """The station's temperature, and the other's temperature, wind and dew point depression at its
    hours: (n,) each."""
    temp_c, dewpoint_c, wind_ms = (
        other.at(name, own.valid_at) for name in ("temp_c", "dewpoint_c", "wind_ms")
    )
    return [own.column("temp_c"), temp_c, comparable("wind_ms", wind_ms), temp_c - dewpoint_c]


def _anomalies(
    own: InputHours, other: InputHours, usual: list[Climatology] | tuple[Climatology, ...]
) -> tuple[Floats, list[Floats]]:
    """The station's anomaly, and what tells of it: the other's temperature, a little earlier and
    over the last hours as well, its wind and its dew point depression; these two are taken to be
    usual where they aren't known."""
    anomalies = []
    for column, normal in zip(_columns(own, other), usual, strict=True):
        anomalies.append(column - normal.at(own.valid_at))
    temp_c, of_other, wind, depression = anomalies
    earlier = [_earlier(of_other, hours) for hours in _EARLIER_H]
    means = [window_means(of_other, hours) for hours in _MEAN_H]
    return temp_c, [of_other, *earlier, *means, np.nan_to_num(wind), np.nan_to_num(depression)]


def _earlier(values: Floats, hours: int) -> Floats:
    """The value so many hours before each hour, its own where that isn't known: (n,)."""
    moved = np.full(len(values), np.nan)
    moved[hours:] = values[:-hours]
    return np.where(np.isfinite(moved), moved, values)
