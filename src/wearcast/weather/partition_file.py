"""One partition: the hours of a station and month in a file that says of itself what it holds.

The file's footer names where its rows come from, the hours that were asked for, and up to where
they are final. It is replaced as a whole, so at no moment, whatever is killed, is there a file that
says something else than what it holds.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as arrow
import pyarrow.parquet as pq

from wearcast.errors import ObservationsError
from wearcast.weather.observations import write_parquet

_KEY: Final = "wearcast"


@dataclass(frozen=True)
class PartitionMetadata:
    """What a partition holds.

    Attributes:
        origin: the source's fingerprint and the station's place.
        start, end: the hours asked for, from `start` to before `end`; those without a row had no
            observation.
        settled: the hours before it are final, at most `end`.
    """

    origin: str
    start: pd.Timestamp
    end: pd.Timestamp
    settled: pd.Timestamp

    def note(self) -> dict[str, str]:
        """The metadata as the footer holds it."""
        content = {
            "origin": self.origin,
            "start": _text(self.start),
            "end": _text(self.end),
            "settled": _text(self.settled),
        }
        return {_KEY: json.dumps(content, ensure_ascii=False)}


def read_metadata(path: Path) -> PartitionMetadata | None:
    """What the partition at `path` says of itself; None where there is none that can be read."""
    try:
        with pq.ParquetFile(path) as file:
            footer = file.metadata.metadata or {}
        note: Any = json.loads(footer[_KEY.encode()])
        return PartitionMetadata(
            origin=note["origin"],
            start=pd.Timestamp(note["start"]),
            end=pd.Timestamp(note["end"]),
            settled=pd.Timestamp(note["settled"]),
        )
    except (OSError, arrow.ArrowException, KeyError, ValueError, TypeError):
        return None


def write(path: Path, rows: pd.DataFrame, metadata: PartitionMetadata) -> None:
    """Put `rows` at `path`, whole or not at all."""
    write_parquet(path, rows, metadata.note())


def extent(path: Path) -> tuple[int, pd.Timestamp, pd.Timestamp]:
    """How many rows the partition at `path` has, and the first and the last of their hours (NaT
    without rows).

    All of the file is read, so that a broken one is noticed.

    Raises:
        ObservationsError: it can't be read.
    """
    try:
        with pq.ParquetFile(path) as file:
            valid_at = file.read()["valid_at"].to_pandas()
    except (OSError, arrow.ArrowException, KeyError) as error:
        raise ObservationsError(
            f"{path} can't be read as a table of observations ({error}). Run the stage that makes"
            " it again."
        ) from error
    return len(valid_at), valid_at.min(), valid_at.max()


def _text(at: pd.Timestamp) -> str:
    return f"{at.tz_convert('UTC'):%Y-%m-%dT%HZ}"
