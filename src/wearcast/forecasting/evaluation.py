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
from wearcast.forecasting.hindcasts import NETWORK, STATISTICS, Hindcasts, daily_extremes, inside_80
from wearcast.forecasting.quantiles import LEVELS, MEDIAN
from wearcast.vocabulary import HORIZON_H

Bands = Callable[[Floats], Positions]

REPORTED_DAYS = (1, 3, 7)
"""The days ahead whose daily scores are told."""

_DIGITS = 3


@dataclass(frozen=True)
class Evaluation:
    """Forecasts to judge, and validation forecasts whose errors dress the baselines in
    quantiles."""

    judged: Hindcasts
    validation: Hindcasts
    settings: Evaluate

    @cached_property
    def hourly(self) -> Hindcasts:
        """What hourly scores are over; the scores of whole days are over all that are judged."""
        return self.judged.hourly

    def metrics(self, bands: Bands) -> dict[str, Any]:
        """All scores; `bands` says which clothing band a daily mean temperature, °C, falls into."""
        issued = self.hourly.issued_at
        return {
            "period": self.settings.period,
            "forecasts": len(self.hourly),
            "independent_blocks": int(v.independent_blocks(issued).max()) + 1,
            "from": str(issued.min()),
            "until": str(issued.max()),
            "temp_c": self._temperature(),
            "network_against": {name: self._against(name) for name in self._baselines()},
            "variables": {
                name: self._variable(name)
                for name in TARGETS[1:]
                if np.isfinite(self.hourly.observed[name]).any()
            },
            "rain": self._rain(),
            "days": self._days(),
            "bands": self._bands(bands),
        }

    def _baselines(self) -> list[str]:
        return [name for name in self.hourly.medians if name != NETWORK]

    def quantiles(self, method: str) -> Floats:
        """A method's quantiles of temperature, (N, HORIZON_H, Q): the network's own, or a
        baseline's dressed median."""
        if method == NETWORK:
            return self.hourly.quantiles["temp_c"]
        past = self.validation.hourly
        return v.error_dressed_quantiles(
            self.hourly.medians[method], past.medians[method], past.observed["temp_c"]
        )

    def _temperature(self) -> dict[str, Any]:
        observed, medians = self.hourly.observed["temp_c"], self.hourly.medians
        mae = {
            name: v.mean_by_lead_range(v.mae(median, observed)) for name, median in medians.items()
        }
        own = self.hourly.quantiles["temp_c"]
        return {
            "mae": _rounded(mae),
            "rmse": _rounded(
                {
                    name: v.mean_by_lead_range(v.rmse(median, observed))
                    for name, median in medians.items()
                }
            ),
            "bias": _rounded({NETWORK: v.mean_by_lead_range(v.bias(medians[NETWORK], observed))}),
            "skill_vs_climatology": _rounded(
                {
                    n: {
                        r: 1 - mae[n][r] / mae["climatology"][r] for r in v.VERIFICATION_LEAD_RANGES
                    }
                    for n in medians
                }
            ),
            "crps": _rounded(
                {
                    name: v.mean_by_lead_range(v.crps(self.quantiles(name), observed))
                    for name in medians
                }
            ),
            "coverage_80": _rounded(
                {NETWORK: v.mean_by_lead_range(v.interval_coverage(own, observed))}
            ),
        }

    def _against(self, name: str) -> dict[str, dict[str, float | None]]:
        """By how many per cent the network's absolute error differs from a baseline's, with
        intervals."""
        observed = self.hourly.observed["temp_c"]
        ours, theirs = (
            np.abs(self.hourly.medians[method] - observed) for method in (NETWORK, name)
        )
        return {
            label: v.percent_change(
                _over_leads(ours, first, last),
                _over_leads(theirs, first, last),
                self.hourly.issued_at,
                self.settings.bootstrap,
                self.settings.seed,
            ).to_json(1)
            for label, (first, last) in v.VERIFICATION_LEAD_RANGES.items()
        }

    def _variable(self, name: str) -> dict[str, Any]:
        observed, own = self.hourly.observed[name], self.hourly.quantiles[name]
        medians = {NETWORK: own[..., MEDIAN], "climatology_drift": self.hourly.climatology[name]}
        return {
            "mae": _rounded(
                {
                    method: v.mean_by_lead_range(v.mae(median, observed))
                    for method, median in medians.items()
                }
            ),
            "coverage_80": _rounded(v.mean_by_lead_range(v.interval_coverage(own, observed))),
        }

    def _rain(self) -> dict[str, Any]:
        """Brier scores over the hours whose rain was measured by the hour."""
        chances = {
            NETWORK: self.hourly.hourly_rain_chance,
            "climatology": self.hourly.climatological_wet_chance,
        }
        return {
            "brier": _rounded(
                {
                    name: v.mean_by_lead_range(v.brier(chance, self.hourly.wet))
                    for name, chance in chances.items()
                },
                4,
            )
        }

    def _days(self) -> dict[str, Any]:
        """Errors of the daily min, mean and max, and how often the 80 % interval of each held, from
        trajectories."""
        observed, own = self.judged.daily_observed, self.judged.daily_quantiles
        error = v.known_mean(np.abs(own[..., MEDIAN] - observed))
        inside = v.known_mean(inside_80(own, observed).reshape(-1, len(STATISTICS)))
        return {
            "mae": {
                s: {f"day_{d}": _round(float(error[d - 1, i])) for d in REPORTED_DAYS}
                for i, s in enumerate(STATISTICS)
            },
            "coverage_80": {s: _round(float(inside[i])) for i, s in enumerate(STATISTICS)},
        }

    def _bands(self, bands: Bands) -> dict[str, Any]:
        """The share of days whose band is right, by method, with intervals."""
        judged = self.judged
        right = bands(judged.daily_observed[..., 1])
        means = {
            name: daily_extremes(median[judged.whole_days])[..., 1]
            for name, median in judged.medians.items()
        }
        means[NETWORK] = judged.daily_quantiles[:, :, 1, MEDIAN]
        known = np.isfinite(judged.daily_observed[..., 1])
        hits = {name: np.where(known, bands(mean) == right, np.nan) for name, mean in means.items()}
        issued = judged.issued_at[judged.whole_days]
        s = self.settings
        return {
            name: {
                f"day_{d}": v.mean_with_interval(
                    hit[:, d - 1], issued, s.bootstrap, s.seed
                ).to_json(_DIGITS)
                for d in REPORTED_DAYS
            }
            for name, hit in hits.items()
        }

    def error_by_lead(self) -> pd.DataFrame:
        """The mean absolute error of every method at every lead, °C: a row a lead."""
        observed = self.hourly.observed["temp_c"]
        table = pd.DataFrame(
            {name: v.mae(median, observed) for name, median in self.hourly.medians.items()}
        )
        table.insert(0, "lead_h", np.arange(1, HORIZON_H + 1))
        return table.round(4)

    def reliability(self) -> pd.DataFrame:
        """The share of temperatures at or below each quantile, by range of leads."""
        table = pd.DataFrame({"level": LEVELS, "ideal": LEVELS})
        shares = v.reliability(self.hourly.quantiles["temp_c"], self.hourly.observed["temp_c"])
        for name, share in zip(v.VERIFICATION_LEAD_RANGES, shares, strict=True):
            table["observed" if name == "all" else f"observed {name} h"] = share
        return table.round(4)

    def error_by_month_hour(self) -> pd.DataFrame:
        """The network's mean absolute error by month and local hour of the valid time, a row each
        that was forecast."""
        error = np.abs(self.hourly.medians[NETWORK] - self.hourly.observed["temp_c"])
        mean = v.by_month_and_hour(error, self.hourly.month, self.hourly.hour)
        month, hour = np.meshgrid(np.arange(1, 13), np.arange(24), indexing="ij")
        table = pd.DataFrame({"month": month.ravel(), "hour": hour.ravel(), "mae_c": mean.ravel()})
        return table.dropna().round(4)


def headline(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """The few scores to compare experiments by: what `dvc metrics` and `dvc exp show` tell."""
    temp_c, days = metrics["temp_c"], metrics["days"]
    return {
        "mae_c": temp_c["mae"][NETWORK],
        "crps_c": temp_c["crps"][NETWORK],
        "coverage_80": temp_c["coverage_80"][NETWORK],
        "skill_vs_climatology": temp_c["skill_vs_climatology"][NETWORK],
        "change_vs_ridge_pct": {
            label: change["value"] for label, change in metrics["network_against"]["ridge"].items()
        },
        "rain_brier": metrics["rain"]["brier"][NETWORK]["all"],
        "daily_max_mae_c": days["mae"]["max"]["day_1"],
        "daily_max_coverage_80": days["coverage_80"]["max"],
        "band_right_day_1": metrics["bands"][NETWORK]["day_1"]["value"],
        **_of_clothes(metrics),
    }


def _of_clothes(metrics: Mapping[str, Any]) -> dict[str, float | None]:
    """The same of the advice, where it was judged too: this room leaves that to whoever gives the
    advice."""
    scores = metrics.get("clothing", {}).get("scores", {})
    return {
        f"{score}_day_1": scores[score][NETWORK]["day_1"]["value"]
        for score in ("clo_error", "hours_off")
        if score in scores
    }


def verdict(metrics: Mapping[str, Any]) -> list[str]:
    """Which baselines the network beats and where it doesn't, in sentences, from the metrics
    alone."""
    lines = []
    for name, ranges in metrics["network_against"].items():
        told = {label: change for label, change in ranges.items() if change["low"] is not None}
        better = [label for label, change in told.items() if change["high"] < 0]
        worse = [label for label, change in told.items() if change["low"] > 0]
        equal = [label for label in ranges if label not in better + worse]
        said = [
            _said("beats it", better),
            _said("equals it within the noise", equal),
            _said("is worse", worse),
        ]
        lines.append(
            f"Against {name.replace('_', ' ')} the network {', '.join(s for s in said if s)}."
        )
    return lines


def _said(what: str, ranges: Sequence[str]) -> str:
    if len(ranges) == len(v.VERIFICATION_LEAD_RANGES):
        return f"{what} at every lead range"
    return (
        f"{what} at {', '.join('all leads together' if r == 'all' else f'{r} h' for r in ranges)}"
        if ranges
        else ""
    )


def table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """The mean absolute error of every method by lead range, °C, the best first."""
    return pd.DataFrame(metrics["temp_c"]["mae"]).T.sort_values("all")


def _over_leads(error: Floats, first: int, last: int) -> Floats:
    part = error[:, first - 1 : last]
    known = np.isfinite(part)
    total, count = np.where(known, part, 0.0).sum(axis=1), known.sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _rounded(scores: Any, digits: int = _DIGITS) -> Any:
    if isinstance(scores, Mapping):
        return {name: _rounded(score, digits) for name, score in scores.items()}
    return _round(scores, digits)


def _round(score: float, digits: int = _DIGITS) -> float | None:
    return None if np.isnan(score) else round(float(score), digits)
