"""Places that are not forecast yet, where the API lets a page's visitors ask for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wearcast.serving.dashboard.api_client import ApiClient, ApiError

_PATH: Final = "/places"
_SHORTEST: Final = 2
_NOT_FOR_VISITORS: Final = (401, 403, 404)
"""Nobody may ask, or who has a token alone."""


@dataclass(frozen=True)
class WantedPlaces:
    """The places that a name finds.

    Attributes:
        places: the likeliest first; None where they can't be looked up just now.
        room: whether one may be asked for (new); or there are as many as may be, in all (full) or
            today.
    """

    places: Sequence[Mapping[str, Any]] | None
    room: str = ""


@dataclass(frozen=True)
class PlaceWish:
    """A place that a visitor asks for: a name, and which of the places that it finds."""

    name: str
    number: int


async def wanted_places(client: ApiClient, name: str) -> WantedPlaces | None:
    """The places of a name; None where visitors may not ask for any."""
    if len(name) < _SHORTEST:
        return None
    try:
        answer = await client.get(_PATH, name=name)
    except ApiError as error:
        return None if error.status in _NOT_FOR_VISITORS else WantedPlaces(None)
    return WantedPlaces(answer["places"], str(answer["room"]))


def read_wish(message: Mapping[str, Any]) -> PlaceWish | None:
    """The wish of a message; None where it is none."""
    name, number = message.get("name"), message.get("number")
    if not isinstance(name, str) or not isinstance(number, int):
        return None
    return PlaceWish(name, number)


async def ask(client: ApiClient, wish: PlaceWish) -> bool:
    """Ask for a place; whether the API took it."""
    try:
        await client.personal("POST", _PATH, "", {"name": wish.name, "number": wish.number})
    except ApiError:
        return False
    return True
