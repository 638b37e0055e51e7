"""What 80 % meant in spans that didn't calibrate it."""

import numpy as np

from unit.forecasting.synthetic import START
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.left_out_coverage import coverage_of_left_out
from wearcast.forecasting.network_forecasts import NetworkForecasts
from wearcast.forecasting.quantiles import LEVELS, normal_quantiles

N, HORIZON_H = 300, 168
SHARE = np.ones((HORIZON_H, len(TARGETS)))


def span(year: int, spread: float) -> NetworkForecasts:
    """A year of normal forecasts with errors of a spread of their own."""
    rng = np.random.default_rng(year)
    shape = (N, HORIZON_H, len(TARGETS))
    quantiles = np.broadcast_to(normal_quantiles(LEVELS), (*shape, len(LEVELS)))
    return NetworkForecasts(
        issued_at=START + 8766 * year + 29 * np.arange(N),
        base=np.zeros(shape, dtype=np.float32),
        quantiles=quantiles.astype(np.float32),
        hourly_rain_chance=np.full(shape[:2], 0.1, dtype=np.float32),
        observed=rng.normal(0, spread, shape).astype(np.float32),
        wet=np.zeros(shape[:2], dtype=np.float32),
    )


def test_spans_alike_hold_what_the_others_promise():
    coverage = coverage_of_left_out([span(0, 2.0), span(1, 2.0), span(2, 2.0)], SHARE)
    shares = [share for of in coverage["spans_from"].values() for share in of.values()]
    np.testing.assert_allclose(shares, 0.8, atol=0.02)
    np.testing.assert_allclose(list(coverage["seasons"].values()), 0.8, atol=0.02)


def test_a_wild_year_is_held_less_often_by_the_calm_ones():
    coverage = coverage_of_left_out([span(0, 1.0), span(1, 1.0), span(2, 2.0)], SHARE)
    calm, _, wild = [of["25-72"] for of in coverage["spans_from"].values()]
    assert wild < 0.6 < 0.8 < calm
    assert list(coverage["spans_from"]) == sorted(coverage["spans_from"])


def test_one_span_tells_nothing():
    assert coverage_of_left_out([span(0, 1.0)], SHARE) == {}
