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


def matching(station: Station, written: Sequence[str]) -> str | None:
    """The one of the ids `written` that means the station: its own, or else the only one that is
    its id without leading zeros, or its name; capitals, blanks and accents aside. None where there
    is none, or more than one."""
    if station.id in written:
        return station.id
    names = [station.id, station.name_en, station.name_ko]
    plain_names = [_plain(name) for name in names]
    found = []
    for id in written:
        if _plain(id) in plain_names:
            found.append(id)
    if len(found) != 1:
        return None
    return found[0]


def _plain(name: str) -> str:
    """The letters and digits of a name, without accents, capitals and leading zeros."""
    small = name.casefold()
    apart = unicodedata.normalize("NFKD", small)
    kept = filter(str.isalnum, apart)
    letters = "".join(kept)
    if letters.isdigit():
        return letters.lstrip("0")
    return letters
