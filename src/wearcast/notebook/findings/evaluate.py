"""What evaluation found: how far off, where worse than climatology, how honest, and what that means
for clothes."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import Markdown

from wearcast.forecasting.array_types import Flags, Floats
from wearcast.forecasting.hindcasts import NETWORK
from wearcast.notebook.findings.phrases import as_list, label, listed, percent, plain, runs, signed
from wearcast.vocabulary import lead_ranges

_MOST_RUNS = 3
"""More runs of leads than this are counted rather than listed."""

_HONEST = 0.03
"""A share of observations this near to 80 % counts as that."""

_WEAK = 0.5
"""Fewer wet days than this share with an umbrella are a weak point."""


def findings(metrics: Mapping[str, Any], against_climatology: pd.DataFrame) -> Markdown:
    """The sentences as a list, for the notebook; the arguments are theirs."""
    return as_list(sentences(metrics, against_climatology))


def sentences(metrics: Mapping[str, Any], against_climatology: pd.DataFrame) -> list[str]:
    """What was found.

    Args:
        metrics: as reports/verification.json holds them, with those of the clothes.
        against_climatology: the table that `Evaluation.against_climatology` makes.
    """
    return [
        _error(metrics),
        *_beside_climatology(against_climatology),
        _beside_ridge(metrics),
        _honesty(metrics),
        *_clothes(metrics["clothing"]),
    ]


def _error(metrics: Mapping[str, Any]) -> str:
    mae, climatology = (metrics["temp_c"]["mae"][name] for name in (NETWORK, "climatology"))
    parts = [
        f"{plain(mae[name], '°C')} at {name} h (climatology {climatology[name]:.1f})"
        for name in mae
        if name != "all"
    ]
    return f"The temperature is off by {listed(parts)}, over {metrics['forecasts']} forecasts."


def _beside_climatology(table: pd.DataFrame) -> list[str]:
    """A sentence each of what is better than climatology at every lead, and of what isn't."""
    better = []
    sentences = []
    for name in table.columns.drop("lead_h"):
        change_pct = table[name].to_numpy()
        known = change_pct[np.isfinite(change_pct)]
        if (known > 0).any():
            sentences.append(_where_worse(name, change_pct))
        elif len(known) and (known < 0).all():
            better.append(_label(name))
    if better:
        text = listed(better)
        sentences.insert(
            0, f"Better at every lead than climatology with the past year's anomaly: {text}."
        )
    return sentences


def _where_worse(name: str, change_pct: Floats) -> str:
    """At which leads, by how much at most, and what that makes over the ranges of leads."""
    is_worse = change_pct > 0
    worst = int(np.nanargmax(change_pct))
    most = plain(float(change_pct[worst]), "%")
    by_range = []
    for range_name, (first, last) in lead_ranges(len(change_pct)).items():
        mean = np.nanmean(change_pct[first - 1 : last])
        change = signed(float(mean), "%")
        by_range.append(f"{change} over {range_name} h")
    return (
        f"Worse than climatology with the past year's anomaly: {_label(name)} at"
        f" {_leads_in_words(is_worse)}, by up to {most} ({worst + 1} h); {listed(by_range)}."
    )


def _leads_in_words(chosen: Flags) -> str:
    """The leads in hours, or how many they are where they lie in many runs."""
    found = runs(chosen)
    if len(found) > _MOST_RUNS:
        first_h = found[0][0] + 1
        return f"{chosen.sum()} of {len(chosen)} leads, the first at {first_h} h"
    return listed([_leads(first + 1, last + 1) for first, last in found])


def _leads(first: int, last: int) -> str:
    return f"{first} h" if first == last else f"{first}-{last} h"


def _label(name: str) -> str:
    return "chance of rain" if name == "rain" else label(name)


def _beside_ridge(metrics: Mapping[str, Any]) -> str:
    """What the network adds to the linear path."""
    change = metrics["network_against"]["ridge"]["all"]
    value = signed(change["value"], "%")
    if change["low"] is None:
        return f"Beside the ridge regression it is built on, its error differs by {value}."
    interval = f"95 % interval {signed(change['low'], '%')} … {signed(change['high'], '%')}"
    return f"Beside the ridge regression it is built on, its error differs by {value} ({interval})."


def _honesty(metrics: Mapping[str, Any]) -> str:
    share = metrics["temp_c"]["coverage_80"][NETWORK]["all"]
    verdict = "as it should"
    if share > 0.8 + _HONEST:
        verdict = "more than it should: the range is too wide"
    if share < 0.8 - _HONEST:
        verdict = "less than it should: the range is too narrow"
    return (
        f"The 80 % range of the temperature holds {percent(share)} of the observations, {verdict}."
    )


def _clothes(clothing: Mapping[str, Any]) -> list[str]:
    """How far off the outfits are, and how often an umbrella was advised."""
    scores = clothing["scores"]
    clo, off = (scores[name][NETWORK] for name in ("clo_error", "hours_off"))
    ahead = listed([day.removeprefix("day_") for day in clo])
    found = [
        f"Clothes {ahead} days ahead: the outfit is off by {_by_day(clo, 1, 2)} clo, and"
        f" {_by_day(off, 100, 0)} % of the hours outdoors are too cold or too warm by more than"
        " 0.3 clo."
    ]
    if "umbrella_hit" in scores:
        hit, alarm = (scores[name][NETWORK] for name in ("umbrella_hit", "umbrella_false_alarm"))
        is_weak = (next(iter(hit.values()))["value"] or 0) < _WEAK
        found.append(
            f"The umbrella{' is a weak point' if is_weak else ''}: advised on"
            f" {_by_day(hit, 100, 0)} % of the wet days, and on {_by_day(alarm, 100, 0)} % of the"
            " dry ones, the same days ahead."
        )
    return found


def _by_day(scores: Mapping[str, Mapping[str, float | None]], factor: float, digits: int) -> str:
    """A score on each day, as 0.09 / 0.13 / 0.13."""
    values = [score["value"] for score in scores.values()]
    texts = ["–" if value is None else f"{factor * value:.{digits}f}" for value in values]
    return " / ".join(texts)
