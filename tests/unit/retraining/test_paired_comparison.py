"""Paired differences: their value by hand, and intervals that hold as often as they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.forecasting.synthetic import lasting
from wearcast.retraining.paired_comparison import MovingBlocks, mean_difference, percent_change

START = np.datetime64("2021-01-01T00", "h")
BLOCKS = MovingBlocks(block_d=7, resamples=500, seed=1)


def hours(days: int, every_h: int = 24) -> np.ndarray:
    return START + np.arange(0, 24 * days, every_h)


def test_the_change_and_the_difference_are_those_of_the_means():
    issued_at = hours(28)
    theirs = np.full(28, 2.0)
    ours = np.where(np.arange(28) % 2, 1.0, 2.0)
    change = percent_change(ours, theirs, issued_at, BLOCKS)
    assert change.value == pytest.approx(-25)
    assert change.low < -25 < change.high
    assert mean_difference(ours, theirs, issued_at, BLOCKS).value == pytest.approx(-0.5)


def test_a_model_beside_itself_differs_by_nothing_at_all():
    issued_at = hours(60, 5)
    score = np.abs(lasting(np.random.default_rng(1), len(issued_at), 20))
    change = percent_change(score, score.copy(), issued_at, BLOCKS)
    assert (change.value, change.low, change.high) == (0, 0, 0)


def test_forecasts_that_lack_either_score_are_left_out():
    ours = np.array([1.0, np.nan, 3.0, 5.0] * 7)
    theirs = np.array([2.0, 9.0, np.nan, 5.0] * 7)
    assert percent_change(ours, theirs, hours(28), BLOCKS).value == pytest.approx(-100 / 7)
    nothing = percent_change(ours, np.full(28, np.nan), hours(28), BLOCKS)
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()


def test_less_than_two_blocks_tell_no_interval():
    score = np.ones(13)
    change = percent_change(2 * score, score, hours(13), BLOCKS)
    assert change.value == 100
    assert np.isnan([change.low, change.high]).all()


@given(st.integers(7, 40), st.integers(15, 90), st.integers(0, 1000))
def test_drawn_periods_hold_whole_blocks_and_are_the_same_for_the_same_seed(block_d, days, seed):
    blocks = MovingBlocks(block_d, 100, seed)
    counts = blocks.sums(np.ones(days))
    length = min(block_d, days)
    assert (counts == length * -(-days // length)).all()
    by_day = np.arange(days, dtype=float)
    np.testing.assert_array_equal(blocks.sums(by_day), blocks.sums(by_day))


def test_intervals_of_weather_that_lasts_hold_nine_times_in_ten():
    """Of differences that forget themselves in two days, over twelve weeks; single days drawn
    alone would hold far less often."""
    held = {7: 0, 1: 0}
    tries = 200
    for seed in range(tries):
        noise = lasting(np.random.default_rng(seed), 84, 2.0)
        for block_d in held:
            found = mean_difference(
                noise, np.zeros(84), hours(84), MovingBlocks(block_d, 200, seed)
            )
            held[block_d] += found.low <= 0 <= found.high
    assert held[7] / tries >= 0.88
    assert held[1] / tries < 0.8
