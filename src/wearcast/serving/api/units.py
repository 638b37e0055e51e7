"""Quantities under names with units, metric or imperial, rounded as far as they mean something."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Floats, Floats32
from wearcast.variables import FORECAST, VARIABLES, Scale
from wearcast.vocabulary import UNITS, Units


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


_QUANTITIES: Final[Mapping[Units, Mapping[str, Quantity]]] = {
    units: {name: Quantity(VARIABLES[name].scale(units)) for name in FORECAST} for units in UNITS
}


def quantities(units: Units) -> Mapping[str, Quantity]:
    """How each variable of a snapshot is shown."""
    return _QUANTITIES[units]
