"""The metrics are small, stable, and say what they say; so does the verdict."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from horizon import HORIZON_H
from unit.forecasting.synthetic import TINY, built, two_stations
from wearcast import artifacts
from wearcast.clothing.bands import band
from wearcast.config import Evaluate
from wearcast.forecasting import baselines
from wearcast.forecasting.evaluation import Evaluation, table, verdict
from wearcast.forecasting.hindcasts import NETWORK, hindcast
from wearcast.forecasting.quantiles import LEVELS, MEDIAN
from wearcast.forecasting.verification import verified_ranges

RANGES = verified_ranges(HORIZON_H)
SETTINGS = Evaluate(period="test", every_h=5, bootstrap=200, seed=1)


@pytest.fixture(scope="module")
def evaluation():
    fitted = baselines.fit_all(built().train_set, TINY)
    judged, validation = (
        hindcast(two_stations(), built().forecaster, fitted, role, 5)
        for role in ("test", "validation")
    )
    return Evaluation(judged, validation, SETTINGS)


@pytest.fixture(scope="module")
def metrics(evaluation):
    return evaluation.metrics(band)


def test_they_are_json_and_the_same_every_time(evaluation, metrics):
    assert artifacts.to_json(evaluation.metrics(band)) == artifacts.to_json(metrics)
    assert json.loads(artifacts.to_json(metrics)) == metrics
    assert len(artifacts.to_json(metrics)) < 20_000


def test_errors_are_means_over_forecasts_and_leads(evaluation, metrics):
    judged = evaluation.hourly
    for name, median in judged.medians.items():
        error = np.abs(median - judged.observed["temp_c"])
        for label, (first, last) in RANGES.items():
            assert metrics["temp_c"]["mae"][name][label] == pytest.approx(
                np.nanmean(error[:, first - 1 : last], axis=0).mean(), abs=6e-4
            )
    assert metrics["forecasts"] == len(judged)
    assert metrics["from"] == str(judged.issued_at.min())


def test_errors_at_00_and_12_local_are_over_every_forecast_issued_then(evaluation, metrics):
    issued = evaluation.judged.at_00_12
    observed = evaluation.judged.observed["temp_c"][issued]
    assert metrics["forecasts_at_00_12"] == issued.sum()
    for name, median in evaluation.judged.medians.items():
        error = np.abs(median[issued] - observed)
        for label, (first, last) in RANGES.items():
            assert metrics["temp_c"]["mae_at_00_12"][name][label] == pytest.approx(
                np.nanmean(error[:, first - 1 : last], axis=0).mean(), abs=6e-4
            )
    assert metrics["temp_c"]["mae_at_00_12"] != metrics["temp_c"]["mae"]


def test_beside_climatology_stands_every_variable_and_the_rain_lead_by_lead(evaluation):
    table = evaluation.against_climatology()
    judged = evaluation.hourly
    assert list(table["lead_h"]) == list(range(1, HORIZON_H + 1))
    assert {"temp_c", "wind_ms", "rain"} <= set(table)
    observed = judged.observed["temp_c"]
    ours = np.nanmean(np.abs(judged.medians[NETWORK] - observed), axis=0)
    theirs = np.nanmean(np.abs(judged.medians["climatology_drift"] - observed), axis=0)
    np.testing.assert_allclose(table["temp_c"], 100 * (ours / theirs - 1), atol=1e-3)


def test_skill_is_the_share_of_climatologys_error_that_is_gone(metrics):
    mae, skill = metrics["temp_c"]["mae"], metrics["temp_c"]["skill_vs_climatology"]
    assert set(skill["climatology"].values()) == {0.0}
    assert skill[NETWORK]["all"] == pytest.approx(
        1 - mae[NETWORK]["all"] / mae["climatology"]["all"], abs=2e-3
    )


def test_the_network_is_compared_with_every_baseline_and_not_with_itself(evaluation, metrics):
    """On the mean errors of forecasts over the hours observed, each forecast counting once."""
    judged = evaluation.hourly
    assert set(metrics["network_against"]) == set(judged.medians) - {NETWORK}
    errors = {name: np.abs(m - judged.observed["temp_c"]) for name, m in judged.medians.items()}
    for name, ranges in metrics["network_against"].items():
        for label, change in ranges.items():
            first, last = RANGES[label]
            ours, theirs = (
                np.nanmean(errors[method][:, first - 1 : last], axis=1)
                for method in (NETWORK, name)
            )
            expected = 100 * (np.nanmean(ours) / np.nanmean(theirs) - 1)
            assert change["value"] == pytest.approx(expected, abs=0.06)
            assert change["low"] <= change["value"] <= change["high"]


def test_baselines_are_dressed_in_the_validation_periods_errors(evaluation, metrics):
    assert set(metrics["temp_c"]["crps"]) == set(metrics["temp_c"]["mae"])
    dressed = evaluation.quantiles("persistence")
    np.testing.assert_array_equal(dressed[..., MEDIAN], evaluation.hourly.medians["persistence"])
    np.testing.assert_array_equal(
        evaluation.quantiles(NETWORK), evaluation.hourly.quantiles["temp_c"]
    )
    past = evaluation.validation.hourly
    errors = (past.observed["temp_c"] - past.medians["persistence"])[:, 72:]
    expected = np.quantile(errors, LEVELS) - np.median(errors)
    np.testing.assert_allclose((dressed - dressed[..., [MEDIAN]])[0, 100], expected)


def test_the_share_of_days_in_the_right_band_by_hand(evaluation, metrics):
    judged = evaluation.judged
    observed = judged.observed["temp_c"][judged.whole_days][:, 48:72].mean(axis=1)
    forecast = judged.medians["persistence"][judged.whole_days][:, 48:72].mean(axis=1)
    assert metrics["bands"]["persistence"]["day_3"]["value"] == pytest.approx(
        (band(observed) == band(forecast)).mean(), abs=6e-4
    )
    share = metrics["bands"][NETWORK]["day_1"]
    assert 0 <= share["low"] <= share["value"] <= share["high"] <= 1


def test_days_are_scored_by_their_lowest_mean_and_highest(evaluation, metrics):
    judged = evaluation.judged
    error = np.abs(judged.daily_quantiles[:, 2, 2, MEDIAN] - judged.daily_observed[:, 2, 2]).mean()
    assert metrics["days"]["mae"]["max"]["day_3"] == pytest.approx(error, abs=6e-4)
    assert set(metrics["days"]["coverage_80"]) == {"min", "mean", "max"}


def test_rain_is_scored_where_it_was_measured(evaluation, metrics):
    judged = evaluation.hourly
    half = len(judged) // 2
    error = ((judged.hourly_rain_chance - judged.wet) ** 2)[:half, :24].mean()
    assert metrics["rain"]["brier"][NETWORK]["1-24"] == pytest.approx(error, abs=6e-5)


def test_without_a_whole_day_or_any_rain_those_scores_are_null(evaluation):
    judged = evaluation.judged
    nothing = np.full_like(judged.wet, np.nan)
    poor = replace(
        judged,
        wet=nothing,
        whole_days=np.zeros(len(judged), dtype=bool),
        daily_observed=judged.daily_observed[:0],
        daily_quantiles=judged.daily_quantiles[:0],
    )
    found = Evaluation(poor, evaluation.validation, SETTINGS).metrics(band)
    artifacts.to_json(found)
    assert set(found["rain"]["brier"][NETWORK].values()) == {None}
    assert found["bands"][NETWORK]["day_1"] == {"value": None, "low": None, "high": None}
    assert found["days"]["coverage_80"] == {"min": None, "mean": None, "max": None}


def test_the_tables_for_plots_have_a_row_a_lead_a_level_and_a_month_and_hour(evaluation):
    by_lead, reliable, by_month_hour = (
        evaluation.error_by_lead(),
        evaluation.reliability(),
        evaluation.error_by_month_hour(),
    )
    assert by_lead["lead_h"].tolist() == list(range(1, 169))
    judged = evaluation.hourly
    error = np.abs(judged.medians[NETWORK] - judged.observed["temp_c"])
    assert by_lead["network"].iloc[10] == pytest.approx(np.nanmean(error[:, 10]), abs=1e-4)
    assert reliable["level"].tolist() == LEVELS.tolist()
    assert reliable["observed"].is_monotonic_increasing
    cell = by_month_hour.iloc[0]
    chosen = (judged.month == cell["month"]) & (judged.hour == cell["hour"])
    assert cell["mae_c"] == pytest.approx(np.nanmean(error[chosen]), abs=1e-4)
    assert not pd.concat([by_lead, reliable, by_month_hour]).isna().all(axis=1).any()


def change(low: float, high: float) -> dict[str, float]:
    return {"value": (low + high) / 2, "low": low, "high": high}


def test_the_verdict_tells_better_equal_and_worse_apart():
    better, equal, worse = change(-9, -0.1), change(-5, 1), change(0.1, 4)
    said = verdict(
        {
            "network_against": {
                "persistence": dict.fromkeys(RANGES, better),
                "ridge": {"1-24": worse, "25-72": equal, "73-168": equal, "all": equal},
                "climatology_drift": {
                    "1-24": better,
                    "25-72": better,
                    "73-168": worse,
                    "all": better,
                },
                "damped_anomaly": dict.fromkeys(RANGES, change(0.0, 0.0)),
            }
        }
    )
    assert said == [
        "Against persistence the network beats it at every lead range.",
        (
            "Against ridge the network equals it within the noise at 25-72 h, 73-168 h, all leads"
            " together, is worse at 1-24 h."
        ),
        (
            "Against climatology drift the network beats it at 1-24 h, 25-72 h, all leads together,"
            " is worse at 73-168 h."
        ),
        "Against damped anomaly the network equals it within the noise at every lead range.",
    ]


def test_the_table_has_the_best_method_first(metrics):
    errors = table(metrics)["all"]
    assert errors.is_monotonic_increasing
    assert set(errors.index) == set(metrics["temp_c"]["mae"])
