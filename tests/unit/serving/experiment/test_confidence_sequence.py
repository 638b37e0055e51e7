"""The confidence sequence: equal models are seldom told apart however often one looks, a planted
difference is found, and what it says holds in any unit."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.serving.experiment.confidence_sequence import BLOCK_D, block_means, log_evidence, look

DAYS = 364
ALPHA = 0.05
TYPICAL_C = 0.05
ERROR_C = 1.4
"""A day's mean error of a model, which varies by a third from weather to weather."""


def autocorrelated(rng, experiments: int, days: int, correlation: float, heavy: bool):
    """Series of variance 1, (experiments, days)."""
    shape = (experiments, days)
    new = rng.standard_t(5, shape) / math.sqrt(5 / 3) if heavy else rng.normal(size=shape)
    series = np.empty(shape)
    series[:, 0] = new[:, 0]
    for day in range(1, days):
        kept = correlation * series[:, day - 1]
        series[:, day] = kept + math.sqrt(1 - correlation**2) * new[:, day]
    return series


def differences(experiments: int, correlation: float, better: float = 0.0, seed: int = 1):
    """Champion minus variant: both have the weather's error in common, and one of their own."""
    rng = np.random.default_rng(seed)
    weather = 0.35 * autocorrelated(rng, experiments, DAYS, 0.6, heavy=False)
    own = [0.05 * autocorrelated(rng, experiments, DAYS, correlation, heavy=True) for _ in range(2)]
    champion = ERROR_C * np.exp(weather + own[0])
    variant = ERROR_C * (1 - better) * np.exp(weather + own[1])
    return champion - variant


def first_day_decided(daily) -> float:
    """The first day on which a daily look excludes zero; infinite where none does."""
    for days in range(BLOCK_D, len(daily) + 1, BLOCK_D):  # between them nothing changes
        if log_evidence(daily[:days], TYPICAL_C) >= math.log(1 / ALPHA):
            return days
    return math.inf


def share_of_false_alarms(experiments: int, correlation: float) -> float:
    decided = [first_day_decided(daily) for daily in differences(experiments, correlation)]
    return float(np.mean(np.isfinite(decided)))


@pytest.mark.full
@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.5, 0.7, 0.85])
def test_of_1000_experiments_without_a_difference_at_most_5_percent_find_one(correlation):
    assert share_of_false_alarms(1_000, correlation) <= ALPHA


def test_equal_models_are_seldom_told_apart_however_often_one_looks():
    assert share_of_false_alarms(100, 0.5) <= ALPHA


def test_a_planted_difference_of_5_percent_is_found():
    decided = [first_day_decided(daily) for daily in differences(40, 0.5, better=0.05)]
    assert np.median(decided) < 150
    assert np.mean(np.isfinite(decided)) >= 0.95


def test_the_better_model_is_the_one_that_is_found():
    [daily] = differences(1, 0.5, better=0.05)
    found = look(daily, ALPHA, TYPICAL_C)
    assert 0 < found.low < found.mean < found.high
    assert look(-daily, ALPHA, TYPICAL_C).high == pytest.approx(-found.low)


def test_the_interval_and_the_evidence_agree():
    for daily in differences(20, 0.3, better=0.03):
        for days in (60, 120, 240, DAYS):
            found = look(daily[:days], ALPHA, TYPICAL_C)
            excluded = not found.low <= 0 <= found.high
            assert excluded == found.is_zero_excluded or not math.isfinite(found.low)


def test_the_interval_holds_the_true_difference_at_every_look():
    missed = 0
    true = float(np.mean(differences(500, 0.5, better=0.05, seed=7)))
    for daily in differences(60, 0.5, better=0.05):
        looks = [look(daily[:days], ALPHA, TYPICAL_C) for days in range(60, DAYS, 60)]
        missed += any(not one.low <= true <= one.high for one in looks)
    assert missed / 60 <= ALPHA


@given(st.floats(1e-3, 1e3))
def test_the_unit_does_not_matter(scale):
    daily = np.random.default_rng(1).normal(0.05, 0.1, 120)
    found = look(daily, ALPHA, TYPICAL_C)
    scaled = look(scale * daily, ALPHA, scale * TYPICAL_C)
    assert scaled.is_zero_excluded == found.is_zero_excluded
    assert scaled.low == pytest.approx(scale * found.low)


def test_correlated_blocks_widen_the_interval():
    shuffled = np.array([0.2, 0.2, 0.2, -0.1, -0.1, -0.1] * 40)
    in_runs = np.sort(shuffled.reshape(4, -1), axis=1).ravel()
    assert look(in_runs, ALPHA, TYPICAL_C).low < look(shuffled, ALPHA, TYPICAL_C).low


def test_a_few_days_say_nothing_yet():
    nothing = look(np.full(2, 0.4), ALPHA, TYPICAL_C)
    assert (nothing.blocks, nothing.low, nothing.high) == (0, -math.inf, math.inf)
    assert not look(np.full(6, 0.4), ALPHA, TYPICAL_C).is_zero_excluded


def test_equal_answers_are_no_difference():
    found = look(np.zeros(90), ALPHA, TYPICAL_C)
    assert (found.mean, found.is_zero_excluded) == (0.0, False)
    assert found.low < 0 < found.high


def test_a_block_counts_when_it_is_over_and_hardly_known_ones_do_not():
    unknown = math.nan
    daily = np.array([1.0, 2.0, 3.0, 4.0, unknown, 6.0, unknown, unknown, 9.0, 10.0])
    assert block_means(daily).tolist() == [2.0, 5.0]
