"""How a station's observations differ from what numerical forecasts said of the same hours: what is
wrong from one day to the next shows where no other station is near."""

from typing import Final

from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.neighbour_inputs import Difference, difference

COMPARED: Final = ("temp_c", "dewpoint_c")
"""The others differ too much between a grid cell and a garden."""

_GUIDANCE: Final = "guidance"
_ANNUAL: Final = 1
_MARGIN_OF_PART: Final = 0.2
"""An archive is often of a year. It lacks fewer of a season's differences than of its weather."""


def fit(name: str, own: InputHours, said: InputHours) -> Difference | None:
    """Fit on training hours; None where they hold too little.

    Args:
        name: the variable's.
        own: the station's record, NaN at all other hours.
        said: what guidance said of the same place.
    """
    left = difference(name, own, said)
    return Difference.fit(own.valid_at, left, _GUIDANCE, _ANNUAL, _MARGIN_OF_PART)
