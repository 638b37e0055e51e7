"""A file of any kind as sheets: text, parquet, a workbook, or an archive of these."""

import io
from collections.abc import MutableMapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from wearcast.errors import SourceError
from wearcast.weather.sources import (
    file_contents,
    heading_row,
    text_encoding,
    text_tables,
    workbooks,
)
from wearcast.weather.sources.file_contents import MOST_BYTES, Member
from wearcast.weather.sources.headings import Headings, renamed
from wearcast.weather.sources.sheets import GROUP, Sheet

_VALUE_BYTES: Final = 8


def read(
    member: Member,
    encodings: Sequence[str],
    headings: Headings,
    passed_over: MutableMapping[Path, str],
    group: str = GROUP,
) -> list[Sheet]:
    """The tables of `member`, whose columns have the names in `headings` where they differ from
    them by capitals and blanks only. Text is in one of `encodings`, of the settings `group`, which
    may be none. Into `passed_over` goes which sheets of a workbook aren't read, and why.

    Raises:
        SourceError: it is no table, can't be read, is empty, or a row has too many or too few
            fields.
    """
    sheets = _sheets(member, encodings, headings, passed_over, group)
    for sheet in sheets:
        if not len(sheet.columns):
            raise SourceError(
                f"{sheet.path} is empty: it has no row of data. Remove it, or export it again."
            )
    return [_named(sheet, headings) for sheet in sheets]


def has_headings(
    member: Member, encodings: Sequence[str], headings: Headings, group: str = GROUP
) -> bool:
    """Whether `member`, which may be any text, is a table whose heading row has the time and
    something else of what is looked for."""
    path, content = member.path, member.content
    if file_contents.is_parquet(content) or file_contents.is_workbook(content):
        return True
    if file_contents.what_else(content):
        return False
    try:
        text = text_encoding.decode(path, content, encodings, headings, group)
    except SourceError:
        return False
    return text_tables.has_headings(text, headings)


def _sheets(
    member: Member,
    encodings: Sequence[str],
    headings: Headings,
    passed_over: MutableMapping[Path, str],
    group: str,
) -> list[Sheet]:
    path, content = member.path, member.content
    if file_contents.is_parquet(content) or path.suffix.lower() == ".parquet":
        return [_parquet(path, content, headings)]
    if file_contents.is_workbook(content):
        return workbooks.read(path, content, headings, passed_over)
    if what := file_contents.what_else(content):
        raise SourceError(f"{path} is {what}")
    text = text_encoding.decode(path, content, encodings, headings, group)
    return [text_tables.read(path, text, headings)]


def _parquet(path: Path, content: bytes, headings: Headings) -> Sheet:
    frame = _with_index(_frame(path, content), headings)
    names = [_flat(name) for name in frame.columns]
    frame.columns = heading_row.unique(path, names, headings)
    return Sheet(path, frame, np.arange(1, len(frame) + 1))


def _frame(path: Path, content: bytes) -> pd.DataFrame:
    try:
        with pq.ParquetFile(io.BytesIO(content)) as file:
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


def _with_index(frame: pd.DataFrame, headings: Headings) -> pd.DataFrame:
    """The rows with their index as columns, unless it only counts them; one of times without a name
    is the time that is looked for."""
    index = frame.index
    if isinstance(index, pd.RangeIndex) or (index.nlevels == 1 and index.dtype.kind in "iu"):
        counts = index.name is None or index.name in frame
        return frame.reset_index(drop=counts, allow_duplicates=True)
    if isinstance(index, pd.DatetimeIndex) and index.name is None and len(headings.times) == 1:
        frame.index = index.rename(headings.times[0])
    twice = [name for name in index.names if name in frame]
    return frame.drop(columns=twice).reset_index(allow_duplicates=True)


def _flat(name: object) -> str:
    """The name of a column; of one with several levels, those that aren't blank."""
    if not isinstance(name, tuple):
        return str(name)
    return " ".join(str(part) for part in name if str(part).strip())


def _named(sheet: Sheet, headings: Headings) -> Sheet:
    if headings.by_unit:
        return sheet
    names = renamed([str(name) for name in sheet.columns], headings.names)
    if not names:
        return sheet
    units = {names.get(name, name): unit for name, unit in sheet.units.items()}
    return replace(sheet, columns=sheet.columns.rename(columns=names), units=units)
