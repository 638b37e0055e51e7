"""Files of rows and columns, kept so that an error can say where it is: the file, the row, the
column."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.weather.sources.notes import Note

MISSING: Final = frozenset({"", "-", "NA", "N/A", "NaN", "nan", "null", "None"})
"""What stands where a number is missing."""

GROUP: Final = "ingest.files"
"""The settings that say where a person's own observations are."""

_LONGEST: Final = 100
"""Characters of a number or a time; what is much longer takes seconds to be read as one."""

_SHOWN: Final = 60


Row = tuple[int, list[str]]
"""A line's number, and its fields."""


@dataclass(frozen=True)
class Sheet:
    """A file's columns as text or typed values.

    Attributes:
        lines: for each row its line in the file (its number, in parquet).
        units: of the columns whose unit the file itself tells.
        notes: what reading found; one list of the sheets that are made of its rows.
    """

    path: Path
    columns: pd.DataFrame
    lines: NDArray[np.int64]
    units: Mapping[str, str] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def rows(self, wanted: pd.Series) -> "Sheet":
        """The rows where `wanted` is true."""
        columns = self.columns[wanted].reset_index(drop=True)
        lines = self.lines[wanted.to_numpy()]
        return replace(self, columns=columns, lines=lines)

    def note_rows(self, what: str, rows: pd.Series, column: str = "", remedy: str = "") -> None:
        """Note `what` is done with those of the rows where `rows` is true."""
        places = np.flatnonzero(rows)
        first = places[0]
        note = Note(
            self.path.name,
            column,
            what,
            len(places),
            "rows",
            len(rows),
            f"first row {self.lines[first]}",
            remedy,
        )
        self.notes.append(note)

    def column(self, name: str) -> pd.Series:
        """One column.

        Raises:
            SourceError: the file has none of that name.
        """
        if name not in self.columns:
            raise SourceError(
                f"{self.path}: there is no column {name!r}; it has"
                f" {', '.join(map(str, self.columns))}."
            )
        return self.columns[name]

    def text(self, name: str) -> pd.Series:
        """One column as text without the blanks around it, none where nothing is.

        Raises:
            SourceError: the file has none of that name, or it is no text.
        """
        return self._as_text(name, self.column(name))

    def different(self, name: str) -> pd.Series:
        """The different cells of a column as text, each once.

        Raises:
            SourceError: as `text` does.
        """
        column = self.column(name)
        return self._as_text(name, column.drop_duplicates())

    def _as_text(self, name: str, cells: pd.Series) -> pd.Series:
        try:
            text = cells.astype("str")
        except UnicodeDecodeError as error:
            raise SourceError(
                f"{self.path}, column {name!r}: its bytes are no text ({error}). Write it as text."
            ) from error
        return text.str.strip().fillna("")

    def short_text(self, name: str) -> pd.Series:
        """The text of a column of numbers or times.

        Raises:
            SourceError: as `text` does; a cell is longer than any of these.
        """
        text = self.text(name)
        lengths = text.str.len().to_numpy()
        if lengths.max(initial=0) > _LONGEST:
            row = int(np.argmax(lengths > _LONGEST))
            raise SourceError(
                f"{self.path}, row {self.lines[row]}, column {name!r}: a cell of"
                f" {lengths[row]:,} characters, {shown(text.iloc[row])}, is no number"
                " and no time. Mend the file; a quote or a separator may be missing there."
            )
        return text

    def numbers(self, name: str) -> NDArray[np.float64]:
        """One column as float64, NaN where it is `MISSING`.

        Raises:
            SourceError: something there is no number; the message names file, row and column.
        """
        column = self.column(name)
        if pd.api.types.is_numeric_dtype(column.dtype):
            numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
            return np.where(np.isinf(numbers), np.nan, numbers)
        text = self.short_text(name)
        absent = text.isin(MISSING) | column.isna()
        values = pd.to_numeric(text.mask(absent), errors="coerce")
        is_number = np.isfinite(values)
        self.refuse(~is_number & ~absent, name, "is not a number")
        return values.to_numpy(dtype=np.float64)

    def refuse(self, wrong: pd.Series, name: str, why: str) -> None:
        """Raise SourceError for the first row where `wrong` is true, if there is one."""
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            more = f" ({int(wrong.sum())} such rows)" if wrong.sum() > 1 else ""
            value = self.column(name).iloc[row]
            raise SourceError(
                f"{self.path}, row {self.lines[row]}, column {name!r}: {shown(value)} {why}{more}."
                " Mend the file."
            )


def shown(cell: object) -> str:
    """A cell for a message, in quotes; the rest of a table behind a quote that isn't closed is
    cut."""
    text = str(cell)
    if len(text) <= _SHOWN:
        return repr(text)
    return f"{text[:_SHOWN]!r}…"
