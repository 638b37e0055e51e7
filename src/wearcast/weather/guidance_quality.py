"""Quality control of guidance: from what a source gave to what may be used, and a report of what
was found.

Station by station:

1. impossible values are removed, dew point and humidity put in where the other is known
   (`guidance_values`)
2. a model that has stopped, or whose temperature has just jumped, is left out; another variable
   that has just jumped is removed from the model (`guidance_steps`)
3. the ages at which a variable's mean isn't that of the others are removed (`guidance_bias`)

All of it is in the report: bias and means by age and by month, the steps of the whole record, and
what was left out and why.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from wearcast.artifacts import write_json
from wearcast.weather import guidance_bias
from wearcast.weather.guidance import VALUES, concatenate, validate, write_parquet
from wearcast.weather.guidance_ages import age_days
from wearcast.weather.guidance_bias import COMPARED
from wearcast.weather.guidance_steps import LEAST_STEP, OF_LOGARITHM, Step, daily_means, find_steps
from wearcast.weather.guidance_values import control_values

Report = dict[str, dict[str, Any]]

_COUNTS: Final = ("impossible", "rounded", "derived", "missing")

STOPPED_H: Final = 72
"""A model that says nothing of this many hours, while others go on, has stopped."""

JUMPED_D: Final = 30
"""For this many days a step is recent: the bias of the days before it is not that of today."""


def control_guidance(
    raw: pd.DataFrame, observations: pd.DataFrame, stations: Sequence[str]
) -> tuple[pd.DataFrame, Report]:
    """The guidance that may be used, made of a raw table, and by station the report.

    The report is plain numbers and text, in an order that doesn't change: by model what it gives
    (`first`, `last`, `rows`, `never_reported`, `variables` with their counts, bias and means),
    `left_out` by model why, and `removed` which variables at which ages and why.

    Args:
        observations: what quality control made of them, of the same stations.
        stations: their ids; rows of others are dropped.
    """
    parts = []
    report: Report = {}
    for id in stations:
        rows = raw[raw["station"] == id].reset_index(drop=True)
        observed = observations[observations["station"] == id]
        if len(rows):
            controlled, report[id] = _control_station(rows, observed)
            parts.append(controlled)
    return validate(concatenate(parts)), report


def as_table(report: Report) -> pd.DataFrame:
    """The report as a table: a row a station, model and variable that it gives."""
    rows = []
    for id, found in report.items():
        for model, entry in found["models"].items():
            for name, counts in entry["variables"].items():
                numbers = {kind: counts[kind] for kind in _COUNTS}
                steps = len(counts["steps"])
                rows.append({"station": id, "model": model, "variable": name, **numbers})
                rows[-1] |= {"steps": steps, "silent_since": counts["silent_since"] or ""}
    return pd.DataFrame(rows).set_index(["station", "model", "variable"])


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
    steps = _steps(controlled, ages, observed)
    left_out = {**_jumped(controlled, steps), **_stopped(controlled, observed)}
    removed = _unlike(controlled, ages) + _jumped_variables(controlled, steps, left_out)
    models = _models(controlled, changed, ages, observed, steps)
    for entry in removed:
        _remove(controlled, ages, entry)
    kept = controlled[~controlled["model"].isin(list(left_out))]
    return kept, {"models": models, "left_out": left_out, "removed": removed}


def _steps(
    frame: pd.DataFrame, ages: pd.Series, observed: pd.DataFrame
) -> dict[str, dict[str, list[Step]]]:
    """By model and variable the steps of its forecasts a day old."""
    of_a_day = frame[ages == 1]
    hourly = of_a_day.groupby(["model", "valid_at"])[list(LEAST_STEP)].mean()
    by_hour = observed.set_index("valid_at")
    found: dict[str, dict[str, list[Step]]] = {str(model): {} for model in frame["model"].unique()}
    for name in LEAST_STEP:
        means = {}
        for model, values in hourly[name].dropna().groupby("model"):
            means[str(model)] = daily_means(name, values.droplevel("model"))
        truth = daily_means(name, by_hour[name]) if len(by_hour) else None
        for model in means:
            found[model][name] = find_steps(name, model, means, truth)
    return found


def _stopped(frame: pd.DataFrame, observed: pd.DataFrame) -> dict[str, str]:
    """The models that have said nothing lately while others went on, and since when."""
    known = frame[frame["temp_c"].notna()]
    last = known.groupby("model")["valid_at"].max().reindex(frame["model"].unique())
    now = observed["valid_at"].max() if len(observed) else frame["valid_at"].max()
    reached = min(last.max(), now)
    stopped = {}
    for model, at in last.items():
        if pd.isna(at):
            stopped[str(model)] = "it never gave a temperature"
        elif at < reached - pd.Timedelta(hours=STOPPED_H):
            stopped[str(model)] = f"it has stopped: nothing after {_hour(at)}"
    return stopped


def _jumped(frame: pd.DataFrame, steps: dict[str, dict[str, list[Step]]]) -> dict[str, str]:
    """The models whose temperature has just jumped."""
    jumped = {}
    for model, by_variable in steps.items():
        step = _recent(frame, model, by_variable.get("temp_c", []))
        if step:
            jumped[model] = f"its temperature jumped by {step.size:+.1f} °C on {_day(step.day)}"
    return jumped


def _jumped_variables(
    frame: pd.DataFrame, steps: dict[str, dict[str, list[Step]]], left_out: dict[str, str]
) -> list[dict[str, Any]]:
    removed = []
    for model, by_variable in steps.items():
        for name, found in by_variable.items():
            step = _recent(frame, model, found)
            if step and model not in left_out:
                size = _size_in_words(name, step.size)
                reason = f"it jumped {size} on {_day(step.day)}"
                removed.append(_removal(model, name, [], reason))
    return removed


def _recent(frame: pd.DataFrame, model: str, steps: list[Step]) -> Step | None:
    """The last step, if it is within the model's last days with an observation to compare."""
    if not steps:
        return None
    is_a_day_old = (frame["model"] == model) & (age_days(frame) == 1)
    last = frame.loc[is_a_day_old & frame["temp_c"].notna(), "valid_at"].max()
    is_recent = steps[-1].day > last - pd.Timedelta(days=JUMPED_D)
    return steps[-1] if is_recent else None


def _unlike(frame: pd.DataFrame, ages: pd.Series) -> list[dict[str, Any]]:
    removed = []
    for model, rows in frame[ages > 0].groupby("model", sort=False):
        by_age = rows.groupby(["valid_at", ages[rows.index].rename("age")])[list(COMPARED)].mean()
        for name in COMPARED:
            unlike = guidance_bias.unlike_ages(name, by_age[name].unstack("age"))
            for age, size in unlike.items():
                apart = f"{size:+g}" if name in guidance_bias.MOST_DIFFERENCE else f"times {size:g}"
                reason = f"its mean is not that of the other ages: {apart}"
                removed.append(_removal(str(model), name, [age], reason))
    return removed


def _removal(model: str, name: str, ages: list[int], reason: str) -> dict[str, Any]:
    """An entry of the report; no ages stand for all."""
    return {"model": model, "variable": name, "ages": ages, "reason": reason}


def _remove(frame: pd.DataFrame, ages: pd.Series, entry: dict[str, Any]) -> None:
    is_meant = frame["model"] == entry["model"]
    if entry["ages"]:
        is_meant &= ages.isin(entry["ages"])
    frame.loc[is_meant, entry["variable"]] = np.nan


def _models(
    frame: pd.DataFrame,
    changed: dict[str, pd.DataFrame],
    ages: pd.Series,
    observed: pd.DataFrame,
    steps: dict[str, dict[str, list[Step]]],
) -> dict[str, Any]:
    """By model what it gives, and how far it is from what was observed."""
    errors = guidance_bias.errors(frame, observed)
    months = frame["valid_at"].dt.strftime("%Y-%m")
    found = {}
    for model, rows in frame.groupby("model", sort=False):
        own = rows.index
        bias_by_age = guidance_bias.mean_by(errors.loc[own], ages[own])
        bias_by_month = guidance_bias.mean_by(errors.loc[own], months[own])
        mean_by_age = guidance_bias.mean_by(rows[list(COMPARED)], ages[own])
        variables = {}
        for name in VALUES:
            if rows[name].notna().any():
                variables[name] = {
                    **{kind: int(marks.loc[own, name].sum()) for kind, marks in changed.items()},
                    "missing": int(rows[name].isna().sum()),
                    "bias_by_age": bias_by_age.get(name, {}),
                    "bias_by_month": bias_by_month.get(name, {}),
                    "mean_by_age": mean_by_age.get(name, {}),
                    "steps": _as_json(steps[str(model)].get(name, [])),
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


def _silent_since(rows: pd.DataFrame, name: str) -> str | None:
    """The last hour with a value, where the model went on for days without it."""
    hours = rows["valid_at"]
    last_known = hours[rows[name].notna()].max()
    if hours.max() - last_known <= pd.Timedelta(hours=STOPPED_H):
        return None
    return _hour(last_known)


def _as_json(steps: list[Step]) -> list[dict[str, Any]]:
    return [{"day": _day(step.day), "size": round(step.size, 2)} for step in steps]


def _size_in_words(name: str, size: float) -> str:
    return f"to {size:.2f} times" if name in OF_LOGARITHM else f"by {size:+.1f}"


def _day(at: pd.Timestamp) -> str:
    return f"{at:%Y-%m-%d}"


def _hour(at: pd.Timestamp) -> str:
    return f"{at:%Y-%m-%dT%HZ}"
