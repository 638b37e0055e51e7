"""The first picture of the page: complete HTML, made in this process from the API's answers by the
same functions as in a kernel, so that looking takes no kernel."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from wearcast.messages import preferred_language
from wearcast.serving.dashboard.api_client import ApiClient, ApiError
from wearcast.serving.dashboard.markup import Markup
from wearcast.serving.dashboard.page_data import fetch_page_data
from wearcast.serving.dashboard.page_markup import page_markup
from wearcast.serving.dashboard.page_query import (
    Choices,
    InvalidChoice,
    names_a_station,
    parse_query,
)
from wearcast.serving.dashboard.page_state import PageState
from wearcast.serving.dashboard_server.rate_limit import TokenBucket
from wearcast.serving.dashboard_server.static_files import StaticFile
from wearcast.vocabulary import Language

_FRESH_FOR_S: Final = 10.0
"""How long a picture is sent without asking the API again; its ages are told in minutes."""
_MAX_PICTURES: Final = 64
_MAKE_WITHIN_S: Final = 3.0
"""For somebody who waits; after that, the frame says that it takes longer than usual."""
_AT_ONCE: Final = 4
"""Pictures that are made at the same time; each takes 10 to 20 ms of this process's time."""
_MAX_WAITING: Final = 100
"""Pictures that are being made or wait for that: visitors whose devices remember different choices
share none."""
_PICTURES_PER_S, _BURST = 3.0, 60.0
"""Pictures that one client, such as a mobile carrier's shared address, may have made; a visible
page asks for one a minute."""
_MALFORMED_ANSWER: Final = (LookupError, TypeError, ValueError, AttributeError, RuntimeError)


class Key(NamedTuple):
    """What a picture depends on.

    Attributes:
        choices: the viewer's, with a language.
        invalid: the invalid ones of the address.
        names_station: whether the address names the station.
    """

    choices: Choices
    invalid: tuple[InvalidChoice, ...]
    names_station: bool


@dataclass(frozen=True)
class _Picture:
    """A picture, and when it was made, by a monotonic clock."""

    file: StaticFile
    made_s: float


class FirstPictures:
    """Pictures by the page's choices, made once for all who ask for the same.

    Args:
        client: a client of the API.
        document: makes the whole document of a page in a language.
        privacy_url: of the site's page about privacy; empty where it has none.
    """

    def __init__(
        self,
        client: ApiClient,
        document: Callable[[Language, Markup], StaticFile],
        privacy_url: str = "",
    ) -> None:
        self._client = client
        self._document = document
        self._privacy_url = privacy_url
        self._pictures: OrderedDict[Key, _Picture] = OrderedDict()
        self._making: dict[Key, asyncio.Task[StaticFile]] = {}
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._allowances: dict[str, TokenBucket] = {}

    async def picture(
        self, query: str, languages: str, client: str, remembered: Choices | None = None
    ) -> StaticFile | None:
        """The picture of a page; None where it can't be made now: the API has no answer, the page
        needs a kernel, or too many are being made.

        Args:
            query: of the page's address.
            languages: the header Accept-Language.
            client: whose request it is, in limits by client.
            remembered: the choices that the viewer's device remembers; None for none.
        """
        choices, invalid = parse_query(query, remembered or Choices())
        if choices.tab != "wear":
            return None
        language = choices.lang or preferred_language(languages)
        key = Key(replace(choices, lang=language), invalid, names_a_station(query))
        kept = self._pictures.get(key)
        if kept is not None and time.monotonic() - kept.made_s < _FRESH_FOR_S:
            self._pictures.move_to_end(key)
            return kept.file
        making = self._making.get(key)
        if making is None:
            if not self._may_make(client):
                return None
            making = asyncio.ensure_future(self._make_in_turn(key))
            self._making[key] = making
            making.add_done_callback(lambda _: self._end(key))
        try:
            # Shielded: whoever leaves must not take the picture from the others.
            return await asyncio.wait_for(asyncio.shield(making), _MAKE_WITHIN_S)
        except (TimeoutError, ApiError, *_MALFORMED_ANSWER):
            return None

    def forget_clients(self) -> None:
        """Forget clients who have asked for little of late."""
        self._allowances = {
            client: allowance
            for client, allowance in self._allowances.items()
            if not allowance.is_full
        }

    def _may_make(self, client: str) -> bool:
        if len(self._making) >= _MAX_WAITING:
            return False
        fresh = TokenBucket(_PICTURES_PER_S, _BURST)
        return self._allowances.setdefault(client, fresh).take()

    def _end(self, key: Key) -> None:
        making = self._making.pop(key)
        if not making.cancelled():
            making.exception()  # looked at, so that nobody warns of it

    async def _make_in_turn(self, key: Key) -> StaticFile:
        async with self._turns:
            return await self._make(key)

    async def _make(self, key: Key) -> StaticFile:
        data, unknown = await fetch_page_data(self._client, key.choices)
        if not key.names_station:
            # Only the viewer's device remembers it.
            unknown = tuple(one for one in unknown if one.name != "station")
        problems = tuple(dict.fromkeys(key.invalid + unknown))
        state = PageState(data.chosen, data.language, problems, data, privacy_url=self._privacy_url)
        file = self._document(data.language, page_markup(state))
        self._pictures[key] = _Picture(file, time.monotonic())
        self._pictures.move_to_end(key)
        while len(self._pictures) > _MAX_PICTURES:
            self._pictures.popitem(last=False)
        return file
