"""Tips beside the outfit: what to do with its layers, and what the weather means for what the
person does."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.rain_ahead import rainwear
from wearcast.clothing.swap import MOST_SWAPPED
from wearcast.clothing.timeline import Span, spans
from wearcast.clothing.wardrobe import Garment
from wearcast.vocabulary import Activity, Layer

HEAT_ADVISORY_C, HEAT_WARNING_C = 33.0, 35.0
"""Of the Korean Met, on its summer feels-like temperature."""

AIRY_C: Final = 23.0
"""From here on, loose, light cloth is a relief."""

FROSTBITE_C: Final = -27.0
"""Environment Canada: below it, bare skin freezes within 10 to 30 minutes."""


_LAYERS: Final = (Layer.OUTER, Layer.MID)


class LayeringKind(StrEnum):
    """What a tip on layers says of a garment."""

    NO_LAYERS = "no_layers"
    NO_LAYERS_IN_HEAT = "no_layers_in_heat"
    AT_HAND = "at_hand"
    """It is on at no hour."""
    COMES_OFF = "comes_off"
    TAKE_ALONG = "take_along"
    STAYS_ON = "stays_on"
    """It comes off indoors only."""


@dataclass(frozen=True)
class LayeringTip:
    """What to do with the outermost layer that comes off, or where none does, with a hat, gloves
    or a scarf that do.

    Attributes:
        kind: what to do.
        garment: the garment; None where there is none.
        spans: when it is off where it comes off, and when it is on where it is taken along.
    """

    kind: LayeringKind
    garment: Garment | None = None
    spans: tuple[Span, ...] = ()


class ActivityKind(StrEnum):
    """What a tip on the activity is about."""

    HEAT_WARNING = "heat_warning"
    HEAT_ADVISORY = "heat_advisory"
    FROSTBITE = "frostbite"
    WALK_IN_THE_SAME = "walk_in_the_same"
    WALK_WITHOUT = "walk_without"
    STOP_IN_THE_SAME = "stop_in_the_same"
    STOP_WITH_MORE = "stop_with_more"
    STOP_IN_WARMER = "stop_in_warmer"


@dataclass(frozen=True)
class ActivityTip:
    """What the weather means for what a person does; `new` and `old` garments are what doing
    something else would change."""

    kind: ActivityKind
    new: tuple[Garment, ...] = ()
    old: tuple[Garment, ...] = ()


def layering_tip(dressed: Dressed) -> LayeringTip:
    """What to do with the outermost layer that comes off."""
    removable = dressed.outfit.coming_off
    layers = [garment for garment in dressed.outfit.garments if garment.layer in _LAYERS]
    accessories = [garment for garment in removable if garment.layer not in _LAYERS]
    for garment in (*layers, *accessories):
        worn = dressed.worn(garment)[dressed.needs.ahead]
        if worn.any() and not worn.all():
            return _tip_on_a_layer_that_comes_off(dressed, garment)
    if not layers:
        if dressed.needs.warmest.feels_c >= AIRY_C:
            return LayeringTip(LayeringKind.NO_LAYERS_IN_HEAT)
        return LayeringTip(LayeringKind.NO_LAYERS)
    for garment in layers:
        if dressed.worn(garment)[dressed.needs.ahead].all():
            return LayeringTip(LayeringKind.STAYS_ON, garment)
    return LayeringTip(LayeringKind.AT_HAND, layers[0])


def _tip_on_a_layer_that_comes_off(dressed: Dressed, garment: Garment) -> LayeringTip:
    needs = dressed.needs
    worn = dressed.worn(garment)
    if worn[needs.ahead][0]:
        off = spans(needs.weather, ~worn & needs.ahead)
        return LayeringTip(LayeringKind.COMES_OFF, garment, off)
    on = spans(needs.weather, worn & needs.ahead)
    return LayeringTip(LayeringKind.TAKE_ALONG, garment, on)


def activity_tip(dressed: Dressed) -> ActivityTip:
    """What the weather means for what a person does: heat, frost, or what doing something else
    would change."""
    needs = dressed.needs
    if needs.hottest_shade_c >= HEAT_WARNING_C:
        return ActivityTip(ActivityKind.HEAT_WARNING)
    if needs.hottest_shade_c >= HEAT_ADVISORY_C:
        return ActivityTip(ActivityKind.HEAT_ADVISORY)
    if needs.coldest.feels_c <= FROSTBITE_C:
        return ActivityTip(ActivityKind.FROSTBITE)
    if needs.settings.activity is Activity.SITTING:
        return _tip_for_a_walk(dressed)
    return _tip_for_a_stop(dressed)


def _tip_for_a_walk(dressed: Dressed) -> ActivityTip:
    off = _taken_off_for(dressed, dressed.needs.other_clo)
    if not off:
        return ActivityTip(ActivityKind.WALK_IN_THE_SAME)
    return ActivityTip(ActivityKind.WALK_WITHOUT, old=off)


def _taken_off_for(dressed: Dressed, clo: float) -> tuple[Garment, ...]:
    """What comes off the outfit to be nearest to an insulation; rainwear stays on in the rain."""
    outfit = dressed.outfit
    apart_clo = np.abs(outfit.clo_by_state - clo)
    nearest = int(np.argmin(apart_clo))
    off = outfit.coming_off[:nearest]
    kept_on = rainwear(dressed) if dressed.needs.rain_is_likely else None
    if kept_on not in off:
        return off
    return off[: off.index(kept_on)]


def _tip_for_a_stop(dressed: Dressed) -> ActivityTip:
    outfit = dressed.outfit
    others = [garment for garment in dressed.otherwise.beyond(outfit) if garment.removable]
    others.sort(key=lambda garment: -garment.clo)
    beside = [other for other in others if outfit.at(other.covers[0]) is None]
    if beside:
        more = tuple(beside[:MOST_SWAPPED])
        return ActivityTip(ActivityKind.STOP_WITH_MORE, more)
    for other in others:
        worn = outfit.at(other.covers[0])
        if worn is None or other.clo <= worn.clo:
            continue
        gets_wet = dressed.needs.rain_is_likely and other.water < worn.water
        if not gets_wet:
            return ActivityTip(ActivityKind.STOP_IN_WARMER, new=(other,), old=(worn,))
    return ActivityTip(ActivityKind.STOP_IN_THE_SAME)
