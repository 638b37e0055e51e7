"""Exports of weather services that are known by their headings, and what they don't say themselves:
their units, their clock, and what stands for missing.

None is here without a file of the service's own shape among the tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from wearcast.weather.sources.headings import fold

Clock = Literal["utc", "standard", "local"]
"""The time of the stamps: UTC, the place's standard time all year, or what its clocks show."""


@dataclass(frozen=True)
class Export:
    """The export of a service.

    Attributes:
        name: the service's.
        needs: the headings that only this export has together.
        clock: the time that its stamps are in.
        time_zone: the zone, where all its stations are in one.
        columns: our names and its headings, where these are no words that say what they are.
        not_ours: headings of what we have no use for, though they look like it.
        units: of our quantities, where its headings don't name them.
        whole: a heading whose numbers are whole where these units hold; ours do where they aren't.
        blank_rain: what a blank amount of rain means.
    """

    name: str
    needs: Sequence[str]
    clock: Clock = "utc"
    time_zone: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    not_ours: Sequence[str] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    whole: str | None = None
    blank_rain: Literal["none", "unknown"] | None = None


_LCD_COLUMNS: Final = {
    "temp_c": "HourlyDryBulbTemperature",
    "dewpoint_c": "HourlyDewPointTemperature",
    "rh_pct": "HourlyRelativeHumidity",
    "wind_ms": "HourlyWindSpeed",
    "gust_ms": "HourlyWindGustSpeed",
    "wind_dir_deg": "HourlyWindDirection",
    "precip_mm": "HourlyPrecipitation",
    "pressure_hpa": "HourlySeaLevelPressure",
}
_SYNOP_UNITS: Final = {"temp_c": "K", "dewpoint_c": "K", "pressure_hpa": "Pa"}
_IMPERIAL: Final = {
    "temp_c": "degF",
    "dewpoint_c": "degF",
    "wind_ms": "mph",
    "gust_ms": "mph",
    "precip_mm": "inch",
    "pressure_hpa": "inHg",
}

EXPORTS: Final = (
    Export(
        "Meteostat",
        ("temp", "rhum", "wspd", "pres"),
        columns={"cloud_pct": "cldc"},
        units={"wind_ms": "km/h", "gust_ms": "km/h", "cloud_pct": "oktas"},
    ),
    Export(
        "NOAA ISD-Lite",
        ("dewp", "slp", "wdir", "wspd", "sky", "prcp1", "prcp6"),
        columns={"precip_mm": "prcp1"},
        not_ours=("sky",),
    ),
    Export(
        "NOAA Global Hourly",
        ("DATE", "REPORT_TYPE", "WND", "TMP", "DEW", "SLP"),
        columns={
            "temp_c": "TMP",
            "dewpoint_c": "DEW",
            "wind_ms": "WND",
            "wind_dir_deg": "WND",
            "precip_mm": "AA1",
            "pressure_hpa": "SLP",
        },
    ),
    Export(
        "NOAA Local Climatological Data",
        ("DATE", "HourlyDryBulbTemperature", "HourlyWindSpeed"),
        clock="standard",
        columns=_LCD_COLUMNS,
        units=_IMPERIAL,
        whole="HourlyDryBulbTemperature",
    ),
    Export(
        "Iowa Environmental Mesonet",
        ("station", "valid", "sknt", "p01i"),
        columns={"pressure_hpa": "mslp"},
        units={"wind_ms": "kn", "gust_ms": "kn", "precip_mm": "inch"},
    ),
    Export(
        "Iowa Environmental Mesonet",
        ("station", "valid", "sknt"),
        columns={"pressure_hpa": "mslp"},
        units={"wind_ms": "kn", "gust_ms": "kn"},
    ),
    Export("Deutscher Wetterdienst", ("STATIONS_ID", "MESS_DATUM"), units={"cloud_pct": "oktas"}),
    Export(
        "Environment and Climate Change Canada",
        ("Date/Time (LST)", "Temp (°C)", "Stn Press (kPa)"),
        clock="standard",
        not_ours=("Stn Press (kPa)",),
    ),
    Export(
        "Japan Meteorological Agency",
        ("年月日時", "気温(℃)"),
        clock="local",
        time_zone="Asia/Tokyo",
        columns={"wind_dir_deg": "風速(m/s) 風向"},
        units={"cloud_pct": "tenths"},
    ),
    Export(
        "Weather Underground",
        ("Time", "Temperature", "Dew Point", "Speed", "Gust", "Precip. Accum."),
        clock="local",
        columns={"wind_ms": "Speed", "wind_dir_deg": "Wind"},
    ),
    Export("Open-Meteo", ("time", "temperature_2m"), clock="local"),
    Export("MeteoSwiss", ("station_abbr", "reference_timestamp")),
    Export(
        "Météo-France SYNOP",
        ("numer_sta", "pmer", "td", "ff"),
        columns={"temp_c": "t", "precip_mm": "rr1", "precip_3h_mm": "rr3", "cloud_pct": "n"},
        units=_SYNOP_UNITS,
    ),
    Export(
        "Korea Meteorological Administration, data.go.kr",
        ("tm", "stnId", "ta"),
        clock="local",
        time_zone="Asia/Seoul",
        columns={"cloud_pct": "dc10Tca", "solar_wm2": "icsr", "pressure_hpa": "ps"},
        units={"cloud_pct": "tenths", "solar_wm2": "MJ/m2"},
        blank_rain="none",
    ),
    Export(
        "Korea Meteorological Administration, apihub",
        ("YYMMDDHHMI", "STN", "TA"),
        clock="local",
        time_zone="Asia/Seoul",
        columns={"pressure_hpa": "PS", "cloud_pct": "CA_TOT", "solar_wm2": "SI"},
        units={"wind_dir_deg": "10deg", "cloud_pct": "tenths", "solar_wm2": "MJ/m2"},
        blank_rain="none",
    ),
)


def recognised(headings: Sequence[str]) -> Export | None:
    """The export that has these headings."""
    there = {fold(heading) for heading in headings}
    there |= {fold(heading.partition("(")[0]) for heading in headings}
    for export in EXPORTS:
        if all(fold(needed) in there for needed in export.needs):
            return export
    return None
