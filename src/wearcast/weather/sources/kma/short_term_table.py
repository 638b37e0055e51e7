"""An issue of the KMA's short-term forecast as rows of guidance."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.weather import guidance
from wearcast.weather.sources.kma import short_term_issues, short_term_values
from wearcast.weather.sources.kma.datago_pages import Item
from wearcast.weather.sources.kma.forecast_grid import Cell
from wearcast.weather.sources.kma.periods import KST
from wearcast.weather.sources.sheets import MISSING

CATEGORIES: Final = {
    "TMP": "temp_c",
    "REH": "rh_pct",
    "WSD": "wind_ms",
    "VEC": "wind_dir_deg",
    "PCP": "precip_mm",
    "SKY": "cloud_pct",
    "POP": "rain_chance_pct",
}
"""Those that are read. The others: the day's extremes TMN and TMX, the wind's components UUU and
VVV, the kind of precipitation PTY, fresh snow SNO, and waves WAV."""

_FIELDS: Final = (
    "baseDate",
    "baseTime",
    "category",
    "fcstDate",
    "fcstTime",
    "fcstValue",
    "nx",
    "ny",
)
_LOG: Final = logging.getLogger(__name__)


def read(
    url: str, items: Sequence[Item], station: str, issued_at: datetime, cell: Cell
) -> pd.DataFrame:
    """The rows of an issue for a station in a cell: its hours after it could be had, with a value
    at least. Hours that it should have and hasn't are logged.

    Raises:
        SourceError: an item is of another issue or cell, twice there, or can't be read.
    """
    texts = _texts(url, items, issued_at, cell)
    _log_missing(url, texts, issued_at)
    hours = pd.DatetimeIndex(texts.index)
    rows = pd.DataFrame({"valid_at": hours.tz_convert("UTC")})
    rows["station"] = station
    rows["source"] = "kma"
    rows["model"] = short_term_issues.MODEL
    start = pd.Timestamp(issued_at).tz_convert("UTC")
    rows["issued_from"] = start
    rows["issued_until"] = start
    rows["available_at"] = start + short_term_issues.DELAY
    is_classed = short_term_issues.is_classed(rows["issued_until"], rows["valid_at"])
    nothing = pd.Series(np.nan, index=texts.index)
    for category, column in CATEGORIES.items():
        given = nothing
        if category in texts:
            given = texts[category]
        rows[column] = _values(url, category, given, is_classed.to_numpy())
    names = list(CATEGORIES.values())
    is_forecast = rows["valid_at"] > rows["available_at"]
    has_value = rows[names].notna().any(axis="columns")
    return guidance.conform(rows[is_forecast & has_value])


def _texts(url: str, items: Sequence[Item], issued_at: datetime, cell: Cell) -> pd.DataFrame:
    """The values as they are told, a row an hour and a column a category."""
    issue = f"{issued_at.astimezone(KST):%Y%m%d%H%M}"
    found = []
    for item in items:
        _require_asked_for(url, item, issue, cell)
        if item["category"] in CATEGORIES:
            text = str(item["fcstValue"]).strip()
            found.append((_stamp(url, item), str(item["category"]), text))
    table = pd.DataFrame(found, columns=["valid_at", "category", "text"])
    twice = table.duplicated(["valid_at", "category"])
    if twice.any():
        row = table[twice].iloc[0]
        raise SourceError(
            f"{url}: {row['category']} of {row['valid_at']:%Y-%m-%d %H:%M} KST came twice. Nothing"
            " of it was kept. Run again later."
        )
    return table.pivot(index="valid_at", columns="category", values="text")


def _require_asked_for(url: str, item: Item, issue: str, cell: Cell) -> None:
    absent = [field for field in _FIELDS if field not in item]
    if absent:
        raise SourceError(
            f"{url} gave an item without {', '.join(absent)}: {item}. Nothing of it was kept."
            " Update Wearcast."
        )
    given = f"{item['baseDate']}{item['baseTime']}", str(item["nx"]), str(item["ny"])
    if given != (issue, str(cell.nx), str(cell.ny)):
        raise SourceError(
            f"{url} gave a value of the issue {given[0]} for cell {given[1]}, {given[2]}, asked for"
            f" {issue} and {cell.nx}, {cell.ny}. Nothing of it was kept. Run again later; if it"
            " stays so, update Wearcast."
        )


def _stamp(url: str, item: Item) -> datetime:
    text = f"{item['fcstDate']}{item['fcstTime']}"
    try:
        return datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=KST)
    except ValueError:
        pass
    raise SourceError(
        f"{url} gave a value of {item['category']} for {text}, which is no time. Nothing of it was"
        " kept. Update Wearcast."
    )


def _values(
    url: str, category: str, texts: pd.Series, is_classed: NDArray[np.bool_]
) -> NDArray[np.float64]:
    if category == "PCP":
        return short_term_values.precip_mm(_amounts(url, texts), is_classed)
    numbers = _numbers(url, category, texts)
    match category:
        case "WSD":
            return short_term_values.wind_ms(numbers, is_classed)
        case "VEC":
            return short_term_values.wind_dir_deg(numbers)
        case "SKY":
            return short_term_values.cloud_pct(numbers)
        case _:
            return short_term_values.known(numbers)


def _amounts(url: str, texts: pd.Series) -> NDArray[np.float64]:
    """PCP's texts as numbers. A form that isn't known is missing, and logged: the KMA has changed
    them before, and the other values are as good without."""
    is_told = texts.notna() & (texts != "")
    told = texts[is_told].map(short_term_values.amount_mm)
    unknown = sorted(set(texts[is_told][told.isna()]))
    if unknown:
        _LOG.warning(
            "%s gave precipitation in a form that this version does not know, and it counts as"
            " missing: %s. Update Wearcast.",
            url,
            ", ".join(unknown),
        )
    amounts = told.reindex(texts.index)
    return amounts.to_numpy(dtype=np.float64)


def _numbers(url: str, category: str, texts: pd.Series) -> NDArray[np.float64]:
    is_missing = texts.isna() | texts.isin(MISSING)
    numbers = pd.to_numeric(texts.mask(is_missing), errors="coerce")
    wrong = numbers.isna() & ~is_missing
    if wrong.any():
        at, text = next(iter(texts[wrong].items()))
        raise SourceError(
            f"{url}, {at:%Y-%m-%d %H:%M} KST: {category} is {text!r}, no number. Nothing of it was"
            " kept."
        )
    return numbers.to_numpy(dtype=np.float64)


def _log_missing(url: str, texts: pd.DataFrame, issued_at: datetime) -> None:
    expected = pd.DatetimeIndex(list(short_term_issues.hours(issued_at)))
    complete = texts.reindex(index=expected, columns=list(CATEGORIES))
    missing = complete.isna().sum()
    cut = [f"{category} {count}" for category, count in missing.items() if count]
    if cut:
        _LOG.warning(
            "%s: the issue of %s KST is cut. Of its %d hours are missing: %s. It is used as far as"
            " it goes.",
            url,
            f"{issued_at.astimezone(KST):%Y-%m-%d %H:%M}",
            len(expected),
            ", ".join(cut),
        )
