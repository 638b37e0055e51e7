"""The Korean portal's exports: made up here in every form that is known, and real ones of Seoul
where they are at hand."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wearcast.config import Files, Station
from wearcast.errors import SourceError
from wearcast.weather import humidity
from wearcast.weather.quality import control
from wearcast.weather.sources import FilesSource

EVER = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
Export = Callable[..., FilesSource]


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Write an export with these headings and rows and open it."""

    def opened(
        headings: str,
        *rows: str,
        name: str = "SURFACE_ASOS_108_HR_2021.csv",
        encoding: str = "cp949",
    ) -> FilesSource:
        folder = tmp_path / "own"
        folder.mkdir(exist_ok=True)
        (folder / name).write_bytes(("\r\n".join([headings, *rows]) + "\r\n").encode(encoding))
        return FilesSource(Files(path=Path("own")), tmp_path)

    return opened


SURFACE = (
    "지점,일시,기온(°C),강수량(mm),풍속(m/s),풍향(16방위),"
    "습도(%),이슬점온도(°C),해면기압(hPa),일사(MJ/m2),전운량(10분위)"
)
OBS = (
    "지점,지점명,일시,기온(°C),강수량(mm),풍속(m/s),"
    "풍향(16방위),습도(%),현지기압(hPa),전운량(10분위)"
)
RAIN = "지점,일시,기온(°C),강수량(mm)"


def test_every_quantity_is_read_in_our_units(export: Export, seoul: Station) -> None:
    row = (
        export(SURFACE, "108,2021-06-01 09:00,-.5,.3,2.1,20,84,-2.9,1014.4,3.6,7")
        .fetch(seoul, *EVER)
        .iloc[0]
    )
    assert row["valid_at"] == pd.Timestamp("2021-06-01T00Z")
    assert (row["temp_c"], row["dewpoint_c"], row["rh_pct"]) == (-0.5, -2.9, 84.0)
    assert (row["wind_ms"], row["wind_dir_deg"], row["precip_mm"]) == (2.1, 22.5, 0.3)
    assert (row["pressure_hpa"], row["solar_wm2"], row["cloud_pct"]) == (1014.4, 1000.0, 70.0)


@pytest.mark.parametrize("encoding", ["cp949", "utf-8-sig"])
@pytest.mark.parametrize("name", ["SURFACE_ASOS_108_HR_2021.csv", "OBS_ASOS_TIM_20220101.csv"])
def test_both_names_and_both_encodings_are_read(
    export: Export, seoul: Station, encoding: str, name: str
) -> None:
    source = export(
        OBS, "108,서울,2021-06-01 01:00,20.5,,1.5,180,60,1004.5,", name=name, encoding=encoding
    )
    rows = source.fetch(seoul, *EVER)
    assert rows["valid_at"].tolist() == [pd.Timestamp("2021-05-31T16Z")]
    assert (rows["temp_c"].iloc[0], rows["wind_dir_deg"].iloc[0]) == (20.5, 180.0)
    assert np.isnan(rows[["dewpoint_c", "pressure_hpa", "cloud_pct"]].to_numpy()).all()


def test_the_sixteen_codes_are_the_sixteen_directions_and_calm_has_none(
    export: Export, seoul: Station
) -> None:
    codes = [0, 20, 50, 70, 90, 110, 140, 160, 180, 200, 230, 250, 270, 290, 320, 340, 360]
    rows = (
        f"108,2021-06-01 {hour:02}:00,20,,1,{code},60,10,1010,," for hour, code in enumerate(codes)
    )
    directions = export(SURFACE, *rows).fetch(seoul, *EVER)["wind_dir_deg"]
    np.testing.assert_array_equal(directions, [np.nan, *(22.5 * point for point in range(1, 17))])


def test_blank_rain_is_none_and_zero_is_a_trace(export: Export, seoul: Station) -> None:
    source = export(
        RAIN, "108,2021-06-01 01:00,20,", "108,2021-06-01 02:00,20,0", "108,2021-06-01 03:00,20,1.2"
    )
    found = source.fetch(seoul, *EVER)
    assert found["precip_mm"].tolist() == [0.0, 0.0, 1.2]
    assert found["trace"].tolist() == [False, True, False]
    assert found["precip_3h_mm"].isna().all()


AWS = "지점,일시,기온(°C),풍향(deg),풍속(m/s),강수량(mm),해면기압(hPa),습도(%),일사(MJ/m^2)"


@pytest.mark.parametrize("heading", ["풍향(deg)", "풍향"])
def test_an_automatic_station_has_degrees_and_dry_hours(
    export: Export, seoul: Station, heading: str
) -> None:
    rows = export(
        AWS.replace("풍향(deg)", heading),
        "108,2021-01-01 01:00,-1.5,224.2,4.0,0.0,1013.8,78,0.36",
        "108,2021-01-01 02:00,-1.5,0,0.1,0.5,1013.8,78,",
        "108,2021-01-01 03:00,-1.5,45.1,1.0,,1013.8,78,",
    ).fetch(seoul, *EVER)
    np.testing.assert_array_equal(rows["wind_dir_deg"], [224.2, np.nan, 45.1])
    np.testing.assert_array_equal(rows["precip_mm"], [0.0, 0.5, np.nan])
    assert not rows["trace"].any()
    assert rows["precip_3h_mm"].isna().all()
    assert rows["solar_wm2"][0] == 100.0


def test_winter_rain_is_a_sum_of_three_hours_at_its_stamp(export: Export, seoul: Station) -> None:
    rows = (
        f"108,2021-01-05 {hour:02}:00,1,{amount}"
        for hour, amount in enumerate(["", "", "", "2.5", "", "", "0", "", "", ""])
    )
    found = export(RAIN, *rows).fetch(seoul, *EVER)
    assert found["precip_mm"].isna().all()
    np.testing.assert_array_equal(
        found["precip_3h_mm"], [0, np.nan, np.nan, 2.5, np.nan, np.nan, 0, np.nan, np.nan, 0]
    )
    assert found.index[found["trace"]].tolist() == [6]


def test_the_stamp_of_1_april_closes_the_last_sum_and_that_of_1_november_the_last_hour(
    export: Export, seoul: Station
) -> None:
    spring = ["108,2021-03-31 23:00,9,", "108,2021-04-01 00:00,9,1.5", "108,2021-04-01 01:00,9,.5"]
    autumn = ["108,2021-10-31 23:00,9,.4", "108,2021-11-01 00:00,9,.7", "108,2021-11-01 03:00,9,2"]
    found = export(RAIN, *spring, *autumn).fetch(seoul, *EVER)
    np.testing.assert_array_equal(found["precip_mm"], [np.nan, np.nan, 0.5, 0.4, 0.7, np.nan])
    np.testing.assert_array_equal(found["precip_3h_mm"], [np.nan, 1.5, np.nan, np.nan, np.nan, 2.0])


def test_a_winter_month_that_was_exported_hour_by_hour_is_read_so(
    export: Export, seoul: Station
) -> None:
    found = export(
        RAIN, "108,2021-01-05 03:00,1,.5", "108,2021-01-05 04:00,1,.2", "108,2021-02-05 03:00,1,.5"
    ).fetch(seoul, *EVER)
    np.testing.assert_array_equal(found["precip_mm"], [0.5, 0.2, np.nan])
    np.testing.assert_array_equal(found["precip_3h_mm"], [np.nan, np.nan, 0.5])


def test_a_station_s_hourly_winter_does_not_change_another_s(
    export: Export, seoul: Station
) -> None:
    found = export(RAIN, "112,2021-01-05 04:00,1,.2", "108,2021-01-05 03:00,1,.5").fetch(
        seoul, *EVER
    )
    np.testing.assert_array_equal(found[["precip_mm", "precip_3h_mm"]], [[np.nan, 0.5]])


def test_flags_mean_the_same_in_a_parquet_copy_of_an_export(tmp_path: Path, seoul: Station) -> None:
    stamps = [f"2021-06-01 0{hour}:00" for hour in range(4)]
    table = pd.DataFrame(
        {
            "지점": 108,
            "일시": stamps,
            "기온(°C)": [20.0, 21.0, 22.0, 23.0],
            "기온 QC플래그": [np.nan, 0.0, 1.0, 9.0],
        }
    )
    (tmp_path / "own").mkdir()
    table.to_parquet(tmp_path / "own" / "copy.parquet")
    rows = FilesSource(Files(path=Path("own")), tmp_path).fetch(seoul, *EVER)
    np.testing.assert_array_equal(rows["temp_c"], [20.0, 21.0, np.nan, np.nan])


def test_a_flagged_value_is_missing(export: Export, seoul: Station) -> None:
    headings = "지점,일시,기온(°C),기온 QC플래그,강수량(mm),강수량 QC플래그,풍속(m/s),풍속 QC플래그"
    rows = [
        "108,2021-06-01 01:00,20,0,,,1.5,",
        "108,2021-06-01 02:00,99,1,,1,9,0",
        "108,2021-06-01 03:00,21,,0,1,2,9",
    ]
    found = export(headings, *rows).fetch(seoul, *EVER)
    np.testing.assert_array_equal(found["temp_c"], [20, np.nan, 21])
    np.testing.assert_array_equal(found["precip_mm"], [0, np.nan, np.nan])
    np.testing.assert_array_equal(found["wind_ms"], [1.5, 9, np.nan])
    assert not found["trace"].any()


def test_rain_is_flagged_missing_in_every_dry_hour_and_that_means_none(
    export: Export, seoul: Station
) -> None:
    # The first rows of Seoul's export of 2020 with flags, and the same hours in summer.
    headings = "지점,지점명,일시,기온(°C),기온 QC플래그,강수량(mm),강수량 QC플래그"
    winter = [
        "108,서울,2020-01-01 00:00,-6.5,,0,",
        "108,서울,2020-01-01 01:00,-5.9,,,9",
        "108,서울,2020-12-31 21:00,-7.2,,,9",
    ]
    summer = ["108,서울,2020-06-01 00:00,16.5,,0,", "108,서울,2020-06-01 01:00,15.9,,,9"]
    found = export(headings, *winter, *summer).fetch(seoul, *EVER)
    np.testing.assert_array_equal(found["precip_3h_mm"], [0, np.nan, np.nan, np.nan, 0])
    np.testing.assert_array_equal(found["precip_mm"], [np.nan, np.nan, 0, 0, np.nan])
    assert found["trace"].tolist() == [True, False, True, False, False]


def test_an_hour_in_which_nothing_was_reported_was_not_dry(export: Export, seoul: Station) -> None:
    found = export(
        SURFACE, "108,2021-06-01 01:00,,,,,,,,,", "108,2021-06-01 02:00,20,,,,,,,,"
    ).fetch(seoul, *EVER)
    np.testing.assert_array_equal(found["precip_mm"], [np.nan, 0])


def test_the_two_exports_of_one_year_complete_each_other(export: Export, seoul: Station) -> None:
    both = [
        "108,서울,2021-06-01 01:00,20.5,.2,1.5,180,60,1004.5,5",
        "108,서울,2021-06-01 02:00,20,,1,180,61,1004,5",
    ]
    export(OBS, *both, name="OBS_ASOS_TIM.csv")
    source = export(SURFACE, "108,2021-06-01 01:00,20.5,.2,1.5,180,60,12.4,1014.4,,5")
    rows = source.fetch(seoul, *EVER)
    np.testing.assert_array_equal(rows["dewpoint_c"], [12.4, np.nan])
    assert rows["temp_c"].tolist() == [20.5, 20.0]


def test_several_stations_stand_in_one_export(export: Export, seoul: Station) -> None:
    source = export(RAIN, "108,2021-06-01 01:00,20,", "112,2021-06-01 01:00,18,")
    incheon = seoul.model_copy(update={"id": "112"})
    assert source.fetch(seoul, *EVER)["temp_c"].tolist() == [20.0]
    assert source.fetch(incheon, *EVER)["temp_c"].tolist() == [18.0]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (
            ["지점,일시,평균기온(°C)", "108,2021-06-01,20"],
            "no column '기온'. Export the portal's hourly ASOS table",
        ),
        (
            [RAIN, "108,2021-06-01 01:00,20,많음"],
            "row 2, column '강수량(mm)': '많음' is not a number",
        ),
        (
            [RAIN, "108,2021-06-01 01:00,1e999,"],
            "row 2, column '기온(°C)': '1e999' is not a number",
        ),
        (
            [RAIN, "108,2021-06-01 01:00,20,", "108,2021-06-01 01:00,21,"],
            "station 108, 2021-05-31T16:00Z, column temp_c",
        ),
    ],
)
def test_a_bad_export_is_named_with_what_to_do(
    export: Export, seoul: Station, rows: list[str], says: str
) -> None:
    with pytest.raises(SourceError) as raised:
        export(*rows).fetch(seoul, *EVER)
    assert says in str(raised.value)


def test_an_export_that_isn_t_known_among_others_is_told(export: Export, seoul: Station) -> None:
    export(RAIN, "108,2021-06-01 09:00,10,", name="2021.csv")
    source = export(RAIN.replace("지점", "지점번호"), "108,2022-06-01 09:00,10,", name="2022.csv")
    with pytest.raises(SourceError, match=r"2022\.csv is no export .* has 지점번호, 일시"):
        source.fetch(seoul, *EVER)


def test_other_stations_rows_that_can_t_be_read_are_one_note(
    export: Export, seoul: Station
) -> None:
    rows = [f"{station},2021-06-01 09:00,warm," for station in (112, 119, 133, 143, 156)]
    source = export(RAIN, "108,2021-06-01 09:00,10,", *rows)
    assert source.fetch(seoul, *EVER)["temp_c"].tolist() == [10.0]
    (note,) = source.notes()
    assert ": not read: station '112' (" in note
    assert note.count("'warm' is not a number. Mend the file)") == 3
    assert note.endswith(" and 2 more.")


@pytest.fixture(scope="module")
def real(test_data: Path) -> FilesSource:
    return FilesSource(Files(path=Path("kma-asos-seoul")), test_data)


def test_seoul_s_five_years_are_read_whole(real: FilesSource, seoul: Station) -> None:
    rows = real.fetch(seoul, *EVER)
    local_year = rows["valid_at"].dt.tz_convert("Asia/Seoul").dt.year
    assert local_year.value_counts().sort_index().to_dict() == {
        2018: 8760,
        2019: 8760,
        2020: 8784,
        2021: 8760,
        2023: 8760,
    }
    assert (local_year < 2022).sum() == 35_064
    missing = rows.isna().sum()
    assert missing[["temp_c", "rh_pct", "wind_ms", "pressure_hpa"]].tolist() == [2, 17, 48, 14]


def test_seoul_s_rain_is_neither_lost_nor_counted_twice(
    real: FilesSource, test_data: Path, seoul: Station
) -> None:
    rows = real.fetch(seoul, *EVER)
    total = traces = 0.0
    for path in (test_data / "kma-asos-seoul").glob("*.csv"):
        with path.open(encoding="cp949", newline="") as file:
            amounts = [row["강수량(mm)"] for row in csv.DictReader(file)]
        total += sum(float(amount) for amount in amounts if amount)
        traces += sum(bool(amount) and float(amount) == 0 for amount in amounts)
    assert rows["precip_mm"].sum() + rows["precip_3h_mm"].sum() == pytest.approx(total)
    assert rows["trace"].sum() == traces
    assert not (rows["precip_mm"].notna() & rows["precip_3h_mm"].notna()).any()


def test_seoul_s_dew_points_are_those_of_its_humidities(real: FilesSource, seoul: Station) -> None:
    rows = real.fetch(seoul, *EVER)
    derived = humidity.dewpoint_c(rows["temp_c"].to_numpy(), rows["rh_pct"].to_numpy())
    # Humidity is given in whole percent and temperature in tenths.
    assert np.nanmax(np.abs(derived - rows["dewpoint_c"].to_numpy())) < 0.15


def test_seoul_s_year_without_data_stays_a_gap_and_no_value_is_doubted(
    real: FilesSource, seoul: Station
) -> None:
    observations, report = control(real.fetch(seoul, *EVER), [seoul], fill_h=3)
    found = report["108"]
    assert (found["hours"], found["absent_hours"]) == (52_584, 8_760)
    temp = found["columns"]["temp_c"]
    assert (temp["interpolated"], temp["missing"], temp["longest_gap_h"]) == (2, 8_760, 8_760)
    assert (
        sum(
            counts[kind]
            for counts in found["columns"].values()
            for kind in ("impossible", "spikes", "stuck")
        )
        == 0
    )
    wind = observations.set_index("valid_at")["wind_ms"]
    assert wind.loc["2023":].isna().sum() == 37
