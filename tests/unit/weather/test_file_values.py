"""What the numbers of people's own files mean: codes for missing, units, letters, blanks."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from unit.weather.hourly_weather import HOURS, INDEX, WEATHER
from wearcast.config import Files, Station
from wearcast.errors import SourceError
from wearcast.weather import raw_data
from wearcast.weather.sources import FilesSource
from wearcast.weather.sources.compass import degrees
from wearcast.weather.sources.unit_names import heading_unit, is_of_an_hour, is_per_hour
from wearcast.weather.sources.units import own_unit

TIMES = pd.date_range("2023-01-01", periods=HOURS, freq="h")
SCATTERED = INDEX[5::60]

Open = Callable[..., FilesSource]
Read = Callable[..., pd.DataFrame]


@pytest.fixture
def opened(tmp_path: Path, seoul: Station) -> Open:
    """Write a file of `cells` by heading, mapped by `columns`, and open it."""

    def source(
        cells: Mapping[str, Sequence[Any]], columns: Mapping[str, str], **settings: Any
    ) -> FilesSource:
        table = {"time": TIMES.strftime("%Y-%m-%d %H:%M"), "TMP": WEATHER["temp_c"], **cells}
        folder = tmp_path / "own"
        folder.mkdir(exist_ok=True)
        pd.DataFrame(table).to_csv(folder / "a.csv", index=False)
        mapped = {"valid_at": "time", "temp_c": "TMP", **columns}
        files = Files(path=Path("own"), columns=mapped, station=seoul.id, **settings)
        return FilesSource(files, tmp_path)

    return source


@pytest.fixture
def read(opened: Open, seoul: Station) -> Read:
    """Read a file of `cells` by heading, mapped by `columns`."""

    def rows(*arguments: Any, **settings: Any) -> pd.DataFrame:
        source = opened(*arguments, **settings)
        first, last = source.span(seoul)
        return source.fetch(seoul, first, last + pd.Timedelta(hours=1))

    return rows


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("temp_c", -99.9),
        ("dewpoint_c", -99.0),
        ("dewpoint_c", 99.9),
        ("rh_pct", 0.0),
        ("rh_pct", 999.0),
        ("wind_ms", 99.9),
        ("wind_ms", -9999.0),
        ("wind_dir_deg", 990.0),
        ("precip_mm", -9.0),
        ("precip_mm", 99.9),
        ("pressure_hpa", 0.0),
        ("pressure_hpa", 9999.9),
        ("cloud_pct", 999.0),
        ("solar_wm2", -999.0),
        ("solar_wm2", 32767.0),
    ],
)
def test_a_code_for_missing_is_left_out_and_counted(
    opened: Open, seoul: Station, column: str, code: float
) -> None:
    values = WEATHER[column].copy()
    values[SCATTERED] = code
    source = opened({"X": values}, {column: "X"})
    rows = source.fetch(seoul, *source.span(seoul))
    expected = WEATHER[column].copy()
    expected[SCATTERED] = np.nan
    np.testing.assert_allclose(rows[column], expected[:-1])
    what = f"{code:g} taken for missing and left out ({len(SCATTERED)} values)"
    assert source.notes() == [f"a.csv, column 'X': {what}."]


def test_nothing_is_left_out_of_weather(opened: Open, seoul: Station) -> None:
    names = [name for name in WEATHER if name != "temp_c"]
    cells = {f"X{number}": WEATHER[name] for number, name in enumerate(names)}
    source = opened(cells, dict(zip(names, cells, strict=True)))
    rows = source.fetch(seoul, *source.span(seoul))
    for name in names:
        np.testing.assert_array_equal(rows[name], WEATHER[name][:-1])
    assert source.notes() == []


def test_a_thermometer_at_0_for_a_day_is_missing_and_melting_snow_is_not(read: Read) -> None:
    values = WEATHER["temp_c"].copy()
    values[100:130] = 0.0
    values[200:208] = 0.0
    temps = read({"X": values}, {"temp_c": "X"})["temp_c"]
    assert temps[100:130].isna().all()
    assert (temps[200:208] == 0).all()


def test_minus_0_is_told_as_0(opened: Open, seoul: Station) -> None:
    values = WEATHER["temp_c"].copy()
    values[100:130] = -0.0
    source = opened({"X": values}, {"temp_c": "X"})
    source.fetch(seoul, *source.span(seoul))
    what = "0 taken for missing and left out (30 values)"
    assert source.notes() == [f"a.csv, column 'X': {what}."]


def test_whole_degrees_at_0_for_a_day_are_weather(read: Read) -> None:
    values = WEATHER["temp_c"].round()
    values[100:130] = 0.0
    temps = read({"X": values}, {"temp_c": "X"})["temp_c"]
    assert (temps[100:130] == 0).all()


def test_a_run_of_0_ends_where_hours_are_missing(read: Read) -> None:
    values = WEATHER["temp_c"].copy()
    values[100:108] = 0.0
    values[108:116] = np.nan
    values[116:124] = 0.0
    temps = read({"X": values}, {"temp_c": "X"})["temp_c"]
    assert (temps[100:108] == 0).all()
    assert (temps[116:124] == 0).all()


def test_words_and_numbers_of_the_setting_are_missing(read: Read) -> None:
    cells = WEATHER["wind_ms"].astype(str).astype(object)
    cells[SCATTERED] = "broken"
    cells[SCATTERED + 1] = "7.7"
    rows = read({"X": cells}, {"wind_ms": "X"}, missing=["Broken", 7.7])
    assert rows["wind_ms"].isna().sum() == 2 * len(SCATTERED)


def test_a_word_that_nobody_knows_is_refused_with_the_setting(read: Read) -> None:
    cells = WEATHER["wind_ms"].astype(str).astype(object)
    cells[SCATTERED] = "broken"
    with pytest.raises(SourceError) as raised:
        read({"X": cells}, {"wind_ms": "X"})
    message = str(raised.value)
    assert "a.csv, row 7, column 'X': 'broken' is not a number (8 such rows)" in message
    assert "set ingest.files.missing: ['broken']" in message


@pytest.mark.parametrize(
    "word",
    [
        *("M", "--", "///", "N/A", "NaT", "*", ".", "<NA>", "inf", "결측", "mq", "Acum", "-.-"),
        *("*****", "- -", "\\N", "(null)", "k.A.", "s/d", "통신장애"),
    ],
)
def test_common_words_for_missing_are_known(read: Read, word: str) -> None:
    cells = WEATHER["wind_ms"].astype(str).astype(object)
    cells[SCATTERED] = word
    assert read({"X": cells}, {"wind_ms": "X"})["wind_ms"].isna().sum() == len(SCATTERED)


@pytest.mark.parametrize("word", ["T", "Ip", "Trace", "<0.1", "0.00T", "Ts", "미량"])
def test_a_trace_of_rain_is_a_trace(read: Read, word: str) -> None:
    cells = WEATHER["precip_mm"].astype(str).astype(object)
    cells[SCATTERED] = word
    rows = read({"X": cells}, {"precip_mm": "X"})
    assert np.flatnonzero(rows["trace"]).tolist() == SCATTERED.tolist()
    assert (rows["precip_mm"][SCATTERED] == 0).all()


def test_rain_of_minus_a_tenth_is_a_trace(opened: Open, seoul: Station) -> None:
    values = WEATHER["precip_mm"].copy()
    values[SCATTERED] = -0.1
    source = opened({"X": values}, {"precip_mm": "X"})
    rows = source.fetch(seoul, *source.span(seoul))
    assert np.flatnonzero(rows["trace"]).tolist() == SCATTERED.tolist()
    assert (rows["precip_mm"][SCATTERED] == 0).all()
    assert source.notes() == ["a.csv, column 'X': -0.1 mm taken for a trace (8 values)."]


def test_a_scale_that_drifts_below_0_has_no_traces(read: Read) -> None:
    values = WEATHER["precip_mm"].copy()
    values[SCATTERED] = -0.1
    values[SCATTERED + 1] = -0.2
    rows = read({"X": values}, {"precip_mm": "X"})
    assert not rows["trace"].any()
    assert (rows["precip_mm"][SCATTERED] == -0.1).all()


def test_calm_is_a_wind_of_0(read: Read) -> None:
    cells = WEATHER["wind_ms"].astype(str).astype(object)
    cells[SCATTERED] = "Calm"
    assert (read({"X": cells}, {"wind_ms": "X"})["wind_ms"][SCATTERED] == 0).all()


def test_a_sky_of_layers_is_its_fullest(read: Read) -> None:
    skies = ["CLR:00", "FEW:02 55 SCT:04 100 BKN:07 250", "OVC008", "SCT030 FEW012", "VV:09 2"]
    rows = read({"S": [skies[i % 5] for i in INDEX]}, {"cloud_pct": "S"})
    np.testing.assert_array_equal(rows["cloud_pct"][:5], [0.0, 75.0, 100.0, 43.75, 100.0])


def test_a_sky_of_words_and_numbers_is_refused(read: Read) -> None:
    cells = WEATHER["cloud_pct"].astype(str).astype(object)
    cells[SCATTERED] = "OVC"
    with pytest.raises(SourceError, match="'X': some of its cells are words such as 'OVC', others"):
        read({"X": cells}, {"cloud_pct": "X"})


def test_a_unit_behind_the_numbers_is_told(opened: Open, seoul: Station) -> None:
    source = opened({"W": [f"{value:.1f} mph" for value in WEATHER["wind_ms"]]}, {"wind_ms": "W"})
    source.span(seoul)
    assert source.notes() == ["a.csv, column 'W': read as mph, as a cell says."]


def test_units_behind_the_numbers_are_used(read: Read) -> None:
    fahrenheit = WEATHER["temp_c"] * 1.8 + 32
    cells = {
        "T": [f"{value:.2f} °F" for value in fahrenheit],
        "W": [f"{value / 0.44704:.3f} mph" for value in WEATHER["wind_ms"]],
        "P": [f"{value:,.1f} hPa" for value in WEATHER["pressure_hpa"]],
    }
    rows = read(cells, {"temp_c": "T", "wind_ms": "W", "pressure_hpa": "P"})
    np.testing.assert_allclose(rows["temp_c"], WEATHER["temp_c"], atol=0.01)
    np.testing.assert_allclose(rows["wind_ms"], WEATHER["wind_ms"], atol=0.01)
    np.testing.assert_allclose(rows["pressure_hpa"], WEATHER["pressure_hpa"])


@pytest.mark.parametrize("cell", ["-- °F", "--°F", "nan °F", "N/A °F"])
def test_a_unit_behind_no_number_is_missing(read: Read, cell: str) -> None:
    cells = np.array([f"{value * 1.8 + 32:.2f} °F" for value in WEATHER["temp_c"]], dtype=object)
    cells[SCATTERED] = cell
    temps = read({"X": cells}, {"temp_c": "X"})["temp_c"]
    assert np.flatnonzero(temps.isna()).tolist() == SCATTERED.tolist()


def test_a_typographic_minus_is_a_minus(read: Read) -> None:
    cells = [f"{value:.1f}".replace("-", "\N{MINUS SIGN}") for value in WEATHER["temp_c"]]
    np.testing.assert_allclose(read({"X": cells}, {"temp_c": "X"})["temp_c"], WEATHER["temp_c"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("N", 360.0),
        ("nne", 22.5),
        ("North-West", 315.0),
        ("북북동", 22.5),
        ("北北東", 22.5),
        ("北东北", 22.5),
        ("東の風", 90.0),
        ("남서풍", 225.0),
        ("西北西", 292.5),
        ("Up", None),
    ],
)
def test_points_of_the_compass_are_degrees(text: str, expected: float | None) -> None:
    assert degrees(text) == expected


def test_letters_are_directions_and_calm_has_none(read: Read) -> None:
    points = ["N", "ESE", "VRB", "Calm", "서"]
    rows = read({"D": [points[i % 5] for i in INDEX]}, {"wind_dir_deg": "D"})
    expected = [360.0, 112.5, np.nan, np.nan, 270.0]
    np.testing.assert_array_equal(rows["wind_dir_deg"][:5], expected)


@pytest.mark.parametrize(
    ("ours", "heading", "unit"),
    [
        ("temp_c", "Outdoor Temperature (°F)", "degF"),
        ("temp_c", "Temp_F", "degF"),
        ("temp_c", "tempf", "degF"),
        ("temp_c", "기온(℃)", "degC"),
        ("temp_c", "stuff", None),
        ("wind_ms", "wind (km/h)", "km/h"),
        ("wind_ms", "windspeedmph", "mph"),
        ("wind_ms", "Wind Speed km/h", "km/h"),
        ("wind_ms", "Wind Speed, km/h", "km/h"),
        ("wind_ms", "wind_speed_km_h", "km/h"),
        ("wind_ms", "Wind.Speed.km.h", "km/h"),
        ("wind_ms", "Wind speed m/s", "m/s"),
        ("wind_ms", "wind km h-1", "km/h"),
        ("wind_ms", "sknt", "kn"),
        ("gust_ms", "Gust km/h", "km/h"),
        ("precip_mm", "Rain in/hr", "inch"),
        ("precip_mm", "Rain rate mm/h", "mm"),
        ("precip_mm", "rain in mm", "mm"),
        ("temp_c", "Temp deg F", "degF"),
        ("pressure_hpa", "Pressure in Hg", "inHg"),
        ("solar_wm2", "solar MJ/m2", "MJ/m2"),
        ("cloud_pct", "cloud 1/10", "tenths"),
        ("wind_ms", "Wind speed [kt]", "kn"),
        ("wind_dir_deg", "Wind Dir (10s deg)", "10deg"),
        ("precip_mm", "Precip (in)", "inch"),
        ("precip_mm", "rain in", "inch"),
        ("precip_mm", "rain", None),
        ("pressure_hpa", "Pressure (millibars)", "mbar"),
        ("solar_wm2", "Solar Radiation (MJ/m²)", "MJ/m2"),
        ("cloud_pct", "전운량(10분위)", "tenths"),
        ("solar_wm2", "Globalstrahlung (J/cm²)", "J/cm2"),
        ("solar_wm2", "GHI (kWh/m2)", "kWh/m2"),
        ("solar_wm2", "Solar (W·m⁻²)", "W/m2"),
        ("wind_ms", "Wind (ft/s)", "ft/s"),
        ("wind_ms", "Wind (10 m, km/h)", "km/h"),
        ("wind_ms", "Wind (m s^-1)", "m/s"),
        ("wind_dir_deg", "풍향(도)", "deg"),
        ("pressure_hpa", "Pressure (mm)", "mmHg"),
    ],
)
def test_a_heading_tells_its_unit(ours: str, heading: str, unit: str | None) -> None:
    assert heading_unit(ours, heading) == unit


def test_the_unit_of_a_heading_is_used_where_none_is_set(read: Read) -> None:
    rows = read({"wind (km/h)": WEATHER["wind_ms"] * 3.6}, {"wind_ms": "wind (km/h)"})
    np.testing.assert_allclose(rows["wind_ms"], WEATHER["wind_ms"])


def test_the_bulk_files_of_meteostat_have_wind_in_kilometres_per_hour(
    tmp_path: Path, seoul: Station
) -> None:
    lines = []
    for number, at in enumerate(TIMES):
        temp = WEATHER["temp_c"][number]
        wind = round(WEATHER["wind_ms"][number] * 3.6, 1)
        lines.append(f"{at:%Y-%m-%d},{at.hour},{temp},1,70,0,,180,{wind},{2 * wind},1013,,")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    columns = {"valid_at": ["date", "hour"], "temp_c": "temp"}
    columns |= {"wind_ms": "wspd", "gust_ms": "wpgt"}
    source = FilesSource(Files(path=Path("own"), columns=columns, station="108"), tmp_path)
    first, last = source.span(seoul)
    rows = source.fetch(seoul, first, last + pd.Timedelta(hours=1))
    np.testing.assert_allclose(rows["wind_ms"], WEATHER["wind_ms"], atol=0.02)
    np.testing.assert_allclose(rows["gust_ms"], 2 * WEATHER["wind_ms"], atol=0.03)
    assert source.notes()[0] == "a.csv, column 'wspd': read as km/h, as the file says."


def test_a_unit_that_the_heading_contradicts_is_refused(read: Read) -> None:
    cells = {"wind (km/h)": WEATHER["wind_ms"]}
    with pytest.raises(SourceError, match=r"units has kn, but its heading says km/h\. Set ingest"):
        read(cells, {"wind_ms": "wind (km/h)"}, units={"wind_ms": "kn"})


def test_a_part_of_a_unit_is_refused(read: Read) -> None:
    cells = {"rain [0.1 mm]": WEATHER["precip_mm"] * 10}
    with pytest.raises(SourceError, match=r"its heading says 0\.1 mm, which is none of the units"):
        read(cells, {"precip_mm": "rain [0.1 mm]"})


@pytest.mark.parametrize(
    ("ours", "heading", "unit"),
    [
        ("wind_ms", "wind (Bft)", "Bft"),
        ("wind_ms", "wind (ft/min)", "ft/min"),
        ("wind_ms", "wind (hPa)", "hPa"),
        ("wind_ms", "wind (avg, km/min)", "km/min"),
        ("precip_mm", "rain (mm/day)", "mm/day"),
        ("precip_mm", "rain [mm/10min]", "mm/10min"),
        ("rh_pct", "humidity (g/m³)", "g/m³"),
        ("temp_c", "temp (°C/10)", "°C/10"),
        ("solar_wm2", "solar (klux)", "klux"),
        ("solar_wm2", "solar (cal/cm^2)", "cal/cm^2"),
        ("solar_wm2", "PAR (µmol m⁻² s⁻¹)", "µmol m⁻² s⁻¹"),
    ],
)
def test_a_unit_in_a_heading_that_is_none_of_the_quantity_is_refused_unless_one_is_set(
    read: Read, ours: str, heading: str, unit: str
) -> None:
    cells = {heading: WEATHER[ours]}
    with pytest.raises(SourceError, match="its heading says") as refused:
        read(cells, {ours: heading})
    assert f"says {unit}, which is none of the units known of {ours}" in str(refused.value)
    own = own_unit(ours)
    rows = read(cells, {ours: heading}, units={ours: own})
    np.testing.assert_allclose(rows[ours], WEATHER[ours])


@pytest.mark.parametrize(
    ("ours", "heading"),
    [
        ("temp_c", "temp (2m)"),
        ("temp_c", "temp (2 m a.g.l.)"),
        ("temp_c", "temp (deg)"),
        ("temp_c", "temp (in)"),
        ("temp_c", "temp (avg/max)"),
        ("temp_c", "temp (LST)"),
        ("wind_ms", "wind (10 m)"),
        ("wind_ms", "wind (10m m/s)"),
        ("wind_ms", "wind (M)"),
        ("wind_ms", "wind (hourly, UTC)"),
        ("wind_dir_deg", "풍향(16방위)"),
        ("wind_dir_deg", "風速(m/s) 風向"),
        ("pressure_hpa", "P (QFF)"),
        ("precip_mm", "rain [Asia/Seoul]"),
    ],
)
def test_other_words_in_a_headings_brackets_are_no_units(
    read: Read, ours: str, heading: str
) -> None:
    rows = read({heading: WEATHER[ours]}, {ours: heading})
    np.testing.assert_allclose(rows[ours], WEATHER[ours])


@pytest.mark.parametrize(
    ("ours", "heading", "factor"),
    [
        ("solar_wm2", "Globalstrahlung (J/cm²)", 0.36),
        ("solar_wm2", "GHI (kWh/m2)", 0.001),
        ("solar_wm2", "GHI (Wh/m2)", 1.0),
        ("wind_ms", "wind (ft/s)", 1 / 0.3048),
    ],
)
def test_rare_units_are_read(read: Read, ours: str, heading: str, factor: float) -> None:
    rows = read({heading: WEATHER[ours] * factor}, {ours: heading})
    np.testing.assert_allclose(rows[ours], WEATHER[ours])


@pytest.mark.parametrize(
    ("column", "values", "unit"),
    [
        ("wind_dir_deg", WEATHER["wind_dir_deg"] / 10, "10deg"),
        ("cloud_pct", (WEATHER["cloud_pct"] / 12.5).round(), "oktas"),
        ("cloud_pct", (WEATHER["cloud_pct"] / 10).round(), "tenths"),
        ("solar_wm2", WEATHER["solar_wm2"] * 0.0036, "MJ/m2"),
        ("precip_mm", np.where(INDEX % 7 == 0, (1 + INDEX % 11) / 100, 0.0), "inch"),
        ("wind_ms", WEATHER["wind_ms"] * 3.6, "km/h"),
        ("gust_ms", WEATHER["wind_ms"] * 1.8 * 3.6, "km/h"),
    ],
)
def test_values_that_only_fit_another_unit_are_refused_unless_the_unit_is_set(
    read: Read, column: str, values: np.ndarray, unit: str
) -> None:
    with pytest.raises(SourceError, match=rf"that looks like {unit}\. Set ingest\.files\.units"):
        read({"X": values}, {column: "X"})
    assert read({"X": values}, {column: "X"}, units={column: unit})[column].notna().all()


def test_a_cold_place_in_fahrenheit_is_seen_by_its_humidity(read: Read) -> None:
    temps = WEATHER["temp_c"]
    dewpoints = WEATHER["dewpoint_c"]
    humidities = 100 * np.exp(
        17.625 * dewpoints / (243.04 + dewpoints) - 17.625 * temps / (243.04 + temps)
    )
    cells = {"T": temps * 1.8 + 32, "D": dewpoints * 1.8 + 32, "H": humidities.round()}
    with pytest.raises(SourceError, match=r"fit the humidity only if they are in °F"):
        read(cells, {"temp_c": "T", "dewpoint_c": "D", "rh_pct": "H"})


@pytest.mark.parametrize("ours", ["wind_ms", "gust_ms"])
def test_a_wind_without_a_unit_beside_fahrenheit_asks_for_it(read: Read, ours: str) -> None:
    cells = {"temp_F": (WEATHER["temp_c"] * 1.8 + 32).round(1), "W": WEATHER["wind_ms"]}
    columns = {"temp_c": "temp_F", ours: "W"}
    with pytest.raises(SourceError, match=f"'W': nothing says its unit.*units.{ours} to mph or kn"):
        read(cells, columns)
    rows = read(cells, columns, units={ours: "m/s"})
    np.testing.assert_array_equal(rows[ours], WEATHER["wind_ms"])


def test_a_winter_too_warm_for_its_latitude_is_in_fahrenheit(read: Read) -> None:
    with pytest.raises(SourceError, match=r"station 108: its winter, .* looks like °F"):
        read({"T": WEATHER["temp_c"] * 1.8 + 32}, {"temp_c": "T"})


def test_a_dew_point_above_the_temperature_is_swapped(read: Read) -> None:
    cells = {"T": WEATHER["dewpoint_c"], "D": WEATHER["temp_c"]}
    with pytest.raises(SourceError, match=r"column 'D', is above the temperature, column 'T'"):
        read(cells, {"temp_c": "T", "dewpoint_c": "D"})


def test_rain_without_a_dry_hour_asks_what_a_blank_means(read: Read) -> None:
    rain = np.where(WEATHER["precip_mm"] > 0, WEATHER["precip_mm"], np.nan)
    with pytest.raises(SourceError, match=r"hours are blank, .* Set ingest\.files\.blank_rain to"):
        read({"R": rain}, {"precip_mm": "R"})


@pytest.mark.parametrize(("meaning", "known"), [("none", HOURS), ("unknown", 23)])
def test_a_blank_means_what_the_setting_says(read: Read, meaning: str, known: int) -> None:
    rain = np.where(WEATHER["precip_mm"] > 0, WEATHER["precip_mm"], np.nan)
    rows = read({"R": rain}, {"precip_mm": "R"}, blank_rain=meaning)
    assert rows["precip_mm"].notna().sum() == known


@pytest.mark.parametrize("starts_anew", [True, False])
def test_rain_that_is_added_up_is_refused(read: Read, starts_anew: bool) -> None:
    rain = pd.Series(WEATHER["precip_mm"] / 10)
    day = INDEX // 24 if starts_anew else np.zeros(HOURS)
    with pytest.raises(SourceError, match=r"the amounts only grow and start anew once"):
        read({"R": rain.groupby(day).cumsum()}, {"precip_mm": "R"})


def drizzle(minutes: int, days: int = 10, seed: int = 0) -> pd.Series:
    """Rain of every so many minutes: showers of hours at any time, in tips of 0.2 mm."""
    random = np.random.default_rng(seed)
    times = pd.date_range("2023-01-01", periods=days * 1440 // minutes, freq=f"{minutes}min")
    wet = np.zeros(len(times), dtype=bool)
    for start in random.integers(0, len(times), 2 * days):
        hours = random.integers(1, 7)
        wet[start : start + hours * 60 // minutes] = True
    tips = random.poisson(minutes / 15, len(times))
    return pd.Series(np.where(wet, 0.2 * tips, 0.0), index=times)


def fine(rain: pd.Series, heading: str = "R") -> dict[str, Any]:
    temps = 5 + np.sin(np.arange(len(rain)) / 50)
    return {"time": rain.index, "TMP": temps.round(1), heading: rain.round(3).to_numpy()}


@pytest.mark.parametrize("minutes", [5, 10, 15, 30])
@pytest.mark.parametrize("restart", ["h", "D", "3D"])
def test_rain_of_less_than_an_hour_that_is_added_up_is_refused(
    read: Read, minutes: int, restart: str
) -> None:
    days = 40 if (minutes, restart) == (30, "h") else 10
    rain = drizzle(minutes, days)
    ends = rain.index - pd.Timedelta(minutes=minutes)
    total = rain.groupby(ends.floor(restart)).cumsum() / 4
    with pytest.raises(SourceError, match=r"column 'R': the amounts only grow .* since the row"):
        read(fine(total), {"precip_mm": "R"})


@pytest.mark.parametrize("minutes", [5, 10, 15, 30])
@pytest.mark.parametrize("seed", range(3))
def test_rain_of_less_than_an_hour_is_added_up_over_it(read: Read, minutes: int, seed: int) -> None:
    rain = drizzle(minutes, seed=seed)
    hours = read(fine(rain), {"precip_mm": "R"}, time_zone="UTC")["precip_mm"]
    assert hours[1:].sum() == pytest.approx(rain[1:].sum(), abs=2.0)


@pytest.mark.parametrize(
    ("heading", "unit"),
    [
        ("Rain Rate(mm/hr)", ""),
        ("Rain mm/h", ""),
        ("rain_rate", ""),
        ("R", " mm/hr"),
        ("hourlyrainin", "in"),
        ("Rain (in/h)", "in"),
    ],
)
def test_a_rate_of_rain_is_averaged_over_the_hour(read: Read, heading: str, unit: str) -> None:
    per_hour = 12 * drizzle(5)
    cells = fine(per_hour / 25.4 if unit == "in" else per_hour, heading)
    if unit.startswith(" "):
        cells[heading] = [f"{number}{unit}" for number in cells[heading]]
    hours = read(cells, {"precip_mm": heading}, time_zone="UTC")["precip_mm"]
    assert hours[1:].sum() == pytest.approx(per_hour[1:].sum() / 12, abs=2.0)


@pytest.mark.parametrize("heading", ["rain in hr", "Rain (mm)", "hourly rain in", "rain_mm_1hr"])
def test_an_amount_of_rain_is_no_rate(heading: str) -> None:
    assert not is_per_hour(heading)


@pytest.mark.parametrize("minutes", [5, 10, 30])
def test_rain_of_the_last_60_minutes_is_taken_at_the_hour(
    opened: Open, seoul: Station, minutes: int
) -> None:
    rain = drizzle(minutes)
    last_hour = rain.rolling("60min").sum()
    source = opened(fine(last_hour, "rain_1h"), {"precip_mm": "rain_1h"})
    hours = source.fetch(seoul, *source.span(seoul)).set_index("valid_at")["precip_mm"]
    at_the_hour = last_hour[last_hour.index.minute == 0]
    expected = at_the_hour.tz_localize("UTC").reindex(hours.index)
    np.testing.assert_allclose(hours, expected, atol=1e-6)
    what = "each row has an hour's amount; of several an hour the one at the hour is taken"
    assert f"a.csv, column 'rain_1h': {what}." in source.notes()


def test_hourly_rain_under_such_a_heading_needs_no_note(opened: Open, seoul: Station) -> None:
    source = opened({"rain_1h": WEATHER["precip_mm"]}, {"precip_mm": "rain_1h"})
    rows = source.fetch(seoul, *source.span(seoul))
    np.testing.assert_array_equal(rows["precip_mm"], WEATHER["precip_mm"][:-1])
    assert source.notes() == []


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("rain_1h", True),
        ("precip 60 min", True),
        ("RN-60m", True),
        ("Precip. 1 hr (mm)", True),
        ("rain_last_hour", True),
        ("HourlyPrecipitation", True),
        ("1시간 강수량(mm)", True),
        ("60분강수", True),
        ("前1時間降水量", True),
        ("rain_24h", False),
        ("rain_21h", False),
        ("rain 10 min", False),
        ("rain_160m", False),
        ("rain (mm)", False),
        ("강수량(mm)", False),
        ("11시간 강수량", False),
        ("rain_1hundredths", False),
    ],
)
def test_a_heading_tells_the_rain_of_an_hour(heading: str, expected: bool) -> None:
    assert is_of_an_hour(heading) == expected


def test_pressure_at_the_station_is_refused_by_its_heading_and_by_its_mean(
    read: Read,
) -> None:
    cells = {"Stn Press (kPa)": WEATHER["pressure_hpa"] / 10}
    with pytest.raises(SourceError, match=r"that is the pressure at the station's height"):
        read(cells, {"pressure_hpa": "Stn Press (kPa)"})
    with pytest.raises(SourceError, match=r"its mean is 961\.\d hPa, and pressure_hpa is that at"):
        read({"P": WEATHER["pressure_hpa"] - 52}, {"pressure_hpa": "P"})


def test_a_direction_of_0_in_wind_is_north_where_360_never_comes_and_told(
    opened: Open, seoul: Station
) -> None:
    directions = WEATHER["wind_dir_deg"] % 360
    source = opened(
        {"D": directions, "W": WEATHER["wind_ms"]}, {"wind_dir_deg": "D", "wind_ms": "W"}
    )
    rows = source.fetch(seoul, *source.span(seoul))
    # The span's end is the last hour, which `fetch` leaves out.
    np.testing.assert_array_equal(rows["wind_dir_deg"], WEATHER["wind_dir_deg"][:-1])
    count = int((directions == 0).sum())
    assert source.notes() == [
        f"a.csv, column 'D': 0 taken for north, because the wind blows then ({count} values)."
    ]


def test_humidity_somewhat_over_100_is_left_to_quality_control(read: Read) -> None:
    values = np.where(INDEX % 3 == 0, 101.0, 99.0)
    np.testing.assert_array_equal(read({"H": values}, {"rh_pct": "H"})["rh_pct"], values)


def test_what_reading_found_is_told_and_kept(
    opened: Open, seoul: Station, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    values = WEATHER["wind_ms"].copy()
    values[SCATTERED] = -99.0
    source = opened({"wind (km/h)": values}, {"wind_ms": "wind (km/h)"})
    raw_data.sync(source, [seoul], None, None, tmp_path / "raw")
    assert raw_data.read_notes(tmp_path / "raw") == [
        "a.csv, column 'wind (km/h)': -99 taken for missing and left out (8 values).",
        "a.csv, column 'wind (km/h)': read as km/h, as its heading says.",
    ]
    assert "-99 taken for missing" in caplog.text
