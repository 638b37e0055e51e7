"""NOAA's hourly surface data as its service gives them: global hourly (ISD), whose cells hold
several fields, and local climatological data (LCD)."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wearcast.config import Files, Station
from wearcast.errors import SourceError
from wearcast.weather.sources import FilesSource

HOURS = 120
TEMPS = np.round(4 + 6 * np.sin(np.arange(HOURS) / 4), 1)
ISD = {
    "valid_at": "DATE",
    "temp_c": "TMP",
    "dewpoint_c": "DEW",
    "pressure_hpa": "SLP",
    "wind_ms": "WND",
    "wind_dir_deg": "WND",
    "precip_mm": "AA1",
    "gust_ms": "OC1",
    "cloud_pct": "GF1",
}
HEADINGS = ("STATION", "DATE", "REPORT_TYPE", "WND", "TMP", "DEW", "SLP", "AA1", "OC1", "GF1")

Row = dict[str, str]
Open = Callable[..., FilesSource]


def report(hour: int, **cells: str) -> Row:
    """A routine report 51 minutes after `hour`, with these cells in place of the usual ones."""
    at = pd.Timestamp("2023-01-01T00:51") + pd.Timedelta(hours=hour)
    row = {
        "STATION": "72505394728",
        "DATE": f"{at:%Y-%m-%dT%H:%M:%S}",
        "REPORT_TYPE": "FM-15",
        "WND": "280,1,N,0057,1",
        "TMP": f"{round(TEMPS[hour] * 10):+05d},5",
        "DEW": "-0049,5",
        "SLP": f"{10120 + hour % 20:05d},5",
        "AA1": "01,0005,9,5",
        "OC1": "0093,5",
        "GF1": "04,99,1,99,9,99,9,99999,9,99,9,99,9",
    }
    return {**row, **cells}


@pytest.fixture
def opened(tmp_path: Path, seoul: Station) -> Open:
    """Write rows as NOAA's service does, every cell in quotes, and open them."""

    def source(rows: Sequence[Row], columns: dict[str, str] = ISD, **settings: Any) -> FilesSource:
        folder = tmp_path / "own"
        folder.mkdir(exist_ok=True)
        with (folder / "a.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]), quoting=csv.QUOTE_ALL)
            table.writeheader()
            table.writerows(rows)
        files = Files(path=Path("own"), columns=columns, station=seoul.id, **settings)
        return FilesSource(files, tmp_path)

    return source


def everything(source: FilesSource, station: Station) -> pd.DataFrame:
    first, last = source.span(station)
    rows = source.fetch(station, first, last + pd.Timedelta(hours=1))
    return rows.set_index("valid_at")


def reports(**cells: dict[int, str]) -> list[Row]:
    """A report an hour; `cells` by heading and hour."""
    rows = []
    for hour in range(HOURS):
        changed = {name: by_hour[hour] for name, by_hour in cells.items() if hour in by_hour}
        rows.append(report(hour, **changed))
    return rows


def test_cells_of_several_fields_are_read_in_their_units(opened: Open, seoul: Station) -> None:
    rows = everything(opened(reports()), seoul)
    np.testing.assert_array_equal(rows["temp_c"], TEMPS)
    expected = {
        "dewpoint_c": -4.9,
        "pressure_hpa": 1012.0,
        "wind_ms": 5.7,
        "wind_dir_deg": 280.0,
        "precip_mm": 0.5,
        "gust_ms": 9.3,
        "cloud_pct": 50.0,
    }
    assert rows[list(expected)].iloc[0].to_dict() == expected
    assert rows.index[0] == pd.Timestamp("2023-01-01T01:00Z")


def test_codes_for_missing_calm_and_traces_of_such_cells_are_known(
    opened: Open, seoul: Station
) -> None:
    source = opened(
        reports(
            TMP={0: "+9999,9"},
            SLP={0: "99999,9"},
            WND={0: "999,9,9,9999,9", 1: "999,9,C,0000,5", 2: "999,9,V,0015,5"},
            AA1={0: "", 1: "01,0000,2,5", 2: "01,9999,9,9"},
            OC1={0: "9999,9"},
            GF1={
                0: "99,99,9,99,9,99,9,99999,9,99,9,99,9",
                1: "09,99,1,99,9,99,9,99999,9,99,9,99,9",
            },
        )
    )
    rows = everything(source, seoul)
    assert rows.iloc[0][["temp_c", "pressure_hpa", "wind_ms", "wind_dir_deg"]].isna().all()
    assert rows.iloc[0][["precip_mm", "gust_ms", "cloud_pct"]].isna().all()
    assert rows["wind_ms"].iloc[1:3].tolist() == [0.0, 1.5]
    assert rows["wind_dir_deg"].iloc[1:3].isna().all()
    assert rows["trace"].iloc[:3].tolist() == [False, True, False]
    assert rows["precip_mm"].iloc[1] == 0
    assert np.isnan(rows["cloud_pct"].iloc[1])


def test_what_noaa_marks_as_erroneous_is_left_out_and_counted(opened: Open, seoul: Station) -> None:
    source = opened(reports(TMP={3: "+0150,3", 4: "+0150,7", 5: "+0041,2"}))
    rows = everything(source, seoul)
    assert rows["temp_c"].iloc[3:6].isna().tolist() == [True, True, False]
    assert "a.csv, column 'TMP': marked as erroneous, left out (2 values)." in source.notes()


def test_amounts_of_other_times_than_an_hour_are_left_out_and_counted(
    opened: Open, seoul: Station
) -> None:
    source = opened(reports(AA1={5: "06,0120,9,5", 23: "24,0120,9,5"}))
    rows = everything(source, seoul)
    assert rows["precip_mm"].iloc[[5, 23]].isna().all()
    assert "a.csv, column 'AA1': of another time than 1 h, left out (2 values)." in source.notes()


def test_an_amount_that_is_left_out_is_not_taken_for_a_blank(opened: Open, seoul: Station) -> None:
    source = opened(reports(AA1={4: "", 5: "06,0120,9,5", 6: "01,9999,9,9"}), blank_rain="none")
    rain = everything(source, seoul)["precip_mm"]
    np.testing.assert_array_equal(rain.iloc[3:7], [0.5, 0.0, np.nan, np.nan])


def test_a_cell_of_another_form_among_them_is_named(opened: Open, seoul: Station) -> None:
    source = opened(reports(TMP={3: "+00x1,5"}))
    with pytest.raises(SourceError, match=r"row 5, column 'TMP': '\+00x1,5' is not a number"):
        everything(source, seoul)


def test_decimal_commas_under_the_same_heading_are_decimal_commas(
    opened: Open, seoul: Station
) -> None:
    cells = [f"{value:.1f}".replace(".", ",") for value in TEMPS]
    rows = [report(hour, TMP=cell) for hour, cell in enumerate(cells)]
    np.testing.assert_array_equal(everything(opened(rows), seoul)["temp_c"], TEMPS)


def test_of_several_reports_at_one_time_the_usual_ones_are_taken_and_completed(
    opened: Open, seoul: Station
) -> None:
    rows = reports()
    for row in rows:
        row["DATE"] = row["DATE"].replace(":51:", ":00:")
        row["SLP"] = "99999,9"
    synoptic = [
        {**row, "REPORT_TYPE": "FM-12", "TMP": "+0999,5", "SLP": "10200,5"} for row in rows[::3]
    ]
    summary = {**rows[5], "REPORT_TYPE": "SOD", **dict.fromkeys(HEADINGS[3:], "")}
    source = opened([*synoptic, summary, *rows])
    hours = everything(source, seoul)
    np.testing.assert_array_equal(hours["temp_c"], TEMPS)
    assert hours["pressure_hpa"].dropna().tolist() == [1020.0] * len(synoptic)
    what = "of several reports at one time those of type FM-15 are taken (40 values)"
    assert f"a.csv, column 'REPORT_TYPE': {what}." in source.notes()


def test_half_hourly_reports_with_synoptic_ones_become_hours(opened: Open, seoul: Station) -> None:
    on_the_hour, between = reports(), reports()
    for row in on_the_hour:
        row["DATE"] = row["DATE"].replace(":51:", ":00:")
    for row in between:
        row["DATE"] = row["DATE"].replace(":51:", ":30:")
    synoptic = [{**row, "REPORT_TYPE": "FM-12", "TMP": "+0999,5"} for row in on_the_hour[::3]]
    rows = everything(opened([*on_the_hour, *between, *synoptic]), seoul)
    np.testing.assert_array_equal(rows["temp_c"], TEMPS)
    assert (rows["precip_mm"] == 0.5).all()


LCD = {
    "valid_at": "DATE",
    "temp_c": "HourlyDryBulbTemperature",
    "precip_mm": "HourlyPrecipitation",
    "wind_dir_deg": "HourlyWindDirection",
    "wind_ms": "HourlyWindSpeed",
}


def climatological(hour: int, **cells: str) -> Row:
    row = report(hour)
    named = {
        "temp_c": f"{TEMPS[hour]:g}",
        "precip_mm": "0.00",
        "wind_dir_deg": "090",
        "wind_ms": "3",
        **cells,
    }
    heading = {LCD[ours]: cell for ours, cell in named.items()}
    return {"DATE": row["DATE"], "REPORT_TYPE": "FM-15", **heading}


def test_marks_behind_the_numbers_of_climatological_data_are_read_and_counted(
    opened: Open, seoul: Station
) -> None:
    odd = {
        3: {"temp_c": "4.5s", "precip_mm": "0.2s", "wind_dir_deg": "090s", "wind_ms": "6V"},
        4: {"temp_c": "*", "precip_mm": "T", "wind_dir_deg": "VRB", "wind_ms": "0"},
        5: {"temp_c": "-2.5s", "precip_mm": "Ts", "wind_dir_deg": "000", "wind_ms": "0"},
    }
    summary = {**climatological(6), **dict.fromkeys(list(LCD.values())[1:], "")}
    summary |= {"DATE": "2023-01-01T23:59:00", "REPORT_TYPE": "SOD  "}
    source = opened([*(climatological(i, **odd.get(i, {})) for i in range(HOURS)), summary], LCD)
    rows = everything(source, seoul)
    np.testing.assert_array_equal(rows["temp_c"].iloc[3:6], [4.5, np.nan, -2.5])
    np.testing.assert_array_equal(rows["wind_dir_deg"].iloc[3:6], [90, np.nan, np.nan])
    np.testing.assert_array_equal(rows["wind_ms"].iloc[3:6], [6, 0, 0])
    np.testing.assert_array_equal(rows["precip_mm"].iloc[3:6], [0.2, 0, 0])
    assert rows["trace"].iloc[3:6].tolist() == [False, True, True]
    marked = "a.csv, column 'HourlyDryBulbTemperature': read though marked 's' (2 values)."
    assert marked in source.notes()
