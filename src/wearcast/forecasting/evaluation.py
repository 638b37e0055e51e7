"""The scores of reports/verification.json, the headline of reports/metrics.json, `dvc plots`'
tables, the verdict in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from wearcast.config import Evaluate
from wearcast.forecasting import verification as v
from wearcast.forecasting.array_types import Floats, Positions
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.hindcasts import (
    MODELS_MEAN,
    NETWORK,
    PAST,
    STATISTICS,
    UNBIASED,
    Hindcasts,
    daily_extremes,
)
from wearcast.forecasting.quantiles import LEVELS, MEDIAN
from wearcast.vocabulary import reported_days

Bands = Callable[[Floats], Positions]

_DIGITS = 3
_MEAN = STATISTICS.index("mean")


@dataclass(frozen=True)
class Evaluation:
    """Forecasts to verify, and validation forecasts whose errors dress the baselines' medians."""

    judged: Hindcasts
    validation: Hindcasts
    settings: Evaluate

    @cached_property
    def hourly(self) -> Hindcasts:
        """What hourly scores are over; those of whole days, and at 00 and 12 local, have issue
        times of their own."""
        return self.judged.hourly

    @property
    def horizon_h(self) -> int:
        """How far ahead the forecasts reach."""
        horizon_h: int = self.judged.hour.shape[1]
        return horizon_h

    def metrics(self, bands: Bands) -> dict[str, Any]:
        """All scores; `bands` gives the clothing band of daily mean temperatures, °C."""
        issued = self.hourly.issued_at
        baselines = [name for name in self.hourly.medians if name != NETWORK]
        variables = [name for name in TARGETS[1:] if self._is_observed(name)]
        return {
            "period": self.settings.period,
            "forecasts": len(self.hourly),
            "forecasts_at_00_12": len(self.judged.synoptic),
            "independent_blocks": int(v.independent_blocks(issued).max()) + 1,
            "from": str(issued.min()),
            "until": str(issued.max()),
            "temp_c": self._temperature(),
            "network_against": {name: self._against(name) for name in baselines},
            "network_crps_against": {name: self._crps_against(name) for name in baselines},
            "variables": {name: self._variable(name) for name in variables},
            "rain": self._rain(),
            "days": self._days(),
            "bands": self._bands(bands),
        }

    def _is_observed(self, name: str) -> bool:
        known = np.isfinite(self.hourly.observed[name])
        return bool(known.any())

    def quantiles(self, method: str) -> Floats:
        """A method's quantiles of temperature, (N, horizon_h, Q): the network's own, or a
        baseline's median dressed with its validation errors."""
        if method == NETWORK:
            return self.hourly.quantiles["temp_c"]
        if method == PAST:
            return self.hourly.quantiles[PAST]
        median = self.hourly.medians[method]
        past = self.validation.hourly
        past_median = past.medians[method]
        past_observed = past.observed["temp_c"]
        return v.error_dressed_quantiles(median, past_median, past_observed)

    def _temperature(self) -> dict[str, Any]:
        observed = self.hourly.observed["temp_c"]
        medians = self.hourly.medians
        mae = {name: v.mae(median, observed) for name, median in medians.items()}
        rmse = {name: v.rmse(median, observed) for name, median in medians.items()}
        crps = {name: v.crps(self.quantiles(name), observed) for name in medians}
        bias = v.bias(medians[NETWORK], observed)
        coverage = v.interval_coverage(self.quantiles(NETWORK), observed)
        return {
            "mae": _by_method_and_range(mae),
            "mae_at_00_12": self._mae_at_00_12(),
            "rmse": _by_method_and_range(rmse),
            "bias": _by_method_and_range({NETWORK: bias}),
            "skill_vs_climatology": _skills(mae),
            "crps": _by_method_and_range(crps),
            "coverage_80": _by_method_and_range({NETWORK: coverage}),
        }

    def _mae_at_00_12(self) -> dict[str, Any]:
        """Every method's mean absolute error over the forecasts issued at 00 and 12 local."""
        issued = self.judged.synoptic
        observed = issued.observed["temp_c"]
        mae = {name: v.mae(median, observed) for name, median in issued.medians.items()}
        return _by_method_and_range(mae)

    def _against(self, name: str) -> dict[str, dict[str, float | None]]:
        """By how many per cent the network's absolute error differs from a baseline's, with
        intervals."""
        observed = self.hourly.observed["temp_c"]
        medians = self.hourly.medians
        ours = np.abs(medians[NETWORK] - observed)
        theirs = np.abs(medians[name] - observed)
        return self._changes(ours, theirs)

    def _crps_against(self, name: str) -> dict[str, dict[str, float | None]]:
        """The same of the continuous ranked probability score."""
        observed = self.hourly.observed["temp_c"]
        ours = v.crps_of_each(self.quantiles(NETWORK), observed)
        theirs = v.crps_of_each(self.quantiles(name), observed)
        return self._changes(ours, theirs)

    def _changes(self, ours: Floats, theirs: Floats) -> dict[str, dict[str, float | None]]:
        """By how many per cent a score of each forecast and lead, (N, horizon_h), differs from
        another's over each range of leads."""
        changes = {}
        for label, (first, last) in v.verified_ranges(self.horizon_h).items():
            change = v.percent_change(
                v.mean_over_leads(ours, first, last),
                v.mean_over_leads(theirs, first, last),
                self.hourly.issued_at,
                self.settings.bootstrap,
                self.settings.seed,
            )
            changes[label] = change.to_json(1)
        return changes

    def _variable(self, name: str) -> dict[str, Any]:
        observed = self.hourly.observed[name]
        quantiles = self.hourly.quantiles[name]
        median = quantiles[..., MEDIAN]
        mae = {
            NETWORK: v.mae(median, observed),
            "climatology_drift": v.mae(self.hourly.climatology[name], observed),
        }
        coverage = v.interval_coverage(quantiles, observed)
        return {
            "mae": _by_method_and_range(mae),
            "coverage_80": _by_range(coverage),
        }

    def _rain(self) -> dict[str, Any]:
        """Brier scores over the hours whose rain was measured by the hour."""
        hourly = self.hourly
        brier = {
            NETWORK: v.brier(hourly.hourly_rain_chance, hourly.wet),
            "climatology": v.brier(hourly.climatological_wet_chance, hourly.wet),
        }
        return {"brier": _by_method_and_range(brier, digits=4)}

    def _days(self) -> dict[str, Any]:
        """Errors of the daily min, mean and max, and how often the 80 % interval of each held, from
        trajectories."""
        observed = self.judged.daily_observed
        quantiles = self.judged.daily_quantiles
        median = quantiles[..., MEDIAN]
        error = v.known_mean(np.abs(median - observed))
        inside = v.inside_80(quantiles, observed)
        by_statistic = inside.reshape(-1, len(STATISTICS))
        coverage = v.known_mean(by_statistic)
        mae = {}
        for i, statistic in enumerate(STATISTICS):
            by_day = error[:, i]
            mae[statistic] = {
                f"day_{day}": v.rounded(by_day[day - 1], _DIGITS)
                for day in reported_days(self.horizon_h)
            }
        shares = [v.rounded(share, _DIGITS) for share in coverage]
        coverage_80 = dict(zip(STATISTICS, shares, strict=True))
        return {"mae": mae, "coverage_80": coverage_80}

    def _bands(self, bands: Bands) -> dict[str, Any]:
        """The share of days whose band is right, by method, with intervals."""
        observed = self.judged.daily_observed[..., _MEAN]
        known = np.isfinite(observed)
        right = bands(observed)
        shares = {}
        for name, mean in self._daily_means().items():
            is_right = bands(mean) == right
            hit = np.where(known, is_right, np.nan)
            shares[name] = {
                f"day_{day}": self._share(hit[:, day - 1]) for day in reported_days(self.horizon_h)
            }
        return shares

    def _daily_means(self) -> dict[str, Floats]:
        """The daily mean temperature that each method forecasts, (n, DAYS)."""
        judged = self.judged
        means = {}
        for name, median in judged.medians.items():
            extremes = daily_extremes(median[judged.whole_days])
            means[name] = extremes[..., _MEAN]
        means[NETWORK] = judged.daily_quantiles[:, :, _MEAN, MEDIAN]
        return means

    def _share(self, hit: Floats) -> dict[str, float | None]:
        """The share of hits among whole days, (n,), with its interval."""
        issued = self.judged.issued_at[self.judged.whole_days]
        settings = self.settings
        share = v.mean_with_interval(hit, issued, settings.bootstrap, settings.seed)
        return share.to_json(_DIGITS)

    def error_by_lead(self) -> pd.DataFrame:
        """The mean absolute error of every method at every lead, °C: a row a lead."""
        observed = self.hourly.observed["temp_c"]
        medians = self.hourly.medians
        errors = {name: v.mae(median, observed) for name, median in medians.items()}
        table = pd.DataFrame(errors)
        leads = np.arange(1, self.horizon_h + 1)
        table.insert(0, "lead_h", leads)
        return table.round(4)

    def against_climatology(self) -> pd.DataFrame:
        """By how many per cent the error of everything forecast differs from that of climatology
        with the trailing year's anomaly, a row a lead: mean absolute errors, Brier scores of
        `rain`."""
        hourly = self.hourly
        changes = {}
        for name in filter(self._is_observed, TARGETS):
            observed = hourly.observed[name]
            median = hourly.quantiles[name][..., MEDIAN]
            ours = v.mae(median, observed)
            theirs = v.mae(hourly.climatology[name], observed)
            changes[name] = _difference_pct(ours, theirs)
        if np.isfinite(hourly.wet).any():
            ours = v.brier(hourly.hourly_rain_chance, hourly.wet)
            theirs = v.brier(hourly.climatological_wet_chance, hourly.wet)
            changes["rain"] = _difference_pct(ours, theirs)
        table = pd.DataFrame(changes)
        leads = np.arange(1, self.horizon_h + 1)
        table.insert(0, "lead_h", leads)
        return table

    def error_by_day_with_guidance(self) -> pd.DataFrame | None:
        """The mean absolute error of the temperature, °C, by day ahead, over the hours of which the
        numerical models say something: from the past alone, of the models' mean as it comes,
        without its bias, and as forecast; None without guidance."""
        hourly = self.hourly
        if not hourly.of_models:
            return None
        of_models = hourly.of_models[UNBIASED]
        observed = np.where(np.isfinite(of_models), hourly.observed["temp_c"], np.nan)
        medians = {
            "from the past alone": hourly.medians[PAST],
            "the models' mean": hourly.of_models[MODELS_MEAN],
            "without its bias": of_models,
            "as forecast": hourly.medians[NETWORK],
        }
        rows = []
        for first in range(0, self.horizon_h, 24):
            day = slice(first, first + 24)
            came = observed[:, day]
            hours = int(np.isfinite(came).sum())
            if not hours:
                break
            errors = {
                name: float(np.nanmean(np.abs(median[:, day] - came)))
                for name, median in medians.items()
            }
            rows.append({"day": first // 24 + 1, "hours": hours, **errors})
        return pd.DataFrame(rows).round(_DIGITS) if rows else None

    def reliability(self) -> pd.DataFrame:
        """The share of temperatures at or below each quantile, by range of leads."""
        table = pd.DataFrame({"level": LEVELS, "ideal": LEVELS})
        quantiles = self.hourly.quantiles["temp_c"]
        observed = self.hourly.observed["temp_c"]
        shares = v.reliability(quantiles, observed)
        for name, share in zip(v.verified_ranges(self.horizon_h), shares, strict=True):
            column = "observed" if name == "all" else f"observed {name} h"
            table[column] = share
        return table.round(4)

    def error_by_month_hour(self) -> pd.DataFrame:
        """The network's mean absolute error by month and local hour of the valid time, a row each
        that was forecast."""
        hourly = self.hourly
        median = hourly.medians[NETWORK]
        error = np.abs(median - hourly.observed["temp_c"])
        mean = v.by_month_and_hour(error, hourly.month, hourly.hour)
        months = np.arange(1, 13)
        hours = np.arange(24)
        month, hour = np.meshgrid(months, hours, indexing="ij")
        columns = {
            "month": month.ravel(),
            "hour": hour.ravel(),
            "mae_c": mean.ravel(),
        }
        table = pd.DataFrame(columns)
        return table.dropna().round(4)


def _difference_pct(ours: Floats, theirs: Floats) -> Floats:
    """By how many per cent errors differ from others."""
    ratio = ours / theirs
    return 100 * (ratio - 1)


def headline(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The few scores to compare experiments by: what `dvc metrics` and `dvc exp show` print."""
    temp_c = metrics["temp_c"]
    days = metrics["days"]
    against_ridge = metrics["network_against"]["ridge"]
    return {
        "mae_c": temp_c["mae"][NETWORK],
        "crps_c": temp_c["crps"][NETWORK],
        "coverage_80": temp_c["coverage_80"][NETWORK],
        "skill_vs_climatology": temp_c["skill_vs_climatology"][NETWORK],
        "change_vs_ridge_pct": {label: change["value"] for label, change in against_ridge.items()},
        "rain_brier": metrics["rain"]["brier"][NETWORK]["all"],
        "daily_max_mae_c": days["mae"]["max"]["day_1"],
        "daily_max_coverage_80": days["coverage_80"]["max"],
        "band_right_day_1": metrics["bands"][NETWORK]["day_1"]["value"],
        **_clothing_headline(metrics),
    }


def _clothing_headline(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    """The same of the advice, where it was judged too: this room leaves that to whoever gives the
    advice."""
    clothing = metrics.get("clothing", {})
    scores = clothing.get("scores", {})
    found = {}
    for score in ("clo_error", "hours_off"):
        if score in scores:
            of_network = scores[score][NETWORK]
            found[f"{score}_day_1"] = of_network["day_1"]["value"]
    return found


def verdict(metrics: Mapping[str, Any]) -> list[str]:
    """Which baselines the network beats and where it doesn't, in sentences, from the metrics
    alone."""
    sentences = []
    for name, changes in metrics["network_against"].items():
        better = [label for label, change in changes.items() if _is_below_0(change)]
        worse = [label for label, change in changes.items() if _is_above_0(change)]
        decided = better + worse
        equal = [label for label in changes if label not in decided]
        parts = (
            _at_lead_ranges("beats it", better, len(changes)),
            _at_lead_ranges("equals it within the noise", equal, len(changes)),
            _at_lead_ranges("is worse", worse, len(changes)),
        )
        outcome = ", ".join(filter(None, parts))
        baseline = name.replace("_", " ")
        sentences.append(f"Against {baseline} the network {outcome}.")
    return sentences


def _is_below_0(change: Mapping[str, Any]) -> bool:
    """Whether the whole interval is; never where it is unknown."""
    is_known = change["low"] is not None
    return is_known and change["high"] < 0


def _is_above_0(change: Mapping[str, Any]) -> bool:
    is_known = change["low"] is not None
    return is_known and change["low"] > 0


def _at_lead_ranges(outcome: str, ranges: Sequence[str], of: int) -> str:
    """The outcome and at which of so many ranges it holds, in words; empty where it does at
    none."""
    if not ranges:
        return ""
    if len(ranges) == of:
        return f"{outcome} at every lead range"
    names = ["all leads together" if label == "all" else f"{label} h" for label in ranges]
    return f"{outcome} at {', '.join(names)}"


def table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """The mean absolute error of every method by lead range, °C, the best first."""
    mae = metrics["temp_c"]["mae"]
    by_method = pd.DataFrame(mae).T
    return by_method.sort_values("all")


def _by_range(by_lead: Floats, digits: int = _DIGITS) -> dict[str, float | None]:
    """A score by lead as its rounded mean over each range of leads."""
    means = v.mean_by_lead_range(by_lead)
    return {label: v.rounded(mean, digits) for label, mean in means.items()}


def _by_method_and_range(
    scores: Mapping[str, Floats], digits: int = _DIGITS
) -> dict[str, dict[str, float | None]]:
    by_method = {}
    for name, by_lead in scores.items():
        by_method[name] = _by_range(by_lead, digits)
    return by_method


def _skills(mae: Mapping[str, Floats]) -> dict[str, dict[str, float | None]]:
    """By which share each method's error is below climatology's, over each range of leads."""
    reference = v.mean_by_lead_range(mae["climatology"])
    skills = {}
    for name, by_lead in mae.items():
        error = v.mean_by_lead_range(by_lead)
        skills[name] = {
            label: v.rounded(1 - error[label] / reference[label], _DIGITS) for label in reference
        }
    return skills
