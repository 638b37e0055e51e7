"""The stations that are offered: in their order, found by a part of their names, a page at a time.

A name is compared without case, accents, spaces and signs, and Hangul letter by letter, so that it
is found while its last syllable is still being typed.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from wearcast.config import Station

_FINALS: Final = (
    "ㄱ ㄲ ㄱㅅ ㄴ ㄴㅈ ㄴㅎ ㄷ ㄹ ㄹㄱ ㄹㅁ ㄹㅂ ㄹㅅ ㄹㅌ ㄹㅍ ㄹㅎ"
    " ㅁ ㅂ ㅂㅅ ㅅ ㅆ ㅇ ㅈ ㅊ ㅋ ㅌ ㅍ ㅎ"
)
_FIRST_FINAL: Final = 0x11A8
_AS_INITIALS: Final = {
    _FIRST_FINAL + number: unicodedata.normalize("NFKD", letters)
    for number, letters in enumerate(_FINALS.split())
}
"""The consonants that end a syllable as those that begin one: 가락, half typed, is 갈."""
_WHOLE, _BEGINNING, _WITHIN, _NOWHERE = range(4)
"""How well a name fits, the best first."""


@dataclass(frozen=True)
class Page:
    """A part of the stations that were found.

    Attributes:
        stations: those of the page.
        total: how many were found.
        next: the id after which the next page begins; None on the last one.
    """

    stations: Sequence[Station]
    total: int
    next: str | None


class StationDirectory:
    """Stations in their order, which pages keep to.

    Args:
        stations: all of them; no two have the same id.
    """

    def __init__(self, stations: Sequence[Station]) -> None:
        self._stations = tuple(stations)
        self._names = [_compared_names(station) for station in self._stations]

    def page(self, text: str, after: str | None, limit: int) -> Page:
        """Some of the stations that a text finds, those that fit it best first; all are found by
        none.

        Args:
            text: a part of an id or of a name in either language.
            after: the id of the station before the page; None for the first page.
            limit: how many stations it has at most.

        Raises:
            LookupError: no station found has the id `after`.
        """
        found = self._found(_compared(text))
        begin = 0 if after is None else _position(found, after) + 1
        stations = found[begin : begin + limit]
        is_last = begin + limit >= len(found)
        return Page(stations, len(found), None if is_last else stations[-1].id)

    def _found(self, sought: str) -> Sequence[Station]:
        if not sought:
            return self._stations
        by_fit: dict[int, list[Station]] = {_WHOLE: [], _BEGINNING: [], _WITHIN: []}
        for station, names in zip(self._stations, self._names, strict=True):
            fit = min(_fit(sought, name) for name in names)
            if fit != _NOWHERE:
                by_fit[fit].append(station)
        return [station for stations in by_fit.values() for station in stations]


def _position(stations: Sequence[Station], id: str) -> int:
    for position, station in enumerate(stations):
        if station.id == id:
            return position
    raise LookupError(id)


def _fit(sought: str, name: str) -> int:
    if sought not in name:
        return _NOWHERE
    if sought == name:
        return _WHOLE
    return _BEGINNING if name.startswith(sought) else _WITHIN


def _compared_names(station: Station) -> tuple[str, ...]:
    return _compared(station.id), _compared(station.name_en), _compared(station.name_ko)


def _compared(text: str) -> str:
    """What of a text is compared."""
    apart = unicodedata.normalize("NFKD", text.casefold()).translate(_AS_INITIALS)
    return "".join(letter for letter in apart if letter.isalnum())
