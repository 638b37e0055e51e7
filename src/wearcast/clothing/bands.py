"""The Korean table of clothing by temperature: half-open bands of the local daily mean."""

import numpy as np
from numpy.typing import NDArray

EDGES_C = (5.0, 9.0, 12.0, 17.0, 20.0, 23.0, 28.0)
"""Where one band ends and the next, warmer one begins, which holds the edge itself."""


def band(temp_c: NDArray[np.float64]) -> NDArray[np.int64]:
    """The band of each temperature: 0 below 5 °C up to 7 from 28 °C on; the shape is kept."""
    return np.searchsorted(EDGES_C, temp_c, side="right")
