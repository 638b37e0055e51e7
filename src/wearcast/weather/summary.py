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
    known = frame.loc[frame[column].notna(), ["station", "valid_at"]]
    month = known["valid_at"].dt.tz_localize(None).dt.to_period("M")
    months = pd.period_range(month.min(), month.max(), freq="M")
    counts = known.groupby(["station", month]).size().unstack(fill_value=0)
    counts = counts.reindex(index=frame["station"].unique(), columns=months, fill_value=0)
    hours = 24 * months.days_in_month.to_numpy()
    shares = counts.to_numpy() / hours
    return pd.DataFrame(shares, index=counts.index, columns=months.to_timestamp())


def daily(frame: pd.DataFrame, station: Station) -> pd.DataFrame:
    """One row a local day: lowest, mean and highest temperature (°C), precipitation (mm), and hours
    with a temperature.

    A day's temperatures are NaN under 20 known hours, when its extremes could have been missed; a
    day without any measured precipitation has none either.
    """
    rows = frame[frame["station"] == station.id]
    # An hour's rain stands at its end, so midnight belongs to the day before.
    within = _local(rows["valid_at"] - pd.Timedelta(minutes=1), station)
    day = within.dt.normalize().rename("day")
    temps = rows.groupby(day)["temp_c"].agg(["min", "mean", "max", "count"])
    whole = temps["count"] >= 20
    extremes = temps[["min", "mean", "max"]].where(whole)
    known = extremes.add_prefix("temp_").add_suffix("_c")
    # Where there is a sum of three hours, there are none of one hour, so the two add up.
    rain = rows[["precip_mm", "precip_3h_mm"]].groupby(day).sum(min_count=1)
    days = known.assign(precip_mm=rain.sum(axis="columns", min_count=1), hours=temps["count"])
    return days.reindex(pd.date_range(days.index.min(), days.index.max(), name="day"))


def month_by_hour(
    frame: pd.DataFrame, station: Station, column: str = "temp_c"
) -> NDArray[np.float64]:
    """The mean of `column` by local month and hour: float64 [12, 24], NaN where there is
    nothing."""
    rows = frame[frame["station"] == station.id]
    local = _local(rows["valid_at"], station)
    month, hour = local.dt.month.rename("month"), local.dt.hour.rename("hour")
    means = rows[column].groupby([month, hour]).mean().unstack()
    table = means.reindex(index=range(1, 13), columns=range(24))
    return table.to_numpy(dtype=np.float64)


def changes(raw: pd.DataFrame, controlled: pd.DataFrame) -> pd.DataFrame:
    """Every value that quality control removed: `station`, `valid_at`, `column`, the value `was`,
    and what stands there `now`."""
    keys = ["station", "valid_at"]
    before = raw[[*keys, *VALUES]].drop_duplicates()
    both = before.merge(controlled[[*keys, *VALUES]], on=keys, suffixes=("", "_now"))
    parts = [_changed(both, name) for name in VALUES]
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values([*keys, "column"], ignore_index=True)


def around(
    raw: pd.DataFrame, controlled: pd.DataFrame, station: str, at: pd.Timestamp, column: str
) -> dict[str, NDArray[Any]]:
    """Two days before and after a time, for one column: `valid_at`, the `raw` and `controlled`
    values, and which were `filled`."""
    is_near = (controlled["valid_at"] - at).abs() <= pd.Timedelta(days=2)
    near = controlled[is_near & (controlled["station"] == station)]
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
    return [name for name in VALUES if frame[name].notna().any()]


def _changed(both: pd.DataFrame, name: str) -> pd.DataFrame:
    was, now = both[name], both[f"{name}_now"]
    rows = both[was.notna() & (was != now)]
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
    local: pd.Series = valid_at.dt.tz_convert(station.zone).dt.tz_localize(None)
    return local
