"""The files of the ledgers, which may be broken or not ours to use."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from wearcast.artifacts import read_json, write_bytes
from wearcast.errors import ArtifactError
from wearcast.forecasting.array_types import Floats

_LOG: Final = logging.getLogger(__name__)

BROKEN: Final = (ValueError, AttributeError, TypeError, OverflowError, RecursionError)
"""What reading a file that holds something else raises."""


DayT = TypeVar("DayT")


def read_days(
    folder: Path, first: np.datetime64, last: np.datetime64, parsed: Callable[[Any], DayT]
) -> dict[np.datetime64, DayT]:
    """What a ledger's files say of the days from the first to the last, the oldest first; those of
    other days, which are over for long or are to come again in a replay, are deleted.

    Args:
        folder: of files such as 2013-03-12.json.
        first, last: days, both ends included.
        parsed: makes a day of a file's content; one of `BROKEN` means that it is something else.
    """
    kept: dict[np.datetime64, DayT] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            day = np.datetime64(date.fromisoformat(path.stem))
            of_day = parsed(read_json(path))
        except BROKEN as error:
            drop_broken(path, error)
            continue
        if first <= day <= last:
            kept[day] = of_day
        else:
            path.unlink()
    return kept


def write_day(path: Path, content: Any) -> None:
    """Write a ledger's file of a day; NaN is refused.

    Raises:
        ArtifactError: it can't be written.
    """
    text = json.dumps(content, allow_nan=False, separators=(",", ":"))
    write_bytes(path, text.encode())


def checked_sums(sums: Any, shape: tuple[int, ...]) -> Floats:
    """Sums of scores out of a file.

    Raises:
        ValueError: they are something else.
    """
    array = np.array(sums, dtype=np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError("it holds something else than sums of scores")
    return array


@contextmanager
def in_usable_folder(folder: Path) -> Iterator[None]:
    """Raise ArtifactError where the system refuses to read or write the folder within."""
    try:
        yield
    except OSError as error:
        raise ArtifactError(
            f"{folder} can't be used: {error.strerror or error}. Check the folder and its"
            " permissions."
        ) from error


def drop_broken(path: Path, error: Exception) -> None:
    """Delete a file that can't be read, with a warning."""
    _LOG.warning("%s can't be read, and is dropped: %s", path, error)
    path.unlink(missing_ok=True)
