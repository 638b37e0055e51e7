"""Whether a station's training hours cover the year and the day: harmonics tell what is usual in
between, not far beyond."""

from dataclasses import dataclass

import numpy as np

from wearcast.forecasting.array_types import Flags, Floats, Hours

YEAR_D = 365
_OF_A_DAY = 3
"""Hours that a day of the year must have, over all years, to count: a stray report tells nothing of
a season."""

_OF_AN_HOUR = 0.1
"""The share of the best hour's days that an hour of the day must have to count."""


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
    known = valid_at[np.isfinite(values)]
    return _of_the_day(known, diurnal) or _of_the_year(known, annual)


def _of_the_year(known: Hours, annual: int) -> Gap | None:
    day = (
        known.astype("datetime64[D]") - known.astype("datetime64[Y]").astype("datetime64[D]")
    ).astype(np.int64)
    covered = np.bincount(day % YEAR_D, minlength=YEAR_D) >= _OF_A_DAY
    first, length = _longest_gap(covered)
    bridged = longest_bridged(YEAR_D, annual)
    if length <= bridged:
        return None
    begin, end = (_date(day % YEAR_D) for day in (first, first + length - 1))
    return Gap(
        begin, end, f"{length} days", f"train.annual_harmonics = {annual}", f"{bridged} days"
    )


def _of_the_day(known: Hours, diurnal: int) -> Gap | None:
    count = np.bincount(known.astype(np.int64) % 24, minlength=24)
    first, length = _longest_gap(count >= max(1.0, _OF_AN_HOUR * count.max()))
    bridged = longest_bridged(24, diurnal)
    if length <= bridged:
        return None
    last = (first + length - 1) % 24
    return Gap(
        f"{first:02} h",
        f"{last:02} h UTC",
        f"{length} hours",
        f"train.diurnal_harmonics = {diurnal}",
        f"{bridged} hours",
    )


def _longest_gap(covered: Flags) -> tuple[int, int]:
    """Where the longest run of what is not covered begins on the circle, and its length."""
    there = np.flatnonzero(covered)
    if not len(there):
        return 0, len(covered)
    steps = np.diff(np.append(there, there[0] + len(covered)))
    widest = int(np.argmax(steps))
    return int(there[widest] + 1) % len(covered), int(steps[widest]) - 1


def _date(day_of_year: int) -> str:
    """As 2 Jul, whatever the machine's language."""
    day = np.datetime64("2013-01-01", "D") + day_of_year
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    month = day.astype("datetime64[M]")
    return (
        f"{int((day - month.astype('datetime64[D]')).astype(int)) + 1}"
        f" {months[int(month.astype(int)) % 12]}"
    )
