"""The live verification of the stations of a snapshot in shards, kept as it was published and read
shard by shard when it is asked for: read at once, that of thousands of stations would take far more
memory than their forecasts, and all other threads would wait for it."""

import gzip
import json
import logging
from collections.abc import Iterator, Mapping, Sequence, ValuesView
from functools import lru_cache
from typing import Any, Final

_LOG: Final = logging.getLogger(__name__)
_SMALL_BYTES: Final = 400_000
"""Compressed to a tenth."""
_MOST_READ: Final = 2
"""Shards whose scores are kept as objects: 50 stations take 10 MB."""


class VerificationByShard(Mapping[str, Any]):
    """What is known of each station. A shard that can't be read has none.

    Args:
        stations: the ids of the stations of each shard; those of other stations are in the last.
        contents: of each shard, a JSON object by station, compressed with gzip.
    """

    def __init__(self, stations: Sequence[Sequence[str]], contents: Sequence[bytes]) -> None:
        self.stations = tuple(map(tuple, stations))
        self.contents = tuple(contents)
        self._shard_of: dict[str, int] = {}
        for shard, ids in enumerate(self.stations):
            self._shard_of |= dict.fromkeys(ids, shard)
        self._read = lru_cache(maxsize=_MOST_READ)(self._read_anew)

    def __getitem__(self, station: str) -> Any:
        """What is known of a station.

        Raises:
            KeyError: nothing is.
        """
        last = len(self.contents) - 1
        return self._read(self._shard_of.get(station, last))[station]

    def __iter__(self) -> Iterator[str]:
        """The stations, shard by shard."""
        for shard in range(len(self.contents)):
            yield from self._read(shard)

    def __len__(self) -> int:
        """How many stations there are."""
        return sum(1 for _ in self)

    def values(self) -> ValuesView[Any]:
        """What is known of each station; of no more than one shard at once."""
        return _ShardByShard(self)

    def __bool__(self) -> bool:
        """Whether there are shards: nothing is read for that."""
        return bool(self.contents)

    @property
    def is_small(self) -> bool:
        """Whether all of it may be written into one file, and read at once."""
        return sum(map(len, self.contents)) <= _SMALL_BYTES

    def _read_anew(self, shard: int) -> dict[str, Any]:
        try:
            text = gzip.decompress(self.contents[shard])
            found = json.loads(text, object_pairs_hook=_as_object)
        except (OSError, EOFError, ValueError, RecursionError) as error:
            _LOG.warning("how past snapshots of some stations fared can't be read: %s", error)
            return {}
        return found if isinstance(found, dict) else {}


def _as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """What `json` makes of an object by itself. Here other threads may have their turn: fifty
    stations at once let them wait for 20 ms."""
    return dict(pairs)


class _ShardByShard(ValuesView[Any]):
    """The values, read anew: those of shards that somebody asks for stay, and no others."""

    _mapping: VerificationByShard

    def __iter__(self) -> Iterator[Any]:
        for shard in range(len(self._mapping.contents)):
            yield from self._mapping._read_anew(shard).values()
