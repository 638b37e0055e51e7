"""What a file says of each of many stations, read where it is asked for."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class ParsedOnDemand(Mapping[str, T]):
    """By station what is made of its JSON, each time that it is asked for. All of thousands of
    stations would take many times the memory of their JSON, and most programs ask for few.

    Args:
        texts: by station, its JSON.
        parse: makes what it holds, of the JSON's value.
    """

    def __init__(self, texts: Mapping[str, str], parse: Callable[[Any], T]) -> None:
        self._texts = texts
        self._parse = parse

    def __getitem__(self, station: str) -> T:
        return self._parse(json.loads(self._texts[station]))

    def __contains__(self, station: object) -> bool:
        return station in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def texts_of(content: Mapping[str, Any]) -> dict[str, str]:
    """By station its JSON, of the value of all."""
    return {station: json.dumps(of_station) for station, of_station in content.items()}
