"""The scores of `make bench-skill`: of every method on the same windows, and their tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wearcast.forecasting import verification as v
from wearcast.forecasting.array_types import Flags, Floats, Hours
from wearcast.forecasting.evaluation import verdict
from wearcast.forecasting.quantiles import LEVELS, MEDIAN

NETWORK = "network"
SEASON = "climatology_drift"
NEAR_C = 2.0
RESAMPLES = 1000
"""Of two-week blocks, for the intervals of differences."""

Row = list[str]
Ranges = dict[str, float]


@dataclass(frozen=True)
class Scored:
    """Forecasts of some issue times by every method, and what verifies them.

    Attributes:
        issued_at: UTC, (N,).
        observed_c: (N, horizon_h), NaN where missing.
        quantiles_c: by method, (N, horizon_h, Q); NaN where it made none.
        wet: 0, 1 or NaN, (N, horizon_h).
        rain_chance: by method, the season's among them, (N, horizon_h).
        seed: of the resampling.
    """

    issued_at: Hours
    observed_c: Floats
    quantiles_c: Mapping[str, Floats]
    wet: Floats
    rain_chance: Mapping[str, Floats]
    seed: int

    def chosen(self, windows: Flags) -> "Scored":
        """Some of the issue times, (N,)."""
        return Scored(
            issued_at=self.issued_at[windows],
            observed_c=self.observed_c[windows],
            quantiles_c={name: values[windows] for name, values in self.quantiles_c.items()},
            wet=self.wet[windows],
            rain_chance={name: values[windows] for name, values in self.rain_chance.items()},
            seed=self.seed,
        )

    def error_c(self, method: str) -> Floats:
        """Of the median, (N, horizon_h)."""
        return self.quantiles_c[method][..., MEDIAN] - self.observed_c

    def scores(self, method: str) -> dict[str, Ranges]:
        """Means by lead range: MAE, RMSE and CRPS, °C, the share within 2 °C, and coverage."""
        quantiles_c = self.quantiles_c[method]
        median_c = quantiles_c[..., MEDIAN]
        error_c = np.abs(self.error_c(method))
        near = np.where(np.isfinite(error_c), error_c <= NEAR_C, np.nan)
        known = np.isfinite(median_c)
        covered = np.where(known, v.inside_80(quantiles_c, self.observed_c), np.nan)
        by_lead = {
            "mae": v.mae(median_c, self.observed_c),
            "rmse": v.rmse(median_c, self.observed_c),
            "near": v.known_mean(near),
            "crps": v.crps(quantiles_c, self.observed_c),
            "coverage": v.known_mean(covered),
        }
        return {name: v.mean_by_lead_range(values) for name, values in by_lead.items()}

    def against(self, method: str) -> dict[str, dict[str, Any]]:
        """By how many per cent the network's score differs from a method's, on the forecasts of
        both: MAE by lead range, and CRPS over all leads."""
        ours, theirs = np.abs(self.error_c(NETWORK)), np.abs(self.error_c(method))
        changes = {}
        for label, (first, last) in v.verified_ranges(self.observed_c.shape[1]).items():
            changes[label] = self._change(ours, theirs, first, last)
        return changes

    def crps_against(self, method: str) -> dict[str, Any]:
        """The same of CRPS over all leads."""
        ours, theirs = self._crps_by_forecast(NETWORK), self._crps_by_forecast(method)
        return self._change(ours, theirs, 1, self.observed_c.shape[1])

    def rain_against(self, method: str) -> dict[str, dict[str, Any]]:
        """The same of the Brier score of the hourly chance of rain."""
        ours = (self.rain_chance[NETWORK] - self.wet) ** 2
        theirs = (self.rain_chance[method] - self.wet) ** 2
        changes = {}
        for label, (first, last) in v.verified_ranges(self.wet.shape[1]).items():
            changes[label] = self._change(ours, theirs, first, last)
        return changes

    def brier_skill(self, method: str) -> Ranges:
        """Of the hourly chance of rain against the season's: 1 is perfect, 0 no better."""
        theirs = v.mean_by_lead_range(v.brier(self.rain_chance[SEASON], self.wet))
        ours = v.mean_by_lead_range(v.brier(self.rain_chance[method], self.wet))
        return {label: 1 - ours[label] / theirs[label] for label in ours}

    def shares_below(self, method: str) -> Floats:
        """The share of observations at or below each quantile, all leads together, (Q,)."""
        known = np.isfinite(self.quantiles_c[method][..., MEDIAN])
        observed_c = np.where(known, self.observed_c, np.nan)
        shares: Floats = v.reliability(self.quantiles_c[method], observed_c)[-1]
        return shares

    def _crps_by_forecast(self, method: str) -> Floats:
        quantiles_c = self.quantiles_c[method]
        of_each = []
        for i in range(len(self.issued_at)):
            of_each.append(v.crps(quantiles_c[[i]], self.observed_c[[i]]))
        return np.stack(of_each)

    def _change(self, ours: Floats, theirs: Floats, first: int, last: int) -> dict[str, Any]:
        change = v.percent_change(
            v.mean_over_leads(ours, first, last),
            v.mean_over_leads(theirs, first, last),
            self.issued_at,
            RESAMPLES,
            self.seed,
        )
        return change.to_json(1)


def better_of(scored: Scored, entries: Sequence[str]) -> str:
    """The entry with the least CRPS over all leads, on the forecasts that all of them made."""
    together = np.ones(scored.observed_c.shape, dtype=bool)
    for name in entries:
        together &= np.isfinite(scored.quantiles_c[name][..., MEDIAN])
    observed_c = np.where(together, scored.observed_c, np.nan)
    crps = {}
    for name in entries:
        crps[name] = float(v.known_mean(v.crps(scored.quantiles_c[name], observed_c)))
    return min(crps, key=lambda name: crps[name])


def dressed(median_c: Floats, out_of_fold_c: Floats, observed_c: Floats) -> Floats:
    """Quantiles of a method that has none, (M, horizon_h, Q): its errors on training windows that
    its fold was held out from, added to its median.

    Args:
        median_c: (M, horizon_h).
        out_of_fold_c, observed_c: of training windows, (N, horizon_h), NaN where missing.
    """
    return v.error_dressed_quantiles(median_c, out_of_fold_c, observed_c)


def refusal(period: str, has_own_data: bool) -> str | None:
    """Why a period isn't judged here, if it isn't."""
    if period not in ("validation", "test"):
        return f"There is no period {period}: PERIOD=validation, or PERIOD=test for the sample."
    if period == "test" and has_own_data:
        return (
            "The test year is read by bench-seoul-test alone, which writes every look down:"
            " PERIOD=test is for the bundled sample, without DATA."
        )
    return None


def reaches_into(valid_at: Hours, periods: Sequence[Sequence[str]]) -> bool:
    """Whether any of the hours lies in one of the periods, each from a day (with it) to a day
    (without it)."""
    inside = np.zeros(len(valid_at), dtype=bool)
    for first, stop in periods:
        inside |= (valid_at >= np.datetime64(first, "h")) & (valid_at < np.datetime64(stop, "h"))
    return bool(inside.any())


def tables(scored: Scored, shown: Sequence[str], failed: Mapping[str, str]) -> list[list[Row]]:
    """The scores, the differences, the rain and the reliability, each a table with its headings
    first; a peer without forecasts is told in the first."""
    scores = {name: scored.scores(name) for name in shown}
    order = sorted(shown, key=lambda name: scores[name]["mae"]["all"])
    peers = [name for name in order if name != NETWORK]
    return [
        _temperature(scores, order, failed),
        _differences(scored, peers),
        _rain(scored),
        _coverage(scores, order),
        _reliability(scored, order),
    ]


def _temperature(
    scores: Mapping[str, Mapping[str, Ranges]], order: Sequence[str], failed: Mapping[str, str]
) -> list[Row]:
    headings = [
        "1-24 / 25-72 / 73-168 h / all",
        "MAE, °C",
        "RMSE, °C",
        "within 2 °C, %",
        "CRPS, °C",
        "MAE skill, %",
    ]
    rows = [headings]
    season = scores[SEASON]["mae"]
    for name in order:
        of = scores[name]
        skill = {label: 100 * (1 - mae / season[label]) for label, mae in of["mae"].items()}
        near = {label: 100 * share for label, share in of["near"].items()}
        row = [
            name,
            _by_range(of["mae"], 2),
            _by_range(of["rmse"], 2),
            _by_range(near, 0),
            _by_range(of["crps"], 2),
            _by_range(skill, 0),
        ]
        rows.append(row)
    for name, reason in failed.items():
        rows.append([name, reason, *[""] * (len(headings) - 2)])
    return rows


def _differences(scored: Scored, peers: Sequence[str]) -> list[Row]:
    labels = list(v.verified_ranges(scored.observed_c.shape[1]))
    rows = [["network − …, %", *(f"MAE, {_hours(label)}" for label in labels), "CRPS, all"]]
    for name in peers:
        changes = [*scored.against(name).values(), scored.crps_against(name)]
        rows.append([name, *(_interval(change) for change in changes)])
    return rows


def _rain(scored: Scored) -> list[Row]:
    labels = list(v.verified_ranges(scored.wet.shape[1]))
    rows = [["Brier skill of the hourly chance of rain", *(_hours(label) for label in labels)]]
    methods = [name for name in scored.rain_chance if name != SEASON]
    for name in methods:
        skill = scored.brier_skill(name)
        rows.append([name, *(f"{value:+.3f}" for value in skill.values())])
    for name in scored.rain_chance:
        if name != NETWORK:
            changes = scored.rain_against(name).values()
            label = f"Brier score: network − {name}, %"
            rows.append([label, *(_interval(change) for change in changes)])
    return rows


def _coverage(scores: Mapping[str, Mapping[str, Ranges]], order: Sequence[str]) -> list[Row]:
    labels = list(scores[order[0]]["coverage"])
    rows = [["coverage of 80 %", *(_hours(label) for label in labels)]]
    for name in order:
        shares = scores[name]["coverage"].values()
        rows.append([name, *(f"{share:.3f}" for share in shares)])
    return rows


def _reliability(scored: Scored, order: Sequence[str]) -> list[Row]:
    rows = [["share at or below", *(f"{100 * level:g} %" for level in LEVELS)]]
    for name in order:
        shares = scored.shares_below(name)
        rows.append([name, *(f"{share:.3f}" for share in shares)])
    return rows


def outcomes(scored: Scored, shown: Sequence[str]) -> list[str]:
    """Where the network is better than each method, where equal and where worse, in sentences: the
    temperature's MAE, then the Brier score of the chance of rain."""
    against = {name: scored.against(name) for name in shown if name != NETWORK}
    for name in scored.rain_chance:
        if name != NETWORK:
            against[f"the chance of rain of {name}"] = scored.rain_against(name)
    return verdict({"network_against": against})


def _hours(label: str) -> str:
    return label if label == "all" else f"{label} h"


def _by_range(values: Ranges, digits: int) -> str:
    return " / ".join(f"{value:.{digits}f}" for value in values.values())


def _interval(change: Mapping[str, Any]) -> str:
    if change["low"] is None:
        return "–" if change["value"] is None else f"{change['value']:+.1f}"
    return f"{change['value']:+.1f} ({change['low']:+.1f} … {change['high']:+.1f})"


def markdown(table: Sequence[Row]) -> list[str]:
    """A table in Markdown, its headings first."""
    headings, *rows = table
    rule = ["---", *["--:"] * (len(headings) - 1)]
    return ["| " + " | ".join(row) + " |" for row in (headings, rule, *rows)]


def with_section(document: str, heading: str, lines: Sequence[str]) -> str:
    """The document with the section under `## heading` written anew, or at its end."""
    title, *sections = document.rstrip("\n").split("\n## ")
    kept = [one for one in sections if one.partition("\n")[0] != heading]
    new = "\n".join([heading, "", *lines])
    ordered = sorted([*kept, new], key=lambda one: one.partition("\n")[0])
    return "\n## ".join([title.rstrip("\n") + "\n", *(f"{one.rstrip()}\n" for one in ordered)])
