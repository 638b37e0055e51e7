from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wearcast.errors import ObservationsError
from wearcast.variables import VARIABLES
from wearcast.weather.observations import (
    COLUMNS,
    VALUES,
    concatenate,
    conform,
    read_parquet,
    station_arrays,
    validate,
    validate_raw,
    write_parquet,
)

Table = Callable[..., pd.DataFrame]
TEMP = VARIABLES["temp_c"]


def test_a_table_that_keeps_the_contract_comes_back_unchanged(table: Table) -> None:
    frame = table(temp_c=[1.0, np.nan, 3.0])
    pd.testing.assert_frame_equal(validate(frame), frame)


def test_the_columns_stand_in_their_order_with_their_types(table: Table) -> None:
    frame = table(temp_c=[1])
    assert tuple(frame.columns) == COLUMNS
    assert str(frame["valid_at"].dtype) == "datetime64[ns, UTC]"
    assert all(frame[name].dtype == np.float64 for name in VALUES)
    assert (frame["trace"].dtype, frame["filled"].iloc[0]) == (bool, "")


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        (
            "temp_c",
            80.0,
            "station 108, 2021-06-01T02:00Z, column temp_c: 80.0 is outside [-90, 57]",
        ),
        (
            "wind_ms",
            -1.0,
            "station 108, 2021-06-01T02:00Z, column wind_ms: -1.0 is outside [0, 100]",
        ),
        (
            "wind_dir_deg",
            0.0,
            "station 108, 2021-06-01T02:00Z, column wind_dir_deg: 0.0 is outside (0, 360]",
        ),
        (
            "dewpoint_c",
            9.0,
            "station 108, 2021-06-01T02:00Z, column dewpoint_c: 9.0 is above temp_c, 3.0",
        ),
        (
            "gust_ms",
            114.5,
            "station 108, 2021-06-01T02:00Z, column gust_ms: 114.5 is outside [0, 114]",
        ),
        (
            "pressure_hpa",
            np.inf,
            "station 108, 2021-06-01T02:00Z, column pressure_hpa: inf is outside [870, 1085]",
        ),
    ],
)
def test_an_impossible_value_is_named_by_station_time_and_column(
    table: Table, column: str, value: float, says: str
) -> None:
    frame = table(temp_c=[1.0, 2.0, 3.0, 4.0])
    frame.loc[2, column] = value
    with pytest.raises(ObservationsError) as raised:
        validate(frame)
    assert str(raised.value) == says


def test_a_raw_table_may_hold_absurd_values_and_gaps(table: Table) -> None:
    frame = table(temp_c=[1.0, 999.0, 3.0]).drop(index=1)
    assert len(validate_raw(frame)) == 2


def test_a_missing_hour_is_named(table: Table) -> None:
    with pytest.raises(
        ObservationsError,
        match=r"108, 2021-06-01T03:00Z, column valid_at: 0 days 02:00:00 after the row before",
    ):
        validate(table(temp_c=[1.0, 2.0, 3.0, 4.0]).drop(index=2))


def test_an_hour_that_is_there_twice_is_named(table: Table) -> None:
    frame = table(temp_c=[1.0, 2.0])
    with pytest.raises(
        ObservationsError,
        match=r"108, 2021-06-01T01:00Z, column valid_at: the hour is there more than once",
    ):
        validate_raw(pd.concat([frame, frame.tail(1)], ignore_index=True))


def test_a_gust_below_its_wind_is_named(table: Table) -> None:
    frame = table(temp_c=[1.0, 2.0], wind_ms=[5.0, 5.0], gust_ms=[4.5, 4.3])
    with pytest.raises(ObservationsError, match=r"01:00Z, column gust_ms: 4.3 is below wind_ms, 5"):
        validate(frame)


def test_a_time_between_the_hours_is_named(table: Table) -> None:
    with pytest.raises(
        ObservationsError, match=r"2021-06-01T00:10Z, column valid_at: .* is not a whole hour"
    ):
        validate_raw(table(start="2021-06-01T00:10", temp_c=[1.0]))


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (lambda frame: frame.drop(columns="rh_pct"), "column rh_pct is missing"),
        (
            lambda frame: frame.assign(snow_cm=1.0),
            "column snow_cm is none of station, valid_at, temp_c",
        ),
        (
            lambda frame: frame.astype({"temp_c": "float32"}),
            "column temp_c: dtype('float64') is needed, not float32",
        ),
        (lambda frame: frame[[*COLUMNS[1:], "station"]], "column valid_at is not in its place"),
    ],
)
def test_a_wrong_column_is_named(
    table: Table, broken: Callable[[pd.DataFrame], pd.DataFrame], says: str
) -> None:
    with pytest.raises(ObservationsError) as raised:
        validate(broken(table(temp_c=[1.0])))
    assert says in str(raised.value)


def test_the_same_rows_are_the_same_bytes_in_whatever_order_they_come(
    table: Table, tmp_path: Path
) -> None:
    frame = concatenate([table("108", temp_c=[1.0, np.nan]), table("112", temp_c=[3.0])])
    write_parquet(tmp_path / "a", frame)
    write_parquet(tmp_path / "b", conform(frame.sample(frac=1, random_state=1)))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@settings(deadline=None, max_examples=40)
@given(
    values=st.lists(st.floats(TEMP.low, TEMP.high) | st.just(np.nan), min_size=1),
    flags=st.text("abc,_", max_size=9),
)
def test_parquet_gives_back_every_bit(
    tmp_path_factory: pytest.TempPathFactory, values: list[float], flags: str
) -> None:
    path = tmp_path_factory.mktemp("parquet") / "table.parquet"
    valid_at = pd.date_range("1969-12-31T20", periods=len(values), freq="h", tz="UTC")
    frame = conform(
        pd.DataFrame({"station": "한글", "valid_at": valid_at, "temp_c": values, "filled": flags})
    )
    write_parquet(path, frame)
    pd.testing.assert_frame_equal(read_parquet(path), frame, check_exact=True)


def test_a_file_that_is_no_such_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"not parquet")
    for name in ("broken.parquet", "absent.parquet"):
        with pytest.raises(
            ObservationsError, match=rf"{name} can't be read as a table of observations"
        ):
            read_parquet(tmp_path / name)


def test_station_arrays_are_the_station_s_hours_and_nothing_else(table: Table) -> None:
    frame = concatenate([table("108", temp_c=[1.0, np.nan, 3.0]), table("112", temp_c=[9.0])])
    valid_at, arrays = station_arrays(frame, "108")
    np.testing.assert_array_equal(
        valid_at, np.arange("2021-06-01T00", "2021-06-01T03", dtype="datetime64[h]")
    )
    np.testing.assert_array_equal(arrays["temp_c"], [1.0, np.nan, 3.0])
    assert set(arrays) == set(VALUES)


def test_changing_a_station_s_arrays_leaves_the_table_alone(table: Table) -> None:
    frame = table(temp_c=[1.0])
    station_arrays(frame, "108")[1]["temp_c"][0] = 9.0
    assert frame["temp_c"].iloc[0] == 1.0


def test_a_station_without_rows_is_named_with_those_that_have_some(table: Table) -> None:
    with pytest.raises(
        ObservationsError, match="no observations of station 999; the table holds 108"
    ):
        station_arrays(table(temp_c=[1.0]), "999")


def test_no_tables_make_an_empty_one() -> None:
    assert validate(concatenate([])).empty
