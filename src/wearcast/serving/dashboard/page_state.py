"""The state of the page: all that it is rendered from."""

from dataclasses import dataclass
from datetime import datetime

from wearcast.serving.dashboard.api_client import ErrorKind
from wearcast.serving.dashboard.own_votes import OwnVotes
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.page_query import Choices, InvalidChoice
from wearcast.serving.dashboard.panel import Panel
from wearcast.vocabulary import Language


@dataclass(frozen=True)
class ApiFault:
    """A failure of the API that the page shows.

    Attributes:
        kind: what went wrong.
        detail: the API's message.
        status: of its response; 0 where there was none.
        since: the time of the first of the consecutive failures.
    """

    kind: ErrorKind
    detail: str
    status: int
    since: datetime


@dataclass(frozen=True)
class PageState:
    """The state of the page.

    Attributes:
        choices: the viewer's choices.
        preferred_language: the language unless one is chosen.
        invalid_choices: choices whose defaults are shown instead.
        data: the data of the last successful requests; None before the first.
        scores_tab: the second tab, once it was opened.
        fault: why newer requests failed; None where they didn't.
        votes: the viewer's on past advice; None where none are taken, and before the page is live.
        has_wish_failed: whether the API didn't take the last place that was asked for.
        privacy_url: of the site's page about privacy; empty where it has none.
    """

    choices: Choices
    preferred_language: Language
    invalid_choices: tuple[InvalidChoice, ...] = ()
    data: PageData | None = None
    scores_tab: Panel | None = None
    fault: ApiFault | None = None
    votes: OwnVotes | None = None
    has_wish_failed: bool = False
    privacy_url: str = ""

    @property
    def query(self) -> str:
        """The query of what is shown, with the station and the language that count where none was
        chosen; after a fault, of what was asked for."""
        choices = self.data.chosen if self.data and not self.fault else self.choices
        return choices.to_query(lang=self.language)

    @property
    def language(self) -> Language:
        """The language of the page."""
        return self.choices.lang or self.preferred_language
