"""Quantiles never cross, and calibrated ones hold as much as they say."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from horizon import HORIZON_H
from wearcast.forecasting.quantiles import (
    LEVELS,
    MEDIAN,
    P10,
    P90,
    Calibration,
    calibration_ranges,
    monotone,
    normal_quantiles,
)
from wearcast.forecasting.verification import interval_coverage, verified_ranges
from wearcast.vocabulary import MAX_HORIZON_H, MIN_HORIZON_H

Z = normal_quantiles(LEVELS)
numbers = st.floats(-1e6, 1e6)
RANGES = calibration_ranges(HORIZON_H)


def test_the_levels_are_symmetric_and_named_rightly():
    np.testing.assert_allclose(LEVELS, 1 - LEVELS[::-1])
    assert (LEVELS[MEDIAN], LEVELS[P10], LEVELS[P90]) == (0.5, 0.1, 0.9)


def test_the_normal_quantiles_are_those_of_the_tables():
    np.testing.assert_allclose(
        normal_quantiles(np.array([0.05, 0.5, 0.9, 0.975])),
        [-1.644854, 0, 1.281552, 1.959964],
        atol=1e-6,
    )


@pytest.mark.parametrize("horizon_h", range(MIN_HORIZON_H, MAX_HORIZON_H + 1, 24))
def test_every_lead_has_one_calibration(horizon_h):
    ranges = calibration_ranges(horizon_h)
    covered = [lead for first, last in ranges.values() for lead in range(first, last + 1)]
    assert covered == list(range(1, horizon_h + 1))


def test_a_shorter_horizon_has_fewer_ranges_and_a_longer_one_a_longer_last_range():
    assert list(RANGES) == ["1-6", "7-24", "25-72", "73-168"]
    assert list(calibration_ranges(72)) == ["1-6", "7-24", "25-72"]
    assert list(calibration_ranges(48)) == ["1-6", "7-24", "25-48"]
    assert list(calibration_ranges(240)) == ["1-6", "7-24", "25-72", "73-240"]


@given(arrays(float, (3, len(LEVELS)), elements=numbers))
def test_monotone_quantiles_never_cross_and_keep_the_median(quantiles):
    made = monotone(quantiles)
    assert (np.diff(made, axis=-1) >= 0).all()
    np.testing.assert_array_equal(made[:, MEDIAN], quantiles[:, MEDIAN])


@given(arrays(float, (3, len(LEVELS)), elements=numbers).map(lambda q: np.sort(q, axis=-1)))
def test_quantiles_in_order_stay_as_they_are(quantiles):
    np.testing.assert_array_equal(monotone(quantiles), quantiles)


@settings(deadline=None, max_examples=50)
@given(
    margins=arrays(float, (len(RANGES), 2, MEDIAN), elements=st.floats(-5, 5)),
    seed=st.integers(0, 2**32 - 1),
)
def test_whatever_the_margins_calibrated_quantiles_never_cross_and_the_median_stays(margins, seed):
    quantiles = np.sort(
        np.random.default_rng(seed).normal(size=(2, HORIZON_H, 2, len(LEVELS))), axis=-1
    )
    made = Calibration(margins, RANGES)(quantiles)
    assert (np.diff(made, axis=-1) >= 0).all()
    np.testing.assert_array_equal(made[..., MEDIAN], quantiles[..., MEDIAN])


def test_margins_of_0_change_nothing():
    quantiles = np.sort(
        np.random.default_rng(0).normal(size=(2, HORIZON_H, 3, len(LEVELS))), axis=-1
    )
    np.testing.assert_array_equal(Calibration.none(3, HORIZON_H)(quantiles), quantiles)


def forecasts(n: int, width: float, bias: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Exchangeable forecasts N(m, width) of what is N(m + bias, spread of its lead): quantiles and
    observations."""
    rng = np.random.default_rng(seed)
    spread = np.linspace(0.5, 3, HORIZON_H)[None, :, None]
    median = rng.normal(0, 5, (n, HORIZON_H, 1))
    observed = median + bias * spread + spread * rng.normal(size=median.shape)
    return median[..., None] + width * spread[..., None] * Z, observed


@pytest.mark.parametrize(("width", "bias"), [(0.3, 0.0), (0.8, 0.3), (1.0, 0.0), (2.5, 0.0)])
def test_a_wrong_width_is_calibrated_in_every_range_of_leads(width, bias):
    calibration = Calibration.fit(*forecasts(400, width, bias, seed=1))
    quantiles, observed = forecasts(400, width, bias, seed=2)
    made = calibration(quantiles)
    for low, high, level in ((0, 8, 0.9), (1, 7, 0.8), (2, 6, 0.5), (3, 5, 0.2)):
        inside = (observed >= made[..., low]) & (observed <= made[..., high])
        for first, last in RANGES.values():
            assert inside[:, first - 1 : last].mean() == pytest.approx(level, abs=0.04)
    np.testing.assert_array_equal(made[..., MEDIAN], quantiles[..., MEDIAN])
    by_lead = interval_coverage(made[:, :, 0], observed[:, :, 0])
    assert all(
        0.76 < by_lead[first - 1 : last].mean() < 0.84
        for first, last in verified_ranges(HORIZON_H).values()
    )


def test_each_variable_and_range_of_leads_is_calibrated_by_itself():
    narrow, observed = forecasts(200, 0.5, 0.0, seed=1)
    wide, _ = forecasts(200, 2.0, 0.0, seed=1)
    both = Calibration.fit(
        np.concatenate([narrow, wide], axis=2), np.concatenate([observed, observed], axis=2)
    )
    for v, alone in enumerate((narrow, wide)):
        np.testing.assert_array_equal(
            both.margins[:, v], Calibration.fit(alone, observed).margins[:, 0]
        )
    first, last = RANGES["25-72"]
    later = observed.copy()
    later[:, first - 1 : last] += 100
    changed = Calibration.fit(narrow, later).margins != Calibration.fit(narrow, observed).margins
    assert changed.any(axis=(1, 2)).tolist() == [name == "25-72" for name in RANGES]


def test_what_is_missing_calibrates_nothing():
    quantiles, observed = forecasts(100, 0.5, 0.0, seed=1)
    gone = observed.copy()
    gone[50:] = np.nan
    np.testing.assert_array_equal(
        Calibration.fit(quantiles, gone).margins,
        Calibration.fit(quantiles[:50], observed[:50]).margins,
    )
    assert not Calibration.fit(quantiles, np.full_like(observed, np.nan)).margins.any()


def test_few_scores_can_only_say_that_the_worst_must_be_within():
    quantiles = np.broadcast_to(Z, (1, HORIZON_H, 1, len(LEVELS)))
    observed = np.full((1, HORIZON_H, 1), np.nan)
    observed[0, :6, 0] = [0.0, 0.3, -0.1, 0.2, 3.0, -0.4]
    # Of six scores the 90 % quantile, of n + 1 as conformal prediction asks, is the largest: 3 lies
    # 3 - 1.645 outside.
    outermost = Calibration.fit(quantiles, observed).margins[0, 0, 0]
    assert outermost == pytest.approx((3.0 - Z[-1]) / (Z[P90] - Z[P10]))
    # And the 50 % quantile the fourth, not the third.
    assert Calibration.fit(quantiles, observed).margins[0, 0, 2] == pytest.approx(
        (0.3 + Z[2]) / (Z[P90] - Z[P10])
    )


def test_a_calibration_comes_back_from_its_json():
    calibration = Calibration.fit(*forecasts(50, 0.5, 0.0, seed=1))
    read = Calibration.from_json(calibration.to_json(), HORIZON_H)
    np.testing.assert_array_equal(read.margins, calibration.margins)
    assert read.ranges == calibration.ranges
