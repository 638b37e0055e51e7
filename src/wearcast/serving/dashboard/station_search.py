"""The stations that a page offers: those of the API's first page, the chosen one, and those that a
part of a name finds."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.wanted_places import PlaceDesk, WantedPlaces

MOST_FOUND: Final = 20
"""Stations that a search shows."""

_PATH: Final = "/stations"
_TOTAL: Final = "total"
"""In an answer of an API that searches; the previous release's has all stations."""


@dataclass(frozen=True)
class OfferedStations:
    """Stations to choose from.

    Attributes:
        listed: those that are listed, the default one first, the chosen one among them.
        found: those that the search finds, at most `MOST_FOUND`; None without a search.
        wanted: the places that can be asked for where it finds none; None where none may be, or
            nobody looked.
    """

    listed: Sequence[Mapping[str, Any]]
    found: Sequence[Mapping[str, Any]] | None = None
    wanted: WantedPlaces | None = None


async def offered_stations(
    client: ApiClient, chosen: str | None, find: str, desk: PlaceDesk | None = None
) -> OfferedStations:
    """What the API offers.

    Args:
        client: of the API.
        chosen: the id of the chosen station; it may be none of the API's.
        find: a part of a name, in either language; empty for no search.
        desk: looks for places where no station is found; without it nobody does.

    Raises:
        ApiError: the API has no response.
    """
    answer = await client.get(_PATH)
    listed = list(answer["stations"])
    has_more = answer.get(_TOTAL, 0) > len(listed)
    if chosen is not None and has_more and not _with_id(listed, chosen):
        by_id = await client.get(_PATH, q=chosen, limit=str(MOST_FOUND))
        listed += _with_id(by_id["stations"], chosen)
    if not find:
        return OfferedStations(listed)
    found = await _found(client, find)
    wanted = await desk.places(find) if desk and not found else None
    return OfferedStations(listed, found, wanted)


async def _found(client: ApiClient, text: str) -> Sequence[Mapping[str, Any]]:
    """The stations with a forecast that a text finds."""
    answer = await client.get(_PATH, q=text, limit=str(MOST_FOUND))
    stations: Sequence[Mapping[str, Any]] = answer["stations"]
    if _TOTAL not in answer:
        stations = [station for station in stations if _fits(station, text)]
    return [station for station in stations if station["days"]][:MOST_FOUND]


def _with_id(stations: Sequence[Mapping[str, Any]], id: str) -> list[Mapping[str, Any]]:
    return [station for station in stations if station["id"] == id]


def _fits(station: Mapping[str, Any], text: str) -> bool:
    names = (station["id"], station["name_en"], station["name_ko"])
    return any(_compared(text) in _compared(name) for name in names)


def _compared(text: str) -> str:
    """A text without case, accents, spaces and signs; Hangul letter by letter."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if letter.isalnum())
