"""Places that are not forecast yet, where the API lets a page's visitor ask for them: anyone, or
who has the operator's token.

The token comes with a message of the page. It is sent to the API in a header, and shown, logged and
written nowhere.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from wearcast.serving.dashboard.api_client import ApiClient, ApiError
from wearcast.serving.dashboard.own_votes import read_token
from wearcast.serving.rate_limit import TokenBucket

Trouble = Literal["", "token", "other token", "often"]
"""Why a name isn't looked up: a token is needed; the one that was given is another than the
operator's; the page has looked for too many."""

_PATH: Final = "/places"
_SHORTEST: Final = 2
_OTHER_TOKEN: Final = 403
_NEEDS_TOKEN: Final = (401, _OTHER_TOKEN)
_NOBODY: Final = 404
_NAMES_PER_S, _NAMES_AT_ONCE = 1 / 120, 8.0
"""Names that one page may have looked up: a fifth of those that the API looks up at once."""

_REPEATS_PER_S, _REPEATS_AT_ONCE = 1 / 50, 2.0
"""Of a name that failed, beside those: the page looks each minute, and for as long as it fails."""

_WISHES_PER_S, _WISHES_AT_ONCE = 1 / 120, 3.0
"""Places that one page may ask for; the pages of all visitors share the API's limit."""

_MOST_KNOWN: Final = 20
"""Names whose places a page may see again without another one being counted."""


@dataclass(frozen=True)
class WantedPlaces:
    """The places that a name finds.

    Attributes:
        places: the likeliest first; None where they can't be looked up just now.
        room: whether one may be asked for (new); or there are as many as may be, in all (full) or
            today.
        trouble: why they aren't looked up; empty where they are, or the API fails.
    """

    places: Sequence[Mapping[str, Any]] | None
    room: str = ""
    trouble: Trouble = ""


@dataclass(frozen=True)
class PlaceWish:
    """A place that a visitor asks for: a name, and which of the places that it finds."""

    name: str
    number: int


def read_wish(message: Mapping[str, Any]) -> PlaceWish | None:
    """The wish of a message; None where it is none."""
    name, number = message.get("name"), message.get("number")
    if not isinstance(name, str) or not isinstance(number, int):
        return None
    return PlaceWish(name, number)


class PlaceDesk:
    """Looks and asks for places for one page, within bounds of its own.

    Args:
        client: of the API.
        clock_s: the reading of a clock that is never set back.
    """

    def __init__(self, client: ApiClient, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._token: str | None = None
        self._names = TokenBucket(_NAMES_PER_S, _NAMES_AT_ONCE, clock_s)
        self._repeats = TokenBucket(_REPEATS_PER_S, _REPEATS_AT_ONCE, clock_s)
        self._wishes = TokenBucket(_WISHES_PER_S, _WISHES_AT_ONCE, clock_s)
        self._known: deque[str] = deque(maxlen=_MOST_KNOWN)
        self._last = ""
        self._is_barred = False

    def use_token(self, given: object) -> None:
        """Ask with this token from now on; one that can be none is the same as a wrong one."""
        self._token = read_token(given)

    async def places(self, name: str) -> WantedPlaces | None:
        """The places of a name; None where nobody may ask for any."""
        if len(name) < _SHORTEST:
            return None
        if not self._may_look_up(name):
            return WantedPlaces(None, trouble="often")
        self._last = name
        try:
            answer = await self._personal("GET", name=name)
        except ApiError as error:
            return self._barred(error)
        self._is_barred = False
        if name not in self._known:
            self._known.append(name)
        return WantedPlaces(answer["places"], str(answer["room"]))

    async def ask(self, wish: PlaceWish) -> bool:
        """Ask for a place that the page has found; whether the API took it."""
        if wish.name not in self._known or not self._wishes.take():
            return False
        body = {"name": wish.name, "number": wish.number}
        try:
            await self._personal("POST", body)
        except ApiError:
            return False
        return True

    def _may_look_up(self, name: str) -> bool:
        """Whether the page may have it looked up; where the API refuses, no name is."""
        if self._is_barred or name in self._known:
            return True
        if name == self._last and self._repeats.take():
            return True
        return self._names.take()

    async def _personal(self, method: str, body: Any = None, **query: str) -> Any:
        """The API's answer; a token that it refuses is sent no more.

        Raises:
            ApiError: there is none.
        """
        token = self._token
        try:
            return await self._client.personal(method, _PATH, token or "", body, **query)
        except ApiError as error:
            if error.status == _OTHER_TOKEN and self._token == token:
                self._token = ""
            raise

    def _barred(self, error: ApiError) -> WantedPlaces | None:
        self._is_barred = error.status in (*_NEEDS_TOKEN, _NOBODY)
        if error.status == _NOBODY:
            return None
        if not self._is_barred:
            return WantedPlaces(None)
        return WantedPlaces(None, trouble="token" if self._token is None else "other token")
