"""The viewer's choices and their form as a query: of the page's address, whose invalid values are
no error but a notice, and of the cookie that remembers choices on the viewer's device."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from wearcast.outing import outings_text, read_outings
from wearcast.vocabulary import (
    LANGUAGES,
    MAX_OFFSET_C,
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
_NOT_REMEMBERED: Final = ("day", "tab", "find")
_MAX_QUERY_LENGTH: Final = 1_000
_MAX_SHOWN_LENGTH: Final = 40
MAX_FIND_LENGTH: Final = 40
"""Of what a place is searched by, which the address has to hold with all other choices."""
_OFFSET: Final = re.compile(r"-?[0-9]\.[0-9]")


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
        offset: how many °C colder than most the viewer feels, as their votes taught, such as 1.4,
            instead of `sensitivity`; empty where that counts.
        units: °C and m/s, or °F and mph.
        lang: the language; None for the one that the browser prefers.
        tab: `wear` or `about`.
        find: a part of a place's name that is searched; empty for no search.
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
    offset: str = ""
    units: Units = "metric"
    lang: Language | None = None
    tab: str = "wear"
    find: str = ""

    def to_query(self, **other: Any) -> str:
        """The page's query; `other` replaces choices. It holds default values, too, since without
        them the ones that the viewer's device remembers would count."""
        values = asdict(replace(self, **other))
        given = {name: value for name, value in values.items() if value not in (None, "")}
        return "?" + urlencode(given)

    def advice_query(self, day: str | None = None) -> dict[str, str]:
        """The parameters of the API's request for a day's advice."""
        params = {
            "station": self.station,
            "target_date": day or self.day,
            "style": self.style,
            "activity": self.activity,
            "sensitivity": USUAL_SENSITIVITY if self.offset else self.sensitivity,
            "offset_c": self.offset or None,
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


def parse_query(
    query: str, remembered: Choices | None = None
) -> tuple[Choices, tuple[InvalidChoice, ...]]:
    """The choices of a page's query, and the invalid ones; unknown parameters are ignored.

    Args:
        query: of the page's address.
        remembered: what counts where the query says nothing, or nothing valid; None for the
            default values.
    """
    remembered = remembered or Choices()
    params = _params(query)
    valid: dict[str, Any] = {}
    for name in _NOT_REMEMBERED:
        valid[name] = getattr(Choices, name)
    invalid: list[InvalidChoice] = []
    if params.keys() & _HOURS.keys():
        valid["out"] = ""  # the one span counts, not outings that are remembered
    if "sensitivity" in params:
        valid["offset"] = ""  # likewise
    for field in fields(Choices):
        if field.name not in params:
            continue
        value = params[field.name]
        if _validator(field.name)(value):
            valid[field.name] = _parsed(field.name, value)
        else:
            shown = value[:_MAX_SHOWN_LENGTH]
            invalid.append(InvalidChoice(field.name, shown))
    choices = replace(remembered, **valid)
    if not some_hour_outdoors(choices.wake, choices.sleep):
        hours = f"{choices.wake}–{choices.sleep}"
        invalid.append(InvalidChoice("hours", hours))
        choices = replace(choices, wake=remembered.wake, sleep=remembered.sleep)
    if choices.out:
        unused = (*_HOURS, "hours")
        invalid = [one for one in invalid if one.name not in unused]
    return choices, tuple(invalid)


def parse_cookie(cookie: str) -> Choices:
    """The choices that the viewer's device remembers; what is invalid by now is left out."""
    choices, _ = parse_query(cookie)
    return replace(choices, **{name: getattr(Choices, name) for name in _NOT_REMEMBERED})


def place_query(station: str | None, day: str | None) -> str:
    """The query of an address to share: a place and a day, and nothing about who shares it."""
    return "?" + urlencode({"station": station, "day": day})


def names_a_station(query: str) -> bool:
    """Whether a query says a station, so that a viewer is told where there is no such one."""
    return "station" in _params(query)


def _params(query: str) -> dict[str, str]:
    text = query.lstrip("?")[:_MAX_QUERY_LENGTH]
    return dict(parse_qsl(text, keep_blank_values=False, max_num_fields=None))


def _parsed(name: str, value: str) -> Any:
    """A valid value, of the type that `Choices` has."""
    if name in _HOURS:
        return int(value)
    if name == "find":
        return value.strip()
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
    if name == "find":
        return _is_name_part
    if name == "offset":
        return _is_offset
    return _ALLOWED[name].__contains__


def _are_outings(value: str) -> bool:
    try:
        read_outings(value)
    except ValueError:
        return False
    return True


def _is_name_part(value: str) -> bool:
    return value.isprintable() and len(value) <= MAX_FIND_LENGTH


def offset_text(offset_c: float) -> str:
    """An offset as `Choices` has it."""
    tenths = round(10 * max(-MAX_OFFSET_C, min(offset_c, MAX_OFFSET_C)))
    return f"{tenths / 10:.1f}"


def _is_offset(value: str) -> bool:
    return bool(_OFFSET.fullmatch(value)) and abs(float(value)) <= MAX_OFFSET_C


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
