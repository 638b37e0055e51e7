"""Numbers with decimal commas, as they are with points."""

from typing import Final

import pandas as pd

from wearcast.weather.sources.composite_cells import is_composite
from wearcast.weather.sources.headings import Headings

_DECIMAL: Final = r"[+\-−]?(?:\d{1,3}(?:\.\d{3})+|\d*),\d+"
_SURE: Final = r"[+\-−]?(?:\d*,(?:\d{1,2}|\d{4,})|0?,\d+|\d{1,3}(?:\.\d{3})+,\d+|\d{4,},\d+)"
"""A comma that can't stand between thousands."""

_POINT: Final = r"[+\-−]?[\d,]*\.\d+"


def with_points(columns: pd.DataFrame, headings: Headings) -> pd.DataFrame:
    """`columns` with points in place of decimal commas, in those that `headings` name beside the
    time.

    1,012 may be a thousand and twelve: a comma before three digits is a decimal one only where the
    table has others that surely are.
    """
    names = [str(name) for name in columns if headings.found_in([str(name)])]
    places = {}
    is_sure = False
    for name in names:
        text = columns[name].str.strip()
        has_comma = text.str.contains(",", regex=False)
        if name in headings.times or not has_comma.any():
            continue
        decimal = text.str.fullmatch(_DECIMAL)
        pointed = text.str.fullmatch(_POINT) & ~decimal
        if decimal.any() and not pointed.any() and not is_composite(name, text):
            places[name] = text, decimal
            sure = text.str.fullmatch(_SURE)
            is_sure = is_sure or bool(sure.any())
    if not is_sure:
        return columns
    with_points_alone = {}
    for name, (text, decimal) in places.items():
        without_thousands = text.str.replace(".", "", regex=False)
        number = without_thousands.str.replace(",", ".", regex=False)
        with_points_alone[name] = text.mask(decimal, number)
    return columns.assign(**with_points_alone)
