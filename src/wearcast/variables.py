"""The weather's variables: each one's name, unit, possible range and digits, once for all rooms.

Standard library only. Conversions are plain arithmetic: they take a float or an array of any shape,
and return the same.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol, Self, TypeVar

from wearcast.vocabulary import Units


class Arithmetic(Protocol):
    """A float, or an array of floats."""

    def __add__(self, other: float, /) -> Self: ...
    def __sub__(self, other: float, /) -> Self: ...
    def __mul__(self, other: float, /) -> Self: ...
    def __truediv__(self, other: float, /) -> Self: ...


Value = TypeVar("Value", bound=Arithmetic)

_C_TO_F: Final = 1.8
_MS_TO_MPH: Final = 2.23694
_MM_IN_AN_INCH: Final = 25.4


def fahrenheit(temp_c: Value) -> Value:
    """A temperature in °F."""
    return temp_c * _C_TO_F + 32


def fahrenheit_difference(difference_c: Value) -> Value:
    """A difference of temperatures in °F."""
    return difference_c * _C_TO_F


def mph(wind_ms: Value) -> Value:
    """A speed in miles an hour."""
    return wind_ms * _MS_TO_MPH


def inches(precip_mm: Value) -> Value:
    """A depth in inches."""
    return precip_mm / _MM_IN_AN_INCH


def millimetres(precip_in: Value) -> Value:
    """A depth in millimetres."""
    return precip_in * _MM_IN_AN_INCH


def same(value: Value) -> Value:
    """A value whose unit is the same in both systems."""
    return value


@dataclass(frozen=True)
class Scale:
    """How a variable is shown in one system of units.

    Attributes:
        name: of its values, with the unit in it.
        unit: the unit's symbol.
        digits: after the point.
        convert: from the variable's own unit.
    """

    name: str
    unit: str
    digits: int
    convert: Callable[[Any], Any] = same


@dataclass(frozen=True)
class Variable:
    """A quantity of the weather.

    Attributes:
        metric: its name, unit and digits; what is stored is in this unit.
        label: what figures call it.
        low, high: its possible values.
        plausible_mean: no place where people dress for the weather has a mean of many hours
            outside this; a file that has was most likely read in a wrong unit.
        imperial: how it is shown in imperial units, where that differs.
        above_low: whether `low` itself is impossible.
        period_h: how many hours, ending at valid_at, it is the sum, mean or maximum of; 0 where it
            is of the moment.
        summed: whether it is their sum.
        in_history: whether a forecast is made from it.
        in_forecast: whether it is forecast.
    """

    metric: Scale
    label: str
    low: float
    high: float
    plausible_mean: tuple[float, float] = (-math.inf, math.inf)
    imperial: Scale | None = None
    above_low: bool = False
    period_h: int = 0
    summed: bool = False
    in_history: bool = True
    in_forecast: bool = False

    @property
    def name(self) -> str:
        """The name that it is stored under."""
        return self.metric.name

    @property
    def rate(self) -> str:
        """The symbol of its unit, of a sum with the hours that it is of."""
        per = "h" if self.period_h == 1 else f"{self.period_h} h"
        return f"{self.metric.unit}/{per}" if self.summed else self.metric.unit

    def scale(self, units: Units) -> Scale:
        """How it is shown in a system of units."""
        return self.imperial if units == "imperial" and self.imperial else self.metric

    def impossible(self, value: Any) -> Any:
        """Whether a float, or each value of an array, is outside its range; NaN isn't."""
        too_low = value <= self.low if self.above_low else value < self.low
        return too_low | (value > self.high)


# Nothing outside these ranges was ever measured near the ground. WMO's archive of extremes has
# -89.2 and 56.7 °C, a dew point of 35 °C, 870 and 1084.8 hPa, and 305 mm in 42 minutes. A mean wind
# of 10 minutes stays under 100 m/s: five minutes on Mount Washington brought 84; the record of a
# gust is 113.2 m/s, on Barrow Island. The sun outside the atmosphere gives 1361 W/m², and clouds
# can focus somewhat more.
_TABLE: Final = (
    Variable(
        Scale("temp_c", "°C", 1),
        "temperature",
        low=-90.0,
        high=57.0,
        plausible_mean=(-60.0, 45.0),
        imperial=Scale("temp_f", "°F", 1, fahrenheit),
        in_forecast=True,
    ),
    Variable(
        Scale("dewpoint_c", "°C", 1),
        "dew point",
        low=-100.0,
        high=36.0,
        plausible_mean=(-70.0, 32.0),
        imperial=Scale("dewpoint_f", "°F", 1, fahrenheit),
        in_forecast=True,
    ),
    Variable(
        Scale("rh_pct", "%", 0),
        "relative humidity",
        low=0.0,
        high=100.0,
        plausible_mean=(2.0, 100.0),
        in_history=False,
    ),
    Variable(
        Scale("wind_ms", "m/s", 1),
        "wind",
        low=0.0,
        high=100.0,
        plausible_mean=(0.0, 15.0),
        imperial=Scale("wind_mph", "mph", 1, mph),
        in_forecast=True,
    ),
    Variable(
        Scale("gust_ms", "m/s", 1),  # The strongest; a blank beside a wind may mean none.
        "wind gusts",
        low=0.0,
        high=114.0,
        plausible_mean=(0.0, 20.0),
        imperial=Scale("gust_mph", "mph", 1, mph),
        period_h=1,
        in_forecast=True,
    ),
    Variable(
        Scale("wind_dir_deg", "°", 0),
        "wind direction",
        low=0.0,
        high=360.0,
        above_low=True,  # North is 360, and calm has no direction.
    ),
    Variable(
        Scale("precip_mm", "mm", 1),
        "precipitation",
        low=0.0,
        high=400.0,
        plausible_mean=(0.0, 5.0),  # The wettest places get 1.4 mm an hour.
        imperial=Scale("precip_in", "in", 2, inches),
        period_h=1,
        summed=True,
        in_forecast=True,
    ),
    Variable(
        Scale("precip_3h_mm", "mm", 1),
        "precipitation",
        low=0.0,
        high=600.0,
        plausible_mean=(0.0, 15.0),
        period_h=3,
        summed=True,
    ),
    Variable(
        Scale("pressure_hpa", "hPa", 1),  # At sea level.
        "pressure",
        low=870.0,
        high=1085.0,
        plausible_mean=(950.0, 1060.0),
    ),
    Variable(
        Scale("cloud_pct", "%", 0),
        "cloud cover",
        low=0.0,
        high=100.0,
        plausible_mean=(0.0, 100.0),
        in_forecast=True,
    ),
    Variable(
        Scale("solar_wm2", "W/m²", 0),
        "solar radiation",
        low=0.0,
        high=1600.0,
        plausible_mean=(-5.0, 700.0),
        period_h=1,
        in_history=False,
    ),
)


@dataclass(frozen=True)
class Order:
    """Two variables in one unit, the lower of which is never above the upper one.

    Attributes:
        lower, upper: their names.
        tolerance: by how much it may seem to be, because both are rounded and come from two
            sensors.
        doubtful: of the two, the one that is wrong where they cross.
    """

    lower: str
    upper: str
    tolerance: float
    doubtful: str

    def crossed(self, lower: Any, upper: Any) -> Any:
        """Whether two floats, or each pair of two arrays, are crossed; NaN isn't."""
        return lower > upper + self.tolerance


ORDERS: Final = (
    Order("dewpoint_c", "temp_c", tolerance=0.5, doubtful="dewpoint_c"),
    Order("wind_ms", "gust_ms", tolerance=0.6, doubtful="gust_ms"),
)
"""In fog the sensors of dew point and temperature differ; of the two, trust the thermometer. Wind
and gust may differ by a rounding to a knot, 0.51 m/s; of the two, trust the mean."""

VARIABLES: Final[dict[str, Variable]] = {variable.name: variable for variable in _TABLE}
"""Every variable by its name, in the order of the observations' columns."""

_BY_PERIOD: Final = sorted(_TABLE, key=lambda variable: variable.period_h)

HISTORY: Final = tuple(variable.name for variable in _BY_PERIOD if variable.in_history)
"""What a forecast is made from, the variables of the moment first."""

FORECAST: Final = tuple(variable.name for variable in _BY_PERIOD if variable.in_forecast)
"""What is forecast, the variables of the moment first."""
