"""Trajectories: quantiles in the order of past errors, so that hours hang together as they do
outdoors."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from horizon import HORIZON_H
from unit.forecasting.synthetic import built, lasting
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.quantiles import LEVELS, MEDIAN, P10, P90, normal_quantiles
from wearcast.forecasting.trajectories import MOST_RAIN_MM, Ranks, at_levels, rain_at_levels
from wearcast.forecasting.wet_spells import PastRain
from wearcast.vocabulary import WET_MM

Z = normal_quantiles(LEVELS)
M = 50
inner_levels = st.floats(0.001, 0.999)
sorted_quantiles = arrays(float, len(LEVELS), elements=st.floats(-50, 50)).map(np.sort)


def past_errors(n: int, hours: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles N(0, 1), and observations with errors that last for `hours`: as `Ranks.of` takes
    them."""
    rng = np.random.default_rng(seed)
    observed = np.stack([lasting(rng, HORIZON_H, hours) for _ in range(n)])[..., None]
    return np.broadcast_to(Z, (n, HORIZON_H, 1, len(LEVELS))), observed


def of_errors(quantiles: np.ndarray, observed: np.ndarray, members: int) -> Ranks:
    """Ranks of past errors where nothing is known of rain."""
    shape = observed.shape[:2]
    rain = PastRain(np.full(shape, 0.1), np.full(shape, np.nan))
    return Ranks.of(quantiles, observed, rain, members, seed=0)


@given(
    quantiles=sorted_quantiles, levels=st.lists(inner_levels, min_size=2, max_size=20).map(sorted)
)
def test_values_grow_with_the_level(quantiles, levels):
    values = at_levels(quantiles, np.array(levels))
    assert (np.diff(values) >= -1e-9).all()


@given(quantiles=sorted_quantiles)
def test_at_their_own_levels_they_are_the_quantiles(quantiles):
    np.testing.assert_allclose(at_levels(quantiles, LEVELS), quantiles, atol=1e-3)


def test_a_normal_distribution_is_met_everywhere():
    levels = np.linspace(0.001, 0.999, 999)
    np.testing.assert_allclose(
        at_levels(3 + 2 * Z, levels), 3 + 2 * normal_quantiles(levels), atol=0.02
    )


@given(
    chance=st.floats(0.005, 0.999),
    log_mm=arrays(float, len(LEVELS), elements=st.floats(-3, 6)).map(np.sort),
    levels=st.lists(inner_levels, min_size=1, max_size=20).map(sorted),
)
def test_rain_is_none_up_to_the_chance_of_a_dry_hour_and_grows_from_there(chance, log_mm, levels):
    amounts = rain_at_levels(np.array(chance), log_mm, np.array(levels))
    dry = np.array(levels) <= 1 - chance
    assert not amounts[dry].any()
    assert (amounts[~dry] >= WET_MM).all()
    assert (amounts <= MOST_RAIN_MM).all()
    assert (np.diff(amounts) >= -1e-9).all()


def test_the_share_of_wet_members_is_the_chance_of_rain():
    levels = (np.arange(200) + 0.5) / 200
    for chance in (0.05, 0.3, 0.9):
        assert (rain_at_levels(np.array(chance), Z, levels) > 0).mean() == pytest.approx(
            chance, abs=0.006
        )


def test_where_the_chance_of_rain_is_unknown_so_is_its_amount():
    assert np.isnan(rain_at_levels(np.array([np.nan]), Z, np.array([0.99]))).all()


@settings(deadline=None, max_examples=5)
@given(n=st.integers(10, 80), members=st.integers(10, 60), seed=st.integers(0, 1000))
def test_at_every_lead_the_members_ranks_are_a_permutation(n, members, seed):
    rng = np.random.default_rng(seed)
    quantiles = np.sort(rng.normal(size=(n, HORIZON_H, 2, len(LEVELS))), axis=-1)
    observed = np.where(
        rng.random((n, HORIZON_H, 2)) < 0.1, np.nan, rng.normal(size=(n, HORIZON_H, 2))
    )
    rain = PastRain(rng.random((n, HORIZON_H)), rng.choice([0, 0.6, 1, np.nan], (n, HORIZON_H)))
    order = Ranks.of(quantiles, observed, rain, members, seed).order
    assert order.shape == (members, HORIZON_H, 3)
    np.testing.assert_array_equal(
        np.sort(order, axis=0), np.broadcast_to(np.arange(members)[:, None, None], order.shape)
    )


def test_a_member_has_the_ranks_of_the_error_it_comes_from():
    quantiles, observed = past_errors(M, 20)
    order = of_errors(quantiles, observed, M).order
    np.testing.assert_array_equal(order[:, :, 0].argsort(axis=0), observed[:, :, 0].argsort(axis=0))


def test_neighbouring_hours_correlate_as_the_past_errors_do():
    for hours in (2.0, 20.0):
        quantiles, observed = past_errors(200, hours)
        levels = of_errors(quantiles, observed, 200).levels[:, :, 0]
        drawn = at_levels(np.broadcast_to(Z, (200, HORIZON_H, len(LEVELS))), levels)
        for lag in (1, 6, 24):
            found = np.corrcoef(drawn[:, :-lag].ravel(), drawn[:, lag:].ravel())[0, 1]
            assert found == pytest.approx(np.exp(-lag / hours), abs=0.06)


def test_daily_maxima_need_coherence_independent_hours_give_too_warm_and_too_sure_ones():
    quantiles, observed = past_errors(200, 20, seed=1)
    levels = of_errors(quantiles, observed, 200).levels[:, :, 0]
    fan = np.broadcast_to(Z, (200, HORIZON_H, len(LEVELS)))
    shuffled = np.random.default_rng(0).permuted(levels, axis=0)
    _, fresh = past_errors(400, 20, seed=2)
    highest = {
        name: members.reshape(-1, 7, 24).max(axis=2)
        for name, members in {
            "coherent": at_levels(fan, levels),
            "independent": at_levels(fan, shuffled),
            "true": fresh[:, :, 0],
        }.items()
    }
    mean, spread = (
        {name: float(how(days)) for name, days in highest.items()} for how in (np.mean, np.std)
    )
    assert mean["coherent"] == pytest.approx(mean["true"], abs=0.12)
    assert spread["coherent"] == pytest.approx(spread["true"], abs=0.1)
    assert mean["independent"] > mean["true"] + 0.5
    assert spread["independent"] < 0.7 * spread["true"]
    low, high = np.quantile(highest["coherent"], [0.1, 0.9])
    assert ((highest["true"] > low) & (highest["true"] < high)).mean() == pytest.approx(
        0.8, abs=0.06
    )


def test_ranks_come_back_from_their_json():
    ranks = built().manifest.ranks
    np.testing.assert_array_equal(
        Ranks.from_json(json.loads(json.dumps(ranks.to_json()))).order, ranks.order
    )


@pytest.fixture(scope="module")
def forecast():
    """Many members, so that their quantiles can be compared with the forecast's."""
    return built().forecaster.predict(built().records.histories["AAA"])


def test_the_members_quantiles_are_the_forecasts(forecast):
    for name in TARGETS:
        quantiles, members = forecast.marginals.quantiles[name][0], forecast.trajectories[name]
        spread = quantiles[:, P90] - quantiles[:, P10]
        found = np.quantile(members, LEVELS, axis=0, method="hazen").T
        # Twelve members can't place a quantile better than this.
        assert (np.abs(found - quantiles)[:, 1:-1] <= 0.25 * spread[:, None] + 1e-6).all()
        assert np.abs(np.median(members, axis=0) - quantiles[:, MEDIAN]).max() < 0.1 * spread.max()


def test_every_member_is_weather_that_can_be(forecast):
    members = forecast.trajectories
    assert (members["dewpoint_c"] <= members["temp_c"]).all()
    assert (members["wind_ms"] >= 0).all()
    assert ((members["cloud_pct"] >= 0) & (members["cloud_pct"] <= 100)).all()
    assert ((members["precip_mm"] == 0) | (members["precip_mm"] >= WET_MM)).all()
    assert np.isnan(members["gust_ms"]).all(), "the station reports no gusts"
    known = [values for name, values in members.items() if name != "gust_ms"]
    assert all(np.isfinite(values).all() for values in known)
