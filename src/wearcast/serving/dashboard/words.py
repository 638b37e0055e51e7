"""What the page says, in the language and the units asked for."""

import gettext
import re
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any, Final

from wearcast.vocabulary import Language, Units

MISSING: Final = "–"
NO_BREAK: Final = "\u00a0"
"""Between a number and its unit: no line ends there."""
_BEFORE_UNIT: Final = re.compile(r"(?<=\d) (?=°|%|m/s|mph)")


def say(language: Language, message: str, **values: str) -> str:
    """A message in a language, as `clothing.language.say`, whose module needs numpy and more, which
    each viewer's kernel would hold."""
    return _catalogue(language).gettext(message).format(**values)


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    with (resources.files("wearcast") / "locale" / language / "LC_MESSAGES" / "wearcast.mo").open(
        "rb"
    ) as file:
        return gettext.GNUTranslations(file)


def whole(value: float) -> str:
    """A whole number with a real minus, and no minus before 0."""
    return f"{round(value) + 0}".replace("-", "−")


def tenths(value: float) -> str:
    """A number to its tenth with a real minus, and no minus before 0."""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")


def tied(text: str) -> str:
    """A sentence in which no number parts from its unit at the end of a line."""
    return _BEFORE_UNIT.sub(NO_BREAK, text)


def degrees(value: float | None) -> str:
    """A whole temperature, its unit told elsewhere."""
    return MISSING if value is None else f"{whole(value)}°"


def temperature(value: float, units: Units) -> str:
    """A temperature to its tenth with its unit."""
    return f"{tenths(value)}{NO_BREAK}{unit_of_temperature(units)}"


def unit_of_temperature(units: Units) -> str:
    """°C or °F."""
    return "°F" if units == "imperial" else "°C"


def unit_of_speed(units: Units) -> str:
    """m/s or mph."""
    return "mph" if units == "imperial" else "m/s"


def percent(chance: float | None) -> str:
    """A chance in percent."""
    return MISSING if chance is None else f"{round(100 * chance)}{NO_BREAK}%"


def clock(at: str | datetime) -> str:
    """The local time of an hour."""
    return f"{datetime.fromisoformat(at) if isinstance(at, str) else at:%H:%M}"


def hour_of_day(hour: int) -> str:
    """An hour of a setting."""
    return f"{hour:02}:00"


def weekday(language: Language, on: date) -> str:
    """The name of a day."""
    return (
        say(language, "Monday"),
        say(language, "Tuesday"),
        say(language, "Wednesday"),
        say(language, "Thursday"),
        say(language, "Friday"),
        say(language, "Saturday"),
        say(language, "Sunday"),
    )[on.weekday()]


def weekday_short(language: Language, on: date) -> str:
    """The short name of a day."""
    return (
        say(language, "Mon"),
        say(language, "Tue"),
        say(language, "Wed"),
        say(language, "Thu"),
        say(language, "Fri"),
        say(language, "Sat"),
        say(language, "Sun"),
    )[on.weekday()]


def month(language: Language, on: date) -> str:
    """The name of a day's month."""
    return (
        say(language, "January"),
        say(language, "February"),
        say(language, "March"),
        say(language, "April"),
        say(language, "May"),
        say(language, "June"),
        say(language, "July"),
        say(language, "August"),
        say(language, "September"),
        say(language, "October"),
        say(language, "November"),
        say(language, "December"),
    )[on.month - 1]


def long_date(language: Language, on: date) -> str:
    """A day as people write it."""
    return say(
        language,
        "{weekday}, {month} {day}",
        weekday=weekday(language, on),
        month=month(language, on),
        day=str(on.day),
    )


def age(language: Language, seconds: int) -> str:
    """How long ago something was."""
    if seconds < 60:
        return say(language, "just now")
    if seconds < 5_400:
        return say(language, "{n} min ago", n=str(round(seconds / 60)))
    if seconds < 129_600:
        return say(language, "{n} h ago", n=str(round(seconds / 3_600)))
    return say(language, "{n} days ago", n=str(round(seconds / 86_400)))


def named(language: Language, thing: Any) -> str:
    """The name of a station."""
    return str(thing["name_ko"] if language == "ko" else thing["name_en"])


def style(language: Language, name: str) -> str:
    """The name of a style."""
    return {
        "casual": say(language, "Casual"),
        "business": say(language, "Business"),
        "sporty": say(language, "Sporty"),
        "feminine": say(language, "Feminine"),
        "minimal": say(language, "Minimal"),
    }[name]


def activity(language: Language, name: str) -> str:
    """The name of an activity."""
    return {
        "sitting": say(language, "Sitting"),
        "strolling": say(language, "Strolling"),
        "walking": say(language, "Walking briskly"),
        "cycling": say(language, "Cycling"),
        "running": say(language, "Running"),
    }[name]


def sensitivity(language: Language, name: str) -> str:
    """How easily a person feels cold."""
    return {
        "very_low": say(language, "Hardly ever"),
        "low": say(language, "Seldom"),
        "average": say(language, "As most people"),
        "high": say(language, "Easily"),
        "very_high": say(language, "Very easily"),
    }[name]


def layer(language: Language, name: str) -> str:
    """The name of a layer."""
    return {
        "outer": say(language, "Outer layer"),
        "mid": say(language, "Middle layer"),
        "base": say(language, "Next to the skin"),
        "legs": say(language, "Legs"),
        "feet": say(language, "Feet"),
        "head": say(language, "Head"),
        "hands": say(language, "Hands"),
        "neck": say(language, "Neck"),
    }.get(name, name)
