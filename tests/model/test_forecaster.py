"""The tracked model at work: from a history to a forecast, with nothing of the future in it."""

import functools
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from horizon import HORIZON_H
from unit.forecasting.synthetic import (
    HISTORY_H,
    START,
    built,
    two_stations,
    weather,
    with_values,
)
from wearcast.errors import ModelError
from wearcast.forecasting.channels import CHANNELS, TARGETS, channel_values
from wearcast.forecasting.forecaster import Forecaster, StationForecast
from wearcast.forecasting.history import History
from wearcast.forecasting.quantiles import LEVELS, MEDIAN
from wearcast.variables import HISTORY, VARIABLES

# The climatology differs in the last bit of its float64 sums, 1e-14; ONNX Runtime may sum one
# window's float32 in another order than 256 at once, 1e-6 of a standard deviation, which is at most
# a few tens of a unit (per cent of cloud). A leak moves far more.
ROUNDING = 1e-4


@pytest.fixture(scope="module")
def history() -> History:
    return two_stations().histories["AAA"]


def positions(history: History) -> np.ndarray:
    whole = np.isfinite(history.column("temp_c"))
    return np.array(
        [
            i
            for i in range(HISTORY_H, len(history) - 1, 53)
            if whole[i - HISTORY_H + 1 : i + 1].all()
        ]
    )


def test_a_forecast_from_the_whole_record_is_the_one_made_then(model, history):
    forecaster, at = model.forecaster, positions(history)
    series = model.manifest.standardization.series(history)
    together = forecaster.run("AAA", series, at)
    for i, t in enumerate(at):
        then = forecaster.predict(history.until(history.valid_at[t])).marginals
        for name in TARGETS:
            np.testing.assert_allclose(
                together.quantiles[name][i], then.quantiles[name][0], atol=ROUNDING, rtol=0
            )
        np.testing.assert_allclose(
            together.hourly_rain_chance[i], then.hourly_rain_chance[0], atol=ROUNDING, rtol=0
        )
        np.testing.assert_allclose(
            together.rain_mm()[i], then.rain_mm()[0], rtol=1e-3, atol=ROUNDING
        )


def test_it_is_climatology_drift_and_the_networks_calibrated_anomaly(model, history):
    standardization, climate = (
        model.manifest.standardization,
        model.manifest.standardization.climatologies["AAA"],
    )
    series, at = standardization.series(history), np.array([900, 3000])
    calibrated = model.manifest.calibration(model.forecaster.network(series, at)[0])
    found = model.forecaster.run("AAA", series, at).quantiles["temp_c"]
    temp = CHANNELS.index("temp_c")
    anomalies = (channel_values(history) - climate.at(history.valid_at))[:, temp]
    for i, t in enumerate(at):
        expected_c = climate.at(history.valid_at[t] + np.arange(1, HORIZON_H + 1))[:, temp]
        moved = expected_c + standardization.trailing_window.mean_anomaly(anomalies[: t + 1])[-1]
        np.testing.assert_allclose(
            found[i], moved[:, None] + climate.scale[temp] * calibrated[i, :, 0], atol=1e-4
        )
    assert not np.allclose(calibrated, model.forecaster.network(series, at)[0])


def test_the_future_may_be_anything(model, history):
    t = 2000
    absurd = {
        name: np.where(np.arange(len(history)) > t, VARIABLES[name].high, history.column(name))
        for name in HISTORY
    }
    standardization, at = model.manifest.standardization, np.array([t])
    honest, poisoned = (
        model.forecaster.run("AAA", standardization.series(h), at)
        for h in (history, with_values(history, **absurd))
    )
    for name in TARGETS:
        np.testing.assert_array_equal(poisoned.quantiles[name], honest.quantiles[name])
    np.testing.assert_array_equal(poisoned.hourly_rain_chance, honest.hourly_rain_chance)


def test_more_history_than_the_trailing_window_changes_nothing(model, history):
    reach = 24 * model.manifest.standardization.trailing_window.days
    long, short = (
        model.forecaster.predict(history.until(history.issued_at, hours))
        for hours in (None, reach + HISTORY_H)
    )
    for name in TARGETS:
        np.testing.assert_allclose(
            short.marginals.quantiles[name], long.marginals.quantiles[name], atol=ROUNDING
        )
    assert short.trailing_year_h == long.trailing_year_h


def test_a_shorter_history_counts_fewer_hours_of_the_trailing_year(model, history):
    short = model.forecaster.predict(history.until(history.issued_at, HISTORY_H))
    assert short.trailing_year_h == HISTORY_H
    assert (
        model.forecaster.predict(history).trailing_year_h
        == 24 * model.manifest.standardization.trailing_window.days
    )


def test_many_forecasts_are_the_same_in_chunks(model, history):
    series = model.manifest.standardization.series(history)
    at = np.repeat(positions(history)[:20], 30)
    together = model.forecaster.run("AAA", series, at)
    assert len(together.hourly_rain_chance) == 600
    np.testing.assert_allclose(
        together.quantiles["temp_c"][::30][:5],
        model.forecaster.run("AAA", series, at[::30][:5]).quantiles["temp_c"],
        atol=1e-3,
    )


def test_it_tells_quantiles_of_what_can_be_and_members_of_the_size_asked_for(model, history):
    forecast = model.forecaster.predict(history)
    for name in TARGETS:
        quantiles = forecast.marginals.quantiles[name]
        assert quantiles.shape == (1, HORIZON_H, len(LEVELS))
        assert (np.diff(quantiles, axis=-1) >= 0).all()
        assert forecast.trajectories[name].shape == (12, HORIZON_H)
    assert (
        forecast.marginals.quantiles["dewpoint_c"] <= forecast.marginals.quantiles["temp_c"]
    ).all()
    assert (forecast.marginals.quantiles["wind_ms"] >= 0).all()
    assert (
        (forecast.marginals.hourly_rain_chance > 0) & (forecast.marginals.hourly_rain_chance < 1)
    ).all()
    rain_mm = forecast.marginals.rain_mm()
    assert (np.diff(rain_mm, axis=-1) >= 0).all()
    assert not rain_mm[..., MEDIAN][forecast.marginals.hourly_rain_chance < 0.5].any()


def test_gusts_follow_the_wind_by_the_stations_factor_and_change_nothing_else(model, history):
    plain = model.forecaster.predict(history)
    told = model.forecaster.predict(with_values(history, gust_ms=1.5 * history.column("wind_ms")))
    for found, without in (
        (told.marginals.quantiles, plain.marginals.quantiles),
        (told.trajectories, plain.trajectories),
    ):
        np.testing.assert_allclose(found["gust_ms"], 1.5 * found["wind_ms"], rtol=1e-6)
        assert np.isnan(without["gust_ms"]).all()
        for name in set(without) - {"gust_ms"}:
            np.testing.assert_array_equal(found[name], without[name])


def test_a_warmer_day_gives_a_warmer_tomorrow(model, history):
    temp_c = history.column("temp_c").copy()
    temp_c[-24:] += 8
    median = [
        model.forecaster.predict(h).marginals.quantiles["temp_c"][0, :24, MEDIAN]
        for h in (with_values(history, temp_c=temp_c), history)
    ]
    assert (median[0] - median[1]).mean() > 1


def test_a_temperature_alone_is_enough(model, history):
    alone = History("AAA", history.valid_at, {"temp_c": history.column("temp_c")})
    forecast = model.forecaster.predict(alone)
    assert np.isfinite(forecast.marginals.quantiles["temp_c"]).all()


def test_what_the_station_never_reported_is_not_forecast(model):
    forecast = model.forecaster.predict(two_stations().histories["BBB"])
    for values in (
        forecast.marginals.quantiles["cloud_pct"],
        forecast.marginals.hourly_rain_chance,
        forecast.marginals.rain_mm(),
    ):
        assert np.isnan(values).all()
    assert np.isnan(forecast.trajectories["cloud_pct"]).all()
    assert np.isnan(forecast.trajectories["precip_mm"]).all()
    assert np.isfinite(forecast.trajectories["dewpoint_c"]).all()


def test_an_unknown_station(model, history):
    with pytest.raises(
        ModelError, match=r"the model doesn't know station 'ZZZ'. It was trained for: AAA, BBB."
    ):
        model.forecaster.predict(replace(history, station="ZZZ"))


@pytest.mark.parametrize("hours", [1, HISTORY_H - 1])
def test_too_short_a_history(model, history, hours):
    with pytest.raises(
        ModelError, match=f"the history of AAA has {hours} hours; the model needs the last 48"
    ):
        model.forecaster.predict(history.until(history.issued_at, hours))


def test_no_history_at_all(model):
    nothing = History("AAA", START + np.arange(0), {"temp_c": np.empty(0)})
    with pytest.raises(ModelError, match="the history of AAA has 0 hours"):
        model.forecaster.predict(nothing)


def test_a_last_hour_without_a_temperature(model, history):
    temp_c = history.column("temp_c").copy()
    temp_c[-1] = np.nan
    message = (
        r"the last 48 hours of AAA hold 47 temperatures; the model needs 75% of them and that of"
        r" the issue time, 2013-07-20T04 UTC"
    )
    with pytest.raises(ModelError, match=message):
        model.forecaster.predict(with_values(history, temp_c=temp_c))


def test_a_history_three_quarters_full_is_enough_and_less_is_not(model, history):
    temp_c = history.column("temp_c").copy()
    temp_c[-HISTORY_H : -HISTORY_H + 12] = np.nan
    assert np.isfinite(
        model.forecaster.predict(with_values(history, temp_c=temp_c)).marginals.quantiles["temp_c"]
    ).all()
    temp_c[-2] = np.nan
    with pytest.raises(ModelError, match="the last 48 hours of AAA hold 35 temperatures"):
        model.forecaster.predict(with_values(history, temp_c=temp_c))


WITHOUT = """
import sys
for heavy in ("torch", "pandas", "pandera", "pyarrow", "onnx"):
    sys.modules[heavy] = None  # importing it is an error
import numpy as np
from pathlib import Path
from wearcast.forecasting.forecaster import Forecaster
from wearcast.forecasting.history import History
given = np.load(sys.argv[2])
history = History("AAA", given["valid_at"], {"temp_c": given["temp_c"]})
forecast = Forecaster.load(Path(sys.argv[1])).predict(history)
loaded = {name.split(".")[0] for name, module in sys.modules.items() if module}
assert not loaded & {"torch", "pandas"}
np.save(sys.argv[3], forecast.marginals.quantiles["temp_c"])
"""


def test_it_needs_neither_torch_nor_pandas(model, history, folder, tmp_path):
    np.savez(tmp_path / "history.npz", valid_at=history.valid_at, temp_c=history.column("temp_c"))
    command = [
        sys.executable,
        "-c",
        WITHOUT,
        folder,
        tmp_path / "history.npz",
        tmp_path / "out.npy",
    ]
    subprocess.run(command, check=True)
    here = model.forecaster.predict(
        History("AAA", history.valid_at, {"temp_c": history.column("temp_c")})
    )
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), here.marginals.quantiles["temp_c"])


def test_what_is_saved_is_what_is_loaded(model, history, folder):
    loaded = Forecaster.load(folder)
    assert loaded.manifest.version == model.manifest.version
    ours, theirs = model.forecaster.predict(history), loaded.predict(history)
    for name in TARGETS:
        np.testing.assert_array_equal(
            ours.marginals.quantiles[name], theirs.marginals.quantiles[name]
        )
        np.testing.assert_array_equal(ours.trajectories[name], theirs.trajectories[name])


def test_another_place_has_its_own_weather(model):
    values = weather(START + np.arange(24 * 20), seed=5)
    forecast = model.forecaster.predict(History("BBB", START + np.arange(24 * 20), values))
    assert forecast.station == "BBB"
    assert forecast.issued_at == START + 24 * 20 - 1


def values_of(forecast: StationForecast) -> list[bytes]:
    """All that a forecast says, as bytes."""
    marginals = forecast.marginals
    arrays = [
        *marginals.quantiles.values(),
        marginals.hourly_rain_chance,
        marginals.rain_log_mm,
        *forecast.trajectories.values(),
    ]
    told = f"{forecast.station} {forecast.issued_at} {forecast.trailing_year_h}"
    return [told.encode(), *(array.tobytes() for array in arrays)]


@functools.cache
def issued_then(station: str, hours: int) -> History:
    record = two_stations().histories[station]
    return record.until(record.valid_at[hours])


@functools.cache
def alone(station: str, hours: int) -> list[bytes]:
    return values_of(built().forecaster.predict(issued_then(station, hours)))


@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["AAA", "BBB"]), st.sampled_from(range(1000, 4000, 173))),
        min_size=1,
        max_size=70,
    )
)
def test_a_forecast_is_the_same_bytes_whatever_is_made_beside_it(asked):
    together = built().forecaster.predict_many([issued_then(*one) for one in asked])
    assert [values_of(one) for one in together] == [alone(*one) for one in asked]


def test_of_several_the_one_that_can_not_be_forecast_is_named(model, history):
    unknown = replace(history, station="ZZZ")
    with pytest.raises(ModelError, match="the model doesn't know station 'ZZZ'"):
        model.forecaster.predict_many([history, unknown])
    assert model.forecaster.predict_many([]) == []
