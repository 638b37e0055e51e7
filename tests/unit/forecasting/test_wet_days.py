"""Trajectories that agree with the chance of a day: the share of wet members is right, and no
hour's chance changes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wearcast.forecasting.wet_days import agreeing_order

MEMBERS = 50
HOURS = 15


def orders(seed: int, hours: int = HOURS) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.permutation(MEMBERS) for _ in range(hours)], axis=1).astype(np.uint8)


def is_wet(order, chance):
    return (order + 0.5) / MEMBERS > 1 - chance


def agreeing(order, chance, day_chance, first=0, stop=HOURS):
    days = np.array([first]), np.array([stop]), np.array([day_chance])
    return agreeing_order(order, chance, *days)


@given(
    seed=st.integers(0, 10_000),
    highest=st.floats(0.0, 1.0),
    day_chance=st.floats(0.0, 1.0),
)
def test_the_share_of_wet_members_is_the_days_chance(seed, highest, day_chance):
    order = orders(seed)
    chance = np.random.default_rng(seed).random(HOURS) * highest
    new = agreeing(order, chance, day_chance)
    np.testing.assert_array_equal(np.sort(new, axis=0), np.sort(order, axis=0))
    wet = is_wet(new, chance)
    least = is_wet(order, chance).sum(axis=0).max()
    most = min(MEMBERS, is_wet(order, chance).sum())
    assert wet.any(axis=1).sum() == np.clip(round(day_chance * MEMBERS), least, most)


def test_the_same_comes_of_the_same():
    chance = np.full(HOURS, 0.2)
    np.testing.assert_array_equal(
        agreeing(orders(1), chance, 0.4), agreeing(orders(1), chance, 0.4)
    )


def test_a_day_that_agrees_stays_as_it_is():
    order = orders(2)
    chance = np.full(HOURS, 0.1)
    share = is_wet(order, chance).any(axis=1).mean()
    np.testing.assert_array_equal(agreeing(order, chance, share), order)


@pytest.mark.parametrize("unknown", ["day", "hour"])
def test_what_is_unknown_changes_nothing(unknown):
    chance = np.full(HOURS, 0.3)
    day_chance = 0.5
    if unknown == "day":
        day_chance = np.nan
    else:
        chance[4] = np.nan
    np.testing.assert_array_equal(agreeing(orders(3), chance, day_chance), orders(3))


def test_only_the_hours_of_the_day_change():
    chance = np.full(HOURS, 0.3)
    new = agreeing(orders(4), chance, 0.35, first=5, stop=11)
    np.testing.assert_array_equal(new[:, :5], orders(4)[:, :5])
    np.testing.assert_array_equal(new[:, 11:], orders(4)[:, 11:])
    assert (new != orders(4)).any()


def test_a_day_with_one_wet_hour_has_a_shower():
    """Who becomes wet gets the wettest hour of who had the most."""
    ranks = np.arange(MEMBERS, dtype=np.uint8)
    order = np.stack([ranks] * HOURS, axis=1)
    order[40:, 3] = ranks[:39:-1]
    chance = np.full(HOURS, 0.2)
    new = agreeing(order, chance, 0.22)
    wet = is_wet(new, chance)
    added = wet.any(axis=1) & ~is_wet(order, chance).any(axis=1)
    assert added.sum() == 1
    np.testing.assert_array_equal(np.flatnonzero(wet[added]), [3])
    assert new[added, 3] == MEMBERS - 1
