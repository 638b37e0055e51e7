"""Quantities under names with units, metric or imperial, rounded as far as they mean something."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Floats32
from wearcast.vocabulary import Units


@dataclass(frozen=True)
class Quantity:
    """How a quantity is shown: its name with its unit, how it is converted, and to how many digits
    it is rounded."""

    name: str
    converted: Callable[[Floats], Floats]
    digits: int

    def __call__(self, values: Floats | Floats32) -> Floats:
        """The values as shown, shape as given."""
        shown: Floats = (
            np.round(self.converted(np.asarray(values, dtype=np.float64)), self.digits) + 0.0
        )
        return shown


def _same(values: Floats) -> Floats:
    return values


def _fahrenheit(temp_c: Floats) -> Floats:
    return temp_c * 1.8 + 32


def _mph(wind_ms: Floats) -> Floats:
    return wind_ms * 2.23694


def _inches(precip_mm: Floats) -> Floats:
    return precip_mm / 25.4


_METRIC: Final = {
    "temp_c": Quantity("temp_c", _same, 1),
    "dewpoint_c": Quantity("dewpoint_c", _same, 1),
    "wind_ms": Quantity("wind_ms", _same, 1),
    "cloud_pct": Quantity("cloud_pct", _same, 0),
    "precip_mm": Quantity("precip_mm", _same, 1),
}
_IMPERIAL: Final = {
    "temp_c": Quantity("temp_f", _fahrenheit, 1),
    "dewpoint_c": Quantity("dewpoint_f", _fahrenheit, 1),
    "wind_ms": Quantity("wind_mph", _mph, 1),
    "cloud_pct": Quantity("cloud_pct", _same, 0),
    "precip_mm": Quantity("precip_in", _inches, 2),
}


def quantities(units: Units) -> Mapping[str, Quantity]:
    """How each variable of a snapshot is shown."""
    return _IMPERIAL if units == "imperial" else _METRIC


def fahrenheit(temp_c: float) -> float:
    """A temperature in °F."""
    return round(float(_fahrenheit(np.asarray(temp_c))), 2)


def mph(wind_ms: float) -> float:
    """A wind speed in miles an hour."""
    return round(float(_mph(np.asarray(wind_ms))), 2)
