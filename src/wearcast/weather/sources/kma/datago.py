"""data.go.kr, AsosHourlyInfoService: quality-controlled hours of a station, from its first to
yesterday.

All values are strings, a blank one is missing, and an hour that is missing has no item. What the
numbers mean is in `asos_values`.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.weather.sources import asos_values
from wearcast.weather.sources.http_client import HttpClient, Query
from wearcast.weather.sources.kma import datago_pages
from wearcast.weather.sources.kma.access import Access
from wearcast.weather.sources.kma.data_set import ASOS
from wearcast.weather.sources.kma.datago_envelope import opened
from wearcast.weather.sources.kma.periods import KST
from wearcast.weather.sources.sheets import MISSING

MOST_ROWS: Final = 999
"""An answer's limit: a month of hours fits into one."""

FIELDS: Final = {
    "temp_c": "ta",
    "dewpoint_c": "td",
    "rh_pct": "hm",
    "wind_ms": "ws",
    "wind_dir_deg": "wd",
    "pressure_hpa": "ps",
    "cloud_pct": "dc10Tca",
    "solar_wm2": "icsr",
    asos_values.RAIN: "rn",
}
# The first in its answers, the second in its guide.
_FLAG_ENDINGS: Final = ("Qcflg", "Qcflag")


def hours(
    client: HttpClient,
    access: Access,
    station: str,
    first: datetime,
    last: datetime,
    page_rows: int = MOST_ROWS,
) -> pd.DataFrame | None:
    """The station's hours from `first` to `last` as rows for `asos_values.observations`; None
    where the service doesn't have the last day yet.

    Raises:
        SourceError: they can't be had, or aren't what was asked for.
    """
    query = _query(access, station, first, last)
    read_body = partial(opened, data_set=ASOS)
    items = datago_pages.items(client, access.data_url, query, read_body, page_rows)
    if items is None:
        return None
    return _rows(access.data_url, items, station, first, last)


def _query(access: Access, station: str, first: datetime, last: datetime) -> Query:
    begin, end = first.astimezone(KST), last.astimezone(KST)
    return {
        "serviceKey": access.service_key,
        "dataType": "JSON",
        "dataCd": "ASOS",
        "dateCd": "HR",
        "startDt": f"{begin:%Y%m%d}",
        "startHh": f"{begin:%H}",
        "endDt": f"{end:%Y%m%d}",
        "endHh": f"{end:%H}",
        "stnIds": station,
    }


def _rows(
    url: str, items: Sequence[dict[str, Any]], station: str, first: datetime, last: datetime
) -> pd.DataFrame:
    _require_fields(url, items)
    stamps = [_stamp(url, item, station, first, last) for item in items]
    twice = pd.Index(stamps).duplicated()
    if twice.any():
        at = stamps[int(np.argmax(twice))]
        raise SourceError(
            f"{url}, station {station}: {at:%Y-%m-%d %H:%M} KST came twice. Nothing of it was kept."
            " Run again later."
        )
    rows: dict[str, Any] = {
        "station": [station] * len(items),
        "valid_at": pd.DatetimeIndex(stamps, tz=KST).tz_convert("UTC"),
    }
    for column, field in FIELDS.items():
        values, flags = _numbers(url, items, field), _flags(url, items, field)
        if column == asos_values.RAIN:
            rows[column], rows[asos_values.RAIN_FLAG] = values, flags
        else:
            rows[column] = asos_values.unflagged(values, flags)
    return pd.DataFrame(rows)


def _require_fields(url: str, items: Sequence[dict[str, Any]]) -> None:
    needed = ("tm", "stnId", *FIELDS.values())
    for item in items:
        absent = [field for field in needed if field not in item]
        if absent:
            raise SourceError(
                f"{url} gave a row without {', '.join(absent)}: {item}. Nothing of it was kept."
                " Update Wearcast."
            )


def _stamp(
    url: str, item: dict[str, Any], station: str, first: datetime, last: datetime
) -> datetime:
    try:
        at = datetime.strptime(str(item["tm"]), "%Y-%m-%d %H:%M").replace(tzinfo=KST)
    except ValueError:
        at = None
    if at is None or str(item["stnId"]) != station or not first <= at <= last:
        raise SourceError(
            f"{url} gave a row of station {item['stnId']} at {item['tm']!r}, asked for {station}"
            f" from {first.astimezone(KST):%Y-%m-%d %H:%M} to {last.astimezone(KST):%Y-%m-%d %H:%M}"
            " KST. Nothing of it was kept. Run again later; if it stays so, update Wearcast."
        )
    return at


def _flags(url: str, items: Sequence[dict[str, Any]], field: str) -> NDArray[np.float64]:
    """The quality flags of a field; 0 where the service gives none."""
    for ending in _FLAG_ENDINGS:
        if items and field + ending in items[0]:
            return _numbers(url, items, field + ending)
    return np.zeros(len(items))


def _numbers(url: str, items: Sequence[dict[str, Any]], field: str) -> NDArray[np.float64]:
    numbers = [_number(url, item, field) for item in items]
    return np.array(numbers, dtype=np.float64)


def _number(url: str, item: dict[str, Any], field: str) -> float:
    text = str(item.get(field, "")).strip()
    if text in MISSING:
        return np.nan
    try:
        number = float(text)
    except ValueError:
        number = np.inf
    if np.isinf(number):
        raise SourceError(
            f"{url}, station {item['stnId']}, {item['tm']} KST: {field} is {text!r}, no number."
            " Nothing of it was kept."
        )
    return number
