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
    first, last = raw["valid_at"].min(), raw["valid_at"].max()
    return (
        f"{counted(len(raw), 'hourly observation')} of {counted(len(names), 'station')}"
        f" ({listed(list(names.values()))}), from {hour_utc(first)} to {hour_utc(last)}."
    )


def _hours_without_row(raw: pd.DataFrame, names: Mapping[str, str]) -> str:
    """The station that misses most of the hours between its first row and its last one."""
    absent, hours = {}, {}
    for station, rows in raw.groupby("station"):
        valid_at = rows["valid_at"]
        axis = pd.date_range(valid_at.min(), valid_at.max(), freq="h")
        hours[str(station)] = len(axis)
        absent[str(station)] = len(axis) - valid_at.nunique()
    worst = max(absent, key=lambda id: absent[id])
    if not absent[worst]:
        return "Every station has a row for every hour between its first and its last."
    share = absent[worst] / hours[worst]
    return (
        f"Hours without a row: {counted(sum(absent.values()), 'hour')} in all, at most"
        f" {absent[worst]} of one station ({names[worst]}, {percent(share, 1)} of its time)."
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
    for _, row in (*known.head(1).iterrows(), *known.tail(1).iterrows()):
        ends.append(
            f"{plain(row['temp_c'], '°C')} ({names[row['station']]}, {hour_utc(row['valid_at'])})"
        )
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
