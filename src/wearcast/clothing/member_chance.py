"""Chances from the members of a forecast, each of which stands for values around it.

The outfit is chosen by the same members that its chances are counted from, and there are few of
them: bare counts say too much of what was chosen to suit them. A kernel as wide as a density of a
normal sample wants makes up for that.
"""

from typing import Final

import numpy as np

from wearcast.forecasting.array_types import Floats

KERNEL: Final = 1.06
"""The kernel's standard deviation is this times the members' and M^-1/5: the rule for normal
samples (Silverman 1986, Density Estimation, eq. 3.28)."""

_HALF_WIDTH: Final = np.sqrt(3.0)
"""Of a uniform kernel, in its standard deviations."""

_LEAST_WIDTH: Final = 1e-9


def chance_above(members: Floats, limit: Floats) -> Floats:
    """The chance that a value is above a limit, (H,); a single member is certain.

    Args:
        members: (M, H).
        limit: (H,).
    """
    width = KERNEL * members.std(axis=0) * len(members) ** -0.2
    half_width = np.maximum(_HALF_WIDTH * width, _LEAST_WIDTH)
    share_above = 0.5 + (members - limit) / (2 * half_width)
    chance: Floats = np.clip(share_above, 0.0, 1.0).mean(axis=0)
    return chance
