import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from wearcast.config import Station
from wearcast.errors import ObservationsError
from wearcast.weather import humidity
from wearcast.weather.observations import VALUES, concatenate, conform, validate
from wearcast.weather.quality import (
    SPIKE,
    STUCK_H,
    as_table,
    control,
    require_measurements,
    told_of,
)
from wearcast.weather.sources import SampleSource
from wearcast.weather.stations import resolve

Table = Callable[..., pd.DataFrame]
SEOUL = resolve(["108"])

# Quality control of a table takes tens of milliseconds, more on a busy machine.
patiently = settings(deadline=None, max_examples=40)
shape = (24, len(VALUES))
plausible = arrays(
    np.float64, shape, elements=st.integers(-20, 35).map(float), fill=st.just(np.nan)
)
anything = arrays(
    np.float64,
    shape,
    elements=st.sampled_from([-np.inf, -999.0, -1.0, 0.0, 9.9, 360.0, 1e30]),
    fill=st.just(np.nan),
)


@st.composite
def raw_tables(draw: st.DrawFn, of: st.SearchStrategy[NDArray[np.float64]]) -> pd.DataFrame:
    """Some hours of a day, with whatever values."""
    present = draw(arrays(bool, 24, fill=st.just(True)).filter(any))
    values = pd.DataFrame(draw(of), columns=list(VALUES))
    valid_at = pd.date_range("2021-01-01", periods=24, freq="h", tz="UTC")
    return conform(values.assign(station="108", valid_at=valid_at)[present])


def flagged(observations: pd.DataFrame, name: str) -> pd.Series:
    return observations["filled"].str.split(",").map(lambda names: name in names)


@patiently
@given(raw=raw_tables(anything) | raw_tables(plausible), fill_h=st.integers(0, 6))
def test_whatever_comes_in_keeps_the_contract_when_it_comes_out(
    raw: pd.DataFrame, fill_h: int
) -> None:
    observations, report = control(raw, SEOUL, fill_h)
    validate(observations)
    assert observations["valid_at"].iloc[[0, -1]].tolist() == [
        raw["valid_at"].min(),
        raw["valid_at"].max(),
    ]
    json.dumps(report, allow_nan=False)


@patiently
@given(raw=raw_tables(anything) | raw_tables(plausible), fill_h=st.integers(0, 6))
def test_a_value_is_the_observed_one_or_missing_unless_it_is_flagged(
    raw: pd.DataFrame, fill_h: int
) -> None:
    observations, _ = control(raw, SEOUL, fill_h)
    before = raw.set_index("valid_at").reindex(observations["valid_at"])
    for name in VALUES:
        was, now = before[name].to_numpy(), observations[name].to_numpy()
        untouched = (was == now) | np.isnan(now)
        assert (untouched | flagged(observations, name).to_numpy()).all(), name


@patiently
@given(raw=raw_tables(plausible), fill_h=st.integers(0, 6))
def test_no_value_is_invented_in_a_long_gap(raw: pd.DataFrame, fill_h: int) -> None:
    observations, _ = control(raw, SEOUL, fill_h)
    present = set(raw["valid_at"])
    absent = ~observations["valid_at"].isin(present).to_numpy()
    starts = np.flatnonzero(np.diff(np.concatenate([[0], absent.astype(int), [0]])))
    for start, end in starts.reshape(-1, 2):
        if end - start > fill_h:
            assert observations.iloc[start:end][list(VALUES)].isna().to_numpy().all()


@patiently
@given(raw=raw_tables(plausible))
def test_precipitation_radiation_and_wind_direction_are_never_filled(raw: pd.DataFrame) -> None:
    observations, report = control(raw, SEOUL, 6)
    for name in ("precip_mm", "precip_3h_mm", "solar_wm2", "wind_dir_deg"):
        assert not flagged(observations, name).any()
        assert report["108"]["columns"].get(name, {"interpolated": 0})["interpolated"] == 0


def test_a_gap_of_the_limit_is_filled_with_a_straight_line_and_flagged(table: Table) -> None:
    observations, report = control(
        table(temp_c=[1.0, np.nan, np.nan, np.nan, 5.0]), SEOUL, fill_h=3
    )
    assert observations["temp_c"].tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert observations["filled"].tolist() == ["", "temp_c", "temp_c", "temp_c", ""]
    assert report["108"]["columns"]["temp_c"]["interpolated"] == 3


def test_a_temperature_filled_beside_a_measured_dew_point_stays_above_it(table: Table) -> None:
    observations, _ = control(
        table(temp_c=[0.0, np.nan, -2.0], dewpoint_c=[-1.0, 0.0, -3.0]), SEOUL, fill_h=1
    )
    assert observations["temp_c"].tolist() == [0.0, 0.0, -2.0]


def test_a_gap_longer_than_the_limit_stays_open(table: Table) -> None:
    observations, report = control(
        table(temp_c=[1.0, np.nan, np.nan, np.nan, 5.0]), SEOUL, fill_h=2
    )
    assert observations["temp_c"].isna().sum() == 3
    assert report["108"]["columns"]["temp_c"]["longest_gap_h"] == 3


def test_a_gap_at_the_end_is_not_filled_because_nothing_is_known_behind_it(table: Table) -> None:
    observations, _ = control(
        table(temp_c=[1.0, 2.0, np.nan], wind_ms=[np.nan, 1.0, 2.0]), SEOUL, fill_h=3
    )
    assert np.isnan(observations["temp_c"].iloc[2])
    assert np.isnan(observations["wind_ms"].iloc[0])


def test_an_absent_hour_gets_a_row(table: Table) -> None:
    observations, report = control(
        table(temp_c=[1.0] * 8).drop(index=[3, 4, 5, 6]), SEOUL, fill_h=3
    )
    assert len(observations) == 8
    assert report["108"]["absent_hours"] == 4
    assert not observations["trace"].any()


def test_a_dew_point_filled_beside_a_measured_hollow_stays_below_the_temperature(
    table: Table,
) -> None:
    observations, _ = control(
        table(temp_c=[10.0, 4.0, 10.0], dewpoint_c=[9.0, np.nan, 9.0]), SEOUL, fill_h=1
    )
    assert observations["dewpoint_c"].tolist() == [9.0, 4.0, 9.0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temp_c", -273.0),
        ("rh_pct", 101.0),
        ("wind_ms", 468.66),
        ("pressure_hpa", 0.0),
        ("precip_mm", -9.0),
        ("wind_dir_deg", 0.0),
    ],
)
def test_an_impossible_value_is_removed_and_counted(table: Table, name: str, value: float) -> None:
    raw = table(**{"temp_c": [10.0, 11.0, 12.0], name: [value, np.nan, np.nan]})
    observations, report = control(raw, SEOUL, fill_h=0)
    assert np.isnan(observations[name].iloc[0])
    assert report["108"]["columns"][name]["impossible"] == 1


def test_a_gust_below_its_wind_is_removed_and_the_wind_stays(table: Table) -> None:
    raw = table(temp_c=[10.0] * 3, wind_ms=[5.0, 5.0, 5.0], gust_ms=[9.0, 4.0, 4.6])
    observations, report = control(raw, SEOUL, fill_h=0)
    np.testing.assert_array_equal(observations["gust_ms"], [9.0, np.nan, 4.6])
    assert observations["wind_ms"].tolist() == [5.0, 5.0, 5.0]
    assert report["108"]["columns"]["gust_ms"]["impossible"] == 1


def test_a_gust_is_never_filled_and_bounds_a_wind_that_is(table: Table) -> None:
    raw = table(temp_c=[10.0] * 4, wind_ms=[9.0, np.nan, 9.0, 9.0], gust_ms=[12, 6, np.nan, 12])
    observations, _ = control(raw, SEOUL, fill_h=3)
    np.testing.assert_array_equal(observations["gust_ms"], [12.0, 6.0, np.nan, 12.0])
    assert observations["wind_ms"].tolist() == [9.0, 6.0, 9.0, 9.0]


def test_a_dew_point_above_the_temperature_is_derived_from_humidity(table: Table) -> None:
    observations, report = control(
        table(temp_c=[10.0], dewpoint_c=[12.0], rh_pct=[80.0]), SEOUL, fill_h=0
    )
    assert observations["dewpoint_c"].iloc[0] == pytest.approx(6.7, abs=0.05)
    assert (
        report["108"]["columns"]["dewpoint_c"]["impossible"],
        report["108"]["columns"]["dewpoint_c"]["derived"],
    ) == (1, 1)


@pytest.mark.parametrize("name", SPIKE)
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_value_that_stands_out_from_both_neighbours_is_a_spike(
    table: Table, name: str, sign: int
) -> None:
    calm = {
        "temp_c": 15.0,
        "dewpoint_c": -5.0,
        "rh_pct": 50.0,
        "wind_ms": 40.0,
        "pressure_hpa": 1010.0,
    }
    series = np.full(5, calm[name])
    series[2] += sign * (SPIKE[name] + 0.1)
    _, report = control(table(**{"temp_c": np.full(5, 15.0), name: series}), SEOUL, fill_h=0)
    assert report["108"]["columns"][name]["spikes"] == 1


def test_a_front_is_no_spike(table: Table) -> None:
    front = [20.0, 20.0, 19.0, 6.0, 5.0, 5.0]
    observations, _ = control(table(temp_c=front), SEOUL, fill_h=3)
    assert observations["temp_c"].tolist() == front


def test_a_sensor_that_never_moves_is_stuck_and_one_that_moves_is_not(table: Table) -> None:
    stuck = np.r_[np.linspace(10, 12, 10), np.full(STUCK_H["temp_c"], 12.5), 13.0]
    shorter = np.r_[np.linspace(10, 12, 10), np.full(STUCK_H["temp_c"] - 1, 12.5), 13.0, 13.5]
    observations, report = control(table(temp_c=stuck), SEOUL, fill_h=3)
    assert report["108"]["columns"]["temp_c"]["stuck"] == STUCK_H["temp_c"]
    assert observations["temp_c"].notna().sum() == 11
    assert (
        control(table(temp_c=shorter), SEOUL, fill_h=3)[1]["108"]["columns"]["temp_c"]["stuck"] == 0
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wind_ms", 0.0),
        ("rh_pct", 100.0),
        ("cloud_pct", 0.0),
        ("cloud_pct", 100.0),
        ("precip_mm", 0.0),
        ("solar_wm2", 0.0),
    ],
)
def test_calm_fog_and_a_clear_or_overcast_sky_may_last(
    table: Table, name: str, value: float
) -> None:
    temps = 10 + np.sin(np.arange(200) / 4)
    observations, report = control(
        table(**{"temp_c": temps, name: np.full(200, value)}), SEOUL, fill_h=3
    )
    assert (observations[name] == value).all()
    assert report["108"]["columns"][name].get("stuck", 0) == 0


def test_a_missing_dew_point_comes_from_humidity_and_is_flagged(table: Table) -> None:
    observations, report = control(table(temp_c=[25.0, 20.0], rh_pct=[60.0, 50.0]), SEOUL, fill_h=3)
    assert observations["dewpoint_c"].tolist() == [16.7, 9.3]
    assert observations["filled"].tolist() == ["dewpoint_c", "dewpoint_c"]
    assert report["108"]["columns"]["dewpoint_c"]["derived"] == 2


def test_missing_humidity_comes_from_the_dew_point_only_where_humidity_is_reported_at_all(
    table: Table,
) -> None:
    some = control(
        table(temp_c=[25.0, 20.0], dewpoint_c=[16.7, 9.3], rh_pct=[60.0, np.nan]), SEOUL, 0
    )[0]
    none = control(table(temp_c=[25.0, 20.0], dewpoint_c=[16.7, 9.3]), SEOUL, 0)[0]
    expected = humidity.rh_pct(np.array([20.0]), np.array([9.3]))[0]
    assert some["rh_pct"].iloc[1] == pytest.approx(expected, abs=0.05)
    assert none["rh_pct"].isna().all()


def test_a_row_that_is_there_twice_is_counted_and_dropped_once(table: Table) -> None:
    raw = table(temp_c=[1.0, 2.0])
    observations, report = control(pd.concat([raw, raw.head(1)], ignore_index=True), SEOUL, 0)
    assert (len(observations), report["108"]["duplicates"]) == (2, 1)


def test_two_rows_of_an_hour_that_disagree_are_an_error(table: Table) -> None:
    raw = pd.concat(
        [table(temp_c=[1.0], wind_ms=[3.0]), table(temp_c=[1.0], wind_ms=[4.0])], ignore_index=True
    )
    with pytest.raises(
        ObservationsError,
        match=r"108, 2021-06-01T00:00Z, column wind_ms: the hour is there twice, with 3.0 and 4.0",
    ):
        control(raw, SEOUL, 0)


def test_stations_don_t_mix(table: Table) -> None:
    raw = concatenate([table("108", temp_c=[1.0, np.nan]), table("112", temp_c=[np.nan, 5.0])])
    observations, report = control(raw, resolve(["112", "108"]), fill_h=6)
    assert observations["temp_c"].isna().sum() == 2
    assert list(report) == ["112", "108"]


def test_a_station_without_rows_or_without_a_description_is_an_error(table: Table) -> None:
    with pytest.raises(ObservationsError, match="station 112 has no observations at all"):
        control(table(temp_c=[1.0]), resolve(["108", "112"]), 0)
    with pytest.raises(
        ObservationsError, match="the table has station 108, which is not among 112"
    ):
        control(table(temp_c=[1.0]), resolve(["112"]), 0)


def test_the_sample_s_three_errors_are_found_and_nothing_else(new_york: list[Station]) -> None:
    source = SampleSource()
    raw = concatenate(
        source.fetch(station, *(pd.Timestamp(at, tz="UTC") for at in ("2013", "2014")))
        for station in new_york
    )
    observations, report = control(raw, new_york, fill_h=3)
    counts = as_table(report)
    removed = counts[["impossible", "spikes", "stuck"]].sum(axis="columns")
    # A wind of 1048 mph, and a thermometer at JFK that fell by 24 °C for one hour.
    assert removed[removed > 0].to_dict() == {
        ("EWR", "wind_ms"): 1,
        ("JFK", "temp_c"): 1,
        ("JFK", "dewpoint_c"): 1,
    }
    assert counts.loc[("JFK", "temp_c"), "longest_gap_h"] == 5
    assert len(observations) == 3 * 8730
    may_9 = observations[
        (observations["station"] == "JFK")
        & (observations["valid_at"] == pd.Timestamp("2013-05-09T03Z"))
    ]
    assert may_9["temp_c"].iloc[0] == 13.95
    assert may_9["filled"].iloc[0] == "temp_c,dewpoint_c"


def _twenty_days(wrong: int) -> pd.DataFrame:
    """Twenty days with `wrong` impossible humidities."""
    hours = np.arange(480)
    humidities = 60.0 + hours % 7
    humidities[:wrong] = 101.0
    valid_at = pd.date_range("2021-01-01", periods=480, freq="h", tz="UTC")
    temps = 10.0 + hours % 5
    table = {"station": "108", "valid_at": valid_at, "temp_c": temps, "rh_pct": humidities}
    return conform(pd.DataFrame(table))


def test_a_column_of_which_much_was_removed_is_told() -> None:
    assert told_of(control(_twenty_days(9), SEOUL, 3)[1]) == []
    _, report = control(_twenty_days(12), SEOUL, 3)
    (sentence,) = told_of(report)
    assert sentence == (
        "station 108, column rh_pct: of 480 values quality control removed 12 impossible (2.5%)"
    )
    require_measurements(report)


def test_a_column_of_which_most_was_removed_is_refused() -> None:
    _, report = control(_twenty_days(260), SEOUL, 3)
    with pytest.raises(ObservationsError, match=r"station 108, column rh_pct: of 480 values"):
        require_measurements(report)


def test_a_column_that_ends_long_before_its_station_is_told() -> None:
    rows = _twenty_days(0)
    later = rows.assign(valid_at=rows["valid_at"] + pd.Timedelta(days=20), rh_pct=np.nan)
    latest = later.assign(valid_at=later["valid_at"] + pd.Timedelta(days=20))
    _, report = control(concatenate([rows, later, latest]), SEOUL, 3)
    assert told_of(report) == [
        "station 108, column rh_pct: its last value is of 2021-01-20T23Z, the station's last hour"
        " 2021-03-01T23Z"
    ]
