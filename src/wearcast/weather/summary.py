"""Summaries of observations for people: availability, days, means by month and hour, changes."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.config import Station
from wearcast.weather.observations import VALUES


def availability(frame: pd.DataFrame, column: str = "temp_c") -> pd.DataFrame:
    """The share of each month's hours at which `column` is known: a row a station, a column a month
    (its first day, UTC)."""
    is_known = frame[column].notna()
    known = frame.loc[is_known, ["station", "valid_at"]]
    known_utc = known["valid_at"].dt.tz_localize(None)
    month = known_utc.dt.to_period("M")
    months = pd.period_range(month.min(), month.max(), freq="M")
    by_month = known.groupby(["station", month])
    counts = by_month.size().unstack(fill_value=0)
    stations = frame["station"].unique()
    counts = counts.reindex(index=stations, columns=months, fill_value=0)
    days = months.days_in_month.to_numpy()
    hours = 24 * days
    shares = counts.to_numpy() / hours
    first_days = months.to_timestamp()
    return pd.DataFrame(shares, index=counts.index, columns=first_days)


def daily(frame: pd.DataFrame, station: Station) -> pd.DataFrame:
    """One row a local day: lowest, mean and highest temperature (°C), precipitation (mm), and hours
    with a temperature.

    A day's temperatures are NaN under 20 known hours, when its extremes could have been missed; a
    day without any measured precipitation has none either.
    """
    rows = frame[frame["station"] == station.id]
    # An hour's rain stands at its end, so midnight belongs to the day before.
    within_utc = rows["valid_at"] - pd.Timedelta(minutes=1)
    within = _local(within_utc, station)
    midnights = within.dt.normalize()
    day = midnights.rename("day")
    temps_c = rows.groupby(day)["temp_c"]
    temps = temps_c.agg(["min", "mean", "max", "count"])
    hours = temps["count"]
    whole = hours >= 20
    extremes = temps[["min", "mean", "max"]].where(whole)
    known = extremes.add_prefix("temp_").add_suffix("_c")
    # Where there is a sum of three hours, there are none of one hour, so the two add up.
    amounts_mm = rows[["precip_mm", "precip_3h_mm"]]
    rain = amounts_mm.groupby(day).sum(min_count=1)
    precip_mm = rain.sum(axis="columns", min_count=1)
    days = known.assign(precip_mm=precip_mm, hours=hours)
    first_day = days.index.min()
    last_day = days.index.max()
    every_day = pd.date_range(first_day, last_day, name="day")
    return days.reindex(every_day)


def month_by_hour(
    frame: pd.DataFrame, station: Station, column: str = "temp_c"
) -> NDArray[np.float64]:
    """The mean of `column` by local month and hour: float64 [12, 24], NaN where there is
    nothing."""
    rows = frame[frame["station"] == station.id]
    local = _local(rows["valid_at"], station)
    month = local.dt.month.rename("month")
    hour = local.dt.hour.rename("hour")
    by_month_and_hour = rows[column].groupby([month, hour])
    means = by_month_and_hour.mean().unstack()
    table = means.reindex(index=range(1, 13), columns=range(24))
    return table.to_numpy(dtype=np.float64)


def changes(raw: pd.DataFrame, controlled: pd.DataFrame) -> pd.DataFrame:
    """Every value that quality control removed: `station`, `valid_at`, `column`, the value `was`,
    and what stands there `now`."""
    keys = ["station", "valid_at"]
    compared = [*keys, *VALUES]
    before = raw[compared].drop_duplicates()
    after = controlled[compared]
    both = before.merge(after, on=keys, suffixes=("", "_now"))
    parts = [_changed(both, name) for name in VALUES]
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values([*keys, "column"], ignore_index=True)


def around(
    raw: pd.DataFrame, controlled: pd.DataFrame, station: str, at: pd.Timestamp, column: str
) -> dict[str, NDArray[Any]]:
    """Two days before and after a time, for one column: `valid_at`, the `raw` and `controlled`
    values, and which were `filled`."""
    time_apart = (controlled["valid_at"] - at).abs()
    is_near = time_apart <= pd.Timedelta(days=2)
    is_here = controlled["station"] == station
    near = controlled[is_near & is_here]
    keys = ["station", "valid_at"]
    before = near[keys].merge(raw.drop_duplicates(), how="left", on=keys)
    return {
        "valid_at": near["valid_at"].dt.tz_localize(None).to_numpy(),
        "raw": before[column].to_numpy(),
        "controlled": near[column].to_numpy(),
        "filled": np.array([column in names.split(",") for names in near["filled"]]),
    }


def reported(frame: pd.DataFrame) -> list[str]:
    """The observed quantities that have any value."""
    names = []
    for name in VALUES:
        has_value = frame[name].notna()
        if has_value.any():
            names.append(name)
    return names


def _changed(both: pd.DataFrame, name: str) -> pd.DataFrame:
    was = both[name]
    now = both[f"{name}_now"]
    is_changed = was.notna() & (was != now)
    rows = both[is_changed]
    return pd.DataFrame(
        {
            "station": rows["station"],
            "valid_at": rows["valid_at"],
            "column": name,
            "was": rows[name],
            "now": rows[f"{name}_now"],
        }
    )


def _local(valid_at: pd.Series, station: Station) -> pd.Series:
    zoned = valid_at.dt.tz_convert(station.zone)
    local: pd.Series = zoned.dt.tz_localize(None)
    return local
