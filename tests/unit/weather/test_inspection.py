"""`wearcast inspect`: files in the shapes of weather services and home stations, which read right
with the settings that it writes."""

import gzip
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from unit.weather.hourly_weather import HOURS, INDEX, WEATHER
from wearcast.cli.app import app
from wearcast.config import Files, Station
from wearcast.errors import SourceError
from wearcast.weather.sources import FilesSource, column_names
from wearcast.weather.sources.inspection import Inspection, Told, inspect
from wearcast.weather.sources.known_exports import EXPORTS
from wearcast.weather.stations import resolve

UTC = pd.date_range("2023-01-01", periods=HOURS, freq="h", tz="UTC")
TRUE = pd.DataFrame(WEATHER, index=UTC)
ROUNDED = {
    "temp_c": 0.6,
    "dewpoint_c": 0.6,
    "rh_pct": 3.0,
    "wind_ms": 0.6,
    "wind_dir_deg": 12.0,
    "precip_mm": 0.3,
    "pressure_hpa": 0.6,
    "cloud_pct": 7.0,
    "solar_wm2": 12.0,
}
"""The most that the services' own rounding changes a value by."""

BERLIN, NEW_YORK, TOKYO, SEOUL = "Europe/Berlin", "Etc/GMT+5", "Asia/Tokyo", "Asia/Seoul"


def stamps(form: str, zone: str = "UTC") -> Any:
    return UTC.tz_convert(zone).strftime(form)


def tenths(values: pd.Series) -> Any:
    return (values * 10).round().astype(int)


def fahrenheit(values: pd.Series) -> Any:
    return (values * 1.8 + 32).round().astype(int)


def csv(path: Path, table: Mapping[str, Any], **given: Any) -> Path:
    pd.DataFrame(dict(table)).to_csv(path, index=False, **given)
    return path


def meteostat_bulk(folder: Path) -> Path:
    columns = {
        "date": stamps("%Y-%m-%d"),
        "hour": UTC.hour,
        "temp": TRUE.temp_c.values,
        "dwpt": TRUE.dewpoint_c.values,
        "rhum": TRUE.rh_pct.astype(int).values,
        "prcp": TRUE.precip_mm.values,
        "snow": "",
        "wdir": TRUE.wind_dir_deg.astype(int).values,
        "wspd": (TRUE.wind_ms * 3.6).round(1).values,
        "wpgt": "",
        "pres": TRUE.pressure_hpa.values,
        "tsun": "",
        "coco": 3,
    }
    text = pd.DataFrame(columns).to_csv(index=False, header=False)
    path = folder / "10637.csv.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    return path


def meteostat_year(folder: Path) -> Path:
    columns: dict[str, Any] = {
        "year": UTC.year,
        "month": UTC.month,
        "day": UTC.day,
        "hour": UTC.hour,
    }
    values = {
        "temp": TRUE.temp_c,
        "rhum": TRUE.rh_pct,
        "wdir": TRUE.wind_dir_deg,
        "wspd": (TRUE.wind_ms * 3.6).round(1),
        "pres": TRUE.pressure_hpa,
        "cldc": (TRUE.cloud_pct / 12.5).round(),
    }
    for name, value in values.items():
        columns |= {name: value.values, f"{name}_source": "dwd_hourly"}
    return csv(folder / "10637.csv", columns)


def isd_lite(folder: Path) -> Path:
    rows = []
    for time, row in TRUE.iterrows():
        values = (row.temp_c * 10, row.dewpoint_c * 10, row.pressure_hpa * 10, row.wind_dir_deg)
        wind, rain = row.wind_ms * 10, row.precip_mm * 10
        cells = "".join(f" {round(value):5d}" for value in (*values, wind, -9999, rain, -9999))
        rows.append(f"{time:%Y %m %d %H}{cells}\n")
    path = folder / "106370-99999-2023"
    path.write_text("".join(rows))
    return path


def lcd(folder: Path) -> Path:
    columns = {
        "STATION": "72505394728",
        "DATE": (UTC - pd.Timedelta("9min")).tz_convert(NEW_YORK).strftime("%Y-%m-%dT%H:%M:%S"),
        "REPORT_TYPE": "FM-15",
        "SOURCE": "7",
        "HourlyDewPointTemperature": fahrenheit(TRUE.dewpoint_c).values,
        "HourlyDryBulbTemperature": fahrenheit(TRUE.temp_c).values,
        "HourlyPrecipitation": (TRUE.precip_mm / 25.4).map("{:.2f}".format).values,
        "HourlyRelativeHumidity": TRUE.rh_pct.astype(int).values,
        "HourlySeaLevelPressure": (TRUE.pressure_hpa / 33.8639).map("{:.2f}".format).values,
        "HourlyWindDirection": TRUE.wind_dir_deg.astype(int).map("{:03d}".format).values,
        "HourlyWindSpeed": (TRUE.wind_ms / 0.44704).round().astype(int).values,
    }
    columns["HourlyPrecipitation"][3] = "T"
    return csv(folder / "lcd.csv", columns, quoting=1)


def global_hourly(folder: Path) -> Path:
    def scaled(values: pd.Series, digits: str) -> list[str]:
        return [f"{value:{digits}}" for value in tenths(values)]

    winds = zip(TRUE.wind_dir_deg, scaled(TRUE.wind_ms, "04d"), strict=True)
    columns = {
        "STATION": "72505394728",
        "DATE": (UTC - pd.Timedelta("9min")).strftime("%Y-%m-%dT%H:%M:%S"),
        "SOURCE": "7",
        "LATITUDE": "40.77898",
        "LONGITUDE": "-73.96925",
        "ELEVATION": "42.7",
        "NAME": "NY CITY CENTRAL PARK, NY US",
        "REPORT_TYPE": "FM-15",
        "WND": [f"{bearing:03.0f},5,N,{speed},5" for bearing, speed in winds],
        "TMP": [f"{value},5" for value in scaled(TRUE.temp_c, "+05d")],
        "DEW": [f"{value},5" for value in scaled(TRUE.dewpoint_c, "+05d")],
        "SLP": [f"{value},5" for value in scaled(TRUE.pressure_hpa, "05d")],
        "AA1": [f"01,{value},9,5" for value in scaled(TRUE.precip_mm, "04d")],
    }
    columns["TMP"][7] = "+9999,9"
    return csv(folder / "72505394728.csv", columns, quoting=1)


def iem(folder: Path) -> Path:
    columns = {
        "station": "RKSI",
        "valid": stamps("%Y-%m-%d %H:%M"),
        "tmpf": (TRUE.temp_c * 1.8 + 32).round(2).values,
        "dwpf": (TRUE.dewpoint_c * 1.8 + 32).round(2).values,
        "relh": TRUE.rh_pct.values,
        "drct": TRUE.wind_dir_deg.astype(str).values,
        "sknt": (TRUE.wind_ms / 0.514444).round(2).values,
        "p01i": (TRUE.precip_mm / 25.4).round(2).astype(str).values,
        "alti": 29.92,
        "mslp": TRUE.pressure_hpa.astype(str).values,
        "vsby": 10.0,
        "skyc1": "FEW",
    }
    for name, cell in {"drct": "M", "p01i": "T", "mslp": "M"}.items():
        columns[name][[5, 60, 300]] = cell
    return csv(folder / "RKSI.csv", columns)


def dwd(folder: Path) -> Path:
    tables = {
        "tu": {"QN_9": 3, "TT_TU": TRUE.temp_c.values, "RF_TU": TRUE.rh_pct.values},
        "ff": {"QN_3": 3, "F": TRUE.wind_ms.values, "D": TRUE.wind_dir_deg.astype(int).values},
        "rr": {"QN_8": 3, "R1": TRUE.precip_mm.values, "RS_IND": 0},
    }
    for name, values in tables.items():
        columns = {"STATIONS_ID": "       1420", "MESS_DATUM": stamps("%Y%m%d%H"), **values}
        table = pd.DataFrame({**columns, "eor": "eor"})
        table.loc[[0, 99], list(values)[1]] = -999.0
        table.to_csv(folder / f"produkt_{name}_stunde_01420.txt", sep=";", index=False)
    return folder


def environment_canada(folder: Path) -> Path:
    zone = "Etc/GMT+5"
    columns = {
        "Longitude (x)": "-79.40",
        "Latitude (y)": "43.67",
        "Station Name": "SOMEWHERE",
        "Climate ID": "6158355",
        "Date/Time (LST)": stamps("%Y-%m-%d %H:%M", zone),
        "Year": stamps("%Y", zone),
        "Month": stamps("%m", zone),
        "Day": stamps("%d", zone),
        "Time (LST)": stamps("%H:%M", zone),
        "Temp (°C)": TRUE.temp_c.values,
        "Temp Flag": "",
        "Dew Point Temp (°C)": TRUE.dewpoint_c.values,
        "Rel Hum (%)": TRUE.rh_pct.astype(int).values,
        "Precip. Amount (mm)": TRUE.precip_mm.values,
        "Wind Dir (10s deg)": (TRUE.wind_dir_deg / 10).astype(int).values,
        "Wind Spd (km/h)": (TRUE.wind_ms * 3.6).round().astype(int).values,
        "Stn Press (kPa)": 99.84,
    }
    return csv(folder / "en_climate_hourly.csv", columns, quoting=1, encoding="utf-8-sig")


def jma(folder: Path) -> Path:
    points = (
        "北 北北東 北東 東北東 東 東南東 南東 南南東 南 南南西 南西 西南西 西 西北西 北西 北北西"
    )
    named = points.split()
    rows = [
        "ダウンロードした時刻 2023/02/01 10:00:00",
        "",
        ",東京,東京,東京,東京,東京,東京,東京",
        "年月日時,気温(℃),気温(℃),気温(℃),風速(m/s),風速(m/s),風速(m/s),風速(m/s)",
        ",,,,,,風向,風向",
        ",,品質情報,均質番号,,品質情報,,品質情報",
    ]
    for time, row in TRUE.tz_convert(TOKYO).iterrows():
        point = named[round(row.wind_dir_deg / 22.5) % 16]
        stamp = f"{time.year}/{time.month}/{time.day} {time.hour}:00:00"
        rows.append(f"{stamp},{row.temp_c},8,1,{row.wind_ms},8,{point},8")
    path = folder / "data.csv"
    path.write_bytes("\r\n".join(rows).encode("cp932"))
    return path


def open_meteo(folder: Path) -> Path:
    columns = {
        "time": stamps("%Y-%m-%dT%H:%M", SEOUL),
        "temperature_2m (°C)": TRUE.temp_c.values,
        "relative_humidity_2m (%)": TRUE.rh_pct.astype(int).values,
        "dew_point_2m (°C)": TRUE.dewpoint_c.values,
        "precipitation (mm)": TRUE.precip_mm.values,
        "pressure_msl (hPa)": TRUE.pressure_hpa.values,
        "surface_pressure (hPa)": TRUE.pressure_hpa.values - 4,
        "cloud_cover (%)": TRUE.cloud_pct.astype(int).values,
        "wind_speed_10m (km/h)": (TRUE.wind_ms * 3.6).round(1).values,
        "wind_direction_10m (°)": TRUE.wind_dir_deg.astype(int).values,
        "shortwave_radiation (W/m²)": TRUE.solar_wm2.values,
    }
    request = "latitude,longitude,elevation,utc_offset_seconds,timezone,timezone_abbreviation"
    path = folder / "open-meteo-37.55N126.94E35m.csv"
    table = pd.DataFrame(columns).to_csv(index=False)
    path.write_text(f"{request}\n37.55,126.9375,35.0,32400,Asia/Seoul,GMT+9\n\n{table}")
    return path


def wunderground(folder: Path) -> Path:
    own = folder / "KXX1"
    own.mkdir()
    for day in (1, 2):
        day_start = pd.Timestamp(f"2023-01-0{day} 05:00", tz="UTC")
        hours = TRUE[day_start : day_start + pd.Timedelta("23h")]
        local = hours.index.tz_convert(NEW_YORK)
        columns = {
            "Time": local.strftime("%I:%M %p"),
            "Temperature": [f"{value * 1.8 + 32:.1f} °F" for value in hours.temp_c],
            "Dew Point": [f"{value * 1.8 + 32:.1f} °F" for value in hours.dewpoint_c],
            "Humidity": [f"{value:.0f} %" for value in hours.rh_pct],
            "Wind": "NNW",
            "Speed": [f"{value / 0.44704:.1f} mph" for value in hours.wind_ms],
            "Gust": "0.0 mph",
            "Pressure": [f"{value / 33.8639:.2f} in" for value in hours.pressure_hpa],
            "Precip. Rate.": "0.00 in",
            "Precip. Accum.": "0.00 in",
        }
        csv(own / f"KXX1_2023-01-0{day}.csv", columns)
    return own


def meteoswiss(folder: Path) -> Path:
    columns = {
        "station_abbr": "BER",
        "reference_timestamp": stamps("%d.%m.%Y %H:%M"),
        "tre200h0": TRUE.temp_c.values,
        "ure200h0": TRUE.rh_pct.values,
        "fkl010h0": TRUE.wind_ms.values,
        "dkl010h0": TRUE.wind_dir_deg.astype(int).values,
        "rre150h0": TRUE.precip_mm.values,
        "gre000h0": TRUE.solar_wm2.values,
    }
    return csv(folder / "ogd-smn_ber_h_recent.csv", columns, sep=";")


def synop(folder: Path) -> Path:
    columns = {
        "numer_sta": "07005",
        "date": stamps("%Y%m%d%H%M%S"),
        "pmer": (TRUE.pressure_hpa * 100).round().astype(int).values,
        "tend": -160,
        "cod_tend": 8,
        "dd": TRUE.wind_dir_deg.astype(int).values,
        "ff": TRUE.wind_ms.map("{:.6f}".format).values,
        "t": (TRUE.temp_c + 273.15).map("{:.6f}".format).values,
        "td": (TRUE.dewpoint_c + 273.15).map("{:.6f}".format).values,
        "u": TRUE.rh_pct.astype(int).values,
        "vv": 20000,
        "rr1": TRUE.precip_mm.astype(str).values,
        "rr3": "mq",
    }
    columns["rr1"][[4, 90]] = "mq"
    return csv(folder / "synop.202301.csv", columns, sep=";")


def data_go_kr(folder: Path) -> Path:
    columns = {
        "tm": stamps("%Y-%m-%d %H:%M", SEOUL),
        "rnum": INDEX,
        "stnId": 108,
        "stnNm": "서울",
        "ta": TRUE.temp_c.values,
        "rn": TRUE.precip_mm.where(TRUE.precip_mm > 0).values,
        "ws": TRUE.wind_ms.values,
        "wd": TRUE.wind_dir_deg.astype(int).values,
        "hm": TRUE.rh_pct.astype(int).values,
        "td": TRUE.dewpoint_c.values,
        "ps": TRUE.pressure_hpa.values,
        "dc10Tca": (TRUE.cloud_pct / 10).round().astype(int).values,
    }
    return csv(folder / "asos_api.csv", columns)


def apihub(folder: Path) -> Path:
    rows = ["#START7777", "# YYMMDDHHMI STN  WD   WS     PA     PS     TA    TD    HM"]
    for time, row in TRUE.tz_convert(SEOUL).iterrows():
        wind = f"{row.wind_dir_deg / 10:4.0f} {row.wind_ms:5.1f}"
        pressures = f"{row.pressure_hpa - 10:6.1f} {row.pressure_hpa:6.1f}"
        air = f"{row.temp_c:5.1f} {row.dewpoint_c:5.1f} {row.rh_pct:5.1f}"
        rows.append(f"{time:%Y%m%d%H%M} 108 {wind} {pressures} {air}")
    path = folder / "kma.txt"
    path.write_text("\n".join([*rows, "#7777END"]))
    return path


def portal(folder: Path) -> Path:
    columns = {
        "지점": 108,
        "지점명": "서울",
        "일시": stamps("%Y-%m-%d %H:%M", SEOUL),
        "기온(°C)": TRUE.temp_c.values,
        "풍속(m/s)": TRUE.wind_ms.values,
        "습도(%)": TRUE.rh_pct.astype(int).values,
        "해면기압(hPa)": TRUE.pressure_hpa.values,
    }
    return csv(folder / "OBS_ASOS_TIM.csv", columns, encoding="cp949")


AIR = {"temp_c", "dewpoint_c", "rh_pct", "wind_ms", "wind_dir_deg", "pressure_hpa"}
BY_SERVICE: dict[str, tuple[Callable[[Path], Path], str | None, set[str]]] = {
    "Meteostat": (meteostat_bulk, None, AIR | {"precip_mm"}),
    "Meteostat's years": (meteostat_year, None, AIR - {"dewpoint_c"} | {"cloud_pct"}),
    "NOAA ISD-Lite": (isd_lite, None, AIR - {"rh_pct"} | {"precip_mm"}),
    "NOAA Global Hourly": (global_hourly, None, AIR - {"rh_pct"} | {"precip_mm"}),
    "NOAA Local Climatological Data": (lcd, "America/New_York", AIR | {"precip_mm"}),
    "Iowa Environmental Mesonet": (iem, None, AIR | {"precip_mm"}),
    "Deutscher Wetterdienst": (
        dwd,
        None,
        {"temp_c", "rh_pct", "wind_ms", "wind_dir_deg", "precip_mm"},
    ),
    "Environment and Climate Change Canada": (
        environment_canada,
        None,
        AIR - {"pressure_hpa"} | {"precip_mm"},
    ),
    "Japan Meteorological Agency": (jma, None, {"temp_c", "wind_ms", "wind_dir_deg"}),
    "Open-Meteo": (open_meteo, None, set(ROUNDED)),
    "Weather Underground": (wunderground, "America/New_York", AIR - {"wind_dir_deg"}),
    "MeteoSwiss": (
        meteoswiss,
        None,
        {"temp_c", "rh_pct", "wind_ms", "wind_dir_deg", "precip_mm", "solar_wm2"},
    ),
    "Météo-France SYNOP": (synop, None, AIR | {"precip_mm"}),
    "Korea Meteorological Administration, data.go.kr": (
        data_go_kr,
        None,
        AIR | {"precip_mm", "cloud_pct"},
    ),
    "Korea Meteorological Administration, apihub": (apihub, None, AIR),
    "Korean open data portal": (portal, None, {"temp_c", "rh_pct", "wind_ms", "pressure_hpa"}),
}


def rows_of(found: Inspection, path: Path) -> pd.DataFrame:
    """What the written settings read, by the hour."""
    settings = Files.model_validate({**found.settings, "path": path})
    source = FilesSource(settings, Path())
    id = source.stations()[0]
    given = {"id": "x", "name_en": id, "name_ko": id, "elevation_m": 0, "time_zone": "UTC"}
    station = Station.model_validate({**given, "latitude": 0, "longitude": 0})
    station = station.model_copy(update={"id": id})
    first, last = source.span(station)
    rows = source.fetch(station, first, last + pd.Timedelta("1h"))
    return rows.set_index("valid_at")


@pytest.mark.parametrize("service", BY_SERVICE)
def test_an_export_that_is_known_reads_right_with_the_settings_written(service, tmp_path):
    write, zone, quantities = BY_SERVICE[service]
    path = write(tmp_path)
    found = inspect(path, Path("own"), Told(time_zone=zone))
    assert found.failure is None
    assert found.export == service.removesuffix("'s years")
    rows = rows_of(found, path)
    true = TRUE.reindex(rows.index)
    known = {name for name in ROUNDED if rows[name].notna().any()}
    # A precipitation of which blanks or accumulations tell nothing isn't read.
    assert known >= quantities
    assert len(rows) >= (48 if service == "Weather Underground" else HOURS - 1)
    for name in quantities:
        apart = (rows[name] - true[name]).abs()
        if name == "wind_dir_deg":
            apart = np.minimum(apart, 360 - apart)
        assert apart.notna().mean() > 0.9
        assert apart.max() <= ROUNDED[name], name


def newcomers_table(days: int = 366) -> dict[str, Any]:
    """A home station in New York: a year on a clock with summer time, in the units of the place."""
    times = pd.date_range("2023-01-01", periods=days * 24, freq="h", tz="America/New_York")
    hours = np.arange(len(times))
    temps = 12 + 12 * np.sin(2 * math.pi * (hours / 8766 - 0.3)) + 5 * np.sin(hours * math.pi / 12)
    winds = 3 + 2 * np.sin(hours / 7)
    outdoor = (temps * 1.8 + 32).round(1).astype(str)
    outdoor[::97] = "--"
    return {
        "Simple Date": times.strftime("%m/%d/%Y %I:%M %p"),
        "Outdoor Temperature (°F)": outdoor,
        "Feels Like (°F)": outdoor,
        "Indoor Temperature (°F)": 70.1,
        "Humidity (%)": (70 + 15 * np.sin(hours / 9)).round().astype(int),
        "Wind Speed (mph)": (winds / 0.44704).round(1),
        "Wind Direction": np.where(hours % 50, "NNE", "SW"),
        "Relative Pressure (inHg)": (29.9 + 0.2 * np.sin(hours / 43)).round(2),
        "Hourly Rain (in/hr)": np.where(hours % 17, 0.0, 0.04),
    }


def test_a_home_stations_file_is_described_in_one_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame(newcomers_table()).drop(index=range(100, 130)).to_csv("home.csv", index=False)
    asked = ["inspect", "home.csv", "--time-zone", "America/New_York"]
    said = CliRunner().invoke(app, asked)
    assert said.exit_code == 0
    ingest = yaml.safe_load(said.stdout)["ingest"]
    assert ingest["source"] == "files"
    assert ingest["files"] == {
        "path": "home.csv",
        "station": "home",
        "time_zone": "America/New_York",
        "columns": {
            "valid_at": "Simple Date",
            "temp_c": "Outdoor Temperature (°F)",
            "rh_pct": "Humidity (%)",
            "wind_ms": "Wind Speed (mph)",
            "wind_dir_deg": "Wind Direction",
            "precip_mm": "Hourly Rain (in/hr)",
            "pressure_hpa": "Relative Pressure (inHg)",
        },
    }
    assert "Indoor Temperature (°F)" in said.stderr
    assert "8,754 hours" in said.stderr
    assert max(map(len, said.stderr.splitlines())) <= 80


def test_settings_that_values_answer_are_told_with_the_reason(tmp_path):
    table = {"time": stamps("%Y-%m-%d %H:%M"), "temp": TRUE.temp_c.values.astype(str)}
    table["humidity"] = (TRUE.rh_pct / 100).values
    table["temp"][[4, 9]] = "bad"
    path = csv(tmp_path / "home.csv", table)
    found = inspect(path, Path("own"), Told())
    assert found.failure is None
    assert found.settings["missing"] == ["bad"]
    assert found.settings["units"] == {"rh_pct": "fraction"}
    told = dict(found.answers)
    assert "'bad' is not a number" in told["missing: ['bad']"]
    assert "by its values it may be in fraction" in told["units.rh_pct: fraction"]


def test_units_that_an_export_was_ordered_in_are_told_by_its_numbers(tmp_path):
    path = lcd(tmp_path)
    table = pd.read_csv(path, dtype=str)
    table["HourlyDryBulbTemperature"] = TRUE.temp_c.values
    table["HourlyDewPointTemperature"] = TRUE.dewpoint_c.values
    table["HourlyWindSpeed"] = TRUE.wind_ms.values
    table["HourlyPrecipitation"] = TRUE.precip_mm.values
    table.drop(columns="HourlySeaLevelPressure").to_csv(path, index=False)
    found = inspect(path, Path("own"), Told(time_zone="America/New_York"))
    rows = rows_of(found, path)
    assert found.settings["units"] == {}
    assert (rows["temp_c"] - TRUE["temp_c"].reindex(rows.index)).abs().max() < 0.1


def test_an_export_in_other_units_has_those(tmp_path):
    table = pd.read_csv(iem(tmp_path), dtype=str)
    table = table.rename(columns={"tmpf": "tmpc", "dwpf": "dwpc", "p01i": "p01m"})
    table["tmpc"], table["dwpc"] = TRUE.temp_c.values, TRUE.dewpoint_c.values
    table["p01m"] = TRUE.precip_mm.values
    path = csv(tmp_path / "RKSI.csv", table)
    rows = rows_of(inspect(path, Path("own"), Told()), path)
    for name in ("temp_c", "dewpoint_c", "precip_mm", "wind_ms"):
        assert (rows[name] - TRUE[name].reindex(rows.index)).abs().max() < 0.1


def test_open_meteo_s_offset_counts_before_the_project_s_station(tmp_path):
    [seoul] = resolve(["108"])
    path = open_meteo(tmp_path)
    told = path.read_text()
    path.write_text(told.replace("32400,Asia/Seoul,GMT+9", "0,GMT,GMT"))
    assert inspect(path, Path("own"), Told(usual=seoul)).settings["time_zone"] == "UTC"
    path.write_text(told.replace("32400,Asia/Seoul,GMT+9", "34200,Australia/Adelaide,GMT+9:30"))
    with pytest.raises(SourceError, match=r"\+9.5 h from UTC all year.*timezone=GMT"):
        inspect(path, Path("own"), Told())


@pytest.mark.parametrize(
    ("heading", "zone"),
    [
        ("Time (UTC)", "UTC"),
        ("dateutc", "UTC"),
        ("Time (UTC +9)", "Etc/GMT-9"),
        ("Datetime (UTC/GMT+9)", "Etc/GMT-9"),
        ("time (GMT-05:00)", "Etc/GMT+5"),
        ("일시 (KST)", "Asia/Seoul"),
        ("Time", None),
    ],
)
def test_a_zone_in_a_heading_counts_unless_another_is_told(tmp_path, heading, zone):
    table = {heading: stamps("%Y-%m-%d %H:%M"), "temperature": TRUE.temp_c.values}
    path = csv(tmp_path / "home.csv", table)
    found = inspect(path, Path("own"), Told())
    assert found.failure is None
    assert found.settings.get("time_zone") == zone
    found = inspect(path, Path("own"), Told(time_zone="Europe/Berlin"))
    assert found.settings["time_zone"] == "Europe/Berlin"


@pytest.mark.parametrize(
    "heading",
    [
        *("Temperature (Indoor)", "온도(실내)", "Temp In", "Temperature (max)", "temp (24h min)"),
        *("Temperature (feels like)", "Temperature (soil 10cm)"),
        *("Rain (24h)", "Rain (daily)", "Rain (rate)", "Rain (%)", "Wind speed (Bft)"),
    ],
)
def test_what_stands_in_brackets_is_no_filler(tmp_path, heading):
    table = {"time": stamps("%Y-%m-%d %H:%M"), "Outdoor temperature": TRUE.temp_c.values}
    table |= {heading: TRUE.wind_ms.values}
    found = inspect(csv(tmp_path / "home.csv", table), Path("own"), Told())
    assert found.settings["columns"] == {"valid_at": "time", "temp_c": "Outdoor temperature"}


def test_another_zone_than_an_export_s_own_is_doubted(tmp_path):
    found = inspect(meteostat_year(tmp_path), Path("own"), Told(time_zone=SEOUL))
    assert "Meteostat gives times in UTC; they are read as Asia/Seoul, as told." in found.doubts


def test_local_times_of_an_unknown_place_are_asked_about(tmp_path):
    found = inspect(lcd(tmp_path), Path("own"), Told())
    assert "Say its zone with --time-zone" in str(found.failure)


def test_the_only_station_of_the_project_is_the_files(tmp_path):
    [seoul] = resolve(["108"])
    path = csv(
        tmp_path / "x.csv", {"일시": stamps("%Y-%m-%d %H:%M", SEOUL), "온도": TRUE.temp_c.values}
    )
    found = inspect(path, Path("own"), Told(usual=seoul))
    assert found.settings["station"] == "108"
    assert found.settings["time_zone"] == SEOUL
    rows = rows_of(found, path)
    assert (rows["temp_c"] == TRUE["temp_c"].reindex(rows.index)).all()


@pytest.mark.parametrize("document", ["own-data.md", "own-data.ko.md"])
def test_the_command_of_the_documents_writes_settings(document, tmp_path, monkeypatch):
    text = (Path(__file__).parents[3] / "docs" / document).read_text(encoding="utf-8")
    [command] = [line for line in text.splitlines() if line.startswith("wearcast inspect data")]
    folder = tmp_path / "data/seoul"
    folder.mkdir(parents=True)
    csv(folder / "a.csv", {"time": stamps("%Y-%m-%d %H:%M", SEOUL), "temp": TRUE["temp_c"].values})
    monkeypatch.chdir(tmp_path)
    said = CliRunner().invoke(app, command.split()[1:])
    assert said.exit_code == 0
    files = yaml.safe_load(said.stdout)["ingest"]["files"]
    assert (files["path"], files["time_zone"]) == ("data/seoul", SEOUL)


@pytest.mark.parametrize("document", ["own-data.md", "own-data.ko.md"])
def test_the_documents_name_each_export_that_is_known(document):
    root = Path(__file__).parents[3]
    text = " ".join((root / "docs" / document).read_text(encoding="utf-8").split())
    for export in EXPORTS:
        service, _, product = export.name.partition(", ")
        assert service in text
        assert product in text


def test_a_table_without_weather_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary,\nit rained.\n")
    with pytest.raises(SourceError, match="names columns of the weather"):
        inspect(path, Path("own"), Told())


def in_any_language(**headings: str) -> dict[str, Any]:
    """An hourly table with its times as ISO 8601 and our quantities under these headings."""
    table: dict[str, Any] = {"time": stamps("%Y-%m-%d %H:%M")}
    for ours, heading in headings.items():
        table[heading] = TRUE[ours].values
    return table


@pytest.mark.parametrize(
    ("headings", "others"),
    [
        (
            {"temp_c": "Außentemperatur [°C]", "rh_pct": "Luftfeuchtigkeit außen [%]"},
            {"Innentemperatur [°C]": 21.3, "Luftfeuchtigkeit innen [%]": 45},
        ),
        ({"temp_c": "실외온도", "rh_pct": "실외습도"}, {"실내온도": 22.5, "체감온도": 3.0}),
        (
            {
                "temp_c": "Lufttemperatur",
                "rh_pct": "Relativ Luftfuktighet",
                "wind_ms": "Vindhastighet",
                "wind_dir_deg": "Vindriktning",
                "precip_mm": "Nederbördsmängd",
            },
            {"Kvalitet": "G"},
        ),
        (
            {
                "temp_c": "TEMPERATURA DO AR - BULBO SECO, HORARIA (°C)",
                "dewpoint_c": "TEMPERATURA DO PONTO DE ORVALHO (°C)",
                "rh_pct": "UMIDADE RELATIVA DO AR, HORARIA (%)",
                "wind_ms": "VENTO, VELOCIDADE HORARIA (m/s)",
                "wind_dir_deg": "VENTO, DIREÇÃO HORARIA (gr) (° (gr))",
                "precip_mm": "PRECIPITAÇÃO TOTAL, HORÁRIO (mm)",
            },
            {
                "PRESSAO ATMOSFERICA AO NIVEL DA ESTACAO, HORARIA (mB)": 887.1,
                "TEMPERATURA MÁXIMA NA HORA ANT. (AUT) (°C)": 30.0,
                "UMIDADE REL. MAX. NA HORA ANT. (AUT) (%)": 99,
            },
        ),
        (
            {
                "temp_c": "Temperatura powietrza [°C]",
                "rh_pct": "Wilgotność względna [%]",
                "wind_ms": "Prędkość wiatru [m/s]",
            },
            {"Opad za 6 godzin [mm]": 1.2},
        ),
        (
            {
                "temp_c": "air_temp_set_1",
                "dewpoint_c": "dew_point_temperature_set_1d",
                "precip_mm": "precip_accum_one_hour_set_1",
            },
            {"heat_index_set_1d": 30.0},
        ),
        ({"temp_c": "ta", "pressure_hpa": "pres_nmar"}, {"pres": 940.0, "tamax": 30.0}),
    ],
)
def test_columns_are_known_in_other_languages(headings, others, tmp_path):
    path = csv(tmp_path / "home.csv", {**others, **in_any_language(**headings)})
    found = inspect(path, Path("own"), Told())
    assert found.failure is None
    assert found.settings["columns"] == {"valid_at": "time", **headings}


@pytest.mark.parametrize(
    "times",
    [
        {"Year": UTC.year, "m": UTC.month, "d": UTC.day, "Time": UTC.strftime("%H:%M")},
        {"DATA (YYYY-MM-DD)": UTC.strftime("%Y-%m-%d"), "HORA (UTC)": UTC.strftime("%H:%M")},
        {"Datum": UTC.strftime("%d.%m.%Y"), "Zeit": UTC.strftime("%H:%M")},
        {"Datum": UTC.strftime("%Y-%m-%d"), "Tid (UTC)": UTC.strftime("%H:%M:%S")},
        {"날짜": UTC.strftime("%Y. %m. %d"), "시간": UTC.hour.astype(str) + "시"},
    ],
)
def test_a_date_and_its_hour_are_known_in_other_languages(times, tmp_path):
    path = csv(tmp_path / "home.csv", {**times, "temp": TRUE.temp_c.values}, sep=";")
    found = inspect(path, Path("own"), Told())
    assert found.failure is None
    assert found.settings["columns"]["valid_at"] == list(times)
    rows = rows_of(found, path)
    assert (rows["temp_c"] == TRUE["temp_c"].reindex(rows.index)).all()


@pytest.mark.parametrize(
    ("ours", "letter", "values"),
    [
        ("temp_c", "T", TRUE.temp_c),
        ("temp_c", "T", TRUE.temp_c + 273.15),
        ("rh_pct", "U", TRUE.rh_pct),
        ("rh_pct", "U", TRUE.rh_pct / 100),
        ("pressure_hpa", "P", TRUE.pressure_hpa),
        ("pressure_hpa", "P", TRUE.pressure_hpa * 100),
        ("wind_ms", "FF", TRUE.wind_ms),
        ("wind_dir_deg", "D", TRUE.wind_dir_deg),
    ],
)
def test_letters_are_taken_where_the_values_can_be_meant(ours, letter, values, tmp_path):
    table = {"time": stamps("%Y-%m-%d %H:%M"), letter: values.values}
    if ours != "temp_c":
        table["temp"] = TRUE.temp_c.values
    path = csv(tmp_path / "home.csv", table)
    found = inspect(path, Path("own"), Told())
    assert found.failure is None
    assert found.settings["columns"][ours] == letter
    rows = rows_of(found, path)
    apart = (rows[ours] - TRUE[ours].reindex(rows.index)).abs()
    assert apart.max() < 0.01


@pytest.mark.parametrize(
    ("letter", "values"),
    [
        ("U", 3 * np.sin(INDEX / 5)),
        ("P", TRUE.precip_mm.values),
        ("VV", 20_000 + 100 * INDEX),
        ("D", INDEX // 24 % 7 + 1),
        ("HR", UTC.hour),
        ("T", 100 + INDEX),
    ],
)
def test_letters_are_left_alone_where_the_values_cannot_be_meant(letter, values, tmp_path):
    table = {"time": stamps("%Y-%m-%d %H:%M"), "temp": TRUE.temp_c.values, letter: values}
    found = inspect(csv(tmp_path / "home.csv", table), Path("own"), Told())
    assert found.failure is None
    assert found.settings["columns"] == {"valid_at": "time", "temp_c": "temp"}


def test_names_in_two_rows_and_their_units_are_known(tmp_path):
    """As WeatherLink writes them, with the units of the place, which it doesn't tell."""
    local = UTC.tz_convert(NEW_YORK)
    halves = np.where(local.hour < 12, "a", "p")
    columns = {
        "date": local.strftime("%m/%d/%y"),
        "time": local.strftime("%I:%M") + halves,
        "out": (TRUE.temp_c * 1.8 + 32).round(1).values,
        "high": (TRUE.temp_c * 1.8 + 33).round(1).values,
        "hum": TRUE.rh_pct.astype(int).values,
        "dew": (TRUE.dewpoint_c * 1.8 + 32).round(1).values,
        "bar": (TRUE.pressure_hpa / 33.8639).round(3).values,
        "in": 70.1,
    }
    table = pd.DataFrame(columns).to_csv(index=False, header=False, sep="\t")
    names = "\t\tTemp\tHi\tOut\tDew\t\tIn\nDate\tTime\tOut\tTemp\tHum\tPt.\tBar\tTemp\n"
    path = tmp_path / "home.txt"
    path.write_text(names + table)
    found = inspect(path, Path("own"), Told(time_zone=NEW_YORK))
    assert found.failure is None
    assert found.settings["units"]["temp_c"] == "degF"
    rows = rows_of(found, path)
    for ours, most in [("temp_c", 0.1), ("pressure_hpa", 0.1), ("rh_pct", 3)]:
        assert (rows[ours] - TRUE[ours].reindex(rows.index)).abs().max() <= most
    assert list(found.settings["columns"].values()) == [
        ["Date", "Time"],
        "Temp Out",
        "Dew Pt.",
        "Out Hum",
        "Bar",
    ]
    assert {column.heading: column.unit for column in found.columns}["Bar"] == "inHg"


def test_the_unit_in_the_cells_is_shown(tmp_path):
    cells = {
        "time": stamps("%Y-%m-%d %H:%M"),
        "temp": [f"{value} °C" for value in TRUE.temp_c],
        "wind": [f"{value * 3.6:.1f} km/h" for value in TRUE.wind_ms],
    }
    found = inspect(csv(tmp_path / "home.csv", cells), Path("own"), Told())
    assert [column.unit for column in found.columns] == [None, "degC", "km/h"]


def test_a_pressure_at_the_stations_height_is_left_out_and_told(tmp_path):
    table = {"time": stamps("%Y-%m-%d %H:%M"), "temp": TRUE.temp_c.values}
    table["pressure"] = TRUE.pressure_hpa.values - 100
    found = inspect(csv(tmp_path / "home.csv", table), Path("own"), Told())
    assert found.failure is None
    assert "pressure_hpa" not in found.settings["columns"]
    assert "high above the sea" in dict(found.answers)["columns.pressure_hpa: None"]


@pytest.mark.parametrize(
    ("heading", "is_asked"), [("Pressure (hPa)", True), ("Pressure (msl) (hPa)", False)]
)
def test_a_pressure_whose_height_nothing_tells_is_asked_about(heading, is_asked, tmp_path):
    table = {"time": stamps("%Y-%m-%d %H:%M"), "temp": TRUE.temp_c.values}
    table[heading] = TRUE.pressure_hpa.values
    found = inspect(csv(tmp_path / "home.csv", table), Path("own"), Told())
    assert found.settings["columns"]["pressure_hpa"] == heading
    assert any("at which height" in doubt for doubt in found.doubts) == is_asked


@pytest.mark.parametrize(
    ("temps", "is_asked"), [(21 + np.sin(INDEX / 9), True), (TRUE.temp_c.values, False)]
)
def test_a_temperature_like_a_rooms_is_asked_about(temps, is_asked, tmp_path):
    table = {"time": stamps("%Y-%m-%d %H:%M"), "temp": np.round(temps, 1)}
    found = inspect(csv(tmp_path / "home.csv", table), Path("own"), Told())
    assert any("is it a room's?" in doubt for doubt in found.doubts) == is_asked


def test_a_table_of_one_quantity_a_row_is_told_what_is_needed(tmp_path):
    table = {"entity_id": "sensor.outdoor", "state": TRUE.temp_c.values}
    table["last_changed"] = stamps("%Y-%m-%dT%H:%M:%SZ")
    found = inspect(csv(tmp_path / "history.csv", table), Path("own"), Told())
    assert "has the name of a quantity" in str(found.failure)


def test_times_whose_heading_says_utc_are_utc_wherever_the_station_is(tmp_path):
    [seoul] = resolve(["108"])
    table = {"dateutc": stamps("%Y-%m-%d %H:%M"), "temp": TRUE.temp_c.values}
    path = csv(tmp_path / "home.csv", table)
    found = inspect(path, Path("own"), Told(usual=seoul))
    assert found.settings["time_zone"] == "UTC"
    rows = rows_of(found, path)
    assert (rows["temp_c"] == TRUE["temp_c"].reindex(rows.index)).all()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ({"latitude": 37566, "longitude": 126.97}, {"longitude": 126.97}),
        ({"latitude": "nan", "longitude": 126.97}, {"longitude": 126.97}),
        ({"latitude": 37.57, "elevation": -9999}, {"latitude": 37.57}),
    ],
)
def test_a_position_that_cannot_be_is_left_out(said, kept, tmp_path):
    table = {"dateutc": stamps("%Y-%m-%d %H:%M"), "temp": TRUE.temp_c.values, **said}
    found = inspect(csv(tmp_path / "home.csv", table), Path("own"), Told())
    assert found.failure is None
    assert found.place.position == kept


def test_rows_whose_station_is_blank_are_told(tmp_path):
    ids = ["A7"] * (HOURS - 9) + [""] * 9
    table = {"station": ids, "dateutc": stamps("%Y-%m-%d %H:%M"), "temp": TRUE.temp_c.values}
    found = inspect(csv(tmp_path / "home.csv", table), Path("own"), Told())
    assert found.failure is None
    assert [(hours.station, hours.count) for hours in found.hours] == [("A7", HOURS - 9)]
    assert "Rows whose station is blank belong to none and are left out." in found.notes


def test_a_blank_id_of_the_station_is_refused(tmp_path):
    table = {"dateutc": stamps("%Y-%m-%d %H:%M"), "temp": TRUE.temp_c.values}
    path = csv(tmp_path / "home.csv", table)
    with pytest.raises(SourceError, match="The station's id is blank"):
        inspect(path, Path("own"), Told(station=" "))


def test_only_the_start_of_a_heading_is_looked_at():
    brackets = "(" * 20_000
    assert column_names.has(("temp",), f"temp{brackets}x") == 0
