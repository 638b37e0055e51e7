"""Baselines are what their names say."""

import numpy as np
import pytest

from horizon import HORIZON_H
from unit.forecasting.synthetic import (
    HISTORY_H,
    NO_TRAILING_ANOMALY,
    START,
    TINY,
    built,
    lasting,
    plain_climate,
    standardization,
    two_stations,
    windows,
)
from wearcast.forecasting import baselines
from wearcast.forecasting.baselines import TEMP, DampedAnomaly
from wearcast.forecasting.channels import CHANNELS, channel_values
from wearcast.forecasting.climatology import trailing_anomaly
from wearcast.forecasting.history import History
from wearcast.forecasting.standardized_series import StandardizedSeries
from wearcast.forecasting.window_dataset import WindowDataset

N = 24 * 40
HOURS = START + np.arange(N)
TEMP_C = 10 + 5 * lasting(np.random.default_rng(0), N, 30)
RECORD = History("AAA", HOURS, {"temp_c": TEMP_C})
CLIMATE = plain_climate(HOURS, channel_values(RECORD))
SERIES = StandardizedSeries.of(RECORD, CLIMATE, NO_TRAILING_ANOMALY, 0.0, HORIZON_H)
AT = np.array([24, 300, 500])


def test_persistence_is_the_last_temperature_for_ever():
    expected = np.repeat(TEMP_C[AT][:, None], HORIZON_H, axis=1)
    np.testing.assert_allclose(baselines.persistence(SERIES, CLIMATE, AT), expected, atol=1e-5)


def test_seasonal_naive_is_the_last_day_over_and_over():
    expected = np.stack([np.tile(TEMP_C[t - 23 : t + 1], 7) for t in AT])
    np.testing.assert_allclose(baselines.seasonal_naive(SERIES, CLIMATE, AT), expected, atol=1e-5)


def test_climatology_is_the_expected_value_at_the_hour_forecast():
    expected = np.stack([CLIMATE.at(HOURS[t] + np.arange(1, HORIZON_H + 1))[:, TEMP] for t in AT])
    np.testing.assert_allclose(baselines.climatology(SERIES, CLIMATE, AT), expected)


def test_climatology_drift_moves_it_by_the_shrunk_mean_of_the_past_year():
    known, climate = two_stations().histories["AAA"], standardization().climatologies["AAA"]
    series = standardization().series(known)
    at = np.array([900, 3000])
    strayed = known.column("temp_c") - climate.at(known.valid_at)[:, TEMP]
    moved = baselines.climatology_drift(series, climate, at) - baselines.climatology(
        series, climate, at
    )
    expected = trailing_anomaly(strayed, TINY.drift_days, TINY.drift_shrink_h)[at]
    np.testing.assert_allclose(moved, np.repeat(expected[:, None], HORIZON_H, axis=1), atol=1e-4)


def obedient(
    weights: tuple[float, float, float], decays_h: tuple[float, float], pieces: int = 60
) -> WindowDataset:
    """Windows whose future is exactly what a damped anomaly makes of their past."""
    rng, month = np.random.default_rng(1), 720
    lead = np.arange(1, HORIZON_H + 1)
    anomalies = []
    for _ in range(pieces):
        past = lasting(rng, month, 30)
        terms = np.array([past[-24:].mean(), past[-1], past.mean()])
        damping = np.stack(
            [np.exp(-lead / decays_h[0]), np.exp(-lead / decays_h[1]), np.ones(HORIZON_H)]
        )
        anomalies.append(np.concatenate([past, (np.array(weights) * terms) @ damping]))
    values = np.zeros((pieces * (month + HORIZON_H), len(CHANNELS)), dtype=np.float32)
    values[:, TEMP] = np.concatenate(anomalies)
    n = len(values)
    series = StandardizedSeries(
        horizon_h=HORIZON_H,
        valid_at=START + np.arange(n),
        climatology=np.zeros_like(values),
        climatological_wet_chance=np.zeros(n, np.float32),
        anomalies=values,
        observed=np.ones_like(values),
        carried=values,
        has_carried=np.ones_like(values),
        trailing_anomaly=np.zeros_like(values),
        calendar=np.zeros((n, 8), np.float32),
    )
    unknown = np.full(n, np.nan, np.float32)
    return WindowDataset(
        series, np.arange(pieces) * (month + HORIZON_H) + month - 1, unknown, unknown, HISTORY_H
    )


@pytest.mark.parametrize(
    ("weights", "decays_h"), [((0.6, 0.3, 0.2), (48.0, 12.0)), ((0.1, 0.8, 0.0), (144.0, 36.0))]
)
def test_the_damped_anomaly_recovers_the_weights_and_decays_it_was_made_of(weights, decays_h):
    examples = obedient(weights, decays_h)
    fitted = DampedAnomaly.fit(examples)
    assert fitted.decays_h == decays_h
    np.testing.assert_allclose(fitted.weights, weights, atol=5e-3)


def test_the_damped_anomaly_forecasts_climatology_drift_and_its_three_terms():
    fitted = DampedAnomaly(np.array([0.6, 0.3, 0.2]), (48.0, 12.0))
    t = 800
    anomaly = TEMP_C - CLIMATE.at(HOURS)[:, TEMP]
    lead = np.arange(1, HORIZON_H + 1)
    expected = (
        CLIMATE.at(HOURS[t] + lead)[:, TEMP]
        + 0.6 * anomaly[t - 23 : t + 1].mean() * np.exp(-lead / 48)
        + 0.3 * anomaly[t] * np.exp(-lead / 12)
        + 0.2 * anomaly[t - 719 : t + 1].mean()
    )
    np.testing.assert_allclose(fitted(SERIES, CLIMATE, np.array([t]))[0], expected, atol=1e-3)


def test_the_last_month_is_of_what_there_is_at_the_beginning_of_a_record():
    alone = DampedAnomaly(np.array([0.0, 0.0, 1.0]), (48.0, 12.0))
    t = 100
    anomaly = TEMP_C - CLIMATE.at(HOURS)[:, TEMP]
    moved = alone(SERIES, CLIMATE, np.array([t])) - baselines.climatology(
        SERIES, CLIMATE, np.array([t])
    )
    np.testing.assert_allclose(moved, anomaly[: t + 1].mean(), atol=1e-3)


def test_every_baseline_forecasts_the_week_of_every_window_without_a_gap():
    made = built()
    fitted = baselines.fit_all(made.train_set, TINY)
    assert len(fitted) == 6
    series = standardization().series(two_stations().histories["AAA"])
    for baseline in fitted.values():
        forecast = baseline(series, standardization().climatologies["AAA"], np.array([900, 4000]))
        assert forecast.shape == (2, HORIZON_H)
        assert np.isfinite(forecast).all()


def test_what_can_learn_beats_what_can_not_on_weather_that_lasts():
    made = built()
    series, climate = (
        standardization().series(two_stations().histories["AAA"]),
        standardization().climatologies["AAA"],
    )
    at = windows(two_stations(), standardization(), "test").at
    at = at[at < len(series.valid_at)]
    observed = two_stations().histories["AAA"].column("temp_c")[series.ahead(at)]
    fitted = baselines.fit_all(made.train_set, TINY)
    error = {
        name: np.abs(baseline(series, climate, at) - observed)[:, :24].mean()
        for name, baseline in fitted.items()
    }
    assert error["damped_anomaly"] < error["persistence"]
    assert error["damped_anomaly"] < error["climatology"]
