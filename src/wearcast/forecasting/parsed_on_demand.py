"""What a file says of each of many stations, read where it is asked for."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, TypeVar

T = TypeVar("T")


class ParsedOnDemand(Mapping[str, T]):
    """By station what is made of its JSON when it is asked for. All of thousands of stations would
    take many times the memory of their JSON, and most programs ask for few.

    Args:
        texts: by station, its JSON.
        parse: makes what it holds, of the JSON's value.
        kept: so many that were asked for last are there without parsing.
    """

    def __init__(self, texts: Mapping[str, str], parse: Callable[[Any], T], kept: int = 0) -> None:
        def parsed(station: str) -> T:
            return parse(json.loads(texts[station]))

        self._texts = texts
        self._parsed = lru_cache(maxsize=kept)(parsed)

    def __getitem__(self, station: str) -> T:
        return self._parsed(station)

    def __contains__(self, station: object) -> bool:
        return station in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)
