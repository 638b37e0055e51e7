"""Scores are what the textbooks say, and their intervals know how days hang together."""

import math

import numpy as np
import pytest

from horizon import HORIZON_H
from unit.forecasting.synthetic import START, lasting
from wearcast.forecasting import verification as v
from wearcast.forecasting.quantiles import LEVELS, MEDIAN, normal_quantiles

Z = normal_quantiles(LEVELS)
NAN = np.nan
BLOCK = v.BLOCK_H


def by_hand(*rows: list[float]) -> np.ndarray:
    """(N, HORIZON_H) with the given values at the first leads and NaN after."""
    made = np.full((len(rows), HORIZON_H), NAN)
    for row, values in zip(made, rows, strict=True):
        row[: len(values)] = values
    return made


FORECAST = np.nan_to_num(by_hand([1, 2, 3], [4, 5, 6]))
CAME = by_hand([2, 2, NAN], [1, 7, NAN])


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (v.mae, [2.0, 1.0]),
        (v.rmse, [math.sqrt(5), math.sqrt(2)]),
        (v.bias, [1.0, -1.0]),
        (v.brier, [5.0, 2.0]),
    ],
)
def test_scores_by_hand(score, expected):
    by_lead = score(FORECAST, CAME)
    np.testing.assert_allclose(by_lead[:2], expected)
    assert np.isnan(by_lead[2:]).all()


def test_coverage_by_hand():
    quantiles = np.broadcast_to(np.arange(9.0), (4, HORIZON_H, 9))
    observed = by_hand([1.0, 0.9], [7.0, 0.9], [7.1, 0.9], [NAN, 3.0])
    np.testing.assert_allclose(v.interval_coverage(quantiles, observed)[:3], [2 / 3, 1 / 4, NAN])


def test_reliability_by_hand():
    quantiles = np.broadcast_to(np.arange(9.0), (2, HORIZON_H, 9))
    observed = np.full((2, HORIZON_H), 3.0)
    observed[1] = 5.5
    for shares in v.reliability(quantiles, observed):
        np.testing.assert_allclose(shares, [0, 0, 0, 0.5, 0.5, 0.5, 1, 1, 1])


def test_the_crps_of_a_single_value_is_its_absolute_error():
    single = np.broadcast_to(FORECAST[..., None], (2, HORIZON_H, 9))
    np.testing.assert_allclose(v.crps(single, CAME)[:2], v.mae(FORECAST, CAME)[:2])


def test_the_crps_by_hand():
    quantiles = np.broadcast_to(np.arange(9.0), (1, HORIZON_H, 9))
    observed = np.full((1, HORIZON_H), 4.0)
    # Each level stands for those nearer to it than to its neighbours.
    weights = [0.075, 0.1, 0.15, 0.125, 0.1, 0.125, 0.15, 0.1, 0.075]
    pinball = [
        level * (4 - q) if q <= 4 else (1 - level) * (q - 4) for q, level in enumerate(LEVELS)
    ]
    assert sum(weights) == pytest.approx(1)
    np.testing.assert_allclose(v.crps(quantiles, observed), 2 * np.dot(weights, pinball))


@pytest.mark.parametrize("mean", [0.0, 1.0, -2.5])
@pytest.mark.parametrize("spread", [0.5, 3.0])
def test_the_crps_of_a_normal_forecast_is_near_its_closed_form(mean, spread):
    observed = np.random.default_rng(0).normal(0, 2, (2000, HORIZON_H))
    z = (observed - mean) / spread
    density = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    below = 0.5 * (1 + np.vectorize(math.erf)(z / math.sqrt(2)))
    exact = (spread * (z * (2 * below - 1) + 2 * density - 1 / math.sqrt(math.pi))).mean()
    # Nine levels see what happens beyond 5 and 95 % coarsely: up to 7 % too little.
    found = v.crps(np.broadcast_to(mean + spread * Z, (2000, HORIZON_H, 9)), observed).mean()
    assert 0.93 * exact <= found <= 1.03 * exact


def test_the_crps_is_best_for_the_true_distribution():
    observed = np.random.default_rng(0).normal(size=(2000, HORIZON_H))

    def score(shift: float, width: float) -> float:
        return float(
            v.crps(np.broadcast_to(shift + width * Z, (2000, HORIZON_H, 9)), observed).mean()
        )

    assert score(0, 1) < min(score(0.3, 1), score(-0.3, 1), score(0, 1.4), score(0, 0.7))


def test_ranges_of_leads_cover_the_week():
    by_lead = np.arange(1.0, HORIZON_H + 1)
    assert v.mean_by_lead_range(by_lead) == {
        "1-24": 12.5,
        "25-72": 48.5,
        "73-168": 120.5,
        "all": 84.5,
    }


def test_a_score_that_nobody_could_measure_is_nan_without_a_word():
    assert all(
        math.isnan(score) for score in v.mean_by_lead_range(np.full(HORIZON_H, NAN)).values()
    )
    assert np.isnan(v.reliability(np.zeros((2, HORIZON_H, 9)), np.full((2, HORIZON_H), NAN))).all()
    alone = v.mean_with_interval(np.array([NAN, NAN]), START + np.arange(2), 100, 0)
    assert math.isnan(alone.value)
    assert math.isnan(
        v.percent_change(np.array([NAN]), np.array([1.0]), START + np.arange(1), 100, 0).value
    )


def test_dressed_forecasts_wear_their_past_errors_by_range_of_leads():
    rng = np.random.default_rng(0)
    spread = np.where(np.arange(1, HORIZON_H + 1) <= 6, 1.0, 4.0)
    past = rng.normal(size=(300, HORIZON_H))
    observed = past + 2 + spread * rng.normal(size=past.shape)
    quantiles = v.error_dressed_quantiles(np.zeros((2, HORIZON_H)), past, observed)
    np.testing.assert_array_equal(quantiles[..., MEDIAN], 0)
    np.testing.assert_allclose(quantiles[0, 3], Z, atol=0.15)
    np.testing.assert_allclose(quantiles[1, 100], 4 * Z, atol=0.2)
    assert (np.diff(quantiles, axis=-1) >= 0).all()


def test_dressed_forecasts_cover_what_is_like_the_past():
    rng = np.random.default_rng(0)
    median, past = rng.normal(size=(2, 400, HORIZON_H))
    quantiles = v.error_dressed_quantiles(median, past, past + rng.normal(size=past.shape))
    observed = median + rng.normal(size=median.shape)
    assert v.interval_coverage(quantiles, observed).mean() == pytest.approx(0.8, abs=0.01)


ISSUED_AT = START + 6 * np.arange(4 * 364)
LASTING = np.abs(3 + lasting(np.random.default_rng(3), len(ISSUED_AT), 40.0))


def test_identical_scores_do_not_differ_and_that_is_certain():
    assert v.percent_change(LASTING, LASTING, ISSUED_AT, 500, 1) == v.Interval(0.0, 0.0, 0.0)


def test_a_fixed_share_less_is_that_share_for_certain():
    found = v.percent_change(0.9 * LASTING, LASTING, ISSUED_AT, 500, 1)
    assert (found.value, found.low, found.high) == pytest.approx((-10, -10, -10))


def test_an_interval_is_the_same_for_the_same_seed():
    noisy = LASTING + np.random.default_rng(0).normal(size=len(LASTING))
    assert v.percent_change(noisy, LASTING, ISSUED_AT, 500, 1) == v.percent_change(
        noisy, LASTING, ISSUED_AT, 500, 1
    )
    assert v.percent_change(noisy, LASTING, ISSUED_AT, 500, 1) != v.percent_change(
        noisy, LASTING, ISSUED_AT, 500, 2
    )
    assert v.mean_with_interval(noisy, ISSUED_AT, 500, 1) == v.mean_with_interval(
        noisy, ISSUED_AT, 500, 1
    )


def test_the_weather_both_met_does_not_widen_the_interval_of_their_difference():
    ours, theirs = np.full(len(LASTING), 2.0), np.full(len(LASTING), 2.2)
    alone = v.mean_with_interval(LASTING, ISSUED_AT, 500, 1)
    paired = v.percent_change(ours + LASTING, theirs + LASTING, ISSUED_AT, 500, 1)
    in_per_cent = 100 * (alone.high - alone.low) / alone.value
    assert paired.high - paired.low < 0.1 * in_per_cent


def test_blocks_are_two_weeks_from_their_first_forecast_and_end_at_a_gap():
    day = np.datetime64("2013-03-12T00", "h") + 24 * np.arange(20)
    issued_at = np.concatenate([day, day, day[-1:] + 24 * 7])
    assert v.independent_blocks(issued_at).tolist() == [*[0] * 14, *[1] * 6] * 2 + [2]


def test_a_single_block_gives_no_interval():
    found = v.mean_with_interval(np.arange(10.0), START + 6 * np.arange(10), 100, 1)
    assert found.value == pytest.approx(4.5)
    assert np.isnan([found.low, found.high]).all()


@pytest.mark.parametrize(("n", "at_least"), [(4, 0.84), (8, 0.91), (26, 0.92)])
def test_an_interval_holds_the_truth_nearly_as_often_as_it_says_even_for_few_blocks(n, at_least):
    rng = np.random.default_rng(n)
    issued_at = START + BLOCK * np.arange(n)
    intervals = [
        v.mean_with_interval(rng.normal(size=n), issued_at, 1000, seed) for seed in range(300)
    ]
    held = np.mean([found.low <= 0 <= found.high for found in intervals])
    assert at_least <= held <= 0.99


def test_a_difference_that_is_noise_alone_has_0_in_its_interval_as_often_as_it_says():
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        ours, theirs = (np.abs(3 + lasting(rng, len(ISSUED_AT), 8.0)) for _ in range(2))
        found = v.percent_change(ours, theirs, ISSUED_AT, 300, seed)
        held += found.low <= 0 <= found.high
    # 95 % of 60 is 57; blocks of two weeks give away a little.
    assert held >= 51


def test_missing_scores_are_left_out_of_both():
    ours, theirs = LASTING.copy(), 2 * LASTING
    ours[:700], theirs[-100:] = NAN, NAN
    assert v.percent_change(ours, theirs, ISSUED_AT, 100, 1).value == pytest.approx(-50)


def test_an_interval_is_rounded_in_json():
    assert v.Interval(-1.26, -2.04, 0.449).to_json(1) == {"value": -1.3, "low": -2.0, "high": 0.4}
    assert v.Interval(NAN, NAN, NAN).to_json(1) == {"value": None, "low": None, "high": None}


def test_errors_by_month_and_hour_by_hand():
    error = np.array([[1.0, 3.0, 5.0, NAN]])
    month, hour = np.array([[1, 1, 12, 12]]), np.array([[0, 0, 23, 22]])
    grid = v.by_month_and_hour(error, month, hour)
    assert (grid[0, 0], grid[11, 23]) == (2.0, 5.0)
    assert np.isfinite(grid).sum() == 2
