"""Numbers, times and lists of the findings in words."""

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np
import pandas as pd
from IPython.display import Markdown
from numpy.typing import NDArray

from wearcast.variables import VARIABLES

_NO_BREAK = "\u00a0"
"""A space at which no line ends."""


def as_list(sentences: Iterable[str]) -> Markdown:
    """The sentences as a list under each other, for a notebook; names in them aren't markup."""
    items = []
    for sentence in sentences:
        text = escape(sentence, quote=False)
        items.append(f"- {text}")
    return Markdown("\n".join(items))


def listed(items: Sequence[str]) -> str:
    """As "a, b and c"."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def counted(number: int, noun: str) -> str:
    """As "1 hour" or "2,000 hours"; the noun takes an s."""
    ending = "" if number == 1 else "s"
    return f"{number:,} {noun}{ending}"


def signed(number: float, unit: str, digits: int = 1) -> str:
    """As "+0.6 %" or "−12.4 °C", with a real minus sign; its unit stays on its line."""
    rounded = _rounded(number, digits)
    text = f"{rounded:+.{digits}f}"
    text = text.replace("-", "−")
    return text + _NO_BREAK + unit


def plain(number: float, unit: str, digits: int = 1) -> str:
    """As "2.3 °C", likewise."""
    rounded = _rounded(number, digits)
    text = f"{rounded:,.{digits}f}"
    text = text.replace("-", "−")
    return text + _NO_BREAK + unit


def _rounded(number: float, digits: int) -> float:
    """Without the sign of a zero."""
    return round(number, digits) + 0.0


def percent(share: float, digits: int = 0) -> str:
    """A share from 0 to 1, as "86 %"."""
    return plain(100 * share, "%", digits)


def hour_utc(at: pd.Timestamp) -> str:
    """As "12 Feb 2013, 09:00 UTC"."""
    return f"{at:%-d %b %Y, %H:%M} UTC"


def label(column: str) -> str:
    """A variable's name in words, as "dew point"."""
    return VARIABLES[column].label


def unit(column: str) -> str:
    """A variable's metric unit."""
    return VARIABLES[column].metric.unit


def runs(on: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The first and last place, from 0, of each run of True."""
    padded = np.concatenate([[False], on, [False]])
    is_edge = padded[1:] != padded[:-1]
    edges = np.flatnonzero(is_edge)
    starts = edges[::2].tolist()
    stops = edges[1::2].tolist()
    found = []
    for start, stop in zip(starts, stops, strict=True):
        found.append((start, stop - 1))
    return found
