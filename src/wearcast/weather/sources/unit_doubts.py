"""Values that fit another unit better than the assumed one, told from a column alone.

Nobody is asked where the settings or the heading say the unit.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from wearcast.weather.sources.units import NEVER_GUESSED, UNITS, convert

Floats = NDArray[np.float64]

_ENOUGH: Final = 72
"""Hours with a value from which a column is judged: then sun, sky and wind have changed."""

_DIFFERENT: Final = 8
"""Different values that a column needs, so that a calm or cloudless spell isn't judged."""

_TENS_MAX: Final = 36.0
_OKTAS_MAX: Final = 9.0
_TENTHS_MAX: Final = 10.0
_FEWEST_LEVELS: Final = 4

_RADIATION_MAX: Final = 5.0
"""W/m² that the dullest noon outside the polar night exceeds; an hour brings 0 to 4.5 MJ/m²."""

_WET_HOURS: Final = 24
_FINEST_MM: Final = 0.09
"""A gauge in mm tells 0.1, 0.2, 0.25 or 0.5; one in inches 0.01, which is the wet hours' median."""
_WETTEST_INCH: Final = 3.0

_STRONG_MEAN_MS: Final = 10.0
"""Only storms, capes and summits have more on the mean of days: New York's airports have 4.7 in a
year, nine Korean cities 1.3 to 3.2, Budva 1.0."""

_STRONG_GUST_MS: Final = 16.0
"""Even airports, which write a gust in strong wind only, have less on the mean."""


def likely_unit(ours: str, values: Floats) -> str | None:
    """The unit in which `values`, taken in our own, are likely to be; None where ours may be right.
    NaN counts for nothing."""
    known = values[~np.isnan(values)]
    if len(known) < _ENOUGH:
        return None
    different = len(np.unique(known))
    judged = _JUDGES.get(ours)
    return judged(known, different) if judged else None


def _direction(known: Floats, different: int) -> str | None:
    whole = bool((known == known.round()).all())
    in_tens = whole and known.max() <= _TENS_MAX and different >= _DIFFERENT
    return "10deg" if in_tens else None


def _cover(known: Floats, different: int) -> str | None:
    if known.max() <= 1 and different >= _FEWEST_LEVELS:
        return "fraction"
    whole = bool((known == known.round()).all())
    if not whole or different < _FEWEST_LEVELS or known.max() > _TENTHS_MAX:
        return None
    return "oktas" if known.max() < _OKTAS_MAX else "tenths"


def _radiation(known: Floats, different: int) -> str | None:
    is_small = known.max() <= _RADIATION_MAX and different >= _FEWEST_LEVELS
    return "MJ/m2" if is_small else None


def _depth(known: Floats, different: int) -> str | None:
    wet = known[known > 0]
    if len(wet) < _WET_HOURS or different < _DIFFERENT:
        return None
    in_inches = np.median(wet) < _FINEST_MM and wet.max() < _WETTEST_INCH
    return "inch" if in_inches else None


def _speed(known: Floats, different: int) -> str | None:
    is_strong = known.mean() > _STRONG_MEAN_MS
    return "km/h" if is_strong and different >= _DIFFERENT else None


def _gust(known: Floats, different: int) -> str | None:
    is_strong = known.mean() > _STRONG_GUST_MS
    return "km/h" if is_strong and different >= _DIFFERENT else None


_JUDGES: Final = {
    "wind_dir_deg": _direction,
    "cloud_pct": _cover,
    "solar_wm2": _radiation,
    "precip_mm": _depth,
    "wind_ms": _speed,
    "gust_ms": _gust,
}


def plausible_units(ours: str, raw: Floats, plausible: tuple[float, float]) -> list[str]:
    """The units in which numbers of a file have a plausible mean (the interval's, in our unit)."""
    low, high = plausible
    units = []
    guessed = [unit for unit in UNITS[ours] if unit not in NEVER_GUESSED]
    for unit in guessed:
        mean = convert(np.array([np.nanmean(raw)]), ours, unit)[0]
        if low <= mean <= high:
            units.append(unit)
    return units
