"""What a station's other observations tell of its temperature: a sensor that reads too much is
found without any other station, since the dew point and the wind stay what they were."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from wearcast.forecasting.array_types import Floats
from wearcast.forecasting.climatology import Climatology
from wearcast.forecasting.input_series import InputHours, comparable, hourly_steps
from wearcast.forecasting.input_windows import window_means
from wearcast.forecasting.seasonal_slopes import (
    SeasonalSlopes,
    climatologies_as_json,
    climatologies_from_json,
    rounded,
)

_DAY_H: Final = 24
_FITTED_H: Final = 5 * _DAY_H
"""The means that the slopes are fitted on: what goes together from day to day, a front's wind and
its cold, isn't what goes together over weeks."""

_FEWEST_DAYS: Final = 60
_SLOPE_HARMONICS: Final = 1
"""Of the year: what the dew point tells of the temperature depends on the season. Two found a
little more in the years that they were tried on, and alarmed falsely in a later one."""


@dataclass(frozen=True)
class TemperatureRelation:
    """The relation in the training years.

    Attributes:
        usual: what the dew point, the wind and the steps from hour to hour usually are.
        slopes: of the temperature on each of them.
    """

    usual: tuple[Climatology, ...]
    slopes: SeasonalSlopes

    @classmethod
    def fit(cls, inputs: InputHours, annual: int) -> "TemperatureRelation | None":
        """Fit on training hours, NaN at all others; None where one of the variables isn't reported
        in enough of them."""
        valid_at = inputs.valid_at
        usual = []
        anomalies = []
        for values in (*_others(inputs), inputs.column("temp_c")):
            means = window_means(values, _FITTED_H)
            normal = rounded(Climatology.fit(valid_at, means, annual, 0))
            usual.append(normal)
            anomalies.append((means - normal.at(valid_at))[::_DAY_H])
        if np.isfinite(sum(anomalies)).sum() < _FEWEST_DAYS:
            return None
        *others, temp_c = anomalies
        harmonics = min(annual, _SLOPE_HARMONICS)
        slopes = SeasonalSlopes.fit(valid_at[::_DAY_H], others, temp_c, harmonics, 0)
        return cls(tuple(usual[:-1]), slopes)

    def left(self, inputs: InputHours, hours: int) -> Floats:
        """The mean temperature of windows without what the other variables tell of it: (n,)."""
        valid_at = inputs.valid_at
        anomalies = []
        for values, usual in zip(_others(inputs), self.usual, strict=True):
            anomalies.append(values - usual.at(valid_at))
        means = window_means(self.slopes.told(valid_at, anomalies), hours)
        return window_means(inputs.column("temp_c"), hours) - means

    def to_json(self) -> dict[str, Any]:
        """All of it, for the manifest."""
        return {
            "usual": climatologies_as_json(self.usual),
            "slopes": climatologies_as_json(self.slopes.slopes),
        }

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> "TemperatureRelation":
        """The one that `to_json` wrote."""
        slopes = SeasonalSlopes(climatologies_from_json(content["slopes"]))
        return cls(climatologies_from_json(content["usual"]), slopes)

    @classmethod
    def of_constant_slopes(cls, slopes: list[float]) -> "TemperatureRelation":
        """One whose slopes are the same in every season."""
        nothing = Climatology(0, 0, np.zeros(1))
        constant = tuple(Climatology(0, 0, np.array([slope])) for slope in slopes)
        return cls(tuple(nothing for _ in slopes), SeasonalSlopes(constant))


def _others(inputs: InputHours) -> list[Floats]:
    """What tells of the temperature without knowing its level: a sensor that reads 3 °C too much
    has the same steps from hour to hour."""
    return [
        inputs.column("dewpoint_c"),
        comparable("wind_ms", inputs.column("wind_ms")),
        hourly_steps(inputs.column("temp_c")),
    ]
