"""The first picture of the page: complete HTML, made in this process from the API's answers by the
same functions as in a kernel, so that looking takes no kernel."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, NamedTuple

from wearcast.messages import preferred_language
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.page_data import fetch_page_data
from wearcast.serving.dashboard.page_markup import page_markup
from wearcast.serving.dashboard.page_query import (
    Choices,
    InvalidChoice,
    names_a_station,
    parse_query,
)
from wearcast.serving.dashboard.page_state import PageState
from wearcast.serving.dashboard_server.link_preview import link_preview
from wearcast.serving.dashboard_server.made_files import MadeFiles, MakingLimits
from wearcast.serving.dashboard_server.picture_document import Picture
from wearcast.serving.dashboard_server.static_files import StaticFile

LIMITS: Final = MakingLimits(
    fresh_for_s=10.0,  # its ages are told in minutes
    kept=64,
    at_once=4,  # each takes 10 to 20 ms of this process's time
    waiting=100,  # visitors whose devices remember different choices share none
    within_s=3.0,  # after that, the frame says that it takes longer than usual
    rate_per_s=3.0,  # a visible page asks for one a minute
    burst=60.0,
)


class Key(NamedTuple):
    """What a picture depends on.

    Attributes:
        choices: the viewer's, with a language.
        invalid: the invalid ones of the address.
        names_station: whether the address names the station.
        page_url: the page's address without a query; empty where it isn't known.
        api_client: the id by which the API knows whose answers these are; empty for none.
    """

    choices: Choices
    invalid: tuple[InvalidChoice, ...]
    names_station: bool
    page_url: str
    api_client: str


class FirstPictures:
    """Pictures by the page's choices, made once for all who ask for the same.

    Args:
        client: a client of the API.
        document: makes the whole document of a picture.
        privacy_url: of the site's page about privacy; empty where it has none.
        limits: of making pictures.
    """

    def __init__(
        self,
        client: ApiClient,
        document: Callable[[Picture], StaticFile],
        privacy_url: str = "",
        limits: MakingLimits = LIMITS,
    ) -> None:
        self._client = client
        self._document = document
        self._privacy_url = privacy_url
        self._files = MadeFiles(self._make, limits)
        self.forget_clients = self._files.forget_clients

    async def picture(
        self,
        query: str,
        languages: str,
        client: str,
        remembered: Choices | None = None,
        page_url: str = "",
        api_client: str = "",
    ) -> StaticFile | None:
        """The picture of a page; None where it can't be made now: the API has no answer, the page
        needs a kernel, or too many are being made.

        Args:
            query: of the page's address.
            languages: the header Accept-Language.
            client: whose request it is, in limits by client.
            remembered: the choices that the viewer's device remembers; None for none.
            page_url: the page's address without a query, for link previews; empty where it isn't
                known.
            api_client: the id by which the API knows whose answers these are; empty for none.
        """
        choices, invalid = parse_query(query, remembered or Choices())
        if choices.tab != "wear":
            return None
        language = choices.lang or preferred_language(languages)
        choices = replace(choices, lang=language)
        key = Key(choices, invalid, names_a_station(query), page_url, api_client)
        return await self._files.file(key, client)

    async def _make(self, key: Key) -> StaticFile:
        data, unknown = await fetch_page_data(self._client.of(key.api_client), key.choices)
        if not key.names_station:
            # Only the viewer's device remembers it.
            unknown = tuple(one for one in unknown if one.name != "station")
        problems = tuple(dict.fromkeys(key.invalid + unknown))
        state = PageState(data.chosen, data.language, problems, data, privacy_url=self._privacy_url)
        picture = Picture(
            language=data.language,
            page=page_markup(state),
            preview=link_preview(data, key.page_url),
            age_min=data.provenance["age_s"] // 60,
            api_client=key.api_client,
        )
        return self._document(picture)
