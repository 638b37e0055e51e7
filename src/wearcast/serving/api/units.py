"""Quantities under names with units, metric or imperial, rounded as far as they mean something."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Floats32
from wearcast.variables import FORECAST, VARIABLES, Scale, fahrenheit
from wearcast.vocabulary import UNITS, Units

DERIVED: Final = tuple(name for name in ("rh_pct", "feels_c") if name not in FORECAST)
"""Computed from what is forecast, rather than forecast itself."""

CHANCES: Final = ("rain_chance", "snow_chance")

SELECTABLE: Final = (*FORECAST, *DERIVED, *CHANCES, "daylight")
"""What a client can ask for of each hour, by the metric names."""


@dataclass(frozen=True)
class Quantity:
    """How a quantity is shown."""

    scale: Scale

    @property
    def name(self) -> str:
        """Its name with its unit."""
        return self.scale.name

    def __call__(self, values: Floats | Floats32) -> Floats:
        """The values as shown, shape as given."""
        given = np.asarray(values, dtype=np.float64)
        converted = self.scale.convert(given)
        shown: Floats = np.round(converted, self.scale.digits) + 0.0
        return shown


def _scale(name: str, units: Units) -> Scale:
    if name != "feels_c":
        return VARIABLES[name].scale(units)
    if units == "imperial":
        return Scale("feels_f", "°F", 1, fahrenheit)
    return Scale("feels_c", "°C", 1)


_QUANTITIES: Final[Mapping[Units, Mapping[str, Quantity]]] = {
    units: {name: Quantity(_scale(name, units)) for name in (*FORECAST, *DERIVED)}
    for units in UNITS
}


def quantities(units: Units) -> Mapping[str, Quantity]:
    """How each variable of a snapshot, and each quantity derived from them, is shown."""
    return _QUANTITIES[units]


def _metric_names() -> dict[str, str]:
    names = {name: name for name in SELECTABLE}
    for units in UNITS:
        names |= {quantity.name: name for name, quantity in quantities(units).items()}
    return names


METRIC_NAMES: Final[Mapping[str, str]] = _metric_names()
"""The names of `SELECTABLE` in either system of units, each with its metric one."""
