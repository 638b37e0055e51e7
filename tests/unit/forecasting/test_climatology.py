"""The climatology follows seasons and hours; the trailing-year anomaly uses the past alone."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unit.forecasting.synthetic import (
    START,
    TINY,
    lasting,
    standardization,
    two_stations,
    with_values,
)
from wearcast.forecasting import model_assembly
from wearcast.forecasting.channels import CHANNELS, channel_values
from wearcast.forecasting.climatology import YEAR_H, Climatology, significant, trailing_anomaly
from wearcast.forecasting.station_climatology import StationClimatology

HOURS = START + np.arange(24 * 730)


def own_harmonics(hours: np.ndarray) -> np.ndarray:
    """A signal of one harmonic of the year, two of the day, and their products."""
    h = hours.astype(np.int64).astype(float)
    year, day = 2 * np.pi * h / YEAR_H, 2 * np.pi * h / 24
    return (
        11
        - 9 * np.cos(year)
        + 2 * np.sin(year) * np.cos(day)
        + 3 * np.sin(day)
        - 0.7 * np.cos(year) * np.sin(2 * day)
    )


def test_a_signal_of_its_own_harmonics_comes_back():
    fitted = Climatology.fit(HOURS, own_harmonics(HOURS), annual=1, diurnal=2)
    later = HOURS + 24 * 1000
    # The penalty on high orders costs less than 0.1 % of the amplitudes.
    np.testing.assert_allclose(fitted.at(later), own_harmonics(later), atol=0.02)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), share=st.floats(0.05, 0.9))
def test_missing_hours_teach_the_climatology_nothing(seed, share):
    rng = np.random.default_rng(seed)
    hours = HOURS[: 24 * 120]
    values = rng.normal(size=len(hours))
    gone = rng.random(len(hours)) < share
    with_gaps = Climatology.fit(hours, np.where(gone, np.nan, values), 1, 2)
    without = Climatology.fit(hours[~gone], values[~gone], 1, 2)
    np.testing.assert_array_equal(with_gaps.coefficients, without.coefficients)


def test_the_last_bits_of_a_value_do_not_reach_the_coefficients():
    """Another C library's cos and sin differ by as much."""
    values = own_harmonics(HOURS) + np.random.default_rng(0).normal(size=len(HOURS))
    moved = values * (1 + np.where(np.arange(len(HOURS)) % 2, 2e-16, -2e-16))
    assert (moved != values).any()
    fitted, again = (Climatology.fit(HOURS, one, 1, 2) for one in (values, moved))
    np.testing.assert_array_equal(fitted.coefficients, again.coefficients)
    assert significant(273.15000000012) == 273.15


def test_a_climatology_of_nothing_is_0_everywhere():
    fitted = Climatology.fit(HOURS[:100], np.full(100, np.nan), 3, 3)
    assert not fitted.at(HOURS).any()


def test_a_season_without_data_does_not_swing_away():
    half_a_year = HOURS[: 24 * 182]
    noisy = own_harmonics(half_a_year) + 3 * lasting(np.random.default_rng(0), len(half_a_year), 60)
    fitted = Climatology.fit(half_a_year, noisy, annual=3, diurnal=3)
    assert np.abs(fitted.at(HOURS) - own_harmonics(HOURS)).max() < 40


anomalies = st.lists(st.one_of(st.none(), st.floats(-30, 30)), min_size=1, max_size=120)


@settings(deadline=None)
@given(values=anomalies, days=st.integers(1, 4), shrink_h=st.floats(0.1, 5000))
def test_the_trailing_anomaly_is_the_shrunk_mean_of_the_days_up_to_each_hour(
    values, days, shrink_h
):
    array = np.array([np.nan if v is None else v for v in values], dtype=float)
    for hour, found in enumerate(trailing_anomaly(array, days, shrink_h)):
        known = [v for v in values[max(0, hour + 1 - 24 * days) : hour + 1] if v is not None]
        # A mean of n values times n / (n + shrink_h).
        assert found == pytest.approx(sum(known) / (len(known) + shrink_h), abs=1e-9)


@settings(deadline=None)
@given(values=anomalies, later=anomalies, hour=st.integers(0, 119))
def test_the_future_never_changes_the_trailing_anomaly(values, later, hour):
    as_array = [
        np.array([np.nan if v is None else v for v in some], dtype=float)
        for some in (values, values[:hour] + later)
    ]
    before = min(hour, len(values))
    first, second = (trailing_anomaly(array[:, None], 2, 100.0)[:before] for array in as_array)
    np.testing.assert_array_equal(first, second)


def test_the_scale_is_a_channels_spread_over_training_hours_and_1_where_not_reported():
    known, climate = two_stations(), standardization().climatologies["BBB"]
    assert set(CHANNELS) - set(climate.reported) == {"cloud_pct", "log_rain"}
    record = known.histories["BBB"]
    own = known.split.belongs(record.valid_at, "train")
    strayed = (channel_values(record) - climate.at(record.valid_at))[own]
    for name, scale, column in zip(CHANNELS, climate.scale, strayed.T, strict=True):
        assert scale == (pytest.approx(np.nanstd(column)) if name in climate.reported else 1.0)


def test_the_climatological_wet_chance_is_a_possible_one():
    chance = standardization().climatologies["AAA"].wet_chance_at(HOURS)
    assert 0.01 <= chance.min() < chance.max() <= 0.6
    known = two_stations().histories["AAA"]
    assert chance.mean() == pytest.approx((known.column("precip_mm") >= 0.1).mean(), abs=0.1)


def test_a_station_climatology_comes_back_from_json_to_the_last_bit():
    climate = standardization().climatologies["AAA"]
    again = StationClimatology.from_json(json.loads(json.dumps(climate.to_json())))
    np.testing.assert_array_equal(again.at(HOURS[:500]), climate.at(HOURS[:500]))
    np.testing.assert_array_equal(
        again.wet_chance_at(HOURS[:500]), climate.wet_chance_at(HOURS[:500])
    )
    np.testing.assert_array_equal(again.scale, climate.scale)
    assert again.reported == climate.reported


def test_a_channel_that_never_changes_has_a_spread_of_one():
    known = two_stations()
    calm = {
        name: with_values(record, wind_ms=np.zeros(len(record)))
        for name, record in known.histories.items()
    }
    scale = (
        model_assembly.fit_standardization(replace(known, histories=calm), TINY)
        .climatologies["AAA"]
        .scale
    )
    assert dict(zip(CHANNELS, scale, strict=True))["wind_ms"] == 1.0
