"""What is known of each of many stations, read where it is asked for."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")


class ReadOnDemand(Mapping[str, T]):
    """By station what is read when it is asked for. All of thousands of stations would take many
    times the memory, and most programs ask for few.

    Args:
        stations: those of which something can be read.
        read: gives what there is of a station; what it raises goes on to whoever asks.
        kept: so many that were asked for last are there without reading.
    """

    def __init__(self, stations: Collection[str], read: Callable[[str], T], kept: int = 0) -> None:
        self._stations = stations
        self._read = lru_cache(maxsize=kept)(read)

    def __getitem__(self, station: str) -> T:
        if station not in self._stations:
            raise KeyError(station)
        return self._read(station)

    def __contains__(self, station: object) -> bool:
        return station in self._stations

    def __iter__(self) -> Iterator[str]:
        return iter(self._stations)

    def __len__(self) -> int:
        return len(self._stations)


def parsed_on_demand(
    texts: Mapping[str, str], parse: Callable[[Any], T], kept: int = 0
) -> ReadOnDemand[T]:
    """By station what is made of its JSON.

    Args:
        texts: by station, its JSON.
        parse: makes what it holds, of the JSON's value.
        kept: as of `ReadOnDemand`.
    """
    return ReadOnDemand(texts, lambda station: parse(json.loads(texts[station])), kept)
