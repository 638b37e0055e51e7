"""Quality control: from what a source gave to the observations that keep the contract, and a report
of what was found.

In this order, station by station:

1. a row that is there twice with the same values is dropped once; with other values it is an error
2. every hour from the first to the last gets a row
3. impossible values, spikes and the values of a stuck sensor are removed, and so are a dew point
   above the temperature and a gust below the wind
4. a missing dew point comes from temperature and humidity, and the other way round where the
   station reports humidity at all
5. gaps of up to `fill_h` hours are interpolated linearly; longer ones stay gaps

What 4 and 5 put in is named in the row's `filled`. Precipitation, radiation, gusts and wind
direction are never filled: they don't run in straight lines, and a blank gust may mean that there
was none.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.config import Station
from wearcast.errors import ObservationsError
from wearcast.variables import ORDERS, VARIABLES, Order
from wearcast.weather import humidity
from wearcast.weather.observations import (
    COLUMNS,
    VALUES,
    concatenate,
    stations_in,
    validate,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Columns = dict[str, Floats]
Marks = dict[str, Bools]
Report = dict[str, dict[str, Any]]

SPIKE: Final = {
    "temp_c": 8.0,
    "dewpoint_c": 12.0,
    "rh_pct": 40.0,
    "wind_ms": 20.0,
    "pressure_hpa": 6.0,
}
"""A value this far above (or below) both the hour before and the hour after is a spike.

A front doesn't come back within the hour. Twice the largest such excursion that looked real in
seven station-years of Seoul and New York: 3.3 °C, 6.7 °C (dew point), 22 %, 9.8 m/s, 1.6 hPa
(thunderstorms; pressure gets more room for stronger ones).
"""

STUCK_H: Final = {
    "temp_c": 36,
    "dewpoint_c": 36,
    "rh_pct": 36,
    "wind_ms": 36,
    "wind_dir_deg": 72,
    "pressure_hpa": 24,
    "cloud_pct": 72,
    "solar_wm2": 8,
}
"""A value that stays the same for this many hours is a stuck sensor's. At least twice the longest
run in the same records: 14, 15, 14, 9, 27, 6, 17 and 3 hours."""

# Values that last for days by nature: calm, fog, a clear or an overcast sky, night.
_MAY_LAST: Final[dict[str, tuple[float, float]]] = {
    "rh_pct": (-np.inf, 97.0),
    "wind_ms": (0.0, np.inf),
    "cloud_pct": (0.0, 100.0),
    "solar_wm2": (0.0, np.inf),
}
TOLD_SHARE: Final = 0.02
"""A column of which more was removed is told of. Of New York's, Seoul's and Budva's columns quality
control removes at most 0.3 %."""

REFUSED_SHARE: Final = 0.5
"""A column of which more was removed is no measurement of what it is taken for."""

_REMOVED: Final = ("impossible", "spikes", "stuck")
_FEWEST: Final = 240
"""Hours of a column from which its shares count: ten days."""

_ENDS_EARLY: Final = pd.Timedelta(days=30)
_MAY_END: Final = ("gust_ms", "precip_3h_mm")
"""Columns that may be blank for months."""

FILLABLE: Final = ("temp_c", "dewpoint_c", "rh_pct", "wind_ms", "pressure_hpa", "cloud_pct")
"""The quantities whose short gaps are interpolated."""


def control(
    frame: pd.DataFrame, stations: Sequence[Station], fill_h: int
) -> tuple[pd.DataFrame, Report]:
    """The observations that keep the contract, made of a raw `frame`, and the report of what was
    found in it, by station.

    Every value of the result is the raw one, or NaN, or named in its row's `filled`. The report is
    plain numbers and text, in an order that doesn't change: hours, duplicates, and per column how
    many values were observed, impossible, spikes, stuck, derived, interpolated, and are missing
    still.

    Raises:
        ObservationsError: a station has no rows, isn't one of `stations`, or has an hour twice with
            different values.
    """
    ids = [station.id for station in stations]
    strangers = sorted(set(stations_in(frame)) - set(ids))
    if strangers:
        raise ObservationsError(
            f"the table has station {strangers[0]}, which is not among {', '.join(ids)}. Run the"
            " stage ingest again."
        )
    results = {id: _control_station(id, frame[frame["station"] == id], fill_h) for id in ids}
    observations = validate(concatenate(rows for rows, _ in results.values()))
    return observations, {id: found for id, (_, found) in results.items()}


def told_of(report: Report) -> list[str]:
    """A sentence for each column of which more than `TOLD_SHARE` was removed, and for each that
    ends long before its station does."""
    sentences = []
    for id, found in report.items():
        for name, counts in found["columns"].items():
            where = f"station {id}, column {name}"
            share = _removed_share(counts)
            if share > TOLD_SHARE:
                sentences.append(f"{where}: {_what_was_removed(counts)} ({share:.1%})")
        for name, end in found.get("ends_early", {}).items():
            last = f"its last value is of {end}, the station's last hour {found['last']}"
            sentences.append(f"station {id}, column {name}: {last}")
    return sentences


def require_measurements(report: Report) -> None:
    """Refuse a column of which more than `REFUSED_SHARE` was removed.

    Raises:
        ObservationsError: naming station and column.
    """
    for id, found in report.items():
        for name, counts in found["columns"].items():
            if _removed_share(counts) > REFUSED_SHARE:
                raise ObservationsError(
                    f"station {id}, column {name}: {_what_was_removed(counts)}, so most of it isn't"
                    f" {name}. Check its unit and which column of the source it is, or leave it"
                    " out."
                )


def _removed_share(counts: dict[str, Any]) -> float:
    observed = counts["observed"]
    if observed < _FEWEST:
        return 0.0
    removed = sum(counts[kind] for kind in _REMOVED)
    return float(removed / observed)


def _what_was_removed(counts: dict[str, Any]) -> str:
    parts = [f"{counts[kind]:,} {kind}" for kind in _REMOVED if counts[kind]]
    return f"of {counts['observed']:,} values quality control removed {', '.join(parts)}"


def as_table(report: Report) -> pd.DataFrame:
    """The report as a table: a row a station and column that the station reports."""
    rows = []
    for id, found in report.items():
        for name, counts in found["columns"].items():
            rows.append({"station": id, "column": name, **counts})
    return pd.DataFrame(rows).set_index(["station", "column"])


def _control_station(
    id: str, rows: pd.DataFrame, fill_h: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    if rows.empty:
        raise ObservationsError(
            f"station {id} has no observations at all. Check ingest.stations, ingest.start and"
            " ingest.end."
        )
    once = _without_duplicates(rows)
    hourly = _complete(once)
    values = {name: hourly[name].to_numpy(dtype=np.float64, copy=True) for name in VALUES}
    observed = {name: ~np.isnan(x) for name, x in values.items()}
    marks = {"observed": observed, **_remove_errors(values)}
    marks["derived"] = _derive(values)
    marks["interpolated"] = _interpolate(values, fill_h)
    filled = _filled_names(marks["derived"], marks["interpolated"])
    controlled = hourly.assign(**values, filled=filled)[list(COLUMNS)]
    duplicates, absent = len(rows) - len(once), len(hourly) - len(once)
    return controlled, _found(hourly, duplicates, absent, marks, values)


def _without_duplicates(rows: pd.DataFrame) -> pd.DataFrame:
    if rows["valid_at"].is_unique:
        return rows
    once = rows.drop_duplicates()
    repeated = once[once.duplicated("valid_at", keep=False)]
    if len(repeated):
        in_order = repeated.sort_values("valid_at", kind="stable")
        raise _contradiction(in_order.iloc[0], in_order.iloc[1])
    return once


def _contradiction(first: pd.Series, second: pd.Series) -> ObservationsError:
    """The error for two rows of one hour, naming the first column in which they differ."""
    columns = (*VALUES, "trace", "filled")
    name = next(name for name in columns if not _same(first[name], second[name]))
    return ObservationsError(
        f"station {first['station']}, {first['valid_at']:%Y-%m-%dT%H:%MZ}, column {name}: the"
        f" hour is there twice, with {first[name]} and {second[name]}. Remove the wrong one."
    )


def _same(a: Any, b: Any) -> bool:
    both_missing = pd.isna(a) and pd.isna(b)
    return bool(a == b or both_missing)


def _complete(rows: pd.DataFrame) -> pd.DataFrame:
    valid_at = rows["valid_at"]
    axis = pd.date_range(valid_at.min(), valid_at.max(), freq="h", name="valid_at")
    hourly = rows.set_index("valid_at").reindex(axis)
    hourly["station"] = rows["station"].iloc[0]
    hourly["trace"] = hourly["trace"].eq(True)
    return hourly.reset_index()


def _remove_errors(values: Columns) -> dict[str, Marks]:
    """Turn errors into NaN, in place, and say where they were."""
    impossible = {name: _impossible(name, x) for name, x in values.items()}
    _remove(values, impossible)
    spikes = {name: _spikes(values[name], limit) for name, limit in SPIKE.items()}
    _remove(values, spikes)
    stuck = {name: _stuck(name, values[name], hours) for name, hours in STUCK_H.items()}
    _remove(values, stuck)
    # Last, because a temperature that was wrong itself must not take the dew point with it.
    for order in ORDERS:
        lower = values[order.lower]
        upper = values[order.upper]
        crossed = order.crossed(lower, upper)
        _remove(values, {order.doubtful: crossed})
        impossible[order.doubtful] |= crossed
    return {"impossible": impossible, "spikes": spikes, "stuck": stuck}


def _remove(values: Columns, where: Marks) -> None:
    for name, mark in where.items():
        values[name][mark] = np.nan


def _impossible(name: str, x: Floats) -> Bools:
    impossible: Bools = VARIABLES[name].impossible(x)
    return impossible


def _spikes(x: Floats, limit: float) -> Bools:
    """Where a value stands more than `limit` above or below both its neighbours; a missing
    neighbour proves nothing."""
    spikes = np.zeros(len(x), dtype=bool)
    value = x[1:-1]
    before = x[:-2]
    after = x[2:]
    rise = value - before
    fall = value - after
    above = np.minimum(rise, fall) > limit
    below = np.maximum(rise, fall) < -limit
    spikes[1:-1] = above | below
    return spikes


def _stuck(name: str, x: Floats, hours: int) -> Bools:
    """Where a value belongs to a run of at least `hours` equal ones."""
    low, high = _MAY_LAST.get(name, (-np.inf, np.inf))
    varies = (x > low) & (x < high)
    starts, lengths = _runs(x)
    if not len(starts):
        return varies
    in_long_run = np.repeat(lengths >= hours, lengths)
    return in_long_run & varies


def _runs(x: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where runs of equal values start, and how long they are; NaN equals nothing."""
    if len(x):
        is_start = np.concatenate([[True], x[1:] != x[:-1]])
        starts = np.flatnonzero(is_start)
    else:
        starts = np.empty(0, dtype=np.intp)
    return starts, np.diff(np.append(starts, len(x)))


def _derive(values: Columns) -> Marks:
    """Put in dew points and humidities that follow from the other, in place, and say where.

    The dew point is put in throughout, because forecasting needs it; humidity only where the
    station reports some, because a whole column that nobody measured tells nothing that dew point
    and temperature don't.
    """
    temp_c, dewpoint_c, rh_pct = values["temp_c"], values["dewpoint_c"], values["rh_pct"]
    reports_rh = not np.isnan(rh_pct).all()
    dewpoints = humidity.dewpoint_c(temp_c, rh_pct)
    derived = {"dewpoint_c": _put("dewpoint_c", dewpoint_c, dewpoints)}
    if reports_rh:
        humidities = humidity.rh_pct(temp_c, dewpoint_c)
        derived["rh_pct"] = _put("rh_pct", rh_pct, humidities)
    return derived


def _put(name: str, x: Floats, candidates: Floats) -> Bools:
    possible = np.isfinite(candidates) & ~_impossible(name, candidates)
    where = np.isnan(x) & possible
    x[where] = candidates[where].round(1)
    return where


def _interpolate(values: Columns, fill_h: int) -> Marks:
    """Fill short gaps, in place, and say where."""
    gaps = {name: _short_gaps(values[name], fill_h) for name in FILLABLE}
    for name, gap in gaps.items():
        x = values[name]
        known, hours = ~np.isnan(x), np.arange(len(x))
        if gap.any():
            between = np.interp(hours[gap], hours[known], x[known])
            x[gap] = between.round(2)
    for order in ORDERS:
        _uncross(values, gaps, order)
    return gaps


def _uncross(values: Columns, filled: Marks, order: Order) -> None:
    """Where a straight line crosses what was measured, bend it, in place: the lower of two
    variables isn't above the upper one."""
    lower = values[order.lower]
    upper = values[order.upper]
    never = np.zeros(len(lower), dtype=bool)
    filled_lower = filled.get(order.lower, never)
    filled_upper = filled.get(order.upper, never)
    only_upper = filled_upper & ~filled_lower
    raised = np.fmax(upper[only_upper], lower[only_upper])
    upper[only_upper] = raised
    lowered = np.fmin(lower[filled_lower], upper[filled_lower])
    lower[filled_lower] = lowered


def _short_gaps(x: Floats, fill_h: int) -> Bools:
    """Where a value is missing in a gap of at most `fill_h` hours with values on both sides."""
    missing = np.isnan(x)
    starts, lengths = _runs(missing)
    ends = starts + lengths
    inside = (starts > 0) & (ends < len(x))
    is_short = (lengths <= fill_h) & inside
    in_short_gap = np.repeat(is_short, lengths)
    return missing & in_short_gap


def _filled_names(*filled: Marks) -> list[str]:
    """For each hour the names of the columns filled in it, in the table's order."""
    marks = {}
    for name in VALUES:
        parts = [part[name] for part in filled if name in part]
        if parts:
            marks[name] = np.any(parts, axis=0)
    any_mark = next(iter(marks.values()))
    names = [""] * len(any_mark)
    for name, mark in marks.items():
        for hour in np.flatnonzero(mark):
            names[hour] = f"{names[hour]},{name}" if names[hour] else name
    return names


def _found(
    hourly: pd.DataFrame, duplicates: int, absent: int, marks: dict[str, Marks], values: Columns
) -> dict[str, Any]:
    observed = marks["observed"]
    reported = [name for name in VALUES if observed[name].any() or _has_value(values[name])]
    valid_at = hourly["valid_at"]
    first = valid_at.iloc[0]
    last = valid_at.iloc[-1]
    return {
        "first": f"{first:%Y-%m-%dT%HZ}",
        "last": f"{last:%Y-%m-%dT%HZ}",
        "hours": len(hourly),
        "absent_hours": absent,
        "duplicates": duplicates,
        "columns": {name: _counts(name, marks, values[name]) for name in reported},
        **_early_ends(observed, valid_at),
    }


def _early_ends(observed: Marks, valid_at: pd.Series) -> dict[str, dict[str, str]]:
    """The columns that end long before the station, and when; nothing where none does."""
    ends = {}
    for name, known in observed.items():
        if name in _MAY_END or not known.any():
            continue
        last = valid_at[known].iloc[-1]
        if valid_at.iloc[-1] - last >= _ENDS_EARLY:
            ends[name] = f"{last:%Y-%m-%dT%HZ}"
    # In Korean winters the hours' rain stands in the column of three hours.
    if observed["precip_3h_mm"].any():
        ends.pop("precip_mm", None)
    return {"ends_early": ends} if ends else {}


def _has_value(x: Floats) -> bool:
    return not np.isnan(x).all()


def _counts(name: str, marks: dict[str, Marks], x: Floats) -> dict[str, int | float]:
    counts: dict[str, int | float] = {}
    for kind, by_name in marks.items():
        counts[kind] = int(by_name[name].sum()) if name in by_name else 0
    missing = np.isnan(x)
    counts["missing"] = int(missing.sum())
    counts["share_missing"] = round(float(missing.mean()), 4)
    counts["longest_gap_h"] = _longest_gap_h(missing)
    return counts


def _longest_gap_h(missing: Bools) -> int:
    starts, lengths = _runs(missing)
    gaps = lengths[missing[starts]]
    if not len(gaps):
        return 0
    return int(gaps.max())
