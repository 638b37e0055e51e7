"""Tables of text as programs write them: separators, headings, encodings, and what stands around
the data."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from wearcast.config import Files, Station
from wearcast.errors import SourceError
from wearcast.weather.sources import FilesSource
from wearcast.weather.sources.decimal_commas import with_points
from wearcast.weather.sources.headings import Headings
from wearcast.weather.sources.headless_tables import known

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
MAP = {"valid_at": "time", "temp_c": "temp"}
ROWS = ("2021-06-01 00:00,20.5,60", "2021-06-01 01:00,21.5,61")

Read = Callable[..., pd.DataFrame]
Written = Callable[..., FilesSource]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write files (name=text) and open them; `settings` are those of the files."""

    def opened(files: dict[str, str | bytes] | str | bytes, **settings: Any) -> FilesSource:
        folder = tmp_path / "own"
        folder.mkdir()
        named = files if isinstance(files, dict) else {"a.csv": files}
        for name, content in named.items():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        given = {"path": Path("own"), "columns": MAP, "station": "108", **settings}
        return FilesSource(Files(**given), tmp_path)

    return opened


@pytest.fixture
def read(written: Written, seoul: Station) -> Read:
    """Seoul's rows of such files."""

    def rows(files: dict[str, str | bytes] | str | bytes, **settings: Any) -> pd.DataFrame:
        return written(files, **settings).fetch(seoul, *EVER)

    return rows


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


PLAIN = lines("time,temp,rh", *ROWS)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace(",", "|"),
        PLAIN.replace(",", " ; "),
        PLAIN.replace(",", "   "),
        PLAIN.replace("\n", "\r"),
        PLAIN.replace(".5,", ",5;")
        .replace(" 00:00,", " 00:00;")
        .replace(" 01:00,", " 01:00;")
        .replace("time,temp,", "time;temp;"),
        PLAIN.replace("20.5", '"20,5"').replace("21.5", '"21,5"'),
        PLAIN.replace("time,temp", "Time, TEMP "),
        PLAIN.replace("time,temp,rh", "time,temp,rh,").replace("60", "60,").replace("61", "61,"),
        PLAIN.replace("60", "60,").replace("61", "61,,"),
        lines("# my station", "# degC", PLAIN),
        lines("My station", "latitude,longitude", "37.5,127.0", "", PLAIN),
        lines("#time,temp,rh", *ROWS, "#END"),
        lines("time,temp,rh", "UTC,degC,%", *ROWS),
        lines("time,temp,rh,flag,flag", *(f"{row},a,b" for row in ROWS)),
        lines(",,,", PLAIN, ",,"),
        lines("time,temp,rh", ROWS[0], "time,temp,rh", ROWS[1]),
        lines('"time" "temp"', '"1" "2021-06-01 00:00" 20.5', '"2" "2021-06-01 01:00" 21.5'),
    ],
)
def test_the_heading_row_and_the_separator_are_found(read: Read, text: str) -> None:
    rows = read(text)
    assert rows["temp_c"].tolist() == [20.5, 21.5]
    assert rows["valid_at"].dt.hour.tolist() == [0, 1]


BELOW = "a.csv: rows at the end that are cut off, or no data, left out"


@pytest.mark.parametrize("tail", ["2021-06-01 02:00,5", "2021-06-01 02:", "Total,42,1", "(c) 2021"])
def test_what_stands_below_the_data_is_noted_and_left_out(
    written: Written, seoul: Station, tail: str
) -> None:
    source = written(PLAIN + tail)
    assert source.fetch(seoul, *EVER)["temp_c"].tolist() == [20.5, 21.5]
    shown = tail.replace(",", ", ")
    assert source.notes() == [f"{BELOW} (first row 4: {shown!r})."]


def test_what_stands_below_the_data_of_many_files_is_one_note(written: Written) -> None:
    files = {f"{year}.csv": PLAIN + "Total,42,1\n(c) 2021\n" for year in range(2001, 2004)}
    told = f"{BELOW} (6 rows, first row 4: 'Total, 42, 1')."
    assert written(files).notes() == [told.replace("a.csv", "2001.csv and 2 more")]


def test_a_row_too_short_within_the_data_is_refused(read: Read) -> None:
    with pytest.raises(SourceError, match=r"row 2: 2 fields, but the heading has 3"):
        read(lines("time,temp,rh", "2021-06-01 00:00,20.5", *ROWS))


def hours(*endings: str) -> str:
    """A table's rows, an hour each, that end so behind their time."""
    rows = [f"2021-06-01 {hour:02}:00,{ending}" for hour, ending in enumerate(endings)]
    return lines(*rows)


@pytest.mark.parametrize("heading", ["time,temp,", "time,temp,,", "time,temp, ,note"])
def test_rows_may_leave_out_trailing_empty_fields(
    written: Written, seoul: Station, heading: str
) -> None:
    source = written(lines(heading) + hours("20.5", "21.5", "22.5"))
    assert source.fetch(seoul, *EVER)["temp_c"].tolist() == [20.5, 21.5, 22.5]
    assert source.notes() == []


def test_blank_trailing_headings_may_be_over_some_rows_only(read: Read) -> None:
    text = lines("time,temp,,") + hours("20.5", "21.5,", "22.5,,", "23.5,,", "24.5,,")
    assert read(text)["temp_c"].tolist() == [20.5, 21.5, 22.5, 23.5, 24.5]


def test_a_column_that_most_rows_leave_out_keeps_the_others(read: Read) -> None:
    text = lines("time,temp,rh,note") + hours("20.5", "21.5,60", "22.5", "23.5,62,x", "24.5")
    rows = read(text, columns={**MAP, "rh_pct": "rh"})
    assert rows["rh_pct"].fillna(-1).tolist() == [-1, 60, -1, 62, -1]
    assert rows["temp_c"].tolist() == [20.5, 21.5, 22.5, 23.5, 24.5]


def test_a_last_line_cut_off_is_noted_where_rows_leave_out_fields(
    written: Written, seoul: Station
) -> None:
    text = lines("time,temp,note") + hours("20.5", "21.5") + "2021-06-01 02:"
    source = written(text)
    assert source.fetch(seoul, *EVER)["temp_c"].tolist() == [20.5, 21.5]
    assert source.notes() == [f"{BELOW} (first row 4: '2021-06-01 02:')."]


def test_rows_that_all_lack_a_column_asked_for_are_refused(read: Read) -> None:
    text = lines("time,temp,rh") + hours("20.5", "21.5", "22.5")
    with pytest.raises(SourceError, match=r"row 2: 2 fields, but the heading has 3"):
        read(text, columns={**MAP, "rh_pct": "rh"})


def test_a_row_shorter_than_most_is_refused(read: Read) -> None:
    text = lines("time,temp,rh,note") + hours("20.5,60", "21.5", *["22.5,61"] * 20)
    with pytest.raises(SourceError, match=r"row 3: 2 fields, but the heading has 4"):
        read(text, columns={**MAP, "rh_pct": "rh"})


def test_data_without_a_heading_is_told_to_need_one(read: Read) -> None:
    with pytest.raises(SourceError, match=r"row 1 is data .* Write a row with their names above"):
        read(lines(*ROWS))


def test_a_mapped_heading_over_two_columns_is_refused(read: Read) -> None:
    with pytest.raises(SourceError, match="the heading names 'temp' twice"):
        read(lines("time,temp,temp", "2021-06-01 00:00,20.5,21.5"))


def test_rows_below_the_heading_tell_columns_of_one_quantity_apart(read: Read) -> None:
    """In the Japanese agency's tables 風速 stands over speed, direction and their quality."""
    text = lines(
        "ダウンロードした時刻 2021/07/01",
        "",
        ",東京,東京,東京,東京",
        "年月日時,気温(℃),気温(℃),風速(m/s),風速(m/s)",
        ",,,,風向",
        ",,品質情報,,",
        "2021-06-01 00:00:00,20.5,8,2.1,北",
    )
    columns = {"valid_at": "年月日時", "temp_c": "気温(℃)", "wind_ms": "風速(m/s)"}
    rows = read(text.encode("cp932"), columns=columns)
    assert rows[["temp_c", "wind_ms"]].values.tolist() == [[20.5, 2.1]]


def test_the_units_below_the_heading_are_those_of_the_columns(read: Read) -> None:
    text = lines("time,temp,wind", ",Fahrenheit,(km/h)", "2021-06-01 00:00,50,36")
    columns = {"valid_at": "time", "temp_c": "temp", "wind_ms": "wind"}
    rows = read(text, columns=columns)
    assert rows[["temp_c", "wind_ms"]].round(6).values.tolist() == [[10.0, 10.0]]


@pytest.mark.parametrize(
    ("groups", "names", "temp", "humidity"),
    [
        ("\tTemp\tHi\tOut\tIn", "Date & Time\tOut\tTemp\tHum\tTemp", "Temp Out", "Out Hum"),
        (
            "\tOutdoor\tOutdoor\tOutdoor\tIndoor",
            "Time\tTemperature(C)\tFeels\tHumidity(%)\tTemperature(C)",
            "Outdoor Temperature(C)",
            "Outdoor Humidity(%)",
        ),
    ],
)
def test_names_in_two_rows_are_both_of_a_columns(
    read: Read, groups: str, names: str, temp: str, humidity: str
) -> None:
    text = lines(groups, names, "2021-06-01 00:00\t20.5\t21.5\t60\t23.5")
    time = names.partition("\t")[0]
    rows = read(text, columns={"valid_at": time, "temp_c": temp, "rh_pct": humidity})
    assert rows["temp_c"].tolist() == [20.5]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (PLAIN.encode("utf-8-sig"), "utf-8"),
        (PLAIN.encode("utf-8-sig"), "cp949"),
        (PLAIN.encode("utf-16"), None),
        (PLAIN.encode("utf-16-le"), None),
        (PLAIN.replace("rh", "습도").encode("cp949"), None),
        (PLAIN.replace("rh", "Luftfeuchte (°)").encode("latin-1"), None),
        (PLAIN.replace("rh", "습도").encode(), "latin-1"),
    ],
)
def test_the_encoding_shows_in_the_file(read: Read, content: bytes, encoding: str | None) -> None:
    assert read(content, encoding=encoding)["temp_c"].tolist() == [20.5, 21.5]


@pytest.mark.parametrize(
    ("heading", "encoding"),
    [
        ("기온(°C)", "cp949"),
        ("temp (°C)", "latin-1"),
        ("気温(℃)", "cp932"),
        ("Température", "cp1252"),
    ],
)
def test_an_encoding_is_taken_if_the_headings_of_the_settings_are_in_it(
    read: Read, heading: str, encoding: str
) -> None:
    content = PLAIN.replace("temp", heading).encode(encoding)
    rows = read(content, columns={"valid_at": "time", "temp_c": heading})
    assert rows["temp_c"].tolist() == [20.5, 21.5]


def test_decimal_commas_are_told_from_those_between_thousands(read: Read) -> None:
    text = lines("time;temp;p", "2021-06-01 00:00;20,5;1.012,125", "2021-06-01 01:00;21,125;998,5")
    rows = read(text, columns={**MAP, "pressure_hpa": "p"})
    assert rows["temp_c"].tolist() == [20.5, 21.125]
    assert rows["pressure_hpa"].tolist() == [1012.125, 998.5]


def test_a_comma_before_three_digits_alone_is_not_taken_for_a_decimal_one() -> None:
    headings = Headings(("time",), ("p",))
    columns = pd.DataFrame({"time": ["2021", "2022"], "p": ["1,012", "-9,999"]})
    assert with_points(columns, headings) is columns
    sure = columns.assign(p=["1,012", "998,5"])
    assert with_points(sure, headings)["p"].tolist() == ["1.012", "998.5"]


def test_meteostat_s_bulk_files_and_isd_lite_are_known_without_a_heading() -> None:
    bulk = ["2021-06-01", "0", "20.5", "-4.9", "68", "1.8", "", "150", "7.6", "", "1012.0", "", "3"]
    names, rows = known([(1, bulk)]) or ([], [])
    assert dict(zip(names, rows[0][1], strict=True)) == {
        "date": "2021-06-01",
        "hour": "0",
        "temp": "20.5",
        "dwpt": "-4.9",
        "rhum": "68",
        "prcp": "1.8",
        "snow": "",
        "wdir": "150",
        "wspd": "7.6",
        "wpgt": "",
        "pres": "1012.0",
        "tsun": "",
        "coco": "3",
    }
    isd = ["2021", "06", "01", "01", "215", "-38", "10118", "150", "-9999", "4", "-1", "12"]
    names, rows = known([(1, isd)]) or ([], [])
    assert dict(zip(names, rows[0][1], strict=True)) == {
        "year": "2021",
        "month": "06",
        "day": "01",
        "hour": "01",
        "temp": "21.5",
        "dewp": "-3.8",
        "slp": "1011.8",
        "wdir": "150",
        "wspd": "",
        "sky": "4",
        "prcp1": "0.0",
        "prcp6": "1.2",
    }
    assert known([(1, bulk[:-1])]) is None


def test_quantities_of_several_files_are_joined_by_hour(read: Read) -> None:
    wind = lines("time,wind", "2021-06-01 01:00,2.5", "2021-06-01 02:00,3.5")
    files = {"t.csv": PLAIN, "w.csv": wind}
    rows = read(files, columns={**MAP, "wind_ms": "wind"})
    assert rows["valid_at"].dt.hour.tolist() == [0, 1, 2]
    assert rows["temp_c"].tolist()[:2] == [20.5, 21.5]
    assert rows["wind_ms"].tolist()[1:] == [2.5, 3.5]


def test_a_file_whose_column_has_another_name_is_refused(read: Read) -> None:
    later = PLAIN.replace("temp", "temperature").replace("2021", "2022")
    with pytest.raises(SourceError, match=r"b.csv: there is no column 'temp', and no other file"):
        read({"a.csv": PLAIN, "b.csv": later}, columns={**MAP, "rh_pct": "rh"})


def test_rubbish_of_a_station_that_isn_t_asked_for_doesn_t_matter(read: Read) -> None:
    text = lines("id,time,temp", "108,2021-06-01 00:00,20.5", "999,2021-06-01 00:30,?")
    rows = read(text, columns={**MAP, "station": "id"}, station=None)
    assert rows["temp_c"].tolist() == [20.5]


def overlapping(shift: float, hours: int) -> dict[str, str]:
    stamps = pd.date_range("2021-06-01", periods=hours, freq="h").strftime("%Y-%m-%d %H:%M")
    coarse = lines("time,temp", *(f"{at},20.5" for at in stamps))
    return {
        "a.csv": coarse,
        "b.csv": lines("time,temp", *(f"{at},{20.5 + shift}" for at in stamps)),
    }


def test_exports_that_differ_by_rounding_are_noted_and_the_finer_kept(
    written: Written, seoul: Station
) -> None:
    source = written(overlapping(0.04, 30))
    assert set(source.fetch(seoul, *EVER)["temp_c"]) == {20.54}
    told = "temp_c differs by rounding from that of other files, whose finer values are kept"
    assert source.notes() == [f"a.csv: {told} (30 hours, by up to 0.04 from b.csv)."]


def test_exports_that_differ_by_more_are_refused_with_how_much(read: Read) -> None:
    with pytest.raises(SourceError) as raised:
        read(overlapping(0.06, 30))
    assert "20.5 in a.csv, 20.56 in b.csv (so in 30 hours, by up to 0.06)" in str(raised.value)
