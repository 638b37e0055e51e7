"""Time stamps of a file in UTC."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from wearcast.errors import SourceError
from wearcast.weather.sources import stamp_forms, summer_time
from wearcast.weather.sources.notes import Note
from wearcast.weather.sources.open_questions import OpenQuestionError
from wearcast.weather.sources.sheets import GROUP, Sheet, shown

_OFFSET: Final = r"(?:Z|[T ]\d[\d:.]* ?[+-]\d\d(?::?\d\d)?)$"
_TIME_OF_DAY: Final = r"(?i)\d{1,2}:\d\d(:\d\d)?( ?[AP]M)?|오[전후] ?\d{1,2}:\d\d(:\d\d)?"
_DATE_IN_NAME: Final = re.compile(r"(?<!\d)(\d{4})[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")
_BLANK: Final = frozenset({"", "NaT", "nan", "NaN", "None", "<NA>"})
_FEW: Final = 0.5

MOST_LEFT_OUT: Final = 0.02
"""The share of rows up to which those that can't be placed in time are left out; one may always be
so."""


@dataclass(frozen=True)
class Stamps:
    """The cells of a sheet's time columns, text that is joined where there are several.

    Attributes:
        ours: the time that they are, of the settings `group`.
    """

    sheet: Sheet
    names: Sequence[str]
    text: pd.Series
    ours: str = "valid_at"
    group: str = GROUP

    @property
    def remedy(self) -> str:
        """What to do where most of them can't be read."""
        return (
            f"Set {self.group}.time_format to how its times are written, such as '%d.%m.%Y %H:%M'"
            " (of several columns, as they stand with a blank between)."
        )

    def refuse(
        self,
        wrong: pd.Series,
        why: str,
        remedy: str = "Mend the file.",
        answers: Mapping[str, Any] | None = None,
    ) -> None:
        """Raise SourceError for the first row where `wrong` is true, if there is one; `answers` are
        the settings that the remedy names."""
        if not wrong.any():
            return
        row = int(np.flatnonzero(wrong)[0])
        count = int(wrong.sum())
        more = f" ({count} such rows)" if count > 1 else ""
        plural = "s" if len(self.names) > 1 else ""
        columns = " and ".join(repr(name) for name in self.names)
        message = (
            f"{self.sheet.path}, row {self.sheet.lines[row]}, column{plural} {columns}:"
            f" {shown(self.text.iloc[row])} {why}{more}. {remedy}"
        )
        if answers:
            raise OpenQuestionError(message, answers)
        raise SourceError(message)


def hours_utc(
    sheet: Sheet, name: str, time_zone: str, station: pd.Series, time_format: str | None = None
) -> pd.Series:
    """The stamps of the column `name` in UTC, as `times_utc` reads them, known to be whole hours.

    Raises:
        SourceError: a stamp can't be read, is no whole hour, or is none that `time_zone` has.
    """
    hours = times_utc(sheet, [name], time_zone, station, time_format)
    sheet.refuse(hours != hours.dt.floor("h"), name, "is not a whole hour; observations are hourly")
    return hours


def times_utc(
    sheet: Sheet,
    names: Sequence[str],
    time_zone: str,
    station: pd.Series,
    time_format: str | None = None,
    *,
    may_lack: bool = False,
    ours: str = "valid_at",
    group: str = GROUP,
) -> pd.Series:
    """The stamps of the columns `names` in UTC: as their own offsets say, else as local times of
    `time_zone`.

    `station` tells apart the series in which an hour that a clock shows twice (when summer time
    ends) comes twice. `time_format` is strptime's; without it the forms of `stamp_forms` are known.
    With `may_lack`, such an hour that comes once has no time (NaT). Messages name the columns as
    `ours`, of the settings `group`.

    Raises:
        SourceError: a stamp can't be read, or is none that `time_zone` has.
    """
    typed = sheet.column(names[0])
    if len(names) == 1 and pd.api.types.is_datetime64_any_dtype(typed.dtype):
        given = Stamps(sheet, names, typed, ours, group)
        stamps = typed
    else:
        text = _joined(sheet, names, is_plain=time_format is None)
        given = Stamps(sheet, names, text, ours, group)
        stamps = _parsed(given, time_format)
    _require_times(given, stamps)
    if stamps.dt.tz is not None:
        utc: pd.Series = stamps.dt.tz_convert("UTC")
    else:
        utc = _localized(given, stamps, time_zone, station)
        unclear = stamps[utc.isna()]
        if len(unclear) and not (may_lack and _are_few_hours(unclear, stamps)):
            raise SourceError(_shown_twice(given, unclear, time_zone))
    times: pd.Series = utc.astype("datetime64[ns, UTC]")
    return times


def with_times(sheet: Sheet, names: Sequence[str]) -> Sheet:
    """The sheet without the few rows that have no time, which is noted.

    Raises:
        SourceError: there are more than a few of them.
    """
    blank = pd.Series(True, index=sheet.columns.index)
    for name in names:
        blank &= sheet.column(name).isna() | sheet.text(name).isin(_BLANK)
    if not blank.any():
        return sheet
    if blank.all() or blank.sum() > max(1, MOST_LEFT_OUT * len(blank)):
        text = sheet.text(names[0])
        Stamps(sheet, names, text).refuse(blank, "is not a time: it is blank")
    sheet.note_rows("rows without a time left out", blank, ", ".join(names))
    return replace(
        sheet,
        columns=sheet.columns[~blank].reset_index(drop=True),
        lines=sheet.lines[~blank.to_numpy()],
    )


def without_unclear(
    sheet: Sheet, frame: pd.DataFrame, names: Sequence[str], time_zone: str
) -> tuple[Sheet, pd.DataFrame]:
    """The sheet, and the `frame` of its rows, without those that `times_utc` gives no time, because
    the clock of `time_zone` shows their hour twice, which is noted. `names` are the columns of the
    time."""
    unclear = frame["valid_at"].isna()
    if not unclear.any():
        return sheet, frame
    what = (
        f"rows at an hour that the clock of {time_zone} shows twice, and which the file has once,"
        " left out"
    )
    year = frame["valid_at"].max().year
    zones = _if_never_changes("If", time_zone, year)
    sheet.note_rows(what, unclear, ", ".join(names), zones.strip())
    known = frame[~unclear].reset_index(drop=True)
    return sheet.rows(~unclear), known


def _parsed(given: Stamps, time_format: str | None) -> pd.Series:
    text = given.text
    if time_format is not None:
        return _by_format(given, time_format)
    has_offset = text.str.contains(_OFFSET)
    stamps: pd.Series = pd.to_datetime(
        text, format="ISO8601", errors="coerce", utc=bool(has_offset.any())
    )
    if has_offset.any():
        given.refuse(~has_offset & stamps.notna(), "has no offset from UTC, others have")
    if text.str.fullmatch(r"\d{4}").all():
        given.refuse(
            text.notna(),
            "is a year",
            f"Name the other columns of the time too, as {given.group}.columns.{given.ours}:"
            " [year, month, day, hour]; the file has"
            f" {', '.join(map(str, given.sheet.columns.columns))}.",
        )
    if stamps.notna().all():
        return stamps
    if text.str.fullmatch(_TIME_OF_DAY).all():
        return _parsed(replace(given, text=_date_of_name(given) + " " + text), None)
    try:
        return stamp_forms.moments(text)
    except stamp_forms.UnclearDates as error:
        forms = " or ".join(f"'{form} %H:%M'" for form in error.forms)
        given.refuse(
            text.notna(),
            "may be of either order: nothing in the file tells its day from its month",
            f"Set {given.group}.time_format to the one meant, {forms}.",
        )
        raise


def _by_format(given: Stamps, time_format: str) -> pd.Series:
    try:
        stamps: pd.Series = pd.to_datetime(
            given.text, format=time_format, errors="coerce", utc="%z" in time_format
        )
    except ValueError as error:
        raise SourceError(
            f"{given.group}.time_format: {time_format!r} is not a format of times ({error});"
            " '%d.%m.%Y %H:%M' is, for example."
        ) from error
    return stamps


def _date_of_name(given: Stamps) -> str:
    """The date in the file's name, for stamps that are times of a day.

    Raises:
        SourceError: the name has none, or several.
    """
    path = given.sheet.path
    dates = {"-".join(parts) for parts in _DATE_IN_NAME.findall(path.name)}
    if len(dates) != 1:
        given.refuse(
            given.text.notna(),
            "is a time without its day",
            f"Name the day's column too, as {given.group}.columns.{given.ours}: [date,"
            f" {given.names[0]}], or the date in the file's name, as home-2023-01-01.csv.",
        )
    date = dates.pop()
    what = "times without a day, for which the date in the file's name is taken"
    note = Note(path.name, given.names[0], what, example=date)
    given.sheet.notes.append(note)
    return date


def _joined(sheet: Sheet, names: Sequence[str], *, is_plain: bool) -> pd.Series:
    """The text of the time columns; where no format says how, numbers of a date are joined as one,
    and those of a time."""
    columns = [sheet.short_text(name) for name in names]
    if not is_plain or len(columns) == 1:
        return _side_by_side(columns, " ")
    columns = [_without_habits(column) for column in columns]
    is_number = [bool(column.str.fullmatch(r"[0-9]{1,4}").all()) for column in columns]
    date_columns = 3 if len(columns) > 2 and all(is_number[:3]) else 1
    date = _side_by_side(columns[:date_columns], "-")
    if len(columns) == date_columns:
        return date
    if is_number[-1]:
        columns[-1] = _clock(columns[-1])
    is_clock = all(is_number[date_columns + 1 :])
    time = _side_by_side(columns[date_columns:], ":" if is_clock else " ")
    return _side_by_side([date, time], " ")


def _side_by_side(columns: Sequence[pd.Series], between: str) -> pd.Series:
    whole: pd.Series = columns[0]
    for column in columns[1:]:
        whole = whole + between + column
    return whole


def _without_habits(column: pd.Series) -> pd.Series:
    """Without what pandas and spreadsheets add: `7.0` of an hour, midnight of a date."""
    plain: pd.Series = column.str.replace(r"(?<=^\d)\.0$|(?<=\d\d)\.0$", "", regex=True)
    midnight = plain.str.fullmatch(r".*\d[T ]00:00:00")
    if midnight.all():
        plain = plain.str.slice(0, -9)
    return plain


def _clock(column: pd.Series) -> pd.Series:
    """Hours as they are; 0 to 2359 as hours and minutes."""
    if pd.to_numeric(column).max() <= 60:
        return column
    padded = column.str.zfill(4)
    return padded.str[:2] + ":" + padded.str[2:]


def _require_times(given: Stamps, stamps: pd.Series) -> None:
    unread = stamps.isna()
    remedy = given.remedy if unread.mean() > _FEW else "Mend the file."
    given.refuse(unread, "is not a time such as 2013-01-01 07:00 or 2013-01-01T07:00Z", remedy)
    low, high = stamp_forms.YEARS
    outside = ~stamp_forms.within_years(stamps)
    remedy = given.remedy if outside.mean() > _FEW else "Mend the file."
    given.refuse(outside, f"is not a time between {low} and {high}", remedy)


def require_hours(
    sheet: Sheet, names: Sequence[str], times: pd.Series, time_zone: str, station: pd.Series
) -> None:
    """Refuse dates whose hour stands elsewhere: every row at midnight of `time_zone`, several of
    them a day.

    Raises:
        SourceError: they are; the message names the column that looks like the hour.
    """
    local = times.dt.tz_convert(time_zone)
    if (local != local.dt.normalize()).any():
        return
    rows = pd.DataFrame({"station": station, "day": local})
    if rows.duplicated().mean() <= _FEW:
        return
    most = int(rows.value_counts().max())
    found = _hour_column(sheet, names)
    hour = found or "<its name>"
    Stamps(sheet, names, sheet.text(names[0])).refuse(
        rows.duplicated(keep=False),
        f"is a date without its hour: all rows are of one hour a day, up to {most} rows each",
        f"Name the hour's column too, as {GROUP}.columns.valid_at: [{', '.join(names)}, {hour}].",
        {"columns.valid_at": [*names, found]} if found else None,
    )


def _hour_column(sheet: Sheet, names: Sequence[str]) -> str | None:
    """The column beside `names` that looks like the hour of a day."""
    for name in sheet.columns.columns:
        if name in names:
            continue
        text = sheet.text(name)
        if not text.str.fullmatch(r"[0-9]{1,2}(\.0)?|[0-9]{1,2}:\d\d.*").all():
            continue
        hours = pd.to_numeric(text.str.extract(r"(\d+)")[0])
        if hours.max() in (23, 24) and hours.nunique() > 12:
            return str(name)
    return None


def _localized(given: Stamps, stamps: pd.Series, time_zone: str, station: pd.Series) -> pd.Series:
    """The stamps in UTC; NaT where the clock shows an hour twice and the station has it once."""
    parts = []
    for _, part in stamps.groupby(station, sort=False):
        utc = summer_time.localized(part, time_zone)
        unclear = part[utc.isna()]
        if len(unclear):
            _require_once(given, unclear, time_zone)
        parts.append(utc)
    whole: pd.Series = pd.concat(parts).sort_index()
    return whole


def _are_few_hours(unclear: pd.Series, stamps: pd.Series) -> bool:
    """Whether the hours of some of the stamps may be left out: a single one, or a small share, but
    not all."""
    left_out = int(unclear.dt.floor("h").nunique())
    hours = int(stamps.dt.floor("h").nunique())
    return left_out < hours and left_out <= max(1, MOST_LEFT_OUT * hours)


def _require_once(given: Stamps, unclear: pd.Series, time_zone: str) -> None:
    """Refuse hours that the clock skips, or that it shows twice and come again."""
    twice = summer_time.is_twice(unclear, time_zone)
    if not twice.all():
        skipped = unclear[~twice]
        message = _skipped(given, skipped, time_zone)
        zones = summer_time.fixed_zones(time_zone, skipped.iloc[0].year)
        if zones:
            raise OpenQuestionError(message, {"time_zone": zones[0]})
        raise SourceError(message)
    if unclear.duplicated().any():
        raise SourceError(_shown_twice(given, unclear, time_zone))


def _skipped(given: Stamps, unclear: pd.Series, time_zone: str) -> str:
    zones = _if_never_changes("If", time_zone, unclear.iloc[0].year)
    return (
        f"{_not_clear(given, unclear, time_zone)} the clock goes forward there and skips that hour."
        f"{zones} Else give the times in UTC, or with their offset."
    )


def _shown_twice(given: Stamps, unclear: pd.Series, time_zone: str) -> str:
    zones = _if_never_changes("Only if", time_zone, unclear.iloc[0].year)
    return (
        f"{_not_clear(given, unclear, time_zone)} the clock goes back there and shows that hour"
        " twice, and the order of the rows doesn't tell which is meant. Give the times in UTC, or"
        " with their offset; or sort the rows, oldest or newest first; or remove these rows"
        f" ({len(unclear)} in all, at such hours).{zones}"
    )


def _not_clear(given: Stamps, unclear: pd.Series, time_zone: str) -> str:
    row = given.sheet.lines[int(unclear.index[0])]
    columns = " and ".join(repr(name) for name in given.names)
    return (
        f"{given.sheet.path}, row {row}, column {columns}: {unclear.iloc[0]:%Y-%m-%d %H:%M} is not"
        f" one clear moment in {time_zone}:"
    )


def _if_never_changes(condition: str, time_zone: str, year: int) -> str:
    """What to set where a file's clock never changes; nothing where there is no such zone."""
    zones = summer_time.fixed_zones(time_zone, year)
    if not zones:
        return ""
    summer = f" (of summer time all year: {zones[-1]})" if len(zones) > 1 else ""
    return (
        f" {condition} the file's clock never changes, set {GROUP}.time_zone to {zones[0]}{summer};"
        " its sign is the other way round than that of an offset."
    )
