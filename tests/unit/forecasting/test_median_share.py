"""How much of the network's shift of the median counts: what left-out years support."""

import numpy as np
import pytest

from unit.forecasting.synthetic import START
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.median_share import MedianShare, told
from wearcast.forecasting.network_forecasts import NetworkForecasts
from wearcast.forecasting.quantiles import LEVELS, MEDIAN, normal_quantiles

N, HORIZON_H = 240, 168


def forecasts(right: float, seed: int = 0) -> NetworkForecasts:
    """A year of forecasts whose shift of the median is right by a share, noise aside; nobody
    reports the last target."""
    rng = np.random.default_rng(seed)
    shape = (N, HORIZON_H, len(TARGETS))
    shift = rng.normal(0, 0.5, shape)
    observed = right * shift + rng.normal(0, 0.5, shape)
    observed[..., -1] = np.nan
    quantiles = shift[..., None] + normal_quantiles(LEVELS)
    return NetworkForecasts(
        issued_at=START + 36 * np.arange(N),
        base=np.zeros(shape, dtype=np.float32),
        quantiles=quantiles.astype(np.float32),
        hourly_rain_chance=np.full(shape[:2], 0.1, dtype=np.float32),
        observed=observed.astype(np.float32),
        wet=np.zeros(shape[:2], dtype=np.float32),
    )


@pytest.mark.parametrize(("right", "share"), [(1.0, 1.0), (0.5, 0.5), (0.0, 0.0), (-0.5, 0.0)])
def test_the_share_is_what_was_right_of_the_shift(right, share):
    decided = MedianShare.decide([forecasts(right), forecasts(right, 1)], HORIZON_H, seed=1)
    np.testing.assert_array_equal(decided.shares[:, :-1], share)
    np.testing.assert_array_equal(decided.shares[:, -1], 0)
    assert decided.by_lead().shape == (HORIZON_H, len(TARGETS))
    content = decided.to_json()
    assert content["left_out"] == 2
    assert content["temp_c"]["1-6"]["share"] == share
    assert content["cloud_pct"]["1-6"]["value"] is None


def test_without_left_out_years_the_medians_stay_the_linear_path_s():
    decided = MedianShare.decide([], HORIZON_H, seed=1)
    assert not decided.shares.any()
    assert "to leave out years, so nothing tells" in told(decided.to_json())


def test_the_sentence_says_where_the_network_moves_the_median():
    none = MedianShare.decide([forecasts(0.0)], HORIZON_H, seed=1)
    assert "no gain beyond the noise" in told(none.to_json())
    moved = MedianShare.decide([forecasts(1.0)], HORIZON_H, seed=1)
    assert "at 1-6 h, 7-24 h, 25-72 h, 73-168 h" in told(moved.to_json())


def test_withheld_shifts_move_all_quantiles_alike():
    made = forecasts(1.0)
    share = np.full((HORIZON_H, len(TARGETS)), 0.25)
    quantiles = made.with_median_share(share)
    np.testing.assert_allclose(quantiles[..., MEDIAN], made.medians(0.25), atol=1e-6)
    np.testing.assert_allclose(np.diff(quantiles), np.diff(made.quantiles), atol=1e-5)
