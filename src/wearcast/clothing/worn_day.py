"""Whom the clothes of a past day would have suited: what a vote about it says of a person."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.clothing.comfort import LINE_CLO_C, required_clo
from wearcast.clothing.personal_offset import MOST_C
from wearcast.clothing.required_insulation import Needs
from wearcast.forecasting.array_types import Flags, Floats
from wearcast.vocabulary import Sensitivity

_WIDEST_C: Final = MOST_C + 5.0
"""Beyond it every person of an offset that is looked at is far on one side of the margin."""

_STEP_C: Final = 0.25


@dataclass(frozen=True)
class Suited:
    """The person whom what was worn suited, in the mean over the hours outdoors.

    Attributes:
        offset_c: how much colder than most they feel, in °C, from −12 to 12.
        per_degree: how much a degree's offset changes what these hours ask for, of what it does
            between 0 and 22 °C at a stroll.
    """

    offset_c: float
    per_degree: float


def suited(needs: Needs, worn_clo: Floats, hours: Flags) -> Suited:
    """Whom it suited to wear `worn_clo`, (H,), in some of the hours that `needs` are of.

    Args:
        needs: of the weather as it was, in H hours; what several members ask for is averaged.
        worn_clo: the insulation of what was on in each hour.
        hours: which of the hours count, (H,); at least one.
    """
    offsets_c = np.arange(-_WIDEST_C, _WIDEST_C + _STEP_C / 2, _STEP_C)
    feels_c = needs.feels_c[:, hours]
    for_hours = needs.for_hours[hours]
    activity = needs.settings.activity
    as_felt_c = feels_c - offsets_c[:, None, None]
    asked_clo = required_clo(as_felt_c, activity, Sensitivity.AVERAGE, for_hours)
    lacking_clo = (asked_clo - worn_clo[hours]).mean(axis=(1, 2))
    offset_c = float(np.interp(0.0, lacking_clo, offsets_c))
    about_c = np.clip((offset_c - 1, offset_c + 1), -_WIDEST_C, _WIDEST_C)
    below_clo, above_clo = np.interp(about_c, offsets_c, lacking_clo)
    clo_a_degree = (above_clo - below_clo) / float(np.ptp(about_c))
    return Suited(offset_c, float(clo_a_degree / LINE_CLO_C))
