"""Past evenings hold what each driver could know then, and what came."""

import numpy as np
import pytest

from unit.forecasting.synthetic import built, place, two_stations, with_values
from wearcast.clothing.hindcast_cases import StationHindcasts
from wearcast.forecasting import baselines
from wearcast.forecasting.hindcasts import hindcast
from wearcast.forecasting.local_time import hour_of_day, local_time

DAYS_AHEAD = (1, 3, 7)


def at(station: int = 0, **values) -> StationHindcasts:
    """One of the two stations, with other values where given."""
    known = two_stations()
    home = known.stations[station]
    return StationHindcasts(
        home, with_values(known.histories[home.id], **values), known.split, built().forecaster
    )


@pytest.fixture(scope="module")
def evenings():
    found = list(at().evenings("test"))
    assert len(found) > 3
    return found


def rows(evening, day):
    """Where a day ahead stands in the record; day 0 is the one that just ended."""
    now = int((evening.issued_at - two_stations().histories["AAA"].valid_at[0]).astype(int))
    return now + 1 + np.arange(24 * (day - 1), 24 * day)


def judged(verified):
    """Which of the forecasts of whole days have every hour of the days that are judged."""
    means = verified.daily_observed[:, np.array(DAYS_AHEAD) - 1, 1]
    return np.isfinite(means).all(axis=1)


def test_they_are_those_that_the_forecasts_are_verified_on(evenings):
    verified = hindcast(two_stations(), built().forecaster, {}, "test", 23)
    both = [*evenings, *at(1).evenings("test")]
    issued_at = verified.issued_at[verified.whole_days][judged(verified)]
    np.testing.assert_array_equal([evening.issued_at for evening in both], issued_at)
    passed_over = at().passed_over("test") + at(1).passed_over("test")
    assert passed_over == np.sum(~judged(verified)) > 0


def test_a_day_ahead_is_a_local_date(evenings):
    for evening in evenings:
        today = local_time(np.array([evening.issued_at]), place())[0].astype("datetime64[D]")
        for day, observed, forecasts in zip(
            DAYS_AHEAD, evening.observed, evening.forecasts, strict=True
        ):
            for weather in (observed, *forecasts.values()):
                np.testing.assert_array_equal(
                    weather.hours, (today + day).astype("datetime64[h]") + np.arange(24)
                )


def test_what_came_was_observed_then_and_persistence_is_the_day_that_just_ended(evenings):
    record = two_stations().histories["AAA"]
    for evening in evenings[::3]:
        for day, observed, forecasts in zip(
            DAYS_AHEAD, evening.observed, evening.forecasts, strict=True
        ):
            for name in ("temp_c", "dewpoint_c", "wind_ms", "cloud_pct", "precip_mm"):
                np.testing.assert_array_equal(
                    observed.members[name][0], record.column(name)[rows(evening, day)]
                )
                np.testing.assert_array_equal(
                    forecasts["seasonal_naive"].members[name][0],
                    record.column(name)[rows(evening, 0)],
                )


def test_our_forecast_is_the_one_we_would_have_made_then(evenings):
    evening = evenings[3]
    then = built().forecaster.predict(two_stations().histories["AAA"].until(evening.issued_at))
    for day, forecasts in zip(DAYS_AHEAD, evening.forecasts, strict=True):
        leads = slice(24 * (day - 1), 24 * day)
        for name in ("temp_c", "wind_ms", "precip_mm"):
            np.testing.assert_allclose(
                forecasts["network"].members[name], then.trajectories[name][:, leads], atol=2e-3
            )


def test_climatology_is_what_the_forecasts_of_the_temperature_are_held_against(evenings):
    fitted = {"usual": baselines.climatology_drift}
    verified = hindcast(two_stations(), built().forecaster, fitted, "test", 23)
    usual = verified.medians["usual"][verified.whole_days][judged(verified)]
    for i, evening in enumerate(evenings):
        for day, forecasts in zip(DAYS_AHEAD, evening.forecasts, strict=True):
            np.testing.assert_allclose(
                forecasts["climatology_drift"].members["temp_c"][0],
                usual[i, 24 * (day - 1) : 24 * day],
            )


def test_what_is_usual_is_weather_that_can_be(evenings):
    for evening in evenings:
        for forecasts in evening.forecasts:
            usual = forecasts["climatology_drift"]
            assert (usual.members["wind_ms"] >= 0).all()
            assert np.isnan(usual.members["precip_mm"]).all()
            assert ((usual.rain_chance >= 0) & (usual.rain_chance <= 1)).all()


def test_the_usual_chance_of_rain_is_the_share_of_training_days_with_a_wet_hour_outdoors():
    record = two_stations().histories["AAA"]
    dates = local_time(record.valid_at, place()).astype("datetime64[D]").astype(int)
    hour = hour_of_day(local_time(record.valid_at, place()))
    every_fourth = np.where((dates % 4 == 0) & (hour == 12), 1.0, np.where(hour == 23, 1.0, 0.0))
    chances = [
        forecasts["climatology_drift"].rain_chance
        for evening in at(precip_mm=every_fourth).evenings("test")
        for forecasts in evening.forecasts
    ]
    np.testing.assert_allclose(chances, 0.25, atol=0.06)
    assert np.ptp(chances, axis=1).max() == 0


def test_what_a_station_does_not_report_is_unknown_and_not_clear_and_dry():
    evenings = list(at(1).evenings("test"))
    assert len(evenings) > 3
    for evening in evenings:
        for observed, forecasts in zip(evening.observed, evening.forecasts, strict=True):
            for weather in (observed, *forecasts.values()):
                assert np.isnan(weather.members["cloud_pct"]).all()
                assert np.isnan(weather.members["precip_mm"]).all()
                assert np.isnan(weather.rain_chance).all()


def test_rain_known_from_a_sum_of_three_hours_makes_those_hours_wet():
    record = two_stations().histories["AAA"]
    hour = hour_of_day(local_time(record.valid_at, place()))
    sums = np.where(
        hour % 3 == 0, np.where(hour == 12, 0.1, np.where(hour == 18, 6.0, 0.0)), np.nan
    )
    evening = next(at(precip_mm=np.full(len(record), np.nan), precip_3h_mm=sums).evenings("test"))
    expected = np.zeros(24)
    expected[10:13], expected[16:19] = 0.1, 2.0
    for weather in (evening.observed[0], evening.forecasts[0]["seasonal_naive"]):
        np.testing.assert_allclose(weather.members["precip_mm"][0], expected)
