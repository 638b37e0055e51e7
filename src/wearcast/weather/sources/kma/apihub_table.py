"""The text table of apihub's kma_sfctm3, as rows.

Times are Korean, wind directions in tens of degrees, cloud cover in tenths. What is missing is -9,
-9.0, -99.0, -99.9 or `-`; so a temperature of -9.0 °C looks as one that is missing. RN is what
`asos_values` says of rain; RN_DAY is its sum since 00:00, and the row of 00:00 has that of the
whole day before.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.weather import humidity
from wearcast.weather.sources import asos_values
from wearcast.weather.sources.http_response import HttpResponse
from wearcast.weather.sources.kma.periods import HOUR, KST

Floats = NDArray[np.float64]

START, END = "#START7777", "#7777END"
COLUMNS: Final = (
    "TM",
    "STN",
    "WD",
    "WS",
    "GST_WD",
    "GST_WS",
    "GST_TM",
    "PA",
    "PS",
    "PT",
    "PR",
    "TA",
    "TD",
    "HM",
    "PV",
    "RN",
    "RN_DAY",
    "RN_JUN",
    "RN_INT",
    "SD_HR3",
    "SD_DAY",
    "SD_TOT",
    "WC",
    "WP",
    "WW",
    "CA_TOT",
    "CA_MID",
    "CH_MIN",
    "CT",
    "CT_TOP",
    "CT_MID",
    "CT_LOW",
    "VS",
    "SS",
    "SI",
    "ST_GD",
    "TS",
    "TE_005",
    "TE_01",
    "TE_02",
    "TE_03",
    "ST_SEA",
    "WH",
    "BF",
    "IR",
    "IX",
)
_HEADINGS: Final = (
    [
        "YYMMDDHHMI",
        "STN",
        "WD",
        "WS",
        "GST",
        "GST",
        "GST",
        "PA",
        "PS",
        "PT",
        "PR",
        "TA",
        "TD",
        "HM",
        "PV",
        "RN",
    ],
    [
        "KST",
        "ID",
        "16",
        "m/s",
        "WD",
        "WS",
        "TM",
        "hPa",
        "hPa",
        "-",
        "hPa",
        "C",
        "C",
        "%",
        "hPa",
        "mm",
    ],
)
"""What its two lines of heading begin with: names, and units."""

_READ: Final = ("WD", "WS", "GST_WS", "PS", "TA", "TD", "HM", "PV", "RN", "RN_DAY", "CA_TOT", "SI")
# No station of Korea saw -40 °C, but air may be very dry.
_ABSENT_C: Final = {"TA": -50.0, "TD": -90.0}
_DOUBTFUL_C: Final = -9.0
_ROUNDING_MM: Final = 0.05
# Dew points that follow from Seoul's temperatures and humidities are within 0.15 °C of those
# reported.
_AGREE_C: Final = 0.3


def read(
    response: HttpResponse, text: str, station: str, first: datetime, last: datetime
) -> pd.DataFrame:
    """The rows of `text`, the table that `response` holds, for `asos_values.observations`; an hour
    without any report has none.

    Raises:
        SourceError: the table isn't as it was, or of another station or time; naming line and
            column.
    """
    fields = _fields(response, text)
    stamps = [_stamp(response, number, words, station, first, last) for number, words in fields]
    times = [words[0] for _, words in fields]
    _require_once(response, times)
    given = {name: _numbers(response, fields, name) for name in _READ}
    local = pd.DatetimeIndex(stamps, tz=KST)
    valid_at = local.tz_convert("UTC")
    rain = _known(given["RN"])
    day_sum = _known(given["RN_DAY"])
    columns: dict[str, Any] = {
        "station": [station] * len(fields),
        "valid_at": valid_at,
    }
    columns |= _quantities(given)
    columns[asos_values.RAIN] = rain
    lost = _lost(valid_at, rain, day_sum)
    columns[asos_values.RAIN_FLAG] = lost.astype(np.float64)
    rows = pd.DataFrame(columns)
    is_known = rows[list(asos_values.COLUMNS)].notna()
    is_reported = is_known.any(axis="columns")
    reported = rows[is_reported]
    return reported.reset_index(drop=True)


def _fields(response: HttpResponse, text: str) -> list[tuple[int, list[str]]]:
    """The lines that aren't headings, numbered from 1 and split at spaces."""
    numbered = enumerate(text.splitlines(), start=1)
    lines = [(number, line.split()) for number, line in numbered]
    for _, words in lines:
        _require_known_heading(response, words)
    fields = []
    for number, words in lines:
        if words and not words[0].startswith("#"):
            fields.append((number, words))
    for number, words in fields:
        if len(words) != len(COLUMNS):
            raise response.rubbish(
                f"{len(words)} columns in line {number}, where there were {len(COLUMNS)}"
            )
    return fields


def _require_known_heading(response: HttpResponse, words: list[str]) -> None:
    """Refuse a table whose columns or units have changed."""
    for heading in _HEADINGS:
        found = words[1 : 1 + len(heading)]
        if words[:2] == ["#", heading[0]] and found != heading:
            raise response.rubbish(
                f"other columns or units: {' '.join(found)}, not {' '.join(heading)}"
            )


def _stamp(
    response: HttpResponse,
    number: int,
    words: list[str],
    station: str,
    first: datetime,
    last: datetime,
) -> datetime:
    try:
        at = datetime.strptime(words[0], "%Y%m%d%H%M").replace(tzinfo=KST)
    except ValueError:
        at = None
    if at is None or at.minute or words[1] != station or not first <= at <= last:
        raise response.rubbish(
            f"station {words[1]} at {words[0]} in line {number}, asked for {station} from"
            f" {first.astimezone(KST):%Y%m%d%H%M} to {last.astimezone(KST):%Y%m%d%H%M}"
        )
    return at


def _require_once(response: HttpResponse, stamps: list[str]) -> None:
    twice = next((stamp for stamp in stamps if stamps.count(stamp) > 1), None)
    if twice:
        raise response.rubbish(f"{twice} twice")


def _numbers(response: HttpResponse, fields: list[tuple[int, list[str]]], name: str) -> Floats:
    numbers = [_number(response, number, words, name) for number, words in fields]
    return np.array(numbers, dtype=np.float64)


def _number(response: HttpResponse, number: int, words: list[str], name: str) -> float:
    text = words[COLUMNS.index(name)]
    if text == "-":
        return np.nan
    try:
        value = float(text)
    except ValueError:
        value = np.inf
    if not np.isfinite(value):
        raise response.rubbish(f"{text!r} as {name} in line {number}, which is no number")
    return value


def _known(values: Floats) -> Floats:
    """What can't be negative, NaN where it is."""
    impossible = values < 0
    return np.where(impossible, np.nan, values)


def _quantities(given: Mapping[str, Floats]) -> dict[str, Floats]:
    rh_pct = _known(given["HM"])
    tens_of_degrees = _known(given["WD"])
    # More than 36 is a direction that varies.
    varies = tens_of_degrees > 36
    temp_c, dewpoint_c = _temperatures(
        given["TA"],
        given["TD"],
        rh_pct,
        vapour_hpa=_known(given["PV"]),
    )
    return {
        "temp_c": temp_c,
        "dewpoint_c": dewpoint_c,
        "rh_pct": rh_pct,
        "wind_ms": _known(given["WS"]),
        "gust_ms": _known(given["GST_WS"]),
        "wind_dir_deg": np.where(varies, np.nan, tens_of_degrees * 10),
        "pressure_hpa": _known(given["PS"]),
        "cloud_pct": _known(given["CA_TOT"]),
        "solar_wm2": _known(given["SI"]),
    }


def _temperatures(
    temp_c: Floats, dewpoint_c: Floats, rh_pct: Floats, vapour_hpa: Floats
) -> tuple[Floats, Floats]:
    """Temperature and dew point; a -9.0 stays where temperature, dew point and humidity agree on
    it, and is missing elsewhere.

    The station computes dew point and vapour pressure from the other two, so without a temperature
    there are none. In fog a missing temperature and a missing dew point look as if they agreed;
    then the vapour pressure decides, which can't be negative.
    """
    expected_c = humidity.dewpoint_c(temp_c, rh_pct)
    apart_c = np.abs(expected_c - dewpoint_c)
    agree = apart_c <= _AGREE_C
    differ = temp_c != dewpoint_c
    has_vapour = ~np.isnan(vapour_hpa)
    agree &= differ | has_vapour
    credible_temp_c = _credible("TA", temp_c, agree)
    credible_dewpoint_c = _credible("TD", dewpoint_c, agree)
    return credible_temp_c, credible_dewpoint_c


def _credible(name: str, values: Floats, agree: NDArray[np.bool_]) -> Floats:
    impossible = values <= _ABSENT_C[name]
    doubtful = (values == _DOUBTFUL_C) & ~agree
    removed = impossible | doubtful
    return np.where(removed, np.nan, values)


def _lost(valid_at: pd.DatetimeIndex, rain: Floats, day: Floats) -> NDArray[np.bool_]:
    """Where RN is blank though the day's sum has risen by more than RN tells: how much it rained in
    this hour (or three) isn't known."""
    hour = pd.Series(valid_at.tz_convert(KST))
    in_season = asos_values.three_hourly_season(hour)
    hours = np.where(in_season, 3, 1)
    before = hour - pd.to_timedelta(hours, unit="h")
    # The first sum of a day starts from nothing; where the row before is absent, nothing can be
    # said.
    is_midnight = before.dt.hour == 0
    day_before_mm = _at(hour, day, before)
    earlier_mm = np.where(is_midnight, 0.0, day_before_mm)
    known_mm = np.zeros(len(rain))
    for back in range(3):
        hour_back = hour - back * HOUR
        rain_mm = np.nan_to_num(_at(hour, rain, hour_back))
        is_counted = back < hours
        known_mm = known_mm + np.where(is_counted, rain_mm, 0.0)
    risen_mm = np.nan_to_num(day) - earlier_mm
    is_blank = np.isnan(rain)
    most_mm = known_mm + _ROUNDING_MM
    lost: NDArray[np.bool_] = is_blank & (risen_mm > most_mm)
    return lost


def _at(hour: pd.Series, values: Floats, wanted: pd.Series) -> Floats:
    """The values at the wanted hours, 0 where a value is blank, NaN where a row is absent."""
    blank_as_zero = np.nan_to_num(values)
    by_hour = pd.Series(blank_as_zero, index=hour)
    at_wanted = by_hour.reindex(wanted)
    return np.asarray(at_wanted, dtype=np.float64)
