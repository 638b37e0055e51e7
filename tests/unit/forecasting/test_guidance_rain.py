"""Rain by guidance: skill where the models have it, nothing where they haven't, and nothing that
could not be had."""

from dataclasses import replace

import numpy as np
import pytest

from wearcast.forecasting import guidance_rain_fit
from wearcast.forecasting.guidance_rain import GuidanceRain
from wearcast.forecasting.guidance_record import VARIABLES, GuidanceRecord
from wearcast.forecasting.guidance_regression import PastForecasts
from wearcast.forecasting.wet_days import WetDays
from wearcast.forecasting.windows import calendar

HOUR = np.timedelta64(1, "h")
START = np.datetime64("2024-01-01T00", "h")
DAYS = 200
HORIZON_H = 72
REACHED_H = 48
LOG_RAIN = VARIABLES.index("log_rain")
USUAL = 0.12


@pytest.fixture(scope="module")
def rain_mm():
    """Of each hour: spells of a few hours, with an amount of their own."""
    rng = np.random.default_rng(8)
    rain = np.zeros(24 * DAYS)
    for begin in np.flatnonzero(rng.random(len(rain)) < 0.03):
        rain[begin : begin + rng.integers(1, 8)] = rng.exponential(1.5)
    return np.where(rain < 0.1, 0.0, rain)


@pytest.fixture(scope="module")
def record(rain_mm):
    """Two models: one tells the rain of the next two days an hour late, the other a third of it."""
    hours = START + np.arange(len(rain_mm)) * HOUR
    late = np.roll(rain_mm, 1)
    third = rain_mm / 3
    rows = []
    for m, rain in enumerate((late, third)):
        for age_h in (24, 48):
            said = {name: np.full(len(hours), 10.0) for name in VARIABLES if name != "log_rain"}
            rows.append((np.full(len(hours), m), np.full(len(hours), age_h), said, rain))
    return GuidanceRecord.of_rows(
        ("late", "third"),
        np.concatenate([row[0] for row in rows]),
        np.tile(hours, 4),
        np.concatenate([row[1] for row in rows]).astype(float),
        {
            **{
                name: np.concatenate([row[2][name] for row in rows])
                for name in VARIABLES
                if name != "log_rain"
            },
            "precip_mm": np.concatenate([row[3] for row in rows]),
        },
        issued=np.repeat(np.tile(hours, 4)[:, None], 2, axis=1),
        source="made_up",
    )


def windows(rain_mm, every_h=5):
    """Forecasts from the past that know what is usual, and what came."""
    at = np.arange(24, len(rain_mm) - HORIZON_H - 1, every_h)
    rows = at[:, None] + np.arange(1, HORIZON_H + 1)
    issued = START + at * HOUR
    ahead = START + rows * HOUR
    columns = calendar(ahead.ravel(), 0.0).reshape(*rows.shape, -1)
    past = PastForecasts(
        issued_at=issued,
        medians=np.zeros((*rows.shape, 4), dtype=np.float32),
        wet_chance=np.full(rows.shape, USUAL, dtype=np.float32),
        calendar=columns,
    )
    came = rain_mm[rows].astype(np.float32)
    log_mm = np.log(np.maximum(came, 0.1))
    return past, (came >= 0.1).astype(np.float32), log_mm.astype(np.float32)


@pytest.fixture(scope="module")
def seen(rain_mm):
    return windows(rain_mm)


@pytest.fixture(scope="module")
def fitted(record, seen):
    past, wet, log_mm = seen
    return guidance_rain_fit.fit(record, past, wet, log_mm, DAYS, folds=3)


@pytest.fixture(scope="module")
def forecasts(record, seen, fitted):
    return fitted(record, seen[0])


def brier(chance, came):
    return np.nanmean(np.square(chance - came))


def test_it_has_skill_and_no_bias(forecasts, seen):
    _, wet, _ = seen
    reached = slice(0, REACHED_H)
    chance = forecasts.hourly_chance[:, reached]
    assert brier(chance, wet[:, reached]) < 0.4 * brier(USUAL, wet[:, reached])
    assert abs(np.nanmean(chance) - wet[:, reached].mean()) < 0.005


def test_it_says_nothing_beyond_its_reach(forecasts):
    assert np.isfinite(forecasts.hourly_chance[:-15, :REACHED_H]).all()
    assert np.isnan(forecasts.hourly_chance[:, REACHED_H:]).all()


def test_a_waking_day_lies_between_its_hours_and_is_likelier_than_each(forecasts):
    days = forecasts.days
    known = np.isfinite(days.chance)
    assert known.any()
    length = (days.stop - days.first)[known]
    assert length.min() >= 8
    assert length.max() <= 15
    largest = [
        np.nanmax(forecasts.hourly_chance[b, days.first[b, d] : days.stop[b, d]])
        for b, d in zip(*np.nonzero(known), strict=True)
    ]
    assert (days.chance[known] >= np.array(largest) - 0.1).mean() > 0.9


def test_the_days_chance_agrees_with_what_came(forecasts, seen):
    _, wet, _ = seen
    days = forecasts.days
    came, said = [], []
    for b, d in zip(*np.nonzero(np.isfinite(days.chance)), strict=True):
        said.append(days.chance[b, d])
        came.append(wet[b, days.first[b, d] : days.stop[b, d]].max())
    assert abs(np.mean(said) - np.mean(came)) < 0.02
    assert brier(np.array(said), np.array(came)) < 0.5 * np.var(came)


def test_amounts_follow_what_the_models_give(forecasts, seen):
    _, wet, log_mm = seen
    reached = np.isfinite(forecasts.hourly_chance) & (wet > 0)
    median = forecasts.log_mm[..., 4][reached]
    assert np.corrcoef(median, log_mm[reached])[0, 1] > 0.6
    inside = (log_mm[reached] > forecasts.log_mm[..., 1][reached]) & (
        log_mm[reached] < forecasts.log_mm[..., 7][reached]
    )
    assert 0.7 < inside.mean() < 0.9


def test_what_could_not_be_had_changes_nothing(record, seen, fitted, forecasts):
    """Every value whose age is less than the lead may be anything."""
    past, _, _ = seen
    i = 100
    ahead = (record.valid_at - past.issued_at[i]) / HOUR
    late = (ahead > 0) & (record.ages_h < ahead)
    poisoned = np.where(late[..., None], np.float32(3), record.values)
    again = fitted(replace(record, values=poisoned), past)
    np.testing.assert_array_equal(again.hourly_chance[i], forecasts.hourly_chance[i])
    np.testing.assert_array_equal(again.log_mm[i], forecasts.log_mm[i])
    np.testing.assert_array_equal(again.days.chance[i], forecasts.days.chance[i])
    assert (poisoned != record.values).any()


def test_an_older_run_stands_in_for_a_missing_one(record, seen, fitted, forecasts):
    past, wet, _ = seen
    newest = record.ages_h == 24
    older = replace(record, ages_h=np.where(newest, np.float32(0.5), record.ages_h))
    again = fitted(older, past)
    assert np.isfinite(again.hourly_chance[:-15, :REACHED_H]).all()
    assert np.isnan(fitted._by_run(older, past, 0).hourly_chance[:, :24]).all()
    first_day = slice(0, 24)
    error = brier(again.hourly_chance[:, first_day], wet[:, first_day])
    assert brier(forecasts.hourly_chance[:, first_day], wet[:, first_day]) <= error
    assert error < 0.6 * brier(USUAL, wet[:, first_day])


def test_a_missing_model_leaves_the_other(record, seen, fitted, forecasts):
    past, wet, _ = seen
    alone = record.only(("late", "none"))
    chance = fitted(alone, past).hourly_chance[:, :REACHED_H]
    assert brier(chance, wet[:, :REACHED_H]) < 0.7 * brier(USUAL, wet[:, :REACHED_H])
    assert not np.array_equal(chance, forecasts.hourly_chance[:, :REACHED_H])


def test_models_without_rain_say_nothing(record, seen, fitted):
    dry = record.values.copy()
    dry[..., LOG_RAIN] = np.nan
    said = fitted(replace(record, values=dry), seen[0])
    assert np.isnan(said.hourly_chance).all()
    assert np.isnan(said.days.chance).all()


def test_models_that_know_nothing_of_the_rain_are_not_used(record, seen):
    past, wet, log_mm = seen
    noise = np.random.default_rng(5).permutation(record.values, axis=2)
    assert guidance_rain_fit.fit(replace(record, values=noise), past, wet, log_mm, DAYS, 3) is None


def test_a_short_archive_and_a_dry_one_are_not_used(record, seen):
    past, wet, log_mm = seen
    assert guidance_rain_fit.fit(record, past, wet, log_mm, 80, 3) is None
    assert guidance_rain_fit.fit(record, past, np.zeros_like(wet), log_mm, DAYS, 3) is None


def test_its_arrays_make_the_same_again(record, seen, fitted, forecasts):
    again = GuidanceRain.of_arrays(fitted.arrays())(record, seen[0])
    np.testing.assert_array_equal(again.hourly_chance, forecasts.hourly_chance)
    np.testing.assert_array_equal(again.log_mm, forecasts.log_mm)
    np.testing.assert_array_equal(again.days.chance, forecasts.days.chance)


def test_the_days_of_several_are_joined_in_order(forecasts):
    parts = [forecasts.days.one(i) for i in range(3)]
    joined = WetDays.joined(parts)
    np.testing.assert_array_equal(joined.chance, forecasts.days.chance[:3])
    np.testing.assert_array_equal(joined.first, forecasts.days.first[:3])
