"""Facts that rooms share, once for all of them. Standard library only: the dashboard's kernel is
small."""

from typing import Final, Literal, get_args

Language = Literal["en", "ko"]
"""Of every text."""

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)

LANGUAGE_NAMES: Final[dict[Language, str]] = {"en": "English", "ko": "한국어"}
"""Each in itself."""

Units = Literal["metric", "imperial"]
"""°C and m/s, or °F and mph."""

UNITS: Final[tuple[Units, ...]] = get_args(Units)

HORIZON_H: Final = 168
"""Hours a forecast reaches ahead: seven days, everywhere."""

WAKE_HOURS: Final = range(24)
"""Local hours that may be the first one outdoors."""

SLEEP_HOURS: Final = range(25)
"""Local hours from which a person may be in again; 24 is midnight."""

USUAL_WAKE, USUAL_SLEEP = 7, 22
"""Out from the one to the other unless a person says otherwise."""


def some_hour_outdoors(wake: int, sleep: int) -> bool:
    """Whether there is an hour between going out and being in again, which after midnight is the
    next day's."""
    return wake != sleep
