"""What the page shows of an answer: numbers that may be missing, and the names of choices and
layers."""

from collections.abc import Mapping
from typing import Any, Final

from wearcast.messages import has_twelve_hours, percent, say, unbroken, whole, with_units
from wearcast.vocabulary import Language, Units

MISSING: Final = "–"


def degrees(value: float | None) -> str:
    """A whole temperature, its unit told elsewhere."""
    return MISSING if value is None else f"{whole(value)}°"


def percent_or_missing(language: Language, chance: float | None) -> str:
    """A chance in percent."""
    return MISSING if chance is None else unbroken(with_units(language, percent(chance)))


def hour_of_day(language: Language, units: Units, hour: int) -> str:
    """An hour of a setting, from 0 to 24."""
    if not has_twelve_hours(language, units):
        return f"{hour:02}:00"
    half = "pm" if 12 <= hour < 24 else "am"
    return f"{hour % 12 or 12} {half}"


def named(language: Language, station: Mapping[str, Any]) -> str:
    """The name of a station of an answer; the English one where it has none in the language."""
    return str(station.get(f"name_{language}") or station["name_en"])


def style(language: Language, name: str) -> str:
    """The name of a style."""
    return {
        "casual": say(language, "Casual"),
        "business": say(language, "Business"),
        "sporty": say(language, "Sporty"),
        "feminine": say(language, "Feminine"),
        "minimal": say(language, "Minimal"),
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


def exposure(language: Language, name: str) -> str:
    """How long a person is out at a stretch, by itself, as a choice."""
    return {
        "errands": say(language, "Errands and commuting"),
        "hours": say(language, "Outdoors for hours"),
    }[name]


def layer(language: Language, name: str) -> str:
    """The name of a layer."""
    return {
        "outer": say(language, "Outer layer"),
        "mid": say(language, "Middle layer"),
        "base": say(language, "Next to the skin"),
        "legs": say(language, "Legs"),
        "feet": say(language, "Feet"),
        "head": say(language, "On the head"),
        "hands": say(language, "On the hands"),
        "neck": say(language, "Round the neck"),
    }.get(name, name)
