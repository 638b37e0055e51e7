from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wearcast.config import Files, Ingest, Station
from wearcast.errors import SourceError
from wearcast.weather.sources import FilesSource, SampleSource, open_source
from wearcast.weather.sources.files import SAMPLE
from wearcast.weather.sources.units import UNITS, convert

Write = Callable[..., FilesSource]
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
MAP = {"valid_at": "time", "temp_c": "TMP"}
DAY = pd.date_range("2021-06-01", periods=24, freq="h").strftime("%Y-%m-%d %H:%M")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files (name=content) into a folder and open them as a source; `map` is the settings'
    part."""

    def opened(files: dict[str, str | bytes], **settings: Any) -> FilesSource:
        folder = tmp_path / "own"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return FilesSource(
            Files(**{"path": Path("own"), "columns": MAP, "station": "108", **settings}), tmp_path
        )

    return opened


def test_the_path_until_there_are_own_files_exists_and_is_no_source(repository: Path) -> None:
    """DVC refuses to run a stage whose dependency is missing."""
    assert (repository / SAMPLE).is_dir()
    with pytest.raises(SourceError, match=r"files\.path is still .*\(docs/own-data\.md\)"):
        FilesSource(Files(path=SAMPLE), repository)


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def test_a_mapped_file_is_read_in_its_units_and_time_zone(write: Write, seoul: Station) -> None:
    text = lines(
        "time,TMP,WIND,GUST,DIR,RAIN",
        "2021-06-01 09:00,68,36,,0,0.1",
        "2021-06-01 10:00,,18,20,90,",
    )
    columns = {
        **MAP,
        "wind_ms": "WIND",
        "gust_ms": "GUST",
        "wind_dir_deg": "DIR",
        "precip_mm": "RAIN",
    }
    units = {"temp_c": "degF", "wind_ms": "km/h", "gust_ms": "kn", "precip_mm": "inch"}
    rows = write({"a.csv": text}, columns=columns, units=units, time_zone="Asia/Seoul").fetch(
        seoul, *EVER
    )
    assert rows["valid_at"].tolist() == [
        pd.Timestamp("2021-06-01T00Z"),
        pd.Timestamp("2021-06-01T01Z"),
    ]
    np.testing.assert_allclose(rows["temp_c"], [20.0, np.nan], atol=1e-12)
    np.testing.assert_allclose(rows["wind_ms"], [10.0, 5.0])
    np.testing.assert_allclose(rows["gust_ms"], [np.nan, 20 * 1852 / 3600])
    np.testing.assert_allclose(rows["wind_dir_deg"], [np.nan, 90.0])
    np.testing.assert_allclose(rows["precip_mm"], [2.54, np.nan])


def test_an_offset_in_the_stamp_counts_before_the_time_zone(write: Write, seoul: Station) -> None:
    text = lines("time,TMP", "2021-06-01T09:00+09:00,20", "2021-06-01T01:00Z,21")
    rows = write({"a.csv": text}, time_zone="America/New_York").fetch(seoul, *EVER)
    assert list(rows["valid_at"].dt.hour) == [0, 1]


def test_stamps_that_a_spreadsheet_saved_again_are_read(write: Write, seoul: Station) -> None:
    rows = write({"a.csv": lines("time,TMP", "2021-06-01 0:00,20", "2021-06-01 10:00,21")}).fetch(
        seoul, *EVER
    )
    assert list(rows["valid_at"].dt.hour) == [0, 10]


def test_the_hour_that_comes_twice_in_autumn_is_two_hours(
    write: Write, new_york: list[Station]
) -> None:
    text = lines(
        "station,time,TMP",
        *(f"{id},2013-11-03 {hour:02}:00,10" for id in ("JFK", "LGA") for hour in (0, 1, 1, 2)),
    )
    source = write(
        {"a.csv": text},
        columns={**MAP, "station": "station"},
        station=None,
        time_zone="America/New_York",
    )
    _, jfk, lga = new_york
    for station in (jfk, lga):
        assert source.fetch(station, *EVER)["valid_at"].dt.hour.tolist() == [4, 5, 6, 7]


def test_a_stamp_that_the_clock_leaves_unclear_is_refused(write: Write, seoul: Station) -> None:
    source = write(
        {"a.csv": lines("time,TMP", "2013-03-10 01:00,5", "2013-03-10 02:00,5")},
        time_zone="America/New_York",
    )
    with pytest.raises(
        SourceError,
        match=(
            r"a.csv, row 3, column 'time': 2013-03-10 02:00 is not one clear moment in"
            r" America/New_York"
        ),
    ):
        source.fetch(seoul, *EVER)


def test_several_stations_and_files_of_both_kinds_make_one_source(
    write: Write, tmp_path: Path, seoul: Station
) -> None:
    source = write(
        {"a.csv": lines("id,time,TMP", "108,2021-06-01 00:00,20", "112,2021-06-01 00:00,18")},
        columns={**MAP, "station": "id"},
        station=None,
    )
    frame = pd.DataFrame(
        {"id": [108], "time": pd.to_datetime(["2021-06-01T01:00Z"]), "TMP": [21.5], "more": ["x"]}
    )
    frame.to_parquet(tmp_path / "own" / "b.parquet")
    (tmp_path / "own" / "README.md").write_text("not data")
    assert source.fetch(seoul, *EVER)["temp_c"].tolist() == [20.0, 21.5]
    assert source.span(seoul) == (
        datetime(2021, 6, 1, 0, tzinfo=UTC),
        datetime(2021, 6, 1, 1, tzinfo=UTC),
    )


def test_overlapping_files_that_agree_complete_each_other(write: Write, seoul: Station) -> None:
    first = lines("time,TMP,HUM", "2021-06-01 00:00,20,", "2021-06-01 01:00,21,50")
    second = lines("time,TMP,HUM", "2021-06-01 00:00,20,40")
    rows = write({"a.csv": first, "b.csv": second}, columns={**MAP, "rh_pct": "HUM"}).fetch(
        seoul, *EVER
    )
    assert rows[["temp_c", "rh_pct"]].values.tolist() == [[20.0, 40.0], [21.0, 50.0]]


def test_overlapping_files_that_contradict_each_other_are_refused(
    write: Write, seoul: Station
) -> None:
    source = write(
        {
            "a.csv": lines("time,TMP", "2021-06-01 00:00,20"),
            "b.csv": lines("time,TMP", "2021-06-01 00:00,20.5"),
        }
    )
    with pytest.raises(SourceError) as raised:
        source.fetch(seoul, *EVER)
    assert "station 108, 2021-06-01T00:00Z, column temp_c" in str(raised.value)
    assert "20 in a.csv, 20.5 in b.csv" in str(raised.value)


GOOD = lines("time,TMP", "2021-06-01 00:00,20", "2021-06-01 01:00,21")


@pytest.mark.parametrize(
    ("content", "settings", "says"),
    [
        ("", {}, "a.csv is empty. Remove it"),
        ("time,TMP\n", {}, "a.csv is empty: it has no row of data"),
        (
            GOOD,
            {"columns": {**MAP, "rh_pct": "HUM"}},
            "a.csv: there is no column 'HUM'; it has time, TMP",
        ),
        (GOOD.replace(",21", ",warm"), {}, "a.csv, row 3, column 'TMP': 'warm' is not a number"),
        (GOOD.replace(",21", ",2,1"), {}, "a.csv, row 3: 3 fields, but the heading has 2"),
        (
            GOOD.replace("01:00", "00:00"),
            {},
            (
                "column temp_c: the hour is there 2 times with different values, 20 in a.csv, 21 in"
                " a.csv"
            ),
        ),
        (
            GOOD.replace("01:00", "01:30"),
            {},
            "a.csv, row 3, column 'time': '2021-06-01 01:30' is not a whole hour",
        ),
        (
            GOOD.replace("2021-06-01 01:00", "1 June"),
            {},
            "a.csv, row 3, column 'time': '1 June' is not a time such as",
        ),
        (
            GOOD.replace("01:00,", "01:00Z,"),
            {},
            "a.csv, row 2, column 'time': '2021-06-01 00:00' has no offset from UTC, others have",
        ),
        (GOOD.replace("time,", "TMP,"), {}, "the heading names 'TMP' twice"),
        (
            "시각,TMP\n".encode("cp949"),
            {},
            "a.csv is not in UTF-8 (byte 0xbd at position 0). Set ingest.files.encoding",
        ),
        (
            GOOD + '2021-06-01 02:00,"' + "x" * 200_000,
            {},
            "a.csv, row 4: field larger than field limit (131072). Is it a CSV file?",
        ),
        (GOOD, {"encoding": "klingon"}, "ingest.files.encoding: 'klingon' is not an encoding"),
        (
            GOOD,
            {"columns": {}},
            (
                "a.csv is no export of the Korean portal (columns 지점 and 일시), and"
                " ingest.files.columns is empty"
            ),
        ),
        (b"\xff\xfe\x00", {"encoding": "utf-16"}, "a.csv is not in UTF-16"),
    ],
)
def test_a_bad_file_is_named_with_what_to_do(
    write: Write, seoul: Station, content: str | bytes, settings: dict[str, Any], says: str
) -> None:
    source = write({"a.csv": content}, **settings)
    with pytest.raises(SourceError) as raised:
        source.fetch(seoul, *EVER)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {"units": {"temp_c": "celsius"}},
            "ingest.files.units.temp_c: 'celsius' is not a unit of temp_c; known are degC, degF, K",
        ),
        (
            {"units": {"wind_ms": "km/h"}},
            "ingest.files.units: 'wind_ms' is not among the mapped quantities temp_c",
        ),
        (
            {"columns": {**MAP, "temp_f": "TMP"}},
            "ingest.files.columns: 'temp_f' is none of our columns",
        ),
        ({"columns": {"valid_at": "time"}}, "ingest.files.columns: temp_c is missing"),
        ({"columns": {"temp_c": "TMP"}}, "ingest.files.columns: valid_at is missing"),
        ({"station": None}, "no column says the station: set ingest.files.station"),
    ],
)
def test_a_wrong_map_is_refused_before_any_file_is_read(
    write: Write, settings: dict[str, Any], says: str
) -> None:
    with pytest.raises(SourceError) as raised:
        write({}, **settings)
    assert says in str(raised.value)


@pytest.mark.parametrize(
    ("column", "unit", "value", "assumed"),
    [
        ("temp_c", {}, 68.0, "degC (assumed)"),
        ("temp_c", {"temp_c": "K"}, 20.0, "K (ingest.files.units)"),
        ("temp_c", {}, -9999.0, "degC (assumed)"),
        ("wind_ms", {}, 20.0, "m/s (assumed)"),
        ("rh_pct", {}, 0.6, "% (assumed)"),
        ("pressure_hpa", {}, 101.3, "hPa (assumed)"),
    ],
)
def test_values_that_can_t_be_in_their_unit_are_refused_with_the_unit(
    write: Write, seoul: Station, column: str, unit: dict[str, str], value: float, assumed: str
) -> None:
    text = lines(
        "time,TMP,X", *(f"{at},{value if column == 'temp_c' else 20},{value}" for at in DAY)
    )
    columns = MAP if column == "temp_c" else {**MAP, column: "X"}
    with pytest.raises(SourceError) as raised:
        write({"a.csv": text}, columns=columns, units=unit).fetch(seoul, *EVER)
    assert f"read as {assumed}, {column} runs from" in str(raised.value)
    assert f"Set ingest.files.units.{column}" in str(raised.value)


def test_a_station_that_no_file_has_is_refused_with_those_they_have(
    write: Write, new_york: list[Station]
) -> None:
    with pytest.raises(SourceError, match="has no rows of station EWR; it has 108"):
        write({"a.csv": GOOD}).span(new_york[0])


def test_a_path_that_doesn_t_exist_and_a_folder_without_data_are_refused(
    write: Write, tmp_path: Path, seoul: Station
) -> None:
    with pytest.raises(SourceError, match=r"nowhere does not exist\. Put your files there"):
        write({}, path=Path("nowhere")).fetch(seoul, *EVER)
    with pytest.raises(SourceError, match=r"own holds no .csv and no .parquet file"):
        FilesSource(Files(path=Path("own")), tmp_path).fingerprint()


def test_a_name_that_only_macos_takes_for_the_one_on_the_disk_is_refused(
    write: Write, seoul: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write({"a.csv": GOOD})
    monkeypatch.setattr("os.listdir", lambda _: ["Own"])
    with pytest.raises(SourceError, match=r"own has another name on the disk .* Rename it"):
        source.fetch(seoul, *EVER)


def test_a_broken_parquet_file_is_named(write: Write, seoul: Station) -> None:
    with pytest.raises(SourceError, match=r"a.parquet can't be read as parquet"):
        write({"a.parquet": b"PAR1 no"}).fetch(seoul, *EVER)


def test_the_fingerprint_follows_the_contents_and_the_map_but_not_the_place(
    write: Write, tmp_path: Path
) -> None:
    source = write({"a.csv": GOOD})
    first = source.fingerprint()
    moved = tmp_path / "elsewhere"
    (tmp_path / "own").rename(moved)
    again = Files(path=Path(moved.name), columns=MAP, station="108")
    assert FilesSource(again, tmp_path).fingerprint() == first
    assert (
        FilesSource(again.model_copy(update={"time_zone": "Asia/Seoul"}), tmp_path).fingerprint()
        != first
    )
    (moved / "a.csv").write_text(GOOD.replace("21", "22"))
    assert FilesSource(again, tmp_path).fingerprint() != first


def test_the_settings_name_the_source(tmp_path: Path) -> None:
    common = {"stations": ["108"], "start": None, "end": None, "files": {"path": "own"}}
    assert isinstance(open_source(Ingest(source="sample", **common), tmp_path), SampleSource)
    assert isinstance(open_source(Ingest(source="files", **common), tmp_path), FilesSource)


@pytest.mark.parametrize(
    ("column", "unit", "value", "ours"),
    [
        ("temp_c", "degF", 212.0, 100.0),
        ("dewpoint_c", "K", 273.15, 0.0),
        ("wind_ms", "kn", 10.0, 5.144),
        ("wind_ms", "mph", 10.0, 4.4704),
        ("precip_mm", "cm", 1.0, 10.0),
        ("pressure_hpa", "inHg", 29.92, 1013.2),
        ("pressure_hpa", "mmHg", 760.0, 1013.25),
        ("rh_pct", "fraction", 0.5, 50.0),
        ("cloud_pct", "oktas", 4.0, 50.0),
        ("cloud_pct", "tenths", 7.0, 70.0),
        ("solar_wm2", "MJ/m2", 3.6, 1000.0),
        ("solar_wm2", "kJ/m2", 3.6, 1.0),
    ],
)
def test_units_become_ours(column: str, unit: str, value: float, ours: float) -> None:
    assert convert(np.array([value]), column, unit)[0] == pytest.approx(ours, rel=1e-4)


def test_our_own_unit_changes_no_bit() -> None:
    values = np.array([0.1, 1 / 3, np.nan])
    for column, known in UNITS.items():
        assert convert(values, column, next(iter(known))) is values
