"""Units as people write them, in headings and behind numbers, and ours for them."""

import re
from typing import Final

from wearcast.weather.sources.units import UNITS

_NAMES: Final = {
    "degC": ("°c", "ºc", "℃", "c", "degc", "deg c", "celsius", "°celsius", "deg. c", "도"),
    "degF": ("°f", "ºf", "℉", "f", "degf", "deg f", "fahrenheit", "°fahrenheit", "deg. f"),
    "K": ("k", "kelvin", "°k"),
    "m/s": (
        "m/s",
        "ms",
        "mps",
        "m s-1",
        "m/sec",
        "ms-1",
        "m.s-1",
        "meter/sec",
        "meters/second",
    ),
    "km/h": ("km/h", "kmh", "kph", "kmph", "km/hr", "km h-1", "kilometers/hour", "kilometres/hour"),
    "mph": ("mph", "mi/h", "miles/hour", "mi/hr", "miles/h"),
    "kn": ("kn", "kt", "kts", "knot", "knots", "kns"),
    "ft/s": ("ft/s", "fps", "ft/sec", "feet/s", "feet/sec", "feet/second", "ft s-1"),
    "mm": (
        *("mm", "l/m2", "kg/m2", "mm/h", "mm/hr", "millimeter", "millimetre", "millimeters"),
        *("kg m-2", "l/qm", "l/sqm", "mm/hour", "mm/1h", "mm h-1"),
    ),
    "cm": ("cm",),
    "m": ("m",),
    "inch": ("in", "inch", "inches", '"', "″", "in/h", "in/hr", "in."),
    "deg": ("°", "º", "deg", "degree", "degrees", "deg.", "° true", "deg true", "degt", "도"),
    "10deg": ("10s deg", "10 deg", "10's deg", "tens of deg", "tens of degrees", "10deg", "10°"),
    "hPa": ("hpa", "hectopascal"),
    "mbar": ("mbar", "mb", "millibar", "millibars"),
    "Pa": ("pa", "pascal", "pascals"),
    "kPa": ("kpa", "kilopascal"),
    "inHg": ("inhg", "in hg", "in. hg", "in", "inches", '"hg', "″hg", "inch hg", "inches hg"),
    "mmHg": ("mmhg", "mm hg", "torr", "mm"),
    "%": ("%", "pct", "percent", "%rh", "% rh"),
    "fraction": ("fraction", "0-1", "0..1", "0 - 1"),
    "oktas": ("okta", "oktas", "octas", "eighths", "1/8", "0-8"),
    "tenths": ("tenths", "tenth", "10분위", "1/10", "0-10", "할"),
    "W/m2": ("w/m2", "w m-2", "watt/m2", "watts/m2", "w/sqm", "wm-2", "w/qm", "w/sq m", "w/sq. m"),
    "J/m2": ("j/m2", "j m-2"),
    "J/cm2": ("j/cm2", "j cm-2", "j/cm2/h", "j/qcm"),
    "Wh/m2": ("wh/m2", "wh m-2", "wh/qm"),
    "kWh/m2": ("kwh/m2", "kwh m-2", "kwh/qm"),
    "kJ/m2": ("kj/m2", "kj m-2"),
    "MJ/m2": ("mj/m2", "mj m-2", "mj/m2/h", "mj/m2h", "mj/sqm"),
}
"""Ours, and others in small letters with ² and ^2 as 2, ⁻¹ and ^-1 as -1."""

_ENDINGS: Final = {
    "temp_c": {"f": "degF"},
    "dewpoint_c": {"f": "degF"},
    "wind_ms": {
        "kmh": "km/h",
        "kph": "km/h",
        "mph": "mph",
        "knots": "kn",
        "kts": "kn",
        "knt": "kn",
    },
    "precip_mm": {"in": "inch", "inch": "inch", "inches": "inch"},
    "pressure_hpa": {"in": "inHg", "inhg": "inHg"},
}
"""What names without a mark before the unit end with, such as tempf, windspeedmph or rainin."""

_ENDINGS_ALSO: Final = {"gust_ms": "wind_ms", "precip_3h_mm": "precip_mm"}

_WITHOUT_MARK: Final = re.compile(
    r"(?:outdoor|out|in|hourly|daily|event)?"
    r"(?:temp|temperature|tmp|dewpt|dewpoint|dwp|dew|wind|windspeed|windspd|windgust|gust|speed"
    r"|s|rain|precip|precipitation|prcp|baro|barom|baromabs|baromrel|pressure)"
)
_PER_HOUR: Final = re.compile(
    r"""(?:mm|cm|in|inch|inches|m2|["″])\.?\s*(?:/|per\s)\s*h(?:r|our)?(?![a-z])"""
    r"|mm[\s_]*h(?:r|our)?(?![a-z])|h\^?-1|h⁻¹"
    r"|(?<![a-z])rate(?![a-z])|(?:rain|fall|precip|precipitation)rate|intensity|강도"
    r"|^hourlyrainin$",
    re.IGNORECASE,
)
"""What says that an amount is a rate; Ambient's `hourlyrainin` is one."""

_OF_AN_HOUR: Final = re.compile(
    r"(?<![\d.])(?:0?1[\s_-]*(?:h|hr|hrs|hour)|60[\s_-]*(?:m|min|mins|minutes?))(?![a-z\d])"
    r"|(?:last|past|previous|prev|preceding)[\s_-]*h(?:r|our)?(?![a-z])|hourly"
    r"|(?<!\d)(?:1\s*시간|60\s*분|1\s*時間|1\s*小时)",
    re.IGNORECASE,
)
"""What says that an amount is that of the hour before its stamp."""

_SCALED: Final = re.compile(r"(?:0[.,]0*1|1/10+|10-1)\s*\S*[^\d\s]\S*")
_SYMBOL: Final = (
    r"(?:(?:sq\.?\s*|q)?[kmcdhuμ]?m|[kmcdhuμ]?(?:g|l|j|w|wh|pa|cal|mol)|°?[cfk]|℃|℉|%|s|sec|second"
    r"|min|minute|h|hr|hour|d|day|ft|foot|feet|mi|mile|in|inch|yd|lb|btu|ly|watt|joule|met(?:er|re)"
    r"|gram)s?[23]?"
)
_COMPOSED: Final = re.compile(
    rf"(?:[\d.,]+\s*)?{_SYMBOL}"
    rf"(?:(?:\s*(?:/|per)\s*(?:\d*\s*{_SYMBOL}|10+))+|(?:[\s.*]*{_SYMBOL}-\d)+)"
)
"""A unit made of several, such as J/cm2, ft/min, mm/10min, g m-3; not `avg/max`."""

_OTHERS: Final = frozenset(
    (
        *("bft", "beaufort", "beaufort scale", "fpm", "kwh", "wh", "ly", "langley", "langleys"),
        *("lux", "klux", "lx", "klx", "fc", "kfc", "foot-candles", "psi", "atm"),
    )
)
"""Units that no quantity is read in."""

_AMBIGUOUS: Final = frozenset({"in", "ms", *_NAMES["deg"]})
"""In brackets, beside single letters, these may also be words (`in` for indoors, `deg` for °C)."""

_BRACKETED: Final = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_RAISED: Final = str.maketrans({"²": "2", "³": "3", "¹": "1", "⁻": "-", "−": "-", "㎡": "m2"})
_MARK: Final = re.compile(r"[\s_./,-]+")
_LONGEST: Final = 3
"""Words of a unit such as MJ/m2/h."""


def known_unit(ours: str, text: str) -> str | None:
    """The unit of the quantity `ours` that `text` names; None where it names none."""
    name = _plain(text)
    if text.strip() in UNITS[ours]:
        return text.strip()
    for unit, names in _NAMES.items():
        if unit in UNITS[ours] and name in names:
            return unit
    return None


def is_unit(text: str) -> bool:
    """Whether `text` is a unit of any quantity."""
    return any(known_unit(ours, text) for ours in UNITS)


def heading_unit(ours: str, heading: str) -> str | None:
    """The unit that a heading names for the quantity `ours`: in brackets, as its last words or
    ending; None where it names none."""
    for bracketed in reversed(_in_brackets(heading)):
        unit = known_unit(ours, bracketed)
        if unit:
            return unit
    by_words = _last_words_unit(ours, heading) or _last_word_unit(ours, heading)
    return by_words or _ending_unit(ours, heading)


def foreign_unit(heading: str) -> str | None:
    """The unit in a heading's brackets, where those name one: a part of one, such as 0.1 mm or
    1/10 °C, or one that no quantity is read in, such as Bft or ft/min; at its end also that of any
    quantity, which before other words may be a neighbour's (`風速(m/s) 風向`)."""
    is_at_end = heading.rstrip().endswith((")", "]", "}"))
    for bracketed in _in_brackets(heading):
        name = _plain(bracketed)
        if is_unit(bracketed):
            is_other = is_at_end and len(name) > 1 and name not in _AMBIGUOUS
        else:
            is_other = name in _OTHERS or bool(_COMPOSED.fullmatch(name))
        if is_other or _SCALED.fullmatch(bracketed):
            return bracketed
    return None


def is_per_hour(text: str) -> bool:
    """Whether a heading of rain, or a cell, says that it is a rate, such as mm/h."""
    return bool(_PER_HOUR.search(text.strip()))


def is_of_an_hour(text: str) -> bool:
    """Whether a heading of rain says that each row has the amount of a whole hour, such as
    `rain_1h`, however close the rows are."""
    return bool(_OF_AN_HOUR.search(text))


def _in_brackets(heading: str) -> list[str]:
    """What stands in a heading's brackets, and its parts: `10 m, m/s`, `10 m` and `m/s`."""
    found = []
    for bracketed in _BRACKETED.findall(heading):
        parts = {bracketed, *re.split("[,;]", bracketed)}
        found += sorted(part.strip() for part in parts)
    return found


def _last_words_unit(ours: str, heading: str) -> str | None:
    """The unit of several words behind others, such as km/h, km_h or km h-1."""
    text = heading.strip()
    marks = list(_MARK.finditer(text))
    for mark in marks[-_LONGEST:-1]:
        start = mark.end()
        last = text[start:]
        unit = known_unit(ours, last)
        if unit:
            return unit
        joined = _MARK.sub("/", last)
        unit = known_unit(ours, joined)
        if unit:
            return unit
    return None


def _last_word_unit(ours: str, heading: str) -> str | None:
    """The unit after the last blank or underscore; one letter counts in capitals only, and ours
    don't follow from a word such as `in` or `m` alone."""
    words = _MARK.split(heading.strip())
    last = words[-1]
    if len(words) < 2 or last == "m" or last.casefold() in {"ms", "k"}:
        return None
    return known_unit(ours, last)


def _ending_unit(ours: str, heading: str) -> str | None:
    name = heading.strip().casefold()
    endings = _ENDINGS.get(_ENDINGS_ALSO.get(ours, ours), {})
    for ending, unit in endings.items():
        if not name.endswith(ending):
            continue
        before = name.removesuffix(ending)
        if _WITHOUT_MARK.fullmatch(before):
            return unit
    return None


def _plain(text: str) -> str:
    plain = text.strip().casefold().translate(_RAISED)
    for power in ("^", "**"):
        plain = plain.replace(power, "")
    return plain.replace(" / ", "/").replace("· ", " ").replace("·", " ")
