"""The linear path: a regression of all leads, and one of the hour of the day for the first."""

import numpy as np
import pytest

from unit.forecasting.synthetic import TINY, built
from wearcast.forecasting import linear_path
from wearcast.forecasting.channels import CHANNELS
from wearcast.forecasting.linear_path import FIRST_DAY_H, with_interactions
from wearcast.forecasting.window_dataset import WindowDataset
from wearcast.forecasting.windows import CALENDAR, solar_hour


@pytest.fixture(autouse=True)
def short_records_will_do(monkeypatch):
    monkeypatch.setattr(linear_path, "_LEAST_DAYS", 20)


@pytest.fixture
def fitted():
    return linear_path.fit(built().train_set, TINY)


def test_interactions_are_the_recent_means_times_the_day(fitted):
    features = built().train_set.only(np.arange(3)).features()
    more = with_interactions(features)
    np.testing.assert_array_equal(more[:, : features.shape[1]], features)
    day = features[:, -CALENDAR:][:, 4:8]
    hours = features[:, : 9 * len(CHANNELS)].reshape(3, 9, len(CHANNELS))
    products = [hours[:, :3].mean(axis=1), hours[:, 3:].mean(axis=1)]
    expected = [(mean[:, :, None] * day[:, None, :]).reshape(3, -1) for mean in products]
    np.testing.assert_allclose(
        more[:, features.shape[1] :], np.concatenate(expected, axis=1), atol=1e-6
    )
    assert fitted.path.features == features.shape[1]


def test_an_hour_of_the_day_has_its_own_first_day(monkeypatch):
    # What the last hour says of the next ones is turned round from noon on.
    dataset = built().train_set
    features = dataset.features()
    targets = dataset.linear_targets().reshape(len(dataset), dataset.horizon_h, -1)
    afternoon = solar_hour(features[:, -CALENDAR:]) >= 12
    targets[:, :FIRST_DAY_H, 0] = np.where(afternoon, 1.0, -1.0)[:, None] * features[:, [0]]
    made_up = targets.reshape(len(dataset), -1)
    monkeypatch.setattr(WindowDataset, "linear_targets", lambda _: made_up)
    path = linear_path.fit(dataset, TINY).path
    whole = path(features)[:, :FIRST_DAY_H, 0]
    plain = path.regression(with_interactions(features)).reshape(targets.shape)[:, :FIRST_DAY_H, 0]
    error = np.abs(whole - targets[:, :FIRST_DAY_H, 0]).mean()
    without = np.abs(plain - targets[:, :FIRST_DAY_H, 0]).mean()
    assert error < 0.8 * without


def test_out_of_fold_forecasts_are_worse_than_those_that_know_the_windows(fitted):
    dataset = built().train_set
    targets = dataset.linear_targets().reshape(len(dataset), dataset.horizon_h, -1)
    known = np.abs(fitted.path(dataset.features()) - targets).mean()
    unknown = np.abs(fitted.out_of_fold - targets).mean()
    assert known < unknown < np.abs(targets).mean()
    chosen, forecasts = fitted.every(dataset, 5)
    np.testing.assert_array_equal(chosen, dataset.every(5))
    np.testing.assert_array_equal(forecasts, fitted.out_of_fold[chosen])


def test_a_record_of_a_year_gets_no_corrections(monkeypatch):
    monkeypatch.undo()
    path = linear_path.fit(built().train_set, TINY).path
    assert not any(correction.weights.any() for correction in path.corrections)


def test_an_hour_with_too_few_windows_gets_no_correction():
    dataset = built().train_set
    hour = solar_hour(dataset.series.calendar[dataset.at])
    away = dataset.only(np.flatnonzero(~np.isin(hour, [9, 10, 11])))
    path = linear_path.fit(away, TINY).path
    assert not path.corrections[10].weights.any()
    assert path.corrections[3].weights.any()


def test_of_many_windows_it_learns_from_a_part(monkeypatch):
    dataset = built().train_set
    monkeypatch.setattr(linear_path, "_MOST_WINDOWS", len(dataset) // 6)
    fitted = linear_path.fit(dataset, TINY)
    np.testing.assert_array_equal(fitted.windows, dataset.every(7))
    chosen, forecasts = fitted.every(dataset, 7)
    np.testing.assert_array_equal(chosen, fitted.windows)
    assert len(forecasts) == len(chosen)
    fewer, forecasts = fitted.every(dataset, 35)
    assert set(fewer) < set(chosen)
    assert len(chosen) // 6 < len(fewer) == len(forecasts) < len(chosen) // 4
    hours = solar_hour(dataset.series.calendar[dataset.at[fewer]])
    assert set(hours) == set(range(24))
