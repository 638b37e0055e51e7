"""The share pictures that the server hands out.

They are made here rather than by the API: they are drawn by the page's own functions from the API's
answers, so that picture, page and kernel say the same, and the API draws nothing.
"""

from collections import OrderedDict
from dataclasses import replace
from typing import Final

from wearcast.messages import preferred_language
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.page_data import fetch_page_data
from wearcast.serving.dashboard.page_query import Choices, parse_query
from wearcast.serving.dashboard_server.made_files import MadeFiles, MakingLimits
from wearcast.serving.dashboard_server.share_picture import png_of_svg, share_drawing
from wearcast.serving.dashboard_server.static_files import StaticFile, static_file

LIMITS: Final = MakingLimits(
    fresh_for_s=300.0,
    kept=64,
    at_once=2,  # each takes a tenth of a second of a processor
    waiting=20,
    within_s=8.0,  # what messengers wait for at least
    rate_per_s=0.2,
    burst=10.0,
)
_KEPT_DRAWINGS: Final = 64


class SharePictures:
    """Share pictures by the page's choices; the same drawing is made a PNG once.

    Args:
        client: a client of the API.
        limits: of making pictures.
    """

    def __init__(self, client: ApiClient, limits: MakingLimits = LIMITS) -> None:
        self._client = client
        self._files = MadeFiles(self._make, limits)
        self._by_drawing: OrderedDict[str, StaticFile] = OrderedDict()
        self.forget_clients = self._files.forget_clients

    async def picture(self, query: str, languages: str, client: str) -> StaticFile | None:
        """The picture of a page; None where it can't be made now.

        Args:
            query: of the page's address; what is invalid is as if it weren't there.
            languages: the header Accept-Language.
            client: whose request it is, in limits by client.
        """
        choices, _ = parse_query(query)
        language = choices.lang or preferred_language(languages)
        return await self._files.file(replace(choices, lang=language, tab="wear"), client)

    async def _make(self, choices: Choices) -> StaticFile:
        data, _ = await fetch_page_data(self._client, choices)
        drawing = share_drawing(data)
        if drawing not in self._by_drawing:
            png = await png_of_svg(drawing)
            self._by_drawing[drawing] = static_file("image/png", png)
        self._by_drawing.move_to_end(drawing)
        while len(self._by_drawing) > _KEPT_DRAWINGS:
            self._by_drawing.popitem(last=False)
        return self._by_drawing[drawing]
