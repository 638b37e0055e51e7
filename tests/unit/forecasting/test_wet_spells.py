"""Wet spells of the trajectories: as long as they were, so that a day's chance of rain is true."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon import HORIZON_H
from unit.forecasting.synthetic import lasting
from wearcast.forecasting.quantiles import normal_quantiles
from wearcast.forecasting.wet_spells import PastRain, rain_order

M = 50
DAY_H = 15


def past_rain(hours: float, n: int = 300, seed: int = 0) -> PastRain:
    """Forecasts of half a dozen chances, and rain by them in spells that last for `hours`."""
    rng = np.random.default_rng(seed)
    chances = np.array([0.02, 0.04, 0.06, 0.1, 0.2, 0.4])
    chance = np.repeat(rng.choice(chances, (n, HORIZON_H // 24)), 24, axis=1)
    paths = np.stack([lasting(rng, HORIZON_H, hours) for _ in range(n)])
    threshold = normal_quantiles((1 - chance).ravel()).reshape(chance.shape)
    return PastRain(chance, (paths > threshold).astype(float))


def wet_members(order: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Which members are wet in each hour of forecasts, (n, M, horizon_h)."""
    level = (order + 0.5) / len(order)
    return level > 1 - chance[:, None, :]


def any_in_day(flags: np.ndarray) -> np.ndarray:
    """Whether any hour of each waking day is flagged, (…, horizon_h - 14)."""
    windows = np.lib.stride_tricks.sliding_window_view(flags, DAY_H, axis=-1)
    return windows.any(axis=-1)


def days_said(order: np.ndarray, past: PastRain) -> np.ndarray:
    """The mean chance of a wet waking day by the lead it begins at."""
    wet = wet_members(order, past.chance)
    return any_in_day(wet).mean(axis=(0, 1))


@pytest.fixture(scope="module", params=[4.0, 16.0])
def spells(request):
    """Rain that is soon over, and rain that lasts."""
    past = past_rain(request.param)
    return past, rain_order(past, M, seed=1)


def test_at_every_lead_the_ranks_are_a_permutation(spells):
    _, order = spells
    members = np.broadcast_to(np.arange(M)[:, None], order.shape)
    np.testing.assert_array_equal(np.sort(order, axis=0), members)


def test_a_waking_day_is_as_likely_wet_as_they_were_whenever_it_begins(spells):
    past, order = spells
    share = any_in_day(past.wet > 0).mean()
    said = days_said(order, past)
    assert said.mean() == pytest.approx(share, abs=0.02)
    assert np.sqrt(((said - share) ** 2).mean()) < 0.03


def test_fresh_forecasts_are_told_the_same():
    order = rain_order(past_rain(8.0), M, seed=1)
    fresh = past_rain(8.0, seed=5)
    share = any_in_day(fresh.wet > 0).mean()
    assert days_said(order, fresh).mean() == pytest.approx(share, abs=0.02)


def test_every_hour_has_the_chance_that_was_forecast(spells):
    past, order = spells
    share = wet_members(order, past.chance[:20]).mean(axis=1)
    assert np.abs(share - past.chance[:20]).max() <= 0.5 / M + 1e-9


def test_a_day_is_no_likelier_dry_than_its_wettest_hour_nor_wetter_than_all_hours_together(spells):
    past, order = spells
    wet = wet_members(order, past.chance[:20])
    of_day = any_in_day(wet).mean(axis=1)
    hourly = np.lib.stride_tricks.sliding_window_view(wet.mean(axis=1), DAY_H, axis=-1)
    assert (of_day >= hourly.max(axis=-1) - 1e-9).all()
    assert (of_day <= hourly.sum(axis=-1) + 1e-9).all()


def test_rain_of_a_member_lasts_as_it_did():
    kept = []
    for hours in (4.0, 16.0):
        order = rain_order(past_rain(hours), M, seed=1)
        wet = wet_members(order, np.full((1, HORIZON_H), 0.2))[0]
        after_a_wet_hour = wet[:, 1:][wet[:, :-1]]
        kept.append(after_a_wet_hour.mean())
    soon_over, lasting_long = kept
    assert 0.4 < soon_over < lasting_long


def test_members_follow_the_past_forecast_they_come_from():
    past = past_rain(8.0, n=M)
    order = rain_order(past, M, seed=1)
    of_wet = order[past.wet == 1].mean()
    of_dry = order[past.wet == 0].mean()
    assert of_wet > of_dry + 0.3 * M


def test_the_same_seed_gives_the_same_bytes_and_another_others():
    past = past_rain(8.0, n=60)
    first, again, other = (rain_order(past, M, seed) for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@settings(deadline=None, max_examples=5)
@given(
    known=st.sampled_from([np.nan, 0.0, 0.6, 1.0]),
    chance=st.sampled_from([0.0, 1e-9, 0.5, 1.0]),
    horizon_h=st.sampled_from([48, HORIZON_H]),
)
def test_unknown_dry_and_endless_rain_have_an_order_too(known, chance, horizon_h):
    shape = (12, horizon_h)
    order = rain_order(PastRain(np.full(shape, chance), np.full(shape, known)), 20, seed=0)
    members = np.broadcast_to(np.arange(20)[:, None], order.shape)
    np.testing.assert_array_equal(np.sort(order, axis=0), members)
