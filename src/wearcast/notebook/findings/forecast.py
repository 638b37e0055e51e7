"""What a forecast says: the week in a few sentences, how sure it is, and what to wear."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from IPython.display import Markdown

from wearcast.clothing.advice import Advice
from wearcast.config import Station
from wearcast.forecasting.daily import Day
from wearcast.forecasting.guidance_used import GuidanceUsed
from wearcast.forecasting.quantiles import MEDIAN, P10, P90
from wearcast.notebook.findings.phrases import as_list, counted, listed, percent, plain

_LIKELY = 0.5
"""A chance of rain from which it is called likely."""

_MANY_DAYS = 5
"""From so many days on, the last ones are far ahead."""

_CLO_STEP = 0.01
"""Insulations nearer to each other than this are told as one."""


def findings(
    place: Station,
    issued: datetime,
    week: Sequence[Day],
    advices: Sequence[Advice],
    used: GuidanceUsed | None = None,
) -> Markdown:
    """The sentences as a list, for the notebook; the arguments are theirs."""
    return as_list(sentences(place, issued, week, advices, used))


def sentences(
    place: Station,
    issued: datetime,
    week: Sequence[Day],
    advices: Sequence[Advice],
    used: GuidanceUsed | None = None,
) -> list[str]:
    """What was found.

    Args:
        place: the station.
        issued: when, by its clocks.
        week: its days.
        advices: what to wear on each of them.
        used: the numerical forecasts that went into it; None for none.
    """
    models = [run.model for run in used.runs] if used else []
    return [
        f"{place.name_en}, issued {issued:%A %-d %B %Y at %H:%M} local time.",
        *_guidance(models, used.reach_h if used else 0),
        _temperatures(week),
        _spread(week, bool(models)),
        _rain(week),
        *_clothes(advices),
    ]


def _guidance(models: Sequence[str], reach_h: int) -> list[str]:
    if not models:
        return []
    return [f"Made from numerical forecasts of {listed(models)}, up to {reach_h} h ahead."]


def _temperatures(week: Sequence[Day]) -> str:
    lows = [_median(day, "min") for day in week]
    highs = [_median(day, "max") for day in week]
    coldest = int(np.argmin(lows))
    warmest = int(np.argmax(highs))
    cold_day = f"{week[coldest].date:%A}"
    warm_day = f"{week[warmest].date:%A}"
    low = plain(lows[coldest], "°C", 0)
    high = plain(highs[warmest], "°C", 0)
    return (
        f"Coldest on {cold_day} (low {low}), warmest on {warm_day} (high {high}), by the medians."
    )


def _median(day: Day, statistic: str) -> float:
    quantiles = day.temp_c[statistic]
    return float(quantiles[MEDIAN])


def _spread(week: Sequence[Day], guided: bool) -> str:
    """How the 80 % range of the highest temperature widens; what that means where the station's
    past alone forecasts."""
    last_day = f"{week[-1].date:%A}"
    last = _width(week[-1])
    if len(week) < _MANY_DAYS:
        return f"The 80 % range of the high spans {last} on {last_day}."
    next_day = f"{week[1].date:%A}"
    following = _width(week[1])
    widens = f"The 80 % range of the high spans {following} on {next_day} and {last} on {last_day}"
    if guided:
        return f"{widens}."
    return f"{widens}: the last days say little more than what is usual for the season."


def _width(day: Day) -> str:
    """Of the 80 % range of the highest temperature."""
    high_c = day.temp_c["max"]
    width_c = float(high_c[P90] - high_c[P10])
    return plain(width_c, "°C", 0)


def _rain(week: Sequence[Day]) -> str:
    known = [day for day in week if np.isfinite(day.daily_rain_chance)]
    if not known:
        return "The chance of rain isn't known."
    likely = [
        f"{day.date:%A} ({percent(day.daily_rain_chance)})"
        for day in known
        if day.daily_rain_chance >= _LIKELY
    ]
    if likely:
        return f"Rain or snow is likely on {listed(likely)}."
    top = max(known, key=lambda day: day.daily_rain_chance)
    return (
        f"No day is likely to be wet; the highest chance is {percent(top.daily_rain_chance)} on"
        f" {top.date:%A}."
    )


def _clothes(advices: Sequence[Advice]) -> list[str]:
    """What is worn on every day, and how the insulation changes."""
    if not advices:
        return []
    worn = []
    for advice in advices:
        ids = {piece.garment.id for piece in advice.pieces}
        worn.append(ids)
    always = set.intersection(*worn)
    names = []
    for piece in advices[0].pieces:
        if piece.garment.id in always:
            names.append(piece.garment.name_en)
    days = counted(len(advices), "day")
    sentence = f"Outfits of {_clo_span(advices)} on {days}"
    if names:
        sentence += f"; on every one: {listed(names)}"
    return [f"{sentence}."]


def _clo_span(advices: Sequence[Advice]) -> str:
    clo = [advice.clo for advice in advices]
    least = min(clo)
    most = max(clo)
    if most - least < _CLO_STEP:
        return plain(least, "clo", 2)
    return f"{least:.2f} to {plain(most, 'clo', 2)}"
