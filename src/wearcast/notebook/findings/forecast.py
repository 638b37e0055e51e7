"""What a forecast says: the week in a few sentences, how sure it is, and what to wear."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from IPython.display import Markdown

from wearcast.clothing.advice import Advice
from wearcast.config import Station
from wearcast.forecasting.daily import Day
from wearcast.forecasting.quantiles import MEDIAN, P10, P90
from wearcast.notebook.findings.phrases import as_list, counted, listed, percent, plain

_LIKELY = 0.5


def findings(
    place: Station, issued: datetime, week: Sequence[Day], advices: Sequence[Advice]
) -> Markdown:
    """The sentences as a list, for the notebook; the arguments are theirs."""
    return as_list(sentences(place, issued, week, advices))


def sentences(
    place: Station, issued: datetime, week: Sequence[Day], advices: Sequence[Advice]
) -> list[str]:
    """What was found.

    Args:
        place: the station.
        issued: when, by its clocks.
        week: its days.
        advices: what to wear on each of them.
    """
    return [
        f"{place.name_en}, issued {issued:%A %-d %B %Y at %H:%M} local time.",
        _temperatures(week),
        _spread(week),
        _rain(week),
        *_clothes(advices),
    ]


def _temperatures(week: Sequence[Day]) -> str:
    lows, highs = ([float(day.temp_c[name][MEDIAN]) for day in week] for name in ("min", "max"))
    coldest, warmest = int(np.argmin(lows)), int(np.argmax(highs))
    return (
        f"Coldest on {week[coldest].date:%A} (low {plain(lows[coldest], '°C', 0)}), warmest on"
        f" {week[warmest].date:%A} (high {plain(highs[warmest], '°C', 0)}), by the medians."
    )


def _spread(week: Sequence[Day]) -> str:
    """How the 80 % range of the highest temperature widens."""
    widths = [float(day.temp_c["max"][P90] - day.temp_c["max"][P10]) for day in week]
    if len(widths) < 3:
        return f"The 80 % range of the high spans {plain(widths[-1], '°C', 0)} on the last day."
    return (
        f"The 80 % range of the high spans {plain(widths[1], '°C', 0)} on {week[1].date:%A} and"
        f" {plain(widths[-1], '°C', 0)} on {week[-1].date:%A}: the last days say little more than"
        " what is usual for the season."
    )


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
    worn = [{piece.garment.id for piece in advice.pieces} for advice in advices]
    always = set.intersection(*worn)
    names = [piece.garment.name_en for piece in advices[0].pieces if piece.garment.id in always]
    clo = [advice.clo for advice in advices]
    span = plain(min(clo), "clo", 2)
    if max(clo) - min(clo) >= 0.01:
        span = f"{min(clo):.2f} to {plain(max(clo), 'clo', 2)}"
    sentence = f"Outfits of {span} on {counted(len(advices), 'day')}"
    return [f"{sentence}; on every one: {listed(names)}." if names else f"{sentence}."]
