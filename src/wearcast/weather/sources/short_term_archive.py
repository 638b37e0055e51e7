"""The archive of the KMA's short-term forecast (단기예보) in its open data portal, as it comes: a
file an element, neighbourhood and period, such as 교남동_1시간기온_20250101_20251231.csv.

     format: day,hour,forecast,value location:60_127 Start : 20250101
     1,0200,+6,-3.000000
    Start : 20250102

- day and hour are those of the issue, in UTC; newer files repeat both in Korean time
- only a line `Start : YYYYMMDD`, of each day, says year and month
- forecast is the lead in hours, from +6 on (the service's own begins with +1)
- precipitation is rounded to whole mm, so what is under 1 mm counts as 0: the chance of rain says
more of light rain
- some rows are garbage, such as day -971917344; some years are in a file twice

What the values mean is in `kma.short_term_values`. Credit: Korea Meteorological Administration,
Open MET Data Portal.
"""

import logging
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.weather import guidance
from wearcast.weather.sources.kma import short_term_issues, short_term_values
from wearcast.weather.sources.kma.periods import KST

ENCODINGS: Final = ("utf-8-sig", "cp949")

ELEMENTS: Final = {
    "1시간기온": "temp_c",
    "습도": "rh_pct",
    "풍속": "wind_ms",
    "풍향": "wind_dir_deg",
    "1시간강수량": "precip_mm",
    "하늘상태": "cloud_pct",
    "강수확률": "rain_chance_pct",
}
"""The elements that are read, by the name that their files have, and our columns."""

NOT_READ: Final = (
    "1시간적설",
    "강수형태",
    "일최고기온",
    "일최저기온",
    "동서바람성분",
    "남북바람성분",
    "파고",
    "3시간기온",
    "6시간강수량",
    "6시간적설",
)

_HEADING: Final = re.compile(
    r"format:\s*(?P<fields>[\w(),]+)\s+location:\s*(?P<cell>\d+_\d+)\s+Start\s*:\s*(?P<day>\d{8})"
)
_START: Final = re.compile(r"Start\s*:\s*(?P<day>\d{8})")
_FIELDS: Final = {
    "day,hour,forecast,value": 4,
    "day(UTC),hour(UTC),forecast,value,day(KST),hour(KST)": 6,
}
"""Both formats, and how many fields a row has."""

_LONGEST_LEAD_H: Final = 120
_LOG: Final = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Element:
    """A file: our column, the cell, and its rows, with issued_at, valid_at and value."""

    column: str
    cell: str
    rows: pd.DataFrame


def may_be_archive(content: bytes) -> bool:
    """Whether the first line of a file, in whatever encoding, may be the archive's."""
    first, _, _ = content.lstrip(b"\xef\xbb\xbf\r\n ").partition(b"\n")
    is_utf_16 = first.startswith((b"\xff\xfe", b"\xfe\xff"))
    return is_utf_16 or b"format" in first


def is_archive(text: str) -> bool:
    """Whether the text of a file is the archive's."""
    first, _, _ = text.lstrip("\ufeff\r\n ").partition("\n")
    return _HEADING.search(first) is not None


def read_archive(texts: Iterable[tuple[Path, str]], station: str) -> pd.DataFrame:
    """The files' forecasts, for a station, as a raw table.

    Raises:
        SourceError: a file's name or heading isn't known, it has nothing but garbage, or files are
            of several places.
    """
    elements = []
    for path, text in texts:
        if column := _column(path):
            elements.append(_read(path, text, column))
    cells = sorted({element.cell for element in elements})
    if len(cells) > 1:
        raise SourceError(
            f"the archive's files are of several cells of the KMA's grid, {', '.join(cells)}; keep"
            " those of one, where the station stands."
        )
    columns = {}
    for column in guidance.VALUES:
        parts = [element.rows for element in elements if element.column == column]
        if parts:
            columns[column] = _series(column, parts)
    if not columns:
        raise SourceError(
            "none of the archive's files is of an element that is read, which are"
            f" {', '.join(ELEMENTS)}."
        )
    return _table(pd.DataFrame(columns), station)


def _column(path: Path) -> str | None:
    """Our column for the element in a file's name; None for one that isn't read."""
    parts = unicodedata.normalize("NFC", path.stem).split("_")
    for part in parts:
        if part in ELEMENTS:
            return ELEMENTS[part]
        if part in NOT_READ:
            _LOG.info("%s: %s is not used, and not read", path, part)
            return None
    raise SourceError(
        f"{path}: its name says no element, as in 교남동_1시간기온_20250101_20251231.csv. Name it"
        f" as the portal did; elements are {', '.join(ELEMENTS)}."
    )


def _read(path: Path, text: str, column: str) -> _Element:
    lines = [line.strip() for line in text.splitlines()]
    heading = _HEADING.search(next(filter(None, lines), ""))
    width = _FIELDS.get(heading["fields"]) if heading else None
    if heading is None or width is None:
        raise SourceError(
            f"{path}: its first line is none that is known, such as ` format:"
            " day,hour,forecast,value location:60_127 Start : 20250101`. Download it again, or"
            " update Wearcast."
        )
    fields, garbage = _fields(lines, width)
    rows = _rows(fields)
    garbage += len(fields) - len(rows)
    if rows.empty:
        raise SourceError(f"{path} has no row that can be read. Download it again.")
    if garbage:
        _LOG.warning(
            "%s: %d rows are garbage (no such day, issue or lead), and are left out; %d are read",
            path,
            garbage,
            len(rows),
        )
    return _Element(column, heading["cell"], _with_meaning(rows, column))


def _fields(lines: Sequence[str], width: int) -> tuple[pd.DataFrame, int]:
    """The fields of the rows as numbers, with the month that each is in; and how many lines have
    another number of them."""
    rows: list[list[str]] = []
    months: list[str] = []
    month, garbage = "", 0
    for line in lines:
        if start := _START.search(line):
            month = start["day"][:6]
        elif line:
            row = line.split(",")
            if len(row) == width:
                rows.append(row)
                months.append(month)
            else:
                garbage += 1
    names = ("day", "hour", "lead_h", "value", "day_kst", "hour_kst")[:width]
    texts = pd.DataFrame(rows, columns=list(names), dtype="str")
    numbers = texts.apply(pd.to_numeric, errors="coerce").astype("float64")
    numbers["month"] = pd.to_datetime(
        pd.Series(months, dtype="str"), format="%Y%m", errors="coerce"
    )
    return numbers, garbage


def _rows(fields: pd.DataFrame) -> pd.DataFrame:
    """The rows of which the issue, the lead and the value can be meant, in UTC."""
    day_is_meant = fields["day"].between(1, fields["month"].dt.days_in_month)
    hour_is_meant = fields["hour"].isin(range(0, 2400, 100))
    lead_is_meant = fields["lead_h"].isin(range(1, _LONGEST_LEAD_H + 1))
    has_value = fields["value"].notna()
    is_meant = day_is_meant & hour_is_meant & lead_is_meant & has_value
    meant = fields[is_meant]
    day = pd.to_timedelta(meant["day"] - 1, unit="D")
    hour = pd.to_timedelta(meant["hour"] / 100, unit="h")
    issued = meant["month"] + day + hour
    in_utc = issued.dt.tz_localize("UTC")
    issued_at = in_utc.astype("datetime64[ns, UTC]")
    lead = pd.to_timedelta(meant["lead_h"], unit="h")
    columns = {
        "issued_at": issued_at,
        "valid_at": issued_at + lead,
        "value": meant["value"],
    }
    rows = pd.DataFrame(columns)
    is_issue = short_term_issues.is_issue(issued_at)
    if "day_kst" in meant:
        local = issued_at.dt.tz_convert(KST)
        is_same_day = meant["day_kst"] == local.dt.day
        is_same_hour = meant["hour_kst"] == local.dt.hour * 100
        is_issue &= is_same_day & is_same_hour
    return rows[is_issue]


def _with_meaning(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    is_classed = short_term_issues.is_classed(rows["issued_at"], rows["valid_at"]).to_numpy()
    values = _meaning(column, rows["value"].to_numpy(dtype=np.float64), is_classed)
    return rows.assign(value=values).dropna(subset="value")


def _meaning(
    column: str, values: NDArray[np.float64], is_classed: NDArray[np.bool_]
) -> NDArray[np.float64]:
    match column:
        case "precip_mm":
            return short_term_values.precip_mm(values, is_classed)
        case "wind_ms":
            return short_term_values.wind_ms(values, is_classed)
        case "wind_dir_deg":
            return short_term_values.wind_dir_deg(values)
        case "cloud_pct":
            return short_term_values.cloud_pct(values)
        case _:
            return short_term_values.known(values)


def _series(column: str, parts: Sequence[pd.DataFrame]) -> pd.Series:
    """An element's values by issue and hour. Where an hour of an issue is there with several values
    none is taken, and that is logged."""
    key = ["issued_at", "valid_at"]
    rows = pd.concat(parts, ignore_index=True).drop_duplicates()
    is_several = rows.duplicated(key, keep=False)
    if is_several.any():
        first = rows[is_several].iloc[0]
        _LOG.warning(
            "the archive has several values of %s for %d hours, such as that of %s in the issue of"
            " %s; none of them is taken",
            column,
            len(rows[is_several].drop_duplicates(key)),
            f"{first['valid_at']:%Y-%m-%dT%H:%MZ}",
            f"{first['issued_at']:%Y-%m-%dT%H:%MZ}",
        )
    values: pd.Series = rows[~is_several].set_index(key)["value"]
    return values


def _table(values: pd.DataFrame, station: str) -> pd.DataFrame:
    frame = values.reset_index().rename(columns={"issued_at": "issued_until"})
    frame["issued_from"] = frame["issued_until"]
    frame["available_at"] = frame["issued_until"] + short_term_issues.DELAY
    labels = {"station": station, "source": "files", "model": short_term_issues.MODEL}
    return guidance.conform(frame.assign(**labels))
