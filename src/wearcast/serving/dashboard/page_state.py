"""All that the page depends on."""

from dataclasses import dataclass
from datetime import datetime

from wearcast.serving.dashboard.api_client import ErrorKind
from wearcast.serving.dashboard.page_data import PageData
from wearcast.serving.dashboard.page_query import Choices, InvalidChoice
from wearcast.serving.dashboard.panel import Panel
from wearcast.vocabulary import Language


@dataclass(frozen=True)
class ApiFault:
    """What the API did instead of answering.

    Attributes:
        kind: what went wrong.
        detail: what the API said of it.
        status: of its answer; 0 where there was none.
        since: of the first time in a row.
    """

    kind: ErrorKind
    detail: str
    status: int
    since: datetime


@dataclass(frozen=True)
class PageState:
    """All that the page depends on.

    Attributes:
        choices: as the viewer made them.
        preferred: the language, unless one is chosen.
        wrong: choices that can't be met.
        answers: the last good ones.
        about: the second tab, once it was opened.
        fault: why the answers are the last ones.
    """

    choices: Choices
    preferred_language: Language
    invalid_choices: tuple[InvalidChoice, ...] = ()
    data: PageData | None = None
    scores_tab: Panel | None = None
    fault: ApiFault | None = None

    @property
    def language(self) -> Language:
        """Of every text."""
        return self.choices.lang or self.preferred_language
