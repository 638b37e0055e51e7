"""What people read: messages and names in their language, numbers with their units, times and
dates; and which language a browser asks for. Standard library only.

A message's English text is its id. Every other language has a catalogue in `locale/`, and a message
that it lacks is read in English.
"""

import gettext
import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Final, NewType, Protocol

from wearcast.variables import VARIABLES, fahrenheit_difference
from wearcast.vocabulary import LANGUAGES, UNITS, Language, Precipitation, Units

DOMAIN: Final = "wearcast"
SOURCE_LANGUAGE: Final[Language] = "en"
"""The language of the ids."""

NO_BREAK: Final = "\u00a0"
_SPEEDS: Final = "|".join(VARIABLES["wind_ms"].scale(units).unit for units in UNITS)
_BEFORE_UNIT: Final = re.compile(rf"(?<=\d) (?=°|%|{_SPEEDS})")
_HALF_DAY: Final = timedelta(hours=12)
_LONGEST_HEADER: Final = 200
"""Characters of an Accept-Language header that are read."""


class HasNames(Protocol):
    """Something with a field `name_xx` for each language xx that it has a name in."""

    @property
    def name_en(self) -> str:
        """In English, which never lacks."""


Message = NewType("Message", str)
"""A message that is marked, to be said later."""


def message(text: str) -> Message:
    """Mark a text as a message, for `make regenerate` to find it where it isn't said at once."""
    return Message(text)


def say(language: Language, text: str, **values: str) -> str:
    """A message in a language; its English text is its id, and `{name}` in it is filled from the
    values."""
    return say_marked(language, Message(text), **values)


def say_marked(language: Language, marked: Message, **values: str) -> str:
    """The same of a message that was marked before."""
    return _catalogue(language).gettext(marked).format(**values)


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    if language == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    folder = resources.files("wearcast") / "locale" / language / "LC_MESSAGES"
    with (folder / f"{DOMAIN}.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def name(language: Language, thing: HasNames) -> str:
    """The name of a garment, a style, something to carry or a station; the English one where it has
    none in the language."""
    return getattr(thing, f"name_{language}", "") or thing.name_en


def listed(names: Iterable[str]) -> str:
    """Several names after each other."""
    return ", ".join(names)


def whole(value: float) -> str:
    """A whole number with a real minus, and no minus before 0."""
    return f"{round(value) + 0}".replace("-", "−")


_NUMBER_WORDS: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)


def number_word(language: Language, n: int) -> str:
    """A count within a sentence: in English a word up to twelve, else its digits."""
    if language == SOURCE_LANGUAGE and n < len(_NUMBER_WORDS):
        return _NUMBER_WORDS[n]
    return str(n)


def tenths(value: float) -> str:
    """A number to its tenth with a real minus, and no minus before 0."""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")


def temperature(temp_c: float, units: Units) -> str:
    """A temperature in °C as a whole one in the units asked for."""
    scale = VARIABLES["temp_c"].scale(units)
    return f"{whole(scale.convert(temp_c))} {scale.unit}"


def degrees(language: Language, difference_c: float, units: Units) -> str:
    """A difference of temperatures in °C as whole degrees of the units asked for."""
    difference = fahrenheit_difference(difference_c) if units == "imperial" else difference_c
    return say(language, "{number}°", number=whole(difference))


def speed(wind_ms: float, units: Units) -> str:
    """A wind speed in m/s as a whole one in the units asked for."""
    scale = VARIABLES["wind_ms"].scale(units)
    return f"{whole(scale.convert(wind_ms))} {scale.unit}"


def temperature_to_tenth(language: Language, value: float, units: Units) -> str:
    """A temperature that is in these units already, to its tenth and unbroken."""
    return unbroken(with_units(language, f"{tenths(value)} {temperature_unit(units)}"))


def percent(chance: float) -> str:
    """A chance in whole percent."""
    return f"{round(100 * chance)} %"


def temperature_unit(units: Units) -> str:
    """°C or °F."""
    return VARIABLES["temp_c"].scale(units).unit


def speed_unit(units: Units) -> str:
    """m/s or mph."""
    return VARIABLES["wind_ms"].scale(units).unit


def unbroken(text: str) -> str:
    """The same text in which no line ends between a number and its unit."""
    return _BEFORE_UNIT.sub(NO_BREAK, text)


def with_units(language: Language, text: str) -> str:
    """The same text with numbers and units as the language writes them: Korean has no space between
    them."""
    return _BEFORE_UNIT.sub("", text) if language == "ko" else text


def time_of_day(language: Language, units: Units, at: datetime) -> str:
    """A local time within a sentence."""
    if language == SOURCE_LANGUAGE:
        return clock(language, units, at)
    hour = str(at.hour % 12 or 12)
    if at.minute:
        minute = f"{at.minute:02}"
        if at.hour < 12:
            return say(language, "{hour}:{minute} a.m.", hour=hour, minute=minute)
        return say(language, "{hour}:{minute} p.m.", hour=hour, minute=minute)
    if at.hour == 0:
        return say(language, "midnight")
    if at.hour == 12:
        return say(language, "noon")
    if at.hour < 12:
        return say(language, "{hour}:00 a.m.", hour=hour)
    return say(language, "{hour}:00 p.m.", hour=hour)


def has_twelve_hours(language: Language, units: Units) -> bool:
    """Whether the clock has twelve hours, as where people read English and °F."""
    return language == SOURCE_LANGUAGE and units == "imperial"


def clock(language: Language, units: Units, at: datetime | str) -> str:
    """The hour and minute of a local time, which may be in ISO 8601: "15:00", or "3 pm" by a
    12-hour clock."""
    time = datetime.fromisoformat(at) if isinstance(at, str) else at
    if not has_twelve_hours(language, units):
        return f"{time:%H:%M}"
    hour, half = _twelve_hours(time)
    minutes = f":{time.minute:02}" if time.minute else ""
    return f"{hour}{minutes} {half}"


def _twelve_hours(time: datetime) -> tuple[int, str]:
    """The hour from 1 to 12, and which half of the day it belongs to."""
    return time.hour % 12 or 12, "pm" if time.hour >= 12 else "am"


def clock_span(language: Language, units: Units, start: datetime, end: datetime) -> str:
    """A run of time by the clock: "15:00–17:00", or "3–5 pm"."""
    first = clock(language, units, start)
    last = clock(language, units, end)
    if has_twelve_hours(language, units):
        same_half = first[-2:] == last[-2:]
        if same_half and end - start < _HALF_DAY:
            first = first[:-3]
    return f"{first}–{last}"


def hours_of_day(language: Language, units: Units, start: datetime, end: datetime) -> str:
    """A run of hours by the clock within a sentence: "15–17" where they are whole ones."""
    if start.minute or end.minute or has_twelve_hours(language, units):
        return clock_span(language, units, start, end)
    return say(language, "{start}–{end}", start=str(start.hour), end=str(end.hour or 24))


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


def iso_date(language: Language, on: date) -> str:
    """A day as "Tuesday 2013-03-12"."""
    return say(language, "{weekday} {date}", weekday=weekday(language, on), date=str(on))


def long_date(language: Language, on: date) -> str:
    """A day as people write it."""
    return say(
        language,
        "{weekday}, {month} {day}",
        weekday=weekday(language, on),
        month=month(language, on),
        day=str(on.day),
    )


def activity(language: Language, name: str) -> str:
    """An activity in the middle of a line."""
    return {
        "sitting": say(language, "sitting"),
        "strolling": say(language, "strolling"),
        "walking": say(language, "walking"),
        "cycling": say(language, "cycling"),
        "running": say(language, "running"),
    }[name]


def activity_title(language: Language, name: str) -> str:
    """An activity by itself, as a choice."""
    return {
        "sitting": say(language, "Sitting"),
        "strolling": say(language, "Strolling"),
        "walking": say(language, "Walking briskly"),
        "cycling": say(language, "Cycling"),
        "running": say(language, "Running"),
    }[name]


def exposure(language: Language, name: str) -> str:
    """How long a person is out at a stretch, in the middle of a line."""
    return {
        "errands": say(language, "errands and commuting"),
        "hours": say(language, "outdoors for hours"),
    }[name]


def precipitation(language: Language, kind: Precipitation | None) -> str:
    """What falls, as the title of its chances; rain where that isn't known."""
    return {
        None: say(language, "Rain"),
        Precipitation.RAIN: say(language, "Rain"),
        Precipitation.SNOW: say(language, "Snow"),
        Precipitation.RAIN_OR_SNOW: say(language, "Rain or snow"),
    }[kind]


def age(language: Language, seconds: int) -> str:
    """How long ago something was."""
    if seconds < 60:
        return say(language, "just now")
    if seconds < 5_400:
        return say(language, "{n} min ago", n=str(round(seconds / 60)))
    if seconds < 129_600:
        return say(language, "{n} h ago", n=str(round(seconds / 3_600)))
    return say(language, "{n} days ago", n=str(round(seconds / 86_400)))


_LANGUAGE_TAG: Final = re.compile(r"([A-Za-z]{1,8})(-[A-Za-z0-9]{1,8})*")
_LONGEST_TAG: Final = 35
"""Characters of a language tag that RFC 5646 asks everybody to have room for."""


def language_of(tag: str) -> Language | None:
    """The one of our languages that a tag such as ko-KR stands for, in any case (RFC 5646); None
    where it stands for another one, or is none."""
    found = _LANGUAGE_TAG.fullmatch(tag[: _LONGEST_TAG + 1])
    if not found or len(tag) > _LONGEST_TAG:
        return None
    primary = found.group(1).lower()
    return next((language for language in LANGUAGES if language == primary), None)


def preferred_language(accept_language: str) -> Language:
    """The one of our languages that an Accept-Language header gives the highest weight, the first
    of several; English where it accepts none (RFC 9110, 12.5.4).

    A range such as ko-KR stands for its language, and * for all that aren't named.
    """
    weights: dict[Language, float] = {}
    rest = 0.0
    for item in accept_language[:_LONGEST_HEADER].split(","):
        language_range, _, parameter = item.partition(";")
        tag, weight = language_range.strip().lower().partition("-")[0], _weight(parameter)
        if tag == "*":
            rest = max(rest, weight)
        for language in LANGUAGES:
            if tag == language:
                weights[language] = max(weights.get(language, 0.0), weight)
    for language in LANGUAGES:
        weights.setdefault(language, rest)
    best = max(weights, key=weights.__getitem__)
    return best if weights[best] > 0 else SOURCE_LANGUAGE


def _weight(parameter: str) -> float:
    key, _, value = parameter.strip().partition("=")
    if key.strip().lower() != "q":
        return 1.0
    try:
        return min(max(0.0, float(value)), 1.0)  # 0 where it isn't a number
    except ValueError:
        return 0.0
