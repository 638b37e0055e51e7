"""The headings that are looked for in a file, and how they are found under slightly other names."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_BLANKS: Final = re.compile(r"\s+")


@dataclass(frozen=True)
class Headings:
    """The headings that a file should have.

    Attributes:
        times: of the columns that make the time.
        others: of all other columns.
        by_unit: whether a heading counts without the unit in brackets behind it.
    """

    times: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    by_unit: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return *self.times, *self.others

    def all_in(self, text: str) -> bool:
        """Whether `text` has all of their words, which may stand in several rows."""
        folded = fold(text[:20_000])
        words = {word for name in self.names for word in fold(name).split()}
        return bool(words) and all(word in folded for word in words)

    def found_in(self, cells: Sequence[str]) -> set[str]:
        """Those of the headings that the cells of a row are."""
        keys = {self.key(cell) for cell in cells if cell}
        return {name for name in self.names if self.key(name) in keys}

    def key(self, heading: str) -> str:
        """What two headings that mean the same have in common."""
        if self.by_unit:
            heading, _, _ = heading.partition("(")
        return fold(heading)


@lru_cache(maxsize=4096)
def fold(heading: str) -> str:
    """A heading without capitals, blanks around it, and what only looks different."""
    normal = unicodedata.normalize("NFKC", heading)
    one_blank = _BLANKS.sub(" ", normal)
    return one_blank.strip().casefold()


def renamed(columns: Sequence[str], wanted: Sequence[str]) -> dict[str, str]:
    """How columns that have a wanted name but for capitals and blanks are renamed to it; one that
    two columns could be is left alone."""
    by_fold: dict[str, list[str]] = {}
    for column in columns:
        by_fold.setdefault(fold(column), []).append(column)
    names = {}
    for name in wanted:
        like = by_fold.get(fold(name), [])
        if name not in columns and len(like) == 1:
            names[like[0]] = name
    return names
