"""A place nobody trained on: fitted from its archive, forecast by the network of others."""

import contextlib
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.forecasting.synthetic import START, history, place, with_values
from wearcast.errors import ModelError
from wearcast.forecasting import held_out_places, place_correction, place_file
from wearcast.forecasting.channels import TARGETS
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
from wearcast.forecasting.input_series import InputHours
from wearcast.forecasting.place import Place
from wearcast.forecasting.place_fit import LEAST_DAYS, fit_place
from wearcast.forecasting.quantiles import MEDIAN
from wearcast.weather import held_out, quality
from wearcast.weather.observations import conform

ELSEWHERE = place("CCC", longitude=-73.0)
FAR = place("CCC", longitude=127.0)


def record(days: int, seed: int = 5, start: np.datetime64 = START) -> History:
    return history("CCC", days, seed, start)


@pytest.fixture(scope="module")
def year(model) -> Place:
    """A place with a year of record."""
    return fit_place(ELSEWHERE, record(362), model.forecaster)


@pytest.fixture(scope="module")
def sea_breeze() -> History:
    """Two years of a place where what the wind was tells the next day's temperature."""
    plain = record(740)
    wind_ms = plain.column("wind_ms")
    moved = np.roll(np.nan_to_num(wind_ms), 12) - np.nanmean(wind_ms)
    return with_values(plain, temp_c=plain.column("temp_c") + 1.5 * moved)


def temperatures(forecaster: Forecaster, known: History) -> np.ndarray:
    return forecaster.predict(known).marginals.quantiles["temp_c"][0]


def test_its_forecast_is_the_networks_on_its_own_climatology(model, year):
    forecaster = model.forecaster.with_places({"CCC": year})
    standardization = forecaster.manifest.standardization
    known = record(362)
    series = standardization.series(known)
    at = np.array([4000])
    raw, _, _ = forecaster.network(series, at)
    expected = year.calibration(raw)[0, :, 0]
    climate = standardization.climatologies["CCC"]
    usual = series.climatology[4001 : 4001 + len(expected), 0]
    trailing = series.trailing_anomaly[4000, 0] * climate.scale[0]
    found = forecaster.run("CCC", series, at).quantiles["temp_c"][0]
    np.testing.assert_allclose(found, usual[:, None] + trailing + climate.scale[0] * expected)


def test_the_model_keeps_its_version_and_its_own_stations(model, year):
    forecaster = model.forecaster.with_places({"CCC": year})
    assert forecaster.manifest.version == model.manifest.version
    assert [station.id for station in forecaster.manifest.stations] == ["AAA", "BBB", "CCC"]
    known = model.records.histories["AAA"]
    np.testing.assert_array_equal(
        temperatures(forecaster, known), temperatures(model.forecaster, known)
    )
    assert "CCC" in forecaster.manifest.inputs.stations
    assert forecaster.manifest.inputs.drift("CCC", {"CCC": InputHours.of(record(362))})
    alone = forecaster.with_places({})
    assert alone.manifest.stations == model.manifest.stations
    with pytest.raises(ModelError, match="doesn't know station 'CCC'"):
        alone.predict(record(362))


def test_its_file_brings_it_back(model, year):
    content = place_file.to_bytes(year)
    again = place_file.from_bytes(content)
    assert place_file.to_bytes(again) == content
    assert (again.station, again.model, again.record) == (year.station, year.model, year.record)
    known = record(362)
    one, other = (
        temperatures(model.forecaster.with_places({"CCC": place}), known) for place in (year, again)
    )
    np.testing.assert_array_equal(one, other)


def test_a_fit_twice_is_the_same_file(model, year):
    assert place_file.to_bytes(fit_place(ELSEWHERE, record(362), model.forecaster)) == (
        place_file.to_bytes(year)
    )


@given(cut=st.integers(0, 10_000), flipped=st.integers(0, 10_000), by=st.integers(1, 255))
def test_a_broken_file_is_a_model_error_or_a_place(year, cut, flipped, by):
    content = bytearray(place_file.to_bytes(year))
    content[flipped * 97 % len(content)] ^= by
    for broken in (bytes(content), bytes(content[: cut * 31 % len(content)])):
        with contextlib.suppress(ModelError):
            assert place_file.from_bytes(broken).station.id


def test_a_file_that_unpacks_to_too_much_is_refused(year, monkeypatch):
    content = place_file.to_bytes(year)
    monkeypatch.setattr(place_file, "MOST_BYTES", len(content) - 1)
    with pytest.raises(ModelError, match="more than"):
        place_file.from_bytes(content)


def test_what_it_says_of_itself(year):
    record = year.record
    assert record.days == 363
    assert record.borrowed_from == ("AAA", "BBB")
    assert 60 < record.nearest_km < 120
    assert year.correction is None
    assert set(record.corrected.values()) == {0.0}
    assert 0 < record.mae_c["1-24"] < record.climatology_mae_c["1-24"]
    assert 0.7 < record.coverage_80["all"] < 0.9
    json.dumps(record.to_json(), allow_nan=False)


def test_half_a_year_leans_on_its_neighbours(model):
    summer = record(185, start=START - 24 * 120)
    fitted = fit_place(ELSEWHERE, summer, model.forecaster)
    known = model.manifest.standardization.climatologies
    winter = np.datetime64("2013-01-15T00", "h") + np.arange(24)
    own = fitted.climatology.at(winter)[:, 0]
    near = np.mean([known[id].at(winter)[:, 0] for id in ("AAA", "BBB")], axis=0)
    assert np.abs(own - near).max() < 2.5
    assert fitted.record.borrowed_from == ("AAA", "BBB")
    # Of seasons that it hasn't, it says nothing.
    assert fitted.rain_days is None
    assert not fitted.inputs.level
    share = fitted.record.days / 365
    general = model.manifest.calibration.margins
    own_margins = (fitted.calibration.margins - (1 - share) * general) / share
    assert np.abs(own_margins - general).max() > 0.02


@pytest.mark.parametrize(
    ("station", "known", "message"),
    [
        (ELSEWHERE, record(LEAST_DAYS - 5), f"a place needs {LEAST_DAYS}"),
        (FAR, record(400), "its climate may be another one"),
        (place("CCC", longitude=-67.0), record(200), "nothing tells the rest of its year"),
        (place("AAA"), history("AAA"), "the model was trained for AAA"),
        (place("DDD"), record(362), "the history is of CCC"),
    ],
)
def test_what_can_not_be_fitted_is_refused(model, station, known, message):
    with pytest.raises(ModelError, match=message):
        fit_place(station, known, model.forecaster)


def test_a_climate_that_the_model_knows_nothing_of_is_refused(model):
    # No anomaly lasts: what was says nothing of what comes.
    known = record(740)
    rng = np.random.default_rng(0)
    noise = with_values(known, temp_c=rng.normal(25, 3, len(known)))
    with pytest.raises(ModelError, match="trained for another climate"):
        fit_place(FAR, noise, model.forecaster)


def test_two_years_correct_what_the_network_misses(model, sea_breeze):
    fitted = fit_place(FAR, sea_breeze, model.forecaster)
    assert fitted.record.borrowed_from == ()
    assert fitted.record.corrected["7-24"] > 0.5
    later = with_values(record(740, seed=9), temp_c=_with_breeze(record(740, seed=9)))
    with_it, without = (
        _first_day_error(model.forecaster.with_places({"CCC": one}), later)
        for one in (fitted, replace(fitted, correction=None))
    )
    assert with_it < 0.95 * without


def _with_breeze(known: History) -> np.ndarray:
    wind_ms = known.column("wind_ms")
    moved = np.roll(np.nan_to_num(wind_ms), 12) - np.nanmean(wind_ms)
    return known.column("temp_c") + 1.5 * moved


def _first_day_error(forecaster: Forecaster, known: History) -> float:
    series = forecaster.manifest.standardization.series(known)
    at = np.arange(1000, len(known) - 200, 37)
    medians = forecaster.run("CCC", series, at).quantiles["temp_c"][:, :24, MEDIAN]
    observed = known.column("temp_c")[at[:, None] + np.arange(1, 25)]
    return float(np.nanmean(np.abs(medians - observed)))


def test_a_correction_of_noise_counts_for_nothing():
    rng = np.random.default_rng(3)
    features = rng.normal(size=(2000, 400)).astype(np.float32)
    missed = rng.normal(size=(2000, 48, len(TARGETS))).astype(np.float32)
    issued_at = START + 5 * np.arange(2000)
    fitted = place_correction.fit(features, missed, issued_at, 5, 96)
    assert fitted.out_of_fold.std() < 0.02
    assert (fitted.shares == 0).mean() > 0.8


def test_a_place_of_another_model_or_with_a_stations_id_is_refused(model, year):
    with pytest.raises(ModelError, match="was fitted to model 0123"):
        model.forecaster.with_places({"CCC": replace(year, model="0123")})
    with pytest.raises(ModelError, match="was given as DDD"):
        model.forecaster.with_places({"DDD": year})
    same = replace(year, station=place("AAA"))
    with pytest.raises(ModelError, match="was trained for AAA"):
        model.forecaster.with_places({"AAA": same})


def test_a_place_is_forecast_among_others_as_alone(model, year):
    forecaster = model.forecaster.with_places({"CCC": year})
    histories = [model.records.histories["AAA"], record(362), model.records.histories["BBB"]]
    together = forecaster.predict_many(histories)
    for known, found in zip(histories, together, strict=True):
        alone = forecaster.predict(known)
        assert found.station == known.station
        for name in TARGETS:
            np.testing.assert_array_equal(
                found.marginals.quantiles[name], alone.marginals.quantiles[name]
            )


def test_stations_held_out_are_judged_as_places(model, tmp_path):
    known = record(360)
    table = pd.DataFrame({"station": "CCC", "valid_at": known.valid_at, **known.values})
    controlled, _ = quality.control(conform(table), [ELSEWHERE], 0)
    assert held_out_places.scores(tmp_path, model.records.split, model.forecaster, "test", 5).empty
    held_out.write(tmp_path, controlled, [ELSEWHERE])
    split = model.records.split
    scores = held_out_places.scores(tmp_path, split, model.forecaster, "test", 5)
    assert list(scores.index) == ["CCC"]
    assert scores.loc["CCC", "refused"] == ""
    assert 0.5 < scores.loc["CCC", "1-24"] < scores.loc["CCC", "73-168"] < 4
    assert 0.6 < scores.loc["CCC", "in 80 %"] < 0.95
    held_out.write(tmp_path, controlled.head(24 * 100), [ELSEWHERE])
    refused = held_out_places.scores(tmp_path, split, model.forecaster, "test", 5)
    assert "a place needs 180" in refused.loc["CCC", "refused"]
