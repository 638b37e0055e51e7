from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wearcast.config import Files, Station, checked
from wearcast.errors import ConfigError, SourceError
from wearcast.weather.sources import FilesSource

Table = Callable[..., pd.DataFrame]
Write = Callable[..., FilesSource]

HOURS = pd.date_range("2023-01-09", periods=96, freq="h")
"""Four days of which two may be a month or a day."""


@pytest.fixture
def source(tmp_path: Path) -> Write:
    """Write `text` (CSV) or a frame (parquet) into a folder and open it with the settings given."""

    def opened(content: str | pd.DataFrame, name: str = "a.csv", **settings: Any) -> FilesSource:
        folder = tmp_path / "own"
        folder.mkdir(exist_ok=True)
        if isinstance(content, str):
            (folder / name).write_text(content, encoding="utf-8")
        else:
            content.to_parquet(folder / "a.parquet")
        columns = {"valid_at": "time", "temp_c": "temp"}
        given = {"path": "own", "columns": columns, "station": "HOME", **settings}
        return FilesSource(Files(**given), tmp_path)

    return opened


@pytest.fixture
def table(source: Write) -> Table:
    """The rows of such a file."""

    def rows(content: str | pd.DataFrame, name: str = "a.csv", **settings: Any) -> pd.DataFrame:
        return everything(source(content, name, **settings))

    return rows


def csv(stamps: list[str], values: list[float] | None = None) -> str:
    values = values or [float(number % 20) for number in range(len(stamps))]
    lines = ["time,temp"]
    lines += [f'"{stamp}",{value}' for stamp, value in zip(stamps, values, strict=True)]
    return "\n".join(lines) + "\n"


def everything(source: FilesSource) -> pd.DataFrame:
    """All rows of the one station."""
    home = Station(
        id="HOME",
        name_en="Home",
        name_ko="우리집",
        latitude=10,
        longitude=8,
        elevation_m=100,
        time_zone="UTC",
    )
    return source.fetch(home, datetime(1800, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def refused(source: FilesSource) -> str:
    with pytest.raises(SourceError) as raised:
        everything(source)
    return str(raised.value)


def korean(at: pd.Timestamp) -> str:
    half = "오전" if at.hour < 12 else "오후"
    return f"{at:%Y-%m-%d} {half} {at.hour % 12 or 12}:00:00"


def end_of_day(at: pd.Timestamp) -> str:
    if at.hour:
        return f"{at:%Y-%m-%d %H:%M}"
    return f"{at - pd.Timedelta(days=1):%Y-%m-%d} 24:00"


FORMS: dict[str, Callable[[pd.Timestamp], str]] = {
    "ISO": lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}",
    "lower case": lambda at: f"{at:%Y-%m-%dt%H:%M:%Sz}",
    "fractions": lambda at: f"{at:%Y-%m-%d %H:%M}:00.000",
    "an hour without minutes": lambda at: f"{at:%Y-%m-%d %H}",
    "slashes": lambda at: f"{at.year}/{at.month}/{at.day} {at.hour}:00:00",
    "dots": lambda at: f"{at:%d.%m.%Y %H:%M}",
    "dots, short": lambda at: f"{at.day}.{at.month}.{at:%y} {at.hour}:00",
    "Korean dots": lambda at: f"{at:%Y. %m. %d. %H:%M}",
    "Korean words": lambda at: f"{at.year}년 {at.month}월 {at.day}일 {at.hour}시",
    "Korean half days": korean,
    "AM, PM": lambda at: f"{at:%m/%d/%Y %I:%M %p}",
    "Davis's a, p": lambda at: f"{at:%m/%d/%y %I:%M}{'a' if at.hour < 12 else 'p'}",
    "a browser's AM, PM": lambda at: f"{at:%m/%d/%Y, %I:%M:%S\u202f%p}",
    "full width": lambda at: f"{at:%Y-%m-%d %H:%M}".replace("2", "\uff12"),
    "am/pm": lambda at: f"{at:%Y-%m-%d %I:%M} " + ("a.m." if at.hour < 12 else "p.m."),
    "United States": lambda at: f"{at.month}/{at.day}/{at.year} {at.hour}:00",
    "day first": lambda at: f"{at:%d/%m/%Y %H:%M}",
    "day first, dashes": lambda at: f"{at:%d-%m-%Y %H:%M:%S}",
    "two digits of the year": lambda at: f"{at:%y-%m-%d %H:%M}",
    "YYYYMMDDHH": lambda at: f"{at:%Y%m%d%H}",
    "YYYYMMDDHHMM": lambda at: f"{at:%Y%m%d%H%M}",
    "YYYYMMDDHHMMSS": lambda at: f"{at:%Y%m%d%H%M%S}",
    "YYYYMMDD HHMM": lambda at: f"{at:%Y%m%d %H%M}",
    "YYYYMMDDTHHMM": lambda at: f"{at:%Y%m%dT%H%M}",
    "24:00": end_of_day,
    "an apostrophe": lambda at: f"'{at:%Y-%m-%d %H:%M}",
    "a zone's name": lambda at: f"{at:%Y-%m-%d %H:%M:%S} UTC",
    "Korea's time": lambda at: f"{at + pd.Timedelta(hours=9):%Y-%m-%d %H:%M} KST",
    "GMT+9": lambda at: f"{at + pd.Timedelta(hours=9):%Y-%m-%d %H:%M:%S} GMT+9",
    "a blank before the offset": lambda at: f"{at - pd.Timedelta(hours=5):%Y-%m-%d %H:%M:%S} -0500",
    "two digits of an offset": lambda at: f"{at + pd.Timedelta(hours=9):%Y-%m-%d %H:%M:%S}+09",
    "seconds since 1970": lambda at: f"{at.timestamp():.0f}",
    "seconds since 1970 as pandas writes them": lambda at: f"{at.timestamp():.1f}",
    "milliseconds since 1970": lambda at: f"{at.timestamp() * 1000:.0f}",
    "a spreadsheet's days": lambda at: f"{(at - pd.Timestamp('1899-12-30')) / pd.Timedelta('1D')}",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_program_s_form_of_time_is_read(table: Table, form: str) -> None:
    rows = table(csv([FORMS[form](at) for at in HOURS]))
    assert rows["valid_at"].dt.tz_localize(None).tolist() == HOURS.tolist()
    assert rows["temp_c"].tolist() == [number % 20 for number in range(96)]


def test_offsets_that_change_are_read(table: Table) -> None:
    local = pd.date_range("2023-03-25", periods=72, freq="h", tz="UTC").tz_convert("Europe/Berlin")
    for form in ("%Y-%m-%d %H:%M:%S%z", "%d.%m.%Y %H:%M %z"):
        rows = table(csv([at.strftime(form) for at in local]))
        assert rows["valid_at"].tolist() == list(local)
    two_digits = [at.strftime("%Y-%m-%d %H:%M:%S%z")[:-2] for at in local]
    assert table(csv(two_digits))["valid_at"].tolist() == list(local)


def test_a_day_and_a_month_that_nothing_tells_apart_are_refused(source: Write) -> None:
    one_day = [f"2/1/2023 {hour}:00" for hour in range(24)]
    assert refused(source(csv(one_day))).endswith(
        "a.csv, row 2, column 'time': '2/1/2023 0:00' may be of either order: nothing in the file"
        " tells its day from its month (24 such rows). Set ingest.files.time_format to the one"
        " meant, '%d/%m/%Y %H:%M' or '%m/%d/%Y %H:%M'."
    )


def test_two_digits_of_a_year_are_named_as_such(source: Write) -> None:
    message = refused(source(csv([f"02/01/23 {hour}:00" for hour in range(24)])))
    assert "the one meant, '%y-%m-%d %H:%M' or '%d/%m/%y %H:%M' or '%m/%d/%y %H:%M'." in message


def test_the_time_format_says_how_any_other_form_is_read(source: Write, table: Table) -> None:
    stamps = [f"{at:%d-%b-%Y %Hh}" for at in HOURS]
    assert "Set ingest.files.time_format to how its times are written, such as" in refused(
        source(csv(stamps))
    )
    rows = table(csv(stamps), time_format="%d-%b-%Y %Hh")
    assert rows["valid_at"].dt.tz_localize(None).tolist() == HOURS.tolist()
    with_offset = table(csv([f"{at:%j %Y %H}+0100" for at in HOURS]), time_format="%j %Y %H%z")
    assert with_offset["valid_at"].iloc[0] == pd.Timestamp("2023-01-08T23Z")
    assert "ingest.files.time_format: '%Q' is not a format of times" in refused(
        source(csv(stamps), time_format="%Q")
    )


COLUMNS: dict[str, tuple[str, Callable[[pd.Timestamp], str]]] = {
    "numbers": ("year,month,day,hour", lambda at: f"{at.year},{at.month},{at.day},{at.hour}"),
    "numbers as pandas writes them": (
        "year,month,day,hour",
        lambda at: f"{at.year},{at.month}.0,{at.day}.0,{at.hour}.0",
    ),
    "numbers and minutes": ("y,m,d,h,min", lambda at: f"{at:%Y,%m,%d,%H,%M}"),
    "numbers and a clock": ("y,m,d,clock", lambda at: f"{at:%Y,%m,%d,%H:%M}"),
    "a date and an hour": ("date,hour", lambda at: f"{at:%Y-%m-%d},{at.hour}"),
    "a compact date and an hour": ("date,hour", lambda at: f"{at:%Y%m%d},{at.hour:02}"),
    "a compact date and an unpadded hour": ("date,hour", lambda at: f"{at:%Y%m%d},{at.hour}"),
    "a date and an hour from 1 to 24": (
        "date,hour",
        lambda at: f"{at - pd.Timedelta(hours=1):%Y-%m-%d},{(at.hour - 1) % 24 + 1}",
    ),
    "a date and a time": ("date,time", lambda at: f"{at:%d/%m/%Y},{at:%H:%M:%S}"),
    "a date and hours with minutes": ("date,hhmm", lambda at: f"{at:%Y%m%d},{at.hour * 100}"),
    "a spreadsheet's date and time": ("date,time", lambda at: f"{at:%Y-%m-%d} 00:00:00,{at:%H:%M}"),
    "a half day": ("date,time", lambda at: f"{at:%Y/%m/%d},{at:%I:%M %p}"),
    "a zone": ("date,time,zone", lambda at: f"{at:%Y-%m-%d},{at:%H:%M},UTC"),
}


@pytest.mark.parametrize("form", COLUMNS)
def test_a_time_in_several_columns_is_read(table: Table, form: str) -> None:
    names, written = COLUMNS[form]
    lines = [f"{names},temp", *(f"{written(at)},{at.hour}" for at in HOURS)]
    columns = {"valid_at": names.split(","), "temp_c": "temp"}
    rows = table("\n".join(lines) + "\n", columns=columns)
    assert rows["valid_at"].dt.tz_localize(None).tolist() == HOURS.tolist()
    assert rows["temp_c"].tolist() == list(HOURS.hour)


def test_several_columns_follow_the_time_format_joined_by_a_blank(table: Table) -> None:
    lines = ["year,day,hour,temp", *(f"{at:%Y,%j,%H},{at.hour}" for at in HOURS)]
    columns = {"valid_at": ["year", "day", "hour"], "temp_c": "temp"}
    rows = table("\n".join(lines), columns=columns, time_format="%Y %j %H")
    assert rows["valid_at"].dt.tz_localize(None).tolist() == HOURS.tolist()


def test_only_the_time_may_be_several_columns() -> None:
    with pytest.raises(ConfigError, match=r"columns.temp_c: give one column; only valid_at may be"):
        checked(Files, {"path": "own", "columns": {"temp_c": ["a", "b"]}}, where="params.yaml")


@pytest.mark.parametrize("day", ["2023-01-09", "09.01.2023"])
def test_dates_without_their_hour_name_its_column(source: Write, day: str) -> None:
    lines = ["time,count,hour,temp", *(f"{day},7,{hour},{hour}" for hour in range(24))]
    message = refused(source("\n".join(lines)))
    assert "is a date without its hour: all rows are of one hour a day, up to 24 rows" in message
    assert "as ingest.files.columns.valid_at: [time, hour]." in message


def test_years_and_times_of_a_day_name_what_is_missing(source: Write) -> None:
    years = refused(source(csv(["2023"] * 24)))
    assert "'2023' is a year (24 such rows). Name the other columns of the time too" in years
    clock = csv([f"{hour % 12 or 12}:00 {'AM' if hour < 12 else 'PM'}" for hour in range(24)])
    assert "is a time without its day (24 such rows). Name the day's column too" in refused(
        source(clock)
    )


def test_the_files_names_may_hold_the_day_which_is_one_note(source: Write) -> None:
    clock = csv([f"{hour % 12 or 12}:00 {'AM' if hour < 12 else 'PM'}" for hour in range(24)])
    source(clock, name="KHOME1_2023-01-10.csv")
    own = source(clock, name="KHOME1_2023-01-09.csv")
    rows = everything(own)
    assert rows["valid_at"].dt.tz_localize(None).tolist() == HOURS[:48].tolist()
    told = "times without a day, for which the date in the file's name is taken (2023-01-09)"
    assert own.notes() == [f"KHOME1_2023-01-09.csv and 1 more, column 'time': {told}."]


@pytest.mark.parametrize(
    ("stamp", "says"),
    [
        ("2023-02-29 00:00", "is not a time such as"),
        ("31.02.2023 00:00", "is not a time such as"),
        ("2023-01-09 25:00", "is not a time such as"),
        ("2023-01-09 24:30", "is not a time such as"),
        ("2023-01-09 00:60", "is not a time such as"),
        ("9999-12-31 23:00", "is not a time between 1800 and 2100"),
        ("0001-01-01 00:00", "is not a time between 1800 and 2100"),
        ("noon", "is not a time such as"),
        ("\u0662\u0660\u0662\u0663-01-01 00:00", "is not a time such as"),
    ],
)
def test_what_is_no_time_is_named_with_its_row(source: Write, stamp: str, says: str) -> None:
    good = [f"{at:%Y-%m-%d %H:%M}" for at in HOURS]
    message = refused(source(csv([*good[:50], stamp, *good[50:]])))
    assert f"a.csv, row 52, column 'time': '{stamp}' {says}" in message
    assert message.endswith("Mend the file.")


def test_an_impossible_offset_is_no_time(source: Write) -> None:
    message = refused(source(csv([f"{at:%Y-%m-%d %H:%M}+25:00" for at in HOURS])))
    assert "row 2, column 'time': '2023-01-09 00:00+25:00' is not a time" in message


def test_a_row_without_a_time_is_left_out_and_noted(source: Write) -> None:
    good = [f"{at:%Y-%m-%d %H:%M}" for at in HOURS]
    own = source(csv([*good, ""]))
    assert len(everything(own)) == 96
    told = "rows without a time left out (1 of 97 rows, first row 98)"
    assert own.notes() == [f"a.csv, column 'time': {told}."]
    assert "is not a time: it is blank (3 such rows)" in refused(source(csv([*good, "", "", ""])))


def test_a_row_years_from_the_others_is_left_out_and_noted(source: Write) -> None:
    good = [f"{at:%Y-%m-%d %H:%M}" for at in HOURS]
    own = source(csv(["1970-01-01 00:00", "1970-01-01 01:00", *good]))
    rows = everything(own)
    assert rows["valid_at"].dt.tz_localize(None).tolist() == HOURS.tolist()
    told = "rows years apart from all others left out (2 of 98 rows, first row 2)"
    assert own.notes() == [f"a.csv, column 'time': {told}."]


def test_more_than_a_few_rows_years_from_the_others_are_refused(source: Write) -> None:
    stamps = [f"1970-01-01 {hour:02}:00" for hour in range(6)]
    stamps += [f"{at:%Y-%m-%d %H:%M}" for at in HOURS]
    message = refused(source(csv(stamps)))
    assert "row 2, column 'time': '1970-01-01 00:00' lies years apart from all" in message
    assert "others (6 such rows). Mend the file." in message


def test_two_periods_years_apart_are_both_kept(table: Table) -> None:
    both = HOURS.append(HOURS - pd.DateOffset(years=20))
    assert len(table(csv([f"{at:%Y-%m-%d %H:%M}" for at in both]))) == 192


def typed(times: Any) -> pd.DataFrame:
    return pd.DataFrame({"time": times, "temp": HOURS.hour.astype("float64")})


@pytest.mark.parametrize(
    "times",
    [
        HOURS,
        HOURS.tz_localize("UTC").tz_convert("Asia/Seoul"),
        HOURS.astype("datetime64[s]").astype("int64"),
        HOURS.astype("datetime64[ms]").astype("int64"),
        HOURS.astype("datetime64[us]").astype("int64"),
        HOURS.astype("datetime64[ns]").astype("int64"),
        HOURS.astype("datetime64[s]").astype("int64").astype("float64"),
        HOURS.astype("datetime64[us]").astype("int64") // 10**9,
        [at.isoformat() for at in HOURS],
    ],
    ids=["typed", "aware", "s", "ms", "us", "ns", "float s", "cut", "text"],
)
def test_times_as_pandas_keeps_them_are_read(table: Table, times: Any) -> None:
    rows = table(typed(times))
    assert rows["valid_at"].dt.tz_localize(None).tolist() == HOURS.tolist()


def test_a_typed_row_without_a_time_is_left_out(table: Table) -> None:
    frame = typed(HOURS)
    frame.loc[7, "time"] = pd.NaT
    assert len(table(frame)) == 95


AUTUMN = pd.date_range("2023-11-03", periods=96, freq="h", tz="America/New_York")


@pytest.mark.parametrize("step", [1, -1])
def test_autumn_s_two_hours_are_in_the_order_of_the_rows(table: Table, step: int) -> None:
    times = AUTUMN[::step]
    values = [float(at.timestamp() // 3600 % 25) for at in times]
    rows = table(
        csv([f"{at:%Y-%m-%d %H:%M}" for at in times], values), time_zone="America/New_York"
    )
    assert rows["valid_at"].tolist() == list(AUTUMN)
    assert rows["temp_c"].tolist() == values[::step]


@pytest.mark.parametrize(
    "times",
    [
        AUTUMN[np.random.default_rng(5).permutation(len(AUTUMN))],
        AUTUMN.append(AUTUMN[49:50]),
    ],
    ids=["shuffled", "again at the end"],
)
def test_hours_that_the_order_doesn_t_tell_apart_are_refused(source: Write, times: Any) -> None:
    message = refused(
        source(csv([f"{at:%Y-%m-%d %H:%M}" for at in times]), time_zone="America/New_York")
    )
    assert "2023-11-05 01:00 is not one clear moment in America/New_York" in message
    remedies = [
        "Give the times in UTC, or with their offset; or sort the rows",
        f"or remove these rows ({len(times) - 94} in all, at such hours).",
        "Only if the file's clock never changes, set ingest.files.time_zone to Etc/GMT+5 (of"
        " summer time all year: Etc/GMT+4)",
    ]
    places = [message.index(remedy) for remedy in remedies]
    assert places == sorted(places)


@pytest.mark.parametrize("absent", [49, 50])
@pytest.mark.parametrize("step", [1, -1])
def test_one_of_autumn_s_two_hours_alone_is_left_out_and_noted(
    source: Write, absent: int, step: int
) -> None:
    times = AUTUMN.delete(absent)[::step]
    text = csv([f"{at:%Y-%m-%d %H:%M}" for at in times])
    own = source(text, time_zone="America/New_York")
    assert everything(own)["valid_at"].tolist() == list(AUTUMN.delete([49, 50]))
    (note,) = own.notes()
    told = "rows at an hour that the clock of America/New_York shows twice, and which the file has"
    assert f"a.csv, column 'time': {told} once, left out (1 of 95 rows, first row" in note
    assert "). If the file's clock never changes, set ingest.files.time_zone to Etc/GMT+5" in note


def test_more_than_one_hour_of_a_few_that_the_clock_shows_twice_is_refused(source: Write) -> None:
    years = []
    for autumn in ("2022-11-06", "2023-11-05"):
        hours = pd.date_range(autumn, periods=12, freq="h")
        years += [f"{at:%Y-%m-%d %H:%M}" for at in hours]
    message = refused(source(csv(years), time_zone="America/New_York"))
    assert "2022-11-06 01:00 is not one clear moment in America/New_York" in message
    assert "or remove these rows (2 in all, at such hours)" in message


def test_the_hour_alone_is_left_out_of_the_station_that_lacks_the_other(
    source: Write,
) -> None:
    lines = ["id,time,temp"]
    lines += [f"AWAY,{at:%Y-%m-%d %H:%M},5" for at in AUTUMN]
    lines += [f"HOME,{at:%Y-%m-%d %H:%M},{at.hour}" for at in AUTUMN.delete(49)]
    columns = {"station": "id", "valid_at": "time", "temp_c": "temp"}
    own = source("\n".join(lines), columns=columns, station=None, time_zone="America/New_York")
    rows = everything(own)
    assert rows["valid_at"].tolist() == list(AUTUMN.delete([49, 50]))
    assert rows["temp_c"].tolist() == [at.hour for at in AUTUMN.delete([49, 50])]


def test_a_file_of_that_hour_alone_is_refused(source: Write) -> None:
    message = refused(source(csv(["2023-11-05 01:00"]), time_zone="America/New_York"))
    assert "2023-11-05 01:00 is not one clear moment" in message


@pytest.mark.parametrize(
    ("zone", "fixed"),
    [("America/Toronto", "Etc/GMT+5"), ("Europe/Berlin", "Etc/GMT-1"), ("Europe/London", "UTC")],
)
def test_standard_time_all_year_names_its_zone_with_which_it_reads(
    source: Write, table: Table, zone: str, fixed: str
) -> None:
    times = pd.date_range("2023-03-10", periods=480, freq="h", tz=fixed)
    text = csv([f"{at:%Y-%m-%d %H:%M}" for at in times])
    assert f"set ingest.files.time_zone to {fixed} (" in refused(source(text, time_zone=zone))
    assert table(text, time_zone=fixed)["valid_at"].tolist() == list(times)


def test_no_zone_is_named_where_an_offset_is_no_whole_hour(source: Write) -> None:
    text = csv(["2023-03-12 02:30", "2023-03-12 03:30"])
    message = refused(source(text, time_zone="America/St_Johns"))
    assert "Etc/" not in message
    assert message.endswith("Else give the times in UTC, or with their offset.")


def test_half_an_hour_of_standard_time_is_whole_hours(table: Table) -> None:
    times = [f"{at + pd.Timedelta(minutes=30):%Y-%m-%d %H:%M}" for at in HOURS]
    rows = table(csv(times), time_zone="America/St_Johns")
    assert rows["valid_at"].iloc[0] == pd.Timestamp("2023-01-09T04Z")


def test_whole_hours_of_a_half_hour_zone_become_what_lies_between(source: Write) -> None:
    lines = ["time,temp,rain,dir", "2023-01-09 00:00,10,0,90", "2023-01-09 01:00,12,4,180"]
    lines += ["2023-01-09 02:00,13,0,270", "2023-01-09 04:00,13,0,270"]
    columns = {"valid_at": "time", "temp_c": "temp", "precip_mm": "rain", "wind_dir_deg": "dir"}
    own = source("\n".join(lines), columns=columns, time_zone="Asia/Kolkata")
    rows = everything(own)
    assert rows["valid_at"].dt.hour.tolist() == [19, 20]
    assert rows["temp_c"].tolist() == [11.0, 12.5]
    assert rows["precip_mm"].tolist() == [2.0, 2.0]
    told = "of which what lies between two is taken (2 hours of 4 rows, at minute 30)"
    assert own.notes() == [f"a.csv: rows between the hours, {told}."]


def test_reports_before_the_hour_and_special_ones_become_one_an_hour(source: Write) -> None:
    stamps, values = [], []
    for number, at in enumerate(HOURS):
        stamps.append(f"{at - pd.Timedelta(minutes=9):%Y-%m-%d %H:%M}")
        values.append(float(number % 20))
        if number % 7 == 0:
            stamps.append(f"{at - pd.Timedelta(minutes=2):%Y-%m-%d %H:%M}")
            values.append(-5.0)
        if number % 11 == 0:
            stamps.append(f"{at + pd.Timedelta(minutes=24):%Y-%m-%d %H:%M}")
            values.append(-6.0)
    own = source(csv(stamps, values))
    rows = everything(own)
    assert rows["valid_at"].dt.tz_localize(None).tolist() == HOURS.tolist()
    assert rows["temp_c"].tolist() == [number % 20 for number in range(96)]
    told = "of which that nearest to it is taken (96 hours of 119 rows, most at minute 51)"
    assert own.notes()[-1] == f"a.csv: reports about one an hour, {told}."


def test_a_special_report_stands_in_for_a_routine_one_that_is_missing(table: Table) -> None:
    stamps = [f"{at - pd.Timedelta(minutes=9):%Y-%m-%d %H:%M}" for at in HOURS]
    stamps[30] = f"{HOURS[30] + pd.Timedelta(minutes=4):%Y-%m-%d %H:%M}"
    rows = table(csv(stamps))
    assert rows["valid_at"].dt.tz_localize(None).tolist() == HOURS.tolist()
    assert rows["temp_c"].iloc[30] == 10.0


@pytest.mark.parametrize("minutes", [5, 10, 15, 30])
@pytest.mark.parametrize("late", [0, 4])
def test_steps_below_an_hour_are_taken_at_it_or_over_it(
    source: Write, minutes: int, late: int
) -> None:
    times = pd.date_range("2023-01-09 00:00", periods=48 * 60 // minutes, freq=f"{minutes}min")
    times += pd.Timedelta(minutes=late)
    lines = ["time,temp,rain,sun,gust"]
    for at in times:
        hours = (at - HOURS[0]) / pd.Timedelta(hours=1)
        lines.append(f"{at:%Y-%m-%d %H:%M},{hours},0.5,{5 * hours},{at.minute / 6}")
    columns = {"valid_at": "time", "temp_c": "temp", "precip_mm": "rain"}
    columns |= {"solar_wm2": "sun", "gust_ms": "gust"}
    own = source("\n".join(lines), columns=columns)
    rows = everything(own).set_index("valid_at")
    whole = rows.iloc[2:-2]
    passed = (whole.index - HOURS[0].tz_localize("UTC")) / pd.Timedelta(hours=1)
    assert np.abs(whole["temp_c"] - passed).max() <= 4 / 60 + 1e-9
    np.testing.assert_allclose(whole["precip_mm"], 0.5 * 60 / minutes)
    last_of_hour = 60 * passed - (minutes - late % minutes if late else 0)
    np.testing.assert_allclose(
        12 * whole["solar_wm2"], last_of_hour - (60 - minutes) / 2, atol=1e-6
    )
    assert (whole["gust_ms"] >= 5).all()
    (note,) = own.notes()
    assert "a.csv: rows several an hour, of which that nearest to it and rain over it are" in note
    assert f"hours of {len(times)} rows, every {minutes} minutes)." in note


def test_rain_over_an_hour_is_unknown_where_its_steps_are_missing(table: Table) -> None:
    times = pd.date_range("2023-01-09", periods=288, freq="10min")
    lines = ["time,temp,rain"]
    for number, at in enumerate(times):
        rain = "" if 61 <= number < 63 else "0.1"
        lines.append(f"{at:%Y-%m-%d %H:%M},{number % 20},{rain}")
    columns = {"valid_at": "time", "temp_c": "temp", "precip_mm": "rain"}
    rain = table("\n".join(lines), columns=columns)["precip_mm"]
    assert np.flatnonzero(rain.isna()).tolist() == [0, 11]
    assert rain.iloc[5] == pytest.approx(0.6)


RAIN = {"valid_at": "time", "temp_c": "temp", "precip_mm": "rain"}


def test_an_hour_without_an_amount_is_a_trace_if_one_of_its_steps_is(table: Table) -> None:
    times = pd.date_range("2023-01-09", periods=288, freq="10min")
    rain = ["0"] * 288
    rain[63] = "T"
    rain[75] = "T"
    rain[76] = "0.2"
    rain[87:91] = ["T", "", "", ""]
    lines = ["time,temp,rain"]
    for number, (at, amount) in enumerate(zip(times, rain, strict=True)):
        lines.append(f"{at:%Y-%m-%d %H:%M},{number % 20},{amount}")
    rows = table("\n".join(lines), columns=RAIN)
    assert np.flatnonzero(rows["trace"]).tolist() == [11]
    assert rows["precip_mm"].iloc[[11, 13]].tolist() == [0.0, 0.2]
    assert np.isnan(rows["precip_mm"].iloc[15])


def test_what_lies_between_a_trace_and_none_is_a_trace(table: Table) -> None:
    lines = ["time,temp,rain"]
    for hour, rain in enumerate(["0", "T", "0", "0", "T", "4", "0"]):
        lines.append(f"2023-01-09 {hour:02}:00,{hour},{rain}")
    rows = table("\n".join(lines), columns=RAIN, time_zone="Asia/Kolkata")
    assert rows["trace"].tolist() == [True, True, False, True, False, False]
    assert rows["precip_mm"].tolist() == [0, 0, 0, 0, 2, 2]


def test_hours_that_come_twice_are_found_beside_a_stray_row(source: Write) -> None:
    stamps = [f"{at:%Y-%m-%d %H:%M}" for at in HOURS]
    message = refused(source(csv([*stamps, "2023-01-09 05:00", "2023-01-12 20:40"])))
    assert "2023-01-09T05:00Z, column temp_c: the hour is there 2 times" in message


def test_a_file_without_any_whole_hour_is_refused(source: Write) -> None:
    assert "'2023-01-09 00:30' is not a whole hour" in refused(source(csv(["2023-01-09 00:30"])))


def test_steps_that_come_twice_with_different_values_are_refused(source: Write) -> None:
    times = pd.date_range("2023-01-09", periods=144, freq="10min")
    stamps = [f"{at:%Y-%m-%d %H:%M}" for at in times]
    message = refused(source(csv([*stamps, "2023-01-09 05:10"])))
    assert "row 146, column 'time': '2023-01-09 05:10' comes twice, with different" in message


def test_rows_at_no_regular_time_are_refused(source: Write) -> None:
    stamps = [f"{at + pd.Timedelta(minutes=37 * number % 60):%Y-%m-%d %H:%M}"
              for number, at in enumerate(HOURS[::3])]  # fmt: skip
    assert "is not a whole hour; observations are hourly" in refused(source(csv(stamps)))


@pytest.mark.parametrize("hours", [3, 6, 24])
def test_rows_further_apart_than_an_hour_are_read_and_noted(source: Write, hours: int) -> None:
    times = pd.date_range("2023-01-09", periods=48, freq=f"{hours}h")
    own = source(csv([f"{at:%Y-%m-%d %H:%M}" for at in times]))
    assert len(everything(own)) == 48
    (note,) = own.notes()
    assert f"station HOME: rows are every {hours} h as a rule. Training needs" in note
    assert "set ingest.source to open_meteo" in note


def test_steps_of_five_minutes_keep_autumn_s_two_hours_apart(table: Table) -> None:
    times = pd.date_range("2023-11-04", periods=2 * 288, freq="5min", tz="America/New_York")
    stamps = [f"{at:%m/%d/%Y %I:%M %p}" for at in times]
    rows = table(csv(stamps[::-1]), time_zone="America/New_York", time_format="%m/%d/%Y %I:%M %p")
    expected = [at for at in times if at.minute == 0]
    assert rows["valid_at"].tolist()[: len(expected)] == expected
