"""The sentences of an advice: why, the reason for each piece, and what to put on or take off."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from wearcast.clothing.dressing import Dressed
from wearcast.clothing.required_insulation import Needs
from wearcast.clothing.wardrobe import Garment, Place
from wearcast.forecasting.array_types import Flags
from wearcast.forecasting.local_time import local_time
from wearcast.messages import clock, listed, name, say, temperature
from wearcast.vocabulary import Layer

HOT_C: Final = 30.0
"""From here on, in the shade, the heat is what decides."""

WIDE_C: Final = 8.0
"""A day whose hours feel this different is told by its two ends."""

WINDY_C, RAINY_C = -2.0, -1.0
STRONG_WIND_MS: Final = 8.0
AIRY_CLO: Final = 0.14
WARM_SOLES_CLO: Final = 0.10
OPEN_CLO: Final = 0.02
HUMID_C: Final = 0.5
PROOF: Final = 2


def why(dressed: Dressed) -> str:
    """One sentence with the numbers that decide."""
    needs = dressed.needs
    cold, warm = needs.coldest, needs.warmest
    values = needs.numbers
    if needs.hottest_shade_c >= HOT_C:
        return _why_hot(needs, values)
    if warm.feels_c - cold.feels_c >= WIDE_C and _layers_come_off(dressed):
        return say(
            needs.settings.language,
            "It feels like {low} at {time} but {high} at {later}: dress in layers that come off.",
            **values,
        )
    if cold.by_wind_c <= min(WINDY_C, cold.by_rain_c) and needs.effort.own_wind_ms:
        return say(
            needs.settings.language,
            "At {time} it is {temp}, but your own speed and {wind} of wind make it feel like {low}:"
            " dress for that.",
            **values,
        )
    if cold.by_wind_c <= min(WINDY_C, cold.by_rain_c):
        return say(
            needs.settings.language,
            "At {time} it is {temp}, but {wind} of wind make it feel like {low}: dress for that.",
            **values,
        )
    if cold.by_rain_c <= RAINY_C:
        return say(
            needs.settings.language,
            "At {time} it is {temp}, and rain makes it feel like {low}: stay dry.",
            **values,
        )
    if cold.at == warm.at:
        return say(
            needs.settings.language, "At {time} it is {temp} and feels like {low}.", **values
        )
    return say(
        needs.settings.language,
        "It feels like {low} at its coldest ({time}) and {high} at its warmest ({later}).",
        **values,
    )


def _layers_come_off(dressed: Dressed) -> bool:
    return any(
        not dressed.worn(garment)[dressed.needs.ahead].all()
        for garment in dressed.outfit.coming_off
    )


def _why_hot(needs: Needs, values: dict[str, str]) -> str:
    if (
        np.isfinite(needs.warmest.dewpoint_c)
        and needs.hottest_shade_c - needs.warmest.temp_c >= HUMID_C
    ):
        return say(
            needs.settings.language,
            "In the humid air (dew point {dewpoint}) {hot} at {later} feel like {shade} in the"
            " shade: wear the least you can.",
            **values,
        )
    return say(
        needs.settings.language, "It gets {hot} at {later}: wear the least you can.", **values
    )


def reason(dressed: Dressed, garment: Garment) -> str:
    """Why a garment is worn."""
    needs = dressed.needs
    text = _removable(dressed, garment) if garment.removable else _kept_on(dressed, garment)
    against = []
    if garment.layer is Layer.OUTER and garment.water == PROOF and needs.rain_is_likely:
        against.append(say(needs.settings.language, "Keeps the rain out."))
    if (
        garment.layer is Layer.OUTER
        and garment.wind == PROOF
        and needs.coldest.wind_ms >= STRONG_WIND_MS
    ):
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
    when = spans(dressed, worn)
    if low == high:
        return say(language, "{spans}, when it feels like {low}.", spans=when, low=low)
    return say(
        language, "{spans}, when it feels like {low} to {high}.", spans=when, low=low, high=high
    )


def _kept_on(dressed: Dressed, garment: Garment) -> str:
    needs, place = dressed.needs, garment.covers[0]
    language, values = needs.settings.language, needs.numbers
    if place is Place.TOP and not any(
        dressed.worn(g)[needs.ahead].all() for g in dressed.outfit.garments if g.removable
    ):
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
    if garment.water and dressed.needs.rain_is_likely:
        return say(language, "Dry feet on wet ground.", **values)
    if garment.clo >= WARM_SOLES_CLO:
        return say(language, "Warm soles: it feels like {low} at {time}.", **values)
    if garment.clo <= OPEN_CLO:
        return say(language, "Airy: it never feels colder than {low}.", **values)
    if dressed.needs.effort.vigorous:
        return say(language, "Warm enough while you move.")
    return say(language, "Nothing warmer needed above {low}.", **values)


def change(dressed: Dressed, hour: int, first: bool) -> str:
    """What to put on or take off at one of the H hours; nothing, mostly."""
    language = dressed.needs.settings.language
    now = dressed.outfit.takings_off[dressed.states[hour]]
    if first:
        return (
            say(language, "not on yet: {garments}", garments=_names_of(dressed, now)) if now else ""
        )
    before = dressed.outfit.takings_off[dressed.states[hour - 1]]
    if now - before:
        return say(language, "take off: {garments}", garments=_names_of(dressed, now - before))
    return (
        say(language, "put on: {garments}", garments=_names_of(dressed, before - now))
        if before - now
        else ""
    )


def _names_of(dressed: Dressed, ids: frozenset[str]) -> str:
    return names(dressed, [garment for garment in dressed.outfit.garments if garment.id in ids])


def names(dressed: Dressed, garments: Iterable[Garment]) -> str:
    """The garments' names, one after the other."""
    return listed(name(dressed.needs.settings.language, garment) for garment in garments)


def spans(dressed: Dressed, on: Flags) -> str:
    """Runs of hours as "07:00–11:00", each up to the end of its last hour; no run bridges hours
    that aren't there."""
    weather = dressed.needs.weather
    before, after = np.concatenate([[False], on[:-1]]), np.concatenate([on[1:], [False]])
    gap = np.concatenate([np.diff(weather.valid_at) != np.timedelta64(1, "h"), [True]])
    firsts = weather.hours[on & (~before | np.concatenate([[True], gap[:-1]]))]
    ends = local_time(weather.valid_at[on & (~after | gap)] + 1, weather.station)
    runs = zip(firsts.tolist(), ends.tolist(), strict=True)
    return listed(f"{clock(first)}–{clock(end)}" for first, end in runs)
