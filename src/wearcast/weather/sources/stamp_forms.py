"""The forms in which programs write a moment: text, or a number, as parts of a date and a time.

Read are, with `/`, `-`, `.`, blanks or nothing between the numbers, padded or not: year-month-day,
day-month-year and month-day-year; hours with or without minutes, 24:00, AM and PM in English,
Korean, Japanese and Chinese; offsets from UTC and the names of zones that are one offset; YYYYMMDD
with HH, HHMM or HHMMSS; and numbers that count from 1970 (in s, ms, µs or ns) or a spreadsheet's
days.
"""

import math
import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import pandas as pd

YEARS: Final = (1800, 2100)
"""Observations are of these years; any other is a slip or a code for missing."""

_ZONES: Final = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "WEST": 60,
    "CET": 60,
    "CEST": 120,
    "EET": 120,
    "EEST": 180,
    "KST": 540,
    "JST": 540,
    "HKT": 480,
    "SGT": 480,
    "AEST": 600,
    "AEDT": 660,
    "EST": -300,
    "EDT": -240,
    "MST": -420,
    "MDT": -360,
    "PST": -480,
    "PDT": -420,
}
"""Names of zones that are one offset wherever they are used, in minutes. (CST, IST and BST are
several.)"""

_BEFORE_NOON: Final = r"오전|午前|上午|\bA\.?M\b\.?|(?<=\d)AM\b|(?<=:\d\d)A\b"
_AFTER_NOON: Final = r"오후|午後|下午|\bP\.?M\b\.?|(?<=\d)PM\b|(?<=:\d\d)P\b"
_HALF_DAY: Final = re.compile(rf"\s*(?:(?P<before>{_BEFORE_NOON})|(?P<after>{_AFTER_NOON}))\s*")
_WRITTEN: Final = (
    (re.compile(r"[년월年月]\s*"), "-"),
    (re.compile(r"[일日]\s*"), " "),
    (re.compile(r"[시時]\s*"), ":"),
    (re.compile(r"[분分]\s*"), ":"),
    (re.compile(r"[초秒]\s*"), ""),
    (re.compile(r"\s*([./])\s*"), r"\1"),
    (re.compile(r"\s+"), " "),
)
_COMPACT: Final = re.compile(
    r"(?P<first>\d{4})(?P<second>\d\d)(?P<third>\d\d)"
    r"(?:[T _]?(?P<hour>\d\d|(?<=[T _])\d)(?::?(?P<minute>\d\d)(?::?(?P<s>\d\d(?:\.\d+)?))?)?)?"
    r"(?P<zone> ?[A-Z+-].*)?",
    re.ASCII,
)
_SEPARATED: Final = re.compile(
    r"(?P<first>\d{1,4})(?P<sign>[-/. ])(?P<second>\d{1,2})[-/. ](?P<third>\d{1,4})[.,]?"
    r"(?:[T ]? ?(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})?(?::(?P<s>\d{1,2}(?:[.,]\d+)?)?)?"
    r"|(?P<both>\d\d))?)?:?"
    r"(?P<zone> ?[A-Z+-].*)?",
    re.ASCII,
)
_OFFSET: Final = re.compile(
    r"(?P<name>[A-Z]+)?(?:(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d))?)?", re.ASCII
)
_YEAR_FIRST: Final = {"%Y-%m-%d": ("first", "second", "third")}
_DAY_FIRST: Final = {"%d/%m/%Y": ("third", "second", "first")}
_MONTH_FIRST: Final = {"%m/%d/%Y": ("third", "first", "second")}
"""Where the year, the month and the day stand, by the form as `strptime` writes it."""

_LONGEST: Final = 100
"""Characters of a stamp."""

_FURTHEST_H: Final = 14
_NEXT_DAY: Final = pd.Timedelta(days=2)

_EPOCHS: Final = {"s": (1e8, 1e10), "ms": (1e11, 1e13), "us": (1e14, 1e16), "ns": (1e17, 1e19)}
_COMPACT_LENGTHS: Final = (8, 10, 12, 14)
_SPREADSHEET_DAYS: Final = (15_000, 75_000)
_THOUSANDS_OF_SECONDS: Final = (1e6, 1e7)


class UnclearDates(ValueError):
    """Dates that may be read in two ways, each of them whole; `forms` are the two."""

    def __init__(self, forms: list[str]) -> None:
        super().__init__(" or ".join(forms))
        self.forms = forms


class _Parts(NamedTuple):
    first: str
    second: int
    third: str
    sign: str
    minutes: int
    seconds: float
    offset: float


def moments(text: pd.Series) -> pd.Series:
    """The stamps in `text`: UTC where they say so or count from 1970, else without a zone; NaT
    where one can't be read.

    Raises:
        UnclearDates: the day and the month may be either, in every row.
    """
    # Tables of forecasts have each moment many times.
    places, different = pd.factorize(text)
    read = _moments(pd.Series(different, dtype="str"))
    everywhere: pd.Series = read.take(places).set_axis(text.index)
    return everywhere


def _moments(text: pd.Series) -> pd.Series:
    # Full-width digits, and the narrow blanks that browsers put before AM.
    plain = text.str.normalize("NFKC")
    stripped: pd.Series = plain.str.strip(" '\"").str.upper()
    counts = _counts(stripped)
    if counts is not None:
        return counts
    read = _all_parts(stripped)
    times: pd.Series = _days(read)
    minutes = read["minutes"]
    seconds = read["seconds"].round(6)
    times += pd.to_timedelta(minutes, unit="min")
    times += pd.to_timedelta(seconds, unit="s")
    offset = read["offset"]
    if offset.notna().any():
        # NaT, too, is a stamp without an offset among others that have one.
        times -= pd.to_timedelta(offset, unit="min")
        times = times.dt.tz_localize("UTC")
    in_place: pd.Series = times.reindex(text.index)
    return in_place


def within_years(stamps: pd.Series) -> pd.Series:
    """Whether each of the stamps is of a year in `YEARS`; NaT is not."""
    low, high = YEARS
    is_within: pd.Series = stamps.dt.year.between(low, high)
    return is_within


def _all_parts(text: pd.Series) -> pd.DataFrame:
    """The parts of those stamps that have them, at their places."""
    parts = {}
    for place, stamp in text.items():
        part = _parts(stamp)
        if part is not None:
            parts[place] = part
    return pd.DataFrame.from_dict(parts, orient="index", columns=_Parts._fields)


def _parts(stamp: str) -> _Parts | None:
    """The parts of one stamp; the offset is in minutes, NaN where there is none."""
    if len(stamp) > _LONGEST:
        return None
    noon = _HALF_DAY.search(stamp)
    if noon:
        stamp = _HALF_DAY.sub(" ", stamp).strip()
    for pattern, plain in _WRITTEN:
        stamp = pattern.sub(plain, stamp)
    stamp = stamp.strip()
    found = _COMPACT.fullmatch(stamp) or _SEPARATED.fullmatch(stamp)
    if found is None:
        return None
    part = found.groupdict("")
    offset = _offset(part["zone"])
    hour = int(part["hour"] or 0)
    minute = int(part["minute"] or part.get("both") or 0)
    second_text = part["s"].replace(",", ".")
    second = float(second_text or 0)
    if noon:
        hour = _of_the_day(hour, noon)
    if offset is None or not _is_time(hour, minute, second):
        return None
    return _Parts(
        first=part["first"],
        second=int(part["second"]),
        third=part["third"],
        sign=part.get("sign", "-"),
        minutes=60 * hour + minute,
        seconds=second,
        offset=offset,
    )


def _is_time(hour: int, minute: int, second: float) -> bool:
    """Whether a day has it; 24:00 is its end."""
    if hour == 24:
        return minute == 0 and second == 0
    return hour < 24 and minute < 60 and second < 60


def _of_the_day(hour: int, noon: re.Match[str]) -> int:
    """The hour from 0 to 23 of one with AM or PM; as it is where a 24-hour clock stands beside."""
    if hour > 12:
        return hour
    since_noon = hour % 12
    if noon["after"]:
        return 12 + since_noon
    return since_noon


def _offset(zone: str) -> float | None:
    """Minutes east of UTC: NaN where nothing is said, None where it can't be meant."""
    if not zone:
        return math.nan
    found = _OFFSET.fullmatch(zone.strip())
    if found is None:
        return None
    name = found["name"] or "UTC"
    sign = found["sign"]
    named = _ZONES.get(name)
    if sign is None or named is None:
        return named
    hours = int(found["hours"])
    minutes = int(found["minutes"] or 0)
    # An offset beside a name is the zone's, as in GMT+9; none stands beside KST.
    if hours > _FURTHEST_H or minutes > 59 or named != 0:
        return None
    east = 60 * hours + minutes
    return -east if sign == "-" else east


def _days(parts: pd.DataFrame) -> pd.Series:
    """The dates: which number is the day is found out of all of them together."""
    read = {}
    unread = {}
    for form, order in _possible(parts).items():
        days = _in_order(parts, order)
        read[form] = days
        unread[form] = int(days.isna().sum())
    fewest = min(unread.values())
    best = [form for form in read if unread[form] == fewest]
    first = read[best[0]]
    if all(first.equals(read[form]) for form in best):
        return first
    try:
        form = _following(read, best)
    except UnclearDates as error:
        if _has_year(parts["third"]):
            raise
        raise UnclearDates([form.replace("%Y", "%y") for form in error.forms]) from error
    return read[form]


def _possible(parts: pd.DataFrame) -> Mapping[str, tuple[str, str, str]]:
    """The orders that the lengths of the numbers and the sign between them leave open."""
    if _has_year(parts["first"]):
        return _YEAR_FIRST
    if not _has_year(parts["third"]):
        return {**_YEAR_FIRST, **_DAY_FIRST, **_MONTH_FIRST}
    has_dots = parts["sign"] == "."
    if has_dots.any():
        # No program of a country that puts the month first writes dots.
        return _DAY_FIRST
    return {**_DAY_FIRST, **_MONTH_FIRST}


def _has_year(numbers: pd.Series) -> bool:
    """Whether the numbers have more digits than a day or a month."""
    digits = numbers.str.len()
    return bool((digits > 2).any())


def _in_order(parts: pd.DataFrame, order: tuple[str, str, str]) -> pd.Series:
    numbers = parts[list(order)].apply(pd.to_numeric)
    numbers.columns = pd.Index(["year", "month", "day"])
    year = numbers["year"]
    year = year.mask(year < 70, year + 2000)
    year = year.mask(year < 100, year + 1900)
    numbers["year"] = year.where(year.between(*YEARS))
    days: pd.Series = pd.to_datetime(numbers, errors="coerce")
    return days


def _following(read: Mapping[str, pd.Series], forms: list[str]) -> str:
    """The one form of `forms` in which each of three days or more follows the one before.

    Raises:
        UnclearDates: there is none, or more than one.
    """
    follows = []
    for form in forms:
        days = read[form].dropna()
        days = days.drop_duplicates().sort_values()
        steps = days.diff().dropna()
        are_close = steps <= _NEXT_DAY
        if len(steps) > 1 and are_close.all():
            follows.append(form)
    if len(follows) != 1:
        raise UnclearDates(forms)
    return follows[0]


def _counts(text: pd.Series) -> pd.Series | None:
    """The stamps of a column of numbers that count from a moment on; None where it is none."""
    is_number = text.str.fullmatch(r"[0-9]{1,20}(\.[0-9]*)?")
    if not is_number.all():
        return None
    numbers = pd.to_numeric(text)
    if _are_within(numbers, _SPREADSHEET_DAYS):
        days = pd.to_datetime(numbers, unit="D", origin="1899-12-30")
        seconds: pd.Series = days.dt.round("s")
        return seconds
    if _are_compact(text):
        return None
    if _are_within(numbers, _THOUSANDS_OF_SECONDS):
        # pandas' microseconds over a billion: cut, so that an hour begins in the thousand after.
        cut = pd.to_datetime(numbers * 1000, unit="s", utc=True)
        hours: pd.Series = cut.dt.ceil("h")
        return hours
    for unit, limits in _EPOCHS.items():
        if _are_within(numbers, limits):
            return _since_1970(text, unit)
    return None


def _are_within(numbers: pd.Series, limits: tuple[float, float]) -> bool:
    low, high = limits
    return bool(numbers.between(low, high).all())


def _since_1970(text: pd.Series, unit: str) -> pd.Series:
    before_point = text.str.partition(".")[0]
    count = before_point.astype("int64").to_numpy()
    utc = pd.DatetimeIndex(count.astype(f"datetime64[{unit}]"), tz="UTC")
    return pd.Series(utc, index=text.index)


def _are_compact(text: pd.Series) -> bool:
    """Whether the numbers are YYYYMMDD with an hour or more behind it."""
    lengths = text.str.len()
    if lengths.nunique() > 1 or lengths.iloc[0] not in _COMPACT_LENGTHS:
        return False
    first_digits = text.str[:8]
    days = pd.to_datetime(first_digits, format="%Y%m%d", errors="coerce")
    are_days = within_years(days)
    return bool(are_days.mean() > 0.5)
