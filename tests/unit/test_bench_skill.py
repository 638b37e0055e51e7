"""The bench beside peers: what it refuses, how its windows lie, how a single value is dressed."""

from dataclasses import replace

import numpy as np
import pytest

from bench import peer_models, peer_windows, skill_scores
from wearcast.forecasting.quantiles import LEVELS, MEDIAN, P10, P90

RNG = np.random.default_rng(5)
HOUR = np.timedelta64(1, "h")


def hours(first: str, n: int) -> np.ndarray:
    """UTC hours."""
    return np.datetime64(first, "h") + np.arange(n)


def scored(n: int = 200, horizon_h: int = 168) -> skill_scores.Scored:
    """Forecasts that are as sharp as their errors, and a peer twice as far off."""
    truth_c = RNG.normal(size=(n, horizon_h))
    at_levels = peer_models.normal_quantiles(LEVELS)
    near = np.broadcast_to(at_levels, (n, horizon_h, len(LEVELS)))
    wet = (RNG.random((n, horizon_h)) < 0.2).astype(float)
    season = np.full((n, horizon_h), 0.2)
    return skill_scores.Scored(
        issued_at=np.datetime64("2021-01-01T00", "h") + 5 * np.arange(n),
        observed_c=truth_c,
        quantiles_c={"network": near, "climatology_drift": near * 1.5, "peer": near + 2.0},
        wet=wet,
        rain_chance={"network": 0.9 * wet + 0.05, "climatology_drift": season},
        seed=1,
    )


def test_the_test_year_is_refused():
    assert "bench-seoul-test" in skill_scores.refusal("test", has_own_data=True)
    assert skill_scores.refusal("test", has_own_data=False) is None
    assert skill_scores.refusal("validation", has_own_data=True) is None
    assert "PERIOD=validation" in skill_scores.refusal("2023", has_own_data=True)


def test_a_record_that_reaches_into_the_test_year_is_noticed():
    periods = [["2023-01-01", "2024-01-01"]]
    assert not skill_scores.reaches_into(hours("2022-12-31T00", 24), periods)
    assert skill_scores.reaches_into(hours("2022-12-31T00", 25), periods)
    assert not skill_scores.reaches_into(hours("2024-01-01T00", 5), periods)


def test_single_values_are_dressed_with_their_errors_out_of_fold():
    observed_c = RNG.normal(size=(3000, 168))
    out_of_fold_c = np.zeros((3000, 168))
    out_of_fold_c[:, :6] = 0.5 * observed_c[:, :6]
    median_c = RNG.normal(size=(4, 168))
    quantiles_c = skill_scores.dressed(median_c, out_of_fold_c, observed_c)
    assert quantiles_c.shape == (4, 168, len(LEVELS))
    np.testing.assert_array_equal(quantiles_c[..., MEDIAN], median_c)
    width_c = quantiles_c[..., P90] - quantiles_c[..., P10]
    assert width_c[:, :6] == pytest.approx(1.28, abs=0.05)
    assert width_c[:, 6:] == pytest.approx(2.56, abs=0.05)


def test_folds_hold_every_window_out_once_and_keep_away_from_it():
    issued_h = np.sort(RNG.choice(30_000, 5000, replace=False))
    pairs = peer_windows.folds(issued_h, purge_h=336)
    assert (np.sum([held for _, held in pairs], axis=0) == 1).all()
    for train, held in pairs:
        apart_h = np.abs(issued_h[train][:, None] - issued_h[held][None]).min()
        assert apart_h >= 336


def test_runs_of_hours_are_the_segments():
    flags = np.array([1, 1, 0, 0, 1, 0, 1, 1, 1], dtype=bool)
    assert peer_windows.runs(flags) == [(0, 2), (4, 5), (6, 9)]


def test_the_hour_of_each_lead_is_the_one_after_the_issue_time():
    arrays = {
        "asked_features": np.zeros((2, 3)),
        "asked_solar_hour": np.array([22, 5]),
        "asked_climatology_c": np.arange(2 * 168).reshape(2, 168),
        "asked_trailing_c": np.array([0.5, -0.5]),
        "asked_wet_chance": np.full((2, 168), 0.1),
    }
    rows = peer_models._tree_inputs(arrays, "asked", np.array([0, 1]), np.array([3, 168]))
    lead, solar_hour, climatology_c, trailing_c, _ = rows[:, 3:].T
    assert lead.tolist() == [3, 168]
    assert solar_hour.tolist() == [1, 5]
    assert climatology_c.tolist() == [2, 2 * 168 - 1]
    assert trailing_c.tolist() == [0.5, -0.5]


def test_quantiles_at_other_levels_lie_on_the_normal_distribution():
    own = np.arange(1, 10) / 10
    normal = 3 + 2 * peer_models.normal_quantiles(own)
    np.testing.assert_allclose(
        peer_models.at_levels(normal, own, LEVELS), 3 + 2 * peer_models.normal_quantiles(LEVELS)
    )


def test_a_network_trains_as_long_as_was_best_for_what_it_did_not_see():
    assert peer_models._best_step([(0, 0.1), (25, 0.6), (50, 0.4), (75, 0.5)]) == 50


def test_scores_count_near_misses_and_differences_have_the_networks_sign():
    found = scored()
    scores = found.scores("network")
    assert scores["mae"]["all"] == pytest.approx(0.8, abs=0.02)
    assert scores["near"]["all"] == pytest.approx(0.954, abs=0.01)
    assert scores["coverage"]["1-24"] == pytest.approx(0.8, abs=0.03)
    assert found.against("peer")["all"]["high"] < 0
    assert found.crps_against("climatology_drift")["value"] < 0
    assert found.brier_skill("network")["1-24"] > 0.9
    assert found.brier_skill("climatology_drift")["all"] == 0


def test_forecasts_that_a_peer_did_not_make_are_not_judged():
    found = scored()
    some = found.quantiles_c["peer"].copy()
    some[::2] = np.nan
    half = replace(found, quantiles_c={**found.quantiles_c, "peer": some})
    of_half = found.chosen(np.arange(200) % 2 == 1).scores("peer")
    assert half.scores("peer") == {name: pytest.approx(of_half[name]) for name in of_half}
    assert skill_scores.better_of(half, ["network", "peer"]) == "network"


def test_tables_name_a_peer_that_failed():
    first, *_ = skill_scores.tables(
        scored(), ["network", "climatology_drift"], {"LSTM": "not installed"}
    )
    assert first[-1][:2] == ["LSTM", "not installed"]
    assert {len(row) for row in first} == {len(first[0])}
    assert skill_scores.markdown(first)[-1].startswith("| LSTM | not installed |")


def test_sentences_tell_where_a_peer_is_better():
    found = scored()
    near_c = found.observed_c[..., None] + 0.1 * found.quantiles_c["network"]
    better = replace(found, quantiles_c={**found.quantiles_c, "peer": near_c + 0.1})
    told = skill_scores.outcomes(better, ["network", "peer"])
    assert told == [
        "Against peer the network is worse at every lead range.",
        "Against the chance of rain of climatology drift the network beats it at every lead range.",
    ]


def test_a_run_writes_its_own_section_anew_and_leaves_the_others():
    document = "# Title\n\nProse.\n"
    once = skill_scores.with_section(document, "Seoul, validation", ["one"])
    both = skill_scores.with_section(once, "Another", ["other"])
    again = skill_scores.with_section(both, "Seoul, validation", ["two"])
    assert again == "# Title\n\nProse.\n\n## Another\n\nother\n\n## Seoul, validation\n\ntwo\n"
