"""Steps in what a model says: a new version of it, another grid cell, another unit.

A step shows in the daily means of forecasts a day old, both against the observations and against
the other models: their median over the 30 days before it and over up to 30 days from it on differ.
The smaller of both differences counts, and none where they don't agree in sign, because a season
moves a model against the observations, and another model's step moves it against the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

BEFORE_D: Final = 30
AFTER_D: Final = 14
"""Days that must be known from a step on; up to `BEFORE_D` are looked at."""

LEAST_STEP: Final = {
    "temp_c": 1.1,
    "dewpoint_c": 2.5,
    "rh_pct": 10.0,
    "wind_ms": float(np.log(1.7)),
    "gust_ms": float(np.log(1.7)),
    "pressure_hpa": 0.8,
}
"""From which on a step counts; of wind and gusts, of their logarithm.

In a year of seven models at a steep coast (Budva, 2024-02 to 2025-02) the largest were 1.0 °C, 2.0
°C, 8 %, 1.62 (wind and gusts) and 0.45 hPa, but for those of three models, which stand apart and
last for weeks: the temperature of ECMWF's fell by 1.9 °C on 11 November 2024, the dew point of GEM
rose and fell by 3 to 4 °C four times, and GFS's pressure rose by 1.2 hPa on 9 September. Of steps
of 1.5 °C put in by hand, at any time of that year, four of five are found, of 2 °C nearly all, and
of gusts that fall by half five of six; what hides the others are changes of the season. Rain, cloud
and radiation vary too much from month to month for such a comparison."""

WITH_ONE_REFERENCE: Final = 2.0
"""How many times as much is needed where there are no other models, or no observations."""

OF_LOGARITHM: Final = ("wind_ms", "gust_ms")
_LEAST_WIND_MS: Final = 0.1
_HOURS_A_DAY: Final = 18
"""Known hours from which a day has a mean."""


@dataclass(frozen=True)
class Step:
    """A lasting change of a model's level.

    Attributes:
        day: the first day with the new level.
        size: by how much it changed, in the variable's unit; of wind and gusts by which factor.
    """

    day: pd.Timestamp
    size: float

    def as_json(self) -> dict[str, Any]:
        """It as JSON has it."""
        return {"day": f"{self.day:%Y-%m-%d}", "size": round(self.size, 2)}


def daily_means(name: str, values: pd.Series) -> pd.Series:
    """The daily means (UTC) of a series by valid hour, NaN under 18 known hours; of wind and gusts
    their logarithm."""
    days = values.resample("D")
    hours = days.count()
    means = days.mean().where(hours >= _HOURS_A_DAY)
    if name in OF_LOGARITHM:
        logarithms: pd.Series = np.log(means.clip(lower=_LEAST_WIND_MS))
        return logarithms
    return means


def find_steps(
    name: str, model: str, models: Mapping[str, pd.Series], observed: pd.Series | None
) -> list[Step]:
    """The steps of one model in a variable, the oldest first.

    Args:
        models: by model its daily means, as `daily_means` makes them; this model's among them.
        observed: the observations' likewise.
    """
    references = []
    others = [means for other, means in models.items() if other != model]
    if others:
        side_by_side = pd.concat(others, axis="columns", sort=True)
        references.append(side_by_side.median(axis="columns"))
    if observed is not None and observed.notna().any():
        references.append(observed)
    if not references:
        return []
    own = models[model]
    steps = []
    for reference in references:
        differences = own - reference.reindex(own.index)
        steps.append(_step(differences))
    least = LEAST_STEP[name]
    if len(steps) == 1:
        return _peaks(name, steps[0], WITH_ONE_REFERENCE * least)
    return _peaks(name, _smaller(*steps), least)


def _step(differences: pd.Series) -> pd.Series:
    """By day how far the median from it on is above the one before it."""
    backwards = differences[::-1]
    least = 2 * BEFORE_D // 3
    before = differences.rolling(BEFORE_D, min_periods=least).median()
    after_backwards = backwards.rolling(BEFORE_D, min_periods=AFTER_D).median()
    after = after_backwards[::-1]
    step: pd.Series = after - before.shift()
    return step


def _smaller(one: pd.Series, other: pd.Series) -> pd.Series:
    """By day the smaller of two steps, 0 where they aren't of one sign."""
    size = one.abs()
    other_size = other.abs()
    smaller = one.where(size <= other_size, other)
    agree = np.sign(one) == np.sign(other)
    known = one.notna() & other.notna()
    of_one_sign = smaller.where(agree, 0.0)
    return of_one_sign.where(known)


def _peaks(name: str, steps: pd.Series, least: float) -> list[Step]:
    """The largest step of each group of days that exceed `least` and lie close together."""
    is_large = steps.abs() > least
    large = steps[is_large]
    if large.empty:
        return []
    days = large.index.to_series()
    is_apart = days.diff() > pd.Timedelta(days=BEFORE_D)
    change_of_sign = np.sign(large).diff()
    turns = change_of_sign.fillna(0) != 0
    starts = is_apart | turns
    groups = starts.cumsum()
    found = []
    for _, group in large.groupby(groups):
        place = int(group.abs().argmax())
        size = float(group.iloc[place])
        if name in OF_LOGARITHM:
            size = float(np.exp(size))
        found.append(Step(pd.Timestamp(group.index[place]), size))
    return found
