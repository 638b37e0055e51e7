"""A person's own tables of numerical forecasts, and answers of Open-Meteo's Previous Runs."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from wearcast.config import Files, Guidance, GuidanceFiles, Ingest, Station
from wearcast.errors import GuidanceError, SourceError
from wearcast.weather import guidance
from wearcast.weather.sources import GuidanceSource, open_guidance_source
from wearcast.weather.sources.files import SAMPLE
from wearcast.weather.sources.guidance_files import FilesGuidance

Write = Callable[..., FilesGuidance]
EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
RUNS = {"valid_at": "time", "issued_at": "run", "temp_c": "TMP"}
AGES = {"valid_at": "time", "previous_day": "age", "temp_c": "TMP"}
MODELS = ["ecmwf_ifs025", "gfs_seamless", "icon_seamless"]


def opened(folder: Path, stations: tuple[str, ...] = ("108",), **settings: Any) -> Any:
    chosen = settings.pop("models", MODELS)
    files = GuidanceFiles(**{"path": Path("own"), **settings})
    ingest = Ingest(
        source="sample",
        stations=list(stations),
        start=None,
        end=None,
        files=Files(path=SAMPLE),
        guidance=Guidance(source="files", models=chosen, files=files),
    )
    return open_guidance_source(ingest, folder, {})


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files (name=content, a table as parquet) into a folder and open them as a source."""

    def written(files: dict[str, str | bytes | pd.DataFrame], **settings: Any) -> FilesGuidance:
        folder = tmp_path / "own"
        folder.mkdir()
        for name, content in files.items():
            if isinstance(content, pd.DataFrame):
                content.to_parquet(folder / name)
            elif isinstance(content, bytes):
                (folder / name).write_bytes(content)
            else:
                (folder / name).write_text(content)
        source = opened(tmp_path, **{"columns": RUNS, "model": "gfs_seamless", **settings})
        assert isinstance(source, FilesGuidance)
        return source

    return written


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


ONE = lines("time,run,TMP", "2024-07-01 12:00,2024-07-01 00:00,21.5")


def test_a_table_with_the_start_of_its_runs_is_read(write: Write, seoul: Station) -> None:
    text = lines(
        "time,run,TMP,RAIN,WIND,DIR,CHANCE",
        "2024-07-01 12:00,2024-07-01 00:00,68,0.1,36,0,0.4",
        "2024-07-02T12:00+09:00,2024-07-01T09:00+09:00,,,0,90,",
    )
    columns = {
        **RUNS,
        "precip_mm": "RAIN",
        "wind_ms": "WIND",
        "wind_dir_deg": "DIR",
        "rain_chance_pct": "CHANCE",
    }
    units = {
        "temp_c": "degF",
        "precip_mm": "inch",
        "wind_ms": "km/h",
        "rain_chance_pct": "fraction",
    }
    text = text.replace("2024-07-01 12:00,2024-07-01 00:00", "2024-07-01T12:00Z,2024-07-01T00:00Z")
    source = write({"a.csv": text}, columns=columns, units=units)
    rows = guidance.validate(source.fetch(seoul, "gfs_seamless", *EVER))
    labels = rows[["station", "source", "model"]].drop_duplicates()
    assert labels.to_numpy().tolist() == [["108", "files", "gfs_seamless"]]
    assert rows["valid_at"].tolist() == [at("2024-07-01T12:00"), at("2024-07-02T03:00")]
    assert rows["issued_from"].tolist() == [at("2024-07-01T00:00")] * 2
    assert rows["issued_until"].tolist() == [at("2024-07-01T00:00")] * 2
    assert rows["available_at"].tolist() == [at("2024-07-01T06:00")] * 2
    np.testing.assert_allclose(rows["temp_c"], [20.0, np.nan])
    np.testing.assert_allclose(rows["precip_mm"], [2.54, np.nan])
    np.testing.assert_allclose(rows["wind_ms"], [10.0, 0.0])
    np.testing.assert_allclose(rows["wind_dir_deg"], [360.0, np.nan])
    np.testing.assert_allclose(rows["rain_chance_pct"], [40.0, np.nan])


def test_stamps_without_an_offset_are_utc(write: Write, seoul: Station) -> None:
    rows = write({"a.csv": ONE}).fetch(seoul, "gfs_seamless", *EVER)
    assert rows["valid_at"].tolist() == [at("2024-07-01T12:00")]


def test_a_lead_counts_back_to_the_start_of_the_run(write: Write, seoul: Station) -> None:
    text = lines("time,lead,TMP", "2024-07-01 12:00,12,20", "2024-07-03 00:00,48,21")
    columns = {"valid_at": "time", "lead_h": "lead", "temp_c": "TMP"}
    rows = write({"a.csv": text}, columns=columns).fetch(seoul, "gfs_seamless", *EVER)
    assert rows["issued_until"].tolist() == [at("2024-07-01T00:00")] * 2
    assert rows["issued_from"].equals(rows["issued_until"])


@pytest.mark.parametrize("age", [1, 2, 7])
def test_an_age_in_days_bounds_the_start_of_the_run(write: Write, seoul: Station, age: int) -> None:
    text = lines("time,age,TMP", f"2024-07-10 05:00,{age},20")
    row = write({"a.csv": text}, columns=AGES).fetch(seoul, "gfs_seamless", *EVER).iloc[0]
    until = at("2024-07-10T05:00") - pd.Timedelta(days=age)
    assert row["issued_until"] == until
    assert row["issued_from"] == until - pd.Timedelta(hours=12)
    assert row["available_at"] == until + pd.Timedelta(hours=6)


def test_an_age_of_no_day_is_refused_as_a_leak(write: Write, seoul: Station) -> None:
    text = lines("time,age,TMP", "2024-07-10 05:00,1,20", "2024-07-10 05:00,0,20.1")
    source = write({"a.csv": text}, columns=AGES)
    with pytest.raises(
        SourceError,
        match=(
            r"a\.csv, row 3, column 'age': '0' is the newest run's, nearly an analysis: what trains"
            r" on it knows the weather before it could be had"
        ),
    ):
        source.fetch(seoul, "gfs_seamless", *EVER)


def test_a_table_that_doesn_t_say_how_old_it_is_is_refused_as_a_leak(write: Write) -> None:
    with pytest.raises(SourceError) as raised:
        write({"a.csv": ONE}, columns={"valid_at": "time", "temp_c": "temperature_2m"})
    assert "nothing says how old a forecast is" in str(raised.value)
    assert "values without an age are of the newest run, nearly an analysis" in str(raised.value)


def test_what_could_be_had_only_at_its_hour_is_left_out_and_logged(
    write: Write, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    text = lines(
        "time,run,TMP", *(f"2024-07-01 {hour:02}:00,2024-07-01 00:00,20" for hour in range(12))
    )
    rows = write({"a.csv": text}).fetch(seoul, "gfs_seamless", *EVER)
    assert rows["valid_at"].dt.hour.tolist() == [7, 8, 9, 10, 11]
    assert "7 of 12 rows could be had only at their hour or later" in caplog.text


def test_only_late_rows_are_no_forecasts_at_all(write: Write, seoul: Station) -> None:
    text = lines("time,run,TMP", "2024-07-01 06:00,2024-07-01 00:00,20")
    with pytest.raises(SourceError, match="has no row with a forecast in it"):
        write({"a.csv": text}).fetch(seoul, "gfs_seamless", *EVER)


def test_when_it_could_be_had_may_be_told(write: Write, seoul: Station) -> None:
    text = lines("time,run,had,TMP", "2024-07-01 05:00,2024-07-01 00:00,2024-07-01 03:40,20")
    columns = {**RUNS, "available_at": "had"}
    row = write({"a.csv": text}, columns=columns).fetch(seoul, "gfs_seamless", *EVER).iloc[0]
    assert row["available_at"] == at("2024-07-01T03:40")


def test_nothing_could_be_had_before_its_run_started(write: Write, seoul: Station) -> None:
    text = lines("time,run,had,TMP", "2024-07-01 05:00,2024-07-01 00:00,2024-06-30 23:00,20")
    source = write({"a.csv": text}, columns={**RUNS, "available_at": "had"})
    with pytest.raises(GuidanceError, match="is before the run's start"):
        source.fetch(seoul, "gfs_seamless", *EVER)


def test_a_table_like_that_of_gwangju_is_read(write: Write, seoul: Station) -> None:
    valid_at = pd.date_range("2022-06-30 15:00", periods=24, freq="h")
    table = pd.DataFrame(
        {
            "temp_c": np.full(24, 25.0),
            "humidity_pct": np.full(24, 90.0),
            "pop_pct": np.full(24, 30.0),
            "precip_mm": np.zeros(24),
            "wind_ms": np.full(24, 2.1),
            "wind_dir_deg": np.full(24, 137.0),
            "valid_at_utc": valid_at,
            "issued_at_utc": pd.Timestamp("2022-06-30 08:00"),
            "lead_h": np.arange(7, 31),
        }
    )
    columns = {
        "valid_at": "valid_at_utc",
        "lead_h": "lead_h",
        "temp_c": "temp_c",
        "rh_pct": "humidity_pct",
        "rain_chance_pct": "pop_pct",
        "precip_mm": "precip_mm",
        "wind_ms": "wind_ms",
        "wind_dir_deg": "wind_dir_deg",
    }
    source = write({"a.parquet": table}, columns=columns, model="kma_short_term")
    rows = guidance.validate(source.fetch(seoul, "kma_short_term", *EVER))
    assert source.models == ("kma_short_term",)
    assert (rows["issued_until"] == at("2022-06-30T08:00")).all()
    assert (rows["available_at"] == at("2022-06-30T08:10")).all()
    assert rows["rain_chance_pct"].tolist() == [30.0] * 24


PREVIOUS_RUNS = {
    "model": "model",
    "previous_day": "previous_day",
    "valid_at": "valid_at_utc",
    "temp_c": "temperature_2m",
    "wind_ms": "wind_speed_10m_ms",
}


def previous_runs() -> pd.DataFrame:
    """A table in the shape of an archive of Previous Runs, with a missing value."""
    rows = [
        {
            "valid_at_utc": pd.Timestamp("2024-07-10") + pd.Timedelta(hours=hour),
            "model": model,
            "previous_day": day,
            "temperature_2m": np.float32(20 + hour + day / 10),
            "wind_speed_10m_ms": np.float32(np.nan if model == "gem_global" else 3.0),
        }
        for model in ("gem_global", "knmi_seamless")
        for day in (1, 2, 3)
        for hour in range(4)
    ]
    table = pd.DataFrame(rows)
    return table.astype({"model": "category", "previous_day": "int8"})


def test_an_archive_of_previous_runs_is_read_with_all_its_models_and_ages(
    write: Write, seoul: Station
) -> None:
    source = write({"a.parquet": previous_runs()}, columns=PREVIOUS_RUNS, model=None)
    assert source.models == ("gem_global", "knmi_seamless")
    rows = source.fetch(seoul, "knmi_seamless", *EVER)
    assert len(rows) == 12
    first = rows[rows["valid_at"] == at("2024-07-10T00:00")]
    assert first["issued_until"].dt.day.tolist() == [7, 8, 9]
    np.testing.assert_allclose(first["temp_c"], [20.3, 20.2, 20.1], rtol=1e-6)
    assert source.fetch(seoul, "gem_global", *EVER)["wind_ms"].isna().all()
    assert source.span(seoul, "gem_global") == (at("2024-07-10T00:00"), at("2024-07-10T03:00"))


def test_hours_are_given_from_start_to_before_end(write: Write, seoul: Station) -> None:
    source = write({"a.parquet": previous_runs()}, columns=PREVIOUS_RUNS, model=None)
    start, end = at("2024-07-10T01:00"), at("2024-07-10T03:00")
    assert set(source.fetch(seoul, "gem_global", start, end)["valid_at"].dt.hour) == {1, 2}


def test_models_that_the_settings_choose_are_given_alone(write: Write) -> None:
    source = write(
        {"a.parquet": previous_runs()},
        columns=PREVIOUS_RUNS,
        model=None,
        models=["knmi_seamless"],
    )
    assert source.models == ("knmi_seamless",)


def test_a_chosen_model_that_the_files_lack_is_named(write: Write) -> None:
    source = write(
        {"a.parquet": previous_runs()},
        columns=PREVIOUS_RUNS,
        model=None,
        models=["knmi_seamless", "jma_msm"],
    )
    with pytest.raises(
        SourceError, match=r"names jma_msm, which .* it has gem_global, knmi_seamless\."
    ):
        assert source.models


@pytest.mark.parametrize("name", ["best_match", "ECMWF IFS"])
def test_a_model_that_can_t_be_one_is_refused(write: Write, seoul: Station, name: str) -> None:
    text = lines("time,run,TMP,model", f"2024-07-01 12:00,2024-07-01 00:00,20,{name}")
    source = write({"a.csv": text}, columns={**RUNS, "model": "model"})
    with pytest.raises(SourceError, match=rf"a\.csv, row 2, column 'model': '{name}' is not taken"):
        source.fetch(seoul, name, *EVER)


def test_several_stations_stand_in_a_column(write: Write, new_york: list[Station]) -> None:
    text = lines(
        "station,time,run,TMP",
        "JFK,2024-07-01 12:00,2024-07-01 00:00,20",
        "LGA,2024-07-01 12:00,2024-07-01 00:00,21",
    )
    source = write(
        {"a.csv": text}, columns={**RUNS, "station": "station"}, stations=("EWR", "JFK", "LGA")
    )
    newark, kennedy, _ = new_york
    assert source.fetch(kennedy, "gfs_seamless", *EVER)["temp_c"].tolist() == [20.0]
    with pytest.raises(SourceError, match="no forecasts for station EWR; it has some for JFK, LGA"):
        source.fetch(newark, "gfs_seamless", *EVER)
    with pytest.raises(
        SourceError, match="no forecasts of jma_msm for station JFK; it has some of"
    ):
        source.fetch(kennedy, "jma_msm", *EVER)


def test_forecasts_that_stand_in_two_files_count_once(write: Write, seoul: Station) -> None:
    more = lines("time,run,TMP,RH", "2024-07-01 12:00,2024-07-01 00:00,,55")
    files = {
        "a.csv": lines("time,run,TMP,RH", "2024-07-01 12:00,2024-07-01 00:00,21.5,"),
        "b.csv": more,
    }
    rows = write(files, columns={**RUNS, "rh_pct": "RH"}).fetch(seoul, "gfs_seamless", *EVER)
    assert rows[["temp_c", "rh_pct"]].to_numpy().tolist() == [[21.5, 55.0]]


def test_two_values_of_one_forecast_are_refused(write: Write, seoul: Station) -> None:
    source = write({"a.csv": ONE, "b.csv": ONE.replace("21.5", "22")})
    with pytest.raises(
        SourceError,
        match=(
            r"station 108, model gfs_seamless, run of 2024-07-01T00:00Z for 2024-07-01T12:00Z,"
            r" column temp_c: it is there 2 times with different values, 21\.5 in a\.csv, 22 in"
            r" b\.csv"
        ),
    ):
        source.fetch(seoul, "gfs_seamless", *EVER)


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"columns": {**RUNS, "tmp": "TMP"}}, "'tmp' is none of our columns, which are station,"),
        ({"columns": {**RUNS, "precip_3h_mm": "R3"}}, "'precip_3h_mm' is none of our columns"),
        ({"columns": {"issued_at": "run", "temp_c": "TMP"}}, "valid_at is missing"),
        ({"columns": {**RUNS, "lead_h": "lead"}}, "issued_at and lead_h both say how old"),
        ({"columns": {"valid_at": "time", "issued_at": "run"}}, "names no quantity"),
        ({"model": None}, r"set ingest\.guidance\.files\.model to the one all rows are of"),
        ({"stations": ("108", "112")}, r"set ingest\.guidance\.files\.station to the one all rows"),
        ({"units": {"temp_c": "C"}}, r"ingest\.guidance\.files\.units\.temp_c: 'C' is not a unit"),
        ({"units": {"rh_pct": "%"}}, r"files\.units: 'rh_pct' is not among the mapped quantities"),
        ({"path": SAMPLE, "columns": {}}, r"guidance\.files\.path is still .* holds no forecasts"),
    ],
)
def test_settings_that_can_t_be_meant_are_refused(
    write: Write, settings: dict[str, Any], what: str
) -> None:
    with pytest.raises(SourceError, match=what):
        write({"a.csv": ONE}, **settings)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (ONE.replace("TMP", "T"), r"there is no column 'TMP'; it has time, run, T\."),
        (ONE.replace("12:00", "12:30"), r"row 2, column 'time': .* is not a whole hour"),
        (ONE.replace("2024-07-01 00:00", "soon"), r"row 2, column 'run': 'soon' is not a time"),
        (ONE.replace("21.5", "warm"), r"row 2, column 'TMP': 'warm' is not a number"),
    ],
)
def test_a_row_that_can_t_be_meant_is_refused(
    write: Write, seoul: Station, text: str, what: str
) -> None:
    with pytest.raises(SourceError, match=what):
        write({"a.csv": text}).fetch(seoul, "gfs_seamless", *EVER)


@pytest.mark.parametrize("lead", ["-1", "", "soon", "inf", "1e300", "99999"])
def test_a_lead_that_is_none_is_refused(write: Write, seoul: Station, lead: str) -> None:
    text = lines("time,lead,TMP", f"2024-07-01 12:00,{lead},20")
    source = write({"a.csv": text}, columns={"valid_at": "time", "lead_h": "lead", "temp_c": "TMP"})
    with pytest.raises(SourceError, match=r"row 2, column 'lead': .* is (no lead|not a number)"):
        source.fetch(seoul, "gfs_seamless", *EVER)


@pytest.mark.parametrize("age", ["inf", "1e9", "1.5", "-1"])
def test_an_age_that_is_none_is_refused(write: Write, seoul: Station, age: str) -> None:
    source = write({"a.csv": lines("time,age,TMP", f"2024-07-01 12:00,{age},20")}, columns=AGES)
    with pytest.raises(SourceError, match=r"row 2, column 'age': .* is (no age|not a number)"):
        source.fetch(seoul, "gfs_seamless", *EVER)


def test_a_column_in_a_wrong_unit_is_found_out(write: Write, seoul: Station) -> None:
    rows = [f"2024-07-02 {hour:02}:00,2024-07-01 00:00,293" for hour in range(24)]
    with pytest.raises(
        SourceError, match=r"Set ingest\.guidance\.files\.units\.temp_c to its unit"
    ):
        write({"a.csv": lines("time,run,TMP", *rows)}).fetch(seoul, "gfs_seamless", *EVER)


def answer(suffix: str = "", **changes: Any) -> str:
    """An answer of Previous Runs with two ages, and a quantity of the newest run."""
    ages = {
        "temperature_2m": 99.0,
        "temperature_2m_previous_day1": 20.5,
        "temperature_2m_previous_day2": 21.5,
        "wind_speed_10m_previous_day1": 36.0,
        "wind_speed_10m_previous_day2": None,
    }
    models = suffix.split() or [""]
    hourly: dict[str, Any] = {"time": ["2024-07-10T00:00", "2024-07-10T01:00"]}
    units = {"time": "iso8601"}
    for model in models:
        for name, value in ages.items():
            hourly[name + model] = [value, value]
            units[name + model] = "km/h" if "wind" in name else "°C"
    told = {"utc_offset_seconds": 0, "hourly_units": units, "hourly": hourly}
    return json.dumps({**told, **changes})


JSON = {
    "valid_at": "time",
    "previous_day": "previous_day",
    "temp_c": "temperature_2m",
    "wind_ms": "wind_speed_10m",
}


def test_an_answer_of_previous_runs_is_read_in_the_units_that_it_tells(
    write: Write, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    rows = write({"a.json": answer()}, columns=JSON).fetch(seoul, "gfs_seamless", *EVER)
    assert rows["temp_c"].tolist() == [21.5, 20.5, 21.5, 20.5]
    np.testing.assert_allclose(rows["wind_ms"], [np.nan, 10.0, np.nan, 10.0])
    assert "temperature_2m is of the newest run, nearly an analysis, and is not read" in caplog.text


def test_values_of_the_newest_run_change_nothing(write: Write, seoul: Station) -> None:
    source = write({"a.json": answer(), "b.json": answer().replace("99.0", "-40.0")}, columns=JSON)
    assert source.fetch(seoul, "gfs_seamless", *EVER)["temp_c"].between(20, 22).all()


def test_an_answer_for_several_models_is_read(write: Write, seoul: Station) -> None:
    text = answer("_gem_global _gfs_seamless")
    source = write({"a.json": text}, columns={**JSON, "model": "model"}, model=None)
    assert source.models == ("gem_global", "gfs_seamless")
    assert source.fetch(seoul, "gem_global", *EVER)["temp_c"].tolist() == [21.5, 20.5, 21.5, 20.5]


def test_ages_in_the_names_of_a_csv_file_are_read_too(write: Write, seoul: Station) -> None:
    text = lines("time,temperature_2m_previous_day1", "2024-07-10T00:00,20.5")
    columns = {key: JSON[key] for key in ("valid_at", "previous_day", "temp_c")}
    rows = write({"a.csv": text}, columns=columns).fetch(seoul, "gfs_seamless", *EVER)
    assert rows["issued_until"].tolist() == [at("2024-07-09T00:00")]


@pytest.mark.parametrize(
    ("text", "settings", "what"),
    [
        (answer(utc_offset_seconds=32400), {}, r"is not in GMT: .* Ask again with timezone=GMT"),
        (answer(), {"units": {"wind_ms": "m/s"}}, "is in km/h, as the file says"),
        ("[]", {}, "is no answer of Open-Meteo for one place"),
        ("{", {}, "can't be read as JSON"),
        (answer(hourly={"time": ["2024-07-10T00:00"], "x": []}), {}, "are not of one length"),
        (answer(hourly={"time": []}), {}, "has no hours"),
        (answer(hourly={"time": "now"}), {}, "is no answer of Open-Meteo for one place"),
    ],
)
def test_an_answer_that_can_t_be_meant_is_refused(
    write: Write, seoul: Station, text: str, settings: dict[str, Any], what: str
) -> None:
    source = write({"a.json": text}, columns=JSON, **settings)
    with pytest.raises(SourceError, match=what):
        source.fetch(seoul, "gfs_seamless", *EVER)


def zipped(**members: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "."), text)
    return stream.getvalue()


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


BOOK = workbook(
    ["Forecasts of home"],
    ["time", "run", "TMP"],
    [datetime(2024, 7, 1, 12), datetime(2024, 7, 1), 21.5],
)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", gzip.compress(ONE.encode(), mtime=0)),
        ("a.zip", zipped(year__csv=ONE, readme__txt="What the model said.")),
        ("a.txt", ONE),
        ("a.xlsx", BOOK),
        ("a.csv", lines("time;run;TMP", "1.7.2024 12:00;1.7.2024 0:00;21,5")),
        ("a.csv", lines("Forecasts of home", "", ONE)),
        ("a.csv", lines("# TIME\tRun\tTMP", "2024/7/1 12:00\t2024/7/1 0:00\t21.5")),
        ("a.csv", lines("time,run,TMP", "202407011200,202407010000,21.5", "cut,o")),
        ("a.csv", ONE.encode("utf-16")),
        ("a.csv", lines("time,run,TMP", "2024-07-01 12:00,2024-07-01 00:00,21.5 °C")),
    ],
)
def test_a_table_is_read_as_observations_are(
    write: Write, seoul: Station, name: str, content: str | bytes
) -> None:
    rows = write({name: content}).fetch(seoul, "gfs_seamless", *EVER)
    assert rows["temp_c"].tolist() == [21.5]
    assert rows["valid_at"].tolist() == [at("2024-07-01T12:00")]
    assert rows["issued_until"].tolist() == [at("2024-07-01T00:00")]


def test_a_table_with_korean_headings_in_cp949_is_read(write: Write, seoul: Station) -> None:
    text = lines("예보시각,발표시각,기온", "2024-07-01 12:00,2024-07-01 00:00,21.5")
    columns = {"valid_at": "예보시각", "issued_at": "발표시각", "temp_c": "기온"}
    rows = write({"a.csv": text.encode("cp949")}, columns=columns).fetch(
        seoul, "gfs_seamless", *EVER
    )
    assert rows["temp_c"].tolist() == [21.5]


def test_times_may_stand_in_several_columns_or_in_a_form_of_their_own(
    write: Write, seoul: Station
) -> None:
    text = lines("day,hour,run,TMP", "01Jul2024,12,01Jul2024 00,21.5")
    source = write(
        {"a.csv": text},
        columns={"valid_at": ["day", "hour"], "issued_at": "run", "temp_c": "TMP"},
        time_format="%d%b%Y %H",
    )
    rows = source.fetch(seoul, "gfs_seamless", *EVER)
    assert rows["valid_at"].tolist() == [at("2024-07-01T12:00")]


@pytest.mark.parametrize(
    ("run", "setting"),
    [
        ("1/2/2024 0:00", r"ingest\.guidance\.files\.time_format to the one meant"),
        ("soon", r"ingest\.guidance\.files\.time_format to how its times are written"),
        ("2024", r"ingest\.guidance\.files\.columns\.issued_at: \[year, month, day, hour\]"),
        ("00:00", r"ingest\.guidance\.files\.columns\.issued_at: \[date, run\]"),
    ],
)
def test_times_that_can_t_be_read_name_the_settings_of_forecasts(
    write: Write, seoul: Station, run: str, setting: str
) -> None:
    source = write({"a.csv": ONE.replace("2024-07-01 00:00", run)})
    with pytest.raises(SourceError, match=setting):
        source.fetch(seoul, "gfs_seamless", *EVER)


def test_a_word_for_missing_is_named_as_the_message_says(
    write: Write, seoul: Station, tmp_path: Path
) -> None:
    text = lines(
        "time,run,TMP",
        "2024-07-01 12:00,2024-07-01 00:00,broken",
        "2024-07-01 13:00,2024-07-01 00:00,20",
    )
    source = write({"a.csv": text})
    with pytest.raises(SourceError, match=r"set ingest\.guidance\.files\.missing: \['broken'\]"):
        source.fetch(seoul, "gfs_seamless", *EVER)
    again = opened(tmp_path, columns=RUNS, model="gfs_seamless", missing=["broken"])
    assert again.fetch(seoul, "gfs_seamless", *EVER)["temp_c"].tolist() == [20.0]


def test_numbers_taken_for_missing_are_told(
    write: Write, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [f"2024-07-02 {hour:02}:00,2024-07-01 00:00,{20 + hour}" for hour in range(22)]
    rows += [f"2024-07-02 {hour}:00,2024-07-01 00:00,-999" for hour in (22, 23)]
    source = write({"a.csv": lines("time,run,TMP", *rows)})
    assert len(source.fetch(seoul, "gfs_seamless", *EVER)) == 22
    assert "a.csv, column 'TMP': -999 taken for missing and left out (2 values)" in caplog.text


def test_a_few_rows_without_a_time_are_left_out_and_told(
    write: Write, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    source = write({"a.csv": ONE + ",2024-07-01 00:00,3\n2024-07-01 13:00,,4\n"})
    assert source.fetch(seoul, "gfs_seamless", *EVER)["temp_c"].tolist() == [21.5]
    assert "column 'time': rows without a time left out (1 of 3 rows, first row 3)" in caplog.text
    assert "column 'run': rows without a time left out (1 of 2 rows, first row 4)" in caplog.text


@pytest.mark.parametrize("written", ["108.0", "0108", "Seoul", "서울"])
def test_a_station_is_found_as_files_write_it(write: Write, seoul: Station, written: str) -> None:
    text = lines("station,time,run,TMP", f"{written},2024-07-01 12:00,2024-07-01 00:00,20")
    source = write({"a.csv": text}, columns={**RUNS, "station": "station"})
    assert source.fetch(seoul, "gfs_seamless", *EVER)["station"].tolist() == ["108"]


def test_of_two_spellings_for_the_same_hours_the_exact_one_counts(
    write: Write, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    row = "2024-07-01 12:00,2024-07-01 00:00"
    text = lines("station,time,run,TMP", f"0108,{row},20", f"108,{row},21")
    source = write({"a.csv": text}, columns={**RUNS, "station": "station"})
    assert source.fetch(seoul, "gfs_seamless", *EVER)["temp_c"].tolist() == [21.0]
    assert "the forecasts of 0108 are taken for other stations'" in caplog.text


def test_other_texts_beside_the_tables_are_passed_over_and_told(
    write: Write, seoul: Station, caplog: pytest.LogCaptureFixture
) -> None:
    files = {"a.csv": ONE, "README.txt": "What time and which run.", "a.pdf": b"%PDF-1.7"}
    assert len(write(files).fetch(seoul, "gfs_seamless", *EVER)) == 1
    assert "README.txt is not read: it has none of the columns' headings" in caplog.text
    assert "a.pdf is not read: a PDF" in caplog.text


OPEN_METEO = lines(
    "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation",
    "37.57,126.97,86.0,0,GMT,GMT",
    "",
    "time,temperature_2m (°C),temperature_2m_previous_day1 (°C),"
    "wind_speed_10m_previous_day1 (km/h)",
    "2024-07-10T00:00,99.0,20.5,36.0",
)


@pytest.mark.parametrize("name", ["a.csv", "a.txt"])
def test_an_answer_of_previous_runs_as_csv_is_read_as_it_comes(
    write: Write, seoul: Station, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    rows = write({name: OPEN_METEO}, columns=JSON).fetch(seoul, "gfs_seamless", *EVER)
    assert rows["temp_c"].tolist() == [20.5]
    assert rows["wind_ms"].tolist() == [10.0]
    assert rows["issued_until"].tolist() == [at("2024-07-09T00:00")]
    assert "temperature_2m (°C) is of the newest run" in caplog.text


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (OPEN_METEO.replace("86.0,0,GMT,GMT", "86.0,32400,Asia/Seoul,KST"), "is not in GMT"),
        (OPEN_METEO.replace("\n\n", "\n35.2,129.1,70.0,0,GMT,GMT\n\n"), "is of 2 places"),
    ],
)
def test_an_answer_as_csv_of_another_time_or_several_places_is_refused(
    write: Write, seoul: Station, text: str, what: str
) -> None:
    with pytest.raises(SourceError, match=what):
        write({"a.csv": text}, columns=JSON).fetch(seoul, "gfs_seamless", *EVER)


@pytest.mark.parametrize("units", [[1], {"temperature_2m_previous_day1": ["K"]}, None])
def test_units_that_an_answer_does_not_tell_are_ours(
    write: Write, seoul: Station, units: object
) -> None:
    rows = write({"a.json": answer(hourly_units=units)}, columns=JSON).fetch(
        seoul, "gfs_seamless", *EVER
    )
    assert rows["temp_c"].tolist() == [21.5, 20.5, 21.5, 20.5]


def test_answers_in_an_archive_are_read(write: Write, seoul: Station) -> None:
    archive = zipped(a__json=answer(), package__json='{"name": "forecasts"}')
    rows = write({"a.zip": archive}, columns=JSON).fetch(seoul, "gfs_seamless", *EVER)
    assert len(rows) == 4


def test_files_are_an_archive_that_does_not_grow(write: Write, seoul: Station) -> None:
    source: GuidanceSource = write({"a.csv": ONE})
    assert source.has_archive
    assert guidance.validate(source.newest(seoul)).empty


def test_the_fingerprint_changes_with_files_and_settings_and_not_with_their_place(
    write: Write, tmp_path: Path
) -> None:
    before = write({"a.csv": ONE}).fingerprint("gfs_seamless")
    assert before.startswith("files sha256:")
    (tmp_path / "own").rename(tmp_path / "moved")
    settings: dict[str, Any] = {"columns": RUNS, "model": "gfs_seamless", "path": Path("moved")}
    assert opened(tmp_path, **settings).fingerprint("gfs_seamless") == before
    other_unit = opened(tmp_path, **settings, units={"temp_c": "degF"})
    other_station = opened(tmp_path, **settings, stations=("112",))
    (tmp_path / "moved" / "a.csv").write_text(ONE.replace("21.5", "21.6"))
    other_value = opened(tmp_path, **settings)
    found = {
        source.fingerprint("gfs_seamless") for source in (other_unit, other_station, other_value)
    }
    assert len(found | {before}) == 4


def test_no_source_named_is_none(repository: Path) -> None:
    ingest = Ingest(
        source="sample", stations=["JFK"], start=None, end=None, files=Files(path=SAMPLE)
    )
    assert open_guidance_source(ingest, repository, {}) is None
