"""Stations' ids as files write them: pandas makes 108.0 of 108 and 433 of 0433, people write
names."""

import unicodedata
from collections.abc import Sequence

import pandas as pd

from wearcast.config import Station


def of_rows(written: pd.Series) -> pd.Series:
    """The ids of rows, as text, without the `.0` that pandas writes where a number is missing."""
    is_float = written.str.fullmatch(r"\d+\.0")
    if not is_float.all():
        return written
    plain: pd.Series = written.str.removesuffix(".0")
    return plain


def alike(station: Station, written: Sequence[str]) -> list[str]:
    """Those of the ids `written` that may mean the station, its own first: its id, also without
    leading zeros, or its name; capitals, blanks and accents aside."""
    names = [station.id, station.name_en, station.name_ko]
    plain_names = {_plain(name) for name in names}
    plain_names.discard("")
    found = [station.id] if station.id in written else []
    for id in written:
        if id != station.id and _plain(id) in plain_names:
            found.append(id)
    return found


def _plain(name: str) -> str:
    """The letters and digits of a name, without accents, capitals and leading zeros."""
    small = name.casefold()
    apart = unicodedata.normalize("NFKD", small)
    kept = filter(str.isalnum, apart)
    letters = "".join(kept)
    if letters.isdigit():
        return letters.lstrip("0") or "0"
    return letters
