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


def differences(
    experiments: int, correlation: float, own: float = 0.05, better: float = 0.0, seed: int = 1
):
    """Champion minus variant: both have the weather's error in common, and `own` of it as one of
    their own, whose days resemble each other."""
    rng = np.random.default_rng(seed)
    weather = 0.35 * autocorrelated(rng, experiments, DAYS, 0.6, heavy=False)
    owns = [own * autocorrelated(rng, experiments, DAYS, correlation, heavy=True) for _ in range(2)]
    champion = ERROR_C * np.exp(weather + owns[0])
    variant = ERROR_C * (1 - better) * np.exp(weather + owns[1])
    return champion - variant


def first_day_decided(daily, alpha: float = ALPHA, typical_c: float = TYPICAL_C) -> float:
    """The first day on which a daily look excludes zero; infinite where none does."""
    for days in range(BLOCK_D, len(daily) + 1, BLOCK_D):  # between them nothing changes
        if log_evidence(daily[:days], typical_c) >= math.log(1 / alpha):
            return days
    return math.inf


def share_of_false_alarms(experiments: int, correlation: float, own: float) -> float:
    decided = [first_day_decided(daily) for daily in differences(experiments, correlation, own)]
    return float(np.mean(np.isfinite(decided)))


@pytest.mark.full
@pytest.mark.parametrize("own", [0.05, 0.02, 0.01])
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.85])
def test_of_1000_experiments_without_a_difference_at_most_5_percent_find_one(correlation, own):
    assert share_of_false_alarms(1_000, correlation, own) <= ALPHA


@pytest.mark.full
@pytest.mark.parametrize("times", [1, 2, 3])
def test_at_most_2_5_percent_do_at_that_level_however_large_a_block_is_expected(times):
    alpha = ALPHA / 2
    series = differences(1_000, 0.85)
    typical_c = times * float(np.std([block_means(daily) for daily in series]))
    decided = [first_day_decided(daily, alpha, typical_c) for daily in series]
    assert np.mean(np.isfinite(decided)) <= alpha


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.85])
def test_equal_models_are_seldom_told_apart_however_often_one_looks(correlation):
    assert share_of_false_alarms(120, correlation, 0.01) <= ALPHA


@pytest.mark.full
@pytest.mark.parametrize(
    ("correlation", "own"), [(0.0, 0.05), (0.5, 0.05), (0.5, 0.02), (0.85, 0.01)]
)
def test_of_1000_experiments_with_a_difference_of_5_percent_95_percent_find_it(correlation, own):
    series = differences(1_000, correlation, own, better=0.05)
    decided = [first_day_decided(daily) for daily in series]
    assert np.median(decided) < 150
    assert np.mean(np.isfinite(decided)) >= 0.95


@pytest.mark.full
def test_where_days_are_much_alike_and_models_far_apart_a_year_seldom_decides():
    series = differences(1_000, 0.85, better=0.05)
    assert 0.1 < np.mean(np.isfinite([first_day_decided(daily) for daily in series])) < 0.4


def test_a_planted_difference_of_5_percent_is_found():
    decided = [first_day_decided(daily) for daily in differences(40, 0.5, better=0.05)]
    assert np.median(decided) < 180
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


def test_the_squares_count_by_the_unbiased_correlation_of_neighbours():
    blocks = np.array([0.3, 0.2, 0.1, -0.1, 0.0, 0.2, 0.1, -0.2, -0.1, 0.1])
    rests = blocks - blocks.mean()
    usual = (rests[1:] @ rests[:-1]) / (rests @ rests)
    unbiased = (10 * usual + 1) / (10 - 4)
    assert 0 < usual < unbiased < 0.9
    squares = (1 + unbiased) / (1 - unbiased) * (blocks @ blocks) / TYPICAL_C**2
    fit = (blocks.sum() / TYPICAL_C) ** 2 / (2 * (squares + 1))
    found = log_evidence(np.repeat(blocks, BLOCK_D), TYPICAL_C)
    assert found == pytest.approx(fit - math.log1p(squares) / 2)


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
