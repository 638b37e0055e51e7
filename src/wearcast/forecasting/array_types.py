"""The arrays this room works on, by name."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Flags = NDArray[np.bool_]

Hours = NDArray[np.datetime64]
"""UTC hours, datetime64[h]."""

Minutes = NDArray[np.datetime64]
"""UTC minutes, datetime64[m]."""

LocalTimes = NDArray[np.datetime64]
"""What a station's clocks show at such hours, datetime64[s]; not every zone is whole hours from
UTC."""

Positions = NDArray[np.int64]
"""Rows of a record."""
