"""Files of rows and columns, read so that an error can say where it is: the file, the row, the
column."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from wearcast.errors import SourceError
from wearcast.weather.sources import text_encoding
from wearcast.weather.sources.headings import Headings

MISSING: Final = frozenset({"", "-", "NA", "N/A", "NaN", "nan", "null", "None"})
"""What stands where a number is missing."""

SUFFIXES: Final = (".csv", ".parquet")

GROUP: Final = "ingest.files"
"""The settings that say where a person's own observations are."""


MOST_BYTES: Final = 1_000_000_000
"""What unpacking one file may make, that of archives in it counted: the hours of fifty stations in
twenty years are less, and more would fill a small machine's memory."""

_VALUE_BYTES: Final = 8

_LONGEST: Final = 100
"""Characters of a number or a time; what is much longer takes seconds to be read as one."""

_SHOWN: Final = 20

Row = tuple[int, list[str]]
"""A line's number, and its fields."""


@dataclass(frozen=True)
class Sheet:
    """A file's columns as text or typed values.

    Attributes:
        lines: for each row its line in the file (its number, in parquet).
        units: of the columns whose unit the file itself tells.
    """

    path: Path
    columns: pd.DataFrame
    lines: NDArray[np.int64]
    units: Mapping[str, str] = field(default_factory=dict)

    def rows(self, wanted: pd.Series) -> "Sheet":
        """The rows where `wanted` is true."""
        columns = self.columns[wanted].reset_index(drop=True)
        return Sheet(self.path, columns, self.lines[wanted.to_numpy()], self.units)

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
        column = self.column(name)
        try:
            text = column.astype("str")
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
                f" {lengths[row]:,} characters, {text.iloc[row][:_SHOWN]!r} and so on, is no number"
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
            return column.to_numpy(dtype=np.float64, na_value=np.nan)
        text = self.short_text(name)
        absent = text.isin(MISSING) | column.isna()
        values = pd.to_numeric(text.mask(absent), errors="coerce")
        self.refuse(values.isna() & ~absent, name, "is not a number")
        return values.to_numpy(dtype=np.float64)

    def refuse(self, wrong: pd.Series, name: str, why: str) -> None:
        """Raise SourceError for the first row where `wrong` is true, if there is one."""
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            more = f" ({int(wrong.sum())} such rows)" if wrong.sum() > 1 else ""
            value = self.column(name).iloc[row]
            raise SourceError(
                f"{self.path}, row {self.lines[row]}, column {name!r}: {str(value)!r} {why}{more}."
                " Mend the file."
            )


def find(path: Path, group: str = GROUP, suffixes: Sequence[str] = SUFFIXES) -> list[Path]:
    """The files at `path`, which is one of them or a folder of them: those that end with one of
    `suffixes`. `group` are the settings that name it.

    Raises:
        SourceError: there is none, or the path's name on the disk is another one.
    """
    require_name_on_disk(path, group)
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SourceError(
            f"{path} does not exist. Put your files there, or set {group}.path to where they are."
        )
    files = sorted(
        file for file in path.iterdir() if file.suffix.lower() in suffixes and file.is_file()
    )
    if not files:
        kinds = " and no ".join(suffixes)
        raise SourceError(
            f"{path} holds no {kinds} file. Put yours there, or set {group}.path to where they are."
        )
    return files


def require_name_on_disk(path: Path, group: str) -> None:
    """Refuse a name that only looks like the one on the disk: macOS finds a file by other capitals,
    and by letters in pieces; Linux doesn't."""
    try:
        names = os.listdir(path.parent)
    except OSError:
        return
    if path.exists() and path.name not in names:
        raise SourceError(
            f"{path} has another name on the disk (other capitals, or letters in pieces), by which"
            " other machines don't find it. Rename it to plain letters, such as data/seoul, `dvc"
            f" add` it, and set {group}.path to that."
        )


def read(path: Path, encodings: Sequence[str], group: str = GROUP) -> Sheet:
    """The file at `path`; the text of a CSV is in the first of `encodings` that fits. `group` are
    the settings that name it.

    Raises:
        SourceError: it can't be read, is empty, or a row has too many or too few fields.
    """
    sheet = (
        _parquet(path)
        if path.suffix.lower() == ".parquet"
        else _csv(path, text_of(path, encodings, group))
    )
    if not len(sheet.columns):
        raise SourceError(f"{path} is empty: it has no row of data. Remove it, or export it again.")
    return sheet


def parquet(path: Path, content: bytes | None = None) -> pd.DataFrame:
    """The rows of the parquet file at `path`, whose bytes may be given.

    Raises:
        SourceError: it can't be read, or makes more than `MOST_BYTES`.
    """
    try:
        with pq.ParquetFile(path if content is None else io.BytesIO(content)) as file:
            _require_fits(path, file.metadata)
            frame: pd.DataFrame = file.read().to_pandas()
    except SourceError:
        raise
    except Exception as error:
        # Which one it is depends on what is damaged: the rows, a name, what pandas wrote to them.
        raise SourceError(
            f"{path} can't be read as parquet: {error}. Get it again, or write it as CSV."
        ) from error
    return frame


def _require_fits(path: Path, metadata: pq.FileMetaData) -> None:
    """Refuse a file that says of itself that it makes more than `MOST_BYTES`."""
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    unpacked = sum(group.total_byte_size for group in groups)
    values = metadata.num_rows * metadata.num_columns
    made = max(unpacked, values * _VALUE_BYTES)
    if made > MOST_BYTES:
        raise SourceError(
            f"{path} is too large: it makes {made / 1e9:.1f} GB, more than {MOST_BYTES / 1e9:g} GB."
            " Write only the columns and hours that are needed, or several files."
        )


def _parquet(path: Path) -> Sheet:
    frame = parquet(path)
    _require_once(path, [str(name) for name in frame.columns])
    return Sheet(path, frame.reset_index(drop=True), np.arange(1, len(frame) + 1))


def text_of(path: Path, encodings: Sequence[str], group: str = GROUP) -> str:
    """The text of the file at `path`, as its mark says or in the first of `encodings` that fits.

    Raises:
        SourceError: it can't be read, or is in none of them.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}") from error
    return text_encoding.decode(path, content, encodings, Headings(), group)


def _csv(path: Path, text: str) -> Sheet:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        rows = [(reader.line_num, row) for row in reader if any(row)]
    except csv.Error as error:
        raise SourceError(f"{path}, row {reader.line_num}: {error}. Is it a CSV file?") from error
    if not rows:
        raise SourceError(f"{path} is empty. Remove it, or export it again.")
    header = [name.strip() for name in rows[0][1]]
    for line, row in rows:
        if len(row) != len(header):
            raise SourceError(
                f"{path}, row {line}: {len(row)} fields, but the heading has {len(header)}. Mend"
                " the row."
            )
    _require_once(path, header)
    columns = pd.DataFrame([row for _, row in rows[1:]], columns=header, dtype="str")
    return Sheet(path, columns, np.array([line for line, _ in rows[1:]], dtype=np.int64))


def _require_once(path: Path, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceError(f"{path}: the heading names {twice[0]!r} twice. Rename one of them.")
