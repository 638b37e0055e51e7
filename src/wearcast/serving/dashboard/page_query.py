"""What a viewer chose, and the page's address that says so: nothing in it is ever an error, what
can't be meant is told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from wearcast.vocabulary import (
    LANGUAGES,
    SLEEP_HOURS,
    UNITS,
    USUAL_ACTIVITY,
    USUAL_SENSITIVITY,
    USUAL_SLEEP,
    USUAL_STYLE,
    USUAL_WAKE,
    WAKE_HOURS,
    Activity,
    Language,
    Sensitivity,
    Style,
    Units,
    some_hour_outdoors,
)

TABS: Final = ("wear", "about")
_ALLOWED: Final[Mapping[str, Sequence[str]]] = {
    "style": tuple(Style),
    "sensitivity": tuple(Sensitivity),
    "activity": tuple(Activity),
    "units": UNITS,
    "lang": LANGUAGES,
    "tab": TABS,
}
_HOURS: Final = {"wake": WAKE_HOURS, "sleep": SLEEP_HOURS}
_MAX_QUERY_LENGTH: Final = 1_000
_MAX_SHOWN_LENGTH: Final = 40


@dataclass(frozen=True)
class Choices:
    """What a viewer chose; a station or day of None is the one that is shown unless another is
    chosen.

    Attributes:
        station: its id.
        day: a local date of the station.
        style, activity, sensitivity: as the API has them.
        wake, sleep: the first hour outdoors, and the one from which they are in again; through the
            night where it is the earlier one.
        units: °C and m/s, or °F and mph.
        lang: of every text; None for what the browser prefers.
        tab: `wear`, or `about` the forecasts.
    """

    station: str | None = None
    day: str | None = None
    style: str = USUAL_STYLE
    activity: str = USUAL_ACTIVITY
    sensitivity: str = USUAL_SENSITIVITY
    wake: int = USUAL_WAKE
    sleep: int = USUAL_SLEEP
    units: Units = "metric"
    lang: Language | None = None
    tab: str = "wear"

    def to_query(self, **other: Any) -> str:
        """The address's query, without what needn't be said; `other` stands for choices of its
        own."""
        values, defaults = asdict(replace(self, **other)), asdict(Choices())
        return "?" + urlencode(
            {name: value for name, value in values.items() if value != defaults[name]}
        )

    def advice_query(self, day: str | None = None) -> dict[str, str]:
        """The query of the API for a day's advice."""
        params = {
            "station": self.station,
            "target_date": day or self.day,
            "style": self.style,
            "activity": self.activity,
            "sensitivity": self.sensitivity,
            "wake": str(self.wake),
            "sleep": str(self.sleep),
            "units": self.units,
            "lang": self.lang,
        }
        return {name: value for name, value in params.items() if value is not None}


@dataclass(frozen=True)
class InvalidChoice:
    """A choice in an address that can't be meant, and so was left out."""

    name: str
    value: str


def parse_query(query: str) -> tuple[Choices, tuple[InvalidChoice, ...]]:
    """The choices that an address's query says, and what in it is wrong; what it doesn't know is
    none of its business."""
    params = dict(
        parse_qsl(
            query.lstrip("?")[:_MAX_QUERY_LENGTH], keep_blank_values=False, max_num_fields=None
        )
    )
    valid: dict[str, Any] = {}
    invalid: list[InvalidChoice] = []
    for field in fields(Choices):
        if field.name not in params:
            continue
        value = params[field.name]
        if _validator(field.name)(value):
            valid[field.name] = int(value) if field.name in _HOURS else value
        else:
            invalid.append(InvalidChoice(field.name, value[:_MAX_SHOWN_LENGTH]))
    choices = Choices(**valid)
    if not some_hour_outdoors(choices.wake, choices.sleep):
        invalid.append(InvalidChoice("hours", f"{choices.wake}–{choices.sleep}"))
        choices = replace(choices, wake=USUAL_WAKE, sleep=USUAL_SLEEP)
    return choices, tuple(invalid)


def _validator(name: str) -> Callable[[str], bool]:
    if name == "day":
        return _is_date
    if name in _HOURS:
        return lambda value: value.isascii() and value.isdigit() and int(value) in _HOURS[name]
    if name == "station":
        return lambda value: (
            value.replace("_", "").replace("-", "").isalnum()
            and value.isascii()
            and len(value) <= 32
        )
    return lambda value: value in _ALLOWED[name]


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
