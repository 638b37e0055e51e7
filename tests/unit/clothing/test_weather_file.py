"""A person's own hours of weather: what a file may say, and what is said of one that is wrong."""

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from wearcast.clothing.advice import advise
from wearcast.clothing.settings import Settings
from wearcast.clothing.target_day import target_day_of
from wearcast.clothing.weather_file import COLUMNS, MAX_BYTES, MAX_HOURS, parse_weather
from wearcast.clothing.weather_input import UnknownPlace, Weather
from wearcast.errors import ConfigError, ModelError
from wearcast.forecasting.daily import station_hours
from wearcast.variables import FORECAST
from wearcast.weather.stations import CATALOGUE

SEOUL, NEWARK, DELHI = CATALOGUE["108"], CATALOGUE["EWR"], CATALOGUE["delhi"]
NOW = datetime(2024, 4, 10, 3, tzinfo=UTC)


def parsed(*lines, station=None):
    """The weather of a file of these lines."""
    return parse_weather("\n".join(lines).encode(), "hours.csv", station)


def day(on="2024-04-10", offset="+09:00", hours=range(24), temp_c="12"):
    """The lines of a day that is equally warm all the time."""
    return [f"{on}T{hour:02}:00{offset},{temp_c}" for hour in hours]


def test_the_local_date_and_zone_come_from_the_offset():
    weather = parsed("valid_at,temp_c", *day())
    assert weather.on == date(2024, 4, 10)
    assert weather.station == UnknownPlace(timezone(timedelta(hours=9)))
    assert weather.valid_at[0] == np.datetime64("2024-04-09T15", "h")
    assert weather.hours[7] == np.datetime64("2024-04-10T07:00")
    assert not weather.observed.any()


@pytest.mark.parametrize("offset", ["Z", "+00:00"])
def test_without_a_station_utc_is_the_zone(offset):
    weather = parsed("valid_at,temp_c", *day(offset=offset))
    assert weather.station.zone == UTC
    assert weather.hours[7] == np.datetime64("2024-04-10T07:00")


def test_a_stations_own_clocks_count_whatever_the_offsets():
    # Summer time began in New York at 07:00 UTC on 10 March 2024.
    lines = ["2024-03-10T06:00Z,1", "2024-03-10T03:00-04:00,2", "2024-03-10T17:00+09:00,3"]
    weather = parsed("valid_at,temp_c", *lines, station=NEWARK)
    assert [f"{at:%H}" for at in weather.hours.tolist()] == ["01", "03", "04"]


def test_in_half_hour_zones_hours_are_whole_by_the_clock_or_in_utc():
    by_clock = parsed("valid_at,temp_c", *day(offset="+05:30", hours=[7, 8, 9]))
    assert by_clock.hours[0] == np.datetime64("2024-04-10T07:00")
    assert by_clock.valid_at[0] == np.datetime64("2024-04-10T01:30")
    in_utc = parsed("valid_at,temp_c", *day(offset="Z", hours=[2, 3]), station=DELHI)
    assert in_utc.hours[0] == np.datetime64("2024-04-10T07:30")


def test_hours_of_half_hour_zones_are_dressed_for_like_all_others():
    lines = [f"2024-04-10T{hour:02}:00+05:30,{temp}" for hour, temp in ((7, 4), (8, 5), (9, 22))]
    told = advise(parsed("valid_at,temp_c", *lines), Settings())
    same = advise(
        parsed("valid_at,temp_c", *(line.replace("05:30", "05:00") for line in lines)), Settings()
    )
    assert told.pieces == same.pieces
    assert [step.at for step in told.timeline] == [step.at for step in same.timeline]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfvalid_at,temp_c,wind_ms\r\n2024-04-10T07:00+09:00,5,\r\n",
        b'"valid_at","temp_c","wind_ms"\n"2024-04-10T07:00+09:00","5.0",""\n\n',
        b"wind_ms;valid_at;temp_c\n;2024-04-10T07:00+09:00;5\n",
        b"valid_at\ttemp_c\twind_ms\n2024-04-10 07:00+09:00\t+5e0\t\n",
        b" valid_at , temp_c , wind_ms \n 2024-04-09T22:00:00.000Z , 5 , \n,,\n",
    ],
    ids=["byte order mark and CRLF", "quoted", "semicolons", "tabs", "blanks"],
)
def test_it_is_read_as_programs_write_it(content):
    weather = parse_weather(content, "hours.csv", SEOUL)
    assert weather.hours.tolist() == [datetime(2024, 4, 10, 7)]
    assert weather.members["temp_c"].tolist() == [[5.0]]
    assert np.isnan(weather.members["wind_ms"]).all()


def test_rows_may_be_in_any_order():
    lines = day()
    assert parsed("valid_at,temp_c", *lines[::-1]).hours.tolist() == (
        parsed("valid_at,temp_c", *lines).hours.tolist()
    )


def test_every_column_reaches_the_weather():
    values = {"temp_c": 20, "dewpoint_c": 10, "wind_ms": 3, "gust_ms": 8, "cloud_pct": 40}
    values |= {"precip_mm": 0.5, "rain_chance": 0.7}
    assert {*values, "rh_pct", "valid_at"} == set(COLUMNS)
    header = ",".join(["valid_at", *values])
    row = ",".join(["2024-04-10T07:00+09:00", *map(str, values.values())])
    weather = parsed(header, row)
    assert {name: float(weather.members[name][0, 0]) for name in FORECAST} == {
        name: values[name] for name in FORECAST
    }
    assert weather.rain_chance.tolist() == [0.7]


def test_humidity_stands_in_for_a_missing_dew_point():
    weather = parsed(
        "valid_at,temp_c,dewpoint_c,rh_pct",
        "2024-04-10T07:00+09:00,25,,60",
        "2024-04-10T08:00+09:00,25,12,60",
        "2024-04-10T09:00+09:00,25,,",
        "2024-04-10T10:00+09:00,25,,0",
    )
    derived, given_one, *unknown = weather.members["dewpoint_c"][0]
    assert derived == pytest.approx(16.7, abs=0.05)
    assert given_one == 12
    assert np.isnan(unknown).all()


def test_a_chance_of_rain_asks_for_an_umbrella_even_beside_a_dry_forecast():
    def carried(chance):
        lines = [f"{line},0,{chance}" for line in day()]
        weather = parsed("valid_at,temp_c,precip_mm,rain_chance", *lines)
        return [thing.item for thing in advise(weather, Settings()).carry]

    assert "umbrella" in carried("0.9")
    assert "umbrella" not in carried("0.0")


def test_hours_without_a_temperature_are_left_out():
    lines = day(hours=range(7, 22))
    lines[3] = "2024-04-10T10:00+09:00,"
    told = advise(parsed("valid_at,temp_c", *lines), Settings())
    assert [step.at.hour for step in told.timeline] == [7, 8, 9, *range(11, 22)]


def test_without_a_station_the_sun_is_as_unknown_as_without_cloud_cover():
    def told(header, cells, station=None):
        lines = [f"{line},2,5{cells}" for line in day()]
        weather = parsed(f"valid_at,temp_c,wind_ms,dewpoint_c{header}", *lines, station=station)
        return advise(weather, Settings())

    placeless = told(",cloud_pct", ",0")
    assert placeless == told("", "")
    assert told(",cloud_pct", ",0", SEOUL).warmest.feels_c > placeless.warmest.feels_c + 1


@pytest.mark.parametrize("wake_and_sleep", [(7, 22), (22, 6), (3, 5)])
@pytest.mark.parametrize("member", [0, 7])
def test_a_snapshots_hours_in_a_file_give_the_same_advice(snapshot, wake_and_sleep, member):
    known = station_hours(snapshot(precip_mm=0.4), "108")
    on, rows = date(2024, 4, 12), slice(60, 120)
    members = {name: known.members[name][member, rows] for name in FORECAST}
    lines = [",".join(["valid_at", *FORECAST])]
    for hour, at in enumerate(known.valid_at[rows].tolist()):
        cells = [repr(float(members[name][hour])).replace("nan", "") for name in FORECAST]
        lines.append(",".join([f"{at.isoformat()}Z", *cells]))
    wake, sleep = wake_and_sleep
    person = Settings(wake=wake, sleep=sleep)
    of_file = parsed(*lines, station=SEOUL).outing_on(on, person)
    assert advise(of_file, person) == advise(
        Weather.of(SEOUL, known.valid_at[rows], on=on, observed_h=0, **members), person
    )


def test_the_first_date_with_an_hour_outdoors_is_meant():
    lines = [*day("2024-04-09", hours=[22, 23]), *day("2024-04-10"), *day("2024-04-11")]
    weather = parsed("valid_at,temp_c", *lines)
    assert target_day_of(weather, None, Settings(), NOW) == date(2024, 4, 10)
    assert target_day_of(weather, date(2024, 4, 11), Settings(), NOW) == date(2024, 4, 11)
    assert target_day_of(weather, "tomorrow", Settings(), NOW) == date(2024, 4, 11)
    night = Settings(wake=22, sleep=6)
    assert target_day_of(weather, None, night, NOW) == date(2024, 4, 9)
    night_out = weather.outing_on(date(2024, 4, 9), night).hours.tolist()
    assert [at.hour for at in night_out] == [22, 23, *range(6)]
    with pytest.raises(
        ModelError, match=r"no hours of 2024-04-12 .* 2024-04-09, 2024-04-10, 2024-04-11"
    ):
        target_day_of(weather, date(2024, 4, 12), Settings(), NOW)


@pytest.mark.parametrize("hours", [[3], [2, 3, 4]])
def test_where_no_hour_is_outdoors_all_of_the_date_are_dressed_for(hours):
    weather = parsed("valid_at,temp_c", *day(hours=hours))
    on = target_day_of(weather, None, Settings(), NOW)
    told = advise(weather.outing_on(on, Settings()), Settings())
    assert [step.at.hour for step in told.timeline] == hours


GOOD = "2024-04-10T07:00+09:00,5"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "hours.csv is empty. Its first line names the columns: valid_at, temp_c"),
        (b" \n\r\n", "hours.csv is empty"),
        (b"valid_at,temp_c\n", "no rows below its header"),
        (b"valid_at,temp_c\n,\n", "no rows below its header"),
        (b"temp_c\n5\n", "lacks the column valid_at; valid_at and temp_c are needed"),
        (b"valid_at,wind_ms\n", "lacks the column temp_c"),
        (b"valid_at,temp_c,temp_c\n", "columns that are there twice: temp_c"),
        (b"valid_at,temp_c,uv,Wind_ms\n", "unknown columns: 'uv', 'Wind_ms'. Known are valid_at,"),
        (b"valid_at,temp_c,\n", "unknown columns: ''."),
        (b"valid_at,temp_c;wind_ms\n", "unknown columns: 'temp_c;wind_ms'"),
        (f"{GOOD}\n".encode(), "unknown columns: '2024-04-10T07:00+09:00', '5'"),
        ("valid_at,temp_c\n".encode("utf-16"), "not UTF-8 (byte 0)"),
        (b"x" * (MAX_BYTES + 1), "larger than 256 kB. Give at most 384 hours"),
        (b'valid_at,temp_c\n"2024"04,5\n', "line 2: not CSV ("),
        (b'valid_at,temp_c\n"2024-04-10T07:00+09:00,5\n', "line 2: not CSV ("),
        (b"valid_at,temp_c\n" + b"5" * 140_000, "line 2: not CSV ("),
    ],
)
def test_a_file_that_is_no_such_table_is_told(content, told):
    with pytest.raises(ConfigError) as error:
        parse_weather(content, "hours.csv")
    assert told in str(error.value)
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["2024-04-10T07:00,5"], "line 2: valid_at '2024-04-10T07:00' has no offset from UTC"),
        (["2024-04-10,5"], "line 2: valid_at '2024-04-10' has no offset from UTC"),
        (["10.04.2024 07:00,5"], "line 2: valid_at '10.04.2024 07:00' is not a time. Write it as"),
        ([GOOD, ",5"], "line 3: valid_at '' is not a time"),
        (["2024-04-10T07:30+09:00,5"], "is not a whole hour"),
        (["2024-04-10T07:00:01Z,5"], "is not a whole hour"),
        (["2024-04-10T07:00:00+09:00:30,5"], "is not a whole hour"),
        (["0001-01-01T00:00+09:00,5"], "is not of 1900 to 2100"),
        (["9999-12-31T23:00-09:00,5"], "is not of 1900 to 2100"),
        (
            [GOOD, "", "2024-04-09T22:00Z,6"],
            "line 4: 2024-04-09T22:00:00+00:00 is the hour of line 2 again. Keep one.",
        ),
        (
            [GOOD, "2024-04-10T08:00+08:00,6"],
            (
                "line 3: 2024-04-10T08:00:00+08:00 has another offset than line 2. Give all times"
                " with one, or name the station, whose clocks then count."
            ),
        ),
        (
            [GOOD, "2024-04-10T08:00+05:30,6"],
            "line 3: 2024-04-10T08:00:00+05:30 is not a number of whole hours from line 2",
        ),
        ([GOOD, "2024-04-10T08:00+09:00"], "line 3: 1 cells, but the header has 2"),
        ([f"{GOOD},6"], "line 2: 3 cells, but the header has 2"),
        (
            ["2024-04-10T07:00+09:00,"],
            "temp_c is empty in every row; there is nothing to dress for",
        ),
    ],
)
def test_a_wrong_row_is_told_with_its_line(lines, told):
    with pytest.raises(ConfigError) as error:
        parsed("valid_at,temp_c", *lines)
    assert str(error.value).startswith("hours.csv")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("temp_c", "warm", "from -90 to 57 °C"),
        ("temp_c", "nan", "from -90 to 57 °C"),
        ("temp_c", "-inf", "from -90 to 57 °C"),
        ("temp_c", "1e999", "from -90 to 57 °C"),
        ("temp_c", "1_0", "from -90 to 57 °C"),
        ("temp_c", "५", "from -90 to 57 °C"),
        ("temp_c", "72", "from -90 to 57 °C"),
        ("dewpoint_c", "40", "from -100 to 36 °C"),
        ("wind_ms", "-1", "from 0 to 100 m/s"),
        ("gust_ms", "200", "from 0 to 114 m/s"),
        ("cloud_pct", "101", "from 0 to 100 %"),
        ("precip_mm", "0,5", "from 0 to 400 mm"),
        ("rh_pct", "120", "from 0 to 100 %"),
        ("rain_chance", "60", "from 0 to 1"),
    ],
)
def test_a_wrong_value_is_told_with_line_column_and_what_is_expected(column, cell, expected):
    values = dict.fromkeys(COLUMNS, "") | {"valid_at": "2024-04-10T07:00+09:00", "temp_c": "5"}
    good = values | {"valid_at": "2024-04-10T06:00+09:00"}
    values[column] = cell
    with pytest.raises(ConfigError) as error:
        parsed(";".join(COLUMNS), ";".join(good.values()), ";".join(values.values()))
    assert str(error.value) == (
        f"hours.csv, line 3: {column} '{cell}': expected a number {expected}, or an empty cell"
        " where it isn't known."
    )


@pytest.mark.parametrize(
    ("columns", "cells", "told"),
    [
        ("temp_c,dewpoint_c", "20,25", "dewpoint_c 25 is above temp_c 20, which can't be"),
        ("temp_c,wind_ms,gust_ms", "20,9,5", "wind_ms 9 is above gust_ms 5, which can't be"),
    ],
)
def test_values_that_rule_each_other_out_are_told(columns, cells, told):
    with pytest.raises(ConfigError, match=f"line 2: {told}"):
        parsed(f"valid_at,{columns}", f"2024-04-10T07:00Z,{cells}")


def test_there_is_a_bound_on_the_hours():
    start = datetime(2024, 4, 1, tzinfo=UTC)
    lines = [f"{(start + timedelta(hours=hour)).isoformat()},5" for hour in range(MAX_HOURS + 1)]
    assert len(parsed("valid_at,temp_c", *lines[:-1]).valid_at) == MAX_HOURS
    with pytest.raises(ConfigError, match=r"has 385 rows\. Give at most 384"):
        parsed("valid_at,temp_c", *lines)


TIMES = st.sampled_from(
    ["", "x", "2024-04-10", "2024-04-10T07", "0001-01-01T00+09", "2024-W15-3T07Z"]
) | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
HOURS = st.integers(0, 400).map(
    lambda hour: (datetime(2024, 4, 1, tzinfo=UTC) + timedelta(hours=hour)).isoformat()
)
CELLS = st.sampled_from(["", "0", "-5.5", "1e9", "nan", '"', "\x00"]) | st.text(max_size=5)
LINES = st.tuples(TIMES | HOURS, CELLS | st.floats(-60, 50).map(str), CELLS).map(",".join)


@given(
    st.binary(max_size=300)
    | st.lists(LINES, max_size=6).map(
        lambda lines: "\n".join(["valid_at,temp_c,wind_ms", *lines]).encode(
            "utf-8", "surrogatepass"
        )
    )
)
@hypothesis_settings(deadline=None)
def test_whatever_is_in_a_file_it_is_weather_or_an_error_of_ours(content):
    for station in (None, NEWARK):
        try:
            weather = parse_weather(content, "hours.csv", station)
        except ConfigError:
            continue
        on = target_day_of(weather, None, Settings(), NOW)
        assert advise(weather.outing_on(on, Settings()), Settings()).date == on
