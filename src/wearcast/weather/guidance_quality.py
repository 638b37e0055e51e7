"""Quality control of guidance: from what a source gave to what may be used, and a report of what
was found.

Station by station:

1. impossible values are removed, dew point and humidity put in where the other is known
   (`guidance_values`)
2. a model that has stopped, or whose temperature has just jumped, is left out from then on; another
   variable that has just jumped is removed from then on, and so are the ages at which a variable's
   mean isn't that of the others (`guidance_faults`)

All of it is in the report: bias and means by age and by month, the steps of the whole record, and
what was left out and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pandas as pd

from wearcast.artifacts import write_json
from wearcast.weather import guidance_bias, guidance_faults
from wearcast.weather.guidance import VALUES, concatenate, validate, write_parquet
from wearcast.weather.guidance_ages import age_days
from wearcast.weather.guidance_bias import COMPARED
from wearcast.weather.guidance_faults import STOPPED_H, Steps
from wearcast.weather.guidance_values import control_values

Report = dict[str, dict[str, Any]]

_COUNTS: Final = ("impossible", "rounded", "derived", "missing")


def control_guidance(
    raw: pd.DataFrame, observations: pd.DataFrame, stations: Sequence[str]
) -> tuple[pd.DataFrame, Report]:
    """The guidance that may be used, made of a raw table, and by station the report.

    The report is plain numbers and text, in an order that doesn't change: by model what it gives
    (`first`, `last`, `rows`, `never_reported`, `variables` with their counts, bias and means),
    `left_out` by model why and since when, and `removed` which variables at which ages and why.

    Args:
        observations: what quality control made of them, of the same stations.
        stations: their ids; rows of others are dropped.
    """
    parts = []
    report: Report = {}
    for id in stations:
        is_of_station = raw["station"] == id
        rows = raw[is_of_station].reset_index(drop=True)
        observed = observations[observations["station"] == id]
        if len(rows):
            controlled, report[id] = _control_station(rows, observed)
            parts.append(controlled)
    table = concatenate(parts)
    return validate(table), report


def control_live(rows: pd.DataFrame, issued_at: pd.Timestamp) -> pd.DataFrame:
    """The guidance of one station that may be used of the last weeks, without a report.

    What takes months of forecasts to find, steps and ages that are unlike the others, isn't looked
    for.

    Args:
        rows: of the station, their values controlled (`guidance_values`).
        issued_at: the last observed hour.
    """
    known = rows[rows["temp_c"].notna()]
    last = known.groupby("model", observed=True)["valid_at"].max()
    goes_on = last >= issued_at - pd.Timedelta(hours=STOPPED_H)
    if goes_on.all() and len(last) == rows["model"].nunique():
        return rows
    observed = pd.DataFrame({"valid_at": [issued_at]})
    for model, fault in guidance_faults.stopped(rows, observed).items():
        rows = rows[~fault.rows(rows, model)]
    return rows


def as_table(report: Report) -> pd.DataFrame:
    """The report as a table: a row a station, model and variable that it gives."""
    rows = []
    for id, found in report.items():
        for model, entry in found["models"].items():
            for name, counts in entry["variables"].items():
                row = {"station": id, "model": model, "variable": name}
                for kind in _COUNTS:
                    row[kind] = counts[kind]
                row["steps"] = len(counts["steps"])
                row["silent_since"] = counts["silent_since"] or ""
                rows.append(row)
    table = pd.DataFrame(rows)
    return table.set_index(["station", "model", "variable"])


def for_json(report: Report) -> dict[str, Report]:
    """The report as a part of `reports/quality.json`, which has none where there is no guidance."""
    return {"guidance": report} if report else {}


def write_controlled(
    folder: Path, controlled: pd.DataFrame | None, described: Mapping[str, Any] | None
) -> None:
    """Put the guidance that may be used, and whose it is, in `folder`: `guidance.parquet` and
    `guidance.json`. Where there is none, neither is left there."""
    table = folder / "guidance.parquet"
    description = folder / "guidance.json"
    if controlled is None or controlled.empty:
        table.unlink(missing_ok=True)
        description.unlink(missing_ok=True)
    else:
        write_parquet(table, controlled)
        write_json(description, described)


def _control_station(
    rows: pd.DataFrame, observed: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, Any]]:
    controlled, changed = control_values(rows)
    ages = pd.Series(age_days(controlled), index=controlled.index)
    steps = guidance_faults.steps_of(controlled, ages, observed)
    left_out, removals = guidance_faults.jumped(controlled, steps)
    left_out |= guidance_faults.stopped(controlled, observed)
    removals += guidance_faults.unlike(controlled, ages)
    models = _models(controlled, changed, ages, observed, steps)
    for removal in removals:
        removal.apply(controlled, ages)
    is_left_out = pd.Series(data=False, index=controlled.index)
    for model, fault in left_out.items():
        is_left_out |= fault.rows(controlled, model)
    found = {
        "models": models,
        "left_out": {model: asdict(fault) for model, fault in left_out.items()},
        "removed": [removal.as_json() for removal in removals],
    }
    return controlled[~is_left_out], found


def _models(
    frame: pd.DataFrame,
    changed: dict[str, pd.DataFrame],
    ages: pd.Series,
    observed: pd.DataFrame,
    steps: Steps,
) -> dict[str, Any]:
    """By model what it gives, and how far it is from what was observed."""
    errors = guidance_bias.errors(frame, observed)
    months = frame["valid_at"].dt.strftime("%Y-%m")
    found = {}
    for model, rows in frame.groupby("model", sort=False):
        own = rows.index
        own_errors = errors.loc[own]
        tables = {
            "bias_by_age": guidance_bias.mean_by(own_errors, ages[own]),
            "bias_by_month": guidance_bias.mean_by(own_errors, months[own]),
            "mean_by_age": guidance_bias.mean_by(rows[list(COMPARED)], ages[own]),
        }
        own_steps = steps[str(model)]
        variables = {}
        for name in VALUES:
            if rows[name].notna().any():
                variables[name] = {
                    **_counts(rows, changed, name),
                    **{title: table.get(name, {}) for title, table in tables.items()},
                    "steps": [step.as_json() for step in own_steps.get(name, [])],
                    "silent_since": _silent_since(rows, name),
                }
        found[str(model)] = {
            "first": _hour(rows["valid_at"].min()),
            "last": _hour(rows["valid_at"].max()),
            "rows": len(rows),
            "never_reported": [name for name in VALUES if name not in variables],
            "variables": variables,
        }
    return found


def _counts(rows: pd.DataFrame, changed: dict[str, pd.DataFrame], name: str) -> dict[str, int]:
    """How many values were changed, by the kind of change, and how many there are none of."""
    counts = {}
    for kind, marks in changed.items():
        own_marks = marks.loc[rows.index, name]
        counts[kind] = int(own_marks.sum())
    counts["missing"] = int(rows[name].isna().sum())
    return counts


def _silent_since(rows: pd.DataFrame, name: str) -> str | None:
    """The last hour with a value, where the model went on for days without it."""
    hours = rows["valid_at"]
    is_known = rows[name].notna()
    last_known = hours[is_known].max()
    silent = hours.max() - last_known
    if silent <= pd.Timedelta(hours=STOPPED_H):
        return None
    return _hour(last_known)


def _hour(at: pd.Timestamp) -> str:
    return f"{at:%Y-%m-%dT%HZ}"
