"""What the models say against what was observed, and against themselves at another age."""

from datetime import tzinfo
from typing import Final

import numpy as np
import pandas as pd

from wearcast.weather.guidance import VALUES
from wearcast.weather.guidance_ages import age_days

COMPARED: Final = tuple(name for name in VALUES if name not in ("wind_dir_deg", "rain_chance_pct"))
"""What is observed too, and has a mean."""

LEAST_HOURS: Final = 24
"""Hours from which a mean is told."""

BLOCK_D: Final = 30
LEAST_BLOCKS: Final = 6
MOST_FACTOR: Final = 1.5
MOST_DIFFERENCE: Final = {
    "temp_c": 2.0,
    "dewpoint_c": 2.0,
    "rh_pct": 10.0,
    "pressure_hpa": 2.0,
    "cloud_pct": 20.0,
}
"""How far the mean at one age may be from the other ages', as a median over blocks of 30 days.

The other quantities have a factor. In a year of seven models (Budva, 2024-02 to 2025-02), over any
six blocks, ages differ by factors of up to 1.31 in rain, but for GFS's five days ahead, which is
0.42 to 0.64 of the others; by up to 1.04 in wind and gusts, but for one that is made of two models
(1.9); by 1.5 °C, 1.2
°C, 6 %, 0.4 hPa and 13 points of cloud, all of that one too; the rest by a third of that."""

_LEAST_RAIN_MM: Final = 5.0
"""Of a block, from which its rain is compared."""


_LEAST_RATIO: Final = 1e-3


def errors(frame: pd.DataFrame, observations: pd.DataFrame) -> pd.DataFrame:
    """Forecast minus observation of each of `COMPARED`, a row a row of `frame`; NaN where either is
    missing."""
    keys = ["station", "valid_at"]
    names = list(COMPARED)
    observed = frame[keys].merge(observations[[*keys, *names]], how="left", on=keys)
    observed.index = frame.index
    return frame[names] - observed[names]


def mean_by(values: pd.DataFrame, groups: pd.Series) -> dict[str, dict[str, float]]:
    """By variable the means of groups that have enough hours, rounded; the groups' names as
    text."""
    found: dict[str, dict[str, float]] = {}
    grouped = values.groupby(groups)
    hours = grouped.count()
    means = grouped.mean().where(hours >= LEAST_HOURS)
    for name in values:
        known = means[name].dropna()
        by_group = {}
        for group, mean in known.items():
            by_group[str(group)] = _rounded(mean)
        if by_group:
            found[str(name)] = by_group
    return found


def day_old(frame: pd.DataFrame, station: str, name: str, hours: pd.Index) -> pd.DataFrame:
    """What each model said of a station a day ahead, the mean where several runs are a day old: a
    row an hour of `hours`, a column a model that said anything of them."""
    is_of_station = frame["station"] == station
    is_day_old = age_days(frame) == 1
    rows = frame[is_of_station & is_day_old]
    values = rows.groupby(["valid_at", "model"])[name].mean()
    by_model: pd.DataFrame = values.unstack("model")
    wanted = by_model.reindex(hours)
    return wanted.dropna(axis="columns", how="all")


def bias_by_hour(said: pd.DataFrame, observed: pd.Series, zone: tzinfo) -> pd.DataFrame:
    """Forecast minus observation by hour of the local day, a column a model.

    Args:
        said: as `day_old` makes it.
        observed: by valid hour.
    """
    came = observed.reindex(said.index)
    errors = said.sub(came, axis="index")
    local = pd.DatetimeIndex(errors.index).tz_convert(zone)
    means = errors.groupby(local.hour).mean()
    every_hour = means.reindex(range(24))
    return every_hour.rename_axis("hour")


def error_by_age(frame: pd.DataFrame, observations: pd.DataFrame, name: str) -> pd.DataFrame:
    """By station and model the bias and the mean absolute error at each class of age."""
    error = errors(frame, observations)[name]
    values = {
        "station": frame["station"],
        "model": frame["model"],
        "days": age_days(frame),
        "bias": error,
        "mean absolute error": error.abs(),
    }
    by_row = pd.DataFrame(values)
    groups = by_row.groupby(["station", "model", "days"], sort=False)
    table = groups.mean().dropna()
    by_days = pd.DataFrame(table.unstack("days"))
    return by_days.sort_index(axis="columns").round(2)


def unlike_ages(name: str, by_age: pd.DataFrame) -> dict[int, float]:
    """The ages at which a model's mean isn't alike, and what sets it apart: a difference, or a
    factor.

    Compared are the hours that are known at every age, in blocks of 30 days; an age that is known
    at half as many hours as another one is not judged. The reference is the median of the ages, or
    the younger where there are two.

    Args:
        by_age: a row a valid hour, a column a class of age from 1 on.
    """
    hours = by_age.count()
    often = hours[hours > hours.max() / 2].index
    common = by_age[often].dropna()
    if common.shape[1] < 2 or common.empty:
        return {}
    since_first = common.index - common.index[0]
    means = common.groupby(since_first.days // BLOCK_D).mean()
    reference = means.median(axis="columns")
    if means.shape[1] == 2:
        youngest = means.columns.min()
        reference = means[youngest]
    if name in MOST_DIFFERENCE:
        apart = means.sub(reference, axis="index")
        most = MOST_DIFFERENCE[name]
    else:
        apart = _log_ratios(name, means, reference)
        most = float(np.log(MOST_FACTOR))
    if len(apart) < LEAST_BLOCKS:
        return {}
    typical = apart.median()
    found = {}
    for age in means.columns:
        size = float(typical[age])
        if abs(size) <= most:
            continue
        if name not in MOST_DIFFERENCE:
            size = float(np.exp(size))
        found[int(age)] = _rounded(size)
    return found


def _log_ratios(name: str, means: pd.DataFrame, reference: pd.Series) -> pd.DataFrame:
    """The logarithm of each mean over the reference, of the blocks that have enough of it."""
    least = 0.0
    if name == "precip_mm":
        hours = 24 * BLOCK_D
        least = _LEAST_RAIN_MM / hours
    is_enough = reference > least
    enough = reference[is_enough]
    ratios = means[is_enough].div(enough, axis="index")
    return ratios.clip(lower=_LEAST_RATIO).map(np.log)


def _rounded(value: float) -> float:
    return round(float(value), 3) + 0.0
