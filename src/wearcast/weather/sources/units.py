"""Units that a person's file may be in, and the way to the contract's."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.variables import VARIABLES
from wearcast.weather.sources.sheets import GROUP

_TEMPERATURE: Final = {"degC": (1.0, 0.0), "degF": (5 / 9, -160 / 9), "K": (1.0, -273.15)}
_SPEED: Final = {
    "m/s": (1.0, 0.0),
    "km/h": (1 / 3.6, 0.0),
    "mph": (0.44704, 0.0),
    "kn": (1852 / 3600, 0.0),
    "ft/s": (0.3048, 0.0),
}
_DEPTH: Final = {"mm": (1.0, 0.0), "cm": (10.0, 0.0), "m": (1000.0, 0.0), "inch": (25.4, 0.0)}
_DIRECTION: Final = {"deg": (1.0, 0.0), "10deg": (10.0, 0.0)}
_PRESSURE: Final = {
    "hPa": (1.0, 0.0),
    "mbar": (1.0, 0.0),
    "Pa": (0.01, 0.0),
    "kPa": (10.0, 0.0),
    "inHg": (33.8638866667, 0.0),
    "mmHg": (1.33322387415, 0.0),
}
_SHARE: Final = {"%": (1.0, 0.0), "fraction": (100.0, 0.0)}
_COVER: Final = {**_SHARE, "oktas": (12.5, 0.0), "tenths": (10.0, 0.0)}
# Energy is that of the hour, which has 3600 seconds.
_RADIATION: Final = {
    "W/m2": (1.0, 0.0),
    "J/m2": (1 / 3600, 0.0),
    "kJ/m2": (1 / 3.6, 0.0),
    "MJ/m2": (1e6 / 3600, 0.0),
    "J/cm2": (1e4 / 3600, 0.0),
    "Wh/m2": (1.0, 0.0),
    "kWh/m2": (1000.0, 0.0),
}

_TO: Final = {
    "°C": _TEMPERATURE,
    "%": _SHARE,
    "m/s": _SPEED,
    "°": _DIRECTION,
    "mm": _DEPTH,
    "hPa": _PRESSURE,
    "W/m²": _RADIATION,
}

UNITS: Final[dict[str, dict[str, tuple[float, float]]]] = {
    name: _COVER if name == "cloud_pct" else _TO[variable.metric.unit]
    for name, variable in VARIABLES.items()
} | {"rain_chance_pct": _SHARE}
"""For each quantity, what its known units are multiplied with, and what is then added; the first is
the variable's own."""

NEVER_GUESSED: Final = frozenset({"ft/s", "J/cm2", "Wh/m2", "kWh/m2"})
"""Rare units, which values alone don't suggest."""


def own_unit(column: str) -> str:
    """The variable's own unit as a file's settings write it; it is assumed where none is given."""
    return next(iter(UNITS[column]))


def convert(
    values: NDArray[np.float64], column: str, unit: str, group: str = GROUP
) -> NDArray[np.float64]:
    """`values` of `column`, given in `unit` by the settings `group`, in the contract's own unit.

    Raises:
        SourceError: the unit isn't one of that quantity; the message lists those that are.
    """
    known = UNITS[column]
    if unit not in known:
        raise SourceError(
            f"{group}.units.{column}: {unit!r} is not a unit of {column}; known are"
            f" {', '.join(known)}."
        )
    scale, offset = known[unit]
    # What is in the contract's unit already must not change by a rounding.
    return values if (scale, offset) == (1.0, 0.0) else values * scale + offset
