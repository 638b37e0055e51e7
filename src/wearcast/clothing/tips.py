"""Tips beside the outfit: its layers, what the person does, how sure it is and what else would do,
and what is missing or unknown."""

from typing import Final

import numpy as np

from wearcast.clothing import own_wardrobe
from wearcast.clothing.dressing import MARGIN_CLO, Dressed
from wearcast.clothing.ladders import Outfit, ladder
from wearcast.clothing.phrases import names, spans
from wearcast.clothing.wardrobe import Garment, Place
from wearcast.forecasting.local_time import local_time
from wearcast.messages import clock, name, percent, say
from wearcast.vocabulary import Activity, Layer

HEAT_ADVISORY_C, HEAT_WARNING_C = 33.0, 35.0
"""Of the Korean Met, on its summer feels-like temperature."""

FROSTBITE_C: Final = -27.0
"""Environment Canada: below it, bare skin freezes within 10 to 30 minutes."""

AT_HAND: Final = 2
"""Changes are told up to this many, the largest."""


def layering_tip(dressed: Dressed) -> str:
    """What to do with the outermost layer that comes off."""
    needs, language = dressed.needs, dressed.needs.settings.language
    layers = [
        garment for garment in dressed.outfit.garments if garment.layer in (Layer.OUTER, Layer.MID)
    ]
    if not layers:
        return say(language, "Nothing to take off: loose, light cloth lets the air through.")
    for garment in layers:
        worn = dressed.worn(garment)[needs.ahead]
        if worn.any() and not worn.all():
            return _comes_off(dressed, garment)
    return say(
        language,
        "Outdoors nothing has to come off; indoors, take off: {garment}.",
        garment=name(language, layers[0]),
    )


def _comes_off(dressed: Dressed, garment: Garment) -> str:
    needs, language = dressed.needs, dressed.needs.settings.language
    worn = dressed.worn(garment) & needs.ahead
    if worn[needs.ahead][0]:
        off = spans(dressed, ~worn & needs.ahead)
        return say(
            language, "Can come off {spans}: {garment}.", garment=name(language, garment), spans=off
        )
    return say(
        language,
        "Take along for {spans}: {garment}.",
        garment=name(language, garment),
        spans=spans(dressed, worn),
    )


def activity_tip(dressed: Dressed) -> str:
    """What the weather means for what a person does: heat, frost, or what doing something else
    would change."""
    needs, language = dressed.needs, dressed.needs.settings.language
    values = needs.numbers
    if needs.hottest_shade_c >= HEAT_WARNING_C:
        return say(
            language,
            "It feels like {shade} in the shade, a heat warning's level: no hard work, stay cool at"
            " midday.",
            **values,
        )
    if needs.hottest_shade_c >= HEAT_ADVISORY_C:
        return say(
            language,
            "It feels like {shade} in the shade, a heat advisory's level: rest in the shade, and"
            " drink.",
            **values,
        )
    if needs.coldest.feels_c <= FROSTBITE_C:
        return say(
            language,
            "At {low} bare skin freezes within half an hour: cover your face, keep it short.",
            **values,
        )
    return _doing_something_else(dressed)


def _doing_something_else(dressed: Dressed) -> str:
    language, activity = dressed.needs.settings.language, dressed.needs.settings.activity
    if activity is Activity.SITTING:
        on, off = _largest_changes(dressed.outfit, dressed.otherwise)
        values = {"new": names(dressed, on), "old": names(dressed, off)}
        if not off:
            return say(language, "If you walk instead, the same will do.")
        if on:
            return say(
                language, "If you walk instead, lighter will do: {new} instead of {old}.", **values
            )
        return say(language, "If you walk instead, you can do without: {old}.", **values)
    added = [garment for garment in dressed.otherwise.beyond(dressed.outfit) if garment.removable]
    more = tuple(sorted(added, key=lambda garment: -garment.clo)[:AT_HAND])
    if not more:
        return say(language, "If you stop for long, the same will do.")
    return say(
        language, "If you stop for long, have at hand: {garments}.", garments=names(dressed, more)
    )


def certainty(dressed: Dressed) -> str:
    """How sure the outfit is, in words."""
    cold, warm = dressed.too_cold, dressed.too_warm
    values = {"fits": percent(1 - cold - warm), "cold": percent(cold), "warm": percent(warm)}
    return say(
        dressed.needs.settings.language,
        "{fits} that it fits, {cold} too cold, {warm} too warm.",
        **values,
    )


def instead(dressed: Dressed, second: Outfit) -> str:
    """How to change from the outfit to the second one."""
    language = dressed.needs.settings.language
    on, off = _largest_changes(dressed.outfit, second)
    values = {"new": names(dressed, on), "old": names(dressed, off)}
    if second.clo < dressed.outfit.clo:
        if on:
            return say(language, "Should it turn warmer: {new} instead of {old}.", **values)
        return say(language, "Should it turn warmer: without {old}.", **values)
    if off:
        return say(language, "Should it turn colder: {new} instead of {old}.", **values)
    return say(language, "Should it turn colder: also {new}.", **values)


def _largest_changes(
    first: Outfit, second: Outfit
) -> tuple[tuple[Garment, ...], tuple[Garment, ...]]:
    """What the second outfit has instead of the first one's, where that warms or cools most; in
    full it is `second`."""
    pairs = [(first.at(place), second.at(place)) for place in Place]
    changed = [(old, new) for old, new in pairs if old != new]
    changed.sort(
        key=lambda pair: -abs((pair[1].clo if pair[1] else 0.0) - (pair[0].clo if pair[0] else 0.0))
    )
    told = changed[:AT_HAND]
    return tuple(dict.fromkeys(new for _, new in told if new)), tuple(
        dict.fromkeys(old for old, _ in told if old)
    )


def missing(dressed: Dressed) -> str:
    """What a person's own wardrobe lacks for this weather; nothing where it does."""
    needs, language = dressed.needs, dressed.needs.settings.language
    short = needs.typical_clo - dressed.outfit.clo
    if abs(short) <= MARGIN_CLO:
        return ""
    if 0 < dressed.rung < len(dressed.ladder.dry) - 1:
        between = (
            ladder(needs.settings.style).at(needs.typical_clo).beyond(dressed.outfit)[:AT_HAND]
        )
        return say(
            language,
            "You own nothing in between. Nearer would be: {garments}.",
            garments=names(dressed, between),
        )
    if short < 0:
        lighter = ladder(needs.settings.style).at(needs.typical_clo).beyond(dressed.outfit)
        return say(
            language,
            "You own nothing light enough. Missing: {garments}.",
            garments=names(dressed, lighter),
        )
    lacking = own_wardrobe.missing(dressed.ladder, needs.typical_clo, needs.settings.style)
    if lacking:
        return say(
            language,
            "You own nothing warm enough. Missing: {garments}.",
            garments=names(dressed, lacking),
        )
    return say(language, "You own nothing warm enough: stay out for a short while only.")


def unknown(dressed: Dressed) -> str:
    """Which hours outdoors the forecast doesn't reach; nothing where it reaches all."""
    weather = dressed.needs.weather
    if not len(weather.beyond):
        return ""
    start, end = local_time(weather.beyond[[0, -1]] + np.array([0, 1]), weather.station)
    return say(
        dressed.needs.settings.language,
        "There is no forecast yet for {start} to {end}: the advice is for the hours before.",
        start=clock(start.item()),
        end=clock(end.item()),
    )
