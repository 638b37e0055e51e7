"""The page of how the last two weeks have done, as a document: made in this process from the API's
answers, so that looking takes no kernel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from wearcast.messages import preferred_language
from wearcast.serving.dashboard.api_client import ApiClient
from wearcast.serving.dashboard.markup import Markup
from wearcast.serving.dashboard.page_files import page_style
from wearcast.serving.dashboard.page_query import Choices, parse_query
from wearcast.serving.dashboard.record_page import fetch_record_data, record_markup, record_title
from wearcast.serving.dashboard_server.made_files import MadeFiles, MakingLimits
from wearcast.serving.dashboard_server.static_files import StaticFile, static_file
from wearcast.vocabulary import Language

LIMITS: Final = MakingLimits(
    fresh_for_s=60.0,  # its scores change once an hour
    kept=64,
    at_once=2,
    waiting=50,
    within_s=5.0,
    rate_per_s=1.0,
    burst=20.0,
)


@dataclass(frozen=True)
class RecordDocument:
    """What the document is made from.

    Attributes:
        language: its language.
        title: of its window.
        page: its content.
    """

    language: Language
    title: str
    page: Markup


def record_document(
    templates: Any, values: Mapping[str, Any]
) -> Callable[[RecordDocument], StaticFile]:
    """A function that makes the document.

    Args:
        templates: the server's Jinja environment.
        values: that the page's templates share.
    """
    template = templates.get_template("record.html")
    style = page_style()

    def made(document: RecordDocument) -> StaticFile:
        html = template.render(values, document=document, style=style)
        return static_file("text/html; charset=utf-8", html.encode())

    return made


class RecordPages:
    """The pages by station, language and units, made once for all who ask for the same.

    Args:
        client: a client of the API.
        document: makes the document of a page.
        limits: of making pages.
    """

    def __init__(
        self,
        client: ApiClient,
        document: Callable[[RecordDocument], StaticFile],
        limits: MakingLimits = LIMITS,
    ) -> None:
        self._client = client
        self._document = document
        self._files = MadeFiles(self._make, limits)
        self.forget_clients = self._files.forget_clients

    async def page(
        self, query: str, languages: str, client: str, remembered: Choices | None = None
    ) -> StaticFile | None:
        """The page; None where it can't be made now.

        Args:
            query: of the page's address; what is invalid is as if it weren't there.
            languages: the header Accept-Language.
            client: whose request it is, in limits by client.
            remembered: the choices that the viewer's device remembers; None for none.
        """
        choices, _ = parse_query(query, remembered or Choices())
        language = choices.lang or preferred_language(languages)
        key = Choices(station=choices.station, units=choices.units, lang=language)
        return await self._files.file(key, client)

    async def _make(self, key: Choices) -> StaticFile:
        data = await fetch_record_data(self._client, key)
        document = RecordDocument(data.language, record_title(data), record_markup(data))
        return self._document(document)
