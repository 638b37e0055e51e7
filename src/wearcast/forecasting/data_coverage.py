"""Whether a station's training hours cover the year and the day: harmonics interpolate, they don't
extrapolate."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Hours, Positions

YEAR_D = 365
_MIN_HOURS_PER_DAY = 3
"""Hours that a day of the year must have, over all years, to count: a stray report doesn't
describe a season."""

_MIN_SHARE_OF_BEST_HOUR = 0.1
"""The share of the best hour's days that an hour of the day must have to count."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Gap:
    """A part of the year or of the day in which nothing is known, wider than harmonics can bridge.

    Attributes:
        first, last: its days or hours, as a person reads them.
        length: how long it is.
        harmonics: the setting that says how much they bridge.
        bridged: the longest gap that they do.
    """

    first: str
    last: str
    length: str
    harmonics: str
    bridged: str


def longest_bridged(period: int, harmonics: int) -> int:
    """How many days of the year (or hours of the day) without a value in a row harmonics bridge.

    Measured on made-up years whose climatology is known, with weather of 4 °C that lasts three
    days: across this many the climatology errs up to twice as much as where it has data (1
    harmonic: 90 days; 2: 72; 3: 59; 4: 51). Across twice as many it errs 4 to 7 times as much (4.5
    to 12 °C). Of the day, 3 harmonics do as well on 3-hourly reports as on hourly ones (0.1 °C) and
    fail on 6-hourly ones (0.7 °C).
    """
    return period // (harmonics + 3) - 1


def uncovered(valid_at: Hours, values: Floats, annual: int, diurnal: int) -> Gap | None:
    """The longest gap in a variable's training hours, if the harmonics of the year and of the day
    can't bridge it.

    Args:
        valid_at: training hours, UTC, shape (n,).
        values: shape (n,), NaN where missing.
        annual, diurnal: harmonics of the climatology.
    """
    is_known = np.isfinite(values)
    known = valid_at[is_known]
    return _gap_of_day(known, diurnal) or _gap_of_year(known, annual)


def _gap_of_year(known: Hours, annual: int) -> Gap | None:
    day = _day_of_year(known) % YEAR_D
    hours_per_day = np.bincount(day, minlength=YEAR_D)
    first, length = _longest_gap(hours_per_day >= _MIN_HOURS_PER_DAY)
    bridged = longest_bridged(YEAR_D, annual)
    if length <= bridged:
        return None
    last = first + length - 1
    return Gap(
        first=_date(first % YEAR_D),
        last=_date(last % YEAR_D),
        length=f"{length} days",
        harmonics=f"train.annual_harmonics = {annual}",
        bridged=f"{bridged} days",
    )


def _day_of_year(hours: Hours) -> Positions:
    """From 0 on 1 January."""
    days = hours.astype("datetime64[D]")
    new_year = hours.astype("datetime64[Y]").astype("datetime64[D]")
    day: Positions = (days - new_year).astype(np.int64)
    return day


def _gap_of_day(known: Hours, diurnal: int) -> Gap | None:
    hour = known.astype(np.int64) % 24
    days_per_hour = np.bincount(hour, minlength=24)
    needed = max(1.0, _MIN_SHARE_OF_BEST_HOUR * days_per_hour.max())
    first, length = _longest_gap(days_per_hour >= needed)
    bridged = longest_bridged(24, diurnal)
    if length <= bridged:
        return None
    last = (first + length - 1) % 24
    return Gap(
        first=f"{first:02} h",
        last=f"{last:02} h UTC",
        length=f"{length} hours",
        harmonics=f"train.diurnal_harmonics = {diurnal}",
        bridged=f"{bridged} hours",
    )


def _longest_gap(covered: Flags) -> tuple[int, int]:
    """Where the longest run of what is not covered begins on the circle, and its length."""
    rows = np.flatnonzero(covered)
    if not len(rows):
        return 0, len(covered)
    around = np.append(rows, rows[0] + len(covered))
    steps = np.diff(around)
    widest = int(np.argmax(steps))
    first = int(rows[widest] + 1) % len(covered)
    return first, int(steps[widest]) - 1


def _date(day_of_year: int) -> str:
    """As 2 Jul, whatever the machine's language."""
    new_year = np.datetime64("2013-01-01", "D")
    day: date = (new_year + day_of_year).astype(date)
    month = _MONTHS[day.month - 1]
    return f"{day.day} {month}"
