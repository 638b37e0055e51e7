"""Whom the clothes of a past day would have suited: what a vote about it says of a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from wearcast.clothing.comfort import COLDER_C, LINE_CLO_C, required_clo
from wearcast.clothing.dressing import Dressed
from wearcast.clothing.ladders import ladder
from wearcast.clothing.outfits import clo_of
from wearcast.clothing.personal_offset import MOST_C
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.settings import Settings
from wearcast.clothing.wardrobe import Garment
from wearcast.clothing.weather_input import Weather
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


@dataclass(frozen=True)
class WornDay:
    """What a person wore on a day, and whom that suited.

    Attributes:
        offset_c: how much colder than most their settings say that they feel, in °C.
        clo: the insulation of the whole outfit.
        suited: whom it suited in the weather as it came.
        said_right: the share of hours that the advice said to be right; None of their own clothes.
    """

    offset_c: float
    clo: float
    suited: Suited
    said_right: float | None


def advised_day(forecast: Weather, came: Weather, settings: Settings) -> WornDay | None:
    """What was advised for a day; None where no hour that it was advised for has come.

    Args:
        forecast: the day's weather as the advice had it.
        came: the hours that have come.
        settings: the person's.
    """
    dressed = Dressed.of(Needs.of(forecast, settings), ladder(settings.style, settings.activity))
    needs = Needs.of(came, settings)
    shared, advised, passed = np.intersect1d(
        dressed.needs.weather.valid_at, needs.weather.valid_at, return_indices=True
    )
    if not len(shared):
        return None
    worn_clo = np.zeros(len(needs.weather.valid_at))
    worn_clo[passed] = dressed.worn_clo[advised]
    counts = np.zeros(len(worn_clo), dtype=bool)
    counts[passed] = True
    return WornDay(
        offset_c=_offset_c(settings),
        clo=dressed.outfit.clo,
        suited=suited(needs, worn_clo, counts),
        said_right=1 - dressed.too_cold - dressed.too_warm,
    )


def own_day(came: Weather, worn: Sequence[Garment], settings: Settings) -> WornDay:
    """What a person wore by their own choice, the whole time."""
    needs = Needs.of(came, settings)
    hours = len(needs.weather.valid_at)
    clo = clo_of(worn)
    every_hour = np.ones(hours, dtype=bool)
    whom = suited(needs, np.full(hours, clo), every_hour)
    return WornDay(_offset_c(settings), clo, whom, said_right=None)


def _offset_c(settings: Settings) -> float:
    return COLDER_C[settings.sensitivity] + settings.offset_c
