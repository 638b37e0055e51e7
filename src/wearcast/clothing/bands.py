"""The Korean table of clothing by temperature (기온별 옷차림): half-open bands of the local daily
mean, and the insulation of the outfits that it names."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

EDGES_C = (5.0, 9.0, 12.0, 17.0, 20.0, 23.0, 28.0)
"""Where one band ends and the next, warmer one begins, which holds the edge itself."""

MIDDLES_C: Final = (0.0, 7.0, 10.5, 14.5, 18.5, 21.5, 25.5, 30.0)
"""A temperature in the middle of each band, the coldest first."""

MIDDLES_CLO: Final = (1.71, 1.43, 1.16, 1.00, 0.78, 0.65, 0.51, 0.36)
"""The insulation of what the table names there, summed by ISO 9920."""

_FROST_EDGES_C: Final = (0.0, *EDGES_C)


def band(temp_c: NDArray[np.float64]) -> NDArray[np.int64]:
    """The band of each temperature: 0 below 5 °C up to 7 from 28 °C on; the shape is kept."""
    return np.searchsorted(EDGES_C, temp_c, side="right")


def table_clo(mean_c: NDArray[np.float64]) -> NDArray[np.float64]:
    """The table's insulation in clo at daily mean temperatures, shape as given: straight between
    the middles of the bands, constant beyond."""
    clo: NDArray[np.float64] = np.interp(mean_c, MIDDLES_C, MIDDLES_CLO)
    return clo


def band_with_frost(mean_c: NDArray[np.float64]) -> NDArray[np.int64]:
    """The band of each daily mean with days below 0 °C apart: 0 for these, up to 8; an index into
    `names_with_frost()`."""
    return np.searchsorted(_FROST_EDGES_C, mean_c, side="right")


def names_with_frost() -> tuple[str, ...]:
    """Such as "0-5 °C"."""
    between = [f"{low:g}-{high:g} °C" for low, high in pairwise(_FROST_EDGES_C)]
    return (
        f"below {_FROST_EDGES_C[0]:g} °C",
        *between,
        f"{_FROST_EDGES_C[-1]:g} °C and more",
    )
