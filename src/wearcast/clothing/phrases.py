"""The sentences of an advice: why, the reason for each piece, and the tips."""

from typing import Final

import numpy as np

from wearcast.clothing import own
from wearcast.clothing.comfort import OWN_WIND_MS, Activity
from wearcast.clothing.dressing import MARGIN_CLO, Dressed
from wearcast.clothing.ladders import Outfit, ladder
from wearcast.clothing.language import clock, listed, name, percent, say, temperature
from wearcast.clothing.needs import WET_CHANCE, Needs
from wearcast.clothing.wardrobe import Garment, Layer, Place

HEAT_ADVISORY_C, HEAT_WARNING_C = 33.0, 35.0
"""Of the Korean Met, on its summer feels-like temperature."""

HOT_C: Final = 30.0
FROSTBITE_C: Final = -27.0
"""Environment Canada: below it, bare skin freezes within 10 to 30 minutes."""

WIDE_C: Final = 8.0
"""A day whose hours feel this different is told by its two ends."""

WINDY_C, RAINY_C = -2.0, -1.0
STRONG_WIND_MS: Final = 8.0
AIRY_CLO: Final = 0.14
WARM_SOLES_CLO: Final = 0.10
OPEN_CLO: Final = 0.02
HUMID_C: Final = 0.5
PROOF: Final = 2
AT_HAND: Final = 2
"""Changes are told up to this many, the largest."""


def why(dressed: Dressed) -> str:
    """One sentence with the numbers that decide."""
    needs = dressed.needs
    cold, warm = needs.coldest, needs.warmest
    values = needs.numbers
    if needs.hottest_shade_c >= HOT_C:
        return _why_hot(needs, values)
    if warm.feels_c - cold.feels_c >= WIDE_C and _layers_come_off(dressed):
        return say(needs.settings.language, "It feels like {low} at {time} but {high} at {later}: dress in layers that come off.", **values)
    if cold.by_wind_c <= min(WINDY_C, cold.by_rain_c) and OWN_WIND_MS[needs.settings.activity]:
        return say(
            needs.settings.language,
            "At {time} it is {temp}, but your own speed and {wind} of wind make it feel like {low}: dress for that.",
            **values,
        )
    if cold.by_wind_c <= min(WINDY_C, cold.by_rain_c):
        return say(needs.settings.language, "At {time} it is {temp}, but {wind} of wind make it feel like {low}: dress for that.", **values)
    if cold.by_rain_c <= RAINY_C:
        return say(needs.settings.language, "At {time} it is {temp}, and rain makes it feel like {low}: stay dry.", **values)
    if cold.at == warm.at:
        return say(needs.settings.language, "At {time} it is {temp} and feels like {low}.", **values)
    return say(needs.settings.language, "It feels like {low} at its coldest ({time}) and {high} at its warmest ({later}).", **values)


def _layers_come_off(dressed: Dressed) -> bool:
    return any(not dressed.worn(garment)[dressed.needs.ahead].all() for garment in dressed.outfit.coming_off)


def _why_hot(needs: Needs, values: dict[str, str]) -> str:
    if np.isfinite(needs.warmest.dewpoint_c) and needs.hottest_shade_c - needs.warmest.temp_c >= HUMID_C:
        return say(
            needs.settings.language,
            "In the humid air (dew point {dewpoint}) {hot} at {later} feel like {shade} in the shade: wear the least you can.",
            **values,
        )
    return say(needs.settings.language, "It gets {hot} at {later}: wear the least you can.", **values)


def reason(dressed: Dressed, garment: Garment) -> str:
    """Why a garment is worn."""
    needs = dressed.needs
    text = _removable(dressed, garment) if garment.removable else _kept_on(dressed, garment)
    against = []
    if garment.layer is Layer.OUTER and garment.water == PROOF and needs.rain_chance >= WET_CHANCE:
        against.append(say(needs.settings.language, "Keeps the rain out."))
    if garment.layer is Layer.OUTER and garment.wind == PROOF and needs.coldest.wind_ms >= STRONG_WIND_MS:
        against.append(say(needs.settings.language, "Keeps the wind out."))
    return " ".join([text, *against])


def _removable(dressed: Dressed, garment: Garment) -> str:
    needs, language = dressed.needs, dressed.needs.settings.language
    worn = dressed.worn(garment) & needs.ahead
    values = needs.numbers
    if needs.ahead.sum() == 1:
        return say(language, "It feels like {low} at {time}.", **values)
    if not worn.any():
        return say(language, "At hand, should it turn colder than {low}.", **values)
    if worn[needs.ahead].all():
        return say(language, "All the time: it never feels warmer than {high}.", **values)
    feels = needs.hourly["feels_c"][worn]
    low, high = (temperature(value, needs.settings.units) for value in (feels.min(), feels.max()))
    spans = listed(_spans(dressed, worn))
    if low == high:
        return say(language, "{spans}, when it feels like {low}.", spans=spans, low=low)
    return say(language, "{spans}, when it feels like {low} to {high}.", spans=spans, low=low, high=high)


def _kept_on(dressed: Dressed, garment: Garment) -> str:
    needs, place = dressed.needs, garment.covers[0]
    language, values = needs.settings.language, needs.numbers
    if place is Place.TOP and not any(dressed.worn(g)[needs.ahead].all() for g in dressed.outfit.garments if g.removable):
        return say(language, "All you need at {later}, when it feels like {high}.", **values)
    if place is Place.TOP:
        return say(language, "Under the rest.")
    if place in (Place.UNDER_TOP, Place.UNDER_LEGS, Place.OVER_LEGS, Place.SOCKS):
        return say(language, "It feels like {low} at {time}.", **values)
    if place is Place.LEGS:
        if garment.clo <= AIRY_CLO:
            return say(language, "Airy: it never feels colder than {low}.", **values)
        if values["low"] == values["high"]:
            return say(language, "Right for {low}.", **values)
        return say(language, "Right for {low} to {high}.", **values)
    return _on_the_feet(dressed, garment, values)


def _on_the_feet(dressed: Dressed, garment: Garment, values: dict[str, str]) -> str:
    language = dressed.needs.settings.language
    if garment.water and dressed.needs.rain_chance >= WET_CHANCE:
        return say(language, "Dry feet on wet ground.", **values)
    if garment.clo >= WARM_SOLES_CLO:
        return say(language, "Warm soles: it feels like {low} at {time}.", **values)
    if garment.clo <= OPEN_CLO:
        return say(language, "Airy: it never feels colder than {low}.", **values)
    if dressed.needs.settings.activity in (Activity.CYCLING, Activity.RUNNING):
        return say(language, "Warm enough while you move.")
    return say(language, "Nothing warmer needed above {low}.", **values)


def layering_tip(dressed: Dressed) -> str:
    """What to do with the outermost layer that comes off."""
    needs, language = dressed.needs, dressed.needs.settings.language
    layers = [garment for garment in dressed.outfit.garments if garment.layer in (Layer.OUTER, Layer.MID)]
    if not layers:
        return say(language, "Nothing to take off: loose, light cloth lets the air through.")
    for garment in layers:
        worn = dressed.worn(garment)[needs.ahead]
        if worn.any() and not worn.all():
            return _comes_off(dressed, garment)
    return say(language, "Outdoors nothing has to come off; indoors, take off: {garment}.", garment=name(language, layers[0]))


def _comes_off(dressed: Dressed, garment: Garment) -> str:
    needs, language = dressed.needs, dressed.needs.settings.language
    worn = dressed.worn(garment) & needs.ahead
    if worn[needs.ahead][0]:
        spans = listed(_spans(dressed, ~worn & needs.ahead))
        return say(language, "Can come off {spans}: {garment}.", garment=name(language, garment), spans=spans)
    return say(language, "Take along for {spans}: {garment}.", garment=name(language, garment), spans=listed(_spans(dressed, worn)))


def activity_tip(dressed: Dressed) -> str:
    """What the weather means for what a person does: heat, frost, or what doing something else would change."""
    needs, language = dressed.needs, dressed.needs.settings.language
    values = needs.numbers
    if needs.hottest_shade_c >= HEAT_WARNING_C:
        return say(language, "It feels like {shade} in the shade, a heat warning's level: no hard work, stay cool at midday.", **values)
    if needs.hottest_shade_c >= HEAT_ADVISORY_C:
        return say(language, "It feels like {shade} in the shade, a heat advisory's level: rest in the shade, and drink.", **values)
    if needs.coldest.feels_c <= FROSTBITE_C:
        return say(language, "At {low} bare skin freezes within half an hour: cover your face, keep it short.", **values)
    return _doing_something_else(dressed)


def _doing_something_else(dressed: Dressed) -> str:
    language, activity = dressed.needs.settings.language, dressed.needs.settings.activity
    if activity is Activity.SITTING:
        on, off = _largest_changes(dressed.outfit, dressed.otherwise)
        values = {"new": _names(dressed, on), "old": _names(dressed, off)}
        if not off:
            return say(language, "If you walk instead, the same will do.")
        if on:
            return say(language, "If you walk instead, lighter will do: {new} instead of {old}.", **values)
        return say(language, "If you walk instead, you can do without: {old}.", **values)
    added = [garment for garment in dressed.otherwise.beyond(dressed.outfit) if garment.removable]
    more = tuple(sorted(added, key=lambda garment: -garment.clo)[:AT_HAND])
    if not more:
        return say(language, "If you stop for long, the same will do.")
    return say(language, "If you stop for long, have at hand: {garments}.", garments=_names(dressed, more))


def certainty(dressed: Dressed) -> str:
    """How sure the outfit is, in words."""
    cold, warm = dressed.too_cold, dressed.too_warm
    values = {"fits": percent(1 - cold - warm), "cold": percent(cold), "warm": percent(warm)}
    return say(dressed.needs.settings.language, "{fits} that it fits, {cold} too cold, {warm} too warm.", **values)


def instead(dressed: Dressed, second: Outfit) -> str:
    """How to change from the outfit to the second one."""
    language = dressed.needs.settings.language
    on, off = _largest_changes(dressed.outfit, second)
    values = {"new": _names(dressed, on), "old": _names(dressed, off)}
    if second.clo < dressed.outfit.clo:
        if on:
            return say(language, "Should it turn warmer: {new} instead of {old}.", **values)
        return say(language, "Should it turn warmer: without {old}.", **values)
    if off:
        return say(language, "Should it turn colder: {new} instead of {old}.", **values)
    return say(language, "Should it turn colder: also {new}.", **values)


def _largest_changes(first: Outfit, second: Outfit) -> tuple[tuple[Garment, ...], tuple[Garment, ...]]:
    """What the second outfit has instead of the first one's, where that warms or cools most; in full it is `second`."""
    pairs = [(first.at(place), second.at(place)) for place in Place]
    changed = [(old, new) for old, new in pairs if old != new]
    changed.sort(key=lambda pair: -abs((pair[1].clo if pair[1] else 0.0) - (pair[0].clo if pair[0] else 0.0)))
    told = changed[:AT_HAND]
    return tuple(dict.fromkeys(new for _, new in told if new)), tuple(dict.fromkeys(old for old, _ in told if old))


def missing(dressed: Dressed) -> str:
    """What a person's own wardrobe lacks for this weather; nothing where it does."""
    needs, language = dressed.needs, dressed.needs.settings.language
    short = needs.typical_clo - dressed.outfit.clo
    if abs(short) <= MARGIN_CLO:
        return ""
    if 0 < dressed.rung < len(dressed.ladder.dry) - 1:
        between = ladder(needs.settings.style).at(needs.typical_clo).beyond(dressed.outfit)[:AT_HAND]
        return say(language, "You own nothing in between. Nearer would be: {garments}.", garments=_names(dressed, between))
    if short < 0:
        lighter = ladder(needs.settings.style).at(needs.typical_clo).beyond(dressed.outfit)
        return say(language, "You own nothing light enough. Missing: {garments}.", garments=_names(dressed, lighter))
    lacking = own.missing(dressed.ladder, needs.typical_clo, needs.settings.style)
    if lacking:
        return say(language, "You own nothing warm enough. Missing: {garments}.", garments=_names(dressed, lacking))
    return say(language, "You own nothing warm enough: stay out for a short while only.")


def change(dressed: Dressed, hour: int, first: bool) -> str:
    """What to put on or take off at one of the H hours; nothing, mostly."""
    language = dressed.needs.settings.language
    now = dressed.outfit.takings_off[dressed.states[hour]]
    if first:
        return say(language, "not on yet: {garments}", garments=_names_of(dressed, now)) if now else ""
    before = dressed.outfit.takings_off[dressed.states[hour - 1]]
    if now - before:
        return say(language, "take off: {garments}", garments=_names_of(dressed, now - before))
    return say(language, "put on: {garments}", garments=_names_of(dressed, before - now)) if before - now else ""


def _names_of(dressed: Dressed, ids: frozenset[str]) -> str:
    return _names(dressed, tuple(garment for garment in dressed.outfit.garments if garment.id in ids))


def _names(dressed: Dressed, garments: tuple[Garment, ...]) -> str:
    return listed(name(dressed.needs.settings.language, garment) for garment in garments)


def _spans(dressed: Dressed, on: np.ndarray) -> list[str]:
    """Runs of hours as "07:00-11:00", each up to where the next hour begins."""
    hours = dressed.needs.weather.hours
    edges = np.flatnonzero(np.diff(np.concatenate([[False], on, [False]]).astype(int)))
    return [f"{clock(hours[first])}–{clock(hours[end - 1] + 1)}" for first, end in edges.reshape(-1, 2)]
