"""Missing values: NaN in arrays of floats."""

from typing import TypeVar

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Floats32

_Values = TypeVar("_Values", Floats, Floats32)


def where_known(is_known: Flags, values: _Values) -> _Values:
    """The values where they are known, NaN elsewhere; of the same precision."""
    missing = values.dtype.type(np.nan)
    return np.where(is_known, values, missing)
