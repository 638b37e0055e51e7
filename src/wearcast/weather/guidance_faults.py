"""Which models, and which variables of a model, can't be used, and why."""

from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from wearcast.weather.guidance_ages import age_days
from wearcast.weather.guidance_bias import COMPARED, MOST_DIFFERENCE, unlike_ages
from wearcast.weather.guidance_steps import LEAST_STEP, OF_LOGARITHM, Step, daily_means, find_steps

Steps = dict[str, dict[str, list[Step]]]
"""By model and variable."""

STOPPED_H: Final = 72
"""A model that says nothing of this many hours, while others go on, has stopped."""

JUMPED_D: Final = 30
"""For this many days a step is recent: the bias of the days before it is not that of today."""


_DAY: Final = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Removal:
    """A variable of a model that isn't used.

    Attributes:
        ages: the classes of age that are meant; none stand for all.
        since: the day from which on, "" if always. What was before a step is as good as ever, and
            what was trained on it stays as it was.
    """

    model: str
    variable: str
    ages: tuple[int, ...]
    reason: str
    since: str = ""

    def as_json(self) -> dict[str, Any]:
        """It as JSON has it."""
        return {**asdict(self), "ages": list(self.ages)}

    def apply(self, frame: pd.DataFrame, ages: pd.Series) -> None:
        """Remove the values from the frame, in place."""
        is_meant = frame["model"] == self.model
        if self.ages:
            is_meant &= ages.isin(self.ages)
        if self.since:
            is_meant &= frame["valid_at"] >= pd.Timestamp(self.since, tz="UTC")
        frame.loc[is_meant, self.variable] = np.nan


def steps_of(frame: pd.DataFrame, ages: pd.Series, observed: pd.DataFrame) -> Steps:
    """The steps of what the models of a station say a day ahead."""
    of_a_day = frame[ages == 1]
    by_run = of_a_day.groupby(["model", "valid_at"])
    hourly = by_run[list(LEAST_STEP)].mean()
    truth = observed.set_index("valid_at")
    found: Steps = {str(model): {} for model in frame["model"].unique()}
    for name in LEAST_STEP:
        means = _daily_by_model(name, hourly[name].dropna())
        came = None
        if len(truth):
            came = daily_means(name, truth[name])
        for model in means:
            found[model][name] = find_steps(name, model, means, came)
    return found


def _daily_by_model(name: str, hourly: pd.Series) -> dict[str, pd.Series]:
    means = {}
    for model, values in hourly.groupby("model"):
        by_hour = values.droplevel("model")
        means[str(model)] = daily_means(name, by_hour)
    return means


@dataclass(frozen=True)
class LeftOut:
    """A model that isn't used any more.

    Attributes:
        since: the day from which on, "" if it never can be.
    """

    reason: str
    since: str

    def rows(self, frame: pd.DataFrame, model: str) -> pd.Series:
        """Which rows of the frame that means."""
        is_meant = frame["model"] == model
        if self.since:
            is_meant &= frame["valid_at"] >= pd.Timestamp(self.since, tz="UTC")
        return is_meant


def stopped(frame: pd.DataFrame, observed: pd.DataFrame) -> dict[str, LeftOut]:
    """The models that have said nothing lately while others went on, and since when."""
    known = frame[frame["temp_c"].notna()]
    by_model = known.groupby("model")["valid_at"]
    last = by_model.max().reindex(frame["model"].unique())
    # The newest runs reach further than the observations.
    now = frame["valid_at"].max()
    if len(observed):
        now = observed["valid_at"].max()
    reached = min(last.max(), now)
    latest = reached - pd.Timedelta(hours=STOPPED_H)
    found = {}
    for model, at in last.items():
        if pd.isna(at):
            found[str(model)] = LeftOut("it never gave a temperature", since="")
        elif at < latest:
            reason = f"it has stopped: nothing after {at:%Y-%m-%dT%HZ}"
            found[str(model)] = LeftOut(reason, since=f"{at + _DAY:%Y-%m-%d}")
    return found


def jumped(frame: pd.DataFrame, steps: Steps) -> tuple[dict[str, LeftOut], list[Removal]]:
    """The models whose temperature has just jumped, and the other variables that have."""
    models: dict[str, LeftOut] = {}
    variables = []
    for model, by_variable in steps.items():
        since = _first_recent_day(frame, model)
        for name, found in by_variable.items():
            if not found or found[-1].day <= since:
                continue
            last = found[-1]
            size = _in_words(name, last.size)
            day = f"{last.day:%Y-%m-%d}"
            reason = f"jumped {size} on {day}"
            if name == "temp_c":
                models[model] = LeftOut(f"its temperature {reason}", since=day)
            else:
                variables.append(Removal(model, name, (), f"it {reason}", since=day))
    return models, [removal for removal in variables if removal.model not in models]


def _first_recent_day(frame: pd.DataFrame, model: str) -> pd.Timestamp:
    is_of_model = frame["model"] == model
    is_day_old = age_days(frame) == 1
    is_known = frame["temp_c"].notna()
    hours = frame.loc[is_of_model & is_day_old & is_known, "valid_at"]
    last: pd.Timestamp = hours.max()
    return last - pd.Timedelta(days=JUMPED_D)


def _in_words(name: str, size: float) -> str:
    if name in OF_LOGARITHM:
        return f"to {size:.2f} times"
    if name == "temp_c":
        return f"by {size:+.1f} °C"
    return f"by {size:+.1f}"


def unlike(frame: pd.DataFrame, ages: pd.Series) -> list[Removal]:
    """The variables whose mean at some ages is not that of the others."""
    aged = frame.assign(age=ages)
    aged = aged[aged["age"] > 0]
    removals = []
    for model, rows in aged.groupby("model", sort=False):
        by_run = rows.groupby(["valid_at", "age"])
        means = by_run[list(COMPARED)].mean()
        for name in COMPARED:
            by_age = means[name].unstack("age")
            for age, size in unlike_ages(name, by_age).items():
                reason = _apart(name, size)
                removals.append(Removal(str(model), name, (age,), reason))
    return removals


def _apart(name: str, size: float) -> str:
    how = f"times {size:g}"
    if name in MOST_DIFFERENCE:
        how = f"{size:+g}"
    return f"its mean is not that of the other ages: {how}"
