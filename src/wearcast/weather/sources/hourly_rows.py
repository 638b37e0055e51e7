"""Rows that aren't whole hours, or several an hour, as one row an hour.

The rule, for each station of a file:

reports    about one an hour and sometimes more (METAR): an hour gets the report nearest to it, at
           most 10 minutes away; of several the one at the minute at which most reports are made.
steps      every 30 minutes or less, at regular steps: an hour gets the row nearest to it, at most
           10 minutes away; rain is summed (a rate, such as mm/h, averaged; an hour's amount is
           taken as it is), sunshine averaged and gusts are the highest over the hour that ends
           there, if three of four of its rows have a value. An hour of rows that are 0 or traces
           is a trace.
between    one an hour, always at the same minute further off (whole hours of a zone whose offset
           is none): an hour gets what lies between the rows before and after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from wearcast.weather.observations import VALUES
from wearcast.weather.sources.notes import Note
from wearcast.weather.sources.sheets import Sheet
from wearcast.weather.sources.time_stamps import MOST_LEFT_OUT

_HOUR: Final = pd.Timedelta(hours=1)
_HOUR_MIN: Final = 60
_NEAR_MIN: Final = 10
_NEAR: Final = pd.Timedelta(minutes=_NEAR_MIN)
_LONGEST_STEP_MIN: Final = 30
_SHARE: Final = 0.8
_ENOUGH: Final = 0.75
_FEW_ROWS: Final = 25
_SINGLE_STRAYS: Final = 3
_SMALL: Final = 0.1
_APART: Final = pd.Timedelta(days=5 * 365)

_SPARSE_REMEDY: Final = (
    "Training needs a row an hour, three hours of four: give hourly files, or set ingest.source to"
    " open_meteo, which has every hour of any place."
)

_OVER_THE_HOUR: Final = {"precip_mm": "sum", "solar_wm2": "mean", "gust_ms": "max"}


@dataclass(frozen=True)
class Kinds:
    """What rows closer than an hour have of a quantity, where that is no amount since the row
    before.

    Attributes:
        rates: quantities per hour, which are averaged over it.
        of_an_hour: quantities of a whole hour, of which that at the hour is taken.
    """

    rates: Sequence[str] = ()
    of_an_hour: Sequence[str] = ()


_PLAIN: Final = Kinds()


def whole_hours(
    sheet: Sheet, frame: pd.DataFrame, names: Sequence[str], kinds: Kinds = _PLAIN
) -> pd.DataFrame:
    """The rows of `frame` (station, valid_at, quantities), one an hour where they are more or
    between the hours; which rule was taken is noted. `names` are the columns of the time.

    The few rows years apart from all others are left out, and noted.

    Raises:
        SourceError: rows are at no regular time near a whole hour, or between two; more than a few
            are years apart from all others.
    """
    frame = _without_strays(sheet, frame, names)
    times = frame["valid_at"]
    is_whole = times == times.dt.floor("h")
    if is_whole.all():
        return frame
    parts = []
    for _, rows in frame.groupby("station", sort=False):
        part = _one_station(sheet, rows, names, kinds)
        parts.append(part)
    hours = pd.concat(parts, ignore_index=True)
    if hours.empty:
        _refuse(sheet, frame, names, ~is_whole, "is not a whole hour; observations are hourly")
    return hours


def notes_if_sparse(table: pd.DataFrame) -> list[Note]:
    """What is told of stations whose rows, sorted, are further apart than an hour as a rule."""
    notes = []
    for station, rows in table.groupby("station", sort=False):
        step_min = _step_min(rows["valid_at"])
        if step_min > _HOUR_MIN:
            step_h = step_min / _HOUR_MIN
            note = Note(
                f"station {station}",
                "",
                f"rows are every {step_h:g} h as a rule",
                remedy=_SPARSE_REMEDY,
            )
            notes.append(note)
    return notes


def _step_min(times: pd.Series) -> float:
    """The usual minutes from one of the times, in order, to the next that differs."""
    steps = times.diff()
    steps_min = steps.dt.total_seconds() / 60
    forward = steps_min[steps_min > 0]
    return float(forward.median())


def _without_strays(sheet: Sheet, frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Without the few rows that lie years before or after all others of their station.

    Raises:
        SourceError: they are more than a few.
    """
    valid_at = frame["valid_at"]
    strays = pd.Series(False, index=frame.index)
    for _, times in valid_at.groupby(frame["station"], sort=False):
        if times.max() - times.min() > _APART:
            strays[times.index] = _far_from_most(times)
    if not strays.any():
        return frame
    share = MOST_LEFT_OUT * len(frame)
    most = max(_SINGLE_STRAYS, share)
    if strays.sum() > most:
        _refuse(sheet, frame, names, strays, "lies years apart from all others")
    is_stray = strays.reindex(sheet.columns.index, fill_value=False)
    sheet.note_rows("rows years apart from all others left out", is_stray, ", ".join(names))
    return frame[~strays]


def _far_from_most(times: pd.Series) -> pd.Series:
    """Which of the times are in a run of a few, with years between it and the next."""
    ordered = times.sort_values()
    steps = ordered.diff()
    run = (steps > _APART).cumsum()
    size = run.groupby(run).transform("size")
    few = size < max(_FEW_ROWS, MOST_LEFT_OUT * len(times))
    is_small = size < size.max() * _SMALL
    strays = few & is_small
    in_place: pd.Series = strays.reindex(times.index)
    return in_place


def _one_station(
    sheet: Sheet, rows: pd.DataFrame, names: Sequence[str], kinds: Kinds
) -> pd.DataFrame:
    known = _with_values(rows)
    times = known["valid_at"]
    step_min = _step_min(times)
    minute = times.dt.minute
    usual = _most_common(minute)
    is_usual = minute == usual
    if step_min <= _LONGEST_STEP_MIN and _are_steps(times, step_min):
        _refuse(sheet, known, names, times.duplicated(), "comes twice, with different values")
        hours = _from_steps(known, step_min, kinds)
        rule = "rows several an hour, of which that nearest to it and rain over it are taken"
        example = f"every {step_min:g} minutes"
    elif _NEAR_MIN < usual < _HOUR_MIN - _NEAR_MIN and is_usual.mean() >= _SHARE:
        hours = _between(known)
        rule = "rows between the hours, of which what lies between two is taken"
        example = f"at minute {usual}"
    else:
        _require_near(sheet, known, names)
        hours = _nearest(known, usual)
        rule = "reports about one an hour, of which that nearest to it is taken"
        example = f"most at minute {usual}"
    note = Note(
        sheet.path.name,
        "",
        rule,
        len(hours),
        "hours",
        len(rows),
        example,
    )
    sheet.notes.append(note)
    return hours


def _with_values(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that have a value, each once, in their order of time; all, where none has."""
    given = [name for name in VALUES if name in rows]
    has_value = rows[given].notna().any(axis="columns")
    known = rows[has_value] if has_value.any() else rows
    once: pd.DataFrame = known.drop_duplicates()
    return once.sort_values("valid_at", kind="stable")


def _most_common(minute: pd.Series) -> int:
    modes = minute.mode()
    return int(modes.iloc[0])


def _are_steps(times: pd.Series, step_min: float) -> bool:
    steps = times.diff().dropna()
    steps_min = steps.dt.total_seconds() / 60
    off_min = (steps_min - step_min).abs()
    is_step = off_min <= step_min / 2
    return bool(is_step.mean() >= _SHARE)


def _require_near(sheet: Sheet, rows: pd.DataFrame, names: Sequence[str]) -> None:
    """Refuse rows between the hours where no other row is near those."""
    times = rows["valid_at"]
    nearest = times.dt.round("h")
    away = (times - nearest).abs()
    served = nearest[away <= _NEAR]
    is_lost = ~nearest.isin(served)
    if is_lost.mean() <= MOST_LEFT_OUT:
        return
    _refuse(sheet, rows, names, is_lost, "is not a whole hour; observations are hourly")


def _refuse(
    sheet: Sheet, rows: pd.DataFrame, names: Sequence[str], is_wrong: pd.Series, why: str
) -> None:
    """Raise SourceError for the first row of the sheet among the wrong ones of `rows`."""
    places = rows.index[is_wrong]
    wrong = pd.Series(False, index=sheet.columns.index)
    wrong[places] = True
    sheet.refuse(wrong, names[-1], why)


def _nearest(rows: pd.DataFrame, usual: int | None = None) -> pd.DataFrame:
    """For each hour the row nearest to it, at its place; one at the minute `usual` before all."""
    times = rows["valid_at"]
    hour = times.dt.round("h")
    away = (times - hour).abs()
    is_usual = times.dt.minute == usual
    order = pd.DataFrame({"hour": hour, "is_other": ~is_usual, "away": away})
    order = order[away <= _NEAR]
    order = order.sort_values(["hour", "is_other", "away"], kind="stable")
    again = order.duplicated("hour")
    if usual == 0:
        # Whole hours that come twice are for those who join files to judge.
        again &= order["away"] > pd.Timedelta(0)
    first = order[~again]
    placed: pd.DataFrame = rows.loc[first.index]
    placed["valid_at"] = first["hour"]
    return placed


def _from_steps(rows: pd.DataFrame, step_min: float, kinds: Kinds) -> pd.DataFrame:
    hours = _nearest(rows)
    hours = hours.set_index("valid_at", drop=False)
    ends = rows["valid_at"].dt.ceil("h")
    steps_an_hour = round(_HOUR_MIN / step_min)
    enough = _ENOUGH * steps_an_hour
    for name, how in _OVER_THE_HOUR.items():
        if name in rows and name not in kinds.of_an_hour:
            groups = rows[name].groupby(ends)
            over_hour = groups.agg("mean" if name in kinds.rates else how)
            count = groups.count()
            hours[name] = over_hour.where(count >= enough)
            if name == "precip_mm":
                seen = rows["trace"].groupby(ends).any()
                is_seen = seen.reindex(hours.index, fill_value=False)
                has_no_amount = hours[name] == 0
                hours["trace"] = is_seen & has_no_amount
    return hours


def _between(rows: pd.DataFrame) -> pd.DataFrame:
    """Linear between a row and the next an hour later; of rain, too, each row's share of the hour.
    The direction is that of the nearer row."""
    before = rows.drop_duplicates("valid_at")
    after = before.shift(-1)
    start = before["valid_at"]
    hour = start.dt.ceil("h")
    weight = (hour - start) / _HOUR
    between = before.assign(valid_at=hour)
    for name in VALUES:
        if name in rows:
            step = after[name] - before[name]
            between[name] = before[name] + weight * step
    if "wind_dir_deg" in rows:
        nearer = before["wind_dir_deg"].where(weight <= 0.5, after["wind_dir_deg"])
        between["wind_dir_deg"] = nearer
    if "trace" in rows:
        seen_after = before["trace"].shift(-1, fill_value=False)
        is_seen = before["trace"] | seen_after
        has_no_amount = between["precip_mm"] == 0
        between["trace"] = is_seen & has_no_amount
    is_pair = after["valid_at"] - start == _HOUR
    pairs: pd.DataFrame = between[is_pair]
    return pairs
