"""Hindcasts: the forecasts each method would have made, beside the verifying observations."""

from dataclasses import replace

import numpy as np
import pytest

from horizon import HORIZON_H
from unit.forecasting.synthetic import HISTORY_H, TINY, built, place, records, two_stations
from wearcast.errors import ModelError
from wearcast.forecasting import baselines
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.hindcasts import NETWORK, daily_extremes, hindcast
from wearcast.forecasting.local_time import hour_of_day, local_time
from wearcast.forecasting.quantiles import LEVELS, MEDIAN
from wearcast.forecasting.verification import inside_80
from wearcast.forecasting.window_dataset import role_positions

LEAD = np.arange(1, HORIZON_H + 1)


@pytest.fixture(scope="module")
def made():
    fitted = baselines.fit_all(built().train_set, TINY)
    return hindcast(two_stations(), built().forecaster, fitted, "test", 5)


def test_they_are_issued_at_every_hour_of_the_day_and_at_each_of_its_ends(made):
    local = local_time(made.issued_at, place())
    hour = hour_of_day(local)
    np.testing.assert_array_equal(made.whole_days, hour == 23)
    assert set(made.issued_at[made.rolling].astype(int) % 24) == set(range(24))
    for name, record in two_stations().histories.items():
        at = role_positions(record, two_stations().split, "test", HISTORY_H, HORIZON_H)
        ends = hour_of_day(local_time(record.valid_at[at], place())) == 23
        assert made.whole_days.sum() == 2 * ends.sum(), name


def test_every_00_and_12_local_has_its_forecast(made):
    np.testing.assert_array_equal(
        made.at_00_12, np.isin(hour_of_day(local_time(made.issued_at, place())), (0, 12))
    )
    record = two_stations().histories["AAA"]
    at = role_positions(record, two_stations().split, "test", HISTORY_H, HORIZON_H)
    hours = hour_of_day(local_time(record.valid_at[at], place()))
    assert len(made.synoptic) == 2 * np.isin(hours, (0, 12)).sum() > made.rolling.sum() / 4
    assert made.synoptic.at_00_12.all()
    assert made.hourly.at_00_12.sum() < len(made.synoptic)


def test_hourly_scores_are_over_the_rolling_ones_alone(made):
    hourly = made.hourly
    assert hourly.rolling.all()
    assert len(hourly) == made.rolling.sum() < len(made)
    np.testing.assert_array_equal(hourly.medians[NETWORK], made.medians[NETWORK][made.rolling])
    assert len(hourly.daily_quantiles) == hourly.whole_days.sum() < made.whole_days.sum()
    np.testing.assert_array_equal(
        hourly.daily_observed, daily_extremes(hourly.observed["temp_c"][hourly.whole_days])
    )


def test_every_hour_forecast_is_a_test_hour(made):
    split = two_stations().split
    for lead in (1, HORIZON_H):
        assert split.belongs(made.issued_at + lead, "test").all()


def test_verifying_observations_are_those_of_the_valid_times(made):
    half = len(made) // 2
    for rows, station in ((slice(0, half), "AAA"), (slice(half, None), "BBB")):
        record = two_stations().histories[station]
        at = (made.issued_at[rows] - record.valid_at[0]).astype(int)[:, None] + LEAD
        for name in TARGETS:
            np.testing.assert_array_equal(made.observed[name][rows], record.column(name)[at])
        wet = record.column("precip_mm")[at]
        np.testing.assert_array_equal(made.wet[rows], np.where(np.isnan(wet), np.nan, wet >= 0.1))
    assert np.isfinite(made.observed["temp_c"]).any(axis=1).all()


def test_months_and_hours_are_local(made):
    local = local_time(made.issued_at[:, None] + LEAD, place())
    np.testing.assert_array_equal(made.hour, hour_of_day(local))
    np.testing.assert_array_equal(made.month, local.astype("datetime64[M]").astype(int) % 12 + 1)


def test_the_networks_forecast_is_the_one_it_would_have_made_then(made):
    whole = np.flatnonzero(made.whole_days)
    for row, i in ((None, 0), (0, whole[0]), (len(whole) - 1, whole[-1]), (None, len(made) - 1)):
        station = "AAA" if i < len(made) // 2 else "BBB"
        then = built().forecaster.predict(
            two_stations().histories[station].until(made.issued_at[i])
        )
        np.testing.assert_allclose(
            made.medians[NETWORK][i], then.marginals.quantiles["temp_c"][0, :, MEDIAN], atol=1e-3
        )
        if row is not None:
            expected = np.quantile(daily_extremes(then.trajectories["temp_c"]), LEVELS, axis=0)
            np.testing.assert_allclose(
                made.daily_quantiles[row], np.moveaxis(expected, 0, -1), atol=1e-3
            )


def test_the_baselines_forecasts_are_their_own(made):
    known, climate = (
        two_stations().histories["AAA"],
        built().manifest.standardization.climatologies["AAA"],
    )
    at = np.array([np.searchsorted(known.valid_at, made.issued_at[3])])
    series = built().manifest.standardization.series(known)
    np.testing.assert_allclose(
        made.medians["persistence"][3], baselines.persistence(series, climate, at)[0], atol=1e-4
    )
    np.testing.assert_allclose(
        made.climatology["temp_c"][3],
        baselines.climatology_drift(series, climate, at)[0],
        atol=1e-4,
    )


def test_what_a_station_does_not_report_is_not_forecast(made):
    half = len(made) // 2
    assert np.isnan(made.quantiles["cloud_pct"][half:]).all()
    assert np.isnan(made.hourly_rain_chance[half:]).all()
    assert np.isfinite(made.hourly_rain_chance[:half]).all()


def test_daily_scores_are_of_forecasts_about_whole_days_alone(made):
    np.testing.assert_array_equal(
        made.daily_observed, daily_extremes(made.observed["temp_c"][made.whole_days])
    )
    assert made.daily_quantiles.shape == (made.whole_days.sum(), 7, 3, len(LEVELS))


def test_the_days_of_a_week_by_hand():
    temp_c = np.concatenate([np.arange(24.0), np.full(24, 5.0), np.zeros(120)])[None]
    found = daily_extremes(temp_c)
    assert found.shape == (1, 7, 3)
    assert found[0, 0].tolist() == [0, 11.5, 23]
    assert found[0, 1].tolist() == [5, 5, 5]


def test_inside_the_80_per_cent_interval_by_hand():
    quantiles = np.broadcast_to(np.arange(9.0), (4, 9))
    np.testing.assert_array_equal(
        inside_80(quantiles, np.array([0.9, 1.0, 7.1, np.nan])), [0, 1, 0, np.nan]
    )


def test_a_role_without_a_whole_window_is_refused():
    known = two_stations()
    without = replace(known, split=replace(known.split, test=()))
    with pytest.raises(
        ModelError,
        match=r"no test hour has a temperature, 75% of those before it, and all 168 hours of a",
    ):
        hindcast(without, built().forecaster, {}, "test", 5)


def test_a_period_without_a_whole_local_day_tells_of_no_days():
    known = two_stations()
    start = np.datetime64("2013-06-25T12", "h")
    short = replace(known, split=replace(known.split, test=((start, start + HORIZON_H + 1),)))
    found = hindcast(short, built().forecaster, {}, "test", 1)
    assert found.issued_at.tolist() == [start - 1, start] * 2
    assert not found.whole_days.any()
    assert len(found.daily_quantiles) == len(found.daily_observed) == 0


def test_a_station_without_a_window_is_left_out():
    known = two_stations()
    record = known.histories["BBB"]
    gone = np.where(known.split.belongs(record.valid_at, "test"), np.nan, record.column("temp_c"))
    partly = {**known.histories, "BBB": replace(record, values={**record.values, "temp_c": gone})}
    found = hindcast(replace(known, histories=partly), built().forecaster, {}, "test", 23)
    assert len(found) == len(
        hindcast(
            records(known.histories["AAA"], split=known.split), built().forecaster, {}, "test", 23
        )
    )


def test_a_day_with_a_missing_hour_is_unknown_and_the_others_are_not(made):
    known = two_stations()
    record = known.histories["AAA"]
    issued = made.issued_at[np.flatnonzero(made.whole_days)[0]]
    at = int(np.searchsorted(record.valid_at, issued))
    temp_c = record.column("temp_c").copy()
    temp_c[at + 30] = np.nan
    broken = replace(record, values={**record.values, "temp_c": temp_c})
    histories = {**known.histories, "AAA": broken}
    found = hindcast(replace(known, histories=histories), built().forecaster, {}, "test", 5)
    first = int(np.flatnonzero(found.issued_at[found.whole_days] == issued)[0])
    unknown = np.isnan(found.daily_observed[first])
    np.testing.assert_array_equal(unknown.all(axis=1), [False, True, *[False] * 5])
    np.testing.assert_array_equal(unknown.any(axis=1), unknown.all(axis=1))
