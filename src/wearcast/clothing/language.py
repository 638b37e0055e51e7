"""Every text that a user sees comes from here: sentences by gettext, names from the wardrobe,
numbers in the units asked for."""

import gettext
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Final

import numpy as np

from wearcast.clothing.wardrobe import Named
from wearcast.config import Station
from wearcast.vocabulary import Language, Units

DOMAIN: Final = "wearcast"


def say(language: Language, message: str, **values: str) -> str:
    """A message in a language; its English text is its id, and `{name}` in it is filled from the
    values."""
    return _catalogue(language).gettext(message).format(**values)


def name(language: Language, thing: Named | Station) -> str:
    """The name of a garment, a style, something to carry or a station."""
    return thing.name_ko if language == "ko" else thing.name_en


def listed(names: Iterable[str]) -> str:
    """Several names after each other."""
    return ", ".join(names)


def temperature(temp_c: float, units: Units) -> str:
    """A whole temperature with its unit, and a real minus."""
    shown, unit = (temp_c * 9 / 5 + 32, "°F") if units == "imperial" else (temp_c, "°C")
    return f"{round(float(shown)) + 0} {unit}".replace("-", "−")


def speed(wind_ms: float, units: Units) -> str:
    """A whole wind speed with its unit."""
    return f"{wind_ms * 2.23694:.0f} mph" if units == "imperial" else f"{wind_ms:.0f} m/s"


def percent(chance: float) -> str:
    """A chance in percent."""
    return f"{chance:.0%}".replace("%", " %")


def clock(at: np.datetime64 | datetime) -> str:
    """The local time of an hour."""
    return f"{at.item() if isinstance(at, np.datetime64) else at:%H:%M}"


def day_of(language: Language, on: date) -> str:
    """A date with its weekday."""
    weekdays = (
        say(language, "Monday"),
        say(language, "Tuesday"),
        say(language, "Wednesday"),
        say(language, "Thursday"),
        say(language, "Friday"),
        say(language, "Saturday"),
        say(language, "Sunday"),
    )
    return say(language, "{weekday} {date}", weekday=weekdays[on.weekday()], date=str(on))


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    """The compiled catalogue of a language; it is a part of the package, so that there is no
    falling back to another."""
    with (resources.files("wearcast") / "locale" / language / "LC_MESSAGES" / f"{DOMAIN}.mo").open(
        "rb"
    ) as file:
        return gettext.GNUTranslations(file)
