"""Chances that are counted from the members of a forecast."""

from statistics import NormalDist

import numpy as np
import pytest

from wearcast.clothing.member_chance import chance_above


def test_one_member_is_certain_and_so_are_members_that_agree():
    for members in (np.array([[0.0, 1.0]]), np.array([[0.0, 1.0]] * 50)):
        np.testing.assert_array_equal(chance_above(members, np.array([0.5, 0.5])), [0, 1])


def test_members_on_either_side_of_a_limit_count_by_their_share():
    members = np.array([-1.0] * 30 + [1.0] * 20)[:, None]
    assert chance_above(members, np.array([0.0])) == pytest.approx([0.4])


def test_a_limit_beyond_all_members_is_passed_with_a_chance_that_falls_to_nothing():
    members = np.linspace(-1, 1, 50)[:, None]
    near, far = (float(chance_above(members, np.array([limit]))[0]) for limit in (1.05, 2.0))
    assert 0 < near < 0.1
    assert far == 0


def test_above_and_below_sum_to_one():
    members = np.random.default_rng(0).normal(size=(50, 24))
    limits = np.linspace(-2, 2, 24)
    both = chance_above(members, limits) + chance_above(-members, -limits)
    np.testing.assert_allclose(both, 1)


def test_what_is_chosen_to_suit_the_members_is_not_said_to_suit_the_weather_better():
    """The best of many intervals, as the outfit is: bare counts say too much of it."""
    rng = np.random.default_rng(0)
    centres = np.linspace(-2, 2, 41)
    said, counted, came = [], [], []
    for _ in range(300):
        members = rng.normal(size=(50, 1))
        inside = np.abs(members - centres) <= 0.7
        best = centres[[inside.mean(axis=0).argmax()]]
        outside = chance_above(members, best + 0.7) + chance_above(-members, 0.7 - best)
        said.append(1 - outside[0])
        counted.append(inside.mean(axis=0).max())
        came.append(NormalDist().cdf(best[0] + 0.7) - NormalDist().cdf(best[0] - 0.7))
    too_much = np.mean(counted) - np.mean(came)
    assert too_much > 0.05
    assert abs(np.mean(said) - np.mean(came)) < too_much / 2
