"""What ingest found: how much there is, how complete, and its extremes."""

from collections.abc import Mapping, Sequence

import pandas as pd
from IPython.display import Markdown

from wearcast.config import Station
from wearcast.notebook.findings.phrases import (
    as_list,
    counted,
    hour_utc,
    label,
    listed,
    percent,
    plain,
)
from wearcast.weather.summary import reported

_COMPLETE = 0.995
"""A share of rows from which a quantity counts as complete."""


def findings(
    raw: pd.DataFrame, stations: Sequence[Station], days: Mapping[str, pd.DataFrame]
) -> Markdown:
    """The sentences as a list, for the notebook; the arguments are theirs."""
    return as_list(sentences(raw, stations, days))


def sentences(
    raw: pd.DataFrame, stations: Sequence[Station], days: Mapping[str, pd.DataFrame]
) -> list[str]:
    """What was found.

    Args:
        raw: the observations as the source gave them.
        stations: theirs.
        days: by station, as `summary.daily` makes them.
    """
    names = {station.id: station.name_en for station in stations}
    found = [
        _amount(raw, names),
        _hours_without_row(raw, names),
        _sparse(raw),
        _extremes(raw, names),
        _wettest_month(days, names),
    ]
    return [sentence for sentence in found if sentence]


def _amount(raw: pd.DataFrame, names: Mapping[str, str]) -> str:
    valid_at = raw["valid_at"]
    first = hour_utc(valid_at.min())
    last = hour_utc(valid_at.max())
    hours = counted(len(raw), "hourly observation")
    stations = counted(len(names), "station")
    places = listed(list(names.values()))
    return f"{hours} of {stations} ({places}), from {first} to {last}."


def _hours_without_row(raw: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The station that misses most of the hours between its first row and its last one."""
    absent = {}
    hours = {}
    for station, rows in raw.groupby("station"):
        valid_at = rows["valid_at"]
        first = valid_at.min()
        last = valid_at.max()
        axis = pd.date_range(first, last, freq="h")
        id = str(station)
        hours[id] = len(axis)
        absent[id] = len(axis) - valid_at.nunique()
    worst = max(absent, key=lambda id: absent[id])
    if not absent[worst]:
        return "Every station has a row for every hour between its first and its last."
    total = counted(sum(absent.values()), "hour")
    share = percent(absent[worst] / hours[worst], 1)
    return (
        f"Hours without a row: {total} in all, at most {absent[worst]} of one station"
        f" ({names[worst]}, {share} of its time)."
    )


def _sparse(raw: pd.DataFrame) -> str:
    """The quantities that are often missing."""
    known = raw[reported(raw)].notna().mean().sort_values()
    sparse = known[known < _COMPLETE]
    if sparse.empty:
        return "Whatever is reported stands in practically every row."
    parts = [f"{label(str(name))} in {percent(share)}" for name, share in sparse.items()]
    return f"Not in every row: {listed(parts)} of the rows."


def _extremes(raw: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The coldest and the warmest value, whether or not they can be true."""
    known = raw[raw["temp_c"].notna()].sort_values("temp_c", kind="stable")
    if known.empty:
        return ""
    ends = []
    for place in (0, -1):
        row = known.iloc[place]
        value = plain(row["temp_c"], "°C")
        where = names[row["station"]]
        when = hour_utc(row["valid_at"])
        ends.append(f"{value} ({where}, {when})")
    return f"As reported, the temperature goes from {ends[0]} to {ends[1]}; nothing is judged yet."


def _wettest_month(days: Mapping[str, pd.DataFrame], names: Mapping[str, str]) -> str:
    wettest = (0.0, "", "")
    for id, table in days.items():
        totals_mm = table["precip_mm"].resample("MS").sum(min_count=1).dropna()
        for month, total_mm in totals_mm.items():
            wettest = max(wettest, (float(total_mm), f"{month:%B %Y}", names[id]))
    amount_mm, when, where = wettest
    if not amount_mm:
        return ""
    return f"The wettest month is {when} at {where}, with {plain(amount_mm, 'mm', 0)}."
