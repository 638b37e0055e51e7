"""The viewer's choices and their form as the page's query. An invalid value is no error: the page
shows the default and a notice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from wearcast.outing import outings_text, read_outings
from wearcast.vocabulary import (
    LANGUAGES,
    SLEEP_HOURS,
    UNITS,
    USUAL_ACTIVITY,
    USUAL_EXPOSURE,
    USUAL_SENSITIVITY,
    USUAL_SLEEP,
    USUAL_STYLE,
    USUAL_WAKE,
    WAKE_HOURS,
    Activity,
    Exposure,
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
    "exposure": tuple(Exposure),
    "units": UNITS,
    "lang": LANGUAGES,
    "tab": TABS,
}
_HOURS: Final = {"wake": WAKE_HOURS, "sleep": SLEEP_HOURS}
_MAX_QUERY_LENGTH: Final = 1_000
_MAX_SHOWN_LENGTH: Final = 40


@dataclass(frozen=True)
class Choices:
    """A viewer's choices.

    Attributes:
        station: the station's id; None for the default one.
        day: a local date of the station; None for the default one.
        style, activity, sensitivity, exposure: as in the API.
        wake, sleep: the first hour outdoors, and the hour of coming home; on the next morning where
            it is the earlier one.
        out: outings as the API takes them, instead of `wake` and `sleep`; empty where there is one
            from the one to the other.
        units: °C and m/s, or °F and mph.
        lang: the language; None for the one that the browser prefers.
        tab: `wear` or `about`.
    """

    station: str | None = None
    day: str | None = None
    style: str = USUAL_STYLE
    activity: str = USUAL_ACTIVITY
    sensitivity: str = USUAL_SENSITIVITY
    exposure: str = USUAL_EXPOSURE
    wake: int = USUAL_WAKE
    sleep: int = USUAL_SLEEP
    out: str = ""
    units: Units = "metric"
    lang: Language | None = None
    tab: str = "wear"

    def to_query(self, **other: Any) -> str:
        """The page's query, without default values; `other` replaces choices."""
        values = asdict(replace(self, **other))
        defaults = asdict(Choices())
        given = {name: value for name, value in values.items() if value != defaults[name]}
        return "?" + urlencode(given)

    def advice_query(self, day: str | None = None) -> dict[str, str]:
        """The parameters of the API's request for a day's advice."""
        params = {
            "station": self.station,
            "target_date": day or self.day,
            "style": self.style,
            "activity": self.activity,
            "sensitivity": self.sensitivity,
            # The previous release's API doesn't know it.
            "exposure": None if self.exposure == USUAL_EXPOSURE else self.exposure,
            "out": self.out or None,
            "wake": None if self.out else str(self.wake),
            "sleep": None if self.out else str(self.sleep),
            "units": self.units,
            "lang": self.lang,
        }
        return {name: value for name, value in params.items() if value is not None}


@dataclass(frozen=True)
class InvalidChoice:
    """A choice in the page's query whose value is invalid, so that the default is shown."""

    name: str
    value: str


def parse_query(query: str) -> tuple[Choices, tuple[InvalidChoice, ...]]:
    """The choices of a page's query, and the invalid ones; unknown parameters are ignored."""
    text = query.lstrip("?")[:_MAX_QUERY_LENGTH]
    params = dict(parse_qsl(text, keep_blank_values=False, max_num_fields=None))
    valid: dict[str, Any] = {}
    invalid: list[InvalidChoice] = []
    for field in fields(Choices):
        if field.name not in params:
            continue
        value = params[field.name]
        if _validator(field.name)(value):
            valid[field.name] = _parsed(field.name, value)
        else:
            invalid.append(InvalidChoice(field.name, value[:_MAX_SHOWN_LENGTH]))
    choices = Choices(**valid)
    if not some_hour_outdoors(choices.wake, choices.sleep):
        invalid.append(InvalidChoice("hours", f"{choices.wake}–{choices.sleep}"))
        choices = replace(choices, wake=USUAL_WAKE, sleep=USUAL_SLEEP)
    if choices.out:
        invalid = [one for one in invalid if one.name not in (*_HOURS, "hours")]
    return choices, tuple(invalid)


def _parsed(name: str, value: str) -> Any:
    """A valid value, of the type that `Choices` has."""
    if name in _HOURS:
        return int(value)
    return outings_text(read_outings(value)) if name == "out" else value


def _validator(name: str) -> Callable[[str], bool]:
    if name == "day":
        return _is_date
    if name in _HOURS:
        return partial(_is_hour_of, _HOURS[name])
    if name == "station":
        return _is_station_id
    if name == "out":
        return _are_outings
    return _ALLOWED[name].__contains__


def _are_outings(value: str) -> bool:
    try:
        read_outings(value)
    except ValueError:
        return False
    return True


def _is_hour_of(hours: range, value: str) -> bool:
    if not (value.isascii() and value.isdigit()):
        return False
    return int(value) in hours


def _is_station_id(value: str) -> bool:
    if len(value) > 32 or not value.isascii():
        return False
    without_separators = value.replace("_", "").replace("-", "")
    return without_separators.isalnum()


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
